/* Communicator: the processes (ranks) that a launcher started for one run, mpirun or srun. The only room that knows
 * MPI.
 *
 * Rank 0 proposes, writes the one database and trains too; the others train (executor/executor.h: remote workers and
 * their coordinator). Rank 0 hands out tickets and takes results in any order; the three laws hold, because the
 * executor applies them in ticket order like those of its own threads.
 *
 * A process that was not started as one of several has no communicator: NULL, which every function accepts and which
 * costs nothing; MPI is not even initialised. A program that was built without MPI and is started as one of several
 * says so instead of running the same search several times over.
 *
 * When a rank dies, MPI ends the whole job. That is wanted: the database is whole at any instant, and the same command
 * goes on. Nobody waits in a busy loop: every wait sleeps between its looks, because the cores belong to the training.
 *
 * Only the thread that called communicator_open() may call anything here (MPI_THREAD_FUNNELED). "Collective": all ranks
 * call it, in the same order. */
#ifndef ACTSEARCH_MPI_COMMUNICATOR_H
#define ACTSEARCH_MPI_COMMUNICATOR_H

#include "base/isa.h"
#include "executor/executor.h"

#include <stdbool.h>
#include <stdint.h>

struct data_set;
struct data_spec;
struct error;
struct communicator;
struct text;

/* Joins the others, if there are any. Call it after the signals were blocked: MPI starts threads. Returns owned, or
   NULL for a process alone. ERROR_UNSUPPORTED: started as one of several, but built without MPI. ERROR_USAGE: started
   by srun without its MPI part. */
int communicator_open(struct communicator **communicator, struct error *err);

/* Says good-bye to the others; rank 0 sends home who still serves. After what was made of communicator_data() is freed.
 */
void communicator_close(struct communicator *communicator);

/* Which MPI this program was built with, for --version: "Open MPI 4.1.4", or "no MPI". */
const char *communicator_library(char *buffer, int size);

/* Whether it was built with any. */
bool communicator_is_possible(void);

int communicator_size(const struct communicator *communicator);
bool communicator_leads(const struct communicator *communicator); /* rank 0, or alone */

/* Collective. All ranks get the status of the first that failed, and its error with rank and host in front; 0 when
   none did. */
int communicator_agree(struct communicator *communicator, int status, struct error *err);

/* Collective. Makes `text`, which says `what`, that of rank 0 everywhere. ERROR_MEMORY of one is that of all. */
int communicator_text_of_leader(struct communicator *communicator, struct text *text, struct error *err);

/* Collective. ERROR_CONFLICT, with the hint, when `text` is not the same on all ranks: they would not train the same
   thing. */
int communicator_same(struct communicator *communicator, const char *what, const char *text, const char *hint,
                      struct error *err);

/* Collective. The best instruction level that all of them can run. */
enum isa communicator_best_isa(struct communicator *communicator);

/* Collective over the ranks of a machine: the sum of their numbers. */
int64_t communicator_sum_of_node(struct communicator *communicator, int64_t number);

/* Collective. Opens the data once a machine; its other ranks see them in shared memory, which belongs to the
   communicator.
   Returns owned in *set. Errors as data_set_open(), the same on all ranks. */
int communicator_data(struct communicator *communicator, const struct data_spec *spec, uint64_t seed,
                      struct data_set **set, struct error *err);

/* Collective. From here on rank 0 has remote workers and the others serve. `threads` are this rank's. A stop that
   another rank was asked for is raised in `stop` of rank 0. */
int communicator_begin(struct communicator *communicator, int threads, struct executor_stop *stop, struct error *err);

/* Rank 0 after communicator_begin(): the others for the executor, owned by the communicator; NULL without one. */
const struct remote_workers *communicator_remote(struct communicator *communicator);

/* The other ranks after communicator_begin(): rank 0 for executor_serve(), owned by the communicator. */
const struct coordinator *communicator_coordinator(struct communicator *communicator);

#endif
