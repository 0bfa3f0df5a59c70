/* Merging: the tickets of several databases in one.
 *
 * Inputs are read with connections of their own, ticket by ticket as by any reader, and written by the one that
 * store_append() writes with. ATTACH and INSERT ... SELECT would leave the rows to SQLite, but an attached database
 * cannot be let go of within a transaction, and there may be ten of them: eleven islands would need two transactions.
 *
 * Three numbers belong to a ticket of an input: the one it has there; run and number in the run, by which it is known
 * everywhere; and the one that it gets. A duplicate of a duplicate is none: same_as always leads to the ticket that has
 * the evaluation, its home. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Statements on the merged database. The class of a run is the first run that measures as it does. */
enum statement {
    FIND_CLASS,
    FIND_SESSION,
    END_SESSION,
    FIND_TICKET,
    FIND_MEASURED,
    ADD_MEASURED,
    FIND_SCORE,
    STATEMENT_COUNT
};

/* What an evaluation depends on, the function apart. Where the search goes by it has no say in it. */
#define WITHOUT_SEARCH(run)                                                                                            \
    "iif(json_valid(" run ".experiment), json_remove(" run ".experiment, '$.search'), " run ".experiment)"
#define MEASURES_ALIKE                                                                                                 \
    "a.seed = b.seed AND a.protocol = b.protocol AND a.metric = b.metric"                                              \
    " AND a.program_version = b.program_version AND a.isa = b.isa AND a.library_version = b.library_version"           \
    " AND a.data_digest = b.data_digest AND " WITHOUT_SEARCH("a") " = " WITHOUT_SEARCH("b")

static const char *const statements[STATEMENT_COUNT] = {
    [FIND_CLASS] = "SELECT min(b.id) FROM run AS a JOIN run AS b ON " MEASURES_ALIKE " WHERE a.id = ?",
    [FIND_SESSION] = "SELECT id FROM session WHERE host = ? AND pid = ? AND started_at = ?",
    [END_SESSION] = "UPDATE session SET ended_at = ?, ending = ? WHERE id = ? AND ending IS NULL",
    [FIND_TICKET] = "SELECT p.ticket, home.ticket, p.genome, home.simplified, e.score"
                    " FROM provenance AS o JOIN proposal AS p USING (ticket)"
                    " JOIN proposal AS home ON home.ticket = coalesce(p.same_as, p.ticket)"
                    " LEFT JOIN evaluation AS e ON e.ticket = home.ticket WHERE o.run = ? AND o.run_ticket = ?",
    [FIND_MEASURED] = "SELECT ticket FROM temp.measured WHERE class = ? AND fingerprint = ?",
    [ADD_MEASURED] = "INSERT INTO temp.measured VALUES (?, ?, ?)",
    [FIND_SCORE] = "SELECT p.simplified, e.score FROM proposal AS p JOIN evaluation AS e USING (ticket)"
                   " WHERE p.ticket = ?",
};

/* The functions that the merged database has evaluations of. */
static const char measured_sql[] =
    "CREATE TEMP TABLE measured (class INTEGER, fingerprint TEXT, ticket INTEGER NOT NULL,"
    " PRIMARY KEY (class, fingerprint)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO temp.measured"
    " WITH alike (run, class) AS (SELECT a.id, min(b.id) FROM run AS a JOIN run AS b ON " MEASURES_ALIKE
    " GROUP BY a.id)"
    " SELECT alike.class, p.fingerprint, p.ticket"
    " FROM proposal AS p JOIN provenance AS o USING (ticket) JOIN alike USING (run)"
    " WHERE p.outcome = '" STORE_EVALUATED "' ORDER BY p.ticket";

/* From the number of a row in the input to that in the merged database. */
struct link {
    int64_t from, to;
    int64_t class;  /* of a run */
    ptrdiff_t part; /* of a run: of the report */
};

struct links {
    struct link *items; /* by .from, owned */
    ptrdiff_t count, capacity;
};

/* A ticket of the input. */
struct place {
    const struct link *run;
    int64_t run_ticket;
    int64_t ticket; /* in the merged database; STORE_NONE: not there yet */
    int64_t home;   /* there; itself unless it is a duplicate */
};

