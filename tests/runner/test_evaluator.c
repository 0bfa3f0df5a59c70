/* The evaluator that `run` and `eval` use, real training and all, keeps the contract of evaluators. */
#include "testing.h"

#include "evaluator_contract.h"

#include "data/sealed.h"
#include "experiment/experiment.h"
#include "fitness/fitness.h"
#include "runner/evaluator.h"
#include "runner/runner.h"

START_TEST(the_real_evaluator_keeps_the_contract)
{
    static const char *const texts[] = {"relu(x)", "x*sigmoid(p0*x)", "exp(x^2)", "x^3", "tanh(x)"};
    enum { COUNT = sizeof texts / sizeof *texts };
    static const char *const settings[] = {"training.epochs=2", "training.seeds=2", NULL};
    struct error err = ERROR_EMPTY;
    struct experiment *experiment;
    static struct assignment assignments[COUNT];
    for (int i = 0; i < COUNT; i++) {
        struct candidate candidate;
        ASSERT_OK(candidate_parse(texts[i], &candidate, &err));
        assignments[i] = assignment_of(i, &candidate, 1);
    }
    ASSERT_OK(experiment_read(SOURCE_DIR "/experiments/spirals.json", settings, &experiment, &err));
    ASSERT_OK(experiment_open(experiment, NULL, isa_best(), &err));
    struct evaluator evaluator = evaluator_of(experiment->fitness);
    evaluator_contract(&evaluator, assignments, COUNT);
    experiment_free(experiment);
}
END_TEST

/* ---- a list of functions, measured on the test part, as a confirmation does it */

static const char *const small[] = {"training.epochs=2", NULL};

static int hand_in_test_part(void *context, const struct experiment *experiment, struct data_part *part,
                             struct error *err)
{
    struct data_sealed **sealed = context;
    int status = data_sealed_open(&experiment->data, experiment->seed, sealed, err);
    if (!status)
        *part = data_sealed_part(*sealed);
    return status;
}

static struct evaluation evaluate_as_runner(const struct candidate *candidate, bool on_test_part)
{
    static const char *const names[] = {"swish"};
    struct error err;
    struct data_sealed *sealed = NULL;
    struct runner *runner = NULL;
    struct evaluation evaluation = EVALUATION_EMPTY;
    struct runner_options options = {.settings = small, .threads = 1, .quiet = true, .context = &sealed};
    options.measured = on_test_part ? hand_in_test_part : NULL;
    ASSERT_OK(runner_new(&options, &runner, &err));
    ASSERT_OK(runner_open_list(runner, SOURCE_DIR "/experiments/spirals.json", &err));
    ASSERT_OK(runner_evaluate(runner, candidate, names, 1, &evaluation, &err));
    runner_free(runner);
    ck_assert((sealed != NULL) == on_test_part);
    data_sealed_free(sealed);
    return evaluation;
}

START_TEST(a_list_is_measured_on_the_part_that_is_handed_in)
{
    struct error err;
    struct experiment *experiment;
    struct data_sealed *sealed;
    struct candidate candidate;
    struct fitness_worker *worker;
    struct evaluation direct = EVALUATION_EMPTY;
    ASSERT_OK(candidate_parse("x*sigmoid(p0*x)", &candidate, &err));
    struct evaluation usual = evaluate_as_runner(&candidate, false), test = evaluate_as_runner(&candidate, true);
    ASSERT_OK(experiment_read(SOURCE_DIR "/experiments/spirals.json", small, &experiment, &err));
    ASSERT_OK(data_sealed_open(&experiment->data, experiment->seed, &sealed, &err));
    struct data_part part = data_sealed_part(sealed);
    ASSERT_OK(experiment_open(experiment, &part, isa_best(), &err));
    ASSERT_OK(fitness_worker_new(experiment->fitness, &worker, &err));
    struct assignment assignment = assignment_of(0, &candidate, 1);
    ASSERT_OK(fitness_evaluate(experiment->fitness, worker, &assignment, NULL, &direct, &err));
    ck_assert(evaluation_equal(&direct, &test));
    /* the same training, measured elsewhere */
    ck_assert_double_eq(usual.trials[0].train_loss, test.trials[0].train_loss);
    ck_assert_double_eq(usual.parameters[0].value, test.parameters[0].value);
    ck_assert_double_ne(usual.trials[0].validation.loss, test.trials[0].validation.loss);
    struct evaluation *const all[] = {&usual, &test, &direct};
    for (int i = 0; i < 3; i++)
        evaluation_release(all[i]);
    fitness_worker_free(worker);
    experiment_free(experiment);
    data_sealed_free(sealed);
}
END_TEST

int main(void)
{
    return RUN_TESTS("evaluator", 60, the_real_evaluator_keeps_the_contract,
                     a_list_is_measured_on_the_part_that_is_handed_in);
}
