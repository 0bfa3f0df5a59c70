/* Team: the processes (ranks) that a launcher started for one run, mpirun or srun. The only room that knows MPI.
 *
 * Rank 0 proposes, writes the one database and trains too; the others train (executor/executor.h: the crew and its
 * chief). Rank 0 hands out tickets and takes results in any order; the three laws hold, because the executor applies
 * them in ticket order like those of its own threads.
 *
 * A process that was not started as one of several has no team: NULL, which every function accepts and which costs
 * nothing; MPI is not even initialised. A program that was built without MPI and is started as one of several says so
 * instead of running the same search several times over.
 *
 * When a rank dies, MPI ends the whole job. That is wanted: the database is whole at any instant, and the same command
 * goes on. Nobody waits in a busy loop: every wait sleeps between its looks, because the cores belong to the training.
 *
 * Only the thread that called team_open() may call anything here (MPI_THREAD_FUNNELED). "Collective": all ranks call
 * it, in the same order. */
#ifndef ACTSEARCH_MPI_TEAM_H
#define ACTSEARCH_MPI_TEAM_H

#include "base/isa.h"
#include "executor/executor.h"

#include <stdbool.h>
#include <stdint.h>

struct data_set;
struct data_spec;
struct error;
struct team;
struct text;

/* Joins the others, if there are any. Call it after the signals were blocked: MPI starts threads. Returns owned, or
   NULL for a process alone. ERROR_UNSUPPORTED: started as one of several, but built without MPI. ERROR_USAGE: started
   by srun without its MPI part. */
int team_open(struct team **team, struct error *err);

/* Says good-bye to the others; rank 0 sends home who still serves. After what was made of team_data() is freed. */
void team_close(struct team *team);

/* Which MPI this program was built with, for --version: "Open MPI 4.1.4", or "no MPI". */
const char *team_library(char *buffer, int size);

/* Whether it was built with any. */
bool team_is_possible(void);

int team_size(const struct team *team);
bool team_leads(const struct team *team); /* rank 0, or alone */

/* Collective. All ranks get the status of the first that failed, and its error with rank and host in front; 0 when
   none did. */
int team_agree(struct team *team, int status, struct error *err);

/* Collective. Makes `text`, which says `what`, that of rank 0 everywhere. ERROR_MEMORY of one is that of all. */
int team_text_of_leader(struct team *team, struct text *text, struct error *err);

/* Collective. ERROR_CONFLICT, with the cure, when `text` is not the same on all ranks: they would not train the same
   thing. */
int team_same(struct team *team, const char *what, const char *text, const char *cure, struct error *err);

/* Collective. The best instruction level that all of them can run. */
enum isa team_best_isa(struct team *team);

/* Collective over the ranks of a machine: the sum of their numbers. */
int64_t team_sum_of_node(struct team *team, int64_t number);

/* Collective. Opens the data once a machine; its other ranks see them in shared memory, which belongs to the team.
   Returns owned in *set. Errors as data_set_open(), the same on all ranks. */
int team_data(struct team *team, const struct data_spec *spec, uint64_t seed, struct data_set **set, struct error *err);

/* Collective. From here on rank 0 has a crew and the others serve. `threads` are this rank's. A stop that another rank
   was asked for is raised in `stop` of rank 0. */
int team_begin(struct team *team, int threads, struct executor_stop *stop, struct error *err);

/* Rank 0 after team_begin(): the crew for the executor, owned by the team; NULL without a team. */
const struct crew *team_crew(struct team *team);

/* The other ranks after team_begin(): the chief for executor_serve(), owned by the team. */
const struct chief *team_chief(struct team *team);

#endif
