/* What the files of the team share; mpi.h is seen here and nowhere else. */
#ifndef ACTSEARCH_MPI_TEAM_INTERNAL_H
#define ACTSEARCH_MPI_TEAM_INTERNAL_H

#include "base/text.h"
#include "mpi/launch_internal.h"
#include "mpi/team.h"

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
struct parcel {
    struct parcel *next;
    MPI_Request request;
    char bytes[];
};

/* An evaluation that a rank has. */
struct away {
    int64_t ticket;
    void *token;
};

/* Another rank, as rank 0 sees it. */
struct member {
    int threads;
    int count, capacity;
    struct away *away; /* (capacity), `count` of them in use */
    bool gone;         /* has said good-bye */
};

struct team {
    MPI_Comm world, node;
    int rank, size, node_rank;
    char host[MPI_MAX_PROCESSOR_NAME];
    MPI_Win window; /* MPI_WIN_NULL: no data in it */
    struct parcel *parcels;
    bool begun;
    struct executor_stop *stop;

    struct crew crew;       /* of rank 0 */
    struct member *members; /* (size), the first unused */
    double seconds;         /* that an evaluation takes, roughly */
    struct chief chief;     /* of the others */
};

/* Waits for a request without keeping the core busy. */
void team_wait(MPI_Request *request);

/* Sends bytes (copied) and goes on. ERROR_MEMORY. */
int team_send(struct team *team, int rank, enum message kind, const void *head, size_t head_size, const void *body,
              size_t body_size, struct error *err);
/* Frees what has arrived; true when nothing is under way. */
bool team_sent(struct team *team);

/* The next message that has come, whole; false when there is none. *bytes is cleared and filled. ERROR_MEMORY. */
int team_receive(struct team *team, struct text *bytes, int *rank, enum message *kind, bool *got, struct error *err);

void team_crew_init(struct team *team);
int team_crew_reserve(struct team *team, const int *threads, struct error *err);
/* Sends everybody home and waits for them, with patience that ends. */
void team_crew_dismiss(struct team *team);
void team_crew_release(struct team *team);
/* Says that nothing more will come, when all has been sent. */
void team_chief_leave(struct team *team);
void team_chief_init(struct team *team);

#endif
