/* What goes wrong around a database: killed processes, two writers, full disks, foreign files. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static struct store *opened(void)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, &example_run, &fixture_options, &store, &err));
    return store;
}

static void append_up_to(struct store *store, int64_t count)
{
    struct error err;
    while (store_count(store) < count) {
        struct store_ticket ticket = example_ticket(store_count(store));
        ASSERT_OK(store_append(store, &ticket, &err));
    }
}

static void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

/* Every ticket is there, whole and in order. */
static void assert_sound(struct store *store)
{
    struct error err;
    struct store_cursor *cursor = NULL;
    const struct store_ticket *ticket;
    ASSERT_OK(store_cursor_new(store, 0, &cursor, &err));
    for (int64_t i = 0; i < store_count(store); i++) {
        ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
        ck_assert_ptr_nonnull(ticket);
        ck_assert_int_eq(ticket->proposal.ticket, i);
        const struct evaluation *evaluation = ticket->evaluation;
        ck_assert(evaluation && evaluation->trial_count == 3 && evaluation->epoch_count == 5 &&
                  evaluation->parameter_count == 3 && evaluation->snapshot_count == 3 && ticket->timing);
    }
    ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
    ck_assert_ptr_null(ticket);
    store_cursor_free(cursor);
    ck_assert_str_eq(answer(store, "PRAGMA integrity_check"), "ok\n");
    ck_assert_str_eq(answer(store, "PRAGMA foreign_key_check"), "");
}

/* Appends until it is killed; a byte into the pipe says that a ticket is durable. */
static _Noreturn void append_for_ever(int pipe_end)
{
    struct error err;
    struct store *store = NULL;
    if (store_open(path, &example_run, &fixture_options, &store, &err) || store_session_begin(store, 1, NULL, &err))
        _exit(1);
    for (;;) {
        struct store_ticket ticket = example_ticket(store_count(store));
        if (store_append(store, &ticket, &err) || write(pipe_end, ".", 1) != 1)
            _exit(2);
    }
}

/* Kills a writer some time after it has stored `tickets` more; returns how many it is known to have
   stored. */
static int64_t kill_writer(int64_t tickets, long microseconds)
{
    int ends[2];
    char byte;
    int64_t stored = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        append_for_ever(ends[1]);
    close(ends[1]);
    while (stored < tickets && read(ends[0], &byte, 1) == 1)
        stored++;
    nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
    kill(child, SIGKILL);
    assert_vanished(child);
    while (read(ends[0], &byte, 1) == 1)
        stored++;
    close(ends[0]);
    return stored;
}

static void killed_at_any_moment_whole_tickets_remain(void)
{
    fixture_begin();
    int64_t before = 0;
    int kills = 1; /* since the tickets were last counted */
    srand(1);
    for (int round = 0; round < 16; round++) {
        /* the first rounds fall into creation */
        int64_t stored = round < 6 ? kill_writer(0, 200 + 700 * round) : kill_writer(1 + rand() % 20, rand() % 2000);
        struct store *store = opened();
        ck_assert_int_ge(store_count(store), before + stored);
        ck_assert_int_le(store_count(store), before + stored + kills); /* durable, but not yet said */
        assert_sound(store);
        append_up_to(store, store_count(store) + 1);
        before = store_count(store);
        close_store(store);
        assert_no_side_files();
        kills = 1;
        if (round % 2) { /* the next writer finds a plain file, or the log of a killed one */
            before += kill_writer(1, 0);
            kills = 2;
        }
    }
    ck_assert_int_gt(before, 40);
    fixture_end();
}
IN_EACH_JOURNAL(killed_at_any_moment_whole_tickets_remain)

static void a_reader_reads_what_a_killed_writer_left(void)
{
    fixture_begin();
    ck_assert_int_ge(kill_writer(20, 0), 20);
    ck_assert(is_there("-wal") == (fixture_options.journal == STORE_JOURNAL_WAL) && is_there(".lock"));
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(path, &store, &err));
    int64_t count = store_count(store);
    ck_assert_int_gt(count, 0);
    assert_sound(store);
    close_store(store);
    store = opened();
    ck_assert_int_eq(store_count(store), count);
    append_up_to(store, count + 1); /* a journal that had nothing in it yet goes with the next transaction */
    close_store(store);
    assert_no_side_files();
    fixture_end();
}
IN_EACH_JOURNAL(a_reader_reads_what_a_killed_writer_left)

START_TEST(a_reader_has_half_a_transaction_rolled_back)
{
    fixture_begin();
    struct error err;
    fixture_options.journal = STORE_JOURNAL_DELETE;
    struct store *store = opened();
    append_up_to(store, 200);
    close_store(store);
    for (int by_writer = 0; by_writer < 2; by_writer++) {
        leave_half_a_transaction();
        ck_assert(is_there("-journal"));
        if (by_writer)
            store = opened();
        else
            ASSERT_OK(store_open_read(path, &store, &err));
        ck_assert_int_eq(store_count(store), 200);
        assert_sound(store);
        ck_assert_str_eq(answer(store, "SELECT count(*) FROM curve WHERE train_loss = 1e9"), "0\n");
        close_store(store);
        assert_no_side_files();
    }
    fixture_options.journal = STORE_JOURNAL_AUTO;
    fixture_end();
}
END_TEST

