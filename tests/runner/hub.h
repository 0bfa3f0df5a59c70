/* Remote workers in this process: threads that serve, and mail boxes between them and executor_run(). What MPI does
   between processes, without MPI. */
#ifndef ACTSEARCH_TESTS_RUNNER_HUB_H
#define ACTSEARCH_TESTS_RUNNER_HUB_H

#include "fakes.h"

#include <pthread.h>

enum { HUB_RANKS = 3, HUB_MAIL = 64 };

struct hub_result {
    int64_t ticket;
    struct text bytes;
};

struct hub;

struct hub_rank {
    struct hub *hub;
    struct fake fake;
    int threads;
    double limit_seconds;
    struct executor_stop stop; /* signals that this one hears */
    struct order orders[HUB_MAIL];
    int first, count; /* of the orders that wait */
    int in_flight;    /* given and not brought back */
    int status;       /* of executor_serve() */
    struct error err;
    pthread_t thread;
};

struct hub {
    pthread_mutex_t lock;
    struct hub_rank ranks[HUB_RANKS];
    int rank_count;
    struct hub_result results[HUB_RANKS * HUB_MAIL];
    int result_count;
    struct {
        int64_t ticket;
        void *token;
        int rank;
    } in_flight[HUB_RANKS * HUB_MAIL];
    int in_flight_count;
    struct error failure; /* code 0: none */
    struct executor_stop *stop;
    struct remote_workers remote;
};

/* ---- the coordinator, as a rank sees it */

static inline int hub_receive(void *context, struct order *order, struct error *err)
{
    struct hub_rank *rank = context;
    (void)err;
    pthread_mutex_lock(&rank->hub->lock);
    order->kind = ORDER_NONE;
    if (rank->count > 0) {
        *order = rank->orders[rank->first];
        rank->first = (rank->first + 1) % HUB_MAIL;
        rank->count--;
    }
    pthread_mutex_unlock(&rank->hub->lock);
    return 0;
}

static inline int hub_report(void *context, int64_t ticket, const struct evaluation *evaluation, struct error *err)
{
    struct hub_rank *rank = context;
    struct hub_result result = {.ticket = ticket, .bytes = TEXT_EMPTY};
    evaluation_pack(evaluation, &result.bytes);
    if (text_failed(&result.bytes))
        return memory_error(err, "a result");
    pthread_mutex_lock(&rank->hub->lock);
    rank->hub->results[rank->hub->result_count++] = result;
    pthread_mutex_unlock(&rank->hub->lock);
    return 0;
}

static inline void hub_fail(void *context, const struct error *err)
{
    struct hub_rank *rank = context;
    pthread_mutex_lock(&rank->hub->lock);
    rank->hub->failure = *err;
    pthread_mutex_unlock(&rank->hub->lock);
}

static inline void hub_stop(void *context, bool abort)
{
    struct hub_rank *rank = context;
    atomic_store(&rank->hub->stop->drain, 1);
    if (abort)
        atomic_store(&rank->hub->stop->abort, 1);
}

static inline bool hub_idle(void *context)
{
    (void)context;
    return true;
}

static inline void *hub_serve(void *context)
{
    struct hub_rank *rank = context;
    struct coordinator coordinator = {rank, hub_receive, hub_report, hub_fail, hub_stop, hub_idle};
    struct evaluator evaluator = fake_evaluator(&rank->fake);
    struct executor_options options = {
        .threads = rank->threads, .limit_seconds = rank->limit_seconds, .stop = &rank->stop};
    rank->status = executor_serve(&evaluator, &coordinator, &options, &rank->err);
    return NULL;
}

/* ---- remote workers, as executor_run() sees it */

static inline ptrdiff_t hub_room(void *context)
{
    struct hub *hub = context;
    ptrdiff_t sum = 0;
    for (int i = 0; i < hub->rank_count; i++)
        sum += hub->ranks[i].threads + 1 - hub->ranks[i].in_flight;
    return sum;
}

/* Under the lock. */
static inline void hub_order(struct hub_rank *rank, const struct order *order)
{
    ck_assert_int_lt(rank->count, HUB_MAIL);
    rank->orders[(rank->first + rank->count++) % HUB_MAIL] = *order;
}

