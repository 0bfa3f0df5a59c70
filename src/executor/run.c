/* The loop that the threads share. What changes in `struct run` is touched under its lock only; what
   never changes (the pointers that executor_run() was given) may be read at any time, and a flight
   that is not ready belongs to the thread that trains it. */
#include "base/error.h"
#include "base/memory.h"
#include "executor/executor_internal.h"

#include <pthread.h>

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

/* A ticket that the search made and that is not in the database yet. */
struct flight {
    struct flight *next;
    bool ready; /* to be written; otherwise a thread is training it */
    struct ticket ticket;
    struct evaluation evaluation;
};

struct run {
    struct search *search;
    const struct grammar *grammar;
    const struct evaluator *evaluator;
    struct store *store;
    const struct executor_options *options;
    struct executor_stop *stop;

    pthread_mutex_t lock;
    pthread_cond_t changed;         /* a flight became ready, or the run failed */
    struct flight *oldest, *newest; /* a queue in ticket order */
    struct record record;
    struct tally tally;
    bool done;        /* the search has no more tickets */
    int status;       /* of the first thread that failed ... */
    struct error err; /* ... and why */
};

static void flight_free(struct flight *flight)
{
    evaluation_release(&flight->evaluation);
    memory_free(flight);
}

static void fail(struct run *run, int status, const struct error *err)
{
    if (run->status)
        return;
    run->status = status;
    run->err = *err;
    atomic_store(&run->stop->abort, 1);
    pthread_cond_broadcast(&run->changed);
}

/* Writes the oldest ticket and then, now that it is durable, tells the search. */
static int write_oldest(struct run *run, struct error *err)
{
    struct flight *flight = run->oldest;
    const struct evaluation *evaluation = flight->ticket.kind == TICKET_TRAIN ? &flight->evaluation : NULL;
    int status = record_proposal(&run->record, run->grammar, &flight->ticket, err);
    if (!status && evaluation)
        status = record_evaluation(&run->record, evaluation, err);
    if (!status)
        status = store_append(run->store, &run->record.ticket, err);
    if (status)
        return status;
    if (evaluation)
        search_tell(run->search, flight->ticket.number, evaluation_is_ok(evaluation), evaluation->score);
    tally_add(&run->tally, &run->record.ticket, true);
    tally_show(&run->tally, run->search, run->options);
    run->oldest = flight->next;
    if (!run->oldest)
        run->newest = NULL;
    flight_free(flight);
    return 0;
}

static int write_ready(struct run *run, struct error *err)
{
    int status = 0;
    while (!status && run->oldest && run->oldest->ready)
        status = write_oldest(run, err);
    return status;
}

/* Takes one more ticket into the queue; *flight is NULL when there is none now. */
static int take(struct run *run, struct flight **flight, enum search_state *state, struct error *err)
{
    *flight = NULL;
    struct flight *taken = memory_zeroed(1, sizeof *taken);
    if (!taken)
        return memory_error(err, "a candidate");
    int status = search_next(run->search, &taken->ticket, state, err);
    if (status || *state != SEARCH_TICKET) {
        memory_free(taken);
        return status;
    }
    taken->ready = taken->ticket.kind != TICKET_TRAIN;
    *(run->newest ? &run->newest->next : &run->oldest) = taken;
    run->newest = taken;
    *flight = taken;
    return 0;
}

/* Trains without the lock. An aborted evaluation leaves the flight as it is: it will not be written. */
static int train(struct run *run, void *worker, struct flight *flight, struct error *err)
{
    const struct evaluator *evaluator = run->evaluator;
    const atomic_int *abort = &run->stop->abort;
    pthread_mutex_unlock(&run->lock);
    int status =
        evaluator->evaluate(evaluator->context, worker, &flight->ticket.simplified, abort, &flight->evaluation, err);
    pthread_mutex_lock(&run->lock);
    if (!status && evaluation_is_aborted(&flight->evaluation) && !atomic_load(abort))
        status = error_set(err, ERROR_INTERNAL, NULL, NULL, "an evaluation was dropped though nobody asked for it");
    if (!status)
        flight->ready = !evaluation_is_aborted(&flight->evaluation);
    pthread_cond_broadcast(&run->changed);
    return status;
}

/* One step of a thread, under the lock: write, take, train or wait. *leave: nothing is left for it. */
static int step(struct run *run, void *worker, bool *leave, struct error *err)
{
    struct flight *flight;
    enum search_state state;
    *leave = run->status != 0; /* another thread failed: nothing more is written */
    if (*leave)
        return 0;
    int status = write_ready(run, err);
    if (status)
        return status;
    *leave = run->done || atomic_load(&run->stop->drain) || atomic_load(&run->stop->abort);
    if (*leave)
        return 0;
    status = take(run, &flight, &state, err);
    if (status)
        return status;
    if (state == SEARCH_DONE)
        run->done = true;
    else if (state == SEARCH_WAIT)
        pthread_cond_wait(&run->changed, &run->lock);
    else if (!flight->ready)
        status = train(run, worker, flight, err);
    return status;
}

/* The life of a thread. Whoever is the last to finish a training writes all that is left. */
static void work(struct run *run)
{
    struct error err = ERROR_EMPTY;
    void *worker = NULL;
    bool leave = false;
    const struct evaluator *evaluator = run->evaluator;
    int status = evaluator->worker_new(evaluator->context, &worker, &err);
    bool made = !status;
    pthread_mutex_lock(&run->lock);
    while (!status && !leave)
        status = step(run, worker, &leave, &err);
    if (status)
        fail(run, status, &err);
    pthread_mutex_unlock(&run->lock);
    if (made)
        evaluator->worker_free(worker);
}

static void thread_main(struct run *run)
{
    TAKE_OVER(run);
    work(run);
    HAND_OVER(run);
}

/* Nothing but the region, which is all that is hidden from ThreadSanitizer. */
UNSEEN static void work_on_threads(struct run *run, int threads)
{
#pragma omp parallel num_threads(threads) default(none) shared(run)
    thread_main(run);
}

static int ending(struct run *run, struct error *err)
{
    if (run->status) {
        *err = run->err;
        return run->status;
    }
    /* When it was aborted after the last ticket was made, flights are left. */
    if (!run->done || run->oldest)
        return error_set(err, ERROR_INTERRUPTED, NULL, "the same command goes on from there",
                         "stopped with %lld tickets in the database", (long long)store_count(run->store));
    run->tally.progress.finished = true;
    tally_show(&run->tally, run->search, run->options);
    return 0;
}

static void release(struct run *run)
{
    while (run->oldest) {
        struct flight *next = run->oldest->next;
        flight_free(run->oldest);
        run->oldest = next;
    }
    record_release(&run->record);
    tally_release(&run->tally);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
}

int executor_run(struct search *search, const struct grammar *grammar, const struct evaluator *evaluator,
                 struct store *store, const struct executor_options *options, struct error *err)
{
    struct executor_stop own_stop = {0};
    struct run run = {
        .search = search,
        .grammar = grammar,
        .evaluator = evaluator,
        .store = store,
        .options = options,
        .stop = options->stop ? options->stop : &own_stop,
    };
    ALWAYS(options->threads > 0);
    pthread_mutex_init(&run.lock, NULL); /* without attributes neither can fail */
    pthread_cond_init(&run.changed, NULL);
    tally_begin(&run.tally);
    int status = replay(search, grammar, store, &run.tally, err);
    if (!status) {
        tally_show(&run.tally, search, options);
        HAND_OVER(&run);
        work_on_threads(&run, options->threads);
        TAKE_OVER(&run);
        status = ending(&run, err);
    }
    release(&run);
    return status;
}
