/* Opening, creating, comparing and closing. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static int connect(struct store *store, struct error *err)
{
    int flags = store->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!store->db)
        return memory_error(err, "the database");
    if (code != SQLITE_OK)
        return store_fail(store, err, "open");
    sqlite3_extended_result_codes(store->db, 1);
    busy_install(store);
    if (store->writable && sqlite3_db_readonly(store->db, "main") == 1)
        return file_error(err, store->path, "write", EACCES);
    /* Databases travel between people: what is inside one may not call functions with side effects. */
    struct text sql = TEXT_EMPTY;
    if (store->broken) /* a broken schema is taken as far as it goes; of the others, some statements read it */
        text_add(&sql, "PRAGMA writable_schema = ON; ");
    text_addf(&sql, "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA synchronous = %s",
              journal_synchronous(store));
    int status =
        text_failed(&sql) ? memory_error(err, "the database") : store_execute(store, text_string(&sql), "open", err);
    text_release(&sql);
    return status;
}

/* Whose file it is, and of which schema. *fresh: there is nothing in it yet. */
static int identify(struct store *store, bool *fresh, struct error *err)
{
    int64_t application = 0, schema = 0, objects = 0;
    int status = store_integer(store, "SELECT count(*) FROM sqlite_master", &objects, err);
    if (!status)
        status = store_integer(store, "PRAGMA application_id", &application, err);
    if (!status)
        status = store_integer(store, "PRAGMA user_version", &schema, err);
    if (status)
        return status;
    *fresh = objects == 0 && application == 0 && schema == 0;
    store->schema = *fresh ? STORE_SCHEMA : (int)schema;
    if (*fresh)
        return store->writable ? 0 : store_check_log(store, err);
    if (application != STORE_APPLICATION)
        return error_set(err, ERROR_INPUT, store->path, "name a database that `actsearch run` made, or a new file",
                         "this is a database of another program");
    if (schema > STORE_SCHEMA)
        return error_set(err, ERROR_CONFLICT, store->path, "use that version",
                         "made by a newer actsearch (schema %lld, this program knows %d)", (long long)schema,
                         STORE_SCHEMA);
    if (schema < 1)
        return store_damaged(store, err, "its schema version is below 1");
    return 0;
}

/* The tables and views of a new file. The transaction stays open. */
static int create_schema(struct store *store, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "BEGIN IMMEDIATE;\n");
    schema_sql(&sql);
    int status =
        text_failed(&sql) ? memory_error(err, "the schema") : store_execute(store, text_string(&sql), "create it", err);
    text_release(&sql);
    return status;
}

/* Before its log is started, so that a copy without the log is known for one (store_check_log()). */
static int create(struct store *store, const struct store_run *run, struct error *err)
{
    int status = create_schema(store, err);
    if (!status)
        status = store_insert(store, TABLE_RUN, 0, run, err);
    if (!status)
        status = store_execute(store, "COMMIT", "create it", err);
    return status ? status : journal_start(store, err);
}