static inline int hub_give(void *context, const struct assignment *assignment, void *token, struct error *err)
{
    struct hub *hub = context;
    struct order order = {.kind = ORDER_EVALUATE, .assignment = *assignment};
    int best = 0;
    (void)err;
    for (int i = 1; i < hub->rank_count; i++)
        if (hub->ranks[i].in_flight - hub->ranks[i].threads < hub->ranks[best].in_flight - hub->ranks[best].threads)
            best = i;
    pthread_mutex_lock(&hub->lock);
    hub_order(&hub->ranks[best], &order);
    pthread_mutex_unlock(&hub->lock);
    hub->ranks[best].in_flight++;
    hub->in_flight[hub->in_flight_count].ticket = assignment->ticket;
    hub->in_flight[hub->in_flight_count].rank = best;
    hub->in_flight[hub->in_flight_count++].token = token;
    return 0;
}

static inline void *hub_token(struct hub *hub, int64_t ticket)
{
    for (int i = 0; i < hub->in_flight_count; i++)
        if (hub->in_flight[i].ticket == ticket) {
            void *token = hub->in_flight[i].token;
            hub->ranks[hub->in_flight[i].rank].in_flight--;
            hub->in_flight[i] = hub->in_flight[--hub->in_flight_count];
            return token;
        }
    ck_abort_msg("a result of ticket %lld, which nobody was given", (long long)ticket);
    return NULL;
}

/* The newest first, so that results come out of order as often as they can. */
static inline int hub_collect(void *context, struct remote_result *result, struct error *err)
{
    struct hub *hub = context;
    struct hub_result mail = {.ticket = -1};
    pthread_mutex_lock(&hub->lock);
    struct error failure = hub->failure;
    if (hub->result_count > 0)
        mail = hub->results[--hub->result_count];
    pthread_mutex_unlock(&hub->lock);
    if (failure.code)
        *err = failure;
    int status = (int)failure.code;
    if (!status && mail.ticket >= 0) {
        status = evaluation_unpack(text_string(&mail.bytes), mail.bytes.length, &result->evaluation, err);
        if (!status)
            result->token = hub_token(hub, mail.ticket);
    }
    text_release(&mail.bytes);
    return status;
}

static inline void hub_tell(struct hub *hub, enum order_kind kind)
{
    struct order order = {.kind = kind};
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < hub->rank_count; i++)
        hub_order(&hub->ranks[i], &order);
    pthread_mutex_unlock(&hub->lock);
}

static inline void hub_drop(void *context)
{
    hub_tell(context, ORDER_DROP);
}

/* ---- together */

/* `ranks` of them with `threads` threads each, who do what `fake` does. */
static inline void hub_begin(struct hub *hub, int ranks, int threads, const struct fake *fake, double limit_seconds,
                             struct executor_stop *stop)
{
    memset(hub, 0, sizeof *hub);
    pthread_mutex_init(&hub->lock, NULL);
    hub->rank_count = ranks;
    hub->stop = stop;
    hub->remote = (struct remote_workers){hub, (int64_t)ranks * threads, hub_room, hub_give, hub_collect, hub_drop};
    for (int i = 0; i < ranks; i++) {
        struct hub_rank *rank = &hub->ranks[i];
        rank->hub = hub;
        rank->fake = *fake;
        rank->threads = threads;
        rank->limit_seconds = limit_seconds;
        ck_assert_int_eq(pthread_create(&rank->thread, NULL, hub_serve, rank), 0);
    }
}

/* Sends them home; returns how many of them had failed. */
static inline int hub_end(struct hub *hub)
{
    int failed = 0;
    hub_tell(hub, ORDER_END);
    for (int i = 0; i < hub->rank_count; i++) {
        pthread_join(hub->ranks[i].thread, NULL);
        failed += hub->ranks[i].status != 0;
    }
    for (int i = 0; i < hub->result_count; i++)
        text_release(&hub->results[i].bytes);
    pthread_mutex_destroy(&hub->lock);
    return failed;
}

#endif
