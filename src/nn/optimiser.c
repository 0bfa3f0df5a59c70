#include "nn/optimiser.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

static const char *const kind_names[] = {"adam", "sgd", "adamw", NULL};

struct optimiser optimiser_default(void)
{
    return (struct optimiser){.kind = OPTIMISER_ADAM,
                              .learning_rates = {0.001},
                              .rates = 1,
                              .beta1 = 0.9,
                              .beta2 = 0.999,
                              .epsilon = 1e-8,
                              .momentum = 0.9};
}

static int read_number(struct json json, const char *key, double min, double max, double *out, struct error *err)
{
    return json_number_or(json_member(&json, key), min, max, out, err);
}

static int read_adam(struct json json, struct optimiser *optimiser, struct error *err)
{
    static const char *const keys[] = {"name",    "learning_rate", "beta1",     "beta2",
                                       "epsilon", "weight_decay",  "clip_norm", NULL};
    int status = json_only_keys(json, keys, err);
    if (!status)
        status = read_number(json, "beta1", 0, 0.999999, &optimiser->beta1, err);
    if (!status)
        status = read_number(json, "beta2", 0, 0.999999, &optimiser->beta2, err);
    if (!status)
        status = read_number(json, "epsilon", 1e-30, 1, &optimiser->epsilon, err);
    return status;
}

static int read_sgd(struct json json, struct optimiser *optimiser, struct error *err)
{
    static const char *const keys[] = {"name",         "learning_rate", "momentum", "nesterov",
                                       "weight_decay", "clip_norm",     NULL};
    optimiser->learning_rates[0] = 0.05;
    int status = json_only_keys(json, keys, err);
    if (!status)
        status = read_number(json, "momentum", 0, 0.999999, &optimiser->momentum, err);
    if (!status)
        status = json_bool_or(json_member(&json, "nesterov"), &optimiser->nesterov, err);
    return status;
}

static int read_rates(struct json json, struct optimiser *optimiser, struct error *err)
{
    const double least = 1e-12, most = 1e6;
    if (!json_is_array(json))
        return json_number_or(json, least, most, &optimiser->learning_rates[0], err);
    int status = json_array(json, 1, OPTIMISER_RATES, err);
    for (int i = 0; !status && i < json_length(json); i++)
        status = json_number(json_item(&json, i), least, most, &optimiser->learning_rates[i], err);
    optimiser->rates = json_length(json);
    return status;
}

static void add_rates(const struct optimiser *optimiser, struct text *out)
{
    text_addf(out, ",\"learning_rate\":%s", optimiser->rates > 1 ? "[" : "");
    for (int i = 0; i < optimiser->rates; i++) {
        text_add(out, i ? "," : "");
        text_add_number(out, optimiser->learning_rates[i]);
    }
    text_add(out, optimiser->rates > 1 ? "]" : "");
}

int optimiser_read(struct json json, struct optimiser *optimiser, struct error *err)
{
    *optimiser = optimiser_default();
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err), kind = 0;
    if (!status)
        status = json_choice(json_member(&json, "name"), kind_names, &kind, err);
    if (status)
        return status;
    optimiser->kind = (enum optimiser_kind)kind;
    optimiser->weight_decay = kind == OPTIMISER_ADAMW ? 0.01 : 0;
    status = kind == OPTIMISER_SGD ? read_sgd(json, optimiser, err) : read_adam(json, optimiser, err);
    if (!status)
        status = read_rates(json_member(&json, "learning_rate"), optimiser, err);
    if (!status)
        status = read_number(json, "weight_decay", 0, 1, &optimiser->weight_decay, err);
    if (!status)
        status = read_number(json, "clip_norm", 0, 1e12, &optimiser->clip_norm, err);
    return status;
}

static void add_setting(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

void optimiser_normal_form(const struct optimiser *optimiser, struct text *out)
{
    text_addf(out, "{\"name\":\"%s\"", kind_names[optimiser->kind]);
    add_rates(optimiser, out);
    if (optimiser->kind == OPTIMISER_SGD) {
        add_setting("momentum", optimiser->momentum, out);
        text_addf(out, ",\"nesterov\":%s", optimiser->nesterov ? "true" : "false");
    } else {
        add_setting("beta1", optimiser->beta1, out);
        add_setting("beta2", optimiser->beta2, out);
        add_setting("epsilon", optimiser->epsilon, out);
    }
    add_setting("weight_decay", optimiser->weight_decay, out);
    add_setting("clip_norm", optimiser->clip_norm, out);
    text_add_char(out, '}');
}
