/* The machine: how many threads a run may have here, and what its processor is called. */
#ifndef ACTSEARCH_RUNNER_MACHINE_H
#define ACTSEARCH_RUNNER_MACHINE_H

#include "base/limits.h"

#include <stdbool.h>

struct error;

/* So many as were asked for, or the number of cores that the process may use, which may be fewer than the machine has,
   and why. */
struct machine_threads {
    int count;
    bool asked;
    struct limits_cores cores;
};

/* `asked`: 0 for nobody has. `others`: threads that are needed beside them and hardly ever run. ERROR_USAGE: more than
   OpenMP may start. */
int machine_threads(int asked, int others, struct machine_threads *threads, struct error *err);

/* The processor's model name, or "unknown"; into `buffer`. */
const char *machine_processor(char *buffer, int size);

#endif
