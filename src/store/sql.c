/* Running SQL of our own, and saying what SQLite's failures mean for a person. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void utc_now(char text[UTC_SIZE])
{
    struct tm utc;
    double now = clock_date();
    time_t seconds = (time_t)now;
    gmtime_r(&seconds, &utc);
    size_t length = strftime(text, UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, UTC_SIZE - length, ".%03dZ", (int)(1000 * (now - (double)seconds)));
}

static int last_error_of(sqlite3_file *file)
{
    int number = 0;
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

/* What the system said when the log or the database could not be written. sqlite3_system_errno() would
   give the `errno` of whatever SQLite called last while it was cleaning up. */
static int disk_errno(const struct store *store)
{
    sqlite3_file *log = NULL, *file = NULL;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    int number = last_error_of(log);
    return number ? number : last_error_of(file);
}

static int io_failure(const struct store *store, struct error *err, const char *operation, int number)
{
    if (number == 0)
        return error_set(err, ERROR_IO, store->path, "check the disk, then run the same command again", "cannot %s: %s",
                         operation, sqlite3_errmsg(store->db));
    if (number == EFBIG)
        return error_set(err, ERROR_IO, store->path, "raise the limit (ulimit -f), then run the same command again",
                         "cannot %s: %s", operation, strerror(number));
    return file_error(err, store->path, operation, number);
}

static bool log_exists(const struct store *store)
{
    struct text name = TEXT_EMPTY;
    text_addf(&name, "%s-wal", store->path);
    bool there = !text_failed(&name) && access(text_string(&name), F_OK) == 0;
    text_release(&name);
    return there;
}

static int busy_failure(const struct store *store, struct error *err, const char *operation)
{
    char holder[80];
    const struct busy *busy = store->busy;
    busy_holder(store, holder, sizeof holder);
    if (busy->interrupted)
        return error_set(err, ERROR_INTERRUPTED, store->path, "the same command goes on from what is stored",
                         "stopped while %s has locked the database", holder);
    return error_set(err, ERROR_CONFLICT, store->path,
                     "close it there, or let it end its transaction; then run the same command again",
                     "cannot %s: %s has locked the database, and still after %.0f s", operation, holder, busy->waited);
}

/* The text of a table as we make it, and as the file has it. */
static bool is_as_made(const struct store *store, const struct table *table)
{
    struct text sql = TEXT_EMPTY;
    sqlite3_stmt *statement = NULL;
    bool same = false;
    table_create_sql(table, &sql);
    if (!text_failed(&sql) && sqlite3_prepare_v2(store->db, "SELECT sql FROM sqlite_schema WHERE name = ?", -1,
                                                 &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, table->name, -1, SQLITE_STATIC);
        const char *stored =
            sqlite3_step(statement) == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        same = stored && strncmp(stored, text_string(&sql), strlen(stored)) == 0;
    }
    sqlite3_finalize(statement);
    text_release(&sql);
    return same;
}

/* What breaks a rule is our defect when the rules and the row are ours. */
static int constraint_failure(const struct store *store, struct error *err, const char *operation)
{
    char message[300];
    bool ours = store->schema == STORE_SCHEMA;
    snprintf(message, sizeof message, "%s", sqlite3_errmsg(store->db));
    if (store->rows_from)
        return store_damaged(store->rows_from, err, message);
    for (int i = 0; i < TABLE_COUNT && ours; i++)
        ours = is_as_made(store, &store_tables[i]);
    if (!ours)
        return store_damaged(store, err, message);
    return error_set(err, ERROR_INTERNAL, store->path, NULL, "cannot %s: %s", operation, message);
}

/* Where the file went away under SQLite. */
static int moved_failure(const struct store *store, struct error *err, const char *operation)
{
    int status = store_check_place(store, err);
    return status ? status : file_error(err, store->path, operation, EROFS);
}

int store_fail(const struct store *store, struct error *err, const char *operation)
{
    int code = sqlite3_extended_errcode(store->db);
    switch (code & 0xff) {
    case SQLITE_FULL:
        return file_error(err, store->path, operation, ENOSPC);
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM)
            return memory_error(err, "the database");
        return io_failure(store, err, operation, disk_errno(store));
    case SQLITE_CANTOPEN:
        if (!store->writable && log_exists(store))
            return error_set(err, ERROR_IO, store->path, "copy the database and its -wal to a folder you may write to",
                             "cannot %s: its log was left open, and reading that needs a writable folder", operation);
        return io_failure(store, err, operation, sqlite3_system_errno(store->db));
    case SQLITE_READONLY:
        if (code == SQLITE_READONLY_ROLLBACK)
            return error_set(
                err, ERROR_IO, store->path, "copy the database and its -journal to a folder you may write to",
                "cannot %s: a killed process left its journal, and reading that needs a writable folder", operation);
        if (code == SQLITE_READONLY_DBMOVED)
            return moved_failure(store, err, operation);
        return file_error(err, store->path, operation, EACCES);
    case SQLITE_PERM:
        return file_error(err, store->path, operation, EACCES);
    case SQLITE_NOMEM:
        return memory_error(err, "the database");
    case SQLITE_NOTADB:
        return store_not_one(store, err);
    case SQLITE_CONSTRAINT:
        return constraint_failure(store, err, operation);
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL:
    case SQLITE_RANGE:
        return error_set(err, ERROR_INTERNAL, store->path, NULL, "cannot %s: %s", operation, sqlite3_errmsg(store->db));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return busy_failure(store, err, operation);
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return store_damaged(store, err, "a row is missing");
    default: /* CORRUPT; and our statements are right, so that what they do not find or cannot use is the file's */
        return store_damaged(store, err, sqlite3_errmsg(store->db));
    }
}

int store_prepare(const struct store *store, const char *sql, sqlite3_stmt **statement, struct error *err)
{
    store->busy->since = 0;
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return store_fail(store, err, "read it");
    return 0;
}

int store_execute(const struct store *store, const char *sql, const char *operation, struct error *err)
{
    if (store_script(store, sql) != SQLITE_OK)
        return store_fail(store, err, operation);
    return 0;
}

int store_integer(const struct store *store, const char *sql, int64_t *value, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = store_prepare(store, sql, &statement, err);
    if (!status) {
        if (store_step(store, statement) == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
        else
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    return status;
}
