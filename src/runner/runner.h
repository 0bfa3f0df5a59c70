/* Runner: runs an experiment. This is the door for programs: the command line stands on it, and so can others
 * (examples/search.c).
 *
 *   struct runner *runner = NULL;
 *   int status = runner_new(&options, &runner, err);          joins the other ranks, if there are any
 *   if (!status)
 *       status = runner_open(runner, "spirals.json", "spirals.db", err);    reads the experiment, opens its data
 *   if (!status)
 *       status = runner_search(runner, err);
 *   runner_free(runner);
 *
 * A search goes on where its database ends: the same calls resume it, whatever stopped it (executor/executor.h,
 * store/store.h). Ranks that were started together (mpi/communicator.h) call the same functions; the first of them
 * leads, searches and writes, the others evaluate what it gives them and return when it is done.
 *
 * A runner belongs to one thread, the one that made it. The options' functions are called by any thread, one at a
 * time. */
#ifndef ACTSEARCH_RUNNER_RUNNER_H
#define ACTSEARCH_RUNNER_RUNNER_H

#include "executor/executor.h"
#include "runner/machine.h"
#include "runner/progress.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

struct candidate;
struct data_part;
struct error;
struct evaluation;
struct experiment;
struct runner;

/* A struct of zeros stands for what is usual. Everything is borrowed as long as the runner lives. */
struct runner_options {
    const char *const *settings; /* "path=value", ended by NULL: set in the experiment before it is read */
    const char *isa;             /* instruction level; NULL: that of the database, else the best */
    int threads;                 /* of this process; 0: one for each core that it may use */
    double evaluation_limit;     /* seconds on the clock for one evaluation; 0: none */
    enum store_journal journal;
    double wait_seconds, busy_seconds; /* for the database, as struct store_options has them */
    bool quiet;                        /* says nothing but what it waits for */
    struct executor_stop *stop;        /* raised from outside; NULL: nobody does */
    void (*observe)(void *context, const struct progress *progress); /* quick; NULL: nobody looks */
    void (*say)(void *context, const char *line); /* remarks for people, a line each; NULL: nobody listens */
    /* For a list: sets the part that scores are measured on, once the data are open; it must live as long as the
       runner. NULL: the validation part, which a search is always measured on. */
    int (*measured)(void *context, const struct experiment *experiment, struct data_part *part, struct error *err);
    void *context; /* of all three */
};

/* Returns owned, also when it fails: runner_leads() tells who of the ranks should say why. To be called before other
   threads are started and after signals were blocked. */
int runner_new(const struct runner_options *options, struct runner **runner, struct error *err);
void runner_free(struct runner *runner); /* accepts NULL */

/* Closes the database, if there is one, and says whether that went well; runner_free() does it silently. */
int runner_close(struct runner *runner, struct error *err);

/* The first rank, or a process alone; NULL leads. */
bool runner_leads(const struct runner *runner);
const struct machine_threads *runner_threads(const struct runner *runner);

/* Reads the experiment, at `path`. `database`: the path of its database, for runner_search(); NULL: NAME.db in the
   current folder, NAME as in the experiment. Opens the data and makes what trains. Collective. */
int runner_open(struct runner *runner, const char *path, const char *database, struct error *err);

/* The same for runner_evaluate() in place of a search; there is no database. */
int runner_open_list(struct runner *runner, const char *path, struct error *err);

/* After either; borrowed. */
const struct experiment *runner_experiment(const struct runner *runner);
const char *runner_database(const struct runner *runner);

/* Searches until the experiment says that it is enough (0), or until it is stopped (ERROR_INTERRUPTED). ERROR_CONFLICT:
   the database holds another run, or another process writes it. Once. Collective. */
int runner_search(struct runner *runner, struct error *err);

/* The database of the search, on the rank that leads: for reading, from runner_search() on, also when that failed
   after it was opened; NULL otherwise. Borrowed. `resumed`: tickets that it had at the start. */
struct store *runner_store(const struct runner *runner, int64_t *resumed);

/* Evaluates candidates, each once; evaluations: (count), EVALUATION_EMPTY, then the caller's on the rank that leads.
   Nothing is stored. names: (count), what people call the candidates; to be valid until the process ends, since a
   crash tells of them. ERROR_INTERRUPTED when it was stopped; what was finished is there. Once. Collective. */
int runner_evaluate(struct runner *runner, const struct candidate *candidates, const char *const *names, int64_t count,
                    struct evaluation *evaluations, struct error *err);

#endif
