/* Heartbeat: the sign of life of a run, with what it has reached, in the lock of its database (store_beat()). From it
   others know that the run lives, and `actsearch status` how it is going. It beats on the watch's thread. */
#ifndef ACTSEARCH_CLI_HEARTBEAT_H
#define ACTSEARCH_CLI_HEARTBEAT_H

#include "base/error.h"

#include <stdint.h>

struct store;
struct watch;

struct heartbeat {
    struct store *store;
    struct watch *watch;
    int64_t workers, ranks, stored; /* stored: tickets at the start */
    int status;                     /* ERROR_CONFLICT once the database belongs to another process ... */
    struct error err;               /* ... which is said here */
};

/* Beats from now until watch_end(); the struct, the store and the watch must live as long. When the database was taken
   over, the run is stopped, and status says why; when it has gone away, too, and store_check_place() says why. */
void heartbeat_start(struct heartbeat *heartbeat, struct watch *watch, struct store *store, int64_t workers,
                     int64_t ranks);

#endif
