/* What gradients do not show: shapes that are refused, running moments, dropout's mask, and that a trainer's
   results do not depend on what it did before. */
#include "nn_testing.h"

#include "base/text.h"
#include "loops/array.h"
#include "nn/network_internal.h"
#include "nn/step_internal.h"

START_TEST(shapes_that_do_not_fit_are_refused_by_name)
{
    static const struct {
        const char *layers, *fragment;
    } cases[] = {
        {"{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 9}, {\"type\": \"flatten\"}",
         "$.layers[0]: the window of conv1 is 9x9, larger than its input of 6x5x2"},
        {"{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": [3, 9], \"padding\": 1}, {\"type\": \"flatten\"}",
         "larger than its input of 6x5x2 even with its padding"},
        {"{\"type\": \"max_pool\", \"size\": 2, \"padding\": 2}, {\"type\": \"flatten\"}",
         "pool1 pads 2 numbers, but its window has only 2"},
        {"{\"type\": \"dense\", \"units\": 5}", "dense1 wants a row or a sequence, but its input is an image of 6x5x2"},
        {"{\"type\": \"flatten\"}, {\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 3}",
         "$.layers[1]: conv1 wants an image (height x width x channels), but its input is a row of 60"},
        {"{\"type\": \"residual\", \"layers\": [{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 3, \"padding\": "
         "1}]},"
         "{\"type\": \"flatten\"}",
         "add1 cannot add 6x5x2 to 6x5x4"},
        {"{\"type\": \"residual\", \"layers\": [{\"type\": \"average_pool\", \"size\": 2}],"
         "\"shortcut\": [{\"type\": \"global_average_pool\"}]}, {\"type\": \"flatten\"}",
         "add1 cannot add 2 to 3x2x2"},
        {"{\"type\": \"flatten\", \"from\": \"nobody\"}", "$.layers[0].from: there is no layer \"nobody\""},
        {"{\"type\": \"flatten\"}, {\"type\": \"add\"}", "$.layers[1].with: missing"},
        {"{\"type\": \"flatten\", \"name\": \"input\"}", "\"input\" is the network's input"},
        {"{\"type\": \"conv2d\", \"channels\": 4}",
         "$.layers[0].kernel: missing; expected a number or [height, width]"},
        {"{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 3, \"padding\": \"full\"}",
         "$.layers[0].padding: expected one of same"},
        {"{\"type\": \"flatten\"}, {\"type\": \"dense\", \"units\": 3}, {\"type\": \"dense\", \"units\": 3, \"from\": "
         "\"flatten1\"}",
         "nothing reads the value of dense1"},
    };
    const struct data_shape data = image_data(6, 5, 2, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        struct error err;
        struct network *network = NULL;
        snprintf(text, sizeof text,
                 "{\"layers\": [%s, {\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}",
                 cases[i].layers);
        ASSERT_FAILS(read_network_for(text, &data, &network, &err), ERROR_INPUT, cases[i].fragment);
    }
}
END_TEST

START_TEST(losses_must_fit_the_data)
{
    struct error err;
    struct network *network = NULL;
    ASSERT_FAILS(read_network("{\"mlp\": [3], \"loss\": \"squared_error\"}", 4, 3, &network, &err), ERROR_INPUT,
                 "squared_error does not fit the data, which have classes");
    ASSERT_FAILS(read_network("{\"mlp\": [3], \"loss\": \"sigmoid_cross_entropy\"}", 4, 3, &network, &err), ERROR_INPUT,
                 "does not fit the data");
    ASSERT_FAILS(read_network("{\"mlp\": [3], \"loss\": \"softmax_cross_entropy\"}", 4, 0, &network, &err), ERROR_INPUT,
                 "a number to predict");
    ASSERT_FAILS(
        read_network("{\"mlp\": [3], \"loss\": {\"name\": \"sigmoid_cross_entropy\", \"label_smoothing\": 0.1}}", 4, 2,
                     &network, &err),
        ERROR_INPUT, "only softmax_cross_entropy smooths labels");
    ASSERT_OK(read_network("{\"mlp\": [3]}", 4, 0, &network, &err));
    ck_assert_int_eq(network_outputs(network), 1);
    network_free(network);
}
END_TEST

