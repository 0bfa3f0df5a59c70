/* Queries by a person. Three fences keep them from changing anything: the connection of a reader is
   read-only, an authorizer allows nothing but reading (it also keeps ATTACH from opening other files,
   which SQLite counts as reading), and a statement that SQLite does not call read-only is refused. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

struct store_query {
    struct store *store;
    sqlite3_stmt *statement;
};

/* Pragmas that only tell. One that is in the second list must come without an argument. */
static bool pragma_tells(const char *name, const char *argument)
{
    static const char *const always[] = {
        "table_info",       "table_xinfo",     "table_list",  "index_list",        "index_info", "index_xinfo",
        "foreign_key_list", "integrity_check", "quick_check", "foreign_key_check", NULL};
    static const char *const bare[] = {
        "application_id", "user_version",   "schema_version", "database_list",   "page_count",
        "page_size",      "freelist_count", "encoding",       "compile_options", NULL};
    for (int i = 0; always[i]; i++)
        if (sqlite3_stricmp(name, always[i]) == 0)
            return true;
    for (int i = 0; bare[i] && !argument; i++)
        if (sqlite3_stricmp(name, bare[i]) == 0)
            return true;
    return false;
}

static int authorize(void *context, int action, const char *first, const char *second, const char *database,
                     const char *inside)
{
    (void)context, (void)database, (void)inside;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return pragma_tells(first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_UPDATE:
        /* SQLite asks this when it makes json_each() or pragma_table_info() known to the connection. A real
           UPDATE of its schema table is refused by SQLite itself. */
        return sqlite3_stricmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static int refuse(struct error *err)
{
    return error_set(err, ERROR_INPUT, "SQL", "use SELECT, WITH, VALUES, EXPLAIN, or a PRAGMA such as table_info",
                     "a query only reads, and this statement would do more");
}

static bool misspelt_name(const char *message)
{
    return strncmp(message, "no such", 7) == 0;
}

/* Line and column of an error, counted from 1; "SQL" alone where SQLite does not know. */
static void describe_place(sqlite3 *db, const char *sql, char *where, size_t size)
{
    int offset = -1;
#if SQLITE_VERSION_NUMBER >= 3038000
    offset = sqlite3_error_offset(db);
#else
    (void)db;
#endif
    if (offset < 0) {
        snprintf(where, size, "SQL");
        return;
    }
    int line = 1, column = 1;
    for (int i = 0; i < offset && sql[i]; i++) {
        bool new_line = sql[i] == '\n';
        line += new_line;
        column = new_line ? 1 : column + (((unsigned char)sql[i] & 0xc0) != 0x80);
    }
    if (line > 1)
        snprintf(where, size, "SQL, line %d, column %d", line, column);
    else
        snprintf(where, size, "SQL, column %d", column);
}

static int sql_error(const struct store *store, const char *sql, struct error *err)
{
    int code = sqlite3_errcode(store->db) & 0xff;
    if (code == SQLITE_AUTH)
        return refuse(err);
    if (code != SQLITE_ERROR && code != SQLITE_RANGE && code != SQLITE_TOOBIG && code != SQLITE_MISMATCH)
        return store_fail(store, err, "read it");
    char where[64], hint[400] = "";
    const char *message = sqlite3_errmsg(store->db);
    describe_place(store->db, sql, where, sizeof where);
    if (misspelt_name(message)) {
        struct text names = TEXT_EMPTY;
        schema_names(&names);
        snprintf(hint, sizeof hint, "there are %s; columns: PRAGMA table_info(NAME)", text_string(&names));
        text_release(&names);
    }
    return error_set(err, ERROR_INPUT, where, hint, "%s", message);
}

/* Only white space, semicolons and comments may follow the statement. */
static bool nothing_follows(const struct store *store, const char *tail)
{
    while (*tail) {
        sqlite3_stmt *next = NULL;
        const char *rest = tail;
        int code = sqlite3_prepare_v2(store->db, tail, -1, &next, &rest);
        bool empty = code == SQLITE_OK && !next;
        sqlite3_finalize(next);
        if (!empty)
            return false;
        if (rest == tail)
            break;
        tail = rest;
    }
    return true;
}

static int prepare_one(struct store *store, const char *sql, sqlite3_stmt **statement, struct error *err)
{
    const char *tail = sql;
    if (sqlite3_prepare_v2(store->db, sql, -1, statement, &tail) != SQLITE_OK)
        return sql_error(store, sql, err);
    if (!*statement)
        return error_set(err, ERROR_INPUT, "SQL", "for example: SELECT * FROM leaderboard LIMIT 10",
                         "there is no statement");
    if (!sqlite3_stmt_readonly(*statement))
        return refuse(err);
    if (!nothing_follows(store, tail))
        return error_set(err, ERROR_INPUT, "SQL", "give them one by one", "only one statement is allowed");
    return 0;
}

int store_query_new(struct store *store, const char *sql, struct store_query **query, struct error *err)
{
    struct store_query *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "a query");
    made->store = store;
    sqlite3_set_authorizer(store->db, authorize, NULL);
    int status = prepare_one(store, sql, &made->statement, err);
    sqlite3_set_authorizer(store->db, NULL, NULL); /* a writer's own statements go on */
    if (status)
        store_query_free(made);
    else
        *query = made;
    return status;
}

void store_query_free(struct store_query *query)
{
    if (!query)
        return;
    sqlite3_finalize(query->statement);
    memory_free(query);
}

int store_query_columns(const struct store_query *query)
{
    return sqlite3_column_count(query->statement);
}

const char *store_query_name(const struct store_query *query, int column)
{
    const char *name = sqlite3_column_name(query->statement, column);
    return name ? name : "";
}

int store_query_next(struct store_query *query, bool *row, struct error *err)
{
    int code = store_step(query->store, query->statement);
    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return 0;
    return sql_error(query->store, sqlite3_sql(query->statement), err);
}

struct store_cell store_query_cell(const struct store_query *query, int column)
{
    sqlite3_stmt *statement = query->statement;
    struct store_cell cell = {.kind = STORE_CELL_NULL};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        cell.kind = STORE_CELL_INTEGER;
        cell.integer = sqlite3_column_int64(statement, column);
        cell.real = (double)cell.integer;
        break;
    case SQLITE_FLOAT:
        cell.kind = STORE_CELL_REAL;
        cell.real = sqlite3_column_double(statement, column);
        break;
    case SQLITE_TEXT:
        cell.kind = STORE_CELL_TEXT;
        cell.text = (const char *)sqlite3_column_text(statement, column);
        cell.length = (size_t)sqlite3_column_bytes(statement, column);
        break;
    case SQLITE_BLOB:
        cell.kind = STORE_CELL_BLOB;
        cell.text = sqlite3_column_blob(statement, column);
        cell.length = (size_t)sqlite3_column_bytes(statement, column);
        break;
    default:
        break;
    }
    return cell;
}