static int read_run(struct store *store, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    struct text sql = TEXT_EMPTY;
    table_select_sql(&store_tables[TABLE_RUN], store->schema, &sql);
    int status = text_failed(&sql) ? memory_error(err, "the database") : 0;
    if (!status)
        status = store_prepare(store, text_string(&sql), &statement, err);
    if (!status) {
        int code = store_step(store, statement);
        if (code == SQLITE_ROW)
            status = table_read(store, &store_tables[TABLE_RUN], statement, &store->run, &store->strings, err);
        else if (code == SQLITE_DONE)
            status = store_damaged(store, err, "its table run is empty");
        else
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    text_release(&sql);
    return status;
}

static int count_tickets(struct store *store, struct error *err)
{
    int status = store_integer(store, "SELECT coalesce(max(ticket) + 1, 0) FROM proposal", &store->count, err);
    store->durable = store->count;
    return status;
}

/* What is damaged is not carried over: the copy would hide it. */
static int begin_migration(struct store *store, struct error *err)
{
    int status = store_execute(store, "BEGIN IMMEDIATE", "bring it up to date", err);
    if (!status)
        status = store_check(store, err);
    return status ? status : store_migrate(store, err);
}

/* Merged databases have no ticket that is their own. One without tickets is no different from that of a run until it
   holds two runs. */
static int refuse_merged(const struct store *store, struct error *err)
{
    int64_t merged = 0;
    int status = store_integer(store, "SELECT (SELECT count(*) FROM run) > 1 OR EXISTS (SELECT * FROM provenance)",
                               &merged, err);
    if (!status && merged)
        status = error_set(err, ERROR_CONFLICT, store->path,
                           "run into a database of its own (--db), then merge that into this one again",
                           "a merged database is not continued");
    return status;
}

/* A database of an older schema is brought up to date before it is compared, but stays so only if it is the same
   run: closing without COMMIT leaves it as it was. */
static int resume(struct store *store, const struct store_run *run, struct error *err)
{
    bool old = store->schema < STORE_SCHEMA;
    int status = old ? begin_migration(store, err) : 0;
    if (!status)
        status = refuse_merged(store, err);
    if (!status)
        status = read_run(store, err);
    if (!status)
        status = run_compare(store->path, &store->run, run, err);
    if (!status && !store->lock.found)
        status = store_check_log(store, err);
    if (!status)
        status = store_check(store, err);
    if (!status && old)
        status = store_execute(store, "COMMIT", "bring it up to date", err);
    return status ? status : journal_start(store, err);
}

/* Creates or resumes; needs the lock. */
static int open_for_writing(struct store *store, const struct store_run *run, struct error *err)
{
    bool fresh = false;
    int status = connect(store, err);
    if (!status)
        status = identify(store, &fresh, err);
    store->fresh = fresh;
    if (!status && fresh)
        status = create(store, run, err);
    else if (!status)
        status = resume(store, run, err);
    if (!status && fresh)
        status = read_run(store, err);
    if (!status)
        status = count_tickets(store, err);
    if (!status)
        status = store_prepare(store, "BEGIN IMMEDIATE", &store->begin, err);
    if (!status)
        status = store_prepare(store, "COMMIT", &store->commit, err);
    if (!status)
        status = place_remember(store, err);
    store->busy->at_stake = true;
    return status;
}

static void finalize_statements(struct store *store)
{
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    store->begin = store->commit = NULL;
    for (int i = 0; i < TABLE_COUNT; i++) {
        sqlite3_finalize(store->insert[i]);
        store->insert[i] = NULL;
    }
}

/* Frees what opening has built. `remove_file`: it was ours and never became a database. */
static void abandon(struct store *store, bool remove_file)
{
    finalize_statements(store);
    sqlite3_close_v2(store->db);
    if (remove_file) {
        static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
            char name[PATH_MAX + 16]; /* memory may be what is missing */
            snprintf(name, sizeof name, "%s%s", store->path, endings[i]);
            unlink(name);
        }
    }
    file_lock_release(&store->lock);
    pool_release(&store->strings);
    pool_release(&store->source_strings);
    memory_free(store->path);
    memory_free(store->busy);
    memory_free(store);
}

static const struct store_options usual_options = {.journal = STORE_JOURNAL_AUTO};

/* The options may be NULL. */
static struct store *store_new(bool writable, const struct store_options *options)
{
    struct store *store = memory_zeroed(1, sizeof *store);
    struct busy *busy = memory_zeroed(1, sizeof *busy);
    if (!store || !busy) {
        memory_free(store);
        memory_free(busy);
        return NULL;
    }
    busy_begin(busy, options ? options : &usual_options);
    store->busy = busy;
    store->writable = writable;
    store->lock = FILE_LOCK_EMPTY;
    return store;
}

static int take_lock(struct store *store, const char *experiment, const struct store_options *options,
                     const struct lock_patience *patience, struct error *err)
{
    struct text path = TEXT_EMPTY;
    text_addf(&path, "%s.lock", store->path);
    struct lock_request request = {
        .path = text_string(&path),
        .database = store->path,
        .experiment = experiment,
        .shared = store->journal == STORE_JOURNAL_DELETE,
        .wait_seconds = options->wait_seconds,
        .stop = options->stop,
        .patience = patience,
    };
    int status =
        text_failed(&path) ? memory_error(err, "the database") : file_lock_acquire(&request, &store->lock, err);
    text_release(&path);
    return status;
}

