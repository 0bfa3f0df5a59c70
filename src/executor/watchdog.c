/* The clock over the evaluations of a process. A thread of its own looks a few times a second whether one of them has
   taken too long, and raises that one's flag, which the evaluation looks at in every step. One that does not even do
   that is stuck; nothing but the end of the process helps then. It is ended like a crash of that ticket, so that the
   next process knows. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "executor/executor_internal.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

enum { LOOK_MS = 50 };

struct place {
    atomic_int drop;    /* what the evaluation looks at */
    atomic_bool late;   /* raised for that reason */
    atomic_llong begun; /* milliseconds, 0: nothing is evaluated here */
    _Atomic pthread_t who;
};

struct watchdog {
    double limit_ms, stuck_ms;
    const atomic_int *abort;
    struct place *places;
    int count;
    atomic_bool over;
    pthread_t thread;
};

static long long milliseconds(void)
{
    return (long long)(1000 * clock_seconds()) + 1;
}

static void check(const struct watchdog *watchdog, struct place *place)
{
    long long begun = atomic_load(&place->begun);
    double lasts = begun ? (double)(milliseconds() - begun) : 0;
    if (atomic_load(watchdog->abort))
        atomic_store(&place->drop, 1);
    if (lasts > watchdog->limit_ms) {
        atomic_store(&place->late, true);
        atomic_store(&place->drop, 1);
    }
    if (lasts > watchdog->stuck_ms)
        pthread_kill(atomic_load(&place->who), SIGABRT);
}

static void *guard(void *context)
{
    struct watchdog *watchdog = context;
    while (!atomic_load(&watchdog->over)) {
        for (int i = 0; i < watchdog->count; i++)
            check(watchdog, &watchdog->places[i]);
        clock_sleep(1e-3 * LOOK_MS);
    }
    return NULL;
}

int watchdog_new(int places, double limit_seconds, const atomic_int *abort, struct watchdog **watchdog,
                 struct error *err)
{
    *watchdog = NULL;
    if (limit_seconds <= 0)
        return 0;
    struct watchdog *made = memory_zeroed(1, sizeof *made);
    struct place *places_made = memory_zeroed((size_t)places, sizeof *places_made);
    int failure = 0;
    if (made && places_made) {
        *made = (struct watchdog){.limit_ms = 1000 * limit_seconds,
                                  .stuck_ms = 1000 * (limit_seconds + STUCK_SECONDS),
                                  .abort = abort,
                                  .places = places_made,
                                  .count = places};
        failure = pthread_create(&made->thread, NULL, guard, made);
    }
    if (!made || !places_made || failure) {
        memory_free(made);
        memory_free(places_made);
        return memory_error(err, "the clock over the evaluations");
    }
    *watchdog = made;
    return 0;
}

void watchdog_free(struct watchdog *watchdog)
{
    if (!watchdog)
        return;
    atomic_store(&watchdog->over, true);
    pthread_join(watchdog->thread, NULL);
    memory_free(watchdog->places);
    memory_free(watchdog);
}

const atomic_int *watchdog_begin(struct watchdog *watchdog, int place)
{
    struct place *mine = &watchdog->places[place];
    atomic_store(&mine->who, pthread_self());
    atomic_store(&mine->late, false);
    atomic_store(&mine->drop, atomic_load(watchdog->abort));
    atomic_store(&mine->begun, milliseconds());
    return &mine->drop;
}

bool watchdog_end(struct watchdog *watchdog, int place)
{
    struct place *mine = &watchdog->places[place];
    atomic_store(&mine->begun, 0);
    return atomic_load(&mine->late);
}
