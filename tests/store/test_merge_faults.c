/* A merge is done wholly or not at all, whatever happens; and it takes its inputs as they are at one moment. */
#include "merge_fixture.h"

#include "base/clock.h"
#include "base/memory.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* Appends a ticket when a connection has read where the tickets of an input are. */
static struct store *meddler;
static int meddled;

static int meddle(unsigned event, void *context, void *statement, void *time)
{
    (void)event, (void)context, (void)time;
    const char *sql = sqlite3_sql(statement);
    if (meddler && sql && strncmp(sql, "SELECT p.ticket, coalesce(o.run, 1)", 35) == 0) {
        append(meddler, &first_island[store_count(meddler)]);
        meddled++;
    }
    return 0;
}

static int listen_to(sqlite3 *db, char **message, const struct sqlite3_api_routines *routines)
{
    (void)message, (void)routines;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, meddle, NULL);
}

/* What is read first and what is read last of an input must be of one moment. */
START_TEST(an_input_is_seen_at_one_moment)
{
    fixture_begin();
    meddler = opened("a.db", &example_run);
    append(meddler, &first_island[0]);
    sqlite3_auto_extension((void (*)(void))listen_to);
    for (int i = 0; i < 4; i++) {
        MERGE("all.db", "a.db");
        ck_assert_int_eq(meddled, i + 1);
        ck_assert(store_count(meddler) == i + 2 && last_merge.tickets == i + 1);
    }
    sqlite3_reset_auto_extension();
    close_store(meddler);
    meddler = NULL;
    MERGE("all.db", "a.db");
    ck_assert_int_eq(last_merge.tickets, FIRST);
    assert_same_answer("a.db", "all.db", "SELECT * FROM proposal");
    fixture_end();
}
END_TEST

/* A search that goes on as far as it is let: some tickets for every byte that comes. It ends with the test. */
enum { TICKETS_A_BYTE = 25 };
static _Noreturn void append_as_let(const char *name, int pipe_end)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct store *store = opened(name, &example_run);
    for (int i = 0;; i++) {
        if (i % TICKETS_A_BYTE == 0 && read(pipe_end, &byte, 1) != 1)
            _exit(0);
        append(store, &(struct candidate){STORE_EVALUATED, i, i - 1, NO, NO, 0.5});
    }
}

START_TEST(a_search_goes_on_while_it_is_merged)
{
    int ends[2], grown = 0;
    fixture_begin();
    make("a.db", &example_run, first_island, 0);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        append_as_let("a.db", ends[0]);
    }
    close(ends[0]);
    /* However slow one of the two is: merges go on until enough of them have found something new. */
    while (grown < 10) {
        ck_assert_int_eq((int)write(ends[1], ".", 1), 1);
        do
            MERGE("all.db", "a.db");
        while (last_merge.parts[0].tickets == 0);
        grown++;
    }
    ck_assert_int_eq((int)write(ends[1], "..", 2), 2);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[1]);
    MERGE("all.db", "a.db"); /* with the log that it left */
    assert_same_answer("a.db", "all.db", "SELECT count(*), max(ticket) FROM evaluation");
    assert_same_answer("a.db", "all.db", "SELECT ticket, parent1, genome FROM proposal ORDER BY ticket DESC LIMIT 100");
    fixture_end();
}
END_TEST

START_TEST(a_run_that_went_two_ways_is_refused)
{
    fixture_begin();
    struct error err;
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &example_run, second_island, SECOND);
    ASSERT_FAILS(merge_of("all.db", NAMES("a.db", "b.db"), &err), ERROR_CONFLICT,
                 "b.db: its ticket 0 is another candidate than ticket 0 of the merged database, though the runs are");
    ck_assert(access(in_folder("all.db"), F_OK) != 0);
    fixture_end();
}
END_TEST

