#include "nn/schedule.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>

static const char *const kind_names[] = {"constant", "step", "cosine", NULL};

static const char *const kind_keys[][4] = {
    [SCHEDULE_CONSTANT] = {"name", NULL},
    [SCHEDULE_STEP] = {"name", "every", "factor", NULL},
    [SCHEDULE_COSINE] = {"name", "final", NULL},
};

int schedule_read(struct json json, struct schedule *schedule, struct error *err)
{
    *schedule = (struct schedule){.kind = SCHEDULE_CONSTANT, .every = 1, .factor = 0.1};
    if (!json_exists(json))
        return 0;
    int status = json_object(json, err), kind = 0;
    if (!status)
        status = json_choice(json_member(&json, "name"), kind_names, &kind, err);
    if (!status)
        status = json_only_keys(json, kind_keys[kind], err);
    int64_t every = schedule->every;
    if (!status)
        status = json_integer_or(json_member(&json, "every"), 1, 1000000, &every, err);
    if (!status)
        status = json_number_or(json_member(&json, "factor"), 1e-6, 1, &schedule->factor, err);
    if (!status)
        status = json_number_or(json_member(&json, "final"), 0, 1, &schedule->final, err);
    schedule->kind = (enum schedule_kind)kind;
    schedule->every = (int)every;
    return status;
}

double schedule_factor(const struct schedule *schedule, int64_t step, int64_t epoch_steps, int64_t steps)
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
    case SCHEDULE_COSINE: {
        double wave = 0.5 * (1 + cos(3.14159265358979323846 * (double)step / (double)steps));
        return schedule->final + (1 - schedule->final) * wave;
    }
    }
    error_impossible(__FILE__, __LINE__, "unknown schedule");
}

void schedule_normal_form(const struct schedule *schedule, struct text *out)
{
    text_addf(out, "{\"name\":\"%s\"", kind_names[schedule->kind]);
    if (schedule->kind == SCHEDULE_STEP) {
        text_addf(out, ",\"every\":%d,\"factor\":", schedule->every);
        text_add_number(out, schedule->factor);
    } else if (schedule->kind == SCHEDULE_COSINE) {
        text_add(out, ",\"final\":");
        text_add_number(out, schedule->final);
    }
    text_add_char(out, '}');
}