/* The next writer may want another journal than the last one left. */
START_TEST(a_database_goes_from_one_journal_to_the_other)
{
    fixture_begin();
    for (int64_t round = 0; round < 8; round++) {
        static const enum store_journal modes[] = {STORE_JOURNAL_WAL, STORE_JOURNAL_DELETE, STORE_JOURNAL_DELETE,
                                                   STORE_JOURNAL_WAL};
        fixture_options.journal = modes[round % 4];
        int64_t stored = kill_writer(3, 0);
        fixture_options.journal = modes[(round + 1) % 4];
        bool log = fixture_options.journal == STORE_JOURNAL_WAL;
        struct store *store = opened();
        ck_assert_int_ge(store_count(store), stored);
        append_up_to(store, store_count(store) + 2);
        ck_assert_int_eq(is_there("-wal"), log);
        assert_sound(store);
        close_store(store);
        assert_no_side_files();
    }
    fixture_options.journal = STORE_JOURNAL_AUTO;
    fixture_end();
}
END_TEST

/* Keeps a read transaction open for longer than a writer with a log would wait. */
static _Noreturn void read_slowly(int pipe_end)
{
    sqlite3 *db = NULL;
    bool done = sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_exec(db, "BEGIN; SELECT count(*) FROM proposal", NULL, NULL, NULL) == SQLITE_OK &&
                write(pipe_end, ".", 1) == 1;
    nanosleep(&(struct timespec){2, 500000000}, NULL);
    vanish(done && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
}

START_TEST(without_a_log_the_writer_waits_for_readers)
{
    fixture_begin();
    int ends[2];
    char byte;
    fixture_options.journal = STORE_JOURNAL_DELETE;
    struct store *store = opened();
    append_up_to(store, 1);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        read_slowly(ends[1]);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    append_up_to(store, 2);
    assert_vanished(child);
    close_store(store);
    close(ends[0]);
    close(ends[1]);
    fixture_options.journal = STORE_JOURNAL_AUTO;
    fixture_end();
}
END_TEST

START_TEST(a_second_writer_is_refused_while_readers_read)
{
    fixture_begin();
    struct error err;
    struct store *writer = opened(), *reader = NULL, *second = NULL;
    char owner[300], host[200];
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    snprintf(owner, sizeof owner, "process %ld on %s is writing this database (last heartbeat ", (long)getpid(), host);
    append_up_to(writer, 2);
    ASSERT_FAILS(store_open(path, &example_run, &fixture_options, &second, &err), ERROR_CONFLICT, owner);

    char link_path[160]; /* another name of the same file is no way around it */
    snprintf(link_path, sizeof link_path, "%s/link.db", folder);
    ck_assert_int_eq(symlink(path, link_path), 0);
    ASSERT_FAILS(store_open(link_path, &example_run, NULL, &second, &err), ERROR_CONFLICT, owner);

    ASSERT_OK(store_open_read(path, &reader, &err));
    ck_assert_int_eq(store_count(reader), 2);
    struct store_query *query = NULL; /* a reader in the middle of its rows, and the writer goes on */
    bool row;
    ASSERT_OK(store_query_new(reader, "SELECT ticket FROM proposal ORDER BY ticket", &query, &err));
    ASSERT_OK(store_query_next(query, &row, &err));
    append_up_to(writer, 5);
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(row && store_query_cell(query, 0).integer == 1);
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(!row); /* its picture is of the moment when it began */
    store_query_free(query);
    ck_assert_str_eq(answer(reader, "SELECT count(*) FROM proposal"), "5\n");
    close_store(writer); /* while the reader is there */
    ck_assert(!is_there(".lock"));
    ck_assert_str_eq(answer(reader, "SELECT count(*) FROM proposal"), "5\n");
    close_store(reader);
    writer = opened();
    ck_assert_int_eq(store_count(writer), 5);
    close_store(writer);
    assert_no_side_files();
    fixture_end();
}
END_TEST

static void set_size_limit(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the size of files stops real writes in the middle. */
static void at_the_size_limit_nothing_is_lost(void)
{
    fixture_begin();
    struct error err = ERROR_EMPTY;
    struct rlimit old;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct store *store = opened();
    append_up_to(store, 5);
    set_size_limit(400000);
    int status = 0;
    while (!status && store_count(store) < 2000) {
        struct store_ticket ticket = example_ticket(store_count(store));
        status = store_append(store, &ticket, &err);
    }
    int64_t count = store_count(store);
    struct store_ticket ticket = example_ticket(count);
    int again = store_append(store, &ticket, NULL);
    set_size_limit(old.rlim_cur);
    ck_assert_int_eq(status, ERROR_IO);
    ck_assert_int_eq(again, ERROR_IO);
    ck_assert_str_eq(err.what, "cannot write: File too large");
    ck_assert_ptr_nonnull(strstr(err.hint, "ulimit -f"));
    ck_assert(count > 5 && count < 2000);
    assert_sound(store);
    append_up_to(store, count + 3); /* space again: the same store goes on */
    close_store(store);
    store = opened();
    ck_assert_int_eq(store_count(store), count + 3);
    assert_sound(store);
    close_store(store);
    assert_no_side_files();
    signal(SIGXFSZ, SIG_DFL);
    fixture_end();
}
IN_EACH_JOURNAL(at_the_size_limit_nothing_is_lost)

static void a_file_that_cannot_be_created_leaves_nothing(void)
{
    fixture_begin();
    struct error err = ERROR_EMPTY;
    struct rlimit old;
    struct store *store = NULL;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    set_size_limit(10000);
    int status = store_open(path, &example_run, &fixture_options, &store, &err);
    set_size_limit(old.rlim_cur);
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_eq(status, ERROR_IO);
    ck_assert(!is_there(""));
    assert_no_side_files();
    close_store(opened());
    fixture_end();
}
IN_EACH_JOURNAL(a_file_that_cannot_be_created_leaves_nothing)

/* A file system in SQLite's manner that fails from the n-th call on. The default one opens the files;
   only the method that is to fail is exchanged. */
static struct {
    long calls, fail_at; /* 0: never */
    int code;
    bool sync; /* syncs fail, not writes */
    sqlite3_vfs *below;
    struct {
        const sqlite3_io_methods *real;
        sqlite3_io_methods ours;
    } kinds[4]; /* databases and their logs lock differently */
} fault;

static const sqlite3_io_methods *real_methods(const sqlite3_file *file)
{
    for (int i = 0; i < 4; i++)
        if (file->pMethods == &fault.kinds[i].ours)
            return fault.kinds[i].real;
    abort();
}

static int failing(bool sync)
{
    return fault.fail_at && sync == fault.sync && ++fault.calls >= fault.fail_at;
}

static int fault_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    return failing(false) ? fault.code : real_methods(file)->xWrite(file, bytes, count, offset);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    return failing(true) ? fault.code : real_methods(file)->xSync(file, flags);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int code = fault.below->xOpen(fault.below, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods)
        return code;
    int i = 0;
    while (fault.kinds[i].real && fault.kinds[i].real != file->pMethods)
        ck_assert_int_lt(++i, 4);
    fault.kinds[i].real = file->pMethods;
    fault.kinds[i].ours = *file->pMethods;
    fault.kinds[i].ours.xWrite = fault_write;
    fault.kinds[i].ours.xSync = fault_sync;
    file->pMethods = &fault.kinds[i].ours;
    return code;
}

static int write_six(int64_t *acknowledged, struct error *err)
{
    struct store *store = NULL;
    int status = store_open(path, &example_run, &fixture_options, &store, err);
    while (!status && store_count(store) < 6) {
        struct store_ticket ticket = example_ticket(store_count(store));
        status = store_append(store, &ticket, err);
        if (!status)
            *acknowledged = store_count(store);
    }
    struct error at_close = ERROR_EMPTY;
    int closing = store_close(store, &at_close);
    if (!status && closing)
        *err = at_close;
    return status ? status : closing;
}

static int run_with_faults(int code, bool sync, const char *message)
{
    int failures = 0;
    fault.code = code;
    fault.sync = sync;
    for (long n = 1;; n++) {
        fixture_begin();
        struct error err = ERROR_EMPTY;
        int64_t acknowledged = 0;
        fault.calls = 0;
        fault.fail_at = n;
        int status = write_six(&acknowledged, &err);
        fault.fail_at = 0;
        if (status) {
            failures++;
            ck_assert_msg(status == ERROR_IO && strstr(err.what, message), "call %ld: %d %s", n, status, err.what);
        }
        struct store *store = opened();
        ck_assert_int_ge(store_count(store), acknowledged);
        append_up_to(store, 6);
        assert_sound(store);
        close_store(store);
        assert_no_side_files();
        fixture_end();
        if (!status)
            return failures;
    }
}

static void whichever_write_finds_the_disk_full_nothing_acknowledged_is_lost(void)
{
    static sqlite3_vfs vfs;
    fault.below = sqlite3_vfs_find(NULL);
    vfs = *fault.below;
    vfs.zName = "fault";
    vfs.xOpen = fault_open;
    ck_assert_int_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
    ck_assert_int_gt(run_with_faults(SQLITE_FULL, false, "No space left on device"), 50);
    ck_assert_int_gt(run_with_faults(SQLITE_IOERR_FSYNC, true, "disk I/O error"), 6);
    sqlite3_vfs_unregister(&vfs);
}
IN_EACH_JOURNAL(whichever_write_finds_the_disk_full_nothing_acknowledged_is_lost)

static void write_file(const char *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t read_file(char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t count = fread(bytes, 1, size, file);
    fclose(file);
    return count;
}

static void both_refuse(enum error_code code, const char *message)
{
    static char before[1 << 20], after[1 << 20];
    struct error err;
    struct store *store = NULL;
    size_t length = read_file(before, sizeof before);
    ASSERT_FAILS(store_open(path, &example_run, &fixture_options, &store, &err), code, message);
    ck_assert_ptr_nonnull(strstr(err.where, path));
    ck_assert_str_ne(err.hint, "");
    ASSERT_FAILS(store_open_read(path, &store, &err), code, message);
    ck_assert_uint_eq(read_file(after, sizeof after), length);
    ck_assert_mem_eq(before, after, length); /* a refused file is not touched */
    assert_no_side_files();
}

START_TEST(foreign_files_are_refused_untouched)
{
    fixture_begin();
    write_file("hello\n", 6);
    both_refuse(ERROR_INPUT, "this is not a database");
    char page[5000];
    memset(page, 'x', sizeof page);
    write_file(page, sizeof page);
    both_refuse(ERROR_INPUT, "this is not a database");
    unlink(path);
    tamper("CREATE TABLE books (title)");
    both_refuse(ERROR_INPUT, "a database of another program; name a database that");
    unlink(path);
    tamper("PRAGMA application_id = 5");
    both_refuse(ERROR_INPUT, "a database of another program");
    fixture_end();
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
    fixture_begin();
    close_store(opened());
    tamper("PRAGMA user_version = 77");
    both_refuse(ERROR_CONFLICT,
                "made by a newer actsearch (schema 77, this program knows " TEXT_OF_SCHEMA "); use that version");
    tamper("PRAGMA user_version = 0");
    both_refuse(ERROR_INPUT, "the database is damaged: its schema version is below 1");
    fixture_end();
}
END_TEST

START_TEST(an_empty_file_is_a_new_database)
{
    fixture_begin();
    struct error err;
    struct store *store = NULL;
    write_file("", 0);
    ASSERT_FAILS(store_open_read(path, &store, &err), ERROR_INPUT, "this database is empty; run an experiment");
    store = opened();
    append_up_to(store, 1);
    close_store(store);
    fixture_end();
}
END_TEST

static void writer_refuses(const char *message)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_FAILS(store_open(path, &example_run, &fixture_options, &store, &err), ERROR_INPUT, message);
}

START_TEST(damage_is_noticed_before_anything_is_built_on_it)
{
    static char bytes[1 << 20];
    fixture_begin();
    struct store *store = opened();
    append_up_to(store, 100);
    close_store(store);
    size_t length = read_file(bytes, sizeof bytes);
    char saved[4096];
    memcpy(saved, bytes + length / 8192 * 4096, sizeof saved);
    memset(bytes + length / 8192 * 4096, 0xa5, sizeof saved); /* a page in the middle */
    write_file(bytes, length);
    writer_refuses("the database is damaged: ");
    memcpy(bytes + length / 8192 * 4096, saved, sizeof saved);
    write_file(bytes, length / 2); /* cut off */
    writer_refuses("the database is damaged: ");
    write_file(bytes, length);
    tamper("PRAGMA foreign_keys = OFF; DELETE FROM parameter; DELETE FROM curve; DELETE FROM watch; DELETE FROM trial;"
           "DELETE FROM timing; DELETE FROM evaluation WHERE ticket = 50");
    writer_refuses(
        "the database is damaged: evaluations are missing; whole are the tickets below 50; go back to a copy");
    tamper("UPDATE proposal SET parent1 = NULL, parent2 = NULL; DELETE FROM evaluation WHERE ticket = 51;"
           "DELETE FROM proposal WHERE ticket = 51");
    writer_refuses("the database is damaged: tickets are missing");
    write_file(bytes, length);
    tamper("PRAGMA foreign_keys = OFF; DELETE FROM trial WHERE ticket = 50");
    writer_refuses("the database is damaged: rows refer to rows that are missing");
    write_file(bytes, length);
    tamper("DELETE FROM run");
    writer_refuses("the database is damaged: its table run is empty");
    write_file(bytes, length);
    close_store(opened());
    fixture_end();
}
END_TEST

/* ---- other programs */

/* A process that holds a lock until a byte comes, or for ever. */
struct locker {
    pid_t pid;
    int release; /* write here, or close */
};

static _Noreturn void lock_until_told(const char *sql, int ready, int released)
{
    char byte;
    sqlite3 *db = NULL;
    bool done = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_busy_timeout(db, 60000) == SQLITE_OK &&
                sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK && write(ready, ".", 1) == 1;
    while (done && read(released, &byte, 1) < 0)
        continue;
    vanish(done && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
}

static struct locker lock_with(const char *sql)
{
    int ready[2], released[2];
    char byte;
    ck_assert(pipe(ready) == 0 && pipe(released) == 0);
    struct locker locker = {.pid = fork(), .release = released[1]};
    if (locker.pid == 0) {
        close(released[1]);
        lock_until_told(sql, ready[1], released[0]);
    }
    close(ready[1]);
    close(released[0]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return locker;
}

static void unlock(struct locker locker)
{
    close(locker.release);
    assert_vanished(locker.pid);
}

/* What a store said while it waited; the first line lets the locker go. */
static struct {
    struct locker locker;
    char line[400];
    int lines;
} told;

static void hear_and_unlock(void *context, const char *line)
{
    (void)context;
    snprintf(told.line, sizeof told.line, "%s", line);
    if (told.lines++ == 0)
        unlock(told.locker);
}

static void expect_one_line(void)
{
    char wanted[200];
    snprintf(wanted, sizeof wanted, "run.db: process %ld (", (long)told.locker.pid);
    ck_assert_int_eq(told.lines, 1);
    ck_assert_msg(strstr(told.line, wanted) &&
                      strstr(told.line, "has locked the database; waiting for it, 60 s at most"),
                  "%s", told.line);
}

static void hold(const char *sql)
{
    told.locker = lock_with(sql);
    told.lines = 0;
}

/* Every kind of access, with every kind of lock that keeps it out: it waits, says so once, and goes on. */
static void what_another_program_has_locked_is_waited_for(void)
{
    static const char *const locks[] = {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"};
    struct store_options options = {.journal = fixture_options.journal, .say = hear_and_unlock};
    struct error err;
    for (int i = 0; i < 2; i++) {
        fixture_begin();
        struct store *store = NULL;
        ASSERT_OK(store_open(path, &example_run, &options, &store, &err));
        append_up_to(store, 3);
        hold(locks[i]);
        append_up_to(store, 4);
        expect_one_line();
        hold(locks[i]);
        ASSERT_OK(store_session_begin(store, 1, NULL, &err));
        expect_one_line();
        hold(locks[i]);
        ASSERT_OK(store_crash_add(store, 5, "SIGSEGV", "here:1", &err));
        expect_one_line();
        hold(locks[i]);
        ASSERT_OK(store_session_end(store, "finished", &err));
        expect_one_line();
        close_store(store);
        hold("BEGIN EXCLUSIVE");
        ASSERT_OK(store_open(path, &example_run, &options, &store, &err));
        expect_one_line();
        close_store(store);
        hold("BEGIN EXCLUSIVE");
        ASSERT_OK(store_open_reader(path, &options, &store, &err));
        expect_one_line();
        ck_assert_int_eq(store_count(store), 4);
        hold("BEGIN EXCLUSIVE");
        ck_assert_str_eq(answer(store, "SELECT count(*) FROM proposal"), "4\n");
        expect_one_line();
        close_store(store);
        fixture_end();
    }
}
IN_EACH_JOURNAL(what_another_program_has_locked_is_waited_for)

/* A commit without a log waits for readers; a reader that holds its picture keeps a log from being folded in, no more.
 */
START_TEST(readers_of_other_programs_keep_a_commit_waiting_only_without_a_log)
{
    struct store_options options = {.say = hear_and_unlock};
    struct error err;
    for (int log = 0; log < 2; log++) {
        fixture_begin();
        struct store *store = NULL;
        options.journal = log ? STORE_JOURNAL_WAL : STORE_JOURNAL_DELETE;
        ASSERT_OK(store_open(path, &example_run, &options, &store, &err));
        append_up_to(store, 3);
        hold("BEGIN; SELECT count(*) FROM proposal");
        append_up_to(store, log ? 600 : 4); /* beyond the point where SQLite would fold it in */
        if (log)
            ck_assert_int_eq(told.lines, 0);
        else
            expect_one_line();
        close_store(store);
        if (log)
            unlock(told.locker);
        store = opened();
        assert_sound(store);
        close_store(store);
        fixture_end();
    }
}
END_TEST

START_TEST(the_wait_for_another_program_ends)
{
    fixture_begin();
    struct error err;
    char wanted[160];
    atomic_int stop = 0, drop = 0;
    struct store_options options = {.busy_seconds = -1, .stop = &stop, .drop = &drop};
    struct store *store = NULL;
    ASSERT_OK(store_open(path, &example_run, &options, &store, &err));
    struct locker locker = lock_with("BEGIN IMMEDIATE");
    struct store_ticket ticket = example_ticket(0);
    snprintf(wanted, sizeof wanted, "cannot write: process %ld (", (long)locker.pid);
    ASSERT_FAILS(store_append(store, &ticket, &err), ERROR_CONFLICT, wanted);
    ck_assert_ptr_nonnull(strstr(err.what, "has locked the database, and still after 0 s"));
    close_store(store);
    unlock(locker);
    close_store(opened());

    options.busy_seconds = 1e6;
    atomic_store(&stop, 1);
    locker = lock_with("BEGIN EXCLUSIVE");
    ASSERT_FAILS(store_open(path, &example_run, &options, &store, &err), ERROR_INTERRUPTED, "stopped while process ");
    unlock(locker);
    atomic_store(&stop, 0);
    ASSERT_OK(store_open(path, &example_run, &options, &store, &err));
    locker = lock_with("BEGIN IMMEDIATE");
    for (int dropped = 0; dropped < 2; dropped++) {
        atomic_store(&stop, 1);
        atomic_store(&drop, dropped);
        ASSERT_FAILS(store_append(store, &ticket, &err), ERROR_INTERRUPTED, "stopped while process ");
    }
    unlock(locker);
    append_up_to(store, 1); /* nothing is lost, and nothing is half there */
    assert_sound(store);
    close_store(store);
    fixture_end();
}
END_TEST

/* ---- where the file is */

static void name_in_folder(const char *name, char out[160])
{
    snprintf(out, 160, "%s/%s", folder, name);
}

static struct store *written_to(int64_t tickets)
{
    struct store *store = opened();
    append_up_to(store, tickets);
    ck_assert(store_is_in_place(store));
    return store;
}

static void refuses(struct store *store, const char *message, const char *hint)
{
    struct error err;
    struct store_ticket ticket = example_ticket(store_count(store));
    ck_assert(!store_is_in_place(store));
    ASSERT_FAILS(store_append(store, &ticket, &err), ERROR_IO, message);
    ck_assert_msg(strstr(err.hint, hint), "%s", err.hint);
    ASSERT_FAILS(store_close(store, &err), ERROR_IO, message);
}

static void a_moved_database_is_noticed_and_whole(void)
{
    fixture_begin();
    char moved[160], wanted[300];
    struct error err;
    struct store *store = written_to(7);
    name_in_folder("moved.db", moved);
    ck_assert_int_eq(rename(path, moved), 0);
    snprintf(wanted, sizeof wanted, "was moved to %s while it was written; there are its 7 tickets", moved);
    refuses(store, wanted, moved);
    assert_no_side_files();
    ck_assert_int_eq(rename(moved, path), 0);
    store = opened();
    ck_assert_int_eq(store_count(store), 7);
    append_up_to(store, 9);
    assert_sound(store);
    ck_assert_int_eq(symlink(path, moved), 0); /* a second name is no other place */
    append_up_to(store, 10);
    ASSERT_OK(store_close(store, &err));
    fixture_end();
}
IN_EACH_JOURNAL(a_moved_database_is_noticed_and_whole)

static void a_removed_database_is_noticed(void)
{
    fixture_begin();
    struct store *store = written_to(1);
    unlink(path);
    refuses(store, "was removed while it was written; lost are its 1 ticket", "begin anew with the same command");
    assert_no_side_files();
    close_store(written_to(2));
    fixture_end();
}
IN_EACH_JOURNAL(a_removed_database_is_noticed)

static void a_replaced_database_is_noticed_and_its_successor_untouched(void)
{
    fixture_begin();
    static char before[1 << 20], after[1 << 20];
    char moved[160];
    struct store *store = written_to(3);
    name_in_folder("moved.db", moved);
    ck_assert_int_eq(rename(path, moved), 0);
    FILE *file = fopen(moved, "rb"), *copy = fopen(path, "wb");
    size_t length = fread(before, 1, sizeof before, file);
    fwrite(before, 1, length, copy);
    fclose(file);
    fclose(copy);
    refuses(store, ", and another file is in its place; there are its 3 tickets", "out of the way");
    ck_assert_uint_eq(read_file(after, sizeof after), length);
    ck_assert_mem_eq(before, after, length);
    fixture_end();
}
IN_EACH_JOURNAL(a_replaced_database_is_noticed_and_its_successor_untouched)

static void a_database_moves_with_its_folder(void)
{
    fixture_begin();
    char renamed[100], wanted[300];
    struct store *store = written_to(2);
    snprintf(renamed, sizeof renamed, "%s-renamed", folder);
    ck_assert_int_eq(rename(folder, renamed), 0);
    snprintf(wanted, sizeof wanted, "was moved to %s/run.db", renamed);
    refuses(store, wanted, "move it back");
    ck_assert_int_eq(rename(renamed, folder), 0);
    close_store(written_to(4));
    fixture_end();
}
IN_EACH_JOURNAL(a_database_moves_with_its_folder)

/* ---- copies */

static void copy_file(const char *from, const char *to)
{
    char command[400];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_copy_without_its_log_is_known_for_one)
{
    fixture_begin();
    char copy[160], log[180], copied_log[180];
    struct error err;
    struct store *reader = NULL, *store = opened();
    ASSERT_OK(store_session_begin(store, 1, NULL, &err));
    append_up_to(store, 2);
    name_in_folder("copy.db", copy);
    copy_file(path, copy);
    for (int i = 0; i < 2; i++) /* reading it changes nothing about that */
        ASSERT_FAILS(store_open_read(copy, &reader, &err), ERROR_INPUT, "its log (-wal) is missing");
    ck_assert_ptr_nonnull(strstr(err.hint, "actsearch merge COPY.db ORIGINAL.db"));
    snprintf(log, sizeof log, "%s-wal", path);
    snprintf(copied_log, sizeof copied_log, "%s-wal", copy);
    copy_file(log, copied_log);
    ASSERT_OK(store_open_read(copy, &reader, &err));
    ck_assert_int_eq(store_count(reader), 2);
    close_store(reader);
    append_up_to(store, 500); /* now much of it is in the file */
    unlink(copied_log);
    copy_file(path, copy);
    struct store_options options = {.say = hear_and_unlock};
    hold("BEGIN; SELECT count(*) FROM proposal");
    ASSERT_OK(store_open_reader(copy, &options, &reader, &err));
    ck_assert(told.lines == 1 && strstr(told.line, "its newest tickets are missing"));
    ck_assert_int_lt(store_count(reader), 500);
    close_store(reader);
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(a_log_without_its_database_is_kept)
{
    fixture_begin();
    static const enum store_journal modes[] = {STORE_JOURNAL_WAL, STORE_JOURNAL_DELETE};
    char moved[160];
    struct error err;
    struct store *store = NULL;
    name_in_folder("moved.db", moved);
    for (int i = 0; i < 2; i++) {
        fixture_options.journal = modes[i];
        const char *ending = i ? "-journal" : "-wal";
        int64_t stored = kill_writer(150, 0);
        if (i)
            leave_half_a_transaction();
        ck_assert_int_eq(rename(path, moved), 0);
        ASSERT_FAILS(store_open(path, &example_run, &fixture_options, &store, &err), ERROR_INPUT,
                     "the database is not there, but its ");
        ASSERT_FAILS(store_open_read(path, &store, &err), ERROR_INPUT, ending);
        ck_assert(is_there(ending));
        ck_assert_int_eq(rename(moved, path), 0);
        store = opened();
        ck_assert_int_ge(store_count(store), stored);
        assert_sound(store);
        close_store(store);
    }
    fixture_options.journal = STORE_JOURNAL_AUTO;
    fixture_end();
}
END_TEST

START_TEST(what_is_no_file_is_refused_at_once)
{
    fixture_begin();
    struct error err;
    struct store *store = NULL;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ASSERT_FAILS(store_open_read(path, &store, &err), ERROR_INPUT, "this is a pipe, not a file");
    ASSERT_FAILS(store_open(path, &example_run, NULL, &store, &err), ERROR_INPUT, "this is a pipe, not a file");
    ASSERT_FAILS(store_open_read("/dev/null", &store, &err), ERROR_INPUT, "this is a device, not a file");
    ck_assert(!store_is_database(path) && !store_is_database(folder) && !store_is_database("/dev/null"));
    unlink(path);
    ck_assert(!store_is_database(path));
    write_file("SQLite format", 13);
    ck_assert(!store_is_database(path));
    unlink(path);
    close_store(opened());
    ck_assert(store_is_database(path));
    fixture_end();
}
END_TEST

/* ---- damage */

static char whole[1 << 20], spoiled[1 << 20];

/* Every ticket is there, in order, with all that its evaluation tells of. */
static void assert_usable(struct store *store)
{
    char sql[] = "SELECT (SELECT count(*) FROM proposal) - coalesce((SELECT max(ticket) + 1 FROM proposal), 0),"
                 " coalesce(sum(seeds <> (SELECT count(*) FROM trial AS t WHERE t.ticket = e.ticket)), 0),"
                 " coalesce(sum(epochs <> (SELECT count(*) FROM curve AS c WHERE c.ticket = e.ticket)), 0)"
                 " FROM evaluation AS e";
    ck_assert_str_eq(answer(store, sql), "0|0|0\n");
    ck_assert_str_eq(answer(store, "PRAGMA integrity_check"), "ok\n");
}

static struct store *rescued(const char *saved, int64_t *tickets)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    char original[128];
    unlink(saved);
    if (store_rescue(path, saved, tickets, &err)) {
        ck_assert_msg(err.code == ERROR_INPUT, "%s: %s", err.where, err.what);
        return NULL;
    }
    snprintf(original, sizeof original, "%s", path);
    snprintf(path, sizeof path, "%s", saved);
    store = opened();
    ck_assert_int_eq(store_count(store), *tickets);
    assert_usable(store);
    snprintf(path, sizeof path, "%s", original);
    return store;
}

/* One byte of the schema is told as what it is, and costs nothing. */
START_TEST(one_byte_of_the_schema)
{
    static const struct {
        const char *place, *table;
        int at;
    } bytes[] = {
        {"genome TEXT", "table proposal", 0},    {"CREATE TABLE evaluation", "table evaluation", 0},
        {"TABLE trial", "table trial", 6},       {"epochs INTEGER", "table ", 2},
        {"CREATE VIEW lineage", "malformed", 0}, {"tablecurvecurve", "", 1},
        {"tablewatchwatch", "malformed", 6},     {"CREATE TABLE run", "table run", 3},
    };
    fixture_begin();
    struct error err;
    char saved[160];
    int64_t tickets;
    struct store *store = opened();
    append_up_to(store, 20);
    close_store(store);
    size_t length = read_file(whole, sizeof whole);
    name_in_folder("saved.db", saved);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        memcpy(spoiled, whole, length);
        char *place = memmem(spoiled, length, bytes[i].place, strlen(bytes[i].place));
        ck_assert_msg(place != NULL, "%s", bytes[i].place);
        place[bytes[i].at] ^= 2;
        write_file(spoiled, length);
        int status = store_open(path, &example_run, &fixture_options, &store, &err);
        ck_assert_msg(status == ERROR_INPUT && strstr(err.what, "the database is damaged: ") &&
                          strstr(err.what, bytes[i].table) && strstr(err.hint, "actsearch rescue "),
                      "%s: %d %s; %s", bytes[i].place, status, err.what, err.hint);
        store = rescued(saved, &tickets);
        ck_assert_msg(store && tickets == 20, "%s: %" PRId64 " tickets", bytes[i].place, tickets);
        assert_sound(store);
        close_store(store);
    }
    ASSERT_FAILS(store_rescue(path, saved, &tickets, &err), ERROR_USAGE, "this file is there already");
    fixture_end();
}
END_TEST

/* Whatever is read of it: an error is one of input, or a conflict, and what is rescued is sound. */
static void try_everything(const char *saved)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    struct store_cursor *cursor = NULL;
    const struct store_ticket *ticket = NULL;
    int64_t tickets;
    int status = store_open_read(path, &store, &err);
    if (!status)
        status = store_cursor_new(store, 0, &cursor, &err);
    while (!status && !(status = store_cursor_next(cursor, &ticket, &err)) && ticket)
        if (!ticket->proposal.genome || !ticket->proposal.simplified || !ticket->proposal.outcome)
            ck_abort_msg("a ticket without a genome");
    store_cursor_free(cursor);
    store_close(store, NULL);
    if (status && status != ERROR_INPUT && status != ERROR_CONFLICT)
        ck_abort_msg("reading: %d %s", status, err.what);
    status = store_open(path, &example_run, &fixture_options, &store, &err);
    if (!status)
        status = store_close(store, &err);
    if (status && status != ERROR_INPUT && status != ERROR_CONFLICT)
        ck_abort_msg("writing: %d %s", status, err.what);
    if (status == ERROR_INPUT)
        store_close(rescued(saved, &tickets), NULL);
}

START_TEST(damage_anywhere_is_an_error_of_input)
{
    fixture_begin();
    char saved[160];
    struct store *store = opened();
    append_up_to(store, 20);
    close_store(store);
    size_t length = read_file(whole, sizeof whole);
    name_in_folder("saved.db", saved);
    srand(2);
    for (int i = 0; i < 400; i++) {
        memcpy(spoiled, whole, length);
        size_t page = (size_t)rand() % (length / 4096) * 4096;
        size_t at = i % 2 ? page + (page == 0) * 100 + (size_t)rand() % 40 : (size_t)rand() % length;
        size_t count = i % 5 ? 1 : 1 + (size_t)rand() % 300;
        for (size_t k = at; k < at + count && k < length; k++)
            spoiled[k] ^= (char)(1 + rand() % 255);
        write_file(spoiled, length);
        try_everything(saved);
    }
    fixture_end();
}
END_TEST

START_TEST(rows_that_cannot_be_are_an_error_of_input)
{
    static const char *const changes[] = {
        "UPDATE proposal SET simplified = x'00' WHERE ticket = 3",
        "UPDATE proposal SET genome = NULL WHERE ticket = 3",
        "UPDATE proposal SET nodes = 'many' WHERE ticket = 3",
        "UPDATE evaluation SET score = 'good' WHERE ticket = 3",
        "UPDATE evaluation SET seeds = 1.5 WHERE ticket = 3",
        "UPDATE run SET window = NULL",
        "UPDATE run SET experiment = x'ff'",
    };
    fixture_begin();
    struct store *store = opened();
    struct error err;
    append_up_to(store, 5);
    close_store(store);
    size_t length = read_file(whole, sizeof whole);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char sql[400];
        struct store_cursor *cursor = NULL;
        const struct store_ticket *ticket = NULL;
        write_file(whole, length);
        /* without the checks that would not let it in */
        tamper("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,"
               " 'TEXT NOT NULL', 'TEXT'), 'INTEGER NOT NULL', 'INTEGER'), 'REAL NOT NULL', 'REAL'), ') STRICT', ')')"
               " WHERE name IN ('proposal', 'evaluation', 'run')");
        snprintf(sql, sizeof sql, "PRAGMA ignore_check_constraints = ON; %s", changes[i]);
        tamper(sql);
        int status = store_open_read(path, &store, &err);
        if (!status)
            status = store_cursor_new(store, 0, &cursor, &err);
        while (!status && !(status = store_cursor_next(cursor, &ticket, &err)) && ticket)
            continue;
        store_cursor_free(cursor);
        ck_assert_msg(status == ERROR_INPUT && strstr(err.what, "has a row whose "), "%s: %d %s", changes[i], status,
                      err.what);
        store_close(store, NULL);
        store = NULL;
    }
    fixture_end();
}
END_TEST

START_TEST(paths_that_lead_nowhere)
{
    fixture_begin();
    struct error err;
    struct store *store = NULL;
    char name[160];
    ASSERT_FAILS(store_open_read(path, &store, &err), ERROR_IO, "cannot open: No such file or directory; check the");
    ASSERT_FAILS(store_open(folder, &example_run, NULL, &store, &err), ERROR_IO, "Is a directory; name a file");
    ASSERT_FAILS(store_open_read(folder, &store, &err), ERROR_IO, "Is a directory; name a file");
    ASSERT_FAILS(store_open("", &example_run, NULL, &store, &err), ERROR_IO, "No such file");
    snprintf(name, sizeof name, "%s/no/run.db", folder);
    ASSERT_FAILS(store_open(name, &example_run, NULL, &store, &err), ERROR_IO,
                 "cannot create it in this folder: No such");
    snprintf(name, sizeof name, "%s/new/", folder);
    ASSERT_FAILS(store_open(name, &example_run, NULL, &store, &err), ERROR_IO, "Is a directory");
    snprintf(name, sizeof name, "%s/link.db", folder);
    ck_assert_int_eq(symlink(path, name), 0);
    ASSERT_FAILS(store_open(name, &example_run, NULL, &store, &err), ERROR_IO, "a link to a file that does not exist");
    ck_assert(!is_there(""));
    fixture_end();
}
END_TEST

static bool drop_rights(void)
{
    return geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
}

/* Of a child that cannot do without rights, as in a user namespace with one user. */
enum { NO_RIGHT = 77 };

/* Exit status of a child without the rights of root: 0 when everything was as it must be. */
static int as_a_stranger(void)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    char new_path[160];
    if (!drop_rights())
        return NO_RIGHT;
    if (store_open(path, &example_run, &fixture_options, &store, &err) != ERROR_IO ||
        !strstr(err.what, "Permission denied") || !strstr(err.hint, "choose a folder you may write to"))
        return 11;
    snprintf(new_path, sizeof new_path, "%s/new.db", folder);
    if (store_open(new_path, &example_run, NULL, &store, &err) != ERROR_IO || !strstr(err.what, "Permission denied"))
        return 12;
    if (store_open_read(path, &store, &err) != 0 || store_count(store) != 3)
        return 13;
    return store_close(store, &err) == 0 ? 0 : 14;
}

