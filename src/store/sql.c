/* Running SQL of our own, and saying what SQLite's failures mean for a person. */
#include "store/store_internal.h"

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
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(text, UTC_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, UTC_SIZE - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
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

int store_damaged(const struct store *store, struct error *err, const char *what)
{
    return error_set(err, ERROR_INPUT, store->path, "go back to a copy, or save what can be read: sqlite3 DB .recover",
                     "the database is damaged: %s", what);
}

static bool log_exists(const struct store *store)
{
    struct text name = TEXT_EMPTY;
    text_addf(&name, "%s-wal", store->path);
    bool there = !text_failed(&name) && access(text_string(&name), F_OK) == 0;
    text_release(&name);
    return there;
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
        return file_error(err, store->path, operation, EACCES);
    case SQLITE_PERM:
        return file_error(err, store->path, operation, EACCES);
    case SQLITE_NOMEM:
        return memory_error(err, "the database");
    case SQLITE_NOTADB:
        return error_set(err, ERROR_INPUT, store->path, "name a database that `actsearch run` made, or a new file",
                         "this is not a database");
    case SQLITE_CORRUPT:
        return store_damaged(store, err, sqlite3_errmsg(store->db));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return error_set(err, ERROR_CONFLICT, store->path,
                         "close the program that has it open (sqlite3, a viewer), then run the same command again",
                         "cannot %s: another program holds the database", operation);
    default:
        return error_set(err, ERROR_INTERNAL, store->path, NULL, "cannot %s: %s", operation, sqlite3_errmsg(store->db));
    }
}

int store_prepare(const struct store *store, const char *sql, sqlite3_stmt **statement, struct error *err)
{
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return store_fail(store, err, "read it");
    return 0;
}

int store_execute(const struct store *store, const char *sql, const char *operation, struct error *err)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(store, err, operation);
    return 0;
}

int store_integer(const struct store *store, const char *sql, int64_t *value, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = store_prepare(store, sql, &statement, err);
    if (!status) {
        if (sqlite3_step(statement) == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
        else
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    return status;
}
