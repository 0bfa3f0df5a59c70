/* The gradients of whole networks, every kind of layer and loss among them, against central differences of the
   double-precision twin. */
#include "twin.h"

enum { B = 7, MOST = 4000 };

/* Networks for a row of 6 numbers, an image of 6x5x2, a sequence of 4x3 with an answer for each step (SEQUENCE) or
   one for all (TAIL), a text of 5 symbols; classes 0: a number to predict. */
enum data_kind { ROW, IMAGE, SEQUENCE, TAIL, TEXT };
#define CONV "{'type': 'conv2d', 'channels': 3, 'kernel': 3"
#define ACT "{'type': 'activation'}"
#define OUT "{'type': 'dense', 'units': 'outputs'}"
#define END "{'type': 'flatten'}, " OUT
#define EMBEDDING "{'type': 'embedding', 'channels': 6"
static const struct {
    const char *what;
    enum data_kind data;
    int classes;
    const char *text;
} cases[] = {
    {"dense", ROW, 4,
     "{'layers': [{'type': 'dense', 'units': 7}, " ACT ", {'type': 'dense', 'units': 5},"
     "{'type': 'activation', 'function': 'tanh(p{1.5}*x)'}, {'type': 'dense', 'units': 8}, " ACT
     ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"an activation first", ROW, 4, "{'layers': [" ACT ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"label smoothing", ROW, 4, "{'mlp': [5], 'loss': {'name': 'softmax_cross_entropy', 'label_smoothing': 0.2}}"},
    {"binary", ROW, 2, "{'mlp': [5], 'loss': 'sigmoid_cross_entropy'}"},
    {"a number", ROW, 0, "{'mlp': [5, 4]}"},
    {"dense at every step", SEQUENCE, 4,
     "{'layers': [{'type': 'dense', 'units': 5}, " ACT ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"conv2d", IMAGE, 3, "{'layers': [" CONV "}, " ACT ", " END "]}"},
    {"conv2d under a pool", IMAGE, 3,
     "{'layers': [{'type': 'conv2d', 'channels': 16, 'kernel': 3, 'padding': 1}, " ACT
     ", {'type': 'max_pool', 'size': 2}, " END "]}"},
    {"conv2d, padded", IMAGE, 3, "{'layers': [" CONV ", 'padding': 'same'}, " ACT ", " CONV "}, " ACT ", " END "]}"},
    {"conv2d, strides", IMAGE, 3,
     "{'layers': [{'type': 'conv2d', 'channels': 4, 'kernel': [3, 2], 'stride': [2, 1], 'padding': [1, "
     "0],"
     "'bias': false}, " ACT ", " CONV ", 'stride': 2, 'padding': 'same'}, " ACT ", " END "]}"},
    {"depthwise_conv2d", IMAGE, 3,
     "{'layers': [" CONV "}, " ACT ", {'type': 'depthwise_conv2d', 'kernel': 3, 'padding': 1}, " ACT ", " END "]}"},
    {"max_pool", IMAGE, 3, "{'layers': [" CONV ", 'padding': 1}, " ACT ", {'type': 'max_pool', 'size': 2}, " END "]}"},
    {"max_pool, overlapping", IMAGE, 3,
     "{'layers': [" CONV ", 'padding': 1}, " ACT ", {'type': 'max_pool', 'size': 3, 'stride': 2, 'padding': 1}, " END
     "]}"},
    {"average_pool", IMAGE, 3,
     "{'layers': [" CONV ", 'padding': 1}, " ACT
     ", {'type': 'average_pool', 'size': 3, 'stride': 2, 'padding': 1}, " END "]}"},
    {"global_average_pool", IMAGE, 3,
     "{'layers': [" CONV "}, " ACT ", {'type': 'global_average_pool'}, {'type': 'dense', 'units': 'outputs'}]}"},
    {"batch_norm", IMAGE, 3,
     "{'layers': [" CONV "}, {'type': 'batch_norm'}, " ACT ", {'type': 'flatten'}, {'type': 'dense', 'units': 5},"
     "{'type': 'batch_norm'}, " ACT ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"layer_norm", SEQUENCE, 3,
     "{'layers': [{'type': 'dense', 'units': 5}, {'type': 'layer_norm'}, " ACT
     ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"norms of many channels", ROW, 3,
     "{'layers': [{'type': 'dense', 'units': 37}, {'type': 'batch_norm'}, " ACT ", {'type': 'dense', 'units': 50},"
     "{'type': 'layer_norm'}, " ACT ", {'type': 'dense', 'units': 'outputs'}]}"},
    {"residual", IMAGE, 3,
     "{'layers': [" CONV "}, {'type': 'residual', 'layers': [" ACT ", " CONV
     ", 'padding': 1}, {'type': 'batch_norm'}, " ACT "]}, " ACT ", " END "]}"},
    {"residual with a shortcut", IMAGE, 3,
     "{'layers': [" ACT ", {'type': 'residual', 'layers': [" CONV ", 'stride': 2, 'padding': 1}, " ACT "],"
     "'shortcut': [{'type': 'conv2d', 'channels': 3, 'kernel': 1, 'stride': 2}]}, " ACT ", " END "]}"},
    {"a value read three times", ROW, 3,
     "{'layers': [{'type': 'dense', 'units': 5, 'name': 'a'}, " ACT ", {'type': 'add', 'with': 'a'},"
     "{'type': 'dense', 'units': 5, 'from': 'a', 'name': 'b'}, {'type': 'add', 'with': 'add1'},"
     "{'type': 'add', 'with': 'add2'}, {'type': 'dense', 'units': 'outputs'}]}"},
    {"slots in two kinds of layers", SEQUENCE, 4,
     "{'layers': [{'type': 'dense', 'units': 3}, " ACT ", {'type': 'gru', 'units': 5}, "
     "{'type': 'activation', 'function': 'tanh(p{1.5}*x)'}, {'type': 'lstm', 'units': 4}, " ACT ", " OUT "]}"},
    {"a slot that nothing learned stands before", ROW, 3,
     "{'layers': [" ACT ", {'type': 'dense', 'units': 6, 'name': 'a'}, "
     "{'type': 'activation', 'from': 'input', 'name': 'b'}, {'type': 'add', 'with': 'a'}, " OUT "]}"},
    {"rnn", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'rnn', 'units': 5}"
     ", " OUT "]}"},
    {"rnn, its last state", TAIL, 3,
     "{'layers': ["
     "{'type': 'rnn', 'units': 17}"
     ", "
     "{'type': 'rnn', 'units': 4, 'returns': 'last'}"
     ", " OUT "]}"},
    {"gru", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'gru', 'units': 5}"
     ", " OUT "]}"},
    {"gru behind a gru, its last state", TAIL, 3,
     "{'layers': ["
     "{'type': 'gru', 'units': 9}"
     ", "
     "{'type': 'gru', 'units': 3, 'returns': 'last'}"
     ", " OUT "]}"},
    {"gru, the slot in its gates", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'gru', 'units': 6, 'slot': 'gates'}"
     ", " OUT "]}"},
    {"gru, a fixed function and other gates", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'gru', 'units': 4, 'function': 'tanh(p{1.5}*x)', 'gates': '0.5+0.5*tanh(0.7*x)'}"
     ", " ACT ", " OUT "]}"},
    {"lstm", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'lstm', 'units': 5}"
     ", " OUT "]}"},
    {"lstm behind a lstm, its last state", TAIL, 3,
     "{'layers': ["
     "{'type': 'lstm', 'units': 9}"
     ", "
     "{'type': 'lstm', 'units': 3, 'returns': 'last'}"
     ", " OUT "]}"},
    {"lstm, the slot in its gates", TAIL, 4,
     "{'layers': ["
     "{'type': 'lstm', 'units': 6, 'slot': 'gates', 'returns': 'last'}"
     ", " OUT "]}"},
    {"a recurrent layer of one unit", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'lstm', 'units': 1}"
     ", "
     "{'type': 'gru', 'units': 1}"
     ", "
     "{'type': 'rnn', 'units': 1}"
     ", " OUT "]}"},
    {"embedding", TEXT, 6,
     "{'layers': [" EMBEDDING "}"
     ", " ACT ", " OUT "]}"},
    {"embedding with positions", TEXT, 6,
     "{'layers': [" EMBEDDING ", 'positions': true}"
     ", "
     "{'type': 'gru', 'units': 4}"
     ", " OUT "]}"},
    {"two embeddings of one text", TEXT, 6,
     "{'layers': [" EMBEDDING "}"
     ", " ACT ", " EMBEDDING ", 'from': 'input', 'name': 'other'}"
     ", "
     "{'type': 'add', 'with': 'act1'}"
     ", " OUT "]}"},
    {"attention, one head", SEQUENCE, 4,
     "{'layers': ["
     "{'type': 'attention'}"
     ", " ACT ", " OUT "]}"},
    {"attention, three heads", TAIL, 3,
     "{'layers': ["
     "{'type': 'attention', 'heads': 3}"
     ", " ACT ", "
     "{'type': 'attention', 'heads': 1}"
     ", " END "]}"},
    {"a transformer block", TEXT, 6,
     "{'layers': [" EMBEDDING ", 'positions': true},"
     "{'type': 'residual', 'layers': [{'type': 'layer_norm'}, {'type': 'attention', 'heads': 2}]},"
     "{'type': 'residual', 'layers': [{'type': 'layer_norm'}, {'type': 'dense', 'units': 12}, " ACT
     ", {'type': 'dense', 'units': 6}]}, {'type': 'layer_norm'}, " OUT "]}"},
};
enum { CASES = sizeof cases / sizeof *cases };

