/* The clock over the evaluations of a process. A thread of its own looks a few times a second whether one of them has
   taken too long, and raises that one's flag, which the evaluation looks at in every step. One that does not even do
   that is stuck; nothing but the end of the process helps then. It is ended like a crash of that ticket, so that the
   next process knows. */
#include "base/error.h"
#include "base/memory.h"
#include "executor/executor_internal.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 50 };

struct place {
    atomic_int drop;    /* what the evaluation looks at */
    atomic_bool late;   /* raised for that reason */
    atomic_llong begun; /* milliseconds, 0: nothing is evaluated here */
    _Atomic pthread_t who;
};

struct timekeeper {
    double limit_ms, stuck_ms;
    const atomic_int *abort;
    struct place *places;
    int count;
    atomic_bool over;
    pthread_t thread;
};

static long long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1;
}

static void look_at(const struct timekeeper *keeper, struct place *place)
{
    long long begun = atomic_load(&place->begun);
    double lasts = begun ? (double)(milliseconds() - begun) : 0;
    if (atomic_load(keeper->abort))
        atomic_store(&place->drop, 1);
    if (lasts > keeper->limit_ms) {
        atomic_store(&place->late, true);
        atomic_store(&place->drop, 1);
    }
    if (lasts > keeper->stuck_ms)
        pthread_kill(atomic_load(&place->who), SIGABRT);
}

static void *keep(void *context)
{
    struct timekeeper *keeper = context;
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    while (!atomic_load(&keeper->over)) {
        for (int i = 0; i < keeper->count; i++)
            look_at(keeper, &keeper->places[i]);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

int timekeeper_new(int places, double limit_seconds, const atomic_int *abort, struct timekeeper **keeper,
                   struct error *err)
{
    *keeper = NULL;
    if (limit_seconds <= 0)
        return 0;
    struct timekeeper *made = memory_zeroed(1, sizeof *made);
    struct place *kept = memory_zeroed((size_t)places, sizeof *kept);
    int failure = 0;
    if (made && kept) {
        *made = (struct timekeeper){.limit_ms = 1000 * limit_seconds,
                                    .stuck_ms = 1000 * (limit_seconds + STUCK_SECONDS),
                                    .abort = abort,
                                    .places = kept,
                                    .count = places};
        failure = pthread_create(&made->thread, NULL, keep, made);
    }
    if (!made || !kept || failure) {
        memory_free(made);
        memory_free(kept);
        return memory_error(err, "the clock over the evaluations");
    }
    *keeper = made;
    return 0;
}

void timekeeper_free(struct timekeeper *keeper)
{
    if (!keeper)
        return;
    atomic_store(&keeper->over, true);
    pthread_join(keeper->thread, NULL);
    memory_free(keeper->places);
    memory_free(keeper);
}

const atomic_int *timekeeper_begin(struct timekeeper *keeper, int place)
{
    struct place *mine = &keeper->places[place];
    atomic_store(&mine->who, pthread_self());
    atomic_store(&mine->late, false);
    atomic_store(&mine->drop, atomic_load(keeper->abort));
    atomic_store(&mine->begun, milliseconds());
    return &mine->drop;
}

bool timekeeper_end(struct timekeeper *keeper, int place)
{
    struct place *mine = &keeper->places[place];
    atomic_store(&mine->begun, 0);
    return atomic_load(&mine->late);
}
