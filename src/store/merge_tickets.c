/* Merging tickets: what is there already is recognised, a function that is measured already becomes a duplicate. */
#include "store/merge_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- scores that should be equal */

/* NULL is read as NaN: no score. */
static double score_at(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN : sqlite3_column_double(row, column);
}

static bool same_text(sqlite3_stmt *row, int column, const char *text)
{
    const char *stored = (const char *)sqlite3_column_text(row, column);
    return stored && text && strcmp(stored, text) == 0;
}

/* `row` tells the formula and the score that were kept, in the columns from `first` on. */
static void compare_scores(const struct merge *merge, const struct input *input, int64_t ticket, const char *simplified,
                           double score, sqlite3_stmt *row, int first, int64_t kept)
{
    struct store_merge *report = merge->report;
    double merged_score = score_at(row, first + 1);
    bool equal = score == merged_score || (isnan(score) && isnan(merged_score));
    if (equal || !same_text(row, first, simplified))
        return;
    if (report->contradictions++ > 0)
        return;
    snprintf(report->function, sizeof report->function, "%s", simplified);
    report->contradicting_input = input->number;
    report->contradicting_ticket = ticket;
    report->contradicting_score = score;
    report->merged_ticket = kept;
    report->merged_score = merged_score;
}

/* ---- where the tickets of the input are */

static const char places_sql[] = "SELECT p.ticket, %s, p.genome, p.simplified, e.ticket IS NOT NULL, e.score"
                                 " FROM proposal AS p%s LEFT JOIN evaluation AS e ON e.ticket = p.ticket"
                                 " ORDER BY p.ticket";
enum { PLACE_TICKET, PLACE_RUN, PLACE_RUN_TICKET, PLACE_GENOME, PLACE_SIMPLIFIED, PLACE_EVALUATED, PLACE_SCORE };

/* One that is there already must be the same candidate: others would get parents that are not theirs. */
static int recognise(const struct merge *merge, const struct input *input, sqlite3_stmt *row, sqlite3_stmt *known,
                     struct place *place, struct error *err)
{
    int64_t ticket = sqlite3_column_int64(row, PLACE_TICKET);
    place->ticket = sqlite3_column_int64(known, 0);
    place->home = sqlite3_column_int64(known, 1);
    if (!same_text(known, 2, (const char *)sqlite3_column_text(row, PLACE_GENOME)))
        return error_set(err, ERROR_CONFLICT, input->store->path,
                         "find out which of the two is right, and leave one out",
                         "its ticket %" PRId64 " is another candidate than ticket %" PRId64
                         " of the merged database, though the runs are the same",
                         ticket, place->ticket);
    if (sqlite3_column_int(row, PLACE_EVALUATED))
        compare_scores(merge, input, ticket, (const char *)sqlite3_column_text(row, PLACE_SIMPLIFIED),
                       score_at(row, PLACE_SCORE), known, 3, place->home);
    return 0;
}

static int take_place(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err)
{
    struct places *places = &input->places;
    struct place place = {.run = merge_find_link(&input->runs, sqlite3_column_int64(row, PLACE_RUN)),
                          .run_ticket = sqlite3_column_int64(row, PLACE_RUN_TICKET),
                          .ticket = STORE_NONE};
    bool found = false;
    if (!place.run || sqlite3_column_int64(row, PLACE_TICKET) != places->count)
        return store_incomplete(input->store, err, place.run ? "tickets are missing" : "a run is missing");
    struct place *items = merge_room(places->items, places->count, &places->capacity, sizeof *items);
    if (!items)
        return memory_error(err, "a merge");
    places->items = items;
    sqlite3_stmt *find = merge_bound(merge, FIND_TICKET, place.run->to, place.run_ticket);
    int status = merge_look_up(merge, find, &found, err);
    if (!status && found)
        status = recognise(merge, input, row, find, &place, err);
    sqlite3_reset(find);
    places->items[places->count++] = place;
    return status;
}

int merge_take_places(struct merge *merge, struct input *input, struct error *err)
{
    bool provenance = input->store->schema >= store_tables[TABLE_PROVENANCE].since;
    struct text sql = TEXT_EMPTY;
    text_addf(&sql, places_sql, provenance ? "coalesce(o.run, 1), coalesce(o.run_ticket, p.ticket)" : "1, p.ticket",
              provenance ? " LEFT JOIN provenance AS o USING (ticket)" : "");
    int status = text_failed(&sql) ? memory_error(err, "a merge")
                                   : merge_each_row(merge, input, text_string(&sql), take_place, err);
    text_release(&sql);
    return status;
}

/* ---- tickets */

/* Is this function measured already? Then *first has its evaluation. */
static int find_measured(const struct merge *merge, const struct place *place, const struct store_proposal *proposal,
                         int64_t *first, struct error *err)
{
    bool found;
    sqlite3_stmt *find = merge_bound(merge, FIND_MEASURED, place->run->class, 0);
    sqlite3_bind_text(find, 2, proposal->fingerprint, -1, SQLITE_STATIC);
    int status = merge_look_up(merge, find, &found, err);
    *first = !status && found ? sqlite3_column_int64(find, 0) : STORE_NONE;
    sqlite3_reset(find);
    sqlite3_clear_bindings(find);
    return status;
}

