/* Reading tickets back, in order and whole. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* The rows of one ticket in one table. */
struct rows {
    char *records;
    ptrdiff_t count, capacity;
};

struct store_cursor {
    struct store *store;
    sqlite3_stmt *select[TABLE_COUNT];
    struct rows rows[TABLE_COUNT];
    struct pool strings; /* of the current ticket */
    struct evaluation evaluation;
    struct store_ticket ticket;
};

static const enum table_id parts[] = {TABLE_EVALUATION, TABLE_OBJECTIVE, TABLE_RUNG,  TABLE_TRIAL,
                                      TABLE_CURVE,      TABLE_PARAMETER, TABLE_WATCH, TABLE_TIMING};
enum { PART_COUNT = sizeof parts / sizeof *parts };

static int prepare_select(struct store_cursor *cursor, enum table_id id, const char *ending, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    table_select_sql(&store_tables[id], cursor->store->schema, &sql);
    text_add(&sql, ending);
    int status = text_failed(&sql) ? memory_error(err, "reading the database")
                                   : store_prepare(cursor->store, text_string(&sql), &cursor->select[id], err);
    text_release(&sql);
    return status;
}

/* What a search goes on without, when its table is gone. */
static bool is_spare(enum table_id id)
{
    return id == TABLE_WATCH || id == TABLE_TIMING;
}

int store_cursor_new(struct store *store, int64_t first, struct store_cursor **cursor, struct error *err)
{
    struct store_cursor *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "reading the database");
    made->store = store;
    int status = prepare_select(made, TABLE_PROPOSAL, " WHERE ticket >= ? ORDER BY ticket", err);
    for (int i = 0; i < PART_COUNT && !status; i++)
        if (store_tables[parts[i]].since <= store->schema && (status = prepare_select(made, parts[i], "", err)) &&
            store->broken && is_spare(parts[i]))
            status = 0;
    if (!status)
        sqlite3_bind_int64(made->select[TABLE_PROPOSAL], 1, first);
    if (status)
        store_cursor_free(made);
    else
        *cursor = made;
    return status;
}

void store_cursor_free(struct store_cursor *cursor)
{
    if (!cursor)
        return;
    for (int i = 0; i < TABLE_COUNT; i++) {
        sqlite3_finalize(cursor->select[i]);
        memory_free(cursor->rows[i].records);
    }
    pool_release(&cursor->strings);
    memory_free(cursor);
}

static int add_row(struct rows *rows, size_t record_size, struct error *err)
{
    if (rows->count < rows->capacity)
        return 0;
    ptrdiff_t capacity = rows->capacity ? 2 * rows->capacity : 8;
    char *records = memory_resize(rows->records, (size_t)capacity, record_size);
    if (!records)
        return memory_error(err, "reading the database");
    rows->records = records;
    rows->capacity = capacity;
    return 0;
}

static int read_rows(struct store_cursor *cursor, enum table_id id, struct error *err)
{
    const struct table *table = &store_tables[id];
    sqlite3_stmt *statement = cursor->select[id];
    struct rows *rows = &cursor->rows[id];
    int status = 0, code;
    rows->count = 0;
    if (!statement)
        return 0;
    sqlite3_bind_int64(statement, 1, cursor->ticket.proposal.ticket);
    while (!status && (code = store_step(cursor->store, statement)) != SQLITE_DONE) {
        if (code != SQLITE_ROW)
            status = store_fail(cursor->store, err, "read it");
        if (!status)
            status = add_row(rows, table->record_size, err);
        if (!status)
            status = table_read(cursor->store, table, statement,
                                rows->records + (size_t)rows->count++ * table->record_size, &cursor->strings, err);
    }
    sqlite3_reset(statement);
    return status;
}

/* What the row of an evaluation has no column for follows from the other tables. */
static void assemble_result(const struct rows *rows, struct result *result)
{
    const struct store_objective *objectives = (const void *)rows[TABLE_OBJECTIVE].records;
    const struct store_rung *rungs = (const void *)rows[TABLE_RUNG].records;
    const struct store_timing *timing = (const void *)rows[TABLE_TIMING].records;
    struct result nothing = result_without_figures(result->outcome);
    result->objectives = 1;
    for (ptrdiff_t i = 0; i < rows[TABLE_OBJECTIVE].count && result->objectives < RESULT_OBJECTIVES; i++)
        result->objective[result->objectives++] = (struct figure){objectives[i].value, objectives[i].deviation};
    memcpy(result->reached, nothing.reached, sizeof result->reached);
    result->rungs = result_is_ok(result) ? 1 : 0;
    result->reached[0] = result_score(result);
    if (rows[TABLE_RUNG].count > 0)
        result->rungs = 0;
    for (ptrdiff_t i = 0; i < rows[TABLE_RUNG].count && i < RESULT_RUNGS; i++)
        if (!isnan(rungs[i].reached))
            result->reached[result->rungs++] = rungs[i].reached;
    if (rows[TABLE_TIMING].count)
        result->cost = (struct cost){timing->wall_seconds, timing->cpu_seconds};
}