struct places {
    struct place *items; /* by ticket, owned */
    ptrdiff_t count, capacity;
};

struct input {
    int number;
    struct store *store;
    struct links runs, sessions;
    struct places places;
};

struct merge {
    struct store *store;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *find_run;
    struct store_merge *report;
    ptrdiff_t part_capacity;
    bool (*stopped)(void);
};

/* Small things ------------------------------------------------------------------------------------ */

/* Room for one more: the items where they are then, or NULL. */
static void *with_room(void *items, ptrdiff_t count, ptrdiff_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    ptrdiff_t wanted = *capacity ? 2 * *capacity : 16;
    void *grown = memory_resize(items, (size_t)wanted, size);
    if (grown)
        *capacity = wanted;
    return grown;
}

static int add_link(struct links *links, struct link link, struct error *err)
{
    struct link *items = with_room(links->items, links->count, &links->capacity, sizeof *items);
    if (!items)
        return memory_error(err, "a merge");
    links->items = items;
    links->items[links->count++] = link;
    return 0;
}

static int compare_links(const void *a, const void *b)
{
    int64_t x = ((const struct link *)a)->from, y = ((const struct link *)b)->from;
    return (x > y) - (x < y);
}

static const struct link *find_link(const struct links *links, int64_t from)
{
    struct link key = {.from = from};
    return links->count ? bsearch(&key, links->items, (size_t)links->count, sizeof key, compare_links) : NULL;
}

/* Runs a statement that has at most one row; *found tells whether it has. It must be reset before it is bound again. */
static int look_up(const struct merge *merge, sqlite3_stmt *statement, bool *found, struct error *err)
{
    int code = sqlite3_step(statement);
    *found = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : store_fail(merge->store, err, "merge");
}

static sqlite3_stmt *bound(const struct merge *merge, enum statement which, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = merge->statements[which];
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        sqlite3_bind_int64(statement, 2, second);
    return statement;
}

/* Runs ------------------------------------------------------------------------------------------- */

static int prepare_find_run(struct merge *merge, struct error *err)
{
    const struct table *table = &store_tables[TABLE_RUN];
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT id FROM run WHERE ");
    for (int i = 0; i < table->column_count; i++)
        text_addf(&sql, "%s%s IS ?", i ? " AND " : "", table->columns[i].name);
    int status = text_failed(&sql) ? memory_error(err, "a merge")
                                   : store_prepare(merge->store, text_string(&sql), &merge->find_run, err);
    text_release(&sql);
    return status;
}

static int class_of(const struct merge *merge, int64_t run, int64_t *class, struct error *err)
{
    bool found;
    sqlite3_stmt *find = bound(merge, FIND_CLASS, run, 0);
    int status = look_up(merge, find, &found, err);
    if (!status)
        *class = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    return status;
}

/* The run in the merged database, where it is added unless it is there. */
static int place_run(const struct merge *merge, const struct store_run *run, struct link *link, struct error *err)
{
    bool found = false;
    sqlite3_reset(merge->find_run);
    int status = table_bind(&store_tables[TABLE_RUN], merge->find_run, 1, run) == SQLITE_OK
                     ? look_up(merge, merge->find_run, &found, err)
                     : store_fail(merge->store, err, "merge");
    if (!status && found)
        link->to = sqlite3_column_int64(merge->find_run, 0);
    sqlite3_reset(merge->find_run);
    sqlite3_clear_bindings(merge->find_run);
    if (!status && !found) {
        status = store_insert(merge->store, TABLE_RUN, 0, run, err);
        link->to = sqlite3_last_insert_rowid(merge->store->db);
    }
    return status ? status : class_of(merge, link->to, &link->class, err);
}

static int add_part(struct merge *merge, const struct input *input, const struct store_run *run, struct error *err)
{
    struct store_merge *report = merge->report;
    struct store_merge_part *parts = with_room(report->parts, report->part_count, &merge->part_capacity, sizeof *parts);
    char *experiment = memory_copy_string(run->name);
    if (parts)
        report->parts = parts;
    if (!parts || !experiment) {
        memory_free(experiment);
        return memory_error(err, "a merge");
    }
    parts[report->part_count++] =
        (struct store_merge_part){.input = input->number, .experiment = experiment, .seed = run->seed};
    return 0;
}

