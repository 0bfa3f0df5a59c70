/* Merging runs and sessions. */
#include "store/merge_internal.h"

#include "base/error.h"
#include "base/memory.h"

/* ---- runs */

int merge_prepare_runs(struct merge *merge, struct error *err)
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
    sqlite3_stmt *find = merge_bound(merge, FIND_CLASS, run, 0);
    int status = merge_look_up(merge, find, &found, err);
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
                     ? merge_look_up(merge, merge->find_run, &found, err)
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
    struct store_merge_part *parts =
        merge_room(report->parts, report->part_count, &merge->part_capacity, sizeof *parts);
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
    int status = table_read(input->store, table, row, &run, &strings, err);
    if (!status)
        status = place_run(merge, &run, &link, err);
    if (!status)
        status = add_part(merge, input, &run, err);
    pool_release(&strings);
    return status ? status : merge_add_link(&input->runs, link, err);
}

int merge_take_runs(struct merge *merge, struct input *input, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT ");
    run_columns_now_sql(input->store->schema, &sql);
    text_add(&sql, ", rowid FROM run ORDER BY rowid");
    int status = text_failed(&sql) ? memory_error(err, "a merge")
                                   : merge_each_row(merge, input, text_string(&sql), take_run, err);
    text_release(&sql);
    return status;
}

/* ---- sessions */

static int find_session(const struct merge *merge, const struct store_session *session, bool *found, int64_t *id,
                        struct error *err)
{
    sqlite3_stmt *find = merge->statements[FIND_SESSION];
    sqlite3_bind_text(find, 1, session->host, -1, SQLITE_STATIC);
    sqlite3_bind_int64(find, 2, session->pid);
    sqlite3_bind_text(find, 3, session->started_at, -1, SQLITE_STATIC);
    int status = merge_look_up(merge, find, found, err);
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
    int status = merge_look_up(merge, end, &found, err);
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
    int status = table_read(input->store, table, row, &session, &strings, err);
    if (!status)
        status = find_session(merge, &session, &found, &link.to, err);
    if (!status && found)
        status = end_session(merge, &session, link.to, err);
    if (!status && !found) {
        status = store_insert(merge->store, TABLE_SESSION, 0, &session, err);
        link.to = sqlite3_last_insert_rowid(merge->store->db);
    }
    pool_release(&strings);
    return status ? status : merge_add_link(&input->sessions, link, err);
}

int merge_take_sessions(struct merge *merge, struct input *input, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT ");
    table_columns_sql(&store_tables[TABLE_SESSION], input->store->schema, &sql);
    text_add(&sql, ", id FROM session ORDER BY id");
    int status = text_failed(&sql) ? memory_error(err, "a merge")
                                   : merge_each_row(merge, input, text_string(&sql), take_session, err);
    text_release(&sql);
    return status;
}
