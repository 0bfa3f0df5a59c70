/* Protocol: how a candidate is trained and what its score is; the object `training` of an experiment.
 *
 *   {"epochs": 2, "batch": 128, "seeds": 1, "first_seed": 0, "init": "auto",
 *    "optimiser": {...}, "schedule": {...}, "metric": "validation_accuracy", "validate_every": 1,
 *    "divergence": {"factor": 10, "loss": 0}}
 *
 * Everything has a default; those above are they, with Adam and a constant rate. A seed is one
 * training from the start: seed indices first_seed .. first_seed + seeds - 1 give every candidate the
 * same initial numbers and the same order of samples, so candidates are compared in pairs; to measure
 * again on fresh seeds, move first_seed.
 *
 * The last batch of an epoch takes what is left, and is trained on like the others.
 *
 * A trial has diverged when the loss of a step exceeds `factor` times its start (the loss of the first
 * step, or that of guessing, log(classes), if that is higher), or exceeds `loss` when that is not 0.
 *
 * A protocol is a value, read-only after it was read. */
#ifndef ACTSEARCH_FITNESS_PROTOCOL_H
#define ACTSEARCH_FITNESS_PROTOCOL_H

#include "nn/init.h"
#include "nn/optimiser.h"
#include "nn/schedule.h"

#include <stddef.h>

struct error;
struct json;
struct text;
struct trial;

enum metric { METRIC_VALIDATION_ACCURACY, METRIC_VALIDATION_LOSS, METRIC_TRAIN_LOSS };

struct protocol {
    int epochs;
    ptrdiff_t batch;
    int seeds, first_seed;
    enum init init;
    struct optimiser optimiser;
    struct schedule schedule;
    enum metric metric;
    int validate_every; /* epochs; the last one always */
    double divergence_factor;
    double divergence_loss; /* 0: no such limit */
};

/* Reads the object; an absent value gives the defaults. ERROR_INPUT names the path. */
int protocol_read(struct json json, struct protocol *protocol, struct error *err);

/* Appends the JSON with every setting written out: equal protocols, equal texts. */
void protocol_normal_form(const struct protocol *protocol, struct text *out);

/* The metric's name. */
const char *metric_name(enum metric metric);

/* A trial's score, higher is better: a metric that is better when low (a loss) is negated. */
double metric_score(enum metric metric, const struct trial *trial);

#endif
