#include "fitness/evaluation.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name, *meaning;
} outcomes[OUTCOME_COUNT] = {
#define OUTCOME(name, meaning) {#name, meaning},
#include "fitness/outcomes.def"
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

struct measures measures_none(void)
{
    return (struct measures){
#define MEASURE(name, direction, unit, meaning) .name = NAN,
#include "fitness/measures.def"
#undef MEASURE
    };
}

/* Grows *array to `count` items of `size` bytes; its contents are not needed any more. */
static bool make_room(void **array, ptrdiff_t *capacity, ptrdiff_t count, size_t size)
{
    if (count <= *capacity)
        return true;
    memory_free(*array);
    *capacity = 0;
    *array = memory_array((size_t)count, size);
    if (*array)
        *capacity = count;
    return *array != NULL;
}

int evaluation_reserve(struct evaluation *evaluation, ptrdiff_t trials, ptrdiff_t epochs, ptrdiff_t parameters,
                       ptrdiff_t looks, struct error *err)
{
    struct evaluation kept = *evaluation;
    memory_free(kept.names);
    void *trial = kept.trials, *curve = kept.curve, *parameter = kept.parameters, *look = kept.looks;
    bool made = make_room(&trial, &kept.trial_capacity, trials, sizeof *kept.trials) &&
                make_room(&curve, &kept.epoch_capacity, epochs, sizeof *kept.curve) &&
                make_room(&parameter, &kept.parameter_capacity, parameters, sizeof *kept.parameters) &&
                make_room(&look, &kept.look_capacity, looks, sizeof *kept.looks);
    *evaluation = (struct evaluation){.outcome = OUTCOME_aborted,
                                      .score = NAN,
                                      .trials = trial,
                                      .curve = curve,
                                      .parameters = parameter,
                                      .looks = look,
                                      .trial_capacity = kept.trial_capacity,
                                      .epoch_capacity = kept.epoch_capacity,
                                      .parameter_capacity = kept.parameter_capacity,
                                      .look_capacity = kept.look_capacity};
    return made ? 0 : memory_error(err, "an evaluation");
}

/* The mean and the deviation of one of the doubles of the trials, `offset` bytes into each. Two
   passes, in the order of the trials. */
static struct figure figure_of(const struct evaluation *evaluation, size_t offset)
{
    ptrdiff_t n = evaluation->trial_count;
    double sum = 0, square = 0, value;
    for (ptrdiff_t i = 0; i < n; i++) {
        memcpy(&value, (const char *)&evaluation->trials[i] + offset, sizeof value);
        sum += value;
    }
    double mean = sum / (double)n;
    for (ptrdiff_t i = 0; i < n; i++) {
        memcpy(&value, (const char *)&evaluation->trials[i] + offset, sizeof value);
        square += (value - mean) * (value - mean);
    }
    return (struct figure){mean, n > 1 ? sqrt(square / (double)(n - 1)) : NAN};
}

void evaluation_conclude(struct evaluation *evaluation)
{
    const struct figure none = {NAN, NAN};
    struct figure score = none;
    evaluation->outcome = OUTCOME_ok;
    for (ptrdiff_t i = 0; i < evaluation->trial_count && evaluation->outcome == OUTCOME_ok; i++)
        evaluation->outcome = evaluation->trials[i].outcome;
    evaluation->train_loss = none;
#define MEASURE(name, direction, unit, meaning) evaluation->validation.name = none;
#include "fitness/measures.def"
#undef MEASURE
    if (evaluation->outcome == OUTCOME_ok) {
        score = figure_of(evaluation, offsetof(struct trial, score));
#define MEASURE(name, direction, unit, meaning)                                                                        \
    evaluation->validation.name = figure_of(evaluation, offsetof(struct trial, validation.name));
#include "fitness/measures.def"
#undef MEASURE
        evaluation->train_loss = figure_of(evaluation, offsetof(struct trial, train_loss));
    }
    evaluation->score = score.mean;
    evaluation->score_deviation = score.deviation;
}

void evaluation_without_trials(struct evaluation *evaluation, enum outcome outcome)
{
    evaluation->trial_count = evaluation->epoch_count = evaluation->parameter_count = evaluation->look_count = 0;
    evaluation_conclude(evaluation);
    evaluation->outcome = outcome;
    evaluation->score = evaluation->score_deviation = evaluation->learning_rate = NAN;
}

void evaluation_release(struct evaluation *evaluation)
{
    memory_free(evaluation->names);
    memory_free(evaluation->trials);
    memory_free(evaluation->curve);
    memory_free(evaluation->parameters);
    memory_free(evaluation->looks);
    *evaluation = EVALUATION_EMPTY;
}

bool evaluation_is_ok(const struct evaluation *evaluation)
{
    return evaluation->outcome == OUTCOME_ok;
}

bool evaluation_is_aborted(const struct evaluation *evaluation)
{
    return evaluation->outcome == OUTCOME_aborted;
}

/* The same bits, or both NaN: the sign of a NaN is nobody's result. */
static bool same(double a, double b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_figure(struct figure a, struct figure b)
{
    return same(a.mean, b.mean) && same(a.deviation, b.deviation);
}

static bool same_measures(const struct measures *a, const struct measures *b)
{
    return true
#define MEASURE(name, direction, unit, meaning) &&same(a->name, b->name)
#include "fitness/measures.def"
#undef MEASURE
        ;
}

static bool same_trial(const struct trial *a, const struct trial *b)
{
    return a->seed_index == b->seed_index && a->outcome == b->outcome && a->epochs == b->epochs &&
           same(a->score, b->score) && same_measures(&a->validation, &b->validation) &&
           same(a->train_loss, b->train_loss);
}

static bool same_epoch(const struct epoch *a, const struct epoch *b)
{
    return a->seed_index == b->seed_index && a->number == b->number && same(a->train_loss, b->train_loss) &&
           same_measures(&a->validation, &b->validation) && same(a->learning_rate, b->learning_rate);
}

static bool same_learned(const struct learned *a, const struct learned *b)
{
    return a->seed_index == b->seed_index && a->layer == b->layer && a->channel == b->channel && a->index == b->index &&
           same(a->value, b->value);
}

static bool same_look(const struct look *a, const struct look *b)
{
    const struct watched *v = &a->watched, *w = &b->watched;
    return a->seed_index == b->seed_index && a->epoch == b->epoch && v->place == w->place &&
           strcmp(v->layer, w->layer) == 0
#define WATCHED(name, meaning) &&same(v->name, w->name)
#include "nn/watched.def"
#undef WATCHED
        ;
}

bool evaluation_equal(const struct evaluation *a, const struct evaluation *b)
{
    bool equal = a->outcome == b->outcome && same(a->learning_rate, b->learning_rate) && same(a->score, b->score) &&
                 same(a->score_deviation, b->score_deviation) &&
#define MEASURE(name, direction, unit, meaning) same_figure(a->validation.name, b->validation.name) &&
#include "fitness/measures.def"
#undef MEASURE
                 same_figure(a->train_loss, b->train_loss) && a->trial_count == b->trial_count &&
                 a->epoch_count == b->epoch_count && a->parameter_count == b->parameter_count &&
                 a->look_count == b->look_count;
    for (ptrdiff_t i = 0; equal && i < a->trial_count; i++)
        equal = same_trial(&a->trials[i], &b->trials[i]);
    for (ptrdiff_t i = 0; equal && i < a->epoch_count; i++)
        equal = same_epoch(&a->curve[i], &b->curve[i]);
    for (ptrdiff_t i = 0; equal && i < a->parameter_count; i++)
        equal = same_learned(&a->parameters[i], &b->parameters[i]);
    for (ptrdiff_t i = 0; equal && i < a->look_count; i++)
        equal = same_look(&a->looks[i], &b->looks[i]);
    return equal;
}
