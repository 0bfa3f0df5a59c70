/* Rank 0 as the other ranks see it. */
#include "base/error.h"
#include "base/memory.h"
#include "mpi/team_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int read_order(const struct text *bytes, struct order *order, struct error *err)
{
    int32_t kind = 0;
    bool good = bytes->length >= sizeof kind;
    if (good) {
        memcpy(&kind, bytes->data, sizeof kind);
        good = kind != ORDER_EVALUATE ||
               assignment_unpack(bytes->data + sizeof kind, bytes->length - sizeof kind, &order->assignment);
    }
    if (!good)
        return error_set(err, ERROR_INTERNAL, NULL, NULL, "a message of rank 0 is no order");
    order->kind = (enum order_kind)kind;
    return 0;
}

static int receive(void *context, struct order *order, struct error *err)
{
    struct team *team = context;
    struct text bytes = TEXT_EMPTY;
    enum message kind;
    bool got;
    int rank;
    order->kind = ORDER_NONE;
    int status = team_receive(team, &bytes, &rank, &kind, &got, err);
    if (!status && got)
        status = read_order(&bytes, order, err);
    text_release(&bytes);
    return status;
}

static int report(void *context, int64_t ticket, const struct evaluation *evaluation, struct error *err)
{
    struct text bytes = TEXT_EMPTY;
    evaluation_pack(evaluation, &bytes);
    int status = text_failed(&bytes) ? memory_error(err, "a result")
                                     : team_send(context, 0, MESSAGE_RESULT, &ticket, sizeof ticket,
                                                 text_string(&bytes), bytes.length, err);
    text_release(&bytes);
    return status;
}

static void fail(void *context, const struct error *err)
{
    const struct team *team = context;
    struct error told = *err;
    char where[MPI_MAX_PROCESSOR_NAME + 32];
    snprintf(where, sizeof where, "rank %d on %s", team->rank, team->host);
    error_prefix(&told, where);
    team_send(context, 0, MESSAGE_FAILED, &told, sizeof told, NULL, 0, NULL);
}

static void stop(void *context, bool abort)
{
    int level = abort ? 2 : 1;
    team_send(context, 0, MESSAGE_STOP, &level, sizeof level, NULL, 0, NULL);
}

static bool idle(void *context)
{
    return team_sent(context);
}

void team_chief_leave(struct team *team)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000};
    team_send(team, 0, MESSAGE_BYE, NULL, 0, NULL, 0, NULL);
    while (!team_sent(team))
        nanosleep(&pause, NULL);
}

void team_chief_init(struct team *team)
{
    team->chief =
        (struct chief){.context = team, .receive = receive, .report = report, .fail = fail, .stop = stop, .idle = idle};
}
