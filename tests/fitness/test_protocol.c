/* The object training: read, refused, written; metrics and figures. */
#include "fitness_testing.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>

static const char *const defaults =
    "{\"epochs\":2,\"batch\":128,\"seeds\":1,\"first_seed\":0,\"init\":\"auto\",\"optimiser\":{\"name\":\"adam\","
    "\"learning_rate\":0.001,\"beta1\":0.9,\"beta2\":0.999,\"epsilon\":1e-08,\"weight_decay\":0,\"clip_norm\":0},"
    "\"schedule\":{\"name\":\"constant\"},\"metric\":\"default\",\"validate_every\":1,\"augment\":{\"shift\":0,"
    "\"flip\":false},"
    "\"divergence\":{\"factor\":10,\"loss\":0},\"watch\":false}";

START_TEST(normal_forms_read_back)
{
    static const char *const texts[] = {
        "{}",
        "{\"epochs\": 7, \"batch\": 32, \"seeds\": 3, \"first_seed\": 100, \"init\": \"he\", \"metric\": "
        "\"validation_loss\","
        "\"optimiser\": {\"name\": \"sgd\", \"learning_rate\": 0.3}, \"schedule\": {\"name\": \"step\", \"every\": 2},"
        "\"validate_every\": 5, \"divergence\": {\"factor\": 3, \"loss\": 50}}",
        "{\"schedule\": {\"name\": \"cosine\", \"final\": 0.1}, \"init\": \"xavier\"}",
    };
    struct error err;
    struct protocol protocol;
    struct text forms[3];
    for (int i = 0; i < 3; i++) {
        struct text again = TEXT_EMPTY;
        forms[i] = TEXT_EMPTY;
        ASSERT_OK(read_protocol(texts[i], &protocol, &err));
        protocol_normal_form(&protocol, &forms[i]);
        ASSERT_OK(read_protocol(text_string(&forms[i]), &protocol, &err));
        protocol_normal_form(&protocol, &again);
        ck_assert_str_eq(text_string(&forms[i]), text_string(&again));
        text_release(&again);
    }
    ck_assert_str_eq(text_string(&forms[0]), defaults);
    ck_assert_ptr_nonnull(strstr(text_string(&forms[1]), "\"first_seed\":100"));
    ck_assert_ptr_nonnull(strstr(text_string(&forms[1]), "\"every\":2,\"factor\":0.1"));
    ck_assert_ptr_nonnull(strstr(text_string(&forms[1]), "\"divergence\":{\"factor\":3,\"loss\":50}"));
    for (int i = 0; i < 3; i++)
        text_release(&forms[i]);
}
END_TEST

