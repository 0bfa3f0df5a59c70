/* Schedules, against numbers worked out by hand; and the contract, held against every entry of their table. */
#include "json.h"
#include "testing.h"

#include "base/json.h"
#include "base/text.h"
#include "fitness/schedule_internal.h"

#include <math.h>
#include <stdio.h>

static int read_schedule(const char *text, struct schedule *schedule, struct error *err)
{
    struct json_document *document = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = schedule_read(json_root(document), schedule, err);
    json_document_free(document);
    return status;
}

static struct schedule schedule_of(const char *text)
{
    struct error err;
    struct schedule schedule;
    ASSERT_OK(read_schedule(text, &schedule, &err));
    return schedule;
}

static void assert_factor(const struct schedule *schedule, int64_t step, int64_t steps, double expected)
{
    double factor = schedule_factor(schedule, step, 10, steps);
    ck_assert_msg(fabs(factor - expected) < 1e-14, "step %d of %d: %.17g, expected %.17g", (int)step, (int)steps,
                  factor, expected);
}

START_TEST(schedules_follow_their_formulas)
{
    struct error err;
    struct schedule schedule;
    ASSERT_OK(read_schedule("{\"name\": \"constant\"}", &schedule, &err));
    ck_assert_double_eq(schedule_factor(&schedule, 77, 10, 100), 1);
    ASSERT_OK(read_schedule("{\"name\": \"step\", \"every\": 2, \"factor\": 0.5}", &schedule, &err));
    static const double halves[] = {1, 1, 0.5, 0.5, 0.25};
    for (int epoch = 0; epoch < 5; epoch++) {
        ck_assert_double_eq(schedule_factor(&schedule, epoch * 10, 10, 100), halves[epoch]);
        ck_assert_double_eq(schedule_factor(&schedule, epoch * 10 + 9, 10, 100), halves[epoch]);
    }
    ASSERT_OK(read_schedule("{\"name\": \"cosine\", \"final\": 0.2}", &schedule, &err));
    ck_assert_double_eq(schedule_factor(&schedule, 0, 10, 100), 1);
    ck_assert_double_eq_tol(schedule_factor(&schedule, 50, 10, 100), 0.6, 1e-15);
    ck_assert_double_eq_tol(schedule_factor(&schedule, 25, 10, 100), 0.2 + 0.8 * (0.5 + sqrt(0.125)), 1e-15);
    ck_assert_double_gt(schedule_factor(&schedule, 99, 10, 100), 0.2);
    ASSERT_FAILS(read_schedule("{\"name\": \"cosine\", \"every\": 2}", &schedule, &err), ERROR_INPUT,
                 "$.every: unknown");
    ASSERT_FAILS(read_schedule("{\"name\": \"stair\"}", &schedule, &err), ERROR_INPUT,
                 "$.name: expected one of constant");
}
END_TEST

START_TEST(warm_up_is_a_straight_line_to_the_own_value)
{
    struct schedule schedule = schedule_of("{\"name\": \"constant\", \"warmup\": 0.05}");
    static const double line[] = {0.2, 0.4, 0.6, 0.8, 1, 1, 1};
    for (int i = 0; i < 7; i++)
        assert_factor(&schedule, i, 100, line[i]);
    assert_factor(&schedule, 99, 100, 1);
    /* 2.5 steps of 10: 1/2.5, 2/2.5, then all */
    schedule = schedule_of("{\"name\": \"constant\", \"warmup\": 0.25}");
    static const double uneven[] = {0.4, 0.8, 1, 1};
    for (int i = 0; i < 4; i++)
        assert_factor(&schedule, i, 10, uneven[i]);
    /* a warm-up that is longer than the first epochs (of 10 steps) rises towards what has fallen */
    schedule = schedule_of("{\"name\": \"step\", \"every\": 1, \"factor\": 0.5, \"warmup\": 0.4}");
    assert_factor(&schedule, 0, 50, 0.05);
    assert_factor(&schedule, 9, 50, 0.5);
    assert_factor(&schedule, 10, 50, 0.275);
    assert_factor(&schedule, 19, 50, 0.5);
    assert_factor(&schedule, 20, 50, 0.25);
    /* half a wave over 60 steps: cos(pi/6), cos(pi/3), cos(pi/2) at 10, 20, 30 */
    schedule = schedule_of("{\"name\": \"cosine\", \"final\": 0.1, \"warmup\": 0.35}");
    assert_factor(&schedule, 10, 60, (0.1 + 0.45 * (1 + sqrt(0.75))) * 11 / 21);
    assert_factor(&schedule, 20, 60, 0.775);
    assert_factor(&schedule, 30, 60, 0.55);
    /* a run of one step has no time to warm up */
    assert_factor(&schedule, 0, 1, 1);
}
END_TEST

