/* Learning-rate schedules: a factor for each step of a training run.
 *
 *   {"name": "constant"}
 *   {"name": "step", "every": 1, "factor": 0.1}     after every so many epochs, times the factor
 *   {"name": "cosine", "final": 0}                  final + (1 - final) (1 + cos(pi t / T)) / 2
 *
 * t counts steps from 0 and T is the number of steps of the whole run, so the last step of a cosine
 * is still a little above `final`, a share of the starting rate. */
#ifndef ACTSEARCH_NN_SCHEDULE_H
#define ACTSEARCH_NN_SCHEDULE_H

#include <stdint.h>

struct error;
struct json;
struct text;

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_COSINE };

struct schedule {
    enum schedule_kind kind;
    int every;     /* step: epochs */
    double factor; /* step */
    double final;  /* cosine */
};

/* Reads the object; an absent value gives the constant schedule. */
int schedule_read(struct json json, struct schedule *schedule, struct error *err);

/* The factor for `step` of `steps`, in epochs of `epoch_steps` steps. */
double schedule_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps);

/* Appends the JSON with every setting of its kind written out. */
void schedule_normal_form(const struct schedule *schedule, struct text *out);

#endif