/* The text of a case, with a line about who has learned parameters; the default is left out. */
static const char *text_of(int i, enum parameter_sets sets)
{
    static char text[3000];
    if (sets == PARAMETERS_LAYER)
        return cases[i].text;
    snprintf(text, sizeof text, "{'parameters': '%s', %s", parameter_set_names[sets], cases[i].text + 1);
    return text;
}

static struct network *network_of(int i, enum parameter_sets sets)
{
    static const struct data_shape shapes[] = {
        [ROW] = {.rank = 1, .size = {6}, .features = 6, .targets = 1},
        [IMAGE] = {.rank = 3, .size = {6, 5, 2}, .features = 60, .targets = 1},
        [SEQUENCE] = {.rank = 2, .size = {4, 3}, .features = 12, .targets = 4},
        [TAIL] = {.rank = 2, .size = {4, 3}, .features = 12, .targets = 1},
        [TEXT] = {.rank = 2, .size = {5, 1}, .features = 5, .targets = 5, .tokens = 6}};
    struct error err = ERROR_EMPTY;
    struct network *network = NULL;
    struct data_shape shape = shapes[cases[i].data];
    shape.classes = cases[i].classes;
    shape.target = shape.classes ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    int status = read_network_for(text_of(i, sets), &shape, &network, &err);
    ck_assert_msg(status == 0, "%s: %s: %s", cases[i].what, err.where, err.what);
    return network;
}

