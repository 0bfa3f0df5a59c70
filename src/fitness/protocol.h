/* Protocol: how a candidate is trained and what its score is; the object `training` of an experiment.
 *
 *   {"epochs": 2, "batch": 128, "seeds": 1, "first_seed": 0, "init": "auto",
 *    "optimiser": {...}, "schedule": {...}, "metric": "validation_accuracy", "validate_every": 1,
 *    "augment": {"shift": 2, "flip": true}, "divergence": {"factor": 10, "loss": 0}, "watch": false}
 *
 * Everything has a default, in the table of protocol.c. A seed is one training from the start: seed indices
 * first_seed .. first_seed + seeds - 1 give every candidate the same initial numbers and the same order of samples,
 * so candidates are compared in pairs; to measure again on fresh seeds, move first_seed.
 *
 * With "watch" a snapshot of the network is taken after each epoch (nn/snapshot.h), on the first `batch` rows of the
 * train part as they stand; nothing else about a training changes.
 *
 * The last batch of an epoch takes what is left, and is trained on like the others.
 *
 * A trial has diverged when the loss of a step exceeds `factor` times its start (the loss of the first
 * step, or that of guessing, log(classes), if that is higher), or exceeds `loss` when that is not 0.
 *
 * A protocol is a value, read-only after it was read. */
#ifndef ACTSEARCH_FITNESS_PROTOCOL_H
#define ACTSEARCH_FITNESS_PROTOCOL_H

#include "data/data.h"
#include "fitness/schedule.h"
#include "nn/init.h"
#include "nn/optimiser.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct json;
struct text;
struct trial;

/* validation_accuracy, validation_r2, ..., as measures.def lists them, and train_loss. METRIC_DEFAULT is what the
   data suggest: protocol_settle(). */
enum metric {
#define MEASURE(name, ...) METRIC_VALIDATION_##name,
#include "result/measures.def"
#undef MEASURE
    METRIC_TRAIN_LOSS,
    METRIC_DEFAULT,
};

struct protocol {
    int epochs;
    ptrdiff_t batch;
    int seeds, first_seed;
    enum init init;
    struct optimiser optimiser;
    struct schedule schedule;
    enum metric metric;
    int validate_every; /* epochs; the last one always */
    bool watch;         /* take a snapshot after each epoch */
    struct data_augmentation augmentation;
    struct divergence {
        double factor;
        double loss; /* 0: no such limit */
    } divergence;
};

/* Reads the object; an absent value gives the defaults. ERROR_INPUT names the path. */
int protocol_read(struct json json, struct protocol *protocol, struct error *err);

/* Fixes what depends on the data: without a metric it is accuracy for classes, R^2 for a number, bits for the next
   symbol. ERROR_INPUT for a metric that such data do not have; `training` is the place for the message. */
int protocol_settle(struct protocol *protocol, enum data_target target, struct json training, struct error *err);

/* Appends the JSON with every setting written out: equal protocols, equal texts. */
void protocol_normal_form(const struct protocol *protocol, struct text *out);

/* What can be written, for people; its parts are optimisers and schedules. */
extern const struct settings_topic training_topic;

/* The metric's name, and whether more of it is better. */
const char *metric_name(enum metric metric);
bool metric_is_higher_better(enum metric metric);

/* The score that it gives: "validation_r2", "-validation_rmse". Writes into `buffer` and returns it. */
const char *metric_formula(enum metric metric, char buffer[40]);

/* Whether it means something for data with such a target. */
bool metric_fits(enum metric metric, enum data_target target);

/* A trial's score, higher is better: a metric that is better when low (a loss) is negated. */
double metric_score(enum metric metric, const struct trial *trial);

#endif