static void assemble(struct store_cursor *cursor)
{
    struct store_ticket *ticket = &cursor->ticket;
    const struct rows *rows = cursor->rows;
    cursor->evaluation = (struct evaluation){
        .trials = (void *)rows[TABLE_TRIAL].records,
        .trial_count = rows[TABLE_TRIAL].count,
        .curve = (void *)rows[TABLE_CURVE].records,
        .epoch_count = rows[TABLE_CURVE].count,
        .parameters = (void *)rows[TABLE_PARAMETER].records,
        .parameter_count = rows[TABLE_PARAMETER].count,
        .snapshots = (void *)rows[TABLE_WATCH].records,
        .snapshot_count = rows[TABLE_WATCH].count,
    };
    if (rows[TABLE_EVALUATION].count) {
        memcpy(&cursor->evaluation.result, rows[TABLE_EVALUATION].records, sizeof cursor->evaluation.result);
        assemble_result(rows, &cursor->evaluation.result);
    }
    ticket->evaluation = rows[TABLE_EVALUATION].count ? &cursor->evaluation : NULL;
    ticket->rungs = (const void *)rows[TABLE_RUNG].records;
    ticket->rung_count = rows[TABLE_RUNG].count;
    ticket->timing = rows[TABLE_TIMING].count ? (const void *)rows[TABLE_TIMING].records : NULL;
}

int store_cursor_next(struct store_cursor *cursor, const struct store_ticket **ticket, struct error *err)
{
    sqlite3_stmt *proposals = cursor->select[TABLE_PROPOSAL];
    *ticket = NULL;
    pool_release(&cursor->strings);
    int code = store_step(cursor->store, proposals);
    if (code == SQLITE_DONE)
        return 0;
    if (code != SQLITE_ROW)
        return store_fail(cursor->store, err, "read it");
    int status = table_read(cursor->store, &store_tables[TABLE_PROPOSAL], proposals, &cursor->ticket.proposal,
                            &cursor->strings, err);
    for (int i = 0; i < PART_COUNT && !status; i++)
        status = read_rows(cursor, parts[i], err);
    if (!status && !cursor->rows[TABLE_EVALUATION].count && cursor->rows[TABLE_TRIAL].count)
        status = store_incomplete(cursor->store, err, "there are trials without an evaluation");
    if (status)
        return status;
    assemble(cursor);
    *ticket = &cursor->ticket;
    return 0;
}

int store_measured(struct store *store, bool measured[MEASURES], struct error *err)
{
    sqlite3_stmt *statement = NULL;
    struct text sql = TEXT_EMPTY;
    memset(measured, 0, MEASURES * sizeof *measured);
    text_add(&sql, "SELECT 1");
    for (int i = 0; i < MEASURES; i++)
        if (measure_table[i].since <= store->schema)
            text_addf(&sql, ", count(validation_%s)", measure_table[i].name);
    text_add(&sql, " FROM evaluation");
    int status = text_failed(&sql) ? memory_error(err, "reading the database")
                                   : store_prepare(store, text_string(&sql), &statement, err);
    if (!status && store_step(store, statement) != SQLITE_ROW)
        status = store_fail(store, err, "read it");
    for (int i = 0, place = 1; !status && i < MEASURES; i++)
        if (measure_table[i].since <= store->schema)
            measured[i] = sqlite3_column_int64(statement, place++) > 0;
    sqlite3_finalize(statement);
    text_release(&sql);
    return status;
}

/* Sources ---------------------------------------------------------------------------------------- */

static int read_source_run(struct store *store, int64_t number, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    struct text sql = TEXT_EMPTY;
    table_select_sql(&store_tables[TABLE_RUN], store->schema, &sql);
    text_add(&sql, " WHERE id = ?");
    pool_release(&store->source_strings);
    int status = text_failed(&sql) ? memory_error(err, "reading the database")
                                   : store_prepare(store, text_string(&sql), &statement, err);
    if (!status) {
        sqlite3_bind_int64(statement, 1, number);
        int code = store_step(store, statement);
        if (code == SQLITE_ROW)
            status =
                table_read(store, &store_tables[TABLE_RUN], statement, &store->source, &store->source_strings, err);
        else if (code == SQLITE_DONE)
            status = store_incomplete(store, err, "rows refer to rows that are missing");
        else
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    text_release(&sql);
    return status;
}

int store_source(struct store *store, int64_t ticket, struct store_source *source, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    *source = (struct store_source){.run = &store->run, .number = 1, .ticket = ticket};
    if (store->schema < store_tables[TABLE_PROVENANCE].since)
        return 0;
    int status = store_prepare(store, "SELECT run, run_ticket FROM provenance WHERE ticket = ?", &statement, err);
    if (!status) {
        sqlite3_bind_int64(statement, 1, ticket);
        int code = store_step(store, statement);
        if (code == SQLITE_ROW)
            *source = (struct store_source){.run = &store->source,
                                            .number = sqlite3_column_int64(statement, 0),
                                            .ticket = sqlite3_column_int64(statement, 1)};
        else if (code != SQLITE_DONE)
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    if (!status && source->run == &store->source)
        status = read_source_run(store, source->number, err);
    return status;
}
