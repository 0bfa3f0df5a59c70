/* The object `training` of an experiment, read and written. */
#include "fitness/protocol.h"

#include "result/evaluation.h"

#include <stdio.h>

static const struct {
    const char *name;
    int direction;
} metrics[] = {
#define MEASURE(name, since, direction, ...) {"validation_" #name, direction},
#include "result/measures.def"
#undef MEASURE
    [METRIC_TRAIN_LOSS] = {"train_loss", -1},
    [METRIC_DEFAULT] = {"default", +1},
};
enum { METRICS = sizeof metrics / sizeof *metrics };

const char *metric_name(enum metric metric)
{
    return metrics[metric].name;
}

bool metric_is_higher_better(enum metric metric)
{
    return metrics[metric].direction > 0;
}

double metric_score(enum metric metric, const struct trial *trial)
{
    double value = metric == METRIC_TRAIN_LOSS ? trial->train_loss : measure_value(&trial->validation, (int)metric);
    return metrics[metric].direction * value;
}

const char *metric_formula(enum metric metric, char buffer[40])
{
    snprintf(buffer, 40, "%s%s", metric_is_higher_better(metric) ? "" : "-", metric_name(metric));
    return buffer;
}

bool metric_fits(enum metric metric, enum data_target target)
{
    static const int set[] = {
        [DATA_TARGET_CLASS] = TARGETS_CLASS, [DATA_TARGET_NUMBER] = TARGETS_NUMBER, [DATA_TARGET_NEXT] = TARGETS_NEXT};
    return metric >= METRIC_TRAIN_LOSS || (measure_table[metric].targets & set[target]);
}

int protocol_settle(struct protocol *protocol, enum data_target target, struct json training, struct error *err)
{
    static const enum metric usual[] = {[DATA_TARGET_CLASS] = METRIC_VALIDATION_accuracy,
                                        [DATA_TARGET_NUMBER] = METRIC_VALIDATION_r2,
                                        [DATA_TARGET_NEXT] = METRIC_VALIDATION_bits};
    static const char *const what[] = {
        [DATA_TARGET_CLASS] = "classes", [DATA_TARGET_NUMBER] = "a number", [DATA_TARGET_NEXT] = "the next symbol"};
    if (protocol->metric == METRIC_DEFAULT)
        protocol->metric = usual[target];
    if (metric_fits(protocol->metric, target))
        return 0;
    char hint[80];
    snprintf(hint, sizeof hint, "for example \"%s\"", metric_name(usual[target]));
    return json_fail(json_member(&training, "metric"), err, hint, "%s means nothing for data that ask for %s",
                     metric_name(protocol->metric), what[target]);
}

/* ---- the table */

static const char *metric_at(int i)
{
    return i < METRICS ? metrics[i].name : NULL;
}

static const struct setting divergence[] = {
    {"factor", SETTING_NUMBER(struct divergence, factor, 1, 1e30), .usual = 10,
     .means = "times the loss of the first step, or of guessing if that is higher"},
    {"loss", SETTING_NUMBER(struct divergence, loss, 0, 1e30), .means = "this loss; 0: no such limit"},
    {0}};

static const struct setting training[] = {
    {"epochs", SETTING_INTEGER(struct protocol, epochs, 1, 100000), .usual = 2,
     .means = "how often a training sees all rows of the train part"},
    {"batch", SETTING_INTEGER(struct protocol, batch, 1, 1 << 20), .usual = 128, .means = "rows of a step"},
    {"seeds", SETTING_INTEGER(struct protocol, seeds, 1, 1000), .usual = 1,
     .means = "trainings of a candidate from the start, each with initial weights and an order of rows that are the "
              "same for all candidates; the score is their mean"},
    {"first_seed", SETTING_INTEGER(struct protocol, first_seed, 0, 1000000),
     .means = "the number of the first; move it to measure again on fresh seeds"},
    {"init", SETTING_CHOICE(struct protocol, init), .names = init_names, .usual = INIT_AUTO,
     .means = "how weights are drawn: \"auto\" gives every layer's output the variance 1, whatever the candidate is"},
    {"optimiser", SETTING_OWN(struct protocol, optimiser, optimiser_setting), .by = "adam", .means = "see below"},
    {"schedule", SETTING_OWN(struct protocol, schedule, schedule_setting), .by = "constant",
     .means = "of the learning rate; see below"},
    {"metric", SETTING_CHOICE(struct protocol, metric), .name_at = metric_at, .usual = METRIC_DEFAULT,
     .by = "by the data: accuracy for classes, r2 for a number, bits for the next symbol",
     .means = "a candidate's score; of what is better when low, the negative"},
    {"validate_every", SETTING_INTEGER(struct protocol, validate_every, 1, 100000), .usual = 1,
     .means = "epochs between two looks at the validation part; the last one always"},
    {"augment", SETTING_OBJECT(struct protocol, augmentation, data_augmentation_settings), .by = "none",
     .means = "images are moved by up to so many pixels, and mirrored, at random in each epoch"},
    {"divergence", SETTING_OBJECT(struct protocol, divergence, divergence),
     .means = "a training has failed when the loss of a step exceeds"},
    {"watch", SETTING_BOOL(struct protocol, watch),
     .means = "look into the network after each epoch (actsearch watch shows what was seen)"},
    {0}};

int protocol_read(struct json json, struct protocol *protocol, struct error *err)
{
    *protocol = (struct protocol){0};
    settings_reset(training, protocol);
    if (!json_exists(json))
        return 0;
    return settings_read_object(json, SETTINGS(training, protocol), NULL, err);
}

void protocol_normal_form(const struct protocol *protocol, struct text *out)
{
    struct protocol copy = *protocol;
    settings_write_object(SETTINGS(training, &copy), NULL, out);
}

static bool training_part(int i, struct settings_topic *out)
{
    if (i < 2)
        *out = i == 0 ? optimiser_topic : schedule_topic;
    return i < 2;
}

const struct settings_topic training_topic = {
    .name = "training",
    .about = "How a candidate is trained, and what its score is. All of it may be left out.",
    .settings = {training},
    .part = training_part,
};
