/* Reading and writing the settings of optimisers: those of all, and those that a kind has of its own. */
#include "nn/optimiser.h"

#include "base/json.h"
#include "base/text.h"
#include "nn/optimiser_internal.h"

const struct optimiser_kind *const optimiser_kinds[] = {
#define OPTIMISER(name) &optimiser_##name,
#include "nn/optimisers.def"
#undef OPTIMISER
    NULL};
enum { KINDS = sizeof optimiser_kinds / sizeof *optimiser_kinds - 1 };

static struct optimiser usual(const struct optimiser_kind *kind)
{
    struct optimiser optimiser = {
        .kind = kind, .learning_rates = {kind->learning_rate}, .rates = 1, .weight_decay = kind->weight_decay};
    for (int i = 0; i < OPTIMISER_SETTINGS; i++)
        optimiser.setting[i] = kind->setting[i].usual;
    return optimiser;
}

struct optimiser optimiser_default(void)
{
    return usual(optimiser_kinds[0]);
}

/* How many settings the kind has of its own; they stand first. */
static int count_settings(const struct optimiser_kind *kind)
{
    int count = 0;
    while (count < OPTIMISER_SETTINGS && kind->setting[count].key)
        count++;
    return count;
}

static int only_known_keys(struct json json, const struct optimiser_kind *kind, struct error *err)
{
    enum { OTHERS = 4 };
    const char *keys[OTHERS + OPTIMISER_SETTINGS + 1] = {"name", "learning_rate"};
    int count = 2;
    for (int i = 0; i < count_settings(kind); i++)
        keys[count++] = kind->setting[i].key;
    keys[count++] = "weight_decay";
    keys[count] = "clip_norm";
    return json_only_keys(json, keys, err);
}

static int read_setting(struct json json, const struct optimiser_setting *setting, double *value, struct error *err)
{
    struct json member = json_member(&json, setting->key);
    bool flag = *value != 0;
    int status = setting->flag ? json_bool_or(member, &flag, err)
                               : json_number_or(member, setting->least, setting->most, value, err);
    if (setting->flag)
        *value = flag;
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

static int read_kind(struct json json, const struct optimiser_kind **kind, struct error *err)
{
    const char *names[KINDS + 1] = {NULL};
    int which = 0;
    for (int i = 0; i < KINDS; i++)
        names[i] = optimiser_kinds[i]->name;
    int status = json_choice(json, names, &which, err);
    *kind = optimiser_kinds[which];
    return status;
}

int optimiser_read(struct json json, struct optimiser *optimiser, struct error *err)
{
    const struct optimiser_kind *kind = NULL;
    *optimiser = optimiser_default();
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err);
    if (!status)
        status = read_kind(json_member(&json, "name"), &kind, err);
    if (status)
        return status;
    *optimiser = usual(kind);
    status = only_known_keys(json, kind, err);
    for (int i = 0; !status && i < count_settings(kind); i++)
        status = read_setting(json, &kind->setting[i], &optimiser->setting[i], err);
    if (!status)
        status = read_rates(json_member(&json, "learning_rate"), optimiser, err);
    if (!status)
        status = json_number_or(json_member(&json, "weight_decay"), 0, 1, &optimiser->weight_decay, err);
    if (!status)
        status = json_number_or(json_member(&json, "clip_norm"), 0, 1e12, &optimiser->clip_norm, err);
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

static void add_setting(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

void optimiser_normal_form(const struct optimiser *optimiser, struct text *out)
{
    const struct optimiser_kind *kind = optimiser->kind;
    text_addf(out, "{\"name\":\"%s\"", kind->name);
    add_rates(optimiser, out);
    for (int i = 0; i < count_settings(kind); i++)
        if (kind->setting[i].flag)
            text_addf(out, ",\"%s\":%s", kind->setting[i].key, optimiser->setting[i] != 0 ? "true" : "false");
        else
            add_setting(kind->setting[i].key, optimiser->setting[i], out);
    add_setting("weight_decay", optimiser->weight_decay, out);
    add_setting("clip_norm", optimiser->clip_norm, out);
    text_add_char(out, '}');
}
