#include "fitness/schedule.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>

static const char *const kind_names[] = {"constant", "step", "cosine", "one_cycle", NULL};

static const char *const kind_keys[][5] = {
    [SCHEDULE_CONSTANT] = {"name", "warmup", NULL},
    [SCHEDULE_STEP] = {"name", "every", "factor", "warmup", NULL},
    [SCHEDULE_COSINE] = {"name", "final", "warmup", NULL},
    [SCHEDULE_ONE_CYCLE] = {"name", "peak", "start", "final", NULL},
};

static int read_number(struct json json, const char *key, double min, double max, double *out, struct error *err)
{
    return json_number_or(json_member(&json, key), min, max, out, err);
}

int schedule_read(struct json json, struct schedule *schedule, struct error *err)
{
    *schedule = (struct schedule){.kind = SCHEDULE_CONSTANT, .every = 1, .factor = 0.1, .peak = 0.3, .start = 0.04};
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err), kind = 0;
    if (!status)
        status = json_choice(json_member(&json, "name"), kind_names, &kind, err);
    if (!status)
        status = json_only_keys(json, kind_keys[kind], err);
    int64_t every = schedule->every;
    schedule->final = kind == SCHEDULE_ONE_CYCLE ? 1e-4 : 0;
    if (!status)
        status = json_integer_or(json_member(&json, "every"), 1, 1000000, &every, err);
    if (!status)
        status = read_number(json, "factor", 1e-6, 1, &schedule->factor, err);
    if (!status)
        status = read_number(json, "final", 0, 1, &schedule->final, err);
    if (!status)
        status = read_number(json, "peak", 0, 0.999, &schedule->peak, err);
    if (!status)
        status = read_number(json, "start", 0, 1, &schedule->start, err);
    if (!status)
        status = read_number(json, "warmup", 0, 0.999, &schedule->warmup, err);
    schedule->kind = (enum schedule_kind)kind;
    schedule->every = (int)every;
    return status;
}

/* Half a cosine wave: `from` at step 0, `to` at step `steps`. */
static double wave(double from, double to, double step, double steps)
{
    return to + (from - to) * 0.5 * (1 + cos(3.14159265358979323846 * step / steps));
}

static double one_cycle(const struct schedule *schedule, int64_t step, int64_t steps)
{
    double top = schedule->peak * (double)steps - 1, last = (double)steps - 1;
    if ((double)step < top)
        return wave(schedule->start, 1, (double)step, top);
    return wave(1, schedule->final, (double)step - top, last - top);
}

static double own_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    switch (schedule->kind) {
    case SCHEDULE_CONSTANT:
        return 1;
    case SCHEDULE_STEP: {
        double factor = 1;
        for (int64_t i = step / epoch_steps / schedule->every; i > 0; i--)
            factor *= schedule->factor;
        return factor;
    }
    case SCHEDULE_COSINE:
        return wave(1, schedule->final, (double)step, (double)steps);
    case SCHEDULE_ONE_CYCLE:
        return one_cycle(schedule, step, steps);
    }
    error_impossible(__FILE__, __LINE__, "unknown schedule");
}

double schedule_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
{
    double factor = own_factor(schedule, step, epoch_steps, steps);
    double warm = schedule->warmup * (double)steps, done = (double)step + 1;
    return done < warm ? factor * (done / warm) : factor;
}

static void add_setting(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

void schedule_normal_form(const struct schedule *schedule, struct text *out)
{
    text_addf(out, "{\"name\":\"%s\"", kind_names[schedule->kind]);
    if (schedule->kind == SCHEDULE_STEP) {
        text_addf(out, ",\"every\":%d", schedule->every);
        add_setting("factor", schedule->factor, out);
    }
    if (schedule->kind == SCHEDULE_ONE_CYCLE) {
        add_setting("peak", schedule->peak, out);
        add_setting("start", schedule->start, out);
    }
    if (schedule->kind == SCHEDULE_COSINE || schedule->kind == SCHEDULE_ONE_CYCLE)
        add_setting("final", schedule->final, out);
    /* Left out when 0: databases from before there was a warm-up hold the normal form without it. */
    if (schedule->warmup > 0)
        add_setting("warmup", schedule->warmup, out);
    text_add_char(out, '}');
}
