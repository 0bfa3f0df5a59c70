/* What the files of the executor share. */
#ifndef ACTSEARCH_EXECUTOR_INTERNAL_H
#define ACTSEARCH_EXECUTOR_INTERNAL_H

/* ThreadSanitizer does not see libgomp hand its threads the work and wait for them, so we tell it. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define HAND_OVER(object) __tsan_release(object)
#define TAKE_OVER(object) __tsan_acquire(object)
#define UNSEEN __attribute__((no_sanitize_thread))
#else
#define HAND_OVER(object) ((void)0)
#define TAKE_OVER(object) ((void)0)
#define UNSEEN
#endif

#include "executor/executor.h"

/* ---- watchdog.c: the clock over the evaluations of a process */

enum { STUCK_SECONDS = 60 }; /* over the limit, and it does not stop when it is told to */

struct watchdog;
/* For evaluations at `places` places (threads), watched from a thread of its own. limit_seconds 0: *watchdog is NULL.
   `abort` is passed on to all of them. */
int watchdog_new(int places, double limit_seconds, const atomic_int *abort, struct watchdog **watchdog,
                 struct error *err);
void watchdog_free(struct watchdog *watchdog); /* accepts NULL */
/* This thread begins an evaluation at `place`; returns the flag for it. */
const atomic_int *watchdog_begin(struct watchdog *watchdog, int place);
/* It has ended; true when it was told to because it took too long. */
bool watchdog_end(struct watchdog *watchdog, int place);

/* ---- worker.c: the worker of a thread, here or in another process */

struct worker {
    const struct evaluator *evaluator;
    struct watchdog *watchdog; /* may be NULL */
    int place;
    const atomic_int *abort;
    void *own; /* the evaluator's */
    bool open;
};
/* Made, used and closed by its thread. */
int worker_open(struct worker *worker, const struct evaluator *evaluator, struct watchdog *watchdog, int place,
                const atomic_int *abort, struct error *err);
void worker_close(struct worker *worker); /* accepts one that was not opened */

/* Evaluates; *out starts as EVALUATION_EMPTY. The outcome is "aborted" only when *abort was raised. */
int worker_evaluate(struct worker *worker, const struct assignment *assignment, struct evaluation *out,
                    struct error *err);

/* ---- threads.c */

/* Makes OpenMP start as many threads as it is asked for, whatever OMP_DYNAMIC and the like say: with fewer, one that
   others wait for might be missing. ERROR_USAGE when that is more than OMP_THREAD_LIMIT. */
int threads_can_start(int threads, struct error *err);

/* ---- backoff.c: what a thread does that has nothing to do but to look whether something has come */

/* Looks often while something happens and ever more seldom when nothing does, so that it costs the training threads
   next to nothing. */
struct backoff {
    long microseconds;
};
void backoff_after(struct backoff *backoff, bool something_happened);

#endif
