#include "result/result.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name, *meaning;
} outcomes[OUTCOME_COUNT] = {
#define OUTCOME(name, meaning) {#name, meaning},
#include "result/outcomes.def"
#undef OUTCOME
};

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name;
}

const char *outcome_meaning(enum outcome outcome)
{
    return outcomes[outcome].meaning;
}

enum outcome outcome_by_name(const char *name)
{
    int i = 0;
    while (i < OUTCOME_COUNT && strcmp(outcomes[i].name, name) != 0)
        i++;
    return (enum outcome)i;
}

const struct measure measure_table[MEASURES] = {
#define MEASURE(name, ...) {#name, __VA_ARGS__},
#include "result/measures.def"
#undef MEASURE
};

_Static_assert(sizeof(struct measures) == MEASURES * sizeof(double), "struct measures is an array of numbers");

double measure_value(const struct measures *measures, int i)
{
    double values[MEASURES];
    memcpy(values, measures, sizeof values);
    return values[i];
}

struct figure measure_figure(const struct measure_figures *figures, int i)
{
    struct figure values[MEASURES];
    memcpy(values, figures, sizeof values);
    return values[i];
}

struct measures measures_none(void)
{
    return (struct measures){
#define MEASURE(name, ...) .name = NAN,
#include "result/measures.def"
#undef MEASURE
    };
}

struct result result_without_figures(enum outcome outcome)
{
    struct result result = {.outcome = outcome, .objectives = 1, .learning_rate = NAN, .train_loss = FIGURE_NONE};
    for (int i = 0; i < RESULT_OBJECTIVES; i++)
        result.objective[i] = FIGURE_NONE;
    for (int i = 0; i < RESULT_RUNGS; i++)
        result.reached[i] = NAN;
#define MEASURE(name, ...) result.validation.name = FIGURE_NONE;
#include "result/measures.def"
#undef MEASURE
    return result;
}

struct result result_of_score(double score)
{
    struct result result = result_without_figures(isfinite(score) ? OUTCOME_ok : OUTCOME_non_finite);
    if (isfinite(score)) {
        result.objective[0].mean = result.reached[0] = score;
        result.rungs = 1;
    }
    return result;
}

bool result_is_ok(const struct result *result)
{
    return result->outcome == OUTCOME_ok;
}

bool result_is_aborted(const struct result *result)
{
    return result->outcome == OUTCOME_aborted;
}

double result_score(const struct result *result)
{
    return result->objective[0].mean;
}

double result_score_deviation(const struct result *result)
{
    return result->objective[0].deviation;
}

/* Not ok, and no number, stand below every number. */
static double place_of(const struct result *result, int objective)
{
    double value = result->objective[objective].mean;
    return result_is_ok(result) && !isnan(value) ? value : -INFINITY;
}

int result_compare(const struct result *a, const struct result *b)
{
    double one = place_of(a, 0), other = place_of(b, 0);
    if (result_is_ok(a) != result_is_ok(b))
        return result_is_ok(a) ? 1 : -1;
    return (one > other) - (one < other);
}

struct best_result best_result_none(void)
{
    return (struct best_result){.ticket = -1, .result = result_without_figures(OUTCOME_aborted)};
}

bool best_result_update(struct best_result *best, int64_t ticket, const struct result *result)
{
    if (result_compare(result, &best->result) <= 0)
        return false;
    *best = (struct best_result){.ticket = ticket, .result = *result};
    return true;
}

bool result_dominates(const struct result *a, const struct result *b)
{
    bool better = false;
    if (!result_is_ok(a) || !result_is_ok(b))
        return result_is_ok(a);
    for (int i = 0; i < a->objectives; i++) {
        double one = place_of(a, i), other = place_of(b, i);
        if (one < other)
            return false;
        better = better || one > other;
    }
    return better;
}

bool same_bits(double a, double b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_figure(struct figure a, struct figure b)
{
    return same_bits(a.mean, b.mean) && same_bits(a.deviation, b.deviation);
}

bool result_equal(const struct result *a, const struct result *b)
{
    bool equal = a->outcome == b->outcome && a->objectives == b->objectives && a->rungs == b->rungs &&
                 a->seeds == b->seeds && a->epochs == b->epochs && same_bits(a->learning_rate, b->learning_rate) &&
#define MEASURE(name, ...) same_figure(a->validation.name, b->validation.name) &&
#include "result/measures.def"
#undef MEASURE
                 same_figure(a->train_loss, b->train_loss);
    for (int i = 0; equal && i < a->objectives; i++)
        equal = same_figure(a->objective[i], b->objective[i]);
    for (int i = 0; equal && i < a->rungs; i++)
        equal = same_bits(a->reached[i], b->reached[i]);
    return equal;
}
