#include "fitness/schedule.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "fitness/schedule_internal.h"

#include <math.h>

/* ---- the kinds */

static double constant_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)schedule, (void)step, (void)epoch_steps, (void)steps;
    return 1;
}

static double step_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)steps;
    double factor = 1;
    for (int64_t i = step / epoch_steps / (int64_t)schedule->setting[STEP_EVERY]; i > 0; i--)
        factor *= schedule->setting[STEP_FACTOR];
    return factor;
}

/* Half a cosine wave: `from` at step 0, `to` at step `steps`. */
static double wave(double from, double to, double step, double steps)
{
    return to + (from - to) * 0.5 * (1 + cos(3.14159265358979323846 * step / steps));
}

static double cosine_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)epoch_steps;
    return wave(1, schedule->setting[COSINE_FINAL], (double)step, (double)steps);
}

static double one_cycle_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    (void)epoch_steps;
    const double *setting = schedule->setting;
    double top = setting[ONE_CYCLE_PEAK] * (double)steps - 1, last = (double)steps - 1;
    if ((double)step < top)
        return wave(setting[ONE_CYCLE_START], 1, (double)step, top);
    return wave(1, setting[ONE_CYCLE_FINAL], (double)step - top, last - top);
}

static const struct schedule_kind constant = {.name = "constant", .warms = true, .factor = constant_factor};
static const struct schedule_kind step = {
    .name = "step",
    .warms = true,
    .setting = {[STEP_EVERY] = {.key = "every", .whole = true, .least = 1, .most = 1000000, .usual = 1},
                [STEP_FACTOR] = {.key = "factor", .least = 1e-6, .most = 1, .usual = 0.1}},
    .factor = step_factor};
static const struct schedule_kind cosine = {.name = "cosine",
                                            .warms = true,
                                            .setting = {[COSINE_FINAL] = {.key = "final", .least = 0, .most = 1}},
                                            .factor = cosine_factor};
static const struct schedule_kind one_cycle = {
    .name = "one_cycle",
    .setting = {[ONE_CYCLE_PEAK] = {.key = "peak", .least = 0, .most = 0.999, .usual = 0.3},
                [ONE_CYCLE_START] = {.key = "start", .least = 0, .most = 1, .usual = 0.04},
                [ONE_CYCLE_FINAL] = {.key = "final", .least = 0, .most = 1, .usual = 1e-4}},
    .factor = one_cycle_factor};

const struct schedule_kind *const schedule_kinds[] = {&constant, &step, &cosine, &one_cycle, NULL};
enum { KINDS = sizeof schedule_kinds / sizeof *schedule_kinds - 1 };

double schedule_factor(const struct schedule *schedule, int64_t at, int64_t epoch_steps, int64_t steps)
{
    double factor = schedule->kind->factor(schedule, at, epoch_steps, steps);
    double warm = schedule->warmup * (double)steps, done = (double)at + 1;
    return done < warm ? factor * (done / warm) : factor;
}

/* ---- reading and writing */

static struct schedule usual(const struct schedule_kind *kind)
{
    struct schedule schedule = {.kind = kind};
    for (int i = 0; i < SCHEDULE_SETTINGS; i++)
        schedule.setting[i] = kind->setting[i].usual;
    return schedule;
}

struct schedule schedule_default(void)
{
    return usual(schedule_kinds[0]);
}

/* How many settings the kind has of its own; they stand first. */
static int count_settings(const struct schedule_kind *kind)
{
    int count = 0;
    while (count < SCHEDULE_SETTINGS && kind->setting[count].key)
        count++;
    return count;
}

static int only_known_keys(struct json json, const struct schedule_kind *kind, struct error *err)
{
    const char *keys[SCHEDULE_SETTINGS + 3] = {"name"};
    int count = 1;
    for (int i = 0; i < count_settings(kind); i++)
        keys[count++] = kind->setting[i].key;
    keys[count] = kind->warms ? "warmup" : NULL;
    return json_only_keys(json, keys, err);
}

static int read_setting(struct json json, const struct schedule_setting *setting, double *value, struct error *err)
{
    struct json member = json_member(&json, setting->key);
    if (!setting->whole)
        return json_number_or(member, setting->least, setting->most, value, err);
    int64_t whole = (int64_t)*value;
    int status = json_integer_or(member, (int64_t)setting->least, (int64_t)setting->most, &whole, err);
    *value = (double)whole;
    return status;
}

static int read_kind(struct json json, const struct schedule_kind **kind, struct error *err)
{
    const char *names[KINDS + 1] = {NULL};
    int which = 0;
    for (int i = 0; i < KINDS; i++)
        names[i] = schedule_kinds[i]->name;
    int status = json_choice(json, names, &which, err);
    *kind = schedule_kinds[which];
    return status;
}

int schedule_read(struct json json, struct schedule *schedule, struct error *err)
{
    const struct schedule_kind *kind = NULL;
    *schedule = schedule_default();
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err);
    if (!status)
        status = read_kind(json_member(&json, "name"), &kind, err);
    if (status)
        return status;
    *schedule = usual(kind);
    status = only_known_keys(json, kind, err);
    for (int i = 0; !status && i < count_settings(kind); i++)
        status = read_setting(json, &kind->setting[i], &schedule->setting[i], err);
    return status ? status : json_number_or(json_member(&json, "warmup"), 0, 0.999, &schedule->warmup, err);
}

static void add_setting(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

void schedule_normal_form(const struct schedule *schedule, struct text *out)
{
    const struct schedule_kind *kind = schedule->kind;
    text_addf(out, "{\"name\":\"%s\"", kind->name);
    for (int i = 0; i < count_settings(kind); i++)
        if (kind->setting[i].whole)
            text_addf(out, ",\"%s\":%d", kind->setting[i].key, (int)schedule->setting[i]);
        else
            add_setting(kind->setting[i].key, schedule->setting[i], out);
    /* Left out when 0: databases from before there was a warm-up hold the normal form without it. */
    if (schedule->warmup > 0)
        add_setting("warmup", schedule->warmup, out);
    text_add_char(out, '}');
}
