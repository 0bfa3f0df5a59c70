#include "result/evaluation.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

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
                       ptrdiff_t snapshots, struct error *err)
{
    struct evaluation kept = *evaluation;
    memory_free(kept.names);
    void *trial = kept.trials, *curve = kept.curve, *parameter = kept.parameters, *snapshot = kept.snapshots;
    bool made = make_room(&trial, &kept.trial_capacity, trials, sizeof *kept.trials) &&
                make_room(&curve, &kept.epoch_capacity, epochs, sizeof *kept.curve) &&
                make_room(&parameter, &kept.parameter_capacity, parameters, sizeof *kept.parameters) &&
                make_room(&snapshot, &kept.snapshot_capacity, snapshots, sizeof *kept.snapshots);
    *evaluation = (struct evaluation){.result = result_without_figures(OUTCOME_aborted),
                                      .trials = trial,
                                      .curve = curve,
                                      .parameters = parameter,
                                      .snapshots = snapshot,
                                      .trial_capacity = kept.trial_capacity,
                                      .epoch_capacity = kept.epoch_capacity,
                                      .parameter_capacity = kept.parameter_capacity,
                                      .snapshot_capacity = kept.snapshot_capacity};
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
    enum outcome outcome = OUTCOME_ok;
    for (ptrdiff_t i = 0; i < evaluation->trial_count && outcome == OUTCOME_ok; i++)
        outcome = evaluation->trials[i].outcome;
    struct result result = result_without_figures(outcome);
    if (outcome == OUTCOME_ok) {
        result.objective[0] = figure_of(evaluation, offsetof(struct trial, score));
        result.reached[0] = result.objective[0].mean;
        result.rungs = 1;
#define MEASURE(name, ...) result.validation.name = figure_of(evaluation, offsetof(struct trial, validation.name));
#include "result/measures.def"
#undef MEASURE
        result.train_loss = figure_of(evaluation, offsetof(struct trial, train_loss));
    }
    result.seeds = (int)evaluation->trial_count;
    result.epochs = (int)evaluation->epoch_count;
    evaluation->result = result;
}

void evaluation_without_trials(struct evaluation *evaluation, enum outcome outcome)
{
    evaluation->trial_count = evaluation->epoch_count = evaluation->parameter_count = evaluation->snapshot_count = 0;
    evaluation->result = result_without_figures(outcome);
}

void evaluation_release(struct evaluation *evaluation)
{
    memory_free(evaluation->names);
    memory_free(evaluation->trials);
    memory_free(evaluation->curve);
    memory_free(evaluation->parameters);
    memory_free(evaluation->snapshots);
    *evaluation = EVALUATION_EMPTY;
}

static bool same_measures(const struct measures *a, const struct measures *b)
{
    return true
#define MEASURE(name, ...) &&same_bits(a->name, b->name)
#include "result/measures.def"
#undef MEASURE
        ;
}

static bool same_trial(const struct trial *a, const struct trial *b)
{
    return a->seed_index == b->seed_index && a->outcome == b->outcome && a->epochs == b->epochs &&
           same_bits(a->score, b->score) && same_measures(&a->validation, &b->validation) &&
           same_bits(a->train_loss, b->train_loss);
}

static bool same_epoch(const struct epoch *a, const struct epoch *b)
{
    return a->seed_index == b->seed_index && a->number == b->number && same_bits(a->train_loss, b->train_loss) &&
           same_measures(&a->validation, &b->validation) && same_bits(a->learning_rate, b->learning_rate);
}

static bool same_learned(const struct learned *a, const struct learned *b)
{
    return a->seed_index == b->seed_index && a->layer == b->layer && a->channel == b->channel && a->index == b->index &&
           same_bits(a->value, b->value) && a->function == b->function;
}

static bool same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
    const struct watched *v = &a->watched, *w = &b->watched;
    return a->seed_index == b->seed_index && a->epoch == b->epoch && v->place == w->place &&
           strcmp(v->layer, w->layer) == 0
#define WATCHED(name, meaning) &&same_bits(v->name, w->name)
#include "result/watched.def"
#undef WATCHED
        ;
}

bool evaluation_equal(const struct evaluation *a, const struct evaluation *b)
{
    bool equal = result_equal(&a->result, &b->result) && a->trial_count == b->trial_count &&
                 a->epoch_count == b->epoch_count && a->parameter_count == b->parameter_count &&
                 a->snapshot_count == b->snapshot_count;
    for (ptrdiff_t i = 0; equal && i < a->trial_count; i++)
        equal = same_trial(&a->trials[i], &b->trials[i]);
    for (ptrdiff_t i = 0; equal && i < a->epoch_count; i++)
        equal = same_epoch(&a->curve[i], &b->curve[i]);
    for (ptrdiff_t i = 0; equal && i < a->parameter_count; i++)
        equal = same_learned(&a->parameters[i], &b->parameters[i]);
    for (ptrdiff_t i = 0; equal && i < a->snapshot_count; i++)
        equal = same_snapshot(&a->snapshots[i], &b->snapshots[i]);
    return equal;
}