START_TEST(refusals_leave_everything_as_it_was)
{
    fixture_begin();
    struct error err;
    struct store *store = NULL;
    struct store_run other = run_with_seed(8);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db");
    char *a = dump_of("a.db"), *all = dump_of("all.db");
    ASSERT_FAILS(merge_of("a.db", NAMES("b.db"), &err), ERROR_CONFLICT, "a.db: this is the database of one run, and");
    make_old("1.db", 1);
    ASSERT_FAILS(merge_of("1.db", NAMES("b.db"), &err), ERROR_CONFLICT, "1.db: this is the database of one run, and");
    assert_answer("1.db", "PRAGMA user_version", "1\n");
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "all.db"), &err), ERROR_USAGE, "cannot be merged into itself");
    ck_assert_int_eq(symlink(in_folder("all.db"), in_folder("link.db")), 0);
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "link.db"), &err), ERROR_USAGE, "cannot be merged into itself");
    ASSERT_FAILS(merge_of("link.db", NAMES("b.db", "all.db"), &err), ERROR_USAGE, "cannot be merged into itself");
    ASSERT_FAILS(store_open(in_folder("all.db"), &example_run, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "a merged database is not continued; run into a database of its own");

    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "none.db"), &err), ERROR_IO, "none.db: cannot open");
    snprintf(path, sizeof path, "%s", in_folder("foreign.db"));
    tamper("CREATE TABLE t (a)");
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "foreign.db"), &err), ERROR_INPUT, "a database of another program");
    ASSERT_FAILS(merge_of("foreign.db", NAMES("b.db"), &err), ERROR_INPUT, "a database of another program");
    ASSERT_FAILS(merge_of("new.db", NAMES("b.db", "foreign.db"), &err), ERROR_INPUT, "a database of another program");
    make("newer.db", &other, second_island, 1);
    snprintf(path, sizeof path, "%s", in_folder("newer.db"));
    tamper("PRAGMA user_version = 9");
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "newer.db"), &err), ERROR_CONFLICT, "newer.db: made by a newer");
    make("hole.db", &other, second_island, SECOND);
    snprintf(path, sizeof path, "%s", in_folder("hole.db"));
    tamper("PRAGMA foreign_keys = OFF; DELETE FROM trial WHERE ticket = 1 AND seed_index = 1");
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "hole.db"), &err), ERROR_INPUT, "hole.db: the database is damaged");
    ASSERT_FAILS(merge_of("new.db", NAMES("b.db", "hole.db"), &err), ERROR_INPUT, "hole.db: the database is damaged");
    ck_assert(access(in_folder("new.db"), F_OK) != 0);
    other = run_with_seed(9);
    make("rule.db", &other, second_island, SECOND); /* it has forgotten its rules, and broken one */
    snprintf(path, sizeof path, "%s", in_folder("rule.db"));
    tamper("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '(outcome = ''ok'') =', '1 OR')"
           " WHERE name = 'evaluation'");
    tamper("UPDATE evaluation SET score = NULL WHERE outcome = 'ok'");
    ASSERT_FAILS(merge_of("all.db", NAMES("b.db", "rule.db"), &err), ERROR_INPUT,
                 "rule.db: the database is damaged: CHECK");
    ASSERT_FAILS(merge_of("nowhere/all.db", NAMES("b.db"), &err), ERROR_IO, "nowhere/all.db: ");

    char *a_after = dump_of("a.db"), *all_after = dump_of("all.db");
    ck_assert_str_eq(a, a_after);
    ck_assert_str_eq(all, all_after);
    assert_sound("all.db");
    free(a);
    free(all);
    free(a_after);
    free(all_after);
    fixture_end();
}
END_TEST

START_TEST(one_writer_here_too)
{
    fixture_begin();
    struct error err;
    make("a.db", &example_run, first_island, FIRST);
    struct store *writer = opened("all.db", &example_run);
    ASSERT_FAILS(merge_of("all.db", NAMES("a.db"), &err), ERROR_CONFLICT, "is writing this database (last heartbeat");
    close_store(writer);
    fixture_end();
}
END_TEST

