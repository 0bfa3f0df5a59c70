/* What "better" means: held against rules written down once more, over all pairs of a list of results. */
#include "testing.h"

#include "result/result.h"

#include <math.h>

/* Worst first; what stands in one line is equal. */
static int made(struct result *results, int *ranks)
{
    static const double scores[] = {-1e300, -1, -0.0, 0.0, 0.5, 0.5, 1e300};
    static const int rank_of_score[] = {1, 2, 3, 3, 4, 4, 5};
    int count = 0;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        if (outcome != OUTCOME_ok) {
            ranks[count] = 0;
            results[count++] = result_without_figures((enum outcome)outcome);
        }
    for (int i = 0; i < 7; i++) {
        ranks[count] = rank_of_score[i];
        results[count++] = result_of_score(scores[i]);
    }
    return count;
}

START_TEST(better_is_a_total_order_and_failures_are_last)
{
    struct result results[40];
    int ranks[40], count = made(results, ranks);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            int wanted = (ranks[i] > ranks[k]) - (ranks[i] < ranks[k]);
            int order = result_compare(&results[i], &results[k]);
            ck_assert_msg((order > 0) - (order < 0) == wanted, "results %d and %d", i, k);
            ck_assert_msg(result_dominates(&results[i], &results[k]) == (wanted > 0), "results %d and %d", i, k);
        }
}
END_TEST

START_TEST(a_score_that_is_no_number_is_not_ok)
{
    ck_assert(result_is_ok(&(struct result){.outcome = OUTCOME_ok}));
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        struct result result = result_of_score(bad[i]);
        ck_assert(!result_is_ok(&result) && isnan(result_score(&result)));
    }
}
END_TEST

/* Of equals the first stays, and what has failed is never the best. */
START_TEST(the_best_is_the_first_of_the_best)
{
    struct best_result best = best_result_none();
    struct result failed = result_without_figures(OUTCOME_diverged), low = result_of_score(-1e300);
    struct result high = result_of_score(0.5);
    ck_assert(best.ticket == -1 && !best_result_update(&best, 0, &failed) && best.ticket == -1);
    ck_assert(best_result_update(&best, 1, &low) && best.ticket == 1);
    best.formula = "x";
    ck_assert(best_result_update(&best, 2, &high) && !best.formula);
    ck_assert(!best_result_update(&best, 3, &high) && !best_result_update(&best, 4, &low));
    ck_assert(!best_result_update(&best, 5, &failed) && best.ticket == 2 && result_equal(&best.result, &high));
}
END_TEST

/* Two objectives: domination is a partial order, and not that of the first objective. */
START_TEST(domination_looks_at_every_objective)
{
    static const double pairs[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {NAN, 2}};
    struct result results[5];
    for (int i = 0; i < 5; i++) {
        results[i] = result_of_score(pairs[i][0]);
        results[i].outcome = OUTCOME_ok;
        results[i].objectives = 2;
        results[i].objective[0].mean = pairs[i][0];
        results[i].objective[1].mean = pairs[i][1];
    }
    static const bool wanted[5][5] = {
        {0, 0, 0, 0, 0}, {1, 0, 0, 0, 0}, {1, 0, 0, 0, 1}, {1, 1, 1, 0, 1}, {0, 0, 0, 0, 0}};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 5; k++)
            ck_assert_msg(result_dominates(&results[i], &results[k]) == wanted[i][k], "results %d and %d", i, k);
}
END_TEST

START_TEST(outcomes_have_names_that_find_them)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        ck_assert_int_eq((int)outcome_by_name(outcome_name((enum outcome)i)), i);
        ck_assert_int_gt((int)strlen(outcome_meaning((enum outcome)i)), 10);
    }
    ck_assert_int_eq((int)outcome_by_name("fine"), OUTCOME_COUNT);
}
END_TEST

START_TEST(equality_sees_every_figure)
{
    struct result one = result_of_score(0.5), other = one;
    one.cost.wall_seconds = 3;
    ck_assert(result_equal(&one, &other));
    double *figures[] = {&other.objective[0].mean, &other.objective[0].deviation, &other.reached[0],
#define MEASURE(name, ...) &other.validation.name.mean, &other.validation.name.deviation,
#include "result/measures.def"
#undef MEASURE
                         &other.learning_rate,     &other.train_loss.mean,        &other.train_loss.deviation};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double before = *figures[i];
        *figures[i] = 0.25;
        ck_assert_msg(!result_equal(&one, &other), "figure %d", (int)i);
        *figures[i] = before;
    }
    int *counts[] = {&other.objectives, &other.rungs, &other.seeds, &other.epochs};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        ++*counts[i];
        ck_assert_msg(!result_equal(&one, &other), "count %d", (int)i);
        --*counts[i];
    }
    ck_assert(result_equal(&one, &other));
}
END_TEST

int main(void)
{
    return RUN_TESTS("result", 10, better_is_a_total_order_and_failures_are_last, a_score_that_is_no_number_is_not_ok,
                     the_best_is_the_first_of_the_best, domination_looks_at_every_objective,
                     outcomes_have_names_that_find_them, equality_sees_every_figure);
}
