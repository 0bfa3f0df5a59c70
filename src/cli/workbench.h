/* Workbench: what the commands that take an experiment have in common. */
#ifndef ACTSEARCH_CLI_WORKBENCH_H
#define ACTSEARCH_CLI_WORKBENCH_H

#include "runner/machine.h"

struct arguments;
struct error;
struct experiment;

#define OPTION_SET                                                                                                     \
    {                                                                                                                  \
        .name = "set", .letter = 's', .kind = OPTION_LIST, .value = "PATH=VALUE",                                      \
        .help = "set a value of the experiment, such as search.window=8 or training.seeds=5 (may be repeated; paths "  \
                "of files start at the experiment's folder)"                                                           \
    }
#define OPTION_WATCH                                                                                                   \
    {                                                                                                                  \
        .name = "watch", .letter = 'w', .kind = OPTION_FLAG,                                                           \
        .help = "look into the layers after each epoch, as training.watch=true does; scores stay as they are"          \
    }
#define OPTION_THREADS                                                                                                 \
    {                                                                                                                  \
        .name = "threads", .letter = 't', .kind = OPTION_INTEGER, .value = "N", .min = 1, .max = 4096,                 \
        .help = "candidates trained side by side (default: one for each core that affinity, control groups, "          \
                "OMP_NUM_THREADS and SLURM_CPUS_PER_TASK leave; results do not depend on it)"                          \
    }
#define OPTION_GRACE                                                                                                   \
    {                                                                                                                  \
        .name = "grace", .kind = OPTION_NUMBER, .value = "SECONDS", .min = 0, .max = 1e6,                              \
        .help = "after SIGTERM and its like: how long to wait for what is in training before it is dropped (default "  \
                "20)"                                                                                                  \
    }
#define OPTION_LIMIT                                                                                                   \
    {                                                                                                                  \
        .name = "evaluation-limit", .kind = OPTION_NUMBER, .value = "SECONDS", .min = 0, .max = 1e9,                   \
        .help =                                                                                                        \
            "give up a candidate that trains longer than this, as \"timed_out\" (default: no limit; a safety net, "    \
            "since what is given up depends on the machine)"                                                           \
    }
#define OPTION_ISA                                                                                                     \
    {                                                                                                                  \
        .name = "isa", .kind = OPTION_TEXT, .value = "LEVEL",                                                          \
        .help = "instruction level: portable, x86-64-v3, x86-64-v4 or best (the default); results depend on it in "    \
                "their last digits"                                                                                    \
    }

/* The settings of --set, and then `extra` (NULL: none) and, when it is to be watched, training.watch: ended by NULL, in
 *settings, to be freed with memory_free(). ERROR_MEMORY. */
int workbench_settings(const struct arguments *arguments, const char *extra, bool watch, const char ***settings,
                       struct error *err);

/* Reads the experiment with them. Returns owned. */
int workbench_read(const struct arguments *arguments, const char *path, const char *extra, bool watch,
                   struct experiment **experiment, struct error *err);

/* Says on standard error why there are fewer threads than cores, and what was not understood. */
void workbench_remark_threads(const struct machine_threads *threads);

#endif
