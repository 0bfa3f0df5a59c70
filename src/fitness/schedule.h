/* Learning-rate schedules: a factor for each step of a training.
 *
 *   {"name": "constant"}                            1
 *   {"name": "step", "every": 1, "factor": 0.1}     after every so many epochs, times the factor
 *   {"name": "cosine", "final": 0}                  final + (1 - final) (1 + cos(pi k / K)) / 2
 *   {"name": "one_cycle", "peak": 0.3, "start": 0.04, "final": 1e-4}
 *
 * k counts steps from 0 and K is the number of steps of the whole training, so the last step of a cosine
 * is still a little above `final`, a share of the starting rate. One cycle (Smith 2018) climbs along
 * half a cosine from `start` to 1 and falls along another one to `final`, which the last step has;
 * the top, where the rate is the optimiser's, is at k = peak K - 1, as in PyTorch's OneCycleLR.
 *
 * The first three also take "warmup": W, a share of the training: for the first W K steps the factor is
 * multiplied by (k + 1) / (W K), so that it grows from nearly 0 along a straight line. Without it, or
 * with 0, there is none, and the normal form does not mention it. A kind is one entry in the table of schedule.c. */
#ifndef ACTSEARCH_FITNESS_SCHEDULE_H
#define ACTSEARCH_FITNESS_SCHEDULE_H

#include "base/settings.h"

#include <stdint.h>

struct error;
struct text;

struct schedule_kind; /* fitness/schedule_internal.h */

struct schedule {
    const struct schedule_kind *kind;
    double warmup;            /* share of the training, 0: none */
    struct settings_room own; /* the struct that the kind's table fills */
};

/* The constant one. */
struct schedule schedule_default(void);

/* Reads the object; an absent value gives the constant schedule. ERROR_INPUT names the path. */
int schedule_read(struct json json, struct schedule *schedule, struct error *err);

/* The factor for `step` of `steps`, in epochs of `epoch_steps` steps. */
double schedule_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps);

/* Appends the JSON with every setting of its kind written out. */
void schedule_normal_form(const struct schedule *schedule, struct text *out);

/* The type of a setting that is one. */
extern const struct setting_type schedule_setting;

/* What can be written, for people; its parts are the kinds. */
extern const struct settings_topic schedule_topic;

#endif
