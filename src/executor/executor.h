/* Executor: carries out assignments in parallel and hands their evaluations back in order.
 *
 * Where the work comes from, and where it goes, is a source: a search with its database, or a list of functions. The
 * threads of this machine share one loop: under the lock a thread hands back what can be handed back in order, takes
 * new work from the source while that gives any, and picks the oldest that waits for an evaluation; without the lock it
 * evaluates. There is no separate master, and nobody waits for a generation to end. What was evaluated is durable in
 * the source before anything is built on it.
 *
 * Remote workers are in other processes (the ranks of mpi/communicator.h). To the source they are more threads: one
 * more thread of this process, the I/O thread, takes work for them and brings back what they made. It is the thread
 * that called executor_run(), because MPI wants to be called by one thread alone.
 *
 * What a source hears, and in which order, does not depend on the number of threads nor on remote workers.
 *
 * Two safety nets are about the machine, not about the work, and so outside of that law: an evaluation that takes
 * longer than a limit is given up with the outcome "timed_out", and what has killed its process (executor/crash.h) may
 * be quarantined by the source: it is passed over as "crashed". */
#ifndef ACTSEARCH_EXECUTOR_EXECUTOR_H
#define ACTSEARCH_EXECUTOR_EXECUTOR_H

#include "candidate/assignment.h"
#include "result/evaluation.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

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

/* ---- the source */

enum work_kind {
    WORK_EVALUATE,    /* to be evaluated */
    WORK_NOTHING,     /* only to be handed back in its turn: a duplicate, for example */
    WORK_QUARANTINED, /* not evaluated: its outcome is "crashed" */
};

struct work {
    enum work_kind kind;
    struct assignment assignment; /* its ticket is 1 more than that of the one before */
    void *own;                    /* the source's */
};

enum work_state {
    WORK_READY, /* *work is the next piece */
    WORK_WAIT,  /* not before more has been handed back */
    WORK_DONE,  /* there is no more */
};

/* Where work comes from and goes to. Nothing of it is called by two threads at once, but next(), settle() and observe()
   while another thread is in add() or commit(). */
struct source {
    void *context;
    /* The next piece of work; *work starts zeroed. ERROR_MEMORY and whatever the source knows end the run. */
    int (*next)(void *context, struct work *work, enum work_state *state, struct error *err);
    /* Hands back, in the order of tickets: adds the work and its evaluation (NULL unless it was evaluated) to a group.
       The work of an aborted evaluation is not handed back. */
    int (*add)(void *context, const struct work *work, const struct evaluation *evaluation, struct error *err);
    /* Makes the group durable. After a failure of add() it is called too, for those before. */
    int (*commit)(void *context, struct error *err);
    /* All tickets below it are durable. */
    int64_t (*durable)(void *context);
    /* In order, for each that is durable: now it may be built on. The evaluation may be taken, leaving an empty one. */
    void (*settle)(void *context, const struct work *work, struct evaluation *evaluation);
    /* Something has changed, for people; quick, since it is called under the lock. */
    void (*observe)(void *context, bool finished);
    /* Frees work->own, settled or not. */
    void (*release)(void *context, struct work *work);
};

/* How a run is stopped from outside, by a signal handler for example: whoever sets a flag need do
   nothing else. The executor raises `abort` itself when one of its threads fails. */
struct executor_stop {
    atomic_int drain; /* take no new work, finish what is being evaluated */
    atomic_int abort; /* drop what is being evaluated too */
};

/* ---- workers in other processes, as this one sees them */

struct remote_result {
    void *token; /* as it was given; NULL: nothing has come */
    struct evaluation evaluation;
};

/* Called by the I/O thread alone. None of these waits. */
struct remote_workers {
    void *context;
    int64_t count; /* threads of all their processes */
    /* How many more evaluations they would take now. */
    ptrdiff_t (*room)(void *context);
    /* Hands over an assignment, which is copied. `token` is any pointer but NULL and comes back with the result. */
    int (*give)(void *context, const struct assignment *assignment, void *token, struct error *err);
    /* The next result that has come. result->evaluation starts as EVALUATION_EMPTY and is the caller's then. An error
       is that of a worker that failed. */
    int (*collect)(void *context, struct remote_result *result, struct error *err);
    /* Tells all of them to drop what they evaluate; it comes back as "aborted". */
    void (*drop)(void *context);
};

struct executor_options {
    int threads;
    double limit_seconds;                /* on the clock, of one evaluation; 0: none */
    const struct remote_workers *remote; /* NULL: there are none */
    struct executor_stop *stop;          /* may be NULL */
};

/* Runs until the source has no more work and all of it is handed back (returns 0), or until it is stopped
   (ERROR_INTERRUPTED; everything finished is durable), or until something fails (the first error of any thread; what
   was durable stays so). */
int executor_run(const struct source *source, const struct evaluator *evaluator, const struct executor_options *options,
                 struct error *err);

/* ---- the other side: a process of remote workers */

enum order_kind { ORDER_NONE, ORDER_EVALUATE, ORDER_DROP, ORDER_END };

struct order {
    enum order_kind kind;
    struct assignment assignment; /* of ORDER_EVALUATE */
};

/* Whoever gives the orders, as a process of remote workers sees it. Called by one thread; none of these waits. */
struct coordinator {
    void *context;
    int (*receive)(void *context, struct order *order, struct error *err);
    int (*report)(void *context, int64_t ticket, const struct evaluation *evaluation, struct error *err);
    /* Something failed here: the whole run will end with that error. */
    void (*fail)(void *context, const struct error *err);
    /* This process was asked to stop (a signal): the coordinator decides when. */
    void (*stop)(void *context, bool abort);
    /* Sends on what is under way; true when nothing is. */
    bool (*idle)(void *context);
};

/* Evaluates what the coordinator says on options->threads threads, until ORDER_END; options->remote is not used. Its
   own failures go to the coordinator; what it returns is for this process alone. */
int executor_serve(const struct evaluator *evaluator, const struct coordinator *coordinator,
                   const struct executor_options *options, struct error *err);

#endif