/* What a loss does not have its normal form does not mention. */
START_TEST(losses_write_what_they_have)
{
    static const struct {
        const char *loss, *form;
    } cases[] = {
        {"\"sigmoid_cross_entropy\"", ",\"loss\":{\"name\":\"sigmoid_cross_entropy\"},\"parameters\":\"layer\"}"},
        {"{}", ",\"loss\":{\"name\":\"softmax_cross_entropy\",\"label_smoothing\":0},\"parameters\":\"layer\"}"},
        {"{\"label_smoothing\": 0.1}",
         ",\"loss\":{\"name\":\"softmax_cross_entropy\",\"label_smoothing\":0.1},\"parameters\":\"layer\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct network *network = NULL;
        char text[200];
        struct text form = TEXT_EMPTY;
        snprintf(text, sizeof text, "{\"mlp\": [3], \"loss\": %s}", cases[i].loss);
        ASSERT_OK(read_network(text, 4, 2, &network, &err));
        network_normal_form(network, &form);
        size_t length = strlen(cases[i].form);
        ck_assert_uint_gt(form.length, length);
        ck_assert_str_eq(text_string(&form) + form.length - length, cases[i].form);
        text_release(&form);
        network_free(network);
    }
}
END_TEST

/* Residual branches and sources by name are one network: the same normal form, which reads back to itself. */
START_TEST(residual_is_written_out_in_the_normal_form)
{
    static const char *const texts[] = {
        "{\"layers\": [{\"type\": \"residual\", \"layers\": [{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 3, "
        "\"stride\": 2,"
        "\"padding\": \"same\"}], \"shortcut\": [{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 1, \"stride\": "
        "2}]},"
        "{\"type\": \"activation\"}, {\"type\": \"flatten\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}",
        "{\"layers\": [{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 3, \"stride\": 2, \"padding\": \"same\"},"
        "{\"type\": \"conv2d\", \"channels\": 4, \"kernel\": 1, \"stride\": 2, \"from\": \"input\"},"
        "{\"type\": \"add\", \"from\": \"conv1\", \"with\": \"conv2\"},"
        "{\"type\": \"activation\"}, {\"type\": \"flatten\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}",
        NULL};
    const struct data_shape data = image_data(6, 5, 2, 3);
    struct text forms[3];
    for (int i = 0; i < 3; i++) {
        struct error err;
        struct network *network = NULL;
        ASSERT_OK(read_network_for(texts[i] ? texts[i] : text_string(&forms[i - 1]), &data, &network, &err));
        forms[i] = TEXT_EMPTY;
        network_normal_form(network, &forms[i]);
        network_free(network);
    }
    ck_assert_str_eq(text_string(&forms[0]), text_string(&forms[1]));
    ck_assert_str_eq(text_string(&forms[1]), text_string(&forms[2]));
    for (int i = 0; i < 3; i++)
        text_release(&forms[i]);
}
END_TEST

/* kept = 0.9 kept + 0.1 new, from mean 0 and variance 1; the variance with n - 1. */
START_TEST(batch_norm_keeps_running_moments)
{
    enum { B = 6, C = 3, STEPS = 5 };
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(
        read_network("{\"layers\": [{\"type\": \"batch_norm\"}, {\"type\": \"activation\"}, {\"type\": \"dense\", "
                     "\"units\": \"outputs\"}]}",
                     C, 2, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "x");
    double kept[2][C] = {{0, 0, 0}, {1, 1, 1}};
    for (int s = 0; s < STEPS; s++) {
        fill_batch(trainer, network, B, (uint64_t)s);
        for (int c = 0; c < C; c++) {
            double mean = 0, variance = 0;
            for (int b = 0; b < B; b++)
                mean += (double)trainer_input(trainer)[b * C + c] / B;
            for (int b = 0; b < B; b++)
                variance += pow((double)trainer_input(trainer)[b * C + c] - mean, 2) / (B - 1);
            kept[0][c] = 0.9 * kept[0][c] + 0.1 * mean;
            kept[1][c] = 0.9 * kept[1][c] + 0.1 * variance;
        }
        trainer_gradient(trainer, B);
    }
    ck_assert_str_eq(trainer_tensor(trainer, 2).name, "mean");
    for (int t = 0; t < 2; t++)
        for (int c = 0; c < C; c++)
            ck_assert_double_eq_tol((double)trainer_tensor(trainer, 2 + t).values[c], kept[t][c], 1e-6);
    /* Measuring goes by them: one row has a loss, and changes nothing. */
    fill_batch(trainer, network, 1, 9);
    ck_assert(isfinite(trainer_measure(trainer, 1).loss));
    ck_assert_double_eq_tol((double)trainer_tensor(trainer, 2).values[0], kept[0][0], 1e-6);
    trainer_free(trainer);
    network_free(network);
}
END_TEST

START_TEST(dropout_drops_its_share_in_training_only)
{
    enum { N = 20001 };
    static float x[N], y[N], mask[N], gy[N], gx[N];
    struct error err;
    struct network *network;
    ASSERT_OK(read_network("{\"layers\": [{\"type\": \"dropout\", \"rate\": 0.3}, {\"type\": \"activation\"}, "
                           "{\"type\": \"dense\", \"units\": \"outputs\"}]}",
                           N, 2, &network, &err));
    const struct layer *layer = &network->layer[0];
    struct rng rng = rng_keyed(3, 0, RNG_DROPOUT), same = rng;
    struct layer_instance instance = {.layer = layer, .x = x, .y = y, .gy = gy, .gx = gx, .workspace = mask};
    struct step step = {.loops = array_loops_for(isa_best()), .B = 1, .training = true, .rng = &rng};
    int dropped = 0;
    for (int i = 0; i < N; i++)
        x[i] = gy[i] = (float)(i + 1);
    layer_dropout.forward(&instance, &step);
    layer_dropout.backward(&instance, &step);
    for (int i = 0; i < N; i++) {
        dropped += y[i] == 0;
        if (gx[i] != y[i] || !(y[i] == 0 || fabs((double)y[i] / (double)x[i] - 1 / 0.7) < 1e-4))
            ck_abort_msg("number %d: %g becomes %g, gradient %g", i, (double)x[i], (double)y[i], (double)gx[i]);
    }
    ck_assert_double_le(fabs(dropped / (double)N - 0.3), 4 * sqrt(0.3 * 0.7 / N));
    memcpy(gx, y, sizeof y);
    step.rng = &same;
    layer_dropout.forward(&instance, &step);
    ck_assert_int_eq(memcmp(gx, y, sizeof y), 0);
    step.training = false;
    layer_dropout.forward(&instance, &step);
    ck_assert_int_eq(memcmp(x, y, sizeof y), 0);
    network_free(network);
}
END_TEST

/* Two steps of a convolutional network, and the bits of all parameters; owned. */
static float *train(struct trainer *trainer, const struct network *network, const char *candidate, ptrdiff_t *count)
{
    struct error err;
    struct candidate functions = parse_candidate(candidate);
    ASSERT_OK(trainer_prepare(trainer, &functions, &err));
    float *z = memory_array((size_t)network_random_weights(network), sizeof *z), *bits = NULL;
    struct rng rng = rng_keyed(4, 2, RNG_WEIGHTS);
    network_draw_weights(network, &rng, z);
    trainer_start(trainer, z, rng_keyed(4, 2, RNG_DROPOUT));
    for (int s = 0; s < 4; s++) {
        ptrdiff_t B = s == 2 ? 3 : 8;
        fill_batch(trainer, network, B, (uint64_t)s);
        trainer_gradient(trainer, B);
        trainer_update(trainer, 0.01);
        trainer_measure(trainer, 2);
    }
    *count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++)
        *count += trainer_tensor(trainer, i).count;
    bits = memory_array((size_t)*count, sizeof *bits);
    float *next = bits;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        memcpy(next, tensor.values, (size_t)tensor.count * sizeof *next);
        next += tensor.count;
    }
    memory_free(z);
    return bits;
}

