#include "base/error.h"
#include "base/memory.h"
#include "executor/executor_internal.h"
#include "expr/parse.h"

#include <stdio.h>
#include <string.h>

void record_release(struct record *record)
{
    text_release(&record->genome);
    text_release(&record->expression);
    text_release(&record->simplified);
    text_release(&record->reason);
    memory_free(record->trials);
    memory_free(record->epochs);
    memory_free(record->parameters);
    memory_free(record->looks);
    *record = RECORD_EMPTY;
}

static const char *proposal_outcome(enum ticket_kind kind)
{
    switch (kind) {
    case TICKET_TRAIN:
        return STORE_EVALUATED;
    case TICKET_DUPLICATE:
        return STORE_DUPLICATE;
    case TICKET_REJECTED:
        return STORE_REJECTED;
    }
    error_impossible(__FILE__, __LINE__, "kind of a ticket");
}

/* A fingerprint is missing in a rejected ticket, a reason in all others. */
static const char *or_null(const char *string)
{
    return *string ? string : NULL;
}

int record_proposal(struct record *record, const struct grammar *grammar, const struct ticket *ticket,
                    struct error *err)
{
    text_clear(&record->genome);
    text_clear(&record->expression);
    text_clear(&record->simplified);
    text_clear(&record->reason);
    if (ticket->genome.count)
        genome_print(grammar, &ticket->genome, &record->genome);
    tree_print(&ticket->expression, &record->expression);
    tree_print(&ticket->simplified, &record->simplified);
    judgement_print(&ticket->judgement, &record->reason);
    if (text_failed(&record->genome) || text_failed(&record->expression) || text_failed(&record->simplified) ||
        text_failed(&record->reason))
        return memory_error(err, "a ticket");
    record->ticket = (struct store_ticket){
        .proposal =
            {
                .ticket = ticket->number,
                .origin = ticket->baseline ? STORE_BASELINE : STORE_SEARCH,
                .operator= ticket->operator_name,
                .parent1 = ticket->parents[0],
                .parent2 = ticket->parents[1],
                .genome = text_string(&record->genome),
                .expression = text_string(&record->expression),
                .simplified = text_string(&record->simplified),
                .known_as = ticket->known_as,
                .fingerprint = or_null(ticket->fingerprint),
                .nodes = ticket->expression.count,
                .outcome = proposal_outcome(ticket->kind),
                .reason = or_null(text_string(&record->reason)),
                .same_as = ticket->same_as,
            },
    };
    return 0;
}

/* ---- comparing */

