/* The loop that the threads share, and the threads together. */
#include "base/error.h"
#include "executor/executor_internal.h"
#include "executor/io_thread.h"
#include "executor/pipeline.h"

#include <omp.h>

/* The threads of the process, and what they share. */
struct team {
    struct pipeline pipeline;
    const struct evaluator *evaluator;
    const struct executor_options *options;
    struct watchdog *watchdog; /* NULL without a limit */
};

/* ---- a thread that evaluates */

/* Without the lock. */
static int evaluate(struct pipeline *pipeline, struct worker *worker, struct in_flight *flight, struct error *err)
{
    pthread_mutex_unlock(&pipeline->lock);
    int status = worker_evaluate(worker, &flight->work.assignment, &flight->evaluation, err);
    pthread_mutex_lock(&pipeline->lock);
    if (!status)
        pipeline_arrived(pipeline, flight);
    return status;
}

/* One step of a thread, under the lock: hand back, take, evaluate or wait. *leave: nothing is left for it. */
static int step(struct pipeline *pipeline, struct worker *worker, bool *leave, struct error *err)
{
    struct in_flight *flight;
    enum work_state state;
    *leave = pipeline->status != 0; /* another thread failed: nothing more is written */
    if (*leave)
        return 0;
    int status = pipeline_hand_back(pipeline, err);
    if (status)
        return status;
    *leave = pipeline->done || pipeline_is_stopped(pipeline);
    if (*leave)
        return 0;
    status = pipeline_take(pipeline, &flight, &state, err);
    if (status)
        return status;
    if (state == WORK_WAIT)
        pthread_cond_wait(&pipeline->changed, &pipeline->lock);
    else if (state == WORK_READY && !flight->ready)
        status = evaluate(pipeline, worker, flight, err);
    return status;
}

/* The life of a thread. Whoever is the last to finish an evaluation hands back all that is left. */
static void work(struct team *team, int place)
{
    struct pipeline *pipeline = &team->pipeline;
    struct error err = ERROR_EMPTY;
    struct worker worker;
    bool leave = false;
    int status = worker_open(&worker, team->evaluator, team->watchdog, place, &pipeline->stop->abort, &err);
    pthread_mutex_lock(&pipeline->lock);
    while (!status && !leave)
        status = step(pipeline, &worker, &leave, &err);
    if (status)
        pipeline_fail(pipeline, status, &err);
    pthread_mutex_unlock(&pipeline->lock);
    worker_close(&worker);
}

/* ---- the threads together */

static void thread_main(struct team *team, int number)
{
    TAKE_OVER(team);
    const struct remote_workers *remote = team->options->remote;
    if (remote && number == 0)
        io_thread(&team->pipeline, remote);
    else
        work(team, number - (remote != NULL));
    HAND_OVER(team);
}

/* Nothing but the region, which is all that is hidden from ThreadSanitizer. */
UNSEEN static void work_on_threads(struct team *team, int threads)
{
#pragma omp parallel num_threads(threads) default(none) shared(team)
    thread_main(team, omp_get_thread_num());
}

static int ending(const struct pipeline *pipeline, struct error *err)
{
    const struct source *source = pipeline->source;
    if (pipeline->status) {
        *err = pipeline->err;
        return pipeline->status;
    }
    /* When it was aborted after the last piece of work was taken, some of it is left. */
    if (!pipeline->done || pipeline->oldest)
        return error_set(err, ERROR_INTERRUPTED, NULL, NULL, "stopped, %lld evaluations are finished",
                         (long long)source->durable(source->context));
    source->observe(source->context, true);
    return 0;
}

int executor_run(const struct source *source, const struct evaluator *evaluator, const struct executor_options *options,
                 struct error *err)
{
    struct executor_stop own_stop = {0};
    struct team team = {.evaluator = evaluator, .options = options};
    int threads = options->threads + (options->remote != NULL);
    ALWAYS(options->threads > 0);
    pipeline_init(&team.pipeline, source, options->stop ? options->stop : &own_stop);
    int status = threads_can_start(threads, err);
    if (!status)
        status =
            watchdog_new(options->threads, options->limit_seconds, &team.pipeline.stop->abort, &team.watchdog, err);
    if (!status) {
        source->observe(source->context, false);
        HAND_OVER(&team);
        work_on_threads(&team, threads);
        TAKE_OVER(&team);
        status = ending(&team.pipeline, err);
    }
    watchdog_free(team.watchdog);
    pipeline_release(&team.pipeline);
    return status;
}
