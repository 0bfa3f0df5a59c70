#include "fitness/schedule.h"

#include "fitness/schedule_internal.h"

#include <math.h>

/* ---- the kinds */

static double constant_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)schedule, (void)step, (void)epoch_steps, (void)steps;
    return 1;
}
static const struct schedule_kind kind_constant = {
    .name = "constant", .summary = "The optimiser's rate throughout.", .warms = true, .factor = constant_factor};

struct stairs {
    int64_t every;
    double factor;
};
SETTINGS_FIT(struct stairs);

static double step_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)steps;
    const struct stairs *own = (const void *)&schedule->own;
    double factor = 1;
    for (int64_t i = step / epoch_steps / own->every; i > 0; i--)
        factor *= own->factor;
    return factor;
}

static const struct setting step_settings[] = {
    {"every", SETTING_INTEGER(struct stairs, every, 1, 1000000), .usual = 1, .means = "epochs on each step"},
    {"factor", SETTING_NUMBER(struct stairs, factor, 1e-6, 1), .usual = 0.1,
     .means = "what the rate is multiplied by after them"},
    {0}};
static const struct schedule_kind kind_step = {.name = "step",
                                               .summary = "Falls by a factor after every so many epochs.",
                                               .warms = true,
                                               .settings = step_settings,
                                               .factor = step_factor};

/* Half a cosine wave: `from` at step 0, `to` at step `steps`. */
static double wave(double from, double to, double step, double steps)
{
    return to + (from - to) * 0.5 * (1 + cos(3.14159265358979323846 * step / steps));
}

struct fall {
    double final;
};
SETTINGS_FIT(struct fall);

static double cosine_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)epoch_steps;
    const struct fall *own = (const void *)&schedule->own;
    return wave(1, own->final, (double)step, (double)steps);
}

static const struct setting cosine_settings[] = {
    {"final", SETTING_NUMBER(struct fall, final, 0, 1), .means = "where it ends, as a share of the optimiser's rate"},
    {0}};
static const struct schedule_kind kind_cosine = {.name = "cosine",
                                                 .summary = "Falls along half a cosine wave.",
                                                 .warms = true,
                                                 .settings = cosine_settings,
                                                 .factor = cosine_factor};

struct cycle {
    double peak, start, final;
};
SETTINGS_FIT(struct cycle);

static double one_cycle_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)epoch_steps;
    const struct cycle *own = (const void *)&schedule->own;
    double top = own->peak * (double)steps - 1, last = (double)steps - 1;
    if ((double)step < top)
        return wave(own->start, 1, (double)step, top);
    return wave(1, own->final, (double)step - top, last - top);
}

static const struct setting one_cycle_settings[] = {
    {"peak", SETTING_NUMBER(struct cycle, peak, 0, 0.999), .usual = 0.3,
     .means = "where the optimiser's rate is reached, as a share of the training"},
    {"start", SETTING_NUMBER(struct cycle, start, 0, 1), .usual = 0.04,
     .means = "where it begins, as a share of the optimiser's rate"},
    {"final", SETTING_NUMBER(struct cycle, final, 0, 1), .usual = 1e-4, .means = "where it ends"},
    {0}};
static const struct schedule_kind kind_one_cycle = {.name = "one_cycle",
                                                    .summary =
                                                        "Climbs to the optimiser's rate and falls again, both along "
                                                        "half a cosine wave (Smith 2018).",
                                                    .settings = one_cycle_settings,
                                                    .factor = one_cycle_factor};

const struct schedule_kind *const schedule_kinds[] = {&kind_constant, &kind_step, &kind_cosine, &kind_one_cycle, NULL};

double schedule_factor(const struct schedule *schedule, int64_t at, int64_t epoch_steps, int64_t steps)
{
    double factor = schedule->kind->factor(schedule, at, epoch_steps, steps);
    double warm = schedule->warmup * (double)steps, done = (double)at + 1;
    return done < warm ? factor * (done / warm) : factor;
}

/* ---- reading and writing */

static const char *kind_name(int i)
{
    return schedule_kinds[i] ? schedule_kinds[i]->name : NULL;
}

static const struct setting naming[] = {
    {"name", SETTING_DESCRIPTOR(struct schedule, kind), .name_at = kind_name, .required = true}, {0}};
static const struct setting warming[] = {
    {"warmup", SETTING_NUMBER(struct schedule, warmup, 0, 0.999), .added = true,
     .means = "the share of the training in which the rate grows to its own value along a straight line"},
    {0}};

/* What can stand in the object of a kind. */
struct tables {
    struct settings_part parts[3];
};

static struct tables tables_of(struct schedule *schedule)
{
    const struct schedule_kind *kind = schedule->kind;
    return (struct tables){{{naming, schedule, false},
                            {kind->settings, &schedule->own, false},
                            {kind->warms ? warming : NULL, schedule, true}}};
}

static struct schedule usual(const struct schedule_kind *kind)
{
    struct schedule schedule = {.kind = kind};
    settings_reset(kind->settings, &schedule.own);
    return schedule;
}

struct schedule schedule_default(void)
{
    return usual(schedule_kinds[0]);
}

int schedule_read(struct json json, struct schedule *schedule, struct error *err)
{
    int which = 0;
    *schedule = schedule_default();
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err);
    if (!status)
        status = settings_choose(json_member(&json, "name"), kind_name, &which, err);
    if (status)
        return status;
    *schedule = usual(schedule_kinds[which]);
    struct tables tables = tables_of(schedule);
    return settings_read_object(json, tables.parts, NULL, err);
}

void schedule_normal_form(const struct schedule *schedule, struct text *out)
{
    struct schedule copy = *schedule;
    struct tables tables = tables_of(&copy);
    settings_write_object(tables.parts, NULL, out);
}

static void setting_reset(const struct setting *setting, void *object)
{
    *(struct schedule *)setting_member(setting, object) = schedule_default();
}

static int setting_read(struct json value, const struct setting *setting, void *object, void *context,
                        struct error *err)
{
    (void)context;
    return schedule_read(value, setting_member(setting, object), err);
}

static void setting_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    schedule_normal_form(setting_member_of(setting, object), out);
}

const struct setting_type schedule_setting = {
    .form = "{\"name\": NAME, ...}", .reset = setting_reset, .read = setting_read, .write = setting_write};

static bool kind_topic(int i, struct settings_topic *out)
{
    const struct schedule_kind *kind = schedule_kinds[i];
    if (kind)
        *out = (struct settings_topic){
            .name = kind->name, .about = kind->summary, .settings = {kind->settings, kind->warms ? warming : NULL}};
    return kind != NULL;
}

const struct settings_topic schedule_topic = {
    .name = "schedule",
    .about = "How the learning rate changes in a training: {\"name\": NAME} and what that kind has of its own.",
    .settings = {naming},
    .part = kind_topic};
