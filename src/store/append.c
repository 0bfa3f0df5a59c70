/* Writing: tickets and sessions. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/host.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static int prepared_insert(struct store *store, enum table_id id, sqlite3_stmt **statement, struct error *err)
{
    int status = 0;
    if (!store->insert[id]) {
        struct text sql = TEXT_EMPTY;
        table_insert_sql(&store_tables[id], &sql);
        status = text_failed(&sql) ? memory_error(err, "the database")
                                   : store_prepare(store, text_string(&sql), &store->insert[id], err);
        text_release(&sql);
    }
    *statement = store->insert[id];
    return status;
}

/* A ticket that is there already can only come from another writer: ours are counted. */
static int row_failure(struct store *store, enum table_id id, int64_t key, struct error *err)
{
    if (id != TABLE_PROPOSAL || sqlite3_extended_errcode(store->db) != SQLITE_CONSTRAINT_PRIMARYKEY)
        return store_fail(store, err, "write a row");
    int status = file_lock_check(&store->lock, store->path, err);
    if (status)
        return status;
    return error_set(err, ERROR_CONFLICT, store->path,
                     "let the other one go on, or run the same command when it has ended",
                     "ticket %" PRId64 " is there already: another process has written to this database", key);
}

int store_insert(struct store *store, enum table_id id, int64_t key, const void *record, struct error *err)
{
    const struct table *table = &store_tables[id];
    sqlite3_stmt *statement = NULL;
    int status = prepared_insert(store, id, &statement, err);
    if (status)
        return status;
    int first = 1, code = SQLITE_OK;
    if (table->key_name)
        code = sqlite3_bind_int64(statement, first++, key);
    if (code == SQLITE_OK)
        code = table_bind(table, statement, first, record);
    if (code != SQLITE_OK || store_step(store, statement) != SQLITE_DONE)
        status = row_failure(store, id, key, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement); /* they point into the caller's memory */
    return status;
}

static int insert_all(struct store *store, enum table_id id, int64_t key, const void *records, ptrdiff_t count,
                      struct error *err)
{
    int status = 0;
    for (ptrdiff_t i = 0; i < count && !status; i++)
        status = store_insert(store, id, key, (const char *)records + (size_t)i * store_tables[id].record_size, err);
    return status;
}

static int run_statement(const struct store *store, sqlite3_stmt *statement, const char *operation, struct error *err)
{
    int status = store_step(store, statement) == SQLITE_DONE ? 0 : store_fail(store, err, operation);
    sqlite3_reset(statement);
    return status;
}

/* Not when another process has taken over, or the file is not where it was. */
static int commit(struct store *store, struct error *err)
{
    int status = store_check_place(store, err);
    if (!status)
        status = file_lock_check(&store->lock, store->path, err);
    return status ? status : run_statement(store, store->commit, "write", err);
}

/* A failed COMMIT may or may not have left the transaction open. */
static void roll_back(const struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static const char *contradiction_of_evaluation(const struct store_ticket *ticket)
{
    const struct evaluation *evaluation = ticket->evaluation;
    bool evaluated = ticket->proposal.outcome && strcmp(ticket->proposal.outcome, STORE_EVALUATED) == 0;
    if (evaluated != (evaluation != NULL))
        return "an evaluation belongs to evaluated proposals and to no others";
    if (!evaluation)
        return ticket->timing ? "there is a timing without an evaluation" : NULL;
    if ((unsigned)evaluation->result.outcome < OUTCOME_COUNT &&
        result_is_ok(&evaluation->result) != !!isfinite(result_score(&evaluation->result)))
        return "a score belongs to outcome " STORE_OK " and to no other";
    return NULL;
}

static int contradiction(const struct store *store, const struct store_ticket *ticket, struct error *err)
{
    const char *what = contradiction_of_evaluation(ticket);
    if (!store->writable)
        what = "the database was opened for reading";
    else if (ticket->proposal.ticket != store->count)
        what = "it is not the next one";
    if (!what)
        return 0;
    return error_set(err, ERROR_INTERNAL, store->path, NULL, "cannot store ticket %" PRId64 ": %s",
                     ticket->proposal.ticket, what);
}

static int insert_timing(struct store *store, int64_t ticket, const struct store_timing *given, struct error *err)
{
    char now[UTC_SIZE];
    struct store_timing timing = *given;
    timing.session = store->session ? store->session : STORE_NONE;
    if (!timing.finished_at) {
        utc_now(now);
        timing.finished_at = now;
    }
    return store_insert(store, TABLE_TIMING, ticket, &timing, err);
}

static int insert_objectives(struct store *store, int64_t key, const struct result *result, struct error *err)
{
    int status = 0;
    for (int i = 1; i < result->objectives && !status; i++) {
        struct store_objective objective = {i, result->objective[i].mean, result->objective[i].deviation};
        status = store_insert(store, TABLE_OBJECTIVE, key, &objective, err);
    }
    return status;
}

static int insert_evaluation(struct store *store, int64_t key, const struct evaluation *evaluation, struct error *err)
{
    const struct {
        enum table_id table;
        const void *records;
        ptrdiff_t count;
    } parts[] = {
        {TABLE_TRIAL, evaluation->trials, evaluation->trial_count},
        {TABLE_CURVE, evaluation->curve, evaluation->epoch_count},
        {TABLE_PARAMETER, evaluation->parameters, evaluation->parameter_count},
        {TABLE_WATCH, evaluation->snapshots, evaluation->snapshot_count},
    };
    int status = store_insert(store, TABLE_EVALUATION, key, &evaluation->result, err);
    if (!status)
        status = insert_objectives(store, key, &evaluation->result, err);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !status; i++)
        status = insert_all(store, parts[i].table, key, parts[i].records, parts[i].count, err);
    return status;
}

