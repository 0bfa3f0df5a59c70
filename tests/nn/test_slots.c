/* Candidates of several functions: each in the slots with its number. What they compute is held against networks whose
   layers have the same functions written down, bit by bit. */
#include "nn_testing.h"

#include "nn/network_internal.h"
#include "nn/snapshot.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { B = 8, FEATURES = 5, CLASSES = 3, STEPS = 6, MOST = 4000 };

/* Networks in which %s stands for what the first, the second, and the third layer with a function says of it. */
static const char *const rows = "{'parameters': '%s', 'layers': ["
                                "{'type': 'dense', 'units': 6}, {'type': 'activation'%s}, "
                                "{'type': 'dense', 'units': 7}, {'type': 'activation'%s}, "
                                "{'type': 'dense', 'units': 4}, {'type': 'activation'%s}, "
                                "{'type': 'dense', 'units': 'outputs'}]}";
static const char *const images =
    "{'parameters': '%s', 'layers': ["
    "{'type': 'conv2d', 'channels': 16, 'kernel': 3, 'padding': 1}, {'type': 'activation'%s}, "
    "{'type': 'max_pool', 'size': 2}, {'type': 'conv2d', 'channels': 3, 'kernel': 3, 'padding': 1}, "
    "{'type': 'activation'%s}, {'type': 'flatten'}, {'type': 'dense', 'units': 5}, "
    "{'type': 'activation'%s}, {'type': 'dense', 'units': 'outputs'}]}";
static const char *const sequences = "{'parameters': '%s', 'layers': ["
                                     "{'type': 'gru', 'units': 5, 'slot': 'gates'%s}, "
                                     "{'type': 'lstm', 'units': 4%s}, {'type': 'rnn', 'units': 3%s}, "
                                     "{'type': 'dense', 'units': 'outputs'}]}";

struct subject {
    const char *text;
    struct data_shape data;
};
enum { SUBJECTS = 3 };

static struct subject subject_at(int i)
{
    const struct subject subjects[SUBJECTS] = {
        {rows, row_data(FEATURES, CLASSES)},
        {images, image_data(6, 4, 2, CLASSES)},
        {sequences, sequence_data(4, 3, CLASSES)},
    };
    return subjects[i];
}

/* A network whose layers with functions have the fixed ones given, NULL: a slot of that number. */
static struct network *network_with(const struct subject *subject, const char *sets, const char *const fixed[3],
                                    const int slot[3])
{
    char text[2000], function[3][200];
    struct error err;
    struct network *network;
    for (int i = 0; i < 3; i++)
        snprintf(function[i], sizeof function[i], fixed[i] ? ", 'function': '%s'" : "%s", fixed[i] ? fixed[i] : "");
    snprintf(text, sizeof text, subject->text, sets, function[0], function[1], function[2]);
    ASSERT_OK(read_network_for(text, &subject->data, &network, &err));
    for (int l = 0, i = 0; l < network->layers; l++)
        if (network->layer[l].kind->slot)
            network->layer[l].slot = slot[i++];
    network_find_owners(network);
    return network;
}

/* What a short training leaves: everything learned, the last gradients, the loss and a snapshot. */
struct trained {
    int count, watched;
    float number[2 * MOST];
    double loss;
    struct watched rows[8];
};

static void train(const struct network *network, const char *candidate, struct trained *result)
{
    struct trainer_options options = {.isa = isa_best(),
                                      .batch = B,
                                      .optimiser = optimiser_default(),
                                      .init = INIT_AUTO,
                                      .input_square = 1,
                                      .watch = true};
    options.optimiser.clip_norm = 0.5;
    struct trainer *trainer = make_trainer(network, &options, candidate);
    *result = (struct trained){.watched = snapshot_layers(network)};
    ck_assert_int_le(result->watched, 8);
    for (int s = 0; s < STEPS; s++) {
        fill_batch(trainer, network, B, (uint64_t)s);
        trainer_set_progress(trainer, (double)s / STEPS);
        struct pass pass = trainer_gradient(trainer, B);
        ck_assert(pass.finite);
        trainer_note(trainer);
        trainer_update(trainer, 0.02);
    }
    fill_batch(trainer, network, B, STEPS);
    trainer_snapshot(trainer, B, result->rows);
    fill_batch(trainer, network, B, STEPS);
    result->loss = trainer_measure(trainer, B).loss;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        ck_assert_int_le(result->count + 2 * (int)tensor.count, 2 * MOST);
        memcpy(result->number + result->count, tensor.values, (size_t)tensor.count * sizeof(float));
        memcpy(result->number + result->count + tensor.count, tensor.gradient, (size_t)tensor.count * sizeof(float));
        result->count += 2 * (int)tensor.count;
    }
    trainer_free(trainer);
}

