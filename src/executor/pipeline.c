#include "executor/pipeline.h"

#include "base/memory.h"

void pipeline_init(struct pipeline *pipeline, const struct source *source, struct executor_stop *stop)
{
    *pipeline = (struct pipeline){.source = source, .stop = stop};
    pthread_mutex_init(&pipeline->lock, NULL); /* without attributes neither can fail */
    pthread_cond_init(&pipeline->changed, NULL);
}

static void free_oldest(struct pipeline *pipeline)
{
    struct in_flight *flight = pipeline->oldest;
    pipeline->oldest = flight->next;
    if (!pipeline->oldest)
        pipeline->newest = NULL;
    pipeline->source->release(pipeline->source->context, &flight->work);
    evaluation_release(&flight->evaluation);
    memory_free(flight);
}

void pipeline_release(struct pipeline *pipeline)
{
    while (pipeline->oldest)
        free_oldest(pipeline);
    pthread_cond_destroy(&pipeline->changed);
    pthread_mutex_destroy(&pipeline->lock);
}

void pipeline_fail(struct pipeline *pipeline, int status, const struct error *err)
{
    if (pipeline->status)
        return;
    pipeline->status = status;
    pipeline->err = *err;
    atomic_store(&pipeline->stop->abort, 1);
    pthread_cond_broadcast(&pipeline->changed);
}

bool pipeline_is_stopped(const struct pipeline *pipeline)
{
    return atomic_load(&pipeline->stop->drain) || atomic_load(&pipeline->stop->abort);
}

/* ---- from the source */

int pipeline_take(struct pipeline *pipeline, struct in_flight **flight, enum work_state *state, struct error *err)
{
    const struct source *source = pipeline->source;
    *flight = NULL;
    struct in_flight *taken = memory_zeroed(1, sizeof *taken);
    if (!taken)
        return memory_error(err, "a candidate");
    int status = source->next(source->context, &taken->work, state, err);
    if (status || *state != WORK_READY) {
        pipeline->done = pipeline->done || (!status && *state == WORK_DONE);
        memory_free(taken);
        return status;
    }
    taken->ready = taken->work.kind != WORK_EVALUATE;
    if (taken->work.kind == WORK_QUARANTINED)
        evaluation_without_trials(&taken->evaluation, OUTCOME_crashed);
    *(pipeline->newest ? &pipeline->newest->next : &pipeline->oldest) = taken;
    pipeline->newest = taken;
    *flight = taken;
    return 0;
}

void pipeline_arrived(struct pipeline *pipeline, struct in_flight *flight)
{
    flight->ready = !result_is_aborted(&flight->evaluation.result);
    pthread_cond_broadcast(&pipeline->changed);
}

/* ---- and back */

static ptrdiff_t count_ready(const struct pipeline *pipeline)
{
    ptrdiff_t count = 0;
    for (const struct in_flight *flight = pipeline->oldest; flight && flight->ready; flight = flight->next)
        count++;
    return count;
}

/* The first `count` as one group: they wait for the disk together. When one of them cannot be added, those before it
   are written all the same, unless the source has dropped them. Without the lock; the link of the last one is not
   looked at, for new work may be hung on it meanwhile. */
static int write_group(const struct source *source, const struct in_flight *flight, ptrdiff_t count, struct error *err)
{
    int status = 0;
    for (ptrdiff_t i = 0; !status && i < count; i++) {
        const struct evaluation *evaluation = flight->work.kind == WORK_NOTHING ? NULL : &flight->evaluation;
        status = source->add(source->context, &flight->work, evaluation, err);
        flight = i + 1 < count ? flight->next : NULL;
    }
    int committed = source->commit(source->context, status ? NULL : err);
    return status ? status : committed;
}

int pipeline_hand_back(struct pipeline *pipeline, struct error *err)
{
    const struct source *source = pipeline->source;
    int status = 0;
    if (pipeline->writing)
        return 0;
    pipeline->writing = true;
    for (ptrdiff_t count; !status && !pipeline->status && (count = count_ready(pipeline)) > 0;) {
        const struct in_flight *first = pipeline->oldest;
        pthread_mutex_unlock(&pipeline->lock);
        status = write_group(source, first, count, err);
        pthread_mutex_lock(&pipeline->lock);
        while (count-- > 0 && pipeline->oldest->work.assignment.ticket < source->durable(source->context)) {
            source->settle(source->context, &pipeline->oldest->work, &pipeline->oldest->evaluation);
            free_oldest(pipeline);
        }
        source->observe(source->context, false);
        pthread_cond_broadcast(&pipeline->changed); /* the window has moved */
    }
    pipeline->writing = false;
    return status;
}
