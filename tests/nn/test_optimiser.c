/* The contract of optimisers, held against every entry of optimisers.def; and AdamW: reading it, and its loop against
   steps worked out by hand and a twin in double. That all of them are the textbook's is shown by test_training.c. */
#include "nn_testing.h"

#include "base/isa.h"
#include "base/json.h"
#include "base/text.h"
#include "loops/array.h"
#include "nn/optimiser_internal.h"

#include <math.h>
#include <stdio.h>

static int read_optimiser(const char *text, struct optimiser *optimiser, struct error *err)
{
    struct json_document *document = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = optimiser_read(json_root(document), optimiser, err);
    json_document_free(document);
    return status;
}

START_TEST(adamw_is_read_and_written)
{
    static const char *const form = "{\"name\":\"adamw\",\"learning_rate\":0.001,\"beta1\":0.9,\"beta2\":0.999,"
                                    "\"epsilon\":1e-08,\"weight_decay\":0.01,\"clip_norm\":0}";
    struct error err;
    struct optimiser optimiser;
    struct text text = TEXT_EMPTY;
    ASSERT_OK(read_optimiser("{\"name\": \"adamw\"}", &optimiser, &err));
    ck_assert(optimiser.kind == &optimiser_adamw && optimiser.weight_decay == 0.01);
    optimiser_normal_form(&optimiser, &text);
    ck_assert_str_eq(text_string(&text), form);
    text_release(&text);
    ASSERT_OK(read_optimiser(form, &optimiser, &err));
    ASSERT_OK(read_optimiser("{\"name\": \"adamw\", \"weight_decay\": 0, \"beta1\": 0.5}", &optimiser, &err));
    ck_assert(optimiser.weight_decay == 0 && *own_number(&optimiser, "beta1") == 0.5);
    ASSERT_FAILS(read_optimiser("{\"name\": \"adamw\", \"momentum\": 0}", &optimiser, &err), ERROR_INPUT,
                 "$.momentum: unknown");
    /* the others keep their defaults */
    ASSERT_OK(read_optimiser("{\"name\": \"adam\"}", &optimiser, &err));
    ck_assert_double_eq(optimiser.weight_decay, 0);
    ASSERT_OK(read_optimiser("{\"name\": \"sgd\"}", &optimiser, &err));
    ck_assert_double_eq(optimiser.weight_decay, 0);
}
END_TEST

/* rate 0.5, decay 0.25, w = 8, g = 3, both betas 0, epsilon 1: w (1 - 0.125) = 7, then less
   0.5 * 3 / (3 + 1) = 0.375; with plain Adam the decay would go into the gradient. */
START_TEST(the_decay_does_not_enter_the_moments)
{
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        const struct array_loops *loops = array_loops_for((enum isa)isa);
        struct adam_step step = {.rate = 0.5f, .epsilon = 1, .scale = 1, .shrink = 0.5f * 0.25f};
        float w = 8, g = 3, m = 0, v = 0;
        loops->adam(1, &step, &g, &w, &m, &v);
        ck_assert_float_eq(w, 6.625f);
        ck_assert(m == 3 && v == 9);
        /* no gradient at all: the weight still shrinks */
        g = m = v = 0;
        loops->adam(1, &step, &g, &w, &m, &v);
        ck_assert_float_eq(w, 6.625f * 0.875f);
    }
}
END_TEST

/* The published algorithm, line by line, over several steps with a changing rate. */
START_TEST(the_loop_is_the_published_algorithm)
{
    enum { N = 37, STEPS = 20 };
    const double beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3, decay = 0.1;
    const struct array_loops *loops = array_loops_for(isa_best());
    float w[N], m[N] = {0}, v[N] = {0}, g[N];
    double w2[N], m2[N] = {0}, v2[N] = {0};
    for (int i = 0; i < N; i++) {
        w[i] = (float)(i - 18) * 0.1f;
        w2[i] = (double)w[i];
    }
    for (int t = 1; t <= STEPS; t++) {
        double rate = 0.05 / t, c1 = 1 - pow(beta1, t), c2 = 1 - pow(beta2, t);
        struct adam_step step = {.beta1 = (float)beta1,
                                 .beta2 = (float)beta2,
                                 .rate = (float)(rate * sqrt(c2) / c1),
                                 .epsilon = (float)(epsilon * sqrt(c2)),
                                 .scale = 1,
                                 .shrink = (float)(rate * decay)};
        for (int i = 0; i < N; i++) {
            g[i] = sinf((float)(i * t));
            double gradient = (double)g[i];
            w2[i] *= 1 - rate * decay;
            m2[i] = beta1 * m2[i] + (1 - beta1) * gradient;
            v2[i] = beta2 * v2[i] + (1 - beta2) * gradient * gradient;
            w2[i] -= rate * (m2[i] / c1) / (sqrt(v2[i] / c2) + epsilon);
        }
        loops->adam(N, &step, g, w, m, v);
    }
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol((double)w[i], w2[i], 2e-6);
}
END_TEST