static double own(const struct schedule *schedule, const char *key)
{
    const struct setting *setting = settings_find(schedule->kind->settings, key);
    return *(const double *)setting_member_of(setting, &schedule->own);
}

/* 20 steps, the top at step 0.3*20 - 1 = 5, the end at 19. */
START_TEST(one_cycle_climbs_and_falls)
{
    struct schedule schedule = schedule_of("{\"name\": \"one_cycle\"}");
    ck_assert(own(&schedule, "peak") == 0.3 && own(&schedule, "start") == 0.04 && own(&schedule, "final") == 1e-4 &&
              schedule.warmup == 0);
    assert_factor(&schedule, 0, 20, 0.04);
    assert_factor(&schedule, 1, 20, 1 - 0.96 * (0.5 + 0.125 * (1 + sqrt(5)))); /* cos 36 degrees is (1 + sqrt 5) / 4 */
    assert_factor(&schedule, 5, 20, 1);
    assert_factor(&schedule, 12, 20, (1 + 1e-4) / 2);
    assert_factor(&schedule, 19, 20, 1e-4);
    for (int i = 1; i < 20; i++) {
        double before = schedule_factor(&schedule, i - 1, 10, 20), now = schedule_factor(&schedule, i, 10, 20);
        ck_assert((now > before) == (i <= 5));
    }
    schedule = schedule_of("{\"name\": \"one_cycle\", \"peak\": 0.5, \"start\": 0.2, \"final\": 0}");
    assert_factor(&schedule, 2, 10, 0.6); /* the top at 4, the end at 9 */
    assert_factor(&schedule, 4, 10, 1);
    assert_factor(&schedule, 9, 10, 0);
    /* runs too short for a climb */
    for (int steps = 1; steps <= 4; steps++)
        for (int i = 0; i < steps; i++) {
            double factor = schedule_factor(&schedule, i, 1, steps);
            ck_assert(factor >= 0 && factor <= 1);
        }
}
END_TEST

/* torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=20, pct_start=0.3, div_factor=25,
   final_div_factor=1e4, anneal_strategy='cos'), where final is start/1e4; its formulas by hand. */
START_TEST(one_cycle_is_that_of_pytorch)
{
    struct schedule schedule = schedule_of("{\"name\": \"one_cycle\", \"final\": 4e-6}");
    for (int k = 0; k < 20; k++) {
        double share = k <= 5 ? k / 5.0 : (k - 5) / 14.0;
        double from = k <= 5 ? 0.04 : 1, to = k <= 5 ? 1 : 4e-6;
        assert_factor(&schedule, k, 20, to + (from - to) / 2 * (1 + cos(M_PI * share)));
    }
}
END_TEST

