/* Heartbeat: the sign of life of a run, with what it has reached, in the lock of its database (store_heartbeat()). From
 * it others know that the run lives, and `actsearch status` how it is going. It beats on a thread of its own, also
 * while nothing is observed. */
#ifndef ACTSEARCH_RUNNER_HEARTBEAT_H
#define ACTSEARCH_RUNNER_HEARTBEAT_H

#include "base/error.h"
#include "runner/progress.h"

#include <stdatomic.h>

struct executor_stop;
struct heartbeat;
struct store;

/* Beats from now until heartbeat_end(); the store and `stop` must live as long. `ranks`: processes of the run. When
   the database was taken over, or has gone away, stop->abort is raised. Returns owned. ERROR_MEMORY. */
int heartbeat_new(struct store *store, int64_t workers, int64_t ranks, struct executor_stop *stop,
                  struct heartbeat **heartbeat, struct error *err);

/* From now on this is told; copies what it needs. From any thread. */
void heartbeat_observe(struct heartbeat *heartbeat, const struct progress *progress);

/* Ends the thread and frees it. ERROR_CONFLICT once the database belongs to another process, and says so in *err;
   when it has gone away that is for store_check_place() to say. Accepts NULL. */
int heartbeat_end(struct heartbeat *heartbeat, struct error *err);

#endif
