/* What a schedule is: one descriptor, in the table of schedule.c. */
#ifndef ACTSEARCH_FITNESS_SCHEDULE_INTERNAL_H
#define ACTSEARCH_FITNESS_SCHEDULE_INTERNAL_H

#include "fitness/schedule.h"

#include <stdbool.h>

/* A number that JSON may set. */
struct schedule_setting {
    const char *key;
    bool whole; /* an integer */
    double least, most, usual;
};

struct schedule_kind {
    const char *name;
    bool warms;                                         /* takes "warmup" */
    struct schedule_setting setting[SCHEDULE_SETTINGS]; /* its own; those without a key are none */
    /* As schedule_factor(), but for the warm-up. */
    double (*factor)(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps);
};

extern const struct schedule_kind *const schedule_kinds[]; /* ended by NULL; the first is the default */

/* Places of the settings. */
enum { STEP_EVERY, STEP_FACTOR };
enum { COSINE_FINAL };
enum { ONE_CYCLE_PEAK, ONE_CYCLE_START, ONE_CYCLE_FINAL };

#endif