/* Copies the parameters into doubles, in the order of the tensors, and returns their number. `learned` is false
   for those that are only kept. */
static int read_parameters(const struct trainer *trainer, double *parameters, double *gradient, bool *learned)
{
    int count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        ck_assert_int_le(count + (int)tensor.count, MOST);
        for (int j = 0; j < (int)tensor.count; j++, count++) {
            parameters[count] = (double)tensor.values[j];
            learned[count] = tensor.gradient != NULL;
            gradient[count] = tensor.gradient ? (double)tensor.gradient[j] : 0;
        }
    }
    return count;
}

/* Compares with a difference quotient, which must be finite itself; the bound is for float. */
static bool agrees(double analytic, double difference, double largest)
{
    return isfinite(difference) && fabs(analytic - difference) <= 3e-5 * (largest + 1e-3);
}

static const double progress = 0.25; /* of the training whose gradients are looked at */

/* A batch whose inputs are tokens when the data are a text; returns a copy of them, owned. */
static float *fill(struct trainer *trainer, const struct network *network, int rows)
{
    ptrdiff_t features = rows * network_features(network);
    struct rng rng = rng_keyed(2, 7, RNG_TEST);
    fill_batch(trainer, network, rows, 1);
    for (ptrdiff_t i = 0; network->data.tokens && i < features; i++)
        trainer_input(trainer)[i] = (float)rng_below(&rng, (uint64_t)network->data.tokens);
    float *x = memory_array((size_t)features, sizeof *x);
    ck_assert_ptr_nonnull(x);
    memcpy(x, trainer_input(trainer), (size_t)features * sizeof *x);
    return x;
}

