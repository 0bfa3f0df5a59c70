/* The evaluator that `run` and `eval` use, real training and all, keeps the contract of evaluators. */
#include "testing.h"

#include "evaluator_contract.h"

#include "experiment/experiment.h"
#include "runner/evaluator.h"

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
    ASSERT_OK(experiment_open(experiment, isa_best(), &err));
    struct evaluator evaluator = evaluator_of(experiment->fitness);
    evaluator_contract(&evaluator, assignments, COUNT);
    experiment_free(experiment);
}
END_TEST

int main(void)
{
    return RUN_TESTS("evaluator", 60, the_real_evaluator_keeps_the_contract);
}
