#include "runner/heartbeat.h"

#include "base/clock.h"
#include "base/memory.h"
#include "executor/executor.h"
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BEAT_SECONDS = 5 };

struct heartbeat {
    struct store *store;
    struct executor_stop *stop;
    int64_t workers, ranks, stored; /* stored: tickets at the start */
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool over, observed;
    double observed_at; /* by clock_seconds() */
    struct progress progress;
    char formula[200];
    int status; /* ERROR_CONFLICT once the database belongs to another process ... */
    struct error err;
};

/* Until the stored tickets are taken up there is no progress to tell of. */
static struct store_heartbeat sign_of_life(const struct heartbeat *heartbeat, const struct progress *progress,
                                           bool observed)
{
    struct store_heartbeat sign = store_heartbeat_unknown();
    sign.tickets = heartbeat->stored;
    sign.workers = heartbeat->workers;
    sign.ranks = heartbeat->ranks;
    if (!observed)
        return sign;
    sign.tickets = progress->tickets;
    sign.trained = progress->trained;
    sign.to_train = progress->to_train;
    sign.trained_now = progress->trained_now;
    sign.failed = progress->failed;
    sign.seconds = progress->seconds;
    if (progress->best.ticket >= 0)
        sign.best = progress->best;
    return sign;
}

/* A beat that could not be written for another reason than a conflict is tried again. Not under the lock: it may take
   its time. False when the run is at its end. */
static bool beat(struct heartbeat *heartbeat, const struct store_heartbeat *sign)
{
    struct error err = ERROR_EMPTY;
    if (store_is_in_place(heartbeat->store)) {
        if (store_heartbeat(heartbeat->store, sign, &err) != ERROR_CONFLICT)
            return true;
        pthread_mutex_lock(&heartbeat->lock);
        heartbeat->status = ERROR_CONFLICT;
        heartbeat->err = err;
        pthread_mutex_unlock(&heartbeat->lock);
    }
    atomic_store(&heartbeat->stop->abort, 1);
    return false;
}

static void *live(void *context)
{
    struct heartbeat *heartbeat = context;
    struct timespec next;
    char formula[sizeof heartbeat->formula];
    clock_gettime(CLOCK_MONOTONIC, &next);
    pthread_mutex_lock(&heartbeat->lock);
    for (bool goes_on = true; goes_on && !heartbeat->over;) {
        struct progress progress = heartbeat->progress;
        bool observed = heartbeat->observed;
        memcpy(formula, heartbeat->formula, sizeof formula);
        progress.best.formula = formula;
        if (!progress.finished)
            progress.seconds += clock_seconds() - heartbeat->observed_at;
        struct store_heartbeat sign = sign_of_life(heartbeat, &progress, observed);
        pthread_mutex_unlock(&heartbeat->lock);
        goes_on = beat(heartbeat, &sign);
        pthread_mutex_lock(&heartbeat->lock);
        next.tv_sec += BEAT_SECONDS;
        while (goes_on && !heartbeat->over && pthread_cond_timedwait(&heartbeat->wake, &heartbeat->lock, &next) == 0)
            continue; /* woken without need */
    }
    pthread_mutex_unlock(&heartbeat->lock);
    return NULL;
}

/* Signals are for others. */
static int start_thread(struct heartbeat *heartbeat)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failure = pthread_create(&heartbeat->thread, NULL, live, heartbeat);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static void release(struct heartbeat *heartbeat)
{
    pthread_cond_destroy(&heartbeat->wake);
    pthread_mutex_destroy(&heartbeat->lock);
    memory_free(heartbeat);
}

int heartbeat_new(struct store *store, int64_t workers, int64_t ranks, struct executor_stop *stop,
                  struct heartbeat **heartbeat, struct error *err)
{
    *heartbeat = NULL;
    struct heartbeat *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "the heartbeat");
    made->store = store;
    made->stop = stop;
    made->workers = workers;
    made->ranks = ranks;
    made->stored = store_count(store);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    int failure = start_thread(made);
    if (failure) {
        release(made);
        return error_set(err, ERROR_MEMORY, NULL, "end some other processes", "cannot start a thread: %s",
                         strerror(failure));
    }
    *heartbeat = made;
    return 0;
}

void heartbeat_observe(struct heartbeat *heartbeat, const struct progress *progress)
{
    pthread_mutex_lock(&heartbeat->lock);
    heartbeat->observed = true;
    heartbeat->observed_at = clock_seconds();
    heartbeat->progress = *progress;
    snprintf(heartbeat->formula, sizeof heartbeat->formula, "%s", progress->best.formula);
    pthread_mutex_unlock(&heartbeat->lock);
}

int heartbeat_end(struct heartbeat *heartbeat, struct error *err)
{
    if (!heartbeat)
        return 0;
    pthread_mutex_lock(&heartbeat->lock);
    heartbeat->over = true;
    pthread_cond_signal(&heartbeat->wake);
    pthread_mutex_unlock(&heartbeat->lock);
    pthread_join(heartbeat->thread, NULL);
    int status = heartbeat->status;
    if (status)
        *err = heartbeat->err;
    release(heartbeat);
    return status;
}