/* Bit by bit, so that NaN is like NaN. */
static bool same(const struct trained *a, const struct trained *b)
{
    bool equal = a->count == b->count && a->watched == b->watched && a->loss == b->loss &&
                 memcmp(a->number, b->number, (size_t)a->count * sizeof(float)) == 0;
    for (int i = 0; equal && i < a->watched; i++)
        equal = a->rows[i].place == b->rows[i].place &&
                memcmp(&a->rows[i].input_mean, &b->rows[i].input_mean,
                       sizeof(struct watched) - offsetof(struct watched, input_mean)) == 0;
    return equal;
}

static struct trained one, other;

static void compare(int number, const char *sets, const int slot[3], const char *candidate, const char *const fixed[3],
                    const int fixed_slot[3], const char *fixed_candidate)
{
    const char *const open[3] = {NULL};
    const struct subject subject = subject_at(number);
    struct network *a = network_with(&subject, sets, open, slot);
    struct network *b = network_with(&subject, sets, fixed, fixed_slot);
    train(a, candidate, &one);
    train(b, fixed_candidate, &other);
    ck_assert_msg(same(&one, &other), "network %d, %s: %s", number, sets, candidate);
    network_free(a);
    network_free(b);
}

static const char *const each[] = {"layer", "channel"};
/* In the form that is trained, as a fixed function is. */
static const char *const f_text = "x*sigmoid(x)", *const g_text = "relu(x)+0.1*tanh(x)";
static const char *const learned_f = "p{0.7}*x*sigmoid(p{1.3}*x)", *const learned_g = "relu(x)+p{0.1}*tanh(x)*(t+0.5)";

/* Slots 0, 1, 0; the last stays open, since a network without a slot is refused. */
START_TEST(functions_stand_in_the_slots_with_their_number)
{
    static const int slots[3] = {0, 1, 0}, none[3] = {0, 0, 0};
    const char *const texts[2][2] = {{f_text, g_text}, {learned_f, learned_g}};
    char both[200];
    blas_thread_init();
    for (int i = 0; i < 2; i++) {
        const char *const fixed[3] = {texts[i][0], texts[i][1], NULL};
        snprintf(both, sizeof both, "%s; %s", texts[i][0], texts[i][1]);
        for (int s = 0; s < 2; s++)
            compare(_i, each[s], slots, both, fixed, none, texts[i][0]);
    }
}
END_TEST

START_TEST(one_function_twice_is_one_function)
{
    static const int slots[3] = {0, 1, 0}, none[3] = {0, 0, 0};
    const char *const open[3] = {NULL}, *const texts[2] = {f_text, learned_f};
    char both[200];
    blas_thread_init();
    for (int i = 0; i < 2; i++) {
        snprintf(both, sizeof both, "%s; %s", texts[i], texts[i]);
        for (int s = 0; s < 2; s++)
            compare(_i, each[s], slots, both, open, none, texts[i]);
    }
}
END_TEST

/* With one layer to each function, what is shared is a layer's own; with two, it is not. */
START_TEST(what_slots_share_belongs_to_a_function)
{
    static const int apart[3] = {0, 1, 2}, pair[3] = {0, 1, 0}, none[3] = {0, 0, 0};
    const char *const open[3] = {NULL}, *const middle[3] = {NULL, learned_g, NULL};
    const struct subject subject = subject_at(_i);
    char three[300], two[200];
    blas_thread_init();
    snprintf(three, sizeof three, "%s; %s; %s", learned_f, learned_g, learned_f);
    snprintf(two, sizeof two, "%s; %s", learned_f, learned_g);
    struct network *shared = network_with(&subject, "shared", open, apart);
    struct network *own = network_with(&subject, "layer", open, apart);
    train(shared, three, &one);
    train(own, three, &other);
    ck_assert(same(&one, &other));
    network_free(shared);
    network_free(own);
    compare(_i, "shared", pair, two, middle, none, learned_f);
}
END_TEST

/* The comparison sees which function is where. */
START_TEST(other_functions_give_other_numbers)
{
    static const int slots[3] = {0, 1, 0};
    const char *const open[3] = {NULL};
    const struct subject subject = subject_at(_i);
    struct network *network = network_with(&subject, "layer", open, slots);
    blas_thread_init();
    train(network, "x*sigmoid(x); tanh(x)", &one);
    train(network, "tanh(x); x*sigmoid(x)", &other);
    ck_assert(!same(&one, &other));
    network_free(network);
}
END_TEST

