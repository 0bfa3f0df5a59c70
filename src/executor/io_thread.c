#include "executor/io_thread.h"

#include "base/clock.h"
#include "executor/executor_internal.h"

struct io {
    struct pipeline *pipeline;
    const struct remote_workers *remote;
    int64_t given; /* and not brought back */
};

/* Everything that has come. *any: something has. */
static int bring_back(struct io *io, bool *any, struct error *err)
{
    for (;;) {
        struct remote_result result = {.evaluation = EVALUATION_EMPTY};
        int status = io->remote->collect(io->remote->context, &result, err);
        if (status || !result.token)
            return status;
        struct in_flight *flight = result.token;
        *any = true;
        pthread_mutex_lock(&io->pipeline->lock);
        flight->evaluation = result.evaluation;
        pipeline_arrived(io->pipeline, flight);
        pthread_mutex_unlock(&io->pipeline->lock);
        io->given--;
    }
}

/* Under the lock: as much work as they have room for and the source gives. */
static int send_out(struct io *io, bool *any, struct error *err)
{
    const struct remote_workers *remote = io->remote;
    enum work_state state = WORK_READY;
    int status = 0;
    for (ptrdiff_t room = remote->room(remote->context); !status && room > 0 && state == WORK_READY;) {
        struct in_flight *flight;
        status = pipeline_take(io->pipeline, &flight, &state, err);
        if (status || !flight || flight->ready)
            continue;
        status = remote->give(remote->context, &flight->work.assignment, flight, err);
        io->given += !status;
        room--;
        *any = true;
    }
    return status;
}

/* One round. *leave: they have nothing of ours any more and will get nothing. */
static int round_trip(struct io *io, bool *any, bool *leave, struct error *err)
{
    struct pipeline *pipeline = io->pipeline;
    int status = bring_back(io, any, err);
    pthread_mutex_lock(&pipeline->lock);
    bool stopped = pipeline_is_stopped(pipeline);
    if (!status && !pipeline->status)
        status = pipeline_hand_back(pipeline, err);
    if (!status && !pipeline->status && !pipeline->done && !stopped)
        status = send_out(io, any, err);
    *leave = io->given == 0 && (pipeline->done || stopped || pipeline->status);
    if (status)
        pipeline_fail(pipeline, status, err);
    pthread_mutex_unlock(&pipeline->lock);
    return status;
}

/* Remote workers that were told to drop everything answer within a step of training. Those that do not answer cannot be
   waited for: a database must be closed before the machine's patience ends. */
void io_thread(struct pipeline *pipeline, const struct remote_workers *remote)
{
    enum { PATIENCE_SECONDS = 10 };
    struct io io = {.pipeline = pipeline, .remote = remote};
    struct error err = ERROR_EMPTY;
    struct backoff backoff = {0};
    bool leave = false, dropped = false;
    double since = 0;
    while (!leave) {
        bool any = false;
        if (round_trip(&io, &any, &leave, &err))
            break;
        if (atomic_load(&pipeline->stop->abort) && !dropped) {
            remote->drop(remote->context);
            dropped = true;
            since = clock_seconds();
        }
        if (dropped && clock_seconds() - since > PATIENCE_SECONDS)
            break;
        if (!leave)
            backoff_after(&backoff, any);
    }
}