static int add_measured(const struct merge *merge, const struct place *place, const struct store_proposal *proposal,
                        struct error *err)
{
    bool found;
    sqlite3_stmt *add = merge_bound(merge, ADD_MEASURED, place->run->class, 0);
    sqlite3_bind_text(add, 2, proposal->fingerprint, -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, place->ticket);
    int status = merge_look_up(merge, add, &found, err);
    sqlite3_reset(add);
    sqlite3_clear_bindings(add);
    return status;
}

static int compare_with_kept(const struct merge *merge, const struct input *input, const struct store_ticket *stored,
                             int64_t kept, struct error *err)
{
    bool found;
    sqlite3_stmt *find = merge_bound(merge, FIND_SCORE, kept, 0);
    int status = merge_look_up(merge, find, &found, err);
    if (!status && found)
        compare_scores(merge, input, stored->proposal.ticket, stored->proposal.simplified,
                       result_score(&stored->evaluation->result), find, 0, kept);
    sqlite3_reset(find);
    return status;
}

/* An evaluated ticket stays what it is, or becomes a duplicate and loses all but its proposal. */
static int settle_evaluation(const struct merge *merge, const struct input *input, struct place *place,
                             struct store_ticket *ticket, const struct store_ticket *stored, struct error *err)
{
    struct store_merge_part *part = &merge->report->parts[place->run->part];
    int64_t first;
    int status = find_measured(merge, place, &stored->proposal, &first, err);
    if (status)
        return status;
    if (first == STORE_NONE) {
        part->evaluations++;
        return add_measured(merge, place, &stored->proposal, err);
    }
    part->duplicates++;
    *ticket = (struct store_ticket){.proposal = ticket->proposal};
    ticket->proposal.outcome = STORE_DUPLICATE;
    ticket->proposal.same_as = place->home = first;
    return compare_with_kept(merge, input, stored, first, err);
}

static int64_t mapped(const struct input *input, int64_t ticket)
{
    return ticket == STORE_NONE ? STORE_NONE : input->places.items[ticket].ticket;
}

static bool is_earlier(int64_t other, int64_t ticket)
{
    return other == STORE_NONE || (other >= 0 && other < ticket);
}

static int add_ticket(struct merge *merge, struct input *input, const struct store_ticket *stored, struct error *err)
{
    struct store *store = merge->store;
    struct store_ticket ticket = *stored;
    struct store_proposal *proposal = &ticket.proposal;
    int64_t number = stored->proposal.ticket;
    if (!is_earlier(proposal->parent1, number) || !is_earlier(proposal->parent2, number) ||
        !is_earlier(proposal->same_as, number))
        return store_incomplete(input->store, err, "a ticket comes before its parents");
    struct place *place = &input->places.items[number];
    proposal->ticket = place->ticket = place->home = store->count;
    proposal->parent1 = mapped(input, proposal->parent1);
    proposal->parent2 = mapped(input, proposal->parent2);
    if (proposal->same_as != STORE_NONE)
        proposal->same_as = place->home = input->places.items[proposal->same_as].home;
    int status = ticket.evaluation ? settle_evaluation(merge, input, place, &ticket, stored, err) : 0;
    const struct link *session = ticket.timing ? merge_find_link(&input->sessions, ticket.timing->session) : NULL;
    store->session = session ? session->to : 0;
    if (!status)
        status = store_insert_ticket(store, &ticket, err);
    struct store_provenance provenance = {.run = place->run->to, .run_ticket = place->run_ticket};
    if (!status)
        status = store_insert(store, TABLE_PROVENANCE, place->ticket, &provenance, err);
    merge->report->parts[place->run->part].tickets++;
    store->count++;
    return status;
}

static int stop_if_asked(const struct merge *merge, struct error *err)
{
    if (!merge->options || !merge->options->stopped || !merge->options->stopped())
        return 0;
    return error_set(err, ERROR_INTERRUPTED, merge->store->path, "run the same command again",
                     "stopped, and nothing was merged");
}

int merge_add_tickets(struct merge *merge, struct input *input, struct error *err)
{
    struct store_cursor *cursor = NULL;
    const struct store_ticket *stored = NULL;
    ptrdiff_t first = 0;
    while (first < input->places.count && input->places.items[first].ticket != STORE_NONE)
        first++;
    if (first == input->places.count)
        return 0;
    int status = store_cursor_new(input->store, first, &cursor, err);
    if (!status)
        status = store_cursor_next(cursor, &stored, err);
    while (!status && stored) {
        status = stored->proposal.ticket < input->places.count
                     ? stop_if_asked(merge, err)
                     : store_incomplete(input->store, err, "tickets are missing");
        if (!status && input->places.items[stored->proposal.ticket].ticket == STORE_NONE)
            status = add_ticket(merge, input, stored, err);
        if (!status)
            status = store_cursor_next(cursor, &stored, err);
    }
    store_cursor_free(cursor);
    return status;
}
