/* The pipeline: work between the moment when it was taken from the source and the moment when it is handed back, in
 * the order of tickets.
 *
 * What changes in it is touched under its lock only. What never changes (the pointers that it was made with) may be
 * read at any time, and a piece of work that is not ready belongs to the thread that evaluates it, or to the I/O thread
 * while remote workers do. */
#ifndef ACTSEARCH_EXECUTOR_PIPELINE_H
#define ACTSEARCH_EXECUTOR_PIPELINE_H

#include "base/error.h"
#include "executor/executor.h"

#include <pthread.h>

struct in_flight {
    struct in_flight *next;
    bool ready; /* to be handed back; otherwise it is being evaluated */
    struct work work;
    struct evaluation evaluation;
};

struct pipeline {
    const struct source *source;
    struct executor_stop *stop;

    pthread_mutex_t lock;
    pthread_cond_t changed;            /* something became ready or durable, or the run failed */
    struct in_flight *oldest, *newest; /* a queue in the order of tickets */
    bool writing;                      /* a thread is at the source's add() or commit() */
    bool done;                         /* the source has no more work */
    int status;                        /* of the first thread that failed ... */
    struct error err;                  /* ... and why */
};

void pipeline_init(struct pipeline *pipeline, const struct source *source, struct executor_stop *stop);
void pipeline_release(struct pipeline *pipeline);

/* The rest under the lock. */

/* The first failure is kept, and everybody is told to drop what is being evaluated. */
void pipeline_fail(struct pipeline *pipeline, int status, const struct error *err);
bool pipeline_is_stopped(const struct pipeline *pipeline);

/* Takes one more piece of work; *flight is NULL when there is none now. */
int pipeline_take(struct pipeline *pipeline, struct in_flight **flight, enum work_state *state, struct error *err);

/* The evaluation has come. An aborted one leaves the work as it is: it will not be handed back. */
void pipeline_arrived(struct pipeline *pipeline, struct in_flight *flight);

/* Hands back what is ready. The lock is given up while the disk is waited for: one thread writes, the others go on.
   What becomes ready meanwhile is written before it returns, so nobody who finds it at work need stay. */
int pipeline_hand_back(struct pipeline *pipeline, struct error *err);

#endif
