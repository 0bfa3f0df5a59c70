/* What a schedule is: one descriptor, in the table of schedule.c. */
#ifndef ACTSEARCH_FITNESS_SCHEDULE_INTERNAL_H
#define ACTSEARCH_FITNESS_SCHEDULE_INTERNAL_H

#include "fitness/schedule.h"

#include <stdbool.h>

struct schedule_kind {
    const char *name, *summary;
    bool warms;                     /* takes "warmup" */
    const struct setting *settings; /* its own, of a struct that fits into schedule.own; NULL: it has none */
    /* As schedule_factor(), but for the warm-up. */
    double (*factor)(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps);
};

extern const struct schedule_kind *const schedule_kinds[]; /* ended by NULL; the first is the default */

#endif
