/* Rank 0 as the other ranks see it. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "mpi/communicator_internal.h"

#include <stdio.h>
#include <string.h>

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
    struct communicator *communicator = context;
    struct text bytes = TEXT_EMPTY;
    enum message kind;
    bool got;
    int rank;
    order->kind = ORDER_NONE;
    int status = communicator_receive(communicator, &bytes, &rank, &kind, &got, err);
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
                                     : communicator_send(context, 0, MESSAGE_RESULT, &ticket, sizeof ticket,
                                                         text_string(&bytes), bytes.length, err);
    text_release(&bytes);
    return status;
}

static void fail(void *context, const struct error *err)
{
    const struct communicator *communicator = context;
    struct error told = *err;
    char where[MPI_MAX_PROCESSOR_NAME + 32];
    snprintf(where, sizeof where, "rank %d on %s", communicator->rank, communicator->host);
    error_prefix(&told, where);
    communicator_send(context, 0, MESSAGE_FAILED, &told, sizeof told, NULL, 0, NULL);
}

static void stop(void *context, bool abort)
{
    int level = abort ? 2 : 1;
    communicator_send(context, 0, MESSAGE_STOP, &level, sizeof level, NULL, 0, NULL);
}

static bool idle(void *context)
{
    return communicator_sent(context);
}

void coordinator_leave(struct communicator *communicator)
{
    communicator_send(communicator, 0, MESSAGE_BYE, NULL, 0, NULL, 0, NULL);
    while (!communicator_sent(communicator))
        clock_sleep(200e-6);
}

void coordinator_init(struct communicator *communicator)
{
    communicator->coordinator = (struct coordinator){
        .context = communicator, .receive = receive, .report = report, .fail = fail, .stop = stop, .idle = idle};
}