/* SQLite would attach ten at a time. And names are names, not addresses. */
START_TEST(many_inputs_with_odd_names)
{
    enum { MANY = 40 };
    fixture_begin();
    struct error err;
    char names[MANY][40];
    const char *pointers[MANY];
    for (int i = 0; i < MANY; i++) {
        struct store_run run = run_with_seed(i);
        snprintf(names[i], sizeof names[i], "%d'? \"%%41;#&mode=rw.db", i);
        pointers[i] = names[i];
        make(names[i], &run, second_island, SECOND);
    }
    ASSERT_OK(merge_of("all ?'.db", pointers, MANY, &err));
    ck_assert(last_merge.runs == MANY && last_merge.tickets == MANY * SECOND && last_merge.part_count == MANY);
    assert_sound("all ?'.db");
    assert_answer("all ?'.db", "SELECT count(*) FROM run JOIN provenance ON run = id WHERE run = seed + 1", "280\n");
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

static void make_long(const char *name, int64_t seed, int count)
{
    struct store_run run = run_with_seed(seed);
    struct store *store = opened(name, &run);
    while (store_count(store) < count)
        append(store, &(struct candidate){STORE_EVALUATED, (int)store_count(store), NO, NO, NO, 0.5});
    close_store(store);
}

/* The limit stands for a full disk: it stops real writes in the middle, be it of the log or of the file. */
START_TEST(on_a_full_disk_nothing_is_merged)
{
    fixture_begin();
    struct error err = ERROR_EMPTY;
    struct rlimit old;
    int failures = 0;
    make_long("a.db", 1, 50);
    make_long("b.db", 2, 500);
    MERGE("all.db", "a.db");
    char *before = dump_of("all.db");
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 80000; limit < 400000; limit += 60000) {
        for (int new_file = 0; new_file < 2; new_file++) {
            set_size_limit(limit);
            int status = merge_of(new_file ? "new.db" : "all.db", NAMES("b.db"), &err);
            set_size_limit(old.rlim_cur);
            ck_assert_int_eq(status, ERROR_IO);
            ck_assert_msg(strstr(err.what, "File too large"), "%d bytes: %s", (int)limit, err.what);
            failures++;
        }
        ck_assert(access(in_folder("new.db"), F_OK) != 0 && access(in_folder("new.db-wal"), F_OK) != 0);
        char *after = dump_of("all.db");
        ck_assert_str_eq(before, after);
        free(after);
        assert_sound("all.db");
    }
    signal(SIGXFSZ, SIG_DFL);
    ck_assert_int_gt(failures, 10);
    MERGE("all.db", "b.db");
    ck_assert_int_eq(last_merge.tickets, 550);
    free(before);
    fixture_end();
}
END_TEST

/* What a merge asks between two tickets: it tells of one question, and waits for ever at a later one. */
enum { TOLD_AHEAD = 10 };
static int killer_pipe, killer_questions, killer_at;
static bool tell_and_wait(void)
{
    killer_questions++;
    if (killer_questions == killer_at && write(killer_pipe, ".", 1) != 1)
        _exit(1);
    while (killer_questions == killer_at + TOLD_AHEAD)
        pause();
    return false;
}

/* Kills a merge at some moment after a question and before it is done; false: it had asked fewer. */
static bool kill_merge(const char *out, const char *const *names, int count, int question, long microseconds)
{
    int status = 0, ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        killer_pipe = ends[1];
        killer_at = question;
        const struct store_options asked = {.stopped = tell_and_wait};
        const char *const inputs[] = {in_folder(names[0]), in_folder(names[1])};
        ck_assert_int_eq(count, 2);
        _exit(store_merge(in_folder(out), inputs, count, &asked, &last_merge, NULL) == 0 ? 0 : 1);
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) == 1)
        nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

START_TEST(killed_at_any_moment_it_was_done_wholly_or_not_at_all)
{
    fixture_begin();
    make_long("a.db", 1, 50);
    make_long("b.db", 2, 400);
    int kills = 0, nothing = 0;
    for (int round = 0; round < 30; round += testing_is_sparse() ? 3 : 1) {
        const char *const out = round % 2 ? "new.db" : "all.db";
        unlink(in_folder(out));
        if (round % 2 == 0)
            MERGE("all.db", "a.db");
        kills += kill_merge(out, NAMES("a.db", "b.db"), 1 + 15 * round, 50 * (round % 7));
        if (round % 2 == 0) {
            struct store *store = opened_for_reading("all.db"); /* with the log of a killed writer beside it */
            ck_assert_msg(store_count(store) == 50 || store_count(store) == 450, "%d", (int)store_count(store));
            ck_assert_str_eq(answer(store, "PRAGMA integrity_check"), "ok\n");
            nothing += store_count(store) == 50;
            close_store(store);
        } /* a new file holds nothing then, and is taken for a new one again */
        MERGE(out, "a.db", "b.db");
        ck_assert_int_eq(last_merge.tickets, 450);
    }
    ck_assert(kills > 5 && nothing > 2);
    fixture_end();
}
END_TEST

static int questions, stop_at;
static bool asked_to_stop(void)
{
    return ++questions >= stop_at;
}
static const struct store_options stoppable = {.stopped = asked_to_stop};

START_TEST(asked_to_stop_it_leaves_no_trace)
{
    fixture_begin();
    struct error err;
    struct store_run other = run_with_seed(8);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db");
    char *before = dump_of("all.db");
    for (stop_at = 1; stop_at <= SECOND; stop_at += testing_is_sparse() ? 3 : 1) {
        struct store_merge report;
        const char *const input = in_folder("b.db");
        questions = 0;
        ASSERT_FAILS(store_merge(in_folder("all.db"), &input, 1, &stoppable, &report, &err), ERROR_INTERRUPTED,
                     "all.db: stopped, and nothing was merged; run the same command again");
        store_merge_release(&report);
        questions = 0;
        ASSERT_FAILS(store_merge(in_folder("new.db"), &input, 1, &stoppable, &report, &err), ERROR_INTERRUPTED, "");
        store_merge_release(&report);
        ck_assert(access(in_folder("new.db"), F_OK) != 0);
    }
    char *after = dump_of("all.db");
    ck_assert_str_eq(before, after);
    assert_sound("all.db");
    free(before);
    free(after);
    fixture_end();
}
END_TEST