START_TEST(earlier_candidates_leave_nothing_behind)
{
    blas_thread_init();
    const struct data_shape data = image_data(8, 8, 2, 3);
    struct trainer_options options = {
        .isa = isa_best(), .batch = 8, .optimiser = optimiser_default(), .input_square = 1};
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network_for(
        "{\"layers\": [{\"type\": \"conv2d\", \"channels\": 5, \"kernel\": 3}, {\"type\": \"batch_norm\"}, {\"type\": "
        "\"activation\"},"
        "{\"type\": \"residual\", \"layers\": [{\"type\": \"conv2d\", \"channels\": 5, \"kernel\": 3, \"padding\": 1}, "
        "{\"type\": "
        "\"activation\"}]}, {\"type\": \"max_pool\", \"size\": 2}, {\"type\": \"dropout\"}, {\"type\": \"flatten\"},"
        "{\"type\": \"dense\", \"units\": \"outputs\"}]}",
        &data, &network, &err));
    ptrdiff_t count = 0, again = 0;
    struct trainer *fresh = NULL, *used = NULL;
    ASSERT_OK(trainer_new(network, &options, &fresh, &err));
    ASSERT_OK(trainer_new(network, &options, &used, &err));
    memory_free(train(used, network, "p{2}*sin(x)+p*x", &count));
    float *a = train(fresh, network, "x*sigmoid(x)", &count), *b = train(used, network, "x*sigmoid(x)", &again);
    ck_assert_int_eq((int)count, (int)again);
    ck_assert_int_eq(memcmp(a, b, (size_t)count * sizeof *a), 0);
    memory_free(a);
    memory_free(b);
    trainer_free(fresh);
    trainer_free(used);
    network_free(network);
}
END_TEST

int main(void)
{
    return RUN_TESTS("layers", 60, shapes_that_do_not_fit_are_refused_by_name, losses_must_fit_the_data,
                     losses_write_what_they_have, residual_is_written_out_in_the_normal_form,
                     batch_norm_keeps_running_moments, dropout_drops_its_share_in_training_only,
                     earlier_candidates_leave_nothing_behind);
}
