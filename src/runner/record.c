#include "runner/record.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void record_release(struct record *record)
{
    text_release(&record->genome);
    text_release(&record->expression);
    text_release(&record->simplified);
    text_release(&record->reason);
    text_release(&record->fingerprint);
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

static int fill_texts(struct record *record, const struct space *space, const struct ticket *ticket, struct error *err)
{
    struct text *const texts[] = {&record->genome, &record->expression, &record->simplified, &record->reason,
                                  &record->fingerprint};
    bool failed = false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        text_clear(texts[i]);
    space_print(space, &ticket->genotype, &record->genome);
    candidate_print(&ticket->expression, &record->expression);
    candidate_print(&ticket->assignment.candidate, &record->simplified);
    text_add(&record->fingerprint, ticket->fingerprint);
    if (ticket->judgement.rejection != REJECT_NONE && ticket->expression.count > 1)
        text_addf(&record->reason, "function %d: ", ticket->judged + 1);
    judgement_print(&ticket->judgement, &record->reason);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        failed = failed || text_failed(texts[i]);
    return failed ? memory_error(err, "a ticket") : 0;
}

int record_proposal(struct record *record, const struct space *space, const struct ticket *ticket, struct error *err)
{
    int status = fill_texts(record, space, ticket, err);
    if (status)
        return status;
    const struct assignment *assignment = &ticket->assignment;
    int rungs = assignment->rungs > 1 ? assignment->rungs : 0; /* what there is one of need not be written down */
    for (int i = 0; i < rungs; i++)
        record->rungs[i] = (struct store_rung){i, i + 1 < rungs ? assignment->references[i] : NAN, NAN};
    record->ticket = (struct store_ticket){
        .rungs = record->rungs,
        .rung_count = rungs,
        .proposal =
            {
                .ticket = ticket->assignment.ticket,
                .origin = ticket->baseline ? STORE_BASELINE : STORE_SEARCH,
                .operator= ticket->operator_name,
                .parent1 = ticket->parents[0],
                .parent2 = ticket->parents[1],
                .genome = text_string(&record->genome),
                .expression = text_string(&record->expression),
                .simplified = text_string(&record->simplified),
                .known_as = ticket->known_as,
                .fingerprint = or_null(text_string(&record->fingerprint)),
                .nodes = candidate_nodes(&ticket->expression),
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

/* What the search had frozen for the candidate when it was proposed. */
static int compare_rungs(const struct store_ticket *stored, const struct store_ticket *proposed, struct error *err)
{
    char is[40], would_be[40];
    if (stored->rung_count != proposed->rung_count) {
        snprintf(is, sizeof is, "%td", stored->rung_count);
        snprintf(would_be, sizeof would_be, "%td", proposed->rung_count);
        return differs(err, stored->proposal.ticket, "number of rungs", is, would_be);
    }
    for (ptrdiff_t i = 0; i < stored->rung_count; i++) {
        const struct store_rung *a = &stored->rungs[i], *b = &proposed->rungs[i];
        snprintf(is, sizeof is, "%.17g", a->reference);
        snprintf(would_be, sizeof would_be, "%.17g", b->reference);
        if (a->rung != b->rung || !same_bits(a->reference, b->reference))
            return differs(err, stored->proposal.ticket, "reference on a rung", is, would_be);
    }
    return 0;
}

static int compare_proposals(const struct store_proposal *stored, const struct store_proposal *proposed,
                             struct error *err)
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

int record_compare(const struct store_ticket *stored, const struct store_ticket *proposed, struct error *err)
{
    int status = compare_proposals(&stored->proposal, &proposed->proposal, err);
    return status ? status : compare_rungs(stored, proposed, err);
}

void record_evaluation(struct record *record, const struct evaluation *evaluation)
{
    const struct result *result = &evaluation->result;
    record->timing = (struct store_timing){
        .wall_seconds = result->cost.wall_seconds,
        .cpu_seconds = result->cost.cpu_seconds,
    };
    for (ptrdiff_t i = 0; i < record->ticket.rung_count; i++)
        record->rungs[i].reached = i < result->rungs ? result->reached[i] : NAN;
    record->ticket.evaluation = evaluation;
    record->ticket.timing = &record->timing;
}
