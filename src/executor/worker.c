/* The worker of a thread, and what surrounds an evaluation wherever it is made. */
#include "base/error.h"
#include "executor/crash.h"
#include "executor/executor_internal.h"

int worker_open(struct worker *worker, const struct evaluator *evaluator, struct watchdog *watchdog, int place,
                const atomic_int *abort, struct error *err)
{
    *worker = (struct worker){.evaluator = evaluator, .watchdog = watchdog, .place = place, .abort = abort};
    int status = evaluator->worker_new(evaluator->context, &worker->own, err);
    worker->open = !status;
    return status;
}

void worker_close(struct worker *worker)
{
    if (worker->open)
        worker->evaluator->worker_free(worker->own);
    worker->open = false;
}

int worker_evaluate(struct worker *worker, const struct assignment *assignment, struct evaluation *out,
                    struct error *err)
{
    const struct evaluator *evaluator = worker->evaluator;
    bool late = false;
    const atomic_int *abort = worker->watchdog ? watchdog_begin(worker->watchdog, worker->place) : worker->abort;
    crash_ticket_is(assignment->ticket);
    int status = evaluator->evaluate(evaluator->context, worker->own, assignment, abort, out, err);
    crash_ticket_is(CRASH_NO_TICKET);
    if (worker->watchdog)
        late = watchdog_end(worker->watchdog, worker->place);
    if (status || !result_is_aborted(&out->result) || atomic_load(worker->abort))
        return status;
    if (!late)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "an evaluation was dropped though nobody asked for it");
    /* How far it came depends on the clock, so that is not kept. */
    evaluation_without_trials(out, OUTCOME_timed_out);
    return 0;
}
