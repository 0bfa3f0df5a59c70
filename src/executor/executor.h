/* Executor: runs a search to its end on the threads of this machine.
 *
 * The threads share one loop: under the lock a thread writes what can be written in ticket order,
 * takes new tickets from the search while the window allows, and picks the oldest ticket that waits
 * for training; without the lock it trains. There is no separate master, and nobody waits for a
 * generation to end. One connection writes the database; a ticket is durable there before the search
 * is told its result.
 *
 * The database, apart from its timing tables, does not depend on the number of threads, and a run
 * that was stopped anywhere and resumed ends with the same rows as one that was not: on resume the
 * stored tickets are replayed through the search and held against what it proposes. */
#ifndef ACTSEARCH_EXECUTOR_EXECUTOR_H
#define ACTSEARCH_EXECUTOR_EXECUTOR_H

#include "fitness/evaluation.h"
#include "search/search.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;
struct tree;

/* Whatever can score a tree; a pure function of it (first law). Thread-safe apart from the worker,
   of which each thread has its own, made and freed by that thread. */
struct evaluator {
    const void *context;
    int (*worker_new)(const void *context, void **worker, struct error *err);
    void (*worker_free)(void *worker);
    /* Fills *out, which starts as EVALUATION_EMPTY. When *abort becomes non-zero it may return early with the outcome
       "aborted", and that evaluation is thrown away. Errors end the run (memory, a defect); bad candidates are
       outcomes. */
    int (*evaluate)(const void *context, void *worker, const struct tree *tree, const atomic_int *abort,
                    struct evaluation *out, struct error *err);
};

/* What is known while a run goes on; passed to the observer under the lock, so it must be quick. */
struct progress {
    int64_t tickets, trained, to_train; /* to_train: -1 when not known */
    int64_t duplicates, rejected, failed;
    int64_t trained_now; /* since this process started */
    double seconds;      /* since this process started */
    int64_t best_ticket; /* -1: none yet */
    double best_score;
    const char *best_formula; /* borrowed until the observer returns */
    bool finished;
};

/* How a run is stopped from outside, by a signal handler for example: whoever sets a flag need do
   nothing else. The executor raises `abort` itself when one of its threads fails. */
struct executor_stop {
    atomic_int drain; /* take no new tickets, finish those in training */
    atomic_int abort; /* drop what is in training too */
};

struct executor_options {
    int threads;
    struct executor_stop *stop; /* may be NULL */
    /* Called at the start, after each written ticket, and when all is done; may be NULL. */
    void (*observe)(void *observer, const struct progress *progress);
    void *observer;
};

/* Runs until the search is done (returns 0), or stopped (ERROR_INTERRUPTED; everything finished is
   in the database), or something fails (the first error of any thread; what was written stays and
   the same call goes on from there). `search` is new. `store` is open for writing and may hold the
   first tickets of this very run: ERROR_CONFLICT when they are not what the search proposes. */
int executor_run(struct search *search, const struct grammar *grammar, const struct evaluator *evaluator,
                 struct store *store, const struct executor_options *options, struct error *err);

#endif