/* Biases and shifts start at 0 and scales at 1, where nothing would be learnt about them. */
static void move_starts(struct trainer *trainer)
{
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        for (int j = 0; tensor.gradient && strcmp(tensor.name, "weight") != 0 && j < (int)tensor.count; j++)
            tensor.values[j] += 0.1f * (float)(j % 5 - 2) + 0.01f * (float)i;
    }
}

/* What the levels make of one batch. The quotients, which cost the most, serve all of them. */
struct levels {
    double parameters[MOST], gradient[3][MOST], loss[3];
    bool learned[MOST];
    int count;
};

static void check_differences(const char *what, const struct network *network, const struct candidate *f,
                              struct levels *levels, const float *x, struct data_targets y)
{
    double *parameters = levels->parameters, largest = 0;
    double loss = twin_loss(network, f, parameters, progress, B, x, y);
    ck_assert(isfinite(loss));
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        ck_assert_msg(fabs(levels->loss[isa] - loss) <= 1e-5 * (1 + loss), "%s: loss %.9g, but %.9g", what,
                      levels->loss[isa], loss);
    for (int i = 0; i < levels->count; i++)
        largest = fmax(largest, fabs(levels->gradient[0][i]));
    ck_assert_double_gt(largest, 1e-3);
    for (int i = 0; i < levels->count; i += testing_is_sparse() ? 41 : 1) {
        double h = 1e-7, kept = parameters[i]; /* small, lest a kink of relu lies between */
        if (!levels->learned[i])
            continue;
        parameters[i] = kept + h;
        double up = twin_loss(network, f, parameters, progress, B, x, y);
        parameters[i] = kept - h;
        double down = twin_loss(network, f, parameters, progress, B, x, y);
        parameters[i] = kept;
        for (int isa = 0; isa <= (int)isa_best(); isa++)
            if (!agrees(levels->gradient[isa][i], (up - down) / (2 * h), largest))
                ck_abort_msg("%s, level %d, parameter %d: %g, but %g", what, isa, i, levels->gradient[isa][i],
                             (up - down) / (2 * h));
    }
}

static void check_candidate(int number, const char *candidate, enum parameter_sets sets)
{
    static struct levels levels;
    struct network *network = network_of(number, sets);
    struct candidate f = parse_candidate(candidate);
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        struct trainer_options options = {
            .isa = (enum isa)isa, .batch = B, .optimiser = optimiser_default(), .init = INIT_XAVIER, .input_square = 1};
        struct trainer *trainer = make_trainer(network, &options, candidate);
        move_starts(trainer);
        trainer_set_progress(trainer, progress);
        memory_free(fill(trainer, network, B));
        trainer_gradient(trainer, B); /* which leaves nothing behind for the next */
        float *x = fill(trainer, network, B);
        struct pass pass = trainer_gradient(trainer, B);
        ck_assert(pass.finite);
        levels.loss[isa] = pass.loss;
        levels.count = read_parameters(trainer, levels.parameters, levels.gradient[isa], levels.learned);
        if (isa == (int)isa_best())
            check_differences(cases[number].what, network, &f, &levels, x, trainer_targets(trainer));
        memory_free(x);
        trainer_free(trainer);
    }
    network_free(network);
}