START_TEST(schedules_are_read_and_written)
{
    static const struct {
        const char *text, *form;
    } cases[] = {
        {"{\"name\": \"constant\", \"warmup\": 0}", "{\"name\":\"constant\"}"},
        {"{\"name\": \"constant\", \"warmup\": 0.1}", "{\"name\":\"constant\",\"warmup\":0.1}"},
        {"{\"name\": \"step\", \"warmup\": 0.5}", "{\"name\":\"step\",\"every\":1,\"factor\":0.1,\"warmup\":0.5}"},
        {"{\"name\": \"cosine\"}", "{\"name\":\"cosine\",\"final\":0}"},
        {"{\"name\": \"one_cycle\", \"peak\": 0.2}",
         "{\"name\":\"one_cycle\",\"peak\":0.2,\"start\":0.04,\"final\":0.0001}"},
    };
    struct error err;
    struct schedule schedule;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
        schedule = schedule_of(cases[i].text);
        schedule_normal_form(&schedule, &first);
        ck_assert_str_eq(text_string(&first), cases[i].form);
        schedule = schedule_of(text_string(&first));
        schedule_normal_form(&schedule, &second);
        ck_assert_str_eq(text_string(&first), text_string(&second));
        text_release(&first);
        text_release(&second);
    }
    ASSERT_FAILS(read_schedule("{\"name\": \"constant\", \"warmup\": 1}", &schedule, &err), ERROR_INPUT,
                 "$.warmup: expected a number");
    ASSERT_FAILS(read_schedule("{\"name\": \"one_cycle\", \"warmup\": 0.1}", &schedule, &err), ERROR_INPUT,
                 "$.warmup: unknown");
    ASSERT_FAILS(read_schedule("{\"name\": \"one_cycle\", \"peak\": 1}", &schedule, &err), ERROR_INPUT, "$.peak: ");
    ASSERT_FAILS(read_schedule("{\"name\": \"cosine\", \"peak\": 0.5}", &schedule, &err), ERROR_INPUT,
                 "$.peak: unknown");
}
END_TEST

/* ---- the contract */

static void assert_refused(const struct schedule_kind *kind, const char *key, double value)
{
    struct error err = ERROR_EMPTY;
    struct schedule schedule;
    char text[200], place[100];
    snprintf(text, sizeof text, "{\"name\": \"%s\", \"%s\": %.17g}", kind->name, key, value);
    snprintf(place, sizeof place, "$.%s", key);
    ck_assert_msg(read_schedule(text, &schedule, &err) == ERROR_INPUT && strstr(err.where, place), "%s: %s", text,
                  err.where);
}

/* A setting at both ends of its range: read, written, read again; a factor follows from it that a rate can be
   multiplied by, whatever the step. */
static void check_end(const struct schedule_kind *kind, const char *key, double value)
{
    char text[200];
    struct text form = TEXT_EMPTY, again = TEXT_EMPTY;
    snprintf(text, sizeof text, "{\"name\": \"%s\", \"%s\": %.17g}", kind->name, key, value);
    struct schedule schedule = schedule_of(text);
    schedule_normal_form(&schedule, &form);
    schedule = schedule_of(text_string(&form));
    schedule_normal_form(&schedule, &again);
    ck_assert_str_eq(text_string(&form), text_string(&again));
    ck_assert_msg(strstr(text_string(&form), key) || value == 0, "%s lacks %s", text_string(&form), key);
    for (int64_t steps = 1; steps <= 41; steps += 8)
        for (int64_t k = 0; k < steps; k++) {
            double factor = schedule_factor(&schedule, k, 4, steps);
            ck_assert_msg(factor >= 0 && factor <= 1, "%s, step %d of %d: %g", text, (int)k, (int)steps, factor);
        }
    text_release(&form);
    text_release(&again);
}

START_TEST(every_schedule_keeps_the_contract)
{
    const struct schedule_kind *const first = schedule_kinds[0];
    ck_assert(schedule_default().kind == first);
    for (const struct schedule_kind *const *kind = schedule_kinds; *kind; kind++) {
        const struct schedule_kind *k = *kind;
        ck_assert(k->name && k->summary && k->factor);
        for (const struct schedule_kind *const *other = schedule_kinds; other < kind; other++)
            ck_assert_str_ne((*other)->name, k->name);
        for (const struct setting *s = k->settings; s && s->key; s++) {
            ck_assert(s->least <= s->usual && s->usual <= s->most);
            check_end(k, s->key, s->usual);
            check_end(k, s->key, s->least);
            check_end(k, s->key, s->most);
            assert_refused(k, s->key, s->most + 1);
            assert_refused(k, s->key, s->least - 1);
        }
        assert_refused(k, "another", 0);
        if (!k->warms) {
            assert_refused(k, "warmup", 0.1);
            continue;
        }
        check_end(k, "warmup", 0);
        check_end(k, "warmup", 0.999);
        assert_refused(k, "warmup", 1);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("schedule", 60, schedules_follow_their_formulas, warm_up_is_a_straight_line_to_the_own_value,
                     one_cycle_climbs_and_falls, one_cycle_is_that_of_pytorch, schedules_are_read_and_written,
                     every_schedule_keeps_the_contract);
}
