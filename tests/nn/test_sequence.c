/* Embeddings, recurrent layers and attention: what their gradients do not show. */
#include "nn_testing.h"

#include "base/text.h"
#include "nn/init.h"
#include "nn/init_internal.h"

enum { STEPS = 6, CHANNELS = 4, TOKENS = 9 };
#define ACT "{'type': 'activation'}"

static struct data_shape text_data(void)
{
    struct data_shape data = sequence_data(STEPS, 1, TOKENS);
    data.tokens = TOKENS;
    return data;
}

static int read_with(const char *layers, const struct data_shape *data, struct network **network, struct error *err)
{
    char text[1000];
    snprintf(text, sizeof text, "{'layers': [%s, {'type': 'dense', 'units': 'outputs'}]}", layers);
    return read_network_for(text, data, network, err);
}

static struct network *network_with(const char *layers, const struct data_shape *data)
{
    struct network *network = NULL;
    struct error err = ERROR_EMPTY;
    int status = read_with(layers, data, &network, &err);
    ck_assert_msg(status == 0, "%s: %s: %s", layers, err.where, err.what);
    return network;
}

START_TEST(what_does_not_fit_is_refused_by_name)
{
    enum { ROW, IMAGE, SEQUENCE, TEXT };
    const struct data_shape data[] = {row_data(5, 3), image_data(6, 5, 2, 3), sequence_data(STEPS, CHANNELS, 3),
                                      text_data()};
    static const struct {
        int data;
        const char *layers, *fragment;
    } cases[] = {
        {ROW, "{'type': 'gru', 'units': 3}", "$.layers[0]: gru1 wants a sequence, but its input is a row of 5"},
        {IMAGE, "{'type': 'lstm', 'units': 3}", "lstm1 wants a sequence, but its input is an image of 6x5x2"},
        {IMAGE, "{'type': 'attention'}", "attention1 wants a sequence, but its input is an image of 6x5x2"},
        {SEQUENCE, "{'type': 'attention', 'heads': 3}, " ACT,
         "$.layers[0].heads: the 3 heads of attention1 cannot share the 4 channels of its input, 6x4"},
        {SEQUENCE, "{'type': 'attention', 'heads': 0}, " ACT, "$.layers[0].heads: expected an integer"},
        {SEQUENCE, "{'type': 'rnn'}", "$.layers[0].units: missing"},
        {SEQUENCE, "{'type': 'rnn', 'units': 3, 'gates': 'x'}", "$.layers[0].gates: unknown key"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'returns': 'all'}",
         "$.layers[0].returns: expected one of sequence, last"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'slot': 'reset'}", "$.layers[0].slot: expected one of state, gates"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'slot': 'gates', 'gates': 'sigmoid(x)'}",
         "$.layers[0].gates: the gates of gru1 are its slot already"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'gates': 'sigmoid(p*x)'}",
         "$.layers[0].gates: the gates of gru1 have learned parameters"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'gates': 'sigmoid('}", "$.layers[0].gates: column"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'function': 'tanh(x)'}", "no layer is open for the candidate"},
        {SEQUENCE, "{'type': 'gru', 'units': 3, 'returns': 'last'}", "for each of 6 steps"},
        {SEQUENCE, "{'type': 'embedding', 'channels': 3}, " ACT,
         "$.layers[0]: embedding1 turns the symbols of a text into vectors, but the data are numbers, 6x4"},
        {TEXT, "{'type': 'rnn', 'units': 3}, {'type': 'embedding', 'channels': 3}",
         "$.layers[1]: embedding1 turns the symbols of a text into vectors, but its source is the layer rnn1, which "
         "gives "
         "6x3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct network *network = NULL;
        ASSERT_FAILS(read_with(cases[i].layers, &data[cases[i].data], &network, &err), ERROR_INPUT, cases[i].fragment);
        ck_assert_ptr_null(network);
    }
}
END_TEST

