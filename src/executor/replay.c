#include "base/error.h"
#include "executor/executor_internal.h"

#include <stdio.h>
#include <string.h>

static int conflict(struct error *err, int64_t ticket, const char *what)
{
    char where[64];
    snprintf(where, sizeof where, "ticket %lld", (long long)ticket);
    return error_set(err, ERROR_CONFLICT, where, "go on with the program that made the database, or start a new one",
                     "%s", what);
}

/* The search makes ticket number `stored` again and hears its result. */
static int replay_ticket(struct search *search, const struct store_ticket *stored, struct record *record,
                         struct tally *tally, struct error *err)
{
    struct ticket ticket;
    enum search_state state;
    int status = search_next(search, &ticket, &state, err);
    if (status)
        return status;
    /* All older results were told, so the search cannot be waiting for one. */
    ALWAYS(state != SEARCH_WAIT);
    if (state == SEARCH_DONE)
        return conflict(err, stored->proposal.ticket, "the database holds more tickets than this search makes");
    status = record_proposal(record, search_space(search), &ticket, err);
    if (!status)
        status = record_compare(stored, &record->ticket, err);
    if (status)
        return status;
    if ((ticket.kind == TICKET_TRAIN) != (stored->evaluation != NULL))
        return conflict(err, ticket.assignment.ticket, "the database lacks the evaluation of this ticket");
    const struct evaluation *evaluation = stored->evaluation;
    struct tally_item item = {.ticket = ticket.assignment.ticket, .kind = ticket.kind};
    if (evaluation) {
        item.ok = result_is_ok(&evaluation->result);
        item.score = result_score(&evaluation->result);
        item.deviation = result_score_deviation(&evaluation->result);
        item.seeds = evaluation->result.seeds;
        search_tell(search, ticket.assignment.ticket, &evaluation->result);
    }
    if (tally_add(tally, &item))
        tally_best(tally, stored->proposal.simplified);
    return 0;
}

int replay(struct search *search, struct store *store, struct tally *tally, struct error *err)
{
    struct record record = RECORD_EMPTY;
    struct store_cursor *cursor = NULL;
    const struct store_ticket *stored;
    int status = store_cursor_new(store, 0, &cursor, err);
    while (!status) {
        status = store_cursor_next(cursor, &stored, err);
        if (status || !stored)
            break;
        status = replay_ticket(search, stored, &record, tally, err);
    }
    store_cursor_free(cursor);
    record_release(&record);
    return status;
}