static bool same_string(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int differs(struct error *err, int64_t ticket, const char *field, const char *stored, const char *proposed)
{
    char where[64];
    snprintf(where, sizeof where, "ticket %lld", (long long)ticket);
    return error_set(err, ERROR_CONFLICT, where, "go on with the program that made the database, or start a new one",
                     "the database was made by another program version: its %s is %.200s, this program proposes %.200s",
                     field, stored ? stored : "none", proposed ? proposed : "none");
}

int record_compare(const struct store_proposal *stored, const struct store_proposal *proposed, struct error *err)
{
    const struct {
        const char *name, *stored, *proposed;
    } strings[] = {{"origin", stored->origin, proposed->origin},
                   {
                       "operator",
                       stored->operator,
                       proposed->operator},
                       {"genome", stored->genome, proposed->genome},
                       {"expression", stored->expression, proposed->expression},
                       {"simplified form", stored->simplified, proposed->simplified},
                       {"name", stored->known_as, proposed->known_as},
                       {"fingerprint", stored->fingerprint, proposed->fingerprint},
                       {"outcome", stored->outcome, proposed->outcome},
                       {"reason", stored->reason, proposed->reason},
    };
    const struct {
        const char *name;
        int64_t stored, proposed;
    } numbers[] = {
        {"ticket number", stored->ticket, proposed->ticket},
        {"first parent", stored->parent1, proposed->parent1},
        {"second parent", stored->parent2, proposed->parent2},
        {"first ticket of the function", stored->same_as, proposed->same_as},
        {"number of nodes", stored->nodes, proposed->nodes},
    };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        if (!same_string(strings[i].stored, strings[i].proposed))
            return differs(err, stored->ticket, strings[i].name, strings[i].stored, strings[i].proposed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char is[32], would_be[32];
        snprintf(is, sizeof is, "%lld", (long long)numbers[i].stored);
        snprintf(would_be, sizeof would_be, "%lld", (long long)numbers[i].proposed);
        if (numbers[i].stored != numbers[i].proposed)
            return differs(err, stored->ticket, numbers[i].name, is, would_be);
    }
    return 0;
}

/* ---- evaluations */

/* Makes room for `count` items of `size` bytes in *items. */
static int reserve(void **items, ptrdiff_t *capacity, ptrdiff_t count, size_t size, struct error *err)
{
    if (count <= *capacity)
        return 0;
    void *grown = memory_resize(*items, (size_t)count, size);
    if (!grown)
        return memory_error(err, "an evaluation");
    *items = grown;
    *capacity = count;
    return 0;
}

static int reserve_parts(struct record *record, const struct evaluation *evaluation, struct error *err)
{
    int status = reserve((void **)&record->trials, &record->trial_capacity, evaluation->trial_count,
                         sizeof *record->trials, err);
    if (!status)
        status = reserve((void **)&record->epochs, &record->epoch_capacity, evaluation->epoch_count,
                         sizeof *record->epochs, err);
    if (!status)
        status = reserve((void **)&record->parameters, &record->parameter_capacity, evaluation->parameter_count,
                         sizeof *record->parameters, err);
    if (!status)
        status = reserve((void **)&record->looks, &record->look_capacity, evaluation->snapshot_count,
                         sizeof *record->looks, err);
    return status;
}

static void add_trials(struct record *record, const struct evaluation *evaluation)
{
    for (ptrdiff_t i = 0; i < evaluation->trial_count; i++) {
        const struct trial *trial = &evaluation->trials[i];
        record->trials[i] = (struct store_trial){
            .seed_index = trial->seed_index,
            .outcome = outcome_name(trial->outcome),
            .score = trial->score,
            .validation_accuracy = trial->validation.accuracy,
            .validation_r2 = trial->validation.r2,
            .validation_rmse = trial->validation.rmse,
            .validation_bits = trial->validation.bits,
            .validation_loss = trial->validation.loss,
            .train_loss = trial->train_loss,
            .epochs = trial->epochs,
        };
    }
    record->ticket.trials = record->trials;
    record->ticket.trial_count = evaluation->trial_count;
}

static void add_curve(struct record *record, const struct evaluation *evaluation)
{
    for (ptrdiff_t i = 0; i < evaluation->epoch_count; i++) {
        const struct epoch *epoch = &evaluation->curve[i];
        record->epochs[i] = (struct store_epoch){
            .seed_index = epoch->seed_index,
            .epoch = epoch->number,
            .train_loss = epoch->train_loss,
            .validation_loss = epoch->validation.loss,
            .validation_accuracy = epoch->validation.accuracy,
            .validation_r2 = epoch->validation.r2,
            .validation_rmse = epoch->validation.rmse,
            .validation_bits = epoch->validation.bits,
            .learning_rate = epoch->learning_rate,
        };
    }
    record->ticket.curve = record->epochs;
    record->ticket.epoch_count = evaluation->epoch_count;
}

static void add_parameters(struct record *record, const struct evaluation *evaluation)
{
    for (ptrdiff_t i = 0; i < evaluation->parameter_count; i++) {
        const struct learned *learned = &evaluation->parameters[i];
        record->parameters[i] = (struct store_parameter){
            .seed_index = learned->seed_index,
            .layer = learned->layer == LEARNED_BY_ALL ? STORE_ALL : learned->layer,
            .channel = learned->channel == LEARNED_BY_ALL ? STORE_ALL : learned->channel,
            .parameter_index = learned->index,
            .value = learned->value,
        };
    }
    record->ticket.parameters = record->parameters;
    record->ticket.parameter_count = evaluation->parameter_count;
}

static void add_looks(struct record *record, const struct evaluation *evaluation)
{
    for (ptrdiff_t i = 0; i < evaluation->snapshot_count; i++) {
        const struct snapshot *look = &evaluation->snapshots[i];
        record->looks[i] = (struct store_look){
            .seed_index = look->seed_index,
            .epoch = look->epoch,
            .place = look->watched.place,
            .layer = look->watched.layer,
            .input_mean = look->watched.input_mean,
            .input_deviation = look->watched.input_deviation,
            .output_mean = look->watched.output_mean,
            .output_deviation = look->watched.output_deviation,
            .dead = look->watched.dead,
            .saturated = look->watched.saturated,
            .gradient_norm = look->watched.gradient_norm,
            .update_ratio = look->watched.update_ratio,
        };
    }
    record->ticket.looks = record->looks;
    record->ticket.look_count = evaluation->snapshot_count;
}

int record_evaluation(struct record *record, const struct evaluation *evaluation, struct error *err)
{
    int status = reserve_parts(record, evaluation, err);
    if (status)
        return status;
    add_trials(record, evaluation);
    add_curve(record, evaluation);
    add_parameters(record, evaluation);
    add_looks(record, evaluation);
    const struct result *result = &evaluation->result;
    record->evaluation = (struct store_evaluation){
        .outcome = outcome_name(result->outcome),
        .score = result_score(result),
        .score_deviation = result_score_deviation(result),
        .learning_rate = result->learning_rate,
        .validation_accuracy = result->validation.accuracy.mean,
        .validation_accuracy_deviation = result->validation.accuracy.deviation,
        .validation_r2 = result->validation.r2.mean,
        .validation_r2_deviation = result->validation.r2.deviation,
        .validation_rmse = result->validation.rmse.mean,
        .validation_rmse_deviation = result->validation.rmse.deviation,
        .validation_bits = result->validation.bits.mean,
        .validation_bits_deviation = result->validation.bits.deviation,
        .validation_loss = result->validation.loss.mean,
        .validation_loss_deviation = result->validation.loss.deviation,
        .train_loss = result->train_loss.mean,
        .seeds = result->seeds,
        .epochs = result->epochs,
    };
    record->timing = (struct store_timing){
        .wall_seconds = result->cost.wall_seconds,
        .cpu_seconds = result->cost.cpu_seconds,
    };
    record->ticket.evaluation = &record->evaluation;
    record->ticket.timing = &record->timing;
    return 0;
}
