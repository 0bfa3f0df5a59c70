/* Evaluations as bytes and back. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "result/evaluation.h"

#include <math.h>

/* Filled with numbers that have no end in binary, that many of everything. */
static void fill(struct evaluation *out, int trials, int epochs, int parameters, int snapshots)
{
    static const char *const layers[] = {"conv1", "act1", "a name of some length"};
    struct error err;
    ASSERT_OK(evaluation_reserve(out, trials, epochs, parameters, snapshots, &err));
    for (int i = 0; i < trials; i++)
        out->trials[out->trial_count++] = (struct trial){.seed_index = i, .score = 1 / (3.0 + i), .epochs = 3};
    for (int i = 0; i < epochs; i++)
        out->curve[out->epoch_count++] = (struct epoch){.number = i, .train_loss = NAN, .learning_rate = 0.1};
    for (int i = 0; i < parameters; i++)
        out->parameters[out->parameter_count++] = (struct learned){i, LEARNED_BY_ALL, 17, 0, -1 / (7.0 + i), 3};
    for (int i = 0; i < snapshots; i++)
        out->snapshots[out->snapshot_count++] =
            (struct snapshot){.epoch = i, .watched = {.layer = layers[i % 3], .dead = 1 / (3.0 + i)}};
    evaluation_conclude(out);
    out->result.cost.wall_seconds = 1.5;
}

START_TEST(what_is_packed_comes_back_bit_by_bit)
{
    static const int sizes[][4] = {{0, 0, 0, 0}, {3, 6, 0, 0}, {1, 0, 40, 0}, {2, 4, 1, 7}};
    for (int i = 0; i < 4; i++) {
        struct error err;
        struct evaluation sent = EVALUATION_EMPTY, received = EVALUATION_EMPTY;
        struct text bytes = TEXT_EMPTY;
        fill(&sent, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
        evaluation_pack(&sent, &bytes);
        ASSERT_OK(evaluation_unpack(text_string(&bytes), bytes.length, &received, &err));
        ck_assert(evaluation_equal(&sent, &received));
        ck_assert_double_eq(received.result.cost.wall_seconds, 1.5);
        for (ptrdiff_t k = 0; k < sent.snapshot_count; k++)
            ck_assert_ptr_ne(sent.snapshots[k].watched.layer, received.snapshots[k].watched.layer);
        if (sent.trial_count > 0) { /* the comparison can tell */
            received.trials[0].score += 1e-9;
            ck_assert(!evaluation_equal(&sent, &received));
        }
        evaluation_release(&sent);
        evaluation_release(&received);
        text_release(&bytes);
    }
}
END_TEST

START_TEST(bytes_that_are_none_are_refused)
{
    struct error err;
    struct evaluation sent = EVALUATION_EMPTY, received = EVALUATION_EMPTY;
    struct text bytes = TEXT_EMPTY;
    fill(&sent, 2, 4, 1, 7);
    evaluation_pack(&sent, &bytes);
    for (size_t length = 0; length < bytes.length; length++)
        ASSERT_FAILS(evaluation_unpack(text_string(&bytes), length, &received, &err), ERROR_INTERNAL, "no evaluation");
    text_add_char(&bytes, 'x'); /* something behind the last name, which does not end either */
    ASSERT_FAILS(evaluation_unpack(text_string(&bytes), bytes.length, &received, &err), ERROR_INTERNAL,
                 "no evaluation");
    struct evaluation wrong = sent;
    wrong.trial_count = -1;
    memcpy(bytes.data, &wrong, sizeof wrong);
    ASSERT_FAILS(evaluation_unpack(text_string(&bytes), bytes.length - 1, &received, &err), ERROR_INTERNAL,
                 "no evaluation");
    wrong.trial_count = PTRDIFF_MAX;
    memcpy(bytes.data, &wrong, sizeof wrong);
    ASSERT_FAILS(evaluation_unpack(text_string(&bytes), bytes.length - 1, &received, &err), ERROR_INTERNAL,
                 "no evaluation");
    memcpy(bytes.data, &sent, sizeof sent);
    for (long n = 1; n <= 5; n++) {
        memory_fail_at(n);
        int status = evaluation_unpack(text_string(&bytes), bytes.length - 1, &received, &err);
        memory_fail_never();
        ck_assert_int_eq(status, ERROR_MEMORY);
    }
    ck_assert_ptr_null(received.trials);
    evaluation_release(&sent);
    text_release(&bytes);
}
END_TEST

START_TEST(an_outcome_without_trials_has_no_numbers)
{
    struct evaluation evaluation = EVALUATION_EMPTY;
    fill(&evaluation, 2, 4, 1, 7);
    evaluation_without_trials(&evaluation, OUTCOME_timed_out);
    ck_assert_str_eq(outcome_name(evaluation.result.outcome), "timed_out");
    const struct result *result = &evaluation.result;
    ck_assert(isnan(result_score(result)) && isnan(result->learning_rate) && isnan(result->train_loss.mean));
    ck_assert(isnan(result->validation.loss.mean));
    ck_assert_int_eq(evaluation.trial_count + evaluation.epoch_count + evaluation.snapshot_count, 0);
    evaluation_release(&evaluation);
}
END_TEST

int main(void)
{
    return RUN_TESTS("pack", 20, what_is_packed_comes_back_bit_by_bit, bytes_that_are_none_are_refused,
                     an_outcome_without_trials_has_no_numbers);
}