int store_open_patiently(const char *path, const struct store_run *run, const struct store_options *options,
                         const struct lock_patience *patience, struct store **store, struct error *err)
{
    bool new_file = false;
    options = options ? options : &usual_options;
    struct store *opened = store_new(true, options);
    if (!opened)
        return memory_error(err, "the database");
    int status = store_resolve(path, true, &opened->path, err);
    if (!status)
        status = journal_choose(opened, options->journal, err);
    if (!status)
        status = take_lock(opened, run->name, options, patience, err);
    if (!status)
        status = store_check_left_behind(opened, err);
    if (!status) {
        new_file = !exists(opened->path);
        status = open_for_writing(opened, run, err);
    }
    if (status)
        abandon(opened, new_file);
    else
        *store = opened;
    return status;
}

int store_open(const char *path, const struct store_run *run, const struct store_options *options, struct store **store,
               struct error *err)
{
    return store_open_patiently(path, run, options, &lock_patience_usual, store, err);
}

int store_heartbeat(struct store *store, const struct store_heartbeat *heartbeat, struct error *err)
{
    return store->writable ? file_lock_heartbeat(&store->lock, store->path, heartbeat, err) : 0;
}

static int lock_info_beside(const char *database, struct store_lock_info *info, struct error *err)
{
    struct text lock = TEXT_EMPTY;
    text_addf(&lock, "%s.lock", database);
    int status = text_failed(&lock) ? memory_error(err, "the database") : lock_info(text_string(&lock), info, err);
    text_release(&lock);
    return status;
}

int store_lock_info(const char *path, struct store_lock_info *info, struct error *err)
{
    char *resolved = NULL;
    int status = store_resolve(path, true, &resolved, err);
    if (!status)
        status = lock_info_beside(resolved, info, err);
    memory_free(resolved);
    return status;
}

/* A writer that has just begun rolls back by itself; meddling would rob it of its own journal where the file system
   does not keep SQLite's locks. */
static int roll_back(const struct store *store, struct error *err)
{
    struct store_lock_info owner;
    int status = lock_info_beside(store->path, &owner, err);
    if (!status && owner.alive)
        status = error_set(err, ERROR_CONFLICT, store->path, "try again in a moment",
                           "its writer is putting right what a killed one has left");
    return status ? status : journal_roll_back(store, err);
}

/* A reader may not touch what a killed writer left half written, so it has it put right first. */
static int connect_for_reading(struct store *store, bool *fresh, struct error *err)
{
    int status = connect(store, err);
    if (!status)
        status = identify(store, fresh, err);
    if (!status || !journal_is_hot(store))
        return status;
    sqlite3_close_v2(store->db);
    store->db = NULL;
    status = roll_back(store, err);
    if (!status)
        status = connect(store, err);
    return status ? status : identify(store, fresh, err);
}

int store_open_read(const char *path, struct store **store, struct error *err)
{
    return store_open_reader(path, NULL, store, err);
}

/* A database that is gone may have left its log. */
static int resolve_to_read(struct store *store, const char *path, struct error *err)
{
    int status = store_resolve(path, true, &store->path, err);
    if (status)
        return store_resolve(path, false, &store->path, err); /* nothing was to be created */
    if (exists(store->path))
        return 0;
    status = store_check_left_behind(store, err);
    return status ? status : file_error(err, path, "open", ENOENT);
}

int store_open_reader(const char *path, const struct store_options *options, struct store **store, struct error *err)
{
    bool fresh = false;
    struct store *opened = store_new(false, options);
    if (!opened)
        return memory_error(err, "the database");
    int status = resolve_to_read(opened, path, err);
    if (!status)
        status = connect_for_reading(opened, &fresh, err);
    if (!status && fresh)
        status = error_set(err, ERROR_INPUT, opened->path, "run an experiment into it first: actsearch run",
                           "this database is empty");
    if (!status)
        status = read_run(opened, err);
    if (!status)
        status = count_tickets(opened, err);
    if (!status)
        status = store_check_log(opened, err);
    if (status)
        abandon(opened, false);
    else
        *store = opened;
    return status;
}