START_TEST(a_recurrent_layer_is_a_slot)
{
    const struct data_shape data = text_data();
    struct network *network =
        network_with("{'type': 'embedding', 'channels': 4, 'positions': true}, {'type': 'gru', 'units': 3}, "
                     "{'type': 'lstm', 'units': 3, 'function': 'tanh(p{2}*x)'}, {'type': 'attention'}, " ACT,
                     &data);
    ck_assert_int_eq(network_activations(network), 3);
    ck_assert_str_eq(network_activation_name(network, 0), "gru1");
    ck_assert_str_eq(network_activation_name(network, 1), "lstm1");
    ck_assert_str_eq(network_activation_name(network, 2), "act1");
    int drawn = (TOKENS + STEPS) * 4 + 3 * 3 * (4 + 3) + 4 * 3 * (3 + 3) + 4 * 3 * 3 + 3 * TOKENS;
    ck_assert_int_eq((int)network_random_weights(network), drawn);
    ck_assert_int_eq((int)network_parameters(network), drawn + 2 * 3 * 3 + 2 * 4 * 3 + 4 * 3 + TOKENS);
    struct text text = TEXT_EMPTY;
    network_describe(network, &text);
    ck_assert_ptr_nonnull(strstr(text_string(&text), "6x1-6x4-6x3-6x3-6x3-6x9, "));
    ck_assert_ptr_nonnull(strstr(text_string(&text), "2 activation slots"));
    text_release(&text);

    struct trainer_options options = {
        .isa = isa_best(), .batch = 2, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "p{0.5}*x+p{0.25}*tanh(x)");
    static const int counts[] = {2, 1, 2};
    static const float starts[] = {0.5f, 2, 0.5f};
    for (int i = 0; i < 3; i++) {
        struct trainer_parameters p = trainer_activation_parameters(trainer, i);
        ck_assert_int_eq(p.count, counts[i]);
        ck_assert_float_eq(p.values[0], starts[i]);
    }
    trainer_free(trainer);
    network_free(network);
}
END_TEST

START_TEST(defaults_are_written_out_in_the_normal_form)
{
    static const char *const pairs[][2] = {
        {"{'type': 'gru', 'units': 3}", "{'type': 'gru', 'units': 3, 'returns': 'sequence', 'slot': "
                                        "'state', 'gates': 'sigmoid(x)', 'name': 'gru1'}"},
        {"{'type': 'lstm', 'units': 3, 'slot': 'gates'}",
         "{'type': 'lstm', 'units': 3, 'slot': 'gates', 'returns': 'sequence'}"},
        {"{'type': 'embedding', 'channels': 4}, {'type': 'attention'}, {'type': 'rnn', 'units': 2}",
         "{'type': 'embedding', 'channels': 4, 'positions': false}, {'type': 'attention', 'heads': 1}, "
         "{'type': 'rnn', 'units': 2, 'returns': 'sequence'}"},
    };
    enum { PAIRS = sizeof pairs / sizeof *pairs };
    const struct data_shape data = text_data();
    struct text forms[PAIRS][3];
    for (int i = 0; i < PAIRS; i++) {
        for (int j = 0; j < 3; j++) {
            struct error err;
            struct network *network = NULL;
            if (j < 2)
                network = network_with(pairs[i][j], &data);
            else
                ASSERT_OK(read_network_for(text_string(&forms[i][0]), &data, &network, &err));
            forms[i][j] = TEXT_EMPTY;
            network_normal_form(network, &forms[i][j]);
            network_free(network);
        }
        ck_assert_str_eq(text_string(&forms[i][0]), text_string(&forms[i][1]));
        ck_assert_str_eq(text_string(&forms[i][0]), text_string(&forms[i][2]));
    }
    ck_assert_str_ne(text_string(&forms[0][0]), text_string(&forms[1][0]));
    for (int i = 0; i < PAIRS; i++)
        for (int j = 0; j < 3; j++)
            text_release(&forms[i][j]);
}
END_TEST

START_TEST(deviations_follow_the_rules)
{
    const struct data_shape data = text_data();
    struct network *network = network_with("{'type': 'embedding', 'channels': 20, 'positions': true}, "
                                           "{'type': 'gru', 'units': 30}, {'type': 'attention'}, " ACT,
                                           &data);
    const struct candidate tanh_x = parse_candidate("tanh(x)");
    const double square = 0.3942944904; /* E tanh(z)^2 */
    double deviation[8][LAYER_TENSORS];
    for (int scheme = INIT_HE; scheme <= INIT_AUTO; scheme++) {
        init_deviations(network, &tanh_x, (enum init)scheme, 7, deviation);
        ck_assert_double_eq(deviation[0][0], 1);
        ck_assert_double_eq(deviation[0][1], 1);
        ck_assert_double_eq(deviation[1][2], 0);
    }
    init_deviations(network, &tanh_x, INIT_HE, 1, deviation);
    ck_assert_double_eq_tol(deviation[1][0], sqrt(2 / 20.0), 1e-12);
    ck_assert_double_eq_tol(deviation[1][1], sqrt(2 / 30.0), 1e-12);
    init_deviations(network, &tanh_x, INIT_XAVIER, 1, deviation);
    ck_assert_double_eq_tol(deviation[1][0], sqrt(2 / 50.0), 1e-12);
    ck_assert_double_eq_tol(deviation[1][1], sqrt(2 / 60.0), 1e-12);
    init_deviations(network, &tanh_x, INIT_AUTO, 1, deviation);
    ck_assert_double_eq_tol(deviation[1][0], sqrt(1 / (20 * 2.0 * 2)), 1e-9);
    ck_assert_double_eq_tol(deviation[1][1], sqrt(1 / (30 * 2 * square)), 1e-6);
    ck_assert_double_eq_tol(deviation[2][0], sqrt(1 / (30 * square / 3)), 1e-6);
    ck_assert_double_eq_tol(deviation[2][2], sqrt(1 / 30.0), 1e-9);
    network_free(network);
}
END_TEST

