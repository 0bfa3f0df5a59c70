/* The post of a training thread: its worker, and what surrounds an evaluation wherever it is made. */
#include "base/error.h"
#include "executor/crash.h"
#include "executor/executor_internal.h"

int post_open(struct post *post, const struct evaluator *evaluator, struct timekeeper *keeper, int place,
              const atomic_int *abort, struct error *err)
{
    *post = (struct post){.evaluator = evaluator, .keeper = keeper, .place = place, .abort = abort};
    int status = evaluator->worker_new(evaluator->context, &post->worker, err);
    post->open = !status;
    return status;
}

void post_close(struct post *post)
{
    if (post->open)
        post->evaluator->worker_free(post->worker);
    post->open = false;
}

int post_evaluate(struct post *post, const struct assignment *assignment, struct evaluation *out, struct error *err)
{
    const struct evaluator *evaluator = post->evaluator;
    bool late = false;
    const atomic_int *abort = post->keeper ? timekeeper_begin(post->keeper, post->place) : post->abort;
    crash_ticket_is(assignment->ticket);
    int status = evaluator->evaluate(evaluator->context, post->worker, assignment, abort, out, err);
    crash_ticket_is(CRASH_NO_TICKET);
    if (post->keeper)
        late = timekeeper_end(post->keeper, post->place);
    if (status || !result_is_aborted(&out->result) || atomic_load(post->abort))
        return status;
    if (!late)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "an evaluation was dropped though nobody asked for it");
    /* How far it came depends on the clock, so that is not kept. */
    evaluation_without_trials(out, OUTCOME_timed_out);
    return 0;
}