int store_open_broken(const char *path, struct store **store, struct error *err)
{
    bool fresh = false;
    struct store *opened = store_new(false, NULL);
    if (!opened)
        return memory_error(err, "the database");
    opened->broken = true;
    int status = resolve_to_read(opened, path, err);
    if (!status)
        status = connect_for_reading(opened, &fresh, err);
    if (!status && fresh)
        status = error_set(err, ERROR_INPUT, opened->path, "go back to a copy", "this database is empty");
    struct error merged = ERROR_EMPTY;
    if (!status && opened->schema >= store_tables[TABLE_PROVENANCE].since &&
        refuse_merged(opened, &merged) == ERROR_CONFLICT)
        status = error_set(err, ERROR_CONFLICT, opened->path, "merge its inputs again into a new one",
                           "a merged database is not saved in part");
    if (status)
        abandon(opened, false);
    else
        *store = opened;
    return status;
}

static int refuse_single(const struct store *store, struct error *err)
{
    int64_t own = 1; /* older schemas know no others */
    int status = 0;
    if (store->schema >= store_tables[TABLE_PROVENANCE].since)
        status = store_integer(
            store, "SELECT EXISTS (SELECT * FROM proposal WHERE ticket NOT IN (SELECT ticket FROM provenance))", &own,
            err);
    if (!status && own)
        status = error_set(err, ERROR_CONFLICT, store->path, "name a new file, and this one among the inputs",
                           "this is the database of one run, and only a merged one can be merged into");
    return status;
}

/* What is not new is looked at before its log is started, so that a refused file stays as it was. */
static int open_for_merging(struct store *store, struct error *err)
{
    bool fresh = false;
    int status = connect(store, err);
    if (!status) /* the tables of merge.c; within the transaction it would be too late */
        status = store_execute(store, "PRAGMA temp_store = MEMORY", "open", err);
    if (!status)
        status = identify(store, &fresh, err);
    if (!status && fresh)
        status = journal_start(store, err);
    if (!status && fresh)
        return create_schema(store, err);
    if (!status)
        status = refuse_single(store, err);
    if (!status)
        status = store_check(store, err);
    if (!status)
        status = journal_start(store, err);
    if (!status)
        status = store_execute(store, "BEGIN IMMEDIATE", "write", err);
    if (!status && store->schema < STORE_SCHEMA)
        status = store_migrate(store, err);
    return status ? status : count_tickets(store, err);
}

int store_open_merged(const char *path, const struct store_options *options, struct store **store, struct error *err)
{
    struct store *opened = store_new(true, options);
    if (!opened)
        return memory_error(err, "the database");
    int status = store_resolve(path, true, &opened->path, err);
    if (!status)
        status = journal_choose(opened, STORE_JOURNAL_AUTO, err);
    if (!status)
        status = take_lock(opened, "merge", &usual_options, &lock_patience_usual, err);
    if (!status)
        status = store_check_left_behind(opened, err);
    if (!status) {
        opened->unfinished = !exists(opened->path);
        status = open_for_merging(opened, err);
    }
    if (status)
        abandon(opened, opened->unfinished);
    else
        *store = opened;
    return status;
}

int store_close(struct store *store, struct error *err)
{
    if (!store)
        return 0;
    int status = 0;
    finalize_statements(store);
    if (!store_is_in_place(store)) {
        place_fold(store);
        status = store_check_place(store, err);
    } else if (store->writable && !store->unfinished) {
        status = journal_fold(store, err);
    }
    abandon(store, store->unfinished);
    return status;
}

const struct store_run *store_run(const struct store *store)
{
    return &store->run;
}

bool store_is_new(const struct store *store)
{
    return store->fresh;
}

int64_t store_count(const struct store *store)
{
    return store->count;
}
