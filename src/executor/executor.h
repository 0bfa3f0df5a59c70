/* Executor: runs a search to its end, on the threads of this machine and with whoever helps from outside.
 *
 * The threads share one loop: under the lock a thread writes what can be written in ticket order,
 * takes new tickets from the search while the window allows, and picks the oldest ticket that waits
 * for training; without the lock it trains. There is no separate master, and nobody waits for a
 * generation to end. One connection writes the database; a ticket is durable there before the search
 * is told its result.
 *
 * A crew is workers in other processes (the ranks of mpi/team.h). To the search they are more threads: one more
 * thread of this process, the courier, takes tickets for them and brings back what they made. The courier is the
 * thread that called executor_run(), because MPI wants to be called by one thread alone.
 *
 * The database, apart from its timing tables, does not depend on the number of threads nor on the crew, and a run
 * that was stopped anywhere and resumed ends with the same rows as one that was not: on resume the
 * stored tickets are replayed through the search and held against what it proposes.
 *
 * Two safety nets are about the machine, not about the search, and so outside of that law: an evaluation that takes
 * longer than a limit is given up with the outcome "timed_out", and a ticket whose training has killed its process
 * twice (executor/crash.h) is recorded as "crashed" and passed over. */
#ifndef ACTSEARCH_EXECUTOR_EXECUTOR_H
#define ACTSEARCH_EXECUTOR_EXECUTOR_H

#include "result/evaluation.h"
#include "search/search.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;

/* Whatever can carry out an assignment; a pure function of it (first law). Thread-safe apart from the worker,
   of which each thread has its own, made and freed by that thread. */
struct evaluator {
    const void *context;
    int (*worker_new)(const void *context, void **worker, struct error *err);
    void (*worker_free)(void *worker);
    /* Fills *out, which starts as EVALUATION_EMPTY. When *abort becomes non-zero it may return early with the outcome
       "aborted", and that evaluation is thrown away. Errors end the run (memory, a defect); bad candidates are
       outcomes. */
    int (*evaluate)(const void *context, void *worker, const struct assignment *assignment, const atomic_int *abort,
                    struct evaluation *out, struct error *err);
};

/* What is known while a run goes on; passed to the observer under the lock, so it must be quick. */
struct progress {
    int64_t tickets, trained, to_train; /* to_train: -1 when not known */
    int64_t duplicates, rejected, failed;
    int64_t trained_now;               /* since this process started */
    int64_t workers;                   /* candidates that can be in training at once, the crew's included */
    double seconds;                    /* since this process started */
    int64_t best_ticket;               /* -1: none yet */
    double best_score, best_deviation; /* the deviation over its seeds; NaN: there was one */
    int64_t best_seeds;
    const char *best_formula; /* borrowed until the observer returns */
    bool finished;
    struct search_account account; /* says why, when it is finished */
};

/* How a run is stopped from outside, by a signal handler for example: whoever sets a flag need do
   nothing else. The executor raises `abort` itself when one of its threads fails. */
struct executor_stop {
    atomic_int drain; /* take no new tickets, finish those in training */
    atomic_int abort; /* drop what is in training too */
};

/* ---- the crew: workers in other processes, as this one sees them */

struct crew_result {
    void *token; /* as it was given; NULL: nothing has come */
    struct evaluation evaluation;
};

/* Called by the courier alone. None of these waits. */
struct crew {
    void *context;
    int64_t workers; /* threads of all its processes */
    /* How many more evaluations it would take now. */
    ptrdiff_t (*room)(void *context);
    /* Hands over an assignment, which is copied. `token` is any pointer but NULL and comes back with the result. */
    int (*give)(void *context, const struct assignment *assignment, void *token, struct error *err);
    /* The next result that has come. result->evaluation starts as EVALUATION_EMPTY and is the caller's then. An error
       is that of a worker that failed. */
    int (*collect)(void *context, struct crew_result *result, struct error *err);
    /* Tells all of them to drop what they train; it comes back as "aborted". */
    void (*drop)(void *context);
};

struct executor_options {
    int threads;
    double limit_seconds;       /* on the clock, of one evaluation; 0: none */
    const struct crew *crew;    /* NULL: nobody helps */
    struct executor_stop *stop; /* may be NULL */
    /* Called at the start, after each group of written tickets, and when all is done; may be NULL. */
    void (*observe)(void *observer, const struct progress *progress);
    void *observer;
};

/* Runs until the search is done (returns 0), or stopped (ERROR_INTERRUPTED; everything finished is
   in the database), or something fails (the first error of any thread; what was written stays and
   the same call goes on from there). `search` is new. `store` is open for writing and may hold the
   first tickets of this very run: ERROR_CONFLICT when they are not what the search proposes. */
int executor_run(struct search *search, const struct evaluator *evaluator, struct store *store,
                 const struct executor_options *options, struct error *err);

/* ---- the other side: a process of the crew */

enum order_kind { ORDER_NONE, ORDER_EVALUATE, ORDER_DROP, ORDER_END };

struct order {
    enum order_kind kind;
    struct assignment assignment; /* of ORDER_EVALUATE */
};

/* Whoever gives the orders, as a process of the crew sees it. Called by one thread; none of these waits. */
struct chief {
    void *context;
    int (*receive)(void *context, struct order *order, struct error *err);
    int (*report)(void *context, int64_t ticket, const struct evaluation *evaluation, struct error *err);
    /* Something failed here: the whole run will end with that error. */
    void (*fail)(void *context, const struct error *err);
    /* This process was asked to stop (a signal): the chief decides when. */
    void (*stop)(void *context, bool abort);
    /* Sends on what is under way; true when nothing is. */
    bool (*idle)(void *context);
};

/* Evaluates what the chief says on options->threads threads, until ORDER_END. The options' crew and observer are not
   used. Its own failures go to the chief; what it returns is for this process alone. */
int executor_serve(const struct evaluator *evaluator, const struct chief *chief, const struct executor_options *options,
                   struct error *err);

#endif
