/* Inputs as bytes: the loops that pass over zeros against the dense product, and a network that takes its
   input so against the same network on numbers. */
#include "nn_testing.h"

#include "nn/nn_internal.h"

#include <math.h>

enum { MOST_B = 200, MOST_K = 784, MOST_N = 160, MOST_GROUPS = (MOST_K + 63) / 64 };

static struct {
    uint8_t u[MOST_B * MOST_GROUPS * 64];
    uint64_t marks[MOST_B * MOST_GROUPS], scratch[64 * MOST_GROUPS], columns[64 * MOST_GROUPS * ((MOST_B + 63) / 64)];
    float value[256], x[MOST_B * MOST_K], w[MOST_K * MOST_N], gy[MOST_B * MOST_N];
    float y[MOST_B * MOST_N], gw[MOST_K * MOST_N], total[MOST_N], start[MOST_N], wanted[MOST_K * MOST_N];
} at;

static void fill(float *x, ptrdiff_t N, uint64_t key)
{
    struct rng rng = rng_keyed(key, 1, RNG_TEST);
    for (ptrdiff_t i = 0; i < N; i++)
        x[i] = (float)rng_normal(&rng);
}

/* Bytes of which a share is not 0, and the numbers they stand for. */
static void draw_bytes(ptrdiff_t B, ptrdiff_t K, double share, struct byte_rows *rows)
{
    struct rng rng = rng_keyed((uint64_t)(B * K), 2, RNG_TEST);
    *rows = (struct byte_rows){
        .groups = (K + 63) / 64, .u = at.u, .marks = at.marks, .columns = at.columns, .value = at.value};
    memset(at.u, 0, sizeof at.u);
    for (int u = 0; u < 256; u++)
        at.value[u] = (float)u / 100;
    for (ptrdiff_t b = 0; b < B; b++)
        for (ptrdiff_t k = 0; k < K; k++) {
            bool some = rng_uniform(&rng) < share;
            uint8_t u = (uint8_t)(some ? 1 + rng_below(&rng, 255) : 0);
            at.u[b * rows->groups * 64 + k] = u;
            at.x[b * K + k] = at.value[u];
        }
}

START_TEST(every_byte_that_is_not_zero_is_marked)
{
    static const ptrdiff_t rows[] = {1, 2, 63, 64, 65, 128, 200}, widths[] = {1, 63, 64, 65, 784};
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 7 * 5; i++) {
            ptrdiff_t B = rows[i % 7], K = widths[i / 7], blocks = (B + 63) / 64;
            const struct sparse_loops *loops = sparse_loops_for((enum isa)isa);
            struct byte_rows bytes;
            draw_bytes(B, K, 0.4, &bytes);
            loops->mark(B, bytes.groups, at.u, at.marks);
            loops->transpose(B, bytes.groups, at.marks, at.scratch, at.columns);
            for (ptrdiff_t b = 0; b < 64 * blocks; b++)
                for (ptrdiff_t k = 0; k < 64 * bytes.groups; k++) {
                    bool wanted = b < B && at.u[b * bytes.groups * 64 + k];
                    bool in_row = b < B && at.marks[b * bytes.groups + k / 64] >> k % 64 & 1;
                    bool in_column = at.columns[k * blocks + b / 64] >> b % 64 & 1;
                    if (in_row != wanted || in_column != wanted)
                        ck_abort_msg("%td rows of %td, row %td, byte %td", B, K, b, k);
                }
        }
}
END_TEST

static void assert_near(const char *what, ptrdiff_t rows, ptrdiff_t columns, const float *got, const float *wanted,
                        double terms)
{
    for (ptrdiff_t i = 0; i < rows * columns; i++)
        if (!(fabs((double)got[i] - (double)wanted[i]) <= 2e-6 * terms))
            ck_abort_msg("%s (%td, %td): at %td %.9g, wanted %.9g", what, rows, columns, i, (double)got[i],
                         (double)wanted[i]);
}

