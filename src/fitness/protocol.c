/* The object `training` of an experiment, read and written. */
#include "fitness/protocol.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
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
    char cure[80];
    snprintf(cure, sizeof cure, "for example \"%s\"", metric_name(usual[target]));
    return json_fail(json_member(&training, "metric"), err, cure, "%s means nothing for data that ask for %s",
                     metric_name(protocol->metric), what[target]);
}

static int read_integer(struct json json, const char *key, int64_t min, int64_t max, int *out, struct error *err)
{
    int64_t value = *out;
    int status = json_integer_or(json_member(&json, key), min, max, &value, err);
    *out = (int)value;
    return status;
}

static int read_choice(struct json json, const char *key, const char *const *names, int *out, struct error *err)
{
    struct json member = json_member(&json, key);
    return json_exists(member) ? json_choice(member, names, out, err) : 0;
}

static int read_divergence(struct json json, struct protocol *protocol, struct error *err)
{
    static const char *const keys[] = {"factor", "loss", NULL};
    if (!json_exists(json))
        return 0;
    int status = json_only_keys(json, keys, err);
    if (!status)
        status = json_number_or(json_member(&json, "factor"), 1, 1e30, &protocol->divergence_factor, err);
    if (!status)
        status = json_number_or(json_member(&json, "loss"), 0, 1e30, &protocol->divergence_loss, err);
    return status;
}

static int read_members(struct json json, struct protocol *protocol, struct error *err)
{
    const char *metric_names[METRICS + 1] = {NULL};
    for (int i = 0; i < METRICS; i++)
        metric_names[i] = metrics[i].name;
    int batch = (int)protocol->batch, init = (int)protocol->init, metric = (int)protocol->metric;
    int status = read_integer(json, "epochs", 1, 100000, &protocol->epochs, err);
    if (!status)
        status = read_integer(json, "batch", 1, 1 << 20, &batch, err);
    if (!status)
        status = read_integer(json, "seeds", 1, 1000, &protocol->seeds, err);
    if (!status)
        status = read_integer(json, "first_seed", 0, 1000000, &protocol->first_seed, err);
    if (!status)
        status = read_integer(json, "validate_every", 1, 100000, &protocol->validate_every, err);
    if (!status)
        status = read_choice(json, "init", init_names, &init, err);
    if (!status)
        status = read_choice(json, "metric", metric_names, &metric, err);
    if (!status)
        status = optimiser_read(json_member(&json, "optimiser"), &protocol->optimiser, err);
    if (!status)
        status = schedule_read(json_member(&json, "schedule"), &protocol->schedule, err);
    if (!status)
        status = data_augmentation_read(json_member(&json, "augment"), &protocol->augmentation, err);
    if (!status)
        status = read_divergence(json_member(&json, "divergence"), protocol, err);
    if (!status)
        status = json_bool_or(json_member(&json, "watch"), &protocol->watch, err);
    protocol->batch = batch;
    protocol->init = (enum init)init;
    protocol->metric = (enum metric)metric;
    return status;
}

int protocol_read(struct json json, struct protocol *protocol, struct error *err)
{
    static const char *const keys[] = {"epochs",     "batch",    "seeds",  "first_seed",     "init",
                                       "optimiser",  "schedule", "metric", "validate_every", "augment",
                                       "divergence", "watch",    NULL};
    *protocol = (struct protocol){.epochs = 2,
                                  .batch = 128,
                                  .seeds = 1,
                                  .init = INIT_AUTO,
                                  .optimiser = optimiser_default(),
                                  .schedule = schedule_default(),
                                  .metric = METRIC_DEFAULT,
                                  .validate_every = 1,
                                  .divergence_factor = 10};
    if (!json_exists(json))
        return 0;
    int status = json_only_keys(json, keys, err);
    return status ? status : read_members(json, protocol, err);
}

void protocol_normal_form(const struct protocol *protocol, struct text *out)
{
    text_addf(out, "{\"epochs\":%d,\"batch\":%td,\"seeds\":%d,\"first_seed\":%d,\"init\":\"%s\",\"optimiser\":",
              protocol->epochs, protocol->batch, protocol->seeds, protocol->first_seed, init_names[protocol->init]);
    optimiser_normal_form(&protocol->optimiser, out);
    text_add(out, ",\"schedule\":");
    schedule_normal_form(&protocol->schedule, out);
    text_addf(out, ",\"metric\":\"%s\",\"validate_every\":%d,\"augment\":", metric_name(protocol->metric),
              protocol->validate_every);
    data_augmentation_normal_form(&protocol->augmentation, out);
    text_add(out, ",\"divergence\":{\"factor\":");
    text_add_number(out, protocol->divergence_factor);
    text_add(out, ",\"loss\":");
    text_add_number(out, protocol->divergence_loss);
    text_addf(out, "},\"watch\":%s}", protocol->watch ? "true" : "false");
}