/* Some steps, and the bits of all parameters; owned. */
static float *train(struct trainer *trainer, const struct network *network, const char *candidate, ptrdiff_t *count)
{
    struct error err;
    struct candidate functions = parse_candidate(candidate);
    ASSERT_OK(trainer_prepare(trainer, &functions, &err));
    float *z = memory_array((size_t)network_random_weights(network), sizeof *z);
    struct rng rng = rng_keyed(4, 2, RNG_WEIGHTS);
    network_draw_weights(network, &rng, z);
    trainer_start(trainer, z, rng_keyed(4, 2, RNG_DROPOUT));
    for (int s = 0; s < 4; s++) {
        ptrdiff_t B = s == 2 ? 3 : 8;
        fill_batch(trainer, network, B, (uint64_t)s);
        for (ptrdiff_t i = 0; i < B * STEPS; i++)
            trainer_input(trainer)[i] = (float)rng_below(&rng, TOKENS);
        trainer_gradient(trainer, B);
        trainer_update(trainer, 0.01);
        trainer_measure(trainer, 2);
    }
    *count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++)
        *count += trainer_tensor(trainer, i).count;
    float *bits = memory_array((size_t)*count, sizeof *bits), *next = bits;
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
    const struct data_shape data = text_data();
    struct trainer_options options = {
        .isa = isa_best(), .batch = 8, .optimiser = optimiser_default(), .input_square = 1};
    struct error err;
    struct network *network =
        network_with("{'type': 'embedding', 'channels': 4, 'positions': true}, {'type': 'gru', 'units': 5}, "
                     "{'type': 'rnn', 'units': 3}, {'type': 'lstm', 'units': 6}, {'type': 'attention', 'heads': "
                     "2}",
                     &data);
    ptrdiff_t count = 0, again = 0;
    struct trainer *fresh = NULL, *used = NULL;
    ASSERT_OK(trainer_new(network, &options, &fresh, &err));
    ASSERT_OK(trainer_new(network, &options, &used, &err));
    memory_free(train(used, network, "x", &count)); /* less scratch than the gates' sigmoid */
    memory_free(train(used, network, "p{2}*sin(x)+p*x", &count));
    float *a = train(fresh, network, "x*sigmoid(p*x)", &count), *b = train(used, network, "x*sigmoid(p*x)", &again);
    ck_assert_int_eq((int)count, (int)again);
    ck_assert_int_eq(memcmp(a, b, (size_t)count * sizeof *a), 0);
    for (ptrdiff_t i = 0; i < count; i++)
        if (!isfinite(a[i]))
            ck_abort_msg("parameter %td is not finite", i);
    memory_free(a);
    memory_free(b);
    trainer_free(fresh);
    trainer_free(used);
    network_free(network);
}
END_TEST

START_TEST(every_failed_allocation_is_an_error)
{
    static const char *const text = "{'layers': [{'type': 'embedding', 'channels': 4}, {'type': 'lstm', "
                                    "'units': 3, 'function': 'tanh(x)'},"
                                    "{'type': 'gru', 'units': 3, 'slot': 'gates'}, {'type': 'attention'},"
                                    "{'type': 'dense', 'units': 'outputs'}]}";
    const struct trainer_options options = {
        .isa = ISA_PORTABLE, .batch = 4, .optimiser = optimiser_default(), .input_square = 1};
    const struct data_shape data = text_data();
    struct candidate functions = parse_candidate("p*x");
    int failures = 0;
    for (long n = 1;; n++) {
        struct error err = ERROR_EMPTY;
        struct network *network = NULL;
        struct trainer *trainer = NULL;
        struct json_document *document = NULL;
        ASSERT_OK(parse_json(text, "test.json", &document, &err));
        memory_fail_at(n);
        int status = network_read(json_root(document), &data, &network, &err);
        if (!status)
            status = trainer_new(network, &options, &trainer, &err);
        if (!status)
            status = trainer_prepare(trainer, &functions, &err);
        memory_fail_never();
        json_document_free(document);
        trainer_free(trainer);
        network_free(network);
        if (!status)
            break;
        ck_assert_int_eq(status, ERROR_MEMORY);
        failures++;
    }
    ck_assert_int_ge(failures, 8);
}
END_TEST

int main(void)
{
    return RUN_TESTS("sequence", 60, what_does_not_fit_is_refused_by_name, a_recurrent_layer_is_a_slot,
                     defaults_are_written_out_in_the_normal_form, deviations_follow_the_rules,
                     earlier_candidates_leave_nothing_behind, every_failed_allocation_is_an_error);
}
