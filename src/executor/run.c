/* The loop that the threads share. What changes in `struct run` is touched under its lock only; what
   never changes (the pointers that executor_run() was given) may be read at any time, and a flight
   that is not ready belongs to the thread that trains it, or to the courier while the crew does. */
#include "base/error.h"
#include "base/memory.h"
#include "executor/crash.h"
#include "executor/executor_internal.h"
#include "expr/parse.h"

#include <omp.h>
#include <pthread.h>

/* A ticket that the search made and that is not in the database yet. */
struct flight {
    struct flight *next;
    bool ready; /* to be written; otherwise a thread is training it */
    struct ticket ticket;
    struct evaluation evaluation;
};

struct run {
    struct search *search;
    const struct evaluator *evaluator;
    struct store *store;
    const struct executor_options *options;
    struct executor_stop *stop;

    struct timekeeper *keeper;   /* NULL without a limit */
    struct crash_list condemned; /* tickets that are not trained once more */

    pthread_mutex_t lock;
    pthread_cond_t changed;         /* a flight became ready, or the run failed */
    struct flight *oldest, *newest; /* a queue in ticket order */
    int64_t away;                   /* flights that the crew has */
    bool writing;                   /* a thread is at the database ... */
    struct record record;           /* ... and this is its own */
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

static bool is_stopped(const struct run *run)
{
    return atomic_load(&run->stop->drain) || atomic_load(&run->stop->abort);
}

/* ---- writing */

static int add_to_group(struct run *run, const struct flight *flight, struct error *err)
{
    int status = record_proposal(&run->record, search_space(run->search), &flight->ticket, err);
    if (!status && flight->ticket.kind == TICKET_TRAIN)
        record_evaluation(&run->record, &flight->evaluation);
    return status ? status : store_add(run->store, &run->record.ticket, err);
}

/* The oldest flight is durable: now the search may know. */
static void settle_oldest(struct run *run)
{
    struct flight *flight = run->oldest;
    const struct ticket *ticket = &flight->ticket;
    const struct evaluation *evaluation = &flight->evaluation;
    struct tally_item item = {.ticket = ticket->assignment.ticket, .kind = ticket->kind, .now = true};
    if (ticket->kind == TICKET_TRAIN) {
        item.ok = result_is_ok(&evaluation->result);
        item.score = result_score(&evaluation->result);
        item.deviation = result_score_deviation(&evaluation->result);
        item.seeds = evaluation->trial_count;
        search_tell(run->search, ticket->assignment.ticket, &evaluation->result);
    }
    if (tally_add(&run->tally, &item)) {
        struct text formula = TEXT_EMPTY;
        candidate_print(&ticket->assignment.candidate, &formula);
        tally_best(&run->tally, text_string(&formula));
        text_release(&formula);
    }
    run->oldest = flight->next;
    if (!run->oldest)
        run->newest = NULL;
    flight_free(flight);
}

static ptrdiff_t count_ready(const struct run *run)
{
    ptrdiff_t count = 0;
    for (const struct flight *flight = run->oldest; flight && flight->ready; flight = flight->next)
        count++;
    return count;
}

/* Writes the first `count` flights as one group: they wait for the disk together. When one of them cannot be added,
   those before it are written all the same, unless the database has dropped them. Without the lock; the link of the
   last one is not looked at, for a new flight may be hung on it meanwhile. */
static int write_group(struct run *run, const struct flight *flight, ptrdiff_t count, struct error *err)
{
    int status = 0;
    for (ptrdiff_t i = 0; !status && i < count; i++) {
        status = add_to_group(run, flight, err);
        flight = i + 1 < count ? flight->next : NULL;
    }
    int committed = store_commit(run->store, status ? NULL : err);
    return status ? status : committed;
}

/* Under the lock, which is given up while the disk is waited for: one thread writes, the others go on. What becomes
   ready meanwhile is written before it returns, so nobody who finds it at work need stay. */
static int write_ready(struct run *run, struct error *err)
{
    int status = 0;
    if (run->writing)
        return 0;
    run->writing = true;
    for (ptrdiff_t count; !status && !run->status && (count = count_ready(run)) > 0;) {
        const struct flight *first = run->oldest;
        pthread_mutex_unlock(&run->lock);
        status = write_group(run, first, count, err);
        pthread_mutex_lock(&run->lock);
        while (count-- > 0 && run->oldest->ticket.assignment.ticket < store_count(run->store))
            settle_oldest(run);
        tally_show(&run->tally, run->search, run->options);
        pthread_cond_broadcast(&run->changed); /* the window has moved */
    }
    run->writing = false;
    return status;
}

/* ---- taking tickets */

/* Takes one more ticket into the queue; *flight is NULL when there is none now. */
static int take(struct run *run, struct flight **flight, enum search_state *state, struct error *err)
{
    *flight = NULL;
    struct flight *taken = memory_zeroed(1, sizeof *taken);
    if (!taken)
        return memory_error(err, "a candidate");
    int status = search_next(run->search, &taken->ticket, state, err);
    if (status || *state != SEARCH_TICKET) {
        run->done = run->done || (!status && *state == SEARCH_DONE);
        memory_free(taken);
        return status;
    }
    taken->ready = taken->ticket.kind != TICKET_TRAIN;
    if (!taken->ready && crash_list_has(&run->condemned, taken->ticket.assignment.ticket)) {
        evaluation_without_trials(&taken->evaluation, OUTCOME_crashed);
        taken->ready = true;
    }
    *(run->newest ? &run->newest->next : &run->oldest) = taken;
    run->newest = taken;
    *flight = taken;
    return 0;
}

/* ---- a training thread */

/* Trains without the lock. An aborted evaluation leaves the flight as it is: it will not be written. */
static int train(struct run *run, struct post *post, struct flight *flight, struct error *err)
{
    pthread_mutex_unlock(&run->lock);
    int status = post_evaluate(post, &flight->ticket.assignment, &flight->evaluation, err);
    pthread_mutex_lock(&run->lock);
    if (!status)
        flight->ready = !result_is_aborted(&flight->evaluation.result);
    pthread_cond_broadcast(&run->changed);
    return status;
}

/* One step of a thread, under the lock: write, take, train or wait. *leave: nothing is left for it. */
static int step(struct run *run, struct post *post, bool *leave, struct error *err)
{
    struct flight *flight;
    enum search_state state;
    *leave = run->status != 0; /* another thread failed: nothing more is written */
    if (*leave)
        return 0;
    int status = write_ready(run, err);
    if (status)
        return status;
    *leave = run->done || is_stopped(run);
    if (*leave)
        return 0;
    status = take(run, &flight, &state, err);
    if (status)
        return status;
    if (state == SEARCH_WAIT)
        pthread_cond_wait(&run->changed, &run->lock);
    else if (state == SEARCH_TICKET && !flight->ready)
        status = train(run, post, flight, err);
    return status;
}

/* The life of a thread. Whoever is the last to finish a training writes all that is left. */
static void work(struct run *run, int place)
{
    struct error err = ERROR_EMPTY;
    struct post post;
    bool leave = false;
    int status = post_open(&post, run->evaluator, run->keeper, place, &run->stop->abort, &err);
    pthread_mutex_lock(&run->lock);
    while (!status && !leave)
        status = step(run, &post, &leave, &err);
    if (status)
        fail(run, status, &err);
    pthread_mutex_unlock(&run->lock);
    post_close(&post);
}

/* ---- the courier */

/* Everything that has come from the crew. *any: something has. */
static int bring_back(struct run *run, bool *any, struct error *err)
{
    const struct crew *crew = run->options->crew;
    for (;;) {
        struct crew_result result = {.evaluation = EVALUATION_EMPTY};
        int status = crew->collect(crew->context, &result, err);
        if (status || !result.token)
            return status;
        struct flight *flight = result.token;
        *any = true;
        pthread_mutex_lock(&run->lock);
        flight->evaluation = result.evaluation;
        flight->ready = !result_is_aborted(&flight->evaluation.result);
        run->away--;
        pthread_cond_broadcast(&run->changed);
        pthread_mutex_unlock(&run->lock);
    }
}

/* Under the lock: tickets for the crew, as many as it has room for and the window allows. */
static int send_out(struct run *run, bool *any, struct error *err)
{
    const struct crew *crew = run->options->crew;
    enum search_state state = SEARCH_TICKET;
    int status = 0;
    for (ptrdiff_t room = crew->room(crew->context); !status && room > 0 && state == SEARCH_TICKET;) {
        struct flight *flight;
        status = take(run, &flight, &state, err);
        if (status || !flight || flight->ready)
            continue;
        status = crew->give(crew->context, &flight->ticket.assignment, flight, err);
        run->away += !status;
        room--;
        *any = true;
    }
    return status;
}

/* One round of the courier. *leave: the crew has nothing of ours any more and will get nothing. */
static int round_trip(struct run *run, bool *any, bool *leave, struct error *err)
{
    int status = bring_back(run, any, err);
    pthread_mutex_lock(&run->lock);
    bool stopped = is_stopped(run);
    if (!status && !run->status)
        status = write_ready(run, err);
    if (!status && !run->status && !run->done && !stopped)
        status = send_out(run, any, err);
    *leave = run->away == 0 && (run->done || stopped || run->status);
    if (status)
        fail(run, status, err);
    pthread_mutex_unlock(&run->lock);
    return status;
}

/* A crew that was told to drop everything answers within a step of training. One that does not answer cannot be
   waited for: the database must be closed before the machine's patience ends. */
static void carry(struct run *run)
{
    enum { PATIENCE_SECONDS = 10 };
    const struct crew *crew = run->options->crew;
    struct error err = ERROR_EMPTY;
    struct rest rest = {0};
    bool leave = false, dropped = false;
    double since = 0;
    while (!leave) {
        bool any = false;
        if (round_trip(run, &any, &leave, &err))
            break;
        if (atomic_load(&run->stop->abort) && !dropped) {
            crew->drop(crew->context);
            dropped = true;
            since = tally_seconds();
        }
        if (dropped && tally_seconds() - since > PATIENCE_SECONDS)
            break;
        if (!leave)
            rest_after(&rest, any);
    }
}

/* ---- the threads together */

static void thread_main(struct run *run, int number)
{
    TAKE_OVER(run);
    bool courier = run->options->crew && number == 0;
    if (courier)
        carry(run);
    else
        work(run, number - (run->options->crew != NULL));
    HAND_OVER(run);
}

/* Nothing but the region, which is all that is hidden from ThreadSanitizer. */
UNSEEN static void work_on_threads(struct run *run, int threads)
{
#pragma omp parallel num_threads(threads) default(none) shared(run)
    thread_main(run, omp_get_thread_num());
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
    crash_list_release(&run->condemned);
    record_release(&run->record);
    tally_release(&run->tally);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
}

int executor_run(struct search *search, const struct evaluator *evaluator, struct store *store,
                 const struct executor_options *options, struct error *err)
{
    struct executor_stop own_stop = {0};
    const struct crew *crew = options->crew;
    int courier = crew != NULL;
    struct run run = {
        .search = search,
        .evaluator = evaluator,
        .store = store,
        .options = options,
        .stop = options->stop ? options->stop : &own_stop,
    };
    ALWAYS(options->threads > 0);
    pthread_mutex_init(&run.lock, NULL); /* without attributes neither can fail */
    pthread_cond_init(&run.changed, NULL);
    tally_begin(&run.tally, options->threads + (crew ? crew->workers : 0));
    int status = threads_can_start(options->threads + courier, err);
    if (!status)
        status = replay(search, store, &run.tally, err);
    if (!status)
        status = crash_list_read(store, &run.condemned, err);
    if (!status)
        status = timekeeper_new(options->threads, options->limit_seconds, &run.stop->abort, &run.keeper, err);
    if (!status) {
        tally_show(&run.tally, search, options);
        HAND_OVER(&run);
        work_on_threads(&run, options->threads + courier);
        TAKE_OVER(&run);
        status = ending(&run, err);
    }
    timekeeper_free(run.keeper);
    release(&run);
    return status;
}
