/* What keeps a transaction whole while it is written: a write-ahead log (DB-wal) on a local disk, which lets readers in
   meanwhile; a rollback journal (DB-journal) where several hosts may share the file, since the log's index is shared
   memory. Readers and the writer then keep each other waiting for moments. */
#include "store/store_internal.h"

#include "base/error.h"

#include <string.h>
#include <unistd.h>

enum { WAIT_AT_CLOSE_MS = 100 };

int journal_decide(const char *path, const char *shared_as, enum store_journal wanted, enum store_journal *journal,
                   struct error *err)
{
    if (wanted == STORE_JOURNAL_WAL && shared_as)
        return error_set(err, ERROR_UNSUPPORTED, path, "leave the journal to the program, or use a local disk",
                         "a write-ahead log cannot be kept on %s, which other hosts may share", shared_as);
    bool log = wanted == STORE_JOURNAL_WAL || (wanted == STORE_JOURNAL_AUTO && !shared_as);
    *journal = log ? STORE_JOURNAL_WAL : STORE_JOURNAL_DELETE;
    return 0;
}

int journal_choose(struct store *store, enum store_journal wanted, struct error *err)
{
    const char *shared_as = NULL;
    int status = file_system_of(store->path, &shared_as, err);
    return status ? status : journal_decide(store->path, shared_as, wanted, &store->journal, err);
}

/* A journal that is deleted is gone for good only when its folder is synced too. */
const char *journal_synchronous(const struct store *store)
{
    return store->journal == STORE_JOURNAL_DELETE ? "EXTRA" : "FULL";
}

/* SQLite answers with the mode it is in afterwards, and takes up first what a killed process left in the other. */
int journal_start(const struct store *store, struct error *err)
{
    bool log = store->journal == STORE_JOURNAL_WAL;
    sqlite3_stmt *statement = NULL;
    int status =
        store_prepare(store, log ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", &statement, err);
    if (!status) {
        if (store_step(store, statement) != SQLITE_ROW)
            status = store_fail(store, err, "start its journal");
        else if (sqlite3_stricmp((const char *)sqlite3_column_text(statement, 0), log ? "wal" : "delete") != 0)
            status = log ? error_set(err, ERROR_IO, store->path, "use the journal \"delete\", or a local disk",
                                     "this file system cannot keep a write-ahead log")
                         : error_set(err, ERROR_CONFLICT, store->path,
                                     "close the program that has it open, then run the same command again",
                                     "cannot give up its write-ahead log: another program holds the database");
    }
    sqlite3_finalize(statement);
    return status;
}

/* Folds the log into the file and goes back to a plain file. With readers about, the log stays: the next writer takes
   it up. */
int journal_fold(struct store *store, struct error *err)
{
    if (store->journal == STORE_JOURNAL_DELETE)
        return 0;
    sqlite3_busy_timeout(store->db, WAIT_AT_CLOSE_MS);
    int code =
        sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        return 0;
    return store_fail(store, err, "fold the log (DB-wal, keep it) into the database");
}

bool journal_is_hot(const struct store *store)
{
    return store->db && sqlite3_extended_errcode(store->db) == SQLITE_READONLY_ROLLBACK;
}

int journal_roll_back(const struct store *store, struct error *err)
{
    struct store mender = {.path = store->path, .busy = store->busy, .writable = true, .journal = STORE_JOURNAL_DELETE};
    int64_t objects;
    int code = sqlite3_open_v2(store->path, &mender.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    int status = 0;
    if (code == SQLITE_OK) {
        busy_install(&mender);
        status = store_integer(&mender, "SELECT count(*) FROM sqlite_master", &objects, err);
    } else {
        status = store_fail(&mender, err, "open");
    }
    sqlite3_close(mender.db);
    return status;
}