static int take_run(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err)
{
    const struct table *table = &store_tables[TABLE_RUN];
    struct store_run run;
    struct pool strings = {NULL};
    struct link link = {.from = sqlite3_column_int64(row, table->column_count), .part = merge->report->part_count};
    int status = table_read(table, row, &run, &strings, err);
    if (!status)
        status = place_run(merge, &run, &link, err);
    if (!status)
        status = add_part(merge, input, &run, err);
    pool_release(&strings);
    return status ? status : add_link(&input->runs, link, err);
}

/* Calls `take` for each row of a query on the input. */
static int each_row(struct merge *merge, struct input *input, const char *sql,
                    int (*take)(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err),
                    struct error *err)
{
    sqlite3_stmt *rows = NULL;
    int code = SQLITE_ROW, status = store_prepare(input->store, sql, &rows, err);
    while (!status && (code = sqlite3_step(rows)) == SQLITE_ROW)
        status = take(merge, input, rows, err);
    if (!status && code != SQLITE_DONE)
        status = store_fail(input->store, err, "read it");
    sqlite3_finalize(rows);
    return status;
}

static int take_runs(struct merge *merge, struct input *input, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT ");
    run_columns_now_sql(input->store->schema, &sql);
    text_add(&sql, ", rowid FROM run ORDER BY rowid");
    int status =
        text_failed(&sql) ? memory_error(err, "a merge") : each_row(merge, input, text_string(&sql), take_run, err);
    text_release(&sql);
    return status;
}

/* Sessions --------------------------------------------------------------------------------------- */

static int find_session(const struct merge *merge, const struct store_session *session, bool *found, int64_t *id,
                        struct error *err)
{
    sqlite3_stmt *find = merge->statements[FIND_SESSION];
    sqlite3_bind_text(find, 1, session->host, -1, SQLITE_STATIC);
    sqlite3_bind_int64(find, 2, session->pid);
    sqlite3_bind_text(find, 3, session->started_at, -1, SQLITE_STATIC);
    int status = look_up(merge, find, found, err);
    if (!status && *found)
        *id = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    sqlite3_clear_bindings(find);
    return status;
}

/* A session that went on when it was merged before may have ended since. */
static int end_session(const struct merge *merge, const struct store_session *session, int64_t id, struct error *err)
{
    bool found;
    if (!session->ending)
        return 0;
    sqlite3_stmt *end = merge->statements[END_SESSION];
    sqlite3_bind_text(end, 1, session->ended_at, -1, SQLITE_STATIC);
    sqlite3_bind_text(end, 2, session->ending, -1, SQLITE_STATIC);
    sqlite3_bind_int64(end, 3, id);
    int status = look_up(merge, end, &found, err);
    sqlite3_reset(end);
    sqlite3_clear_bindings(end);
    return status;
}

static int take_session(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err)
{
    const struct table *table = &store_tables[TABLE_SESSION];
    struct store_session session;
    struct pool strings = {NULL};
    struct link link = {.from = sqlite3_column_int64(row, table->column_count)};
    bool found = false;
    int status = table_read(table, row, &session, &strings, err);
    if (!status)
        status = find_session(merge, &session, &found, &link.to, err);
    if (!status && found)
        status = end_session(merge, &session, link.to, err);
    if (!status && !found) {
        status = store_insert(merge->store, TABLE_SESSION, 0, &session, err);
        link.to = sqlite3_last_insert_rowid(merge->store->db);
    }
    pool_release(&strings);
    return status ? status : add_link(&input->sessions, link, err);
}

static int take_sessions(struct merge *merge, struct input *input, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT ");
    table_columns_sql(&store_tables[TABLE_SESSION], input->store->schema, &sql);
    text_add(&sql, ", id FROM session ORDER BY id");
    int status =
        text_failed(&sql) ? memory_error(err, "a merge") : each_row(merge, input, text_string(&sql), take_session, err);
    text_release(&sql);
    return status;
}