START_TEST(gradients_match_differences)
{
    blas_thread_init();
    static const char *const candidates[] = {"p{0.7}*x*sigmoid(p{1.3}*x)", "(0.5+t)*max(0,x)"};
    for (int i = 0; i < 2; i++)
        check_candidate(_i, candidates[i], PARAMETERS_LAYER);
    check_candidate(_i, candidates[0], PARAMETERS_CHANNEL);
    check_candidate(_i, candidates[0], PARAMETERS_SHARED);
}
END_TEST

/* dropout draws, so no quotient is its gradient; test_layers.c compares its backward pass with its forward pass. */
START_TEST(every_kind_has_a_case)
{
    for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++) {
        bool found = *kind == &layer_dropout;
        for (int i = 0; i < CASES && !found; i++) {
            struct network *network = network_of(i, PARAMETERS_LAYER);
            for (int l = 0; l < network->layers; l++)
                found |= network->layer[l].kind == *kind;
            network_free(network);
        }
        ck_assert_msg(found, "%s has no case in this file", (*kind)->type);
    }
}
END_TEST

START_TEST(the_comparison_rejects_what_is_wrong)
{
    ck_assert(agrees(0.1, 0.1, 0.1));
    ck_assert(!agrees(0.1, 0.1001, 0.1));
    ck_assert(!agrees(0.1, NAN, 0.1));
    ck_assert(!agrees(NAN, 0.1, 0.1));
    ck_assert(!agrees(INFINITY, INFINITY, 0.1));
}
END_TEST

/* A smaller batch in the same trainer, and the measuring pass with more rows than a batch, give the same loss as
   the twin. */
static void check_batches(int number, enum parameter_sets parameter_sets)
{
    bool by_batch = strstr(cases[number].text, "batch_norm") != NULL; /* measures with other moments */
    struct network *network = network_of(number, parameter_sets);
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .init = INIT_XAVIER, .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "(0.5+t)*p{0.7}*x*sigmoid(p{1.3}*x)");
    struct candidate f = parse_candidate("(0.5+t)*p{0.7}*x*sigmoid(p{1.3}*x)");
    static double parameters[MOST], gradient[MOST];
    static bool learned[MOST];
    move_starts(trainer);
    read_parameters(trainer, parameters, gradient, learned);
    int sizes[] = {(int)trainer_rows(trainer), B, 3, 1};
    for (int i = 0; i < 4; i++) {
        float *x = fill(trainer, network, sizes[i]);
        double loss = twin_loss(network, &f, parameters, 1, sizes[i], x, trainer_targets(trainer));
        if (!by_batch)
            ck_assert_double_le(fabs(trainer_measure(trainer, sizes[i]).loss - loss), 1e-5 * (1 + loss));
        memory_free(x);
        x = fill(trainer, network, sizes[i]);
        loss = twin_loss(network, &f, parameters, 0, sizes[i], x, trainer_targets(trainer));
        if (sizes[i] <= B && sizes[i] > 1)
            ck_assert_double_le(fabs(trainer_gradient(trainer, sizes[i]).loss - loss), 1e-5 * (1 + loss));
        memory_free(x);
    }
    trainer_free(trainer);
    network_free(network);
}

START_TEST(measuring_and_short_batches_agree_with_the_twin)
{
    blas_thread_init();
    for (int sets = PARAMETERS_LAYER; sets <= PARAMETERS_SHARED; sets++)
        check_batches(_i, (enum parameter_sets)sets);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradient");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, gradients_match_differences, 0, CASES);
    tcase_add_test(tests, every_kind_has_a_case);
    tcase_add_test(tests, the_comparison_rejects_what_is_wrong);
    tcase_add_loop_test(tests, measuring_and_short_batches_agree_with_the_twin, 0, CASES);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
