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

void record_evaluation(struct record *record, const struct evaluation *evaluation)
{
    record->timing = (struct store_timing){
        .wall_seconds = evaluation->result.cost.wall_seconds,
        .cpu_seconds = evaluation->result.cost.cpu_seconds,
    };
    record->ticket.evaluation = evaluation;
    record->ticket.timing = &record->timing;
}
