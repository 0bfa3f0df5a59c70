/* The other ranks as rank 0 sees them. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "mpi/communicator_internal.h"

#include <string.h>

/* Orders that wait at a rank hide the way there and back; they also keep tickets from ranks that are idle. So there are
   as many as the way is long beside an evaluation: none when that takes long. */
enum { MOST_AHEAD = 8 };
static const double worth_hiding[] = {0.25, 0.02}; /* seconds: below the first one ahead, below the second all */

static int ahead(const struct communicator *communicator)
{
    if (communicator->seconds <= 0 || communicator->seconds > worth_hiding[0])
        return 0;
    return communicator->seconds > worth_hiding[1] ? 1 : MOST_AHEAD;
}

static int limit(const struct communicator *communicator, const struct rank *other)
{
    return other->threads * (1 + ahead(communicator));
}

static ptrdiff_t room(void *context)
{
    const struct communicator *communicator = context;
    ptrdiff_t sum = 0;
    for (int rank = 1; rank < communicator->size; rank++) {
        const struct rank *other = &communicator->ranks[rank];
        int free = limit(communicator, other) - other->count;
        sum += free > 0 && !other->gone ? free : 0;
    }
    return sum;
}

/* The rank with the most idle threads; when none has any, the one with the least that waits for a thread. */
static int choose(const struct communicator *communicator)
{
    int best = 0;
    double best_load = 0;
    for (int rank = 1; rank < communicator->size; rank++) {
        const struct rank *other = &communicator->ranks[rank];
        double load = (double)(other->count - other->threads) / other->threads;
        if (!other->gone && other->count < other->capacity && (best == 0 || load < best_load)) {
            best = rank;
            best_load = load;
        }
    }
    return best;
}

static int send_order(struct communicator *communicator, int rank, enum order_kind kind,
                      const struct assignment *assignment, struct error *err)
{
    int32_t head = kind;
    return communicator_send(communicator, rank, MESSAGE_ORDER, &head, sizeof head, assignment,
                             assignment ? assignment_bytes(assignment) : 0, err);
}

static int give(void *context, const struct assignment *assignment, void *token, struct error *err)
{
    struct communicator *communicator = context;
    int rank = choose(communicator);
    ALWAYS(rank > 0);
    struct rank *other = &communicator->ranks[rank];
    other->in_flight[other->count++] = (struct remote_evaluation){assignment->ticket, token};
    return send_order(communicator, rank, ORDER_EVALUATE, assignment, err);
}

/* A result came from `other`; the token that belongs to it. */
static void *hand_back(struct rank *other, int64_t ticket)
{
    for (int i = 0; i < other->count; i++)
        if (other->in_flight[i].ticket == ticket) {
            void *token = other->in_flight[i].token;
            other->in_flight[i] = other->in_flight[--other->count];
            return token;
        }
    return NULL;
}

static int read_result(struct communicator *communicator, int rank, const struct text *bytes,
                       struct remote_result *result, struct error *err)
{
    int64_t ticket;
    if (bytes->length < sizeof ticket)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "a message of rank %d is no result", rank);
    memcpy(&ticket, bytes->data, sizeof ticket);
    int status =
        evaluation_unpack(bytes->data + sizeof ticket, bytes->length - sizeof ticket, &result->evaluation, err);
    if (status)
        return status;
    result->token = hand_back(&communicator->ranks[rank], ticket);
    ALWAYS(result->token);
    double seconds = result->evaluation.result.cost.wall_seconds;
    communicator->seconds = communicator->seconds > 0 ? 0.9 * communicator->seconds + 0.1 * seconds : seconds;
    return 0;
}

static int read_failure(const struct text *bytes, struct error *err)
{
    struct error theirs = ERROR_EMPTY;
    if (bytes->length != sizeof theirs)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "a rank failed and could not say why");
    memcpy(&theirs, bytes->data, sizeof theirs);
    *err = theirs;
    return (int)theirs.code;
}

static void read_stop(const struct communicator *communicator, const struct text *bytes)
{
    int level = 0;
    if (bytes->length == sizeof level)
        memcpy(&level, bytes->data, sizeof level);
    if (communicator->stop && level >= 1)
        atomic_store(&communicator->stop->drain, 1);
    if (communicator->stop && level >= 2)
        atomic_store(&communicator->stop->abort, 1);
}

/* Reads messages until one is a result. */
static int collect(void *context, struct remote_result *result, struct error *err)
{
    struct communicator *communicator = context;
    struct text bytes = TEXT_EMPTY;
    enum message kind;
    int status = 0, rank;
    bool got = true;
    communicator_sent(communicator);
    while (!status && got && !result->token) {
        status = communicator_receive(communicator, &bytes, &rank, &kind, &got, err);
        if (status || !got)
            continue;
        if (kind == MESSAGE_RESULT)
            status = read_result(communicator, rank, &bytes, result, err);
        else if (kind == MESSAGE_FAILED)
            status = read_failure(&bytes, err);
        else if (kind == MESSAGE_STOP)
            read_stop(communicator, &bytes);
        else if (kind == MESSAGE_BYE)
            communicator->ranks[rank].gone = true;
    }
    text_release(&bytes);
    return status;
}

static void tell_all(struct communicator *communicator, enum order_kind kind)
{
    for (int rank = 1; rank < communicator->size; rank++)
        if (!communicator->ranks[rank].gone)
            send_order(communicator, rank, kind, NULL, NULL);
}

static void drop(void *context)
{
    tell_all(context, ORDER_DROP);
}

static bool all_gone(const struct communicator *communicator)
{
    for (int rank = 1; rank < communicator->size; rank++)
        if (!communicator->ranks[rank].gone)
            return false;
    return true;
}

void remote_dismiss(struct communicator *communicator)
{
    enum { PATIENCE_MS = 10000 };

    struct error late = ERROR_EMPTY; /* an error that comes too late */
    tell_all(communicator, ORDER_END);
    for (int ms = 0; ms < PATIENCE_MS && !(all_gone(communicator) && communicator_sent(communicator)); ms++) {
        struct remote_result result;
        do {
            result = (struct remote_result){.evaluation = EVALUATION_EMPTY};
            collect(communicator, &result, &late); /* results that nobody waits for */
            evaluation_release(&result.evaluation);
        } while (result.token);
        clock_sleep(1e-3);
    }
}

int remote_reserve(struct communicator *communicator, const int *threads, struct error *err)
{
    communicator->ranks = memory_zeroed((size_t)communicator->size, sizeof *communicator->ranks);
    if (!communicator->ranks)
        return memory_error(err, "the ranks");
    for (int rank = 1; rank < communicator->size; rank++) {
        struct rank *other = &communicator->ranks[rank];
        other->threads = threads[rank];
        other->capacity = threads[rank] * (1 + MOST_AHEAD);
        other->in_flight = memory_array((size_t)other->capacity, sizeof *other->in_flight);
        if (!other->in_flight)
            return memory_error(err, "the ranks");
        communicator->remote.count += threads[rank];
    }
    return 0;
}

void remote_init(struct communicator *communicator)
{
    communicator->remote.context = communicator;
    communicator->remote.room = room;
    communicator->remote.give = give;
    communicator->remote.collect = collect;
    communicator->remote.drop = drop;
}

void remote_release(struct communicator *communicator)
{
    for (int rank = 1; communicator->ranks && rank < communicator->size; rank++)
        memory_free(communicator->ranks[rank].in_flight);
    memory_free(communicator->ranks);
}
