/* What must hold in a database before anything is built on it. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* What every database promises. Each statement counts what breaks the promise. */
static const struct {
    const char *sql, *what;
} promises[] = {
    {"SELECT count(*) FROM pragma_foreign_key_check", "rows refer to rows that are missing"},
    {"SELECT count(*) <> coalesce(max(ticket) + 1, 0) FROM proposal", "tickets are missing"},
    {"SELECT count(*) FROM proposal AS p LEFT JOIN evaluation AS e USING (ticket)"
     " WHERE (p.outcome = '" STORE_EVALUATED "') <> (e.ticket IS NOT NULL)",
     "evaluations are missing"},
};

/* SQLite's own check, which names the first page that is wrong. */
static int check_pages(const struct store *store, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    char finding[200] = "";
    int status = store_prepare(store, "PRAGMA integrity_check(1)", &statement, err);
    if (!status && store_step(store, statement) != SQLITE_ROW)
        status = store_fail(store, err, "read it");
    if (!status)
        lock_copy(finding, sizeof finding, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return status || strcmp(finding, "ok") == 0 ? status : store_damaged(store, err, finding);
}

/* A schema that can be parsed need not be ours. */
static int check_tables(const struct store *store, struct error *err)
{
    int status = 0;
    for (int i = 0; i < TABLE_COUNT && !status; i++) {
        sqlite3_stmt *statement = NULL;
        struct text sql = TEXT_EMPTY;
        if (store_tables[i].since <= store->schema)
            table_select_sql(&store_tables[i], store->schema, &sql);
        if (text_failed(&sql))
            status = memory_error(err, "the database");
        else if (sql.length > 0)
            status = store_prepare(store, text_string(&sql), &statement, err);
        sqlite3_finalize(statement);
        text_release(&sql);
    }
    return status;
}

int store_check(const struct store *store, struct error *err)
{
    int status = check_pages(store, err);
    if (!status)
        status = check_tables(store, err);
    for (size_t i = 0; i < sizeof promises / sizeof *promises && !status; i++) {
        int64_t faults = 0;
        status = store_integer(store, promises[i].sql, &faults, err);
        if (!status && faults)
            status = store_incomplete(store, err, promises[i].what);
    }
    return status;
}