/* ---- the contract: reading and writing */

enum {
    KINDS = 0
#define OPTIMISER(name) +1
#include "nn/optimisers.def"
#undef OPTIMISER
};

static struct optimiser optimiser_of(const char *text)
{
    struct error err;
    struct optimiser optimiser;
    ASSERT_OK(read_optimiser(text, &optimiser, &err));
    return optimiser;
}

static struct optimiser with_setting(const struct optimiser_kind *kind, const char *key, double value)
{
    char text[200];
    snprintf(text, sizeof text, "{\"name\": \"%s\", \"%s\": %.17g}", kind->name, key, value);
    return optimiser_of(text);
}

static void assert_refused(const struct optimiser_kind *kind, const char *key, const char *value)
{
    struct error err = ERROR_EMPTY;
    struct optimiser optimiser;
    char text[200], place[100];
    snprintf(text, sizeof text, "{\"name\": \"%s\", \"%s\": %s}", kind->name, key, value);
    snprintf(place, sizeof place, "$.%s", key);
    ck_assert_msg(read_optimiser(text, &optimiser, &err) == ERROR_INPUT && strstr(err.where, place), "%s: %s", text,
                  err.where);
}

static void check_setting(const struct optimiser_kind *kind, const struct setting *setting)
{
    const char *key = setting->key;
    char form[100], beyond[40];
    struct text text = TEXT_EMPTY;
    struct optimiser optimiser = optimiser_default();
    if (setting->kind == SETTING_IS_BOOL) {
        snprintf(form, sizeof form, "{\"name\": \"%s\", \"%s\": true}", kind->name, key);
        optimiser = optimiser_of(form);
        ck_assert(*own_flag(&optimiser, key));
        snprintf(form, sizeof form, ",\"%s\":true,", key);
    } else {
        ck_assert_int_eq(setting->kind, SETTING_IS_NUMBER);
        ck_assert(setting->least <= setting->usual && setting->usual <= setting->most);
        optimiser = with_setting(kind, key, setting->least);
        ck_assert(*own_number(&optimiser, key) == setting->least);
        snprintf(beyond, sizeof beyond, "%.17g", setting->most * 1.001 + 0.001);
        assert_refused(kind, key, beyond);
        snprintf(beyond, sizeof beyond, "%.17g", setting->least * 0.999 - 1e-9);
        assert_refused(kind, key, beyond);
        optimiser = with_setting(kind, key, setting->most);
        ck_assert(*own_number(&optimiser, key) == setting->most);
        snprintf(form, sizeof form, ",\"%s\":%.6g,", key, setting->most);
    }
    optimiser_normal_form(&optimiser, &text);
    ck_assert_msg(strstr(text_string(&text), form) != NULL, "%s lacks %s", text_string(&text), form);
    text_release(&text);
    assert_refused(kind, key, "\"much\"");
}

/* Every setting has its range, its default and its place in the normal form, and no other kind's is known. */
START_TEST(settings_are_read_and_written)
{
    const struct optimiser_kind *kind = optimiser_kinds[_i];
    char text[100];
    struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
    snprintf(text, sizeof text, "{\"name\": \"%s\"}", kind->name);
    struct optimiser optimiser = optimiser_of(text);
    ck_assert(optimiser.kind == kind && optimiser.rates == 1 && optimiser.learning_rates[0] == kind->learning_rate);
    ck_assert(optimiser.weight_decay == kind->weight_decay && optimiser.clip_norm == 0);
    for (const struct setting *setting = kind->settings; setting && setting->key; setting++) {
        const void *member = setting_member(setting, &optimiser.own);
        ck_assert((setting->kind == SETTING_IS_BOOL ? *(const bool *)member : *(const double *)member) ==
                  setting->usual);
        check_setting(kind, setting);
    }
    optimiser_normal_form(&optimiser, &first);
    optimiser = optimiser_of(text_string(&first));
    optimiser_normal_form(&optimiser, &second);
    ck_assert_str_eq(text_string(&first), text_string(&second));
    text_release(&first);
    text_release(&second);
    assert_refused(kind, "another", "0");
    assert_refused(kind, "weight_decay", "1.1");
    assert_refused(kind, "clip_norm", "-1");
}
END_TEST

/* ---- the contract: the step, on numbers behind which stands one that is not its own */

enum { N = 37, GUARD = 12345, BOWL_STEPS = 1200 };

struct numbers {
    float w[N + 1], state[OPTIMISER_STATES][N + 1];
    double power[OPTIMISER_POWERS];
};

static struct numbers fresh_numbers(void)
{
    struct numbers numbers = {.power = {1, 1}};
    for (int i = 0; i < N; i++)
        numbers.w[i] = (float)(i % 7 - 3) * 0.25f + 0.1f;
    numbers.w[N] = GUARD;
    for (int s = 0; s < OPTIMISER_STATES; s++)
        numbers.state[s][N] = GUARD;
    return numbers;
}