static int stranger_finds_a_log(void)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    if (!drop_rights())
        return NO_RIGHT;
    if (store_open_read(path, &store, &err) != ERROR_IO || !strstr(err.what, "its log was left open") ||
        !strstr(err.hint, "copy the database and its -wal"))
        return 11;
    return 0;
}

/* Runs `child` in a process of its own while the folder and the database are read-only. */
static void in_read_only_folder(int (*child)(void))
{
    int status = 0;
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(child());
    waitpid(pid, &status, 0);
    chmod(folder, 0755);
    chmod(path, 0644);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_RIGHT)
        printf("skipped: a folder that is read-only (root has no right to become somebody else)\n");
    else
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d", WEXITSTATUS(status));
}

START_TEST(a_read_only_folder_can_be_read_and_not_written)
{
    fixture_begin();
    struct store *store = opened();
    append_up_to(store, 3);
    close_store(store);
    in_read_only_folder(as_a_stranger);
    kill_writer(1, 0);
    char name[160];
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
    in_read_only_folder(stranger_finds_a_log);
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "faults", 120, killed_at_any_moment_whole_tickets_remain_with_a_log,
        killed_at_any_moment_whole_tickets_remain_without_a_log, a_reader_reads_what_a_killed_writer_left_with_a_log,
        a_reader_reads_what_a_killed_writer_left_without_a_log, a_reader_has_half_a_transaction_rolled_back,
        a_database_goes_from_one_journal_to_the_other, without_a_log_the_writer_waits_for_readers,
        a_second_writer_is_refused_while_readers_read, at_the_size_limit_nothing_is_lost_with_a_log,
        at_the_size_limit_nothing_is_lost_without_a_log, a_file_that_cannot_be_created_leaves_nothing_with_a_log,
        a_file_that_cannot_be_created_leaves_nothing_without_a_log,
        whichever_write_finds_the_disk_full_nothing_acknowledged_is_lost_with_a_log,
        whichever_write_finds_the_disk_full_nothing_acknowledged_is_lost_without_a_log,
        foreign_files_are_refused_untouched, a_newer_schema_is_refused, an_empty_file_is_a_new_database,
        damage_is_noticed_before_anything_is_built_on_it, what_another_program_has_locked_is_waited_for_with_a_log,
        what_another_program_has_locked_is_waited_for_without_a_log,
        readers_of_other_programs_keep_a_commit_waiting_only_without_a_log, the_wait_for_another_program_ends,
        a_moved_database_is_noticed_and_whole_with_a_log, a_moved_database_is_noticed_and_whole_without_a_log,
        a_removed_database_is_noticed_with_a_log, a_removed_database_is_noticed_without_a_log,
        a_replaced_database_is_noticed_and_its_successor_untouched_with_a_log,
        a_replaced_database_is_noticed_and_its_successor_untouched_without_a_log,
        a_database_moves_with_its_folder_with_a_log, a_database_moves_with_its_folder_without_a_log,
        one_byte_of_the_schema, damage_anywhere_is_an_error_of_input, rows_that_cannot_be_are_an_error_of_input,
        a_copy_without_its_log_is_known_for_one, a_log_without_its_database_is_kept, what_is_no_file_is_refused_at_once,
        paths_that_lead_nowhere, a_read_only_folder_can_be_read_and_not_written);
}
