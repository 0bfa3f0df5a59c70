/* A network that takes its input as bytes, against the same network on numbers. */
#include "nn_testing.h"

#include <math.h>

static const struct data_bytes standard = {.factor = 0.011f, .shift = -0.8f, .zeros = 0.5};

/* The same images to both trainers. */
static void give_images(struct trainer *bytes, struct trainer *numbers, ptrdiff_t B, ptrdiff_t features, int classes)
{
    struct rng rng = rng_keyed(5, 5, RNG_TEST);
    ptrdiff_t stride;
    uint8_t *u = trainer_input_bytes(bytes, &stride);
    float *x = trainer_input(numbers);
    memset(u, 0, (size_t)(B * stride));
    for (ptrdiff_t i = 0; i < B * features; i++) {
        uint8_t byte = (uint8_t)(rng_uniform(&rng) < 0.5 ? 0 : rng_below(&rng, 256));
        u[i / features * stride + i % features] = byte;
        x[i] = standard.factor * (float)byte + standard.shift;
    }
    for (ptrdiff_t b = 0; b < B; b++)
        trainer_targets(bytes).classes[b] = trainer_targets(numbers).classes[b] =
            (int32_t)rng_below(&rng, (uint64_t)classes);
}

static void assert_same_gradients(const struct trainer *bytes, const struct trainer *numbers)
{
    ck_assert_int_eq(trainer_tensors(bytes), trainer_tensors(numbers));
    for (int t = 0; t < trainer_tensors(bytes); t++) {
        struct trainer_tensor a = trainer_tensor(bytes, t), b = trainer_tensor(numbers, t);
        double largest = 0;
        for (ptrdiff_t i = 0; i < b.count; i++)
            largest = fmax(largest, fabs((double)b.gradient[i]));
        ck_assert(largest > 0);
        for (ptrdiff_t i = 0; i < b.count; i++)
            if (!(fabs((double)a.gradient[i] - (double)b.gradient[i]) <= 5e-5 * largest))
                ck_abort_msg("%s.%s[%td]: %.9g, on numbers %.9g", a.layer, a.name, i, (double)a.gradient[i],
                             (double)b.gradient[i]);
    }
}

START_TEST(a_network_gives_the_same_on_bytes_and_on_numbers)
{
    enum { HEIGHT = 11, WIDTH = 13, CLASSES = 5, B = 70 };
    struct data_shape images = image_data(HEIGHT, WIDTH, 1, CLASSES);
    struct network *network;
    struct error err;
    ASSERT_OK(read_network_for("{'mlp': [40, 24]}", &images, &network, &err));
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        struct trainer_options options = {
            .isa = (enum isa)isa, .batch = B, .optimiser = optimiser_default(), .init = INIT_HE, .input_square = 1};
        struct trainer *numbers = make_trainer(network, &options, "p*tanh(x)");
        options.takes_bytes = true;
        options.bytes = standard;
        struct trainer *bytes = make_trainer(network, &options, "p*tanh(x)");
        for (int step = 0; step < 3; step++) {
            ptrdiff_t rows = B - 7 * step;
            give_images(bytes, numbers, rows, images.features, CLASSES);
            struct pass a = trainer_gradient(bytes, rows), b = trainer_gradient(numbers, rows);
            ck_assert(a.finite && b.finite);
            ck_assert_double_eq_tol(a.loss, b.loss, 1e-5);
            assert_same_gradients(bytes, numbers);
            trainer_update(bytes, 0.001);
            trainer_update(numbers, 0.001);
        }
        give_images(bytes, numbers, trainer_rows(bytes), images.features, CLASSES);
        struct pass a = trainer_measure(bytes, trainer_rows(bytes)),
                    b = trainer_measure(numbers, trainer_rows(numbers));
        ck_assert_double_eq_tol(a.loss, b.loss, 1e-4);
        trainer_free(bytes);
        trainer_free(numbers);
    }
    network_free(network);
}
END_TEST

START_TEST(only_a_dense_layer_alone_takes_bytes)
{
    static const struct {
        const char *network;
        bool can;
    } cases[] = {
        {"{'mlp': [16]}", true},
        {"{'mlp': [15]}", false},

        {"{'layers': [{'type': 'flatten'}, {'type': 'dense', 'units': 20}, {'type': 'activation'},"
         "{'type': 'dense', 'units': 'outputs'}]}",
         true},
        {"{'layers': [{'type': 'flatten'}, {'type': 'dropout', 'rate': 0.1},"
         "{'type': 'dense', 'units': 20}, {'type': 'activation'}, {'type': 'dense', 'units': "
         "'outputs'}]}",
         false},
        {"{'layers': [{'type': 'conv2d', 'channels': 20, 'kernel': 3}, {'type': 'flatten'},"
         "{'type': 'activation'}, {'type': 'dense', 'units': 'outputs'}]}",
         false},
        {"{'layers': [{'type': 'flatten', 'name': 'row'}, {'type': 'dense', 'units': 30, 'name': "
         "'a'},"
         "{'type': 'dense', 'units': 30, 'from': 'row'}, {'type': 'add', 'with': 'a'},"
         "{'type': 'activation'}, {'type': 'dense', 'units': 'outputs'}]}",
         false},
    };
    struct data_shape images = image_data(6, 6, 1, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct network *network;
        struct error err;
        ASSERT_OK(read_network_for(cases[i].network, &images, &network, &err));
        ck_assert_msg(network_can_take_bytes(network) == cases[i].can, "%s", cases[i].network);
        network_free(network);
    }
}
END_TEST

int main(void)
{
    blas_thread_init();
    return RUN_TESTS("sparse", 120, a_network_gives_the_same_on_bytes_and_on_numbers,
                     only_a_dense_layer_alone_takes_bytes);
}
