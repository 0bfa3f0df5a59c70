/* What the files of the module share; mpi.h is seen here and nowhere else. */
#ifndef ACTSEARCH_MPI_COMMUNICATOR_INTERNAL_H
#define ACTSEARCH_MPI_COMMUNICATOR_INTERNAL_H

#include "base/text.h"
#include "mpi/communicator.h"
#include "mpi/launch_internal.h"

#include <mpi.h>

/* Kinds of messages, as MPI's tags. */
enum message {
    MESSAGE_ORDER,  /* rank 0 to another: int32_t, an order_kind, then an assignment if it is one */
    MESSAGE_RESULT, /* to rank 0: int64_t ticket, then a packed evaluation */
    MESSAGE_FAILED, /* to rank 0: struct error */
    MESSAGE_STOP,   /* to rank 0: int, 1 drain, 2 abort */
    MESSAGE_BYE,    /* to rank 0: nothing more will come */
};

/* A message under way, whose bytes must stay. */
struct send_buffer {
    struct send_buffer *next;
    MPI_Request request;
    char bytes[];
};

/* An evaluation that a rank has. */
struct remote_evaluation {
    int64_t ticket;
    void *token;
};

/* Another rank, as rank 0 sees it. */
struct rank {
    int threads;
    int count, capacity;
    struct remote_evaluation *in_flight; /* (capacity), `count` of them in use */
    bool gone;                           /* has said good-bye */
};

struct communicator {
    MPI_Comm world, node;
    int rank, size, node_rank;
    char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Win window; /* MPI_WIN_NULL: no data in it */
    struct send_buffer *buffers;
    bool begun;
    struct executor_stop *stop;

    struct remote_workers remote;   /* of rank 0 */
    struct rank *ranks;             /* (size), the first unused */
    double seconds;                 /* that an evaluation takes, roughly */
    struct coordinator coordinator; /* of the others */
};

/* Waits for a request without keeping the core busy. */
void communicator_wait(MPI_Request *request);

/* Sends bytes (copied) and goes on. ERROR_MEMORY. */
int communicator_send(struct communicator *communicator, int rank, enum message kind, const void *head,
                      size_t head_size, const void *body, size_t body_size, struct error *err);
/* Frees what has arrived; true when nothing is under way. */
bool communicator_sent(struct communicator *communicator);

/* The next message that has come, whole; false when there is none. *bytes is cleared and filled. ERROR_MEMORY. */
int communicator_receive(struct communicator *communicator, struct text *bytes, int *rank, enum message *kind,
                         bool *got, struct error *err);

void remote_init(struct communicator *communicator);
int remote_reserve(struct communicator *communicator, const int *threads, struct error *err);
/* Sends everybody home and waits for them, with patience that ends. */
void remote_dismiss(struct communicator *communicator);
void remote_release(struct communicator *communicator);
/* Says that nothing more will come, when all has been sent. */
void coordinator_leave(struct communicator *communicator);
void coordinator_init(struct communicator *communicator);

#endif