int store_insert_ticket(struct store *store, const struct store_ticket *ticket, struct error *err)
{
    int64_t key = ticket->proposal.ticket;
    int status = store_insert(store, TABLE_PROPOSAL, key, &ticket->proposal, err);
    if (!status)
        status = insert_all(store, TABLE_RUNG, key, ticket->rungs, ticket->rung_count, err);
    if (!status && ticket->evaluation)
        status = insert_evaluation(store, key, ticket->evaluation, err);
    if (!status && ticket->timing)
        status = insert_timing(store, key, ticket->timing, err);
    return status;
}

/* What was added since the last commit is gone. */
static void drop_group(struct store *store)
{
    roll_back(store);
    store->count = store->durable;
}

int store_add(struct store *store, const struct store_ticket *ticket, struct error *err)
{
    int status = contradiction(store, ticket, err);
    if (!status && store->count == store->durable)
        status = run_statement(store, store->begin, "write", err);
    if (!status)
        status = store_insert_ticket(store, ticket, err);
    if (status)
        drop_group(store);
    else
        store->count++;
    return status;
}

int store_commit(struct store *store, struct error *err)
{
    if (store->count == store->durable)
        return 0;
    int status = commit(store, err);
    if (status)
        drop_group(store);
    else
        store->durable = store->count;
    return status;
}

int store_append(struct store *store, const struct store_ticket *ticket, struct error *err)
{
    int status = store_add(store, ticket, err);
    return status ? status : store_commit(store, err);
}

/* Sessions -------------------------------------------------------------------------------------- */

static int insert_session(struct store *store, int64_t threads, const char *processor, struct error *err)
{
    char host[256], now[UTC_SIZE];
    host_name(host, sizeof host);
    utc_now(now);
    struct store_session session = {
        .host = host, .pid = getpid(), .threads = threads, .processor = processor, .started_at = now};
    return store_insert(store, TABLE_SESSION, 0, &session, err);
}

int store_session_begin(struct store *store, int64_t threads, const char *processor, struct error *err)
{
    int status = run_statement(store, store->begin, "write", err);
    if (!status) /* we hold the lock: whoever has not said its end is gone */
        status = store_execute(store,
                               "UPDATE session SET ending = 'killed',"
                               " ended_at = (SELECT max(finished_at) FROM timing WHERE session = session.id)"
                               " WHERE ending IS NULL",
                               "write", err);
    if (!status)
        status = insert_session(store, threads, processor, err);
    int64_t session = sqlite3_last_insert_rowid(store->db);
    if (!status)
        status = commit(store, err);
    if (status)
        roll_back(store);
    else
        store->session = session;
    return status;
}

int store_session_end(struct store *store, const char *ending, struct error *err)
{
    if (!store->session)
        return 0;
    char now[UTC_SIZE];
    utc_now(now);
    sqlite3_stmt *statement = NULL;
    int status = store_check_place(store, err);
    if (!status)
        status = file_lock_check(&store->lock, store->path, err);
    if (!status)
        status = store_prepare(store, "UPDATE session SET ending = ?1, ended_at = ?2 WHERE id = ?3", &statement, err);
    if (!status) {
        sqlite3_bind_text(statement, 1, ending, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, now, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, store->session);
        status = run_statement(store, statement, "write", err);
    }
    sqlite3_finalize(statement);
    if (!status)
        store->session = 0;
    return status;
}
