/* Workbench: what the commands that train have in common: options, threads, the evaluator. */
#ifndef ACTSEARCH_CLI_WORKBENCH_H
#define ACTSEARCH_CLI_WORKBENCH_H

#include "base/limits.h"
#include "executor/executor.h"

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
#define OPTION_ISA                                                                                                     \
    {                                                                                                                  \
        .name = "isa", .kind = OPTION_TEXT, .value = "LEVEL",                                                          \
        .help = "instruction level: portable, x86-64-v3, x86-64-v4 or best (the default); results depend on it in "    \
                "their last digits"                                                                                    \
    }

/* Reads the experiment with the settings of --set, and then `extra` (NULL: none) and, when it is to be watched,
   training.watch. Returns owned. */
int workbench_read(const struct arguments *arguments, const char *path, const char *extra, bool watch,
                   struct experiment **experiment, struct error *err);

/* --threads, or the number of cores that the process may use, which may be fewer than the machine has, and why. */
struct workbench_threads {
    int count;
    bool asked; /* by --threads */
    struct limits_cores cores;
};

/* `others`: threads that are needed beside them and hardly ever run. ERROR_USAGE: more than OpenMP may start. */
int workbench_threads(const struct arguments *arguments, int others, struct workbench_threads *threads,
                      struct error *err);

/* Says on standard error why there are fewer threads than cores, and what was not understood. */
void workbench_remark_threads(const struct workbench_threads *threads);

/* Says on standard error when there are more workers than the window of the search can keep busy. */
void workbench_remark_window(const struct experiment *experiment, int64_t workers);

/* The evaluator of an open experiment, which it borrows. */
struct evaluator workbench_evaluator(const struct experiment *experiment);

/* The processor's model name, or "unknown"; into `buffer`. */
const char *workbench_processor(char *buffer, int size);

#endif
