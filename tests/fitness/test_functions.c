/* Candidates of two functions through the whole of an evaluation: the same bits as networks that have them written
   down. */
#include "fitness_testing.h"

#include "nn/network_internal.h"

static const char *const protocol = "{'epochs': 3, 'batch': 32, 'seeds': 2, 'watch': true}";

/* %s: who has learned parameters, and what the two activations say of their functions. */
static const char *const form = "{'parameters': '%s', 'layers': [{'type': 'dense', 'units': 9},"
                                "{'type': 'activation'%s}, {'type': 'dense', 'units': 7},"
                                "{'type': 'activation'%s}, {'type': 'dense', 'units': 'outputs'}]}";

static struct bench open_with(const char *parameters, const char *first, const char *second)
{
    char network[600];
    struct bench bench;
    struct error err;
    snprintf(network, sizeof network, form, parameters, first, second);
    ASSERT_OK(bench_init(&bench, network, protocol, isa_best(), &err));
    return bench;
}

/* The second activation takes the candidate's second function. */
static void separate_slots(struct bench *bench)
{
    struct error err;
    bench->network->layer[3].slot = 1;
    network_find_owners(bench->network);
    ck_assert_int_eq(network_functions(bench->network), 2);
    fitness_free(bench->fitness);
    ASSERT_OK(fitness_new(&bench->protocol, bench->network, bench->data, data_part(bench->data, DATA_VALIDATION), 42,
                          isa_best(), &bench->fitness, &err));
}

static struct evaluation evaluate(const struct bench *bench, const char *functions)
{
    struct error err;
    struct evaluation out = EVALUATION_EMPTY;
    struct fitness_worker *worker = NULL;
    struct candidate candidate;
    ASSERT_OK(candidate_parse(functions, &candidate, &err));
    struct assignment assignment = assignment_of(0, &candidate, 1);
    ASSERT_OK(fitness_worker_new(bench->fitness, &worker, &err));
    ASSERT_OK(fitness_evaluate(bench->fitness, worker, &assignment, NULL, &out, &err));
    fitness_worker_free(worker);
    ck_assert(result_is_ok(&out.result));
    return out;
}

START_TEST(each_slot_has_its_function)
{
    struct bench both = open_with("layer", "", "");
    struct bench fixed = open_with("layer", "", ", 'function': 'tanh(x)'");
    separate_slots(&both);
    struct evaluation two = evaluate(&both, "x*sigmoid(p0*x); tanh(x)"), one = evaluate(&fixed, "x*sigmoid(p0*x)");
    struct evaluation other = evaluate(&both, "tanh(x); x*sigmoid(p0*x)");
    ck_assert_int_gt((int)two.snapshot_count, 0);
    ck_assert(evaluation_equal(&one, &two));
    ck_assert(!evaluation_equal(&other, &two)); /* the order of the functions matters */
    evaluation_release(&one);
    evaluation_release(&two);
    evaluation_release(&other);
    bench_release(&both);
    bench_release(&fixed);
}
END_TEST

/* Two functions may each have a shared set. */
START_TEST(shared_parameters_of_two_functions_are_told_apart)
{
    struct bench bench = open_with("shared", "", "");
    separate_slots(&bench);
    struct evaluation out = evaluate(&bench, "x*sigmoid(p0*x); tanh(p0*x)");
    ck_assert_int_eq((int)out.parameter_count, 2 * 2);
    for (int seed = 0; seed < 2; seed++)
        for (int function = 0; function < 2; function++) {
            const struct learned *learned = &out.parameters[2 * seed + function];
            ck_assert(learned->seed_index == seed && learned->function == function);
            ck_assert(learned->layer == LEARNED_BY_ALL && learned->channel == LEARNED_BY_ALL);
        }
    evaluation_release(&out);
    bench_release(&bench);
}
END_TEST

int main(void)
{
    return RUN_TESTS("functions", 60, each_slot_has_its_function, shared_parameters_of_two_functions_are_told_apart);
}