START_TEST(a_network_says_how_many_functions_it_wants)
{
    static const int slots[3][3] = {{0, 0, 0}, {0, 1, 0}, {2, 0, 1}}, wanted[3] = {1, 2, 3};
    const char *const open[3] = {NULL}, *const last_fixed[3] = {NULL, NULL, "tanh(x)"};
    const struct subject subject = subject_at(0);
    for (int i = 0; i < 3; i++) {
        struct network *network = network_with(&subject, "layer", open, slots[i]);
        ck_assert_int_eq(network_functions(network), wanted[i]);
        network_free(network);
    }
    static const int beyond[3] = {0, 1, CANDIDATE_FUNCTIONS - 1}; /* of a fixed function, whose number says nothing */
    struct network *network = network_with(&subject, "layer", last_fixed, beyond);
    ck_assert_int_eq(network_functions(network), 2);
    network_free(network);
}
END_TEST

/* The block is large enough whichever of the functions learn, which trainer_prepare() sees to: the first needs more
   when it does, while the second, when it does not, leaves its convolution to winners.c, which wants more of a small
   batch. */
START_TEST(the_memory_is_planned_for_every_mixture)
{
    static const char *const text =
        "{'layers': [{'type': 'activation'}, {'type': 'flatten'}, {'type': 'dense', 'units': 4},"
        "{'type': 'activation', 'from': 'input'},"
        "{'type': 'conv2d', 'channels': 64, 'kernel': 3, 'padding': 1},"
        "{'type': 'activation', 'function': 'tanh(x)'}, {'type': 'max_pool', 'size': 2},"
        "{'type': 'flatten'}, {'type': 'dense', 'units': 4}, {'type': 'add', 'with': 'dense1'},"
        "{'type': 'dense', 'units': 'outputs'}]}";
    static const char *const candidates[] = {"tanh(x); tanh(x)", "p0*x+p7; tanh(x)", "tanh(x); p0*x+p7",
                                             "p0*x+p7; p0*x+p7"};
    const struct data_shape data = image_data(6, 4, 2, CLASSES);
    struct error err;
    struct network *network;
    ASSERT_OK(read_network_for(text, &data, &network, &err));
    network->layer[3].slot = 1;
    for (int c = 0; c < 4; c++) {
        const struct trainer_options options = {
            .isa = isa_best(), .batch = 1, .optimiser = optimiser_default(), .input_square = 1, .watch = true};
        trainer_free(make_trainer(network, &options, candidates[c]));
    }
    network_free(network);
}
END_TEST

/* Stops the program, as what cannot be; in a process of its own, whose message nobody needs. */
static bool is_impossible(struct trainer *trainer, const char *text)
{
    const struct candidate candidate = parse_candidate(text);
    int status = 0;
    pid_t child = fork();
    ck_assert(child >= 0);
    if (child == 0) {
        struct error err = ERROR_EMPTY;
        bool quiet = freopen("/dev/null", "w", stderr) != NULL;
        trainer_prepare(trainer, &candidate, &err);
        _exit(!quiet);
    }
    ck_assert(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

START_TEST(a_candidate_has_as_many_functions_as_the_network_wants)
{
    static const int slots[3] = {0, 1, 0};
    const char *const open[3] = {NULL};
    const struct subject subject = subject_at(0);
    const struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct network *network = network_with(&subject, "layer", open, slots);
    struct trainer *trainer = make_trainer(network, &options, "tanh(x); x");
    ck_assert(is_impossible(trainer, "tanh(x)") && is_impossible(trainer, "tanh(x); x; x"));
    ck_assert(!is_impossible(trainer, "x; tanh(x)"));
    trainer_free(trainer);
    network_free(network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slots");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, functions_stand_in_the_slots_with_their_number, 0, SUBJECTS);
    tcase_add_loop_test(tests, one_function_twice_is_one_function, 0, SUBJECTS);
    tcase_add_loop_test(tests, what_slots_share_belongs_to_a_function, 0, SUBJECTS);
    tcase_add_loop_test(tests, other_functions_give_other_numbers, 0, SUBJECTS);
    tcase_add_test(tests, a_network_says_how_many_functions_it_wants);
    tcase_add_test(tests, a_candidate_has_as_many_functions_as_the_network_wants);
    tcase_add_test(tests, the_memory_is_planned_for_every_mixture);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
