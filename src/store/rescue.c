/* Saving what can be read of a damaged database. A search makes a ticket from those before it, so what it can go on
   from is the tickets up to the first that is broken; it makes the others again, and they come out the same. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <sys/stat.h>
#include <unistd.h>

/* As a database of the present schema would have it. */
static int read_run(struct store *source, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT ");
    run_columns_now_sql(source->schema, &sql);
    text_add(&sql, " FROM run LIMIT 1");
    int status = text_failed(&sql) ? memory_error(err, "the database")
                                   : store_prepare(source, text_string(&sql), &statement, err);
    if (!status && store_step(source, statement) != SQLITE_ROW)
        status = store_fail(source, err, "read it");
    if (!status)
        status = table_read(source, &store_tables[TABLE_RUN], statement, &source->run, &source->strings, err);
    sqlite3_finalize(statement);
    text_release(&sql);
    return status;
}

static int refuse_to_overwrite(const char *to, struct error *err)
{
    struct stat info;
    if (stat(to, &info) != 0)
        return 0;
    return error_set(err, ERROR_USAGE, to, "name a new file", "this file is there already");
}

/* Rows may be gone without SQLite's noticing; an evaluation says how many trials and epochs belong to it. */
static bool is_whole(const struct store_ticket *ticket, int64_t number)
{
    const struct evaluation *evaluation = ticket ? ticket->evaluation : NULL;
    return ticket && ticket->proposal.ticket == number &&
           (!evaluation || (evaluation->result.seeds == evaluation->trial_count &&
                            evaluation->result.epochs == evaluation->epoch_count));
}

/* Goes on behind what the target has, up to where the source is broken; commits each `group` tickets. *refused: a
   ticket could be read and not be added, since it contradicts itself, and it took the open group along. */
static int copy_tickets(struct store *source, struct store *target, int64_t group, bool *refused, struct error *err)
{
    struct store_cursor *cursor = NULL;
    const struct store_ticket *ticket;
    int status = store_cursor_new(source, store_count(target), &cursor, err);
    *refused = false;
    while (!status && !*refused && store_cursor_next(cursor, &ticket, NULL) == 0 &&
           is_whole(ticket, store_count(target))) {
        status = store_add(target, ticket, err);
        *refused = status == ERROR_INTERNAL || status == ERROR_INPUT;
        if (*refused)
            status = 0;
        else if (!status && store_count(target) % group == 0)
            status = store_commit(target, err);
    }
    store_cursor_free(cursor);
    int committed = status ? 0 : store_commit(target, err);
    return status ? status : committed;
}

/* ---- a broken schema, where the rows are sound: our own is put in its place, in a copy */

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (copy)
        sqlite3_backup_step(copy, -1);
    return copy ? sqlite3_backup_finish(copy) : SQLITE_ERROR;
}

/* The name of a table stands three times in its entry; two of them are enough. */
static int mend_entry(sqlite3 *db, const struct table *table)
{
    sqlite3_stmt *statement = NULL;
    struct text sql = TEXT_EMPTY;
    table_create_sql(table, &sql);
    int code = sqlite3_prepare_v2(db,
                                  "UPDATE sqlite_schema SET type = 'table', name = ?1, tbl_name = ?1, sql = ?2"
                                  " WHERE sql IS NOT NULL AND rootpage > 0 AND (name = ?1 OR tbl_name = ?1)",
                                  -1, &statement, NULL);
    if (code == SQLITE_OK && !text_failed(&sql)) {
        sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, text_string(&sql), (int)sql.length - 2, SQLITE_STATIC); /* without ";" */
        code = sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    text_release(&sql);
    return code;
}

static void mend_schema(sqlite3 *db)
{
    sqlite3_exec(db, "PRAGMA writable_schema = ON; PRAGMA journal_mode = OFF", NULL, NULL, NULL);
    for (int i = 0; i < TABLE_COUNT; i++)
        mend_entry(db, &store_tables[i]);
    sqlite3_exec(db, "DELETE FROM sqlite_schema WHERE sql IS NOT NULL AND rootpage = 0", NULL, NULL, NULL);
}

/* What cannot be mended is found by who reads the copy. */
static int make_mended(const struct store *source, const char *copy, struct error *err)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open(copy, &db);
    if (code == SQLITE_OK)
        code = copy_pages(source->db, db);
    if (code == SQLITE_OK && source->schema == STORE_SCHEMA)
        mend_schema(db);
    sqlite3_close(db);
    return code == SQLITE_OK ? 0 : store_fail(source, err, "copy it");
}

/* *source is opened anew, on the copy. */
static int open_mended(const char *copy, struct store **source, struct error *err)
{
    int status = make_mended(*source, copy, err);
    store_close(*source, NULL);
    *source = NULL;
    return status ? status : store_open_broken(copy, source, err);
}

int store_rescue(const char *from, const char *to, int64_t *saved, struct error *err)
{
    struct store *source = NULL, *target = NULL;
    struct text copy = TEXT_EMPTY;
    bool refused = false;
    *saved = 0;
    int status = refuse_to_overwrite(to, err);
    if (!status)
        status = store_open_broken(from, &source, err);
    text_addf(&copy, "%s.mending", to);
    if (!status)
        status = text_failed(&copy) ? memory_error(err, "the database") : refuse_to_overwrite(text_string(&copy), err);
    bool copied = !status;
    if (!status)
        status = open_mended(text_string(&copy), &source, err);
    if (!status)
        status = read_run(source, err);
    if (!status)
        status = store_open(to, &source->run, NULL, &target, err);
    if (!status)
        status = copy_tickets(source, target, 100, &refused, err);
    if (!status && refused)
        status = copy_tickets(source, target, 1, &refused, err);
    if (target)
        *saved = target->durable;
    int closed = store_close(target, status ? NULL : err);
    store_close(source, NULL);
    if (copied)
        unlink(text_string(&copy));
    text_release(&copy);
    return status ? status : closed;
}