START_TEST(short_memory_is_an_error_at_every_allocation)
{
    fixture_begin();
    struct error err;
    struct store_run other = run_with_seed(8);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db");
    char *before = dump_of("all.db");
    int status = ERROR_MEMORY, failures = 0;
    for (long n = 1; status; n++) {
        const char *const out = in_folder(n % 2 ? "new.db" : "all.db"), *const input = in_folder("b.db");
        struct store_merge report;
        memory_fail_at(n);
        status = store_merge(out, &input, 1, NULL, &report, &err);
        memory_fail_never();
        store_merge_release(&report);
        if (!status)
            break;
        if (status != ERROR_MEMORY)
            ck_abort_msg("allocation %ld: %s", n, err.what);
        if (access(in_folder("new.db"), F_OK) == 0)
            ck_abort_msg("allocation %ld left a file", n);
        char *after = n % 16 ? NULL : dump_of("all.db");
        if (after)
            ck_assert_str_eq(before, after);
        free(after);
        failures++;
    }
    ck_assert_int_gt(failures, 100);
    free(before);
    fixture_end();
}
END_TEST

/* Made by SQL, since a search of 50,000 tickets takes its time to store. */
static void make_large(const char *name, int64_t seed, int count)
{
    struct store_run run = run_with_seed(seed);
    close_store(opened(name, &run));
    snprintf(path, sizeof path, "%s", in_folder(name));
    char sql[2000];
    snprintf(
        sql, sizeof sql,
        "BEGIN;"
        "CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        " SELECT i FROM n;"
        "INSERT INTO proposal SELECT i, 'search', 'mutate', nullif(i - 1, -1), NULL, 'g' || i, 'e', 's' || i, NULL,"
        " 'f' || (i - (i %% 5 = 4)), 1, iif(i %% 5 = 4, 'duplicate', 'evaluated'), NULL, iif(i %% 5 = 4, i - 1, NULL) "
        "FROM n;"
        "DELETE FROM n WHERE i %% 5 = 4;"
        "INSERT INTO evaluation (ticket, outcome, score, seeds, epochs) SELECT i, 'ok', i / 1e5, 2, 4 FROM n;"
        "INSERT INTO trial (ticket, seed_index, outcome, epochs) SELECT i, value, 'ok', 2 FROM n,"
        " json_each('[0,1]');"
        "INSERT INTO curve (ticket, seed_index, epoch, train_loss) SELECT ticket, seed_index, value, 0.5"
        " FROM trial, json_each('[1,2]');"
        "INSERT INTO timing SELECT i, NULL, 1, 1, '2026-01-31T12:00:00.500Z' FROM n;"
        "COMMIT",
        count - 1);
    tamper(sql);
}

START_TEST(fifty_thousand_tickets_take_seconds)
{
    int tickets = testing_is_sparse() ? 500 : 25000;
    fixture_begin();
    make_large("a.db", 1, tickets);
    make_large("b.db", 2, tickets);
    double begun = clock_thread_seconds();
    MERGE("all.db", "a.db", "b.db");
    double first = clock_thread_seconds() - begun;
    begun = clock_thread_seconds();
    MERGE("all.db", "a.db", "b.db");
    double again = clock_thread_seconds() - begun;
    ck_assert_int_eq(last_merge.tickets, 2 * tickets);
    ck_assert_int_eq(last_merge.evaluations, 2 * tickets / 5 * 4);
    ck_assert_int_eq(last_merge.parts[0].tickets, 0);
    printf("%d tickets merged in %.2f s, looked at again in %.2f s\n", 2 * tickets, first, again);
    ck_assert(first < 30 && again < 15);
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("merge_faults", 120, a_run_that_went_two_ways_is_refused, refusals_leave_everything_as_it_was,
                     one_writer_here_too, many_inputs_with_odd_names, on_a_full_disk_nothing_is_merged,
                     killed_at_any_moment_it_was_done_wholly_or_not_at_all, asked_to_stop_it_leaves_no_trace,
                     short_memory_is_an_error_at_every_allocation, fifty_thousand_tickets_take_seconds,
                     an_input_is_seen_at_one_moment, a_search_goes_on_while_it_is_merged);
}