/* Against the plain dense product; the bound grows with the number of terms, which are about 1 each. */
static void check_products(enum isa isa, ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, double share)
{
    const struct sparse_loops *loops = sparse_loops_for(isa);
    struct byte_rows rows;
    draw_bytes(B, K, share, &rows);
    for (ptrdiff_t i = 0; i < MOST_K * MOST_N; i++)
        at.gw[i] = at.wanted[i] = NAN;
    for (ptrdiff_t i = 0; i < MOST_B * MOST_N; i++)
        at.y[i] = NAN;
    loops->mark(B, rows.groups, at.u, at.marks);
    loops->forward(B, K, N, &rows, at.w, at.y, at.total);
    blas_reference_gemm(false, false, B, N, K, 1, at.x, K, at.w, N, 0, at.wanted, N);
    assert_near("forward", B, N, at.y, at.wanted, 1 + (double)K);
    for (ptrdiff_t n = 0; n < N; n++) {
        double total = 0;
        for (ptrdiff_t k = 0; k < K; k++)
            total += (double)at.w[k * N + n];
        ck_assert_double_eq_tol((double)at.total[n], total, 2e-6 * (1 + (double)K));
    }
    loops->transpose(B, rows.groups, at.marks, at.scratch, at.columns);
    loops->backward(B, K, N, &rows, at.gy, at.start, at.gw);
    for (ptrdiff_t i = 0; i < K * N; i++)
        at.wanted[i] = at.start[i % N];
    blas_reference_gemm(true, false, K, N, B, 1, at.x, K, at.gy, N, 1, at.wanted, N);
    assert_near("backward", K, N, at.gw, at.wanted, 1 + (double)B);
    ck_assert(isnan(at.gw[K * N]) && isnan(at.y[B * N])); /* nothing behind the end */
}

START_TEST(products_match_dense_ones)
{
    static const ptrdiff_t rows[] = {1, 64, 65, 128}, inputs[] = {1, 64, 70, 300}, units[] = {16, 17, 31, 64, 100, 159};
    fill(at.w, MOST_K * MOST_N, 1);
    fill(at.gy, MOST_B * MOST_N, 2);
    fill(at.start, MOST_N, 3);
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 4 * 4 * 6; i += testing_is_sparse() ? 7 : 1)
            check_products((enum isa)isa, rows[i % 4], inputs[i / 4 % 4], units[i / 16], 0.4);
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int tenths = 0; tenths <= 10; tenths += 5)
            check_products((enum isa)isa, 128, 784, 128, tenths / 10.0);
}
END_TEST

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
    ASSERT_OK(read_network_for("{\"mlp\": [40, 24]}", &images, &network, &err));
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
        {"{\"mlp\": [16]}", true},
        {"{\"mlp\": [15]}", false},

        {"{\"layers\": [{\"type\": \"flatten\"}, {\"type\": \"dense\", \"units\": 20}, {\"type\": \"activation\"},"
         "{\"type\": \"dense\", \"units\": \"outputs\"}]}",
         true},
        {"{\"layers\": [{\"type\": \"flatten\"}, {\"type\": \"dropout\", \"rate\": 0.1},"
         "{\"type\": \"dense\", \"units\": 20}, {\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": "
         "\"outputs\"}]}",
         false},
        {"{\"layers\": [{\"type\": \"conv2d\", \"channels\": 20, \"kernel\": 3}, {\"type\": \"flatten\"},"
         "{\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}",
         false},
        {"{\"layers\": [{\"type\": \"flatten\", \"name\": \"row\"}, {\"type\": \"dense\", \"units\": 30, \"name\": "
         "\"a\"},"
         "{\"type\": \"dense\", \"units\": 30, \"from\": \"row\"}, {\"type\": \"add\", \"with\": \"a\"},"
         "{\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}",
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
    return RUN_TESTS("sparse", 120, every_byte_that_is_not_zero_is_marked, products_match_dense_ones,
                     a_network_gives_the_same_on_bytes_and_on_numbers, only_a_dense_layer_alone_takes_bytes);
}