/* An array that the kind does not say it keeps is not there. */
static void make_step(const struct optimiser *optimiser, enum isa isa, double rate, float scale, float decay,
                      const float *g, struct numbers *numbers)
{
    float *state[OPTIMISER_STATES] = {NULL};
    const struct optimiser_step step = {.optimiser = optimiser,
                                        .loops = array_loops_for(isa),
                                        .power = numbers->power,
                                        .rate = rate,
                                        .scale = scale,
                                        .decay = decay};
    ck_assert_int_le(optimiser->kind->states, OPTIMISER_STATES);
    for (int s = 0; s < optimiser->kind->states; s++)
        state[s] = numbers->state[s];
    if (optimiser->kind->advance)
        optimiser->kind->advance(optimiser, numbers->power);
    optimiser->kind->update(&step, N, g, numbers->w, state);
    ck_assert(numbers->w[N] == GUARD);
    for (int s = 0; s < OPTIMISER_STATES; s++)
        ck_assert(numbers->state[s][N] == GUARD);
}

static struct optimiser usual_of(int kind)
{
    char text[100];
    snprintf(text, sizeof text, "{\"name\": \"%s\"}", optimiser_kinds[kind]->name);
    return optimiser_of(text);
}

/* Against the gradient at first; not at all without one; by a scaled gradient as by that gradient. */
START_TEST(a_step_goes_downhill)
{
    const struct optimiser optimiser = usual_of(_i);
    const float none[N] = {0};
    float g[N], half[N];
    for (int i = 0; i < N; i++) {
        g[i] = (float)(i % 5 - 2) + 0.5f;
        half[i] = 0.5f * g[i];
    }
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        const struct numbers before = fresh_numbers();
        struct numbers still = before, moved = before, scaled = before, halved = before;
        make_step(&optimiser, (enum isa)isa, 0.01, 1, 0, none, &still);
        ck_assert_mem_eq(still.w, before.w, sizeof before.w);
        make_step(&optimiser, (enum isa)isa, 0.01, 1, 0, g, &moved);
        make_step(&optimiser, (enum isa)isa, 0.01, 0.5f, 0, g, &scaled);
        make_step(&optimiser, (enum isa)isa, 0.01, 1, 0, half, &halved);
        for (int i = 0; i < N; i++)
            ck_assert((moved.w[i] - before.w[i]) * g[i] < 0);
        ck_assert_mem_eq(scaled.w, halved.w, sizeof halved.w);
        ck_assert_mem_eq(scaled.state, halved.state, sizeof halved.state);
    }
}
END_TEST

START_TEST(decay_pulls_to_zero)
{
    const struct optimiser optimiser = usual_of(_i);
    const float none[N] = {0};
    const struct numbers before = fresh_numbers();
    struct numbers numbers = before;
    for (int t = 0; t < 3; t++)
        make_step(&optimiser, isa_best(), 0.01, 1, 0.1f, none, &numbers);
    for (int i = 0; i < N; i++)
        ck_assert(fabsf(numbers.w[i]) < fabsf(before.w[i]));
}
END_TEST

/* The least of sum (w - c)^2 / 2, at every level alike; the rate falls to 0, for kinds whose steps do not. */
START_TEST(a_bowl_has_its_bottom_found)
{
    const struct optimiser optimiser = usual_of(_i);
    struct numbers numbers[3];
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        numbers[isa] = fresh_numbers();
        for (int t = 0; t < BOWL_STEPS; t++) {
            float g[N];
            for (int i = 0; i < N; i++)
                g[i] = numbers[isa].w[i] - 0.01f * (float)i;
            make_step(&optimiser, (enum isa)isa, 0.02 * (BOWL_STEPS - t) / BOWL_STEPS, 1, 0, g, &numbers[isa]);
        }
        for (int i = 0; i < N; i++) {
            ck_assert_float_eq_tol(numbers[isa].w[i], 0.01f * (float)i, 1e-3f);
            ck_assert_float_eq_tol(numbers[isa].w[i], numbers[0].w[i], 1e-4f);
        }
    }
}
END_TEST

START_TEST(the_contract_covers_the_table)
{
    ck_assert(optimiser_kinds[KINDS - 1] && !optimiser_kinds[KINDS]);
    ck_assert(optimiser_default().kind == optimiser_kinds[0]);
    for (int i = 0; i < KINDS; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(optimiser_kinds[i]->name, optimiser_kinds[j]->name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, adamw_is_read_and_written);
    tcase_add_test(tests, the_decay_does_not_enter_the_moments);
    tcase_add_test(tests, the_loop_is_the_published_algorithm);
    tcase_add_loop_test(tests, settings_are_read_and_written, 0, KINDS);
    tcase_add_loop_test(tests, a_step_goes_downhill, 0, KINDS);
    tcase_add_loop_test(tests, decay_pulls_to_zero, 0, KINDS);
    tcase_add_loop_test(tests, a_bowl_has_its_bottom_found, 0, KINDS);
    tcase_add_test(tests, the_contract_covers_the_table);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
