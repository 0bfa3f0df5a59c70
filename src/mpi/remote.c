/* The other ranks as rank 0 sees them. */
#include "base/error.h"
#include "base/memory.h"
#include "mpi/team_internal.h"

#include <string.h>
#include <time.h>

/* Orders that wait at a rank hide the way there and back; they also keep tickets from ranks that are idle. So there are
   as many as the way is long beside an evaluation: none when that takes long. */
enum { MOST_AHEAD = 8 };
static const double worth_hiding[] = {0.25, 0.02}; /* seconds: below the first one ahead, below the second all */

static int ahead(const struct team *team)
{
    if (team->seconds <= 0 || team->seconds > worth_hiding[0])
        return 0;
    return team->seconds > worth_hiding[1] ? 1 : MOST_AHEAD;
}

static int limit(const struct team *team, const struct member *member)
{
    return member->threads * (1 + ahead(team));
}

static ptrdiff_t room(void *context)
{
    const struct team *team = context;
    ptrdiff_t sum = 0;
    for (int rank = 1; rank < team->size; rank++) {
        const struct member *member = &team->members[rank];
        int free = limit(team, member) - member->count;
        sum += free > 0 && !member->gone ? free : 0;
    }
    return sum;
}

/* The rank with the most idle threads; when none has any, the one with the least that waits for a thread. */
static int choose(const struct team *team)
{
    int best = 0;
    double best_load = 0;
    for (int rank = 1; rank < team->size; rank++) {
        const struct member *member = &team->members[rank];
        double load = (double)(member->count - member->threads) / member->threads;
        if (!member->gone && member->count < member->capacity && (best == 0 || load < best_load)) {
            best = rank;
            best_load = load;
        }
    }
    return best;
}

static int send_order(struct team *team, int rank, enum order_kind kind, const struct assignment *assignment,
                      struct error *err)
{
    int32_t head = kind;
    return team_send(team, rank, MESSAGE_ORDER, &head, sizeof head, assignment,
                     assignment ? assignment_bytes(assignment) : 0, err);
}

static int give(void *context, const struct assignment *assignment, void *token, struct error *err)
{
    struct team *team = context;
    int rank = choose(team);
    ALWAYS(rank > 0);
    struct member *member = &team->members[rank];
    member->away[member->count++] = (struct away){assignment->ticket, token};
    return send_order(team, rank, ORDER_EVALUATE, assignment, err);
}

/* A result came from `member`; the token that belongs to it. */
static void *hand_back(struct member *member, int64_t ticket)
{
    for (int i = 0; i < member->count; i++)
        if (member->away[i].ticket == ticket) {
            void *token = member->away[i].token;
            member->away[i] = member->away[--member->count];
            return token;
        }
    return NULL;
}

static int read_result(struct team *team, int rank, const struct text *bytes, struct crew_result *result,
                       struct error *err)
{
    int64_t ticket;
    if (bytes->length < sizeof ticket)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "a message of rank %d is no result", rank);
    memcpy(&ticket, bytes->data, sizeof ticket);
    int status =
        evaluation_unpack(bytes->data + sizeof ticket, bytes->length - sizeof ticket, &result->evaluation, err);
    if (status)
        return status;
    result->token = hand_back(&team->members[rank], ticket);
    ALWAYS(result->token);
    double seconds = result->evaluation.result.cost.wall_seconds;
    team->seconds = team->seconds > 0 ? 0.9 * team->seconds + 0.1 * seconds : seconds;
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

static void read_stop(const struct team *team, const struct text *bytes)
{
    int level = 0;
    if (bytes->length == sizeof level)
        memcpy(&level, bytes->data, sizeof level);
    if (team->stop && level >= 1)
        atomic_store(&team->stop->drain, 1);
    if (team->stop && level >= 2)
        atomic_store(&team->stop->abort, 1);
}

/* Reads messages until one is a result. */
static int collect(void *context, struct crew_result *result, struct error *err)
{
    struct team *team = context;
    struct text bytes = TEXT_EMPTY;
    enum message kind;
    int status = 0, rank;
    bool got = true;
    team_sent(team);
    while (!status && got && !result->token) {
        status = team_receive(team, &bytes, &rank, &kind, &got, err);
        if (status || !got)
            continue;
        if (kind == MESSAGE_RESULT)
            status = read_result(team, rank, &bytes, result, err);
        else if (kind == MESSAGE_FAILED)
            status = read_failure(&bytes, err);
        else if (kind == MESSAGE_STOP)
            read_stop(team, &bytes);
        else if (kind == MESSAGE_BYE)
            team->members[rank].gone = true;
    }
    text_release(&bytes);
    return status;
}

static void tell_all(struct team *team, enum order_kind kind)
{
    for (int rank = 1; rank < team->size; rank++)
        if (!team->members[rank].gone)
            send_order(team, rank, kind, NULL, NULL);
}

static void drop(void *context)
{
    tell_all(context, ORDER_DROP);
}

static bool all_gone(const struct team *team)
{
    for (int rank = 1; rank < team->size; rank++)
        if (!team->members[rank].gone)
            return false;
    return true;
}

void team_crew_dismiss(struct team *team)
{
    enum { PATIENCE_MS = 10000 };
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    struct error late = ERROR_EMPTY; /* an error that comes too late */
    tell_all(team, ORDER_END);
    for (int ms = 0; ms < PATIENCE_MS && !(all_gone(team) && team_sent(team)); ms++) {
        struct crew_result result;
        do {
            result = (struct crew_result){.evaluation = EVALUATION_EMPTY};
            collect(team, &result, &late); /* results that nobody waits for */
            evaluation_release(&result.evaluation);
        } while (result.token);
        nanosleep(&pause, NULL);
    }
}

int team_crew_reserve(struct team *team, const int *threads, struct error *err)
{
    team->members = memory_zeroed((size_t)team->size, sizeof *team->members);
    if (!team->members)
        return memory_error(err, "the team");
    for (int rank = 1; rank < team->size; rank++) {
        struct member *member = &team->members[rank];
        member->threads = threads[rank];
        member->capacity = threads[rank] * (1 + MOST_AHEAD);
        member->away = memory_array((size_t)member->capacity, sizeof *member->away);
        if (!member->away)
            return memory_error(err, "the team");
        team->crew.workers += threads[rank];
    }
    return 0;
}

void team_crew_init(struct team *team)
{
    team->crew.context = team;
    team->crew.room = room;
    team->crew.give = give;
    team->crew.collect = collect;
    team->crew.drop = drop;
}

void team_crew_release(struct team *team)
{
    for (int rank = 1; team->members && rank < team->size; rank++)
        memory_free(team->members[rank].away);
    memory_free(team->members);
}