START_TEST(wrong_protocols_are_refused_with_their_place)
{
    static const struct {
        const char *text, *fragment;
    } cases[] = {
        {"[]", "expected an object"},
        {"{\"epoch\": 2}", "$.epoch: unknown key"},
        {"{\"epochs\": 0}", "$.epochs: expected an integer"},
        {"{\"batch\": 1.5}", "$.batch: expected an integer"},
        {"{\"seeds\": \"3\"}", "$.seeds: expected an integer"},
        {"{\"init\": \"ha\"}", "$.init: expected one of he, xavier, auto"},
        {"{\"metric\": \"accuracy\"}", "$.metric: expected one of validation_accuracy"},
        {"{\"optimiser\": {\"name\": \"adam\", \"lr\": 1}}", "$.optimiser.lr: unknown key"},
        {"{\"schedule\": {\"name\": \"cosine\", \"final\": 2}}", "$.schedule.final: expected a number"},
        {"{\"divergence\": {\"factor\": 0}}", "$.divergence.factor: expected a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct protocol protocol;
        ASSERT_FAILS(read_protocol(cases[i].text, &protocol, &err), ERROR_INPUT, cases[i].fragment);
    }
}
END_TEST

START_TEST(metrics_know_their_direction)
{
    const struct trial trial = {.validation.accuracy = 0.75, .validation.loss = 0.5, .train_loss = 0.25};
    ck_assert_double_eq(metric_score(METRIC_VALIDATION_accuracy, &trial), 0.75);
    ck_assert_double_eq(metric_score(METRIC_VALIDATION_loss, &trial), -0.5);
    ck_assert_double_eq(metric_score(METRIC_TRAIN_LOSS, &trial), -0.25);
    ck_assert_str_eq(metric_name(METRIC_VALIDATION_loss), "validation_loss");
    char formula[40];
    ck_assert_str_eq(metric_formula(METRIC_VALIDATION_rmse, formula), "-validation_rmse");
    ck_assert_str_eq(metric_formula(METRIC_VALIDATION_r2, formula), "validation_r2");
    ck_assert_str_eq(outcome_name(OUTCOME_non_finite), "non_finite");
    for (int i = 0; i < OUTCOME_COUNT; i++)
        ck_assert_int_gt((int)strlen(outcome_meaning((enum outcome)i)), 10);
}
END_TEST

START_TEST(the_metric_follows_the_data)
{
    static const struct {
        enum data_target target;
        enum metric metric;
    } usual[] = {{DATA_TARGET_CLASS, METRIC_VALIDATION_accuracy},
                 {DATA_TARGET_NUMBER, METRIC_VALIDATION_r2},
                 {DATA_TARGET_NEXT, METRIC_VALIDATION_bits}};
    struct error err;
    for (int i = 0; i < 3; i++) {
        struct protocol protocol = {.metric = METRIC_DEFAULT};
        ASSERT_OK(protocol_settle(&protocol, usual[i].target, (struct json){0}, &err));
        ck_assert_int_eq((int)protocol.metric, (int)usual[i].metric);
    }
    struct protocol wrong = {.metric = METRIC_VALIDATION_accuracy};
    ASSERT_FAILS(protocol_settle(&wrong, DATA_TARGET_NUMBER, (struct json){0}, &err), ERROR_INPUT, "means nothing");
}
END_TEST

/* By hand: scores 0.5, 0.7, 0.9 have mean 0.7 and sample deviation 0.2. */
START_TEST(figures_are_means_and_sample_deviations)
{
    struct error err;
    struct evaluation evaluation = EVALUATION_EMPTY;
    ASSERT_OK(evaluation_reserve(&evaluation, 3, 0, 0, 0, &err));
    for (int i = 0; i < 3; i++)
        evaluation.trials[evaluation.trial_count++] =
            (struct trial){.score = 0.5 + 0.2 * i, .validation.loss = 1, .train_loss = i};
    evaluation_conclude(&evaluation);
    ck_assert(result_is_ok(&evaluation.result));
    ck_assert_double_eq_tol(result_score(&evaluation.result), 0.7, 1e-15);
    ck_assert_double_eq_tol(result_score_deviation(&evaluation.result), 0.2, 1e-15);
    ck_assert_double_eq(evaluation.result.validation.loss.deviation, 0);
    ck_assert_double_eq(evaluation.result.train_loss.mean, 1);
    ck_assert_double_eq(evaluation.result.train_loss.deviation, 1);
    evaluation.trial_count = 1;
    evaluation_conclude(&evaluation);
    ck_assert(isnan(result_score_deviation(&evaluation.result)));
    evaluation.trials[0].outcome = OUTCOME_diverged;
    evaluation_conclude(&evaluation);
    ck_assert_int_eq((int)evaluation.result.outcome, OUTCOME_diverged);
    ck_assert(isnan(result_score(&evaluation.result)) && isnan(evaluation.result.validation.accuracy.mean));
    evaluation_release(&evaluation);
    evaluation_release(&evaluation);
}
END_TEST

START_TEST(equality_sees_every_part)
{
    struct error err;
    struct evaluation pair[2] = {EVALUATION_EMPTY, EVALUATION_EMPTY};
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(evaluation_reserve(&pair[i], 2, 2, 2, 2, &err));
        pair[i].trials[pair[i].trial_count++] = (struct trial){.score = 0.5, .train_loss = NAN};
        pair[i].curve[pair[i].epoch_count++] = (struct epoch){.number = 1, .validation.loss = 2};
        pair[i].parameters[pair[i].parameter_count++] = (struct learned){.value = 3};
        pair[i].snapshots[pair[i].snapshot_count++] = (struct snapshot){.watched = {.layer = "act1", .dead = 0.5}};
        evaluation_conclude(&pair[i]);
    }
    pair[1].result.cost.wall_seconds = 9;
    ck_assert(evaluation_equal(&pair[0], &pair[1]));
    double *parts[] = {&pair[1].result.objective[0].mean, &pair[1].trials[0].train_loss,
                       &pair[1].curve[0].validation.loss, &pair[1].parameters[0].value,
                       &pair[1].result.train_loss.mean,   &pair[1].snapshots[0].watched.dead};
    for (int i = 0; i < 6; i++) {
        double kept = *parts[i];
        *parts[i] = isnan(kept) ? 1 : nextafter(kept, 10);
        ck_assert_msg(!evaluation_equal(&pair[0], &pair[1]), "part %d", i);
        *parts[i] = kept;
        ck_assert(evaluation_equal(&pair[0], &pair[1]));
    }
    pair[1].parameters[0].channel++;
    ck_assert(!evaluation_equal(&pair[0], &pair[1]));
    pair[1].parameters[0].channel--;
    pair[1].snapshot_count = 0;
    ck_assert(!evaluation_equal(&pair[0], &pair[1]));
    pair[1].snapshot_count = 1;
    pair[1].epoch_count = 0;
    ck_assert(!evaluation_equal(&pair[0], &pair[1]));
    evaluation_release(&pair[0]);
    evaluation_release(&pair[1]);
}
END_TEST

int main(void)
{
    return RUN_TESTS("protocol", 60, normal_forms_read_back, wrong_protocols_are_refused_with_their_place,
                     metrics_know_their_direction, the_metric_follows_the_data, figures_are_means_and_sample_deviations,
                     equality_sees_every_part);
}
