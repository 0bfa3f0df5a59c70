/* Merging: the tickets of several databases in one.
 *
 * Inputs are read with connections of their own, ticket by ticket as by any reader, and written by the one that
 * store_append() writes with. ATTACH and INSERT ... SELECT would leave the rows to SQLite, but an attached database
 * cannot be let go of within a transaction, and there may be ten of them: eleven islands would need two transactions.
 *
 * Three numbers belong to a ticket of an input: the one it has there; run and number in the run, by which it is known
 * everywhere; and the one that it gets. A duplicate of a duplicate is none: same_as always leads to the ticket that has
 * the evaluation, its home. */
#include "store/merge_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <sys/stat.h>

/* What an evaluation depends on, the function apart. The search decides which functions are trained and not how, so its
   part of the experiment does not count. */
#define WITHOUT_SEARCH(run)                                                                                            \
    "iif(json_valid(" run ".experiment), json_remove(" run ".experiment, '$.search'), " run ".experiment)"
#define ALIKE_ANY(member) ""
#define ALIKE_SAME(member) " AND a." #member " IS b." #member
#define ALIKE_BUT_SEARCH(member) " AND " WITHOUT_SEARCH("a") " = " WITHOUT_SEARCH("b")

/* From the table of what a run is: a condition on the runs a and b behind others. */
#define RUN_ENTRY(type, member, since, alike, ...) ALIKE_##alike(member)

static const char *const statements[STATEMENT_COUNT] = {
    [FIND_CLASS] = ("SELECT min(b.id) FROM run AS a JOIN run AS b ON true"
#include "store/run.def"
                    " WHERE a.id = ?"),
    [FIND_SESSION] = "SELECT id FROM session WHERE host = ? AND pid = ? AND started_at = ?",
    [END_SESSION] = "UPDATE session SET ended_at = ?, ending = ? WHERE id = ? AND ending IS NULL",
    [FIND_TICKET] = "SELECT p.ticket, home.ticket, p.genome, home.simplified, e.score"
                    " FROM provenance AS o JOIN proposal AS p USING (ticket)"
                    " JOIN proposal AS home ON home.ticket = coalesce(p.same_as, p.ticket)"
                    " LEFT JOIN evaluation AS e ON e.ticket = home.ticket WHERE o.run = ? AND o.run_ticket = ?",
    [FIND_MEASURED] = "SELECT ticket FROM temp.measured WHERE class = ? AND fingerprint = ?",
    [ADD_MEASURED] = "INSERT INTO temp.measured VALUES (?, ?, ?)",
    [FIND_SCORE] = ("SELECT p.simplified, e.score FROM proposal AS p JOIN evaluation AS e USING (ticket)"
                    " WHERE p.ticket = ?"),
};

/* The functions that the merged database has evaluations of. */
static const char measured_sql[] =
    "CREATE TEMP TABLE measured (class INTEGER, fingerprint TEXT, ticket INTEGER NOT NULL,"
    " PRIMARY KEY (class, fingerprint)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO temp.measured"
    " WITH alike (run, class) AS (SELECT a.id, min(b.id) FROM run AS a JOIN run AS b ON true"
#include "store/run.def"
    " GROUP BY a.id)"
    " SELECT alike.class, p.fingerprint, p.ticket"
    " FROM proposal AS p JOIN provenance AS o USING (ticket) JOIN alike USING (run)"
    " WHERE p.outcome = '" STORE_EVALUATED "' ORDER BY p.ticket";

#undef RUN_ENTRY

/* ---- inputs */

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
    int status = store_open_reader(path, merge->options, &input.store, err);
    if (!status)
        status = store_execute(input.store, "BEGIN", "read it", err);
    if (!status)
        status = store_check(input.store, err);
    merge->store->rows_from = input.store;
    if (!status)
        status = merge_take_runs(merge, &input, err);
    if (!status)
        status = merge_take_sessions(merge, &input, err);
    if (!status)
        status = merge_take_places(merge, &input, err);
    if (!status)
        status = merge_add_tickets(merge, &input, err);
    merge->store->rows_from = NULL;
    input_release(&input);
    return status;
}

/* The usual mistakes, found before anything is touched and not after the first 63 inputs. */
static int check_input(const char *path, const char *input, const struct store_options *options, struct error *err)
{
    struct stat ours, theirs;
    struct store *store = NULL;
    if (stat(path, &ours) == 0 && stat(input, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
        ours.st_ino == theirs.st_ino)
        return error_set(err, ERROR_USAGE, path, "the first name is that of the merged database, all others are inputs",
                         "this file cannot be merged into itself");
    int status = store_open_reader(input, options, &store, err);
    store_close(store, NULL);
    return status;
}

/* ---- the merge */

static int begin(struct merge *merge, struct error *err)
{
    int status = store_execute(merge->store, measured_sql, "merge", err);
    for (int i = 0; i < STATEMENT_COUNT && !status; i++)
        status = store_prepare(merge->store, statements[i], &merge->statements[i], err);
    return status ? status : merge_prepare_runs(merge, err);
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

int store_merge(const char *path, const char *const *inputs, int count, const struct store_options *options,
                struct store_merge *report, struct error *err)
{
    struct merge merge = {.report = report, .options = options};
    int status = 0;
    *report = STORE_MERGE_EMPTY;
    for (int i = 0; i < count && !status; i++)
        status = check_input(path, inputs[i], options, err);
    if (!status)
        status = store_open_merged(path, options, &merge.store, err);
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