/* Scores that should be equal ---------------------------------------------------------------------- */

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
    double kept_score = score_at(row, first + 1);
    bool equal = score == kept_score || (isnan(score) && isnan(kept_score));
    if (equal || !same_text(row, first, simplified))
        return;
    if (report->contradictions++ > 0)
        return;
    snprintf(report->function, sizeof report->function, "%s", simplified);
    report->contradicting_input = input->number;
    report->contradicting_ticket = ticket;
    report->contradicting_score = score;
    report->kept_ticket = kept;
    report->kept_score = kept_score;
}

/* Where the tickets of the input are --------------------------------------------------------------- */

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
    struct place place = {.run = find_link(&input->runs, sqlite3_column_int64(row, PLACE_RUN)),
                          .run_ticket = sqlite3_column_int64(row, PLACE_RUN_TICKET),
                          .ticket = STORE_NONE};
    bool found = false;
    if (!place.run || sqlite3_column_int64(row, PLACE_TICKET) != places->count)
        return store_damaged(input->store, err, place.run ? "tickets are missing" : "a run is missing");
    struct place *items = with_room(places->items, places->count, &places->capacity, sizeof *items);
    if (!items)
        return memory_error(err, "a merge");
    places->items = items;
    sqlite3_stmt *find = bound(merge, FIND_TICKET, place.run->to, place.run_ticket);
    int status = look_up(merge, find, &found, err);
    if (!status && found)
        status = recognise(merge, input, row, find, &place, err);
    sqlite3_reset(find);
    places->items[places->count++] = place;
    return status;
}

static int take_places(struct merge *merge, struct input *input, struct error *err)
{
    bool provenance = input->store->schema >= store_tables[TABLE_PROVENANCE].since;
    struct text sql = TEXT_EMPTY;
    text_addf(&sql, places_sql, provenance ? "coalesce(o.run, 1), coalesce(o.run_ticket, p.ticket)" : "1, p.ticket",
              provenance ? " LEFT JOIN provenance AS o USING (ticket)" : "");
    int status =
        text_failed(&sql) ? memory_error(err, "a merge") : each_row(merge, input, text_string(&sql), take_place, err);
    text_release(&sql);
    return status;
}

/* Tickets ---------------------------------------------------------------------------------------- */

/* Is this function measured already? Then *first has its evaluation. */
static int find_measured(const struct merge *merge, const struct place *place, const struct store_proposal *proposal,
                         int64_t *first, struct error *err)
{
    bool found;
    sqlite3_stmt *find = bound(merge, FIND_MEASURED, place->run->class, 0);
    sqlite3_bind_text(find, 2, proposal->fingerprint, -1, SQLITE_STATIC);
    int status = look_up(merge, find, &found, err);
    *first = !status && found ? sqlite3_column_int64(find, 0) : STORE_NONE;
    sqlite3_reset(find);
    sqlite3_clear_bindings(find);
    return status;
}

static int add_measured(const struct merge *merge, const struct place *place, const struct store_proposal *proposal,
                        struct error *err)
{
    bool found;
    sqlite3_stmt *add = bound(merge, ADD_MEASURED, place->run->class, 0);
    sqlite3_bind_text(add, 2, proposal->fingerprint, -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, place->ticket);
    int status = look_up(merge, add, &found, err);
    sqlite3_reset(add);
    sqlite3_clear_bindings(add);
    return status;
}

static int compare_with_kept(const struct merge *merge, const struct input *input, const struct store_ticket *stored,
                             int64_t kept, struct error *err)
{
    bool found;
    sqlite3_stmt *find = bound(merge, FIND_SCORE, kept, 0);
    int status = look_up(merge, find, &found, err);
    if (!status && found)
        compare_scores(merge, input, stored->proposal.ticket, stored->proposal.simplified, stored->evaluation->score,
                       find, 0, kept);
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
        return store_damaged(input->store, err, "a ticket comes before its parents");
    struct place *place = &input->places.items[number];
    proposal->ticket = place->ticket = place->home = store->count;
    proposal->parent1 = mapped(input, proposal->parent1);
    proposal->parent2 = mapped(input, proposal->parent2);
    if (proposal->same_as != STORE_NONE)
        proposal->same_as = place->home = input->places.items[proposal->same_as].home;
    int status = ticket.evaluation ? settle_evaluation(merge, input, place, &ticket, stored, err) : 0;
    const struct link *session = ticket.timing ? find_link(&input->sessions, ticket.timing->session) : NULL;
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
    if (!merge->stopped || !merge->stopped())
        return 0;
    return error_set(err, ERROR_INTERRUPTED, merge->store->path, "run the same command again",
                     "stopped, and nothing was merged");
}

