/* The text of a batch script for Slurm. */
#ifndef ACTSEARCH_CLI_CLUSTER_SCRIPT_H
#define ACTSEARCH_CLI_CLUSTER_SCRIPT_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct call;

/* What the script says; everything has been checked. */
struct cluster_script {
    const struct call *call;         /* for its words, and for the options that are passed on as they are; borrowed */
    const char *name;                /* of the experiment; borrowed */
    struct text program, experiment; /* absolute paths */
    struct text database;            /* likewise, without ".db" */
    int64_t nodes, tasks, threads;   /* tasks of a node, threads of a task */
    int64_t array;                   /* searches; 0: one, and no array */
    const char *vary;                /* the key that differs among them */
    bool mpirun;                     /* instead of srun */
    int64_t restarts;
    double grace; /* seconds */
    long warning; /* seconds before the time limit */
};

void cluster_script_add(const struct cluster_script *script, struct text *out);

#endif
