#include "runner/search_source.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- replay */

static int conflict(struct error *err, int64_t ticket, const char *what)
{
    char where[64];
    snprintf(where, sizeof where, "ticket %lld", (long long)ticket);
    return error_set(err, ERROR_CONFLICT, where, "go on with the program that made the database, or start a new one",
                     "%s", what);
}

static void count(struct search_source *source, int64_t number, enum ticket_kind kind, const struct result *result,
                  bool now, const char *formula)
{
    if (statistics_add(&source->statistics, number, kind, result, now))
        statistics_set_formula(&source->statistics, formula);
}

/* The search makes ticket number `stored` again and hears its result. */
static int replay_ticket(struct search_source *source, const struct store_ticket *stored, struct record *record,
                         struct error *err)
{
    struct ticket *ticket = &source->ticket;
    enum search_state state;
    int64_t number = stored->proposal.ticket;
    int status = search_next(source->search, ticket, &state, err);
    if (status)
        return status;
    /* All older results were told, so the search cannot be waiting for one. */
    ALWAYS(state != SEARCH_WAIT);
    if (state == SEARCH_DONE)
        return conflict(err, number, "the database holds more tickets than this search makes");
    status = record_proposal(record, search_space(source->search), ticket, err);
    if (!status)
        status = record_compare(stored, &record->ticket, err);
    if (status)
        return status;
    const struct evaluation *evaluation = stored->evaluation;
    if ((ticket->kind == TICKET_TRAIN) != (evaluation != NULL))
        return conflict(err, number, "the database lacks the evaluation of this ticket");
    if (evaluation)
        search_tell(source->search, number, &evaluation->result);
    count(source, number, ticket->kind, evaluation ? &evaluation->result : NULL, false, stored->proposal.simplified);
    return 0;
}

static int replay(struct search_source *source, struct error *err)
{
    struct record record = RECORD_EMPTY;
    struct store_cursor *cursor = NULL;
    const struct store_ticket *stored;
    int status = store_cursor_new(source->store, 0, &cursor, err);
    while (!status) {
        status = store_cursor_next(cursor, &stored, err);
        if (status || !stored)
            break;
        status = replay_ticket(source, stored, &record, err);
    }
    store_cursor_free(cursor);
    record_release(&record);
    return status;
}

int search_source_init(struct search_source *source, struct search *search, struct store *store, int64_t workers,
                       struct error *err)
{
    memset(source, 0, sizeof *source);
    source->search = search;
    source->store = store;
    statistics_begin(&source->statistics, workers);
    int status = replay(source, err);
    return status ? status : quarantine_read(store, &source->quarantine, err);
}

void search_source_release(struct search_source *source)
{
    quarantine_release(&source->quarantine);
    statistics_release(&source->statistics);
}

/* ---- as the executor sees it */

static enum work_kind kind_of(const struct search_source *source, const struct ticket *ticket)
{
    if (ticket->kind != TICKET_TRAIN)
        return WORK_NOTHING;
    return quarantine_has(&source->quarantine, ticket->assignment.ticket) ? WORK_QUARANTINED : WORK_EVALUATE;
}

/* What is kept of a ticket until it is settled. */
struct proposed {
    enum ticket_kind kind;
    struct record record;
};

static int next(void *context, struct work *work, enum work_state *state, struct error *err)
{
    static const enum work_state states[] = {
        [SEARCH_TICKET] = WORK_READY, [SEARCH_WAIT] = WORK_WAIT, [SEARCH_DONE] = WORK_DONE};
    struct search_source *source = context;
    struct ticket *ticket = &source->ticket;
    enum search_state found;
    int status = search_next(source->search, ticket, &found, err);
    *state = states[found];
    if (status || found != SEARCH_TICKET)
        return status;
    struct proposed *proposed = memory_zeroed(1, sizeof *proposed);
    if (!proposed)
        return memory_error(err, "a candidate");
    proposed->record = RECORD_EMPTY;
    proposed->kind = ticket->kind;
    status = record_proposal(&proposed->record, search_space(source->search), ticket, err);
    if (status) {
        record_release(&proposed->record);
        memory_free(proposed);
        return status;
    }
    *work = (struct work){kind_of(source, ticket), ticket->assignment, proposed};
    return 0;
}

static int add(void *context, const struct work *work, const struct evaluation *evaluation, struct error *err)
{
    struct search_source *source = context;
    struct proposed *proposed = work->own;
    if (evaluation)
        record_evaluation(&proposed->record, evaluation);
    return store_add(source->store, &proposed->record.ticket, err);
}

static int commit(void *context, struct error *err)
{
    struct search_source *source = context;
    return store_commit(source->store, err);
}

static int64_t durable(void *context)
{
    const struct search_source *source = context;
    return store_count(source->store);
}

static void settle(void *context, const struct work *work, struct evaluation *evaluation)
{
    struct search_source *source = context;
    const struct proposed *proposed = work->own;
    const struct result *result = work->kind == WORK_NOTHING ? NULL : &evaluation->result;
    int64_t number = work->assignment.ticket;
    if (result)
        search_tell(source->search, number, result);
    count(source, number, proposed->kind, result, true, text_string(&proposed->record.simplified));
}

static void observe(void *context, bool finished)
{
    struct search_source *source = context;
    struct progress *progress = statistics_now(&source->statistics, finished);
    progress->to_train = search_to_train(source->search);
    progress->account = search_account(source->search);
    if (source->observe)
        source->observe(source->observer, progress);
}

static void release(void *context, struct work *work)
{
    struct proposed *proposed = work->own;
    (void)context;
    if (proposed)
        record_release(&proposed->record);
    memory_free(proposed);
}

struct source search_source_for_executor(struct search_source *source)
{
    return (struct source){source, next, add, commit, durable, settle, observe, release};
}