static int add_tickets(struct merge *merge, struct input *input, struct error *err)
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
        ALWAYS(stored->proposal.ticket < input->places.count);
        status = stop_if_asked(merge, err);
        if (!status && input->places.items[stored->proposal.ticket].ticket == STORE_NONE)
            status = add_ticket(merge, input, stored, err);
        if (!status)
            status = store_cursor_next(cursor, &stored, err);
    }
    store_cursor_free(cursor);
    return status;
}

/* Inputs ----------------------------------------------------------------------------------------- */

static void input_release(struct input *input)
{
    store_close(input->store, NULL);
    memory_free(input->runs.items);
    memory_free(input->sessions.items);
    memory_free(input->places.items);
}

/* All of it is read in one transaction: a search may go on writing. */
static int merge_input(struct merge *merge, int number, const char *path, struct error *err)
{
    struct input input = {.number = number};
    int status = store_open_read(path, &input.store, err);
    if (!status)
        status = store_execute(input.store, "BEGIN", "read it", err);
    if (!status)
        status = store_check(input.store, err);
    if (!status)
        status = take_runs(merge, &input, err);
    if (!status)
        status = take_sessions(merge, &input, err);
    if (!status)
        status = take_places(merge, &input, err);
    if (!status)
        status = add_tickets(merge, &input, err);
    input_release(&input);
    return status;
}

/* The usual mistakes, found before anything is touched and not after the first 63 inputs. */
static int check_input(const char *path, const char *input, struct error *err)
{
    struct stat ours, theirs;
    struct store *store = NULL;
    if (stat(path, &ours) == 0 && stat(input, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
        ours.st_ino == theirs.st_ino)
        return error_set(err, ERROR_USAGE, path, "the first name is that of the merged database, all others are inputs",
                         "this file cannot be merged into itself");
    int status = store_open_read(input, &store, err);
    store_close(store, NULL);
    return status;
}

/* The merge --------------------------------------------------------------------------------------- */

static int begin(struct merge *merge, struct error *err)
{
    int status = store_execute(merge->store, measured_sql, "merge", err);
    for (int i = 0; i < STATEMENT_COUNT && !status; i++)
        status = store_prepare(merge->store, statements[i], &merge->statements[i], err);
    return status ? status : prepare_find_run(merge, err);
}

static int count_all(const struct merge *merge, struct error *err)
{
    struct store_merge *report = merge->report;
    report->tickets = merge->store->count;
    int status = store_integer(merge->store, "SELECT count(*) FROM run", &report->runs, err);
    return status ? status : store_integer(merge->store, "SELECT count(*) FROM evaluation", &report->evaluations, err);
}

/* Without COMMIT nothing of it remains. */
static int end(struct merge *merge, int status, struct error *err)
{
    struct store *store = merge->store;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(merge->statements[i]);
    sqlite3_finalize(merge->find_run);
    store->session = 0;
    if (!status)
        status = store_execute(store, "COMMIT", "write", err);
    if (!status)
        store->unfinished = false;
    else if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    int closed = store_close(store, status ? NULL : err);
    return status ? status : closed;
}

int store_merge(const char *path, const char *const *inputs, int count, bool (*stopped)(void),
                struct store_merge *report, struct error *err)
{
    struct merge merge = {.report = report, .stopped = stopped};
    int status = 0;
    *report = STORE_MERGE_EMPTY;
    for (int i = 0; i < count && !status; i++)
        status = check_input(path, inputs[i], err);
    if (!status)
        status = store_open_merged(path, &merge.store, err);
    if (status)
        return status;
    status = begin(&merge, err);
    for (int i = 0; i < count && !status; i++)
        status = merge_input(&merge, i, inputs[i], err);
    if (!status)
        status = count_all(&merge, err);
    return end(&merge, status, err);
}

void store_merge_release(struct store_merge *report)
{
    for (ptrdiff_t i = 0; i < report->part_count; i++)
        memory_free(report->parts[i].experiment);
    memory_free(report->parts);
    *report = STORE_MERGE_EMPTY;
}
