/* Reading and writing the settings of optimisers: those of all, and those that a kind has of its own. */
#include "nn/optimiser.h"

#include "base/text.h"
#include "nn/optimiser_internal.h"

const struct optimiser_kind *const optimiser_kinds[] = {
#define OPTIMISER(name) &optimiser_##name,
#include "nn/optimisers.def"
#undef OPTIMISER
    NULL};

static const char *kind_name(int i)
{
    return optimiser_kinds[i] ? optimiser_kinds[i]->name : NULL;
}

/* ---- types */

static int rates_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct optimiser *optimiser = object;
    const double least = setting->least, most = setting->most;
    if (!json_is_array(value))
        return json_number_or(value, least, most, &optimiser->learning_rates[0], err);
    int status = json_array(value, 1, OPTIMISER_RATES, err);
    for (int i = 0; !status && i < json_length(value); i++)
        status = json_number(json_item(&value, i), least, most, &optimiser->learning_rates[i], err);
    optimiser->rates = json_length(value);
    return status;
}

static void rates_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    const struct optimiser *optimiser = object;
    text_add(out, optimiser->rates > 1 ? "[" : "");
    for (int i = 0; i < optimiser->rates; i++) {
        text_add(out, i ? "," : "");
        text_add_number(out, optimiser->learning_rates[i]);
    }
    text_add(out, optimiser->rates > 1 ? "]" : "");
}
static const struct setting_type rates_type = {
    .form = "a number, or an array of 1 to 8 numbers,", .read = rates_read, .write = rates_write};

/* ---- tables: what stands before the kind's own settings, and behind them */

static const struct setting before[] = {
    {"name", SETTING_DESCRIPTOR(struct optimiser, kind), .name_at = kind_name, .required = true},
    {"learning_rate", SETTING_OWN(struct optimiser, learning_rates, rates_type), .least = 1e-12, .most = 1e6,
     .by = "0.001; of sgd 0.05",
     .means = "of several, every candidate is trained with each and keeps the one with the best score"},
    {0}};
static const struct setting behind[] = {
    {"weight_decay", SETTING_NUMBER(struct optimiser, weight_decay, 0, 1), .by = "0; of adamw 0.01",
     .means = "times a weight, added to its gradient; biases and learned parameters of functions do not decay"},
    {"clip_norm", SETTING_NUMBER(struct optimiser, clip_norm, 0, 1e12),
     .means = "the whole gradient is scaled down to this norm; 0: never"},
    {0}};

struct tables {
    struct settings_part parts[3];
};

static struct tables tables_of(struct optimiser *optimiser)
{
    return (struct tables){
        {{before, optimiser, false}, {optimiser->kind->settings, &optimiser->own, false}, {behind, optimiser, true}}};
}

struct optimiser optimiser_usual(const struct optimiser_kind *kind)
{
    struct optimiser optimiser = {
        .kind = kind, .learning_rates = {kind->learning_rate}, .rates = 1, .weight_decay = kind->weight_decay};
    settings_reset(kind->settings, &optimiser.own);
    return optimiser;
}

struct optimiser optimiser_default(void)
{
    return optimiser_usual(optimiser_kinds[0]);
}

/* ---- reading and writing */

int optimiser_read(struct json json, struct optimiser *optimiser, struct error *err)
{
    int which = 0;
    *optimiser = optimiser_default();
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err);
    if (!status)
        status = settings_choose(json_member(&json, "name"), kind_name, &which, err);
    if (status)
        return status;
    *optimiser = optimiser_usual(optimiser_kinds[which]);
    struct tables tables = tables_of(optimiser);
    status = settings_known(json, tables.parts, err);
    if (!status)
        status = settings_read(json, SETTINGS(optimiser->kind->settings, &optimiser->own), NULL, err);
    return status ? status : settings_read(json, SETTINGS_BOTH(before, optimiser, behind, optimiser), NULL, err);
}

void optimiser_normal_form(const struct optimiser *optimiser, struct text *out)
{
    struct optimiser copy = *optimiser;
    struct tables tables = tables_of(&copy);
    settings_write_object(tables.parts, NULL, out);
}

static void setting_reset(const struct setting *setting, void *object)
{
    *(struct optimiser *)setting_member(setting, object) = optimiser_default();
}

static int setting_read(struct json value, const struct setting *setting, void *object, void *context,
                        struct error *err)
{
    (void)context;
    return optimiser_read(value, setting_member(setting, object), err);
}

static void setting_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    optimiser_normal_form(setting_member_of(setting, object), out);
}

const struct setting_type optimiser_setting = {
    .form = "{\"name\": NAME, ...}", .reset = setting_reset, .read = setting_read, .write = setting_write};

static bool kind_topic(int i, struct settings_topic *out)
{
    const struct optimiser_kind *kind = optimiser_kinds[i];
    if (kind)
        *out = (struct settings_topic){.name = kind->name, .about = kind->summary, .settings = {kind->settings}};
    return kind != NULL;
}

const struct settings_topic optimiser_topic = {
    .name = "optimiser",
    .about = "How weights follow gradients: {\"name\": NAME}, what all kinds take, and what that kind has of its own.",
    .settings = {before, behind},
    .part = kind_topic};
