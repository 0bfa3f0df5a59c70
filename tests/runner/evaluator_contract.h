/* What every evaluator owes the executor (the first law): held against the fakes here, and to be held
   against the real one by its own tests. */
#ifndef ACTSEARCH_TESTS_RUNNER_EVALUATOR_CONTRACT_H
#define ACTSEARCH_TESTS_RUNNER_EVALUATOR_CONTRACT_H

#include "testing.h"

#include "executor/executor.h"

#include <math.h>

/* With the flag up from the start it says "aborted", or the whole result if that was quicker. */
static inline void contract_abort(const struct evaluator *evaluator, void *worker, const struct assignment *assignment)
{
    struct error err;
    atomic_int none = 0, abort = 1;
    struct evaluation whole = EVALUATION_EMPTY, dropped = EVALUATION_EMPTY;
    ASSERT_OK(evaluator->evaluate(evaluator->context, worker, assignment, &abort, &dropped, &err));
    ASSERT_OK(evaluator->evaluate(evaluator->context, worker, assignment, &none, &whole, &err));
    ck_assert_msg(result_is_aborted(&dropped.result) || evaluation_equal(&whole, &dropped), "half an evaluation");
    ck_assert(!result_is_aborted(&whole.result));
    evaluation_release(&whole);
    evaluation_release(&dropped);
}

/* assignments: (count). Each is evaluated by one worker in order, by the same worker again in reverse order,
   and by a fresh worker: all three must agree bit by bit. */
static inline void evaluator_contract(const struct evaluator *evaluator, const struct assignment *assignments,
                                      int count)
{
    struct error err;
    atomic_int abort = 0;
    void *workers[2];
    struct evaluation *first = calloc((size_t)count, sizeof *first);
    for (int i = 0; i < 2; i++)
        ASSERT_OK(evaluator->worker_new(evaluator->context, &workers[i], &err));
    for (int i = 0; i < count; i++)
        ASSERT_OK(evaluator->evaluate(evaluator->context, workers[0], &assignments[i], &abort, &first[i], &err));
    for (int pass = 0; pass < 2; pass++) {
        for (int i = count - 1; i >= 0; i--) {
            struct evaluation again = EVALUATION_EMPTY;
            ASSERT_OK(evaluator->evaluate(evaluator->context, workers[pass], &assignments[i], &abort, &again, &err));
            ck_assert_msg(evaluation_equal(&first[i], &again), "assignment %d: pass %d gives another evaluation", i,
                          pass);
            ck_assert_msg(result_is_ok(&again.result) == isfinite(result_score(&again.result)),
                          "ok means a finite score");
            ck_assert_msg(!result_is_aborted(&again.result), "nobody asked for an abort");
            evaluation_release(&again);
        }
    }
    for (int i = 0; i < count; i++)
        evaluation_release(&first[i]);
    contract_abort(evaluator, workers[0], &assignments[0]);
    for (int i = 0; i < 2; i++)
        evaluator->worker_free(workers[i]);
    free(first);
}

#endif
