/* One writer, also where hosts share a file system. Another host is played by a process with a host name and process
   numbers of its own, or by a record that is written by hand; a file system without flock() by `without_flock`. */
#include "fixture.h"

#include "base/clock.h"
#include "store/store_internal.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

static const struct lock_patience hurry = {.interval = 0.05, .stale = 0.8, .settle = 0.2};
static const struct lock_patience no_flock = {.interval = 0.05, .stale = 0.8, .settle = 0.2, .without_flock = true};

/* Would sleep through the test if it had to watch an owner. */
static const struct lock_patience slow = {.interval = 1, .stale = 1000, .settle = 1000};

/* ---- helpers */

static int open_with(const struct lock_patience *patience, enum store_journal journal, struct store **store,
                     struct error *err)
{
    struct store_options options = fixture_options;
    options.journal = journal;
    return store_open_patiently(path, &example_run, &options, patience, store, err);
}

static struct store *opened_with(const struct lock_patience *patience, enum store_journal journal)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(open_with(patience, journal, &store, &err));
    return store;
}

static int append_one(struct store *store, struct error *err)
{
    struct store_ticket ticket = example_ticket(store_count(store));
    return store_append(store, &ticket, err);
}

static void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

static const char *lock_path(void)
{
    static char name[160];
    snprintf(name, sizeof name, "%s.lock", path);
    return name;
}

static void write_lock(const char *text)
{
    FILE *file = fopen(lock_path(), "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static const char *read_lock(void)
{
    static char text[8192];
    FILE *file = fopen(lock_path(), "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The record of a process somewhere else. */
static void write_foreign(const char *token, int beat)
{
    char line[400];
    snprintf(line, sizeof line,
             "{\"host\":\"far\",\"pid\":77,\"place\":\"0000/1\",\"process_start\":5,\"token\":\"%s\","
             "\"began\":\"2026-01-31T12:00:00.000Z\",\"beat\":%d,\"at\":\"2026-01-31T12:00:00.000Z\"}\n",
             token, beat);
    write_lock(line);
}

static struct store_lock_info lock_now(void)
{
    struct error err;
    static struct store_lock_info info;
    ASSERT_OK(store_lock_info(path, &info, &err));
    return info;
}

static int exit_status(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "the child was killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void expect_byte(int fd)
{
    char byte;
    ck_assert_int_eq(read(fd, &byte, 1), 1);
}

/* ---- what the record says */

START_TEST(the_record_says_who_and_how_far)
{
    fixture_begin();
    struct error err;
    char host[256];
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    struct store *store = opened_with(&hurry, STORE_JOURNAL_AUTO);
    struct store_lock_info info = lock_now();
    ck_assert(info.held && info.readable && info.here && info.alive);
    ck_assert_str_eq(info.host, host);
    ck_assert_int_eq(info.pid, getpid());
    ck_assert_str_eq(info.experiment, "spirals");
    ck_assert(info.age >= 0 && info.age < 5);
    ck_assert(info.beat == 0 && info.progress.tickets == 0 && info.progress.to_train == -1);
    ck_assert(info.progress.best.ticket == -1 && isnan(info.progress.best.result.objective[0].mean));
    ck_assert_uint_eq(strlen(info.token), 32);
    ck_assert_uint_eq(strlen(info.began), strlen("2026-01-31T12:34:56.789Z"));

    struct store_heartbeat beat = {.tickets = 12,
                                   .trained = 7,
                                   .to_train = 300,
                                   .trained_now = 5,
                                   .failed = 1,
                                   .workers = 8,
                                   .ranks = 2,
                                   .seconds = 2.5,
                                   .best.ticket = 3,
                                   .best.result.objective[0].mean = 0.9731,
                                   .best.formula = "max(x, \"\\\") + ä",
                                   .experiment = "named"};
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    beat.best.formula = "x";
    ASSERT_OK(store_heartbeat(store, &beat, &err)); /* shorter: nothing of the longer line may be left */
    ck_assert_str_eq(strchr(read_lock(), '\n'), "\n");
    beat.best.formula = "max(x, \"\\\") + ä";
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    char token[40];
    snprintf(token, sizeof token, "%s", info.token);
    info = lock_now();
    ck_assert_str_eq(info.token, token);
    ck_assert_int_eq(info.beat, 3);
    ck_assert_str_eq(info.experiment, "named");
    ck_assert_str_eq(info.formula, "max(x, \"\\\") + ä");
    ck_assert(info.progress.tickets == 12 && info.progress.trained == 7 && info.progress.to_train == 300);
    ck_assert(info.progress.trained_now == 5 && info.progress.failed == 1 && info.progress.workers == 8);
    ck_assert(info.progress.ranks == 2 && info.progress.seconds == 2.5 && info.progress.best.ticket == 3);
    ck_assert(info.progress.best.result.objective[0].mean == 0.9731);
    close_store(store);
    info = lock_now();
    ck_assert(!info.held && !info.alive);
    assert_no_side_files();
    fixture_end();
}
END_TEST

/* What the record says of the progress, to the byte: programs of other versions read it, too. */
static const char *progress_written(void)
{
    const char *progress = strstr(read_lock(), "\"tickets\"");
    ck_assert_ptr_nonnull(progress);
    return progress;
}

START_TEST(the_record_keeps_its_form)
{
    fixture_begin();
    struct error err;
    struct store *store = opened_with(&hurry, STORE_JOURNAL_AUTO);
    ck_assert_str_eq(progress_written(),
                     "\"tickets\":0,\"trained\":0,\"to_train\":-1,\"trained_now\":0,\"failed\":0,"
                     "\"workers\":0,\"ranks\":0,\"seconds\":0,\"best_ticket\":-1,\"best_deviation\":0,"
                     "\"best_seeds\":0,\"experiment\":\"spirals\"}\n");
    struct store_heartbeat beat = {.tickets = 12,
                                   .trained = 7,
                                   .to_train = 300,
                                   .trained_now = 5,
                                   .failed = 1,
                                   .workers = 8,
                                   .ranks = 2,
                                   .seconds = 2.5,
                                   .best.ticket = 3,
                                   .best.result.objective[0].mean = 0.1,
                                   .best.result.objective[0].deviation = 1 / 3.0,
                                   .best.result.seeds = 4,
                                   .best.formula = "max(x, \"\\\")",
                                   .experiment = "named"};
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    ck_assert_str_eq(progress_written(),
                     "\"tickets\":12,\"trained\":7,\"to_train\":300,\"trained_now\":5,\"failed\":1,"
                     "\"workers\":8,\"ranks\":2,\"seconds\":2.5,\"best_ticket\":3,\"best_score\":0.1,"
                     "\"best_deviation\":0.3333333333333333,\"best_seeds\":4,\"experiment\":\"named\","
                     "\"best_formula\":\"max(x, \\\"\\\\\\\")\"}\n");
    beat.best.ticket = beat.best.result.seeds = -1;
    beat.best.result.objective[0].mean = beat.best.result.objective[0].deviation = NAN;
    beat.best.formula = NULL;
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    ck_assert_str_eq(progress_written(),
                     "\"tickets\":12,\"trained\":7,\"to_train\":300,\"trained_now\":5,\"failed\":1,"
                     "\"workers\":8,\"ranks\":2,\"seconds\":2.5,\"best_ticket\":-1,\"best_seeds\":-1,"
                     "\"experiment\":\"named\"}\n");
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(long_formulas_are_cut_and_the_line_stays_short)
{
    fixture_begin();
    struct error err;
    struct store *store = opened_with(&hurry, STORE_JOURNAL_AUTO);
    char formula[2001] = "", controls[2001];
    for (int i = 0; i < 1000; i++)
        memcpy(formula + 2 * i, "ä", 3);
    struct store_heartbeat beat = {.best.ticket = 1, .best.formula = formula, .experiment = formula};
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    ck_assert_uint_lt(strlen(read_lock()), 2000);
    ck_assert_uint_eq(strlen(lock_now().formula), 254); /* 255 would be half a character */
    memset(controls, 1, sizeof controls - 1);
    controls[2000] = '\0';
    beat.best.formula = beat.experiment = controls; /* six bytes each when escaped */
    ASSERT_OK(store_heartbeat(store, &beat, &err));
    ck_assert_uint_lt(strlen(read_lock()), 2000);
    ck_assert(lock_now().readable);
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(processes_are_told_from_their_numbers)
{
    struct store_lock_info us = {.pid = 0};
    lock_identify(&us);
    ck_assert(*us.place && us.pid == getpid() && us.process_start > 0);
    ck_assert(lock_process_lives(us.pid, us.process_start));
    ck_assert(!lock_process_lives(us.pid, us.process_start - 1)); /* the number was given out again */
    struct store_lock_info child_record = {.pid = 0};
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        lock_identify(&child_record);
        _exit(write(ends[1], &child_record, sizeof child_record) != sizeof child_record);
    }
    ck_assert_int_eq(read(ends[0], &child_record, sizeof child_record), sizeof child_record);
    ck_assert(lock_same_place(&us, &child_record));
    siginfo_t info;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert(!lock_process_lives(child, child_record.process_start)); /* dead, though not yet waited for */
    ck_assert_int_eq(exit_status(child), 0);
    ck_assert(!lock_process_lives(child, child_record.process_start));
}
END_TEST

/* ---- owners of this place */

/* Holds the database until the pipe is closed, then vanishes like a killed process. */
static _Noreturn void hold(const struct lock_patience *patience, enum store_journal journal, int said, int until)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    char byte;
    if (open_with(patience, journal, &store, &err) || append_one(store, &err) || write(said, ".", 1) != 1)
        _exit(1);
    while (read(until, &byte, 1) == 1)
        ;
    vanish(true);
}

static void an_owner_of_this_place(const struct lock_patience *patience)
{
    struct error err;
    struct store *store = NULL;
    int said[2], until[2];
    char who[80];
    fixture_begin();
    ck_assert(pipe(said) == 0 && pipe(until) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(until[1]);
        hold(patience, STORE_JOURNAL_DELETE, said[1], until[0]);
    }
    expect_byte(said[0]);
    snprintf(who, sizeof who, "process %ld on ", (long)child);
    ASSERT_FAILS(open_with(patience, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT, who);
    ASSERT_FAILS(open_with(patience, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT, "s ago); wait for it");
    ASSERT_FAILS(open_with(patience, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT,
                 "if that process is certainly gone remove ");
    ck_assert_ptr_nonnull(strstr(err.hint, lock_path()));
    kill(child, SIGSTOP); /* a suspended process of this place keeps its lock */
    clock_sleep(2 * patience->stale);
    ASSERT_FAILS(open_with(patience, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT, who);
    kill(child, SIGCONT);
    close(until[1]);
    assert_vanished(child);
    ck_assert(is_there(".lock"));
    static const struct lock_patience settled = {.interval = 1, .stale = 1000, .settle = 0.1};
    store = opened_with(&settled, STORE_JOURNAL_DELETE); /* its end is known: no need to watch */
    ck_assert_int_eq(store_count(store), 1);
    ASSERT_OK(append_one(store, &err));
    close_store(store);
    assert_no_side_files();
    fixture_end();
}

START_TEST(an_owner_of_this_place_is_looked_up_with_flock)
{
    an_owner_of_this_place(&hurry);
}
END_TEST

START_TEST(an_owner_of_this_place_is_looked_up_without_flock)
{
    an_owner_of_this_place(&no_flock);
}
END_TEST

/* ---- owners elsewhere */

START_TEST(a_dead_owner_elsewhere_is_followed_after_a_while)
{
    struct error err;
    fixture_begin();
    write_foreign("f00d", 3);
    double began = clock_seconds();
    struct store *store = opened_with(&hurry, STORE_JOURNAL_DELETE);
    double waited = clock_seconds() - began;
    ck_assert_msg(waited >= hurry.stale + hurry.settle, "waited %g s", waited);
    ck_assert_int_eq(lock_now().pid, getpid());
    ASSERT_OK(append_one(store, &err));
    close_store(store);
    assert_no_side_files();
    write_foreign("f00d", 3);
    close_store(opened_with(&slow, STORE_JOURNAL_WAL)); /* on a local disk flock() knows */
    fixture_end();
}
END_TEST

START_TEST(an_owner_elsewhere_that_beats_is_respected)
{
    struct error err;
    struct store *store = NULL;
    fixture_begin();
    write_foreign("f00d", 0);
    pid_t child = fork();
    if (child == 0)
        for (int beat = 1;; beat++) {
            write_foreign("f00d", beat);
            clock_sleep(0.3);
        }
    for (int i = 0; i < 3; i++)
        ASSERT_FAILS(open_with(&hurry, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT,
                     "process 77 on far is writing this database (last heartbeat");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert(!is_there(""));
    store = opened_with(&hurry, STORE_JOURNAL_DELETE);
    close_store(store);
    fixture_end();
}
END_TEST

/* In a space of process numbers of its own, with its own host name, beats until it is killed. */
static _Noreturn void live_elsewhere(int said)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    struct store_heartbeat beat = {.best.ticket = -1};
    if (sethostname("other", 5) != 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, NULL) != 0)
        _exit(77);
    if (open_with(&no_flock, STORE_JOURNAL_DELETE, &store, &err) || append_one(store, &err) || write(said, ".", 1) != 1)
        _exit(1);
    while (store_heartbeat(store, &beat, &err) == 0)
        clock_sleep(0.2);
    _exit(2);
}

/* Kills the process over there when the pipe is closed. */
static _Noreturn void send_elsewhere(int said, int until)
{
    char byte;
    int status = 0;
    if (unshare(CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS) != 0)
        _exit(77);
    pid_t inside = fork();
    if (inside == 0)
        live_elsewhere(said);
    close(said);
    while (read(until, &byte, 1) == 1)
        ;
    kill(inside, SIGKILL);
    waitpid(inside, &status, 0);
    _exit(WIFSIGNALED(status) ? 0 : WEXITSTATUS(status));
}

START_TEST(another_host_is_refused_while_it_lives_and_followed_when_it_is_gone)
{
    struct error err;
    struct store *store = NULL;
    int said[2], until[2];
    char byte;
    fixture_begin();
    ck_assert(pipe(said) == 0 && pipe(until) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(until[1]);
        close(said[0]);
        send_elsewhere(said[1], until[0]);
    }
    close(said[1]);
    if (read(said[0], &byte, 1) == 1) {
        struct store_lock_info info = lock_now();
        ck_assert(!info.here && info.alive && info.age < 5);
        ASSERT_FAILS(open_with(&no_flock, STORE_JOURNAL_DELETE, &store, &err), ERROR_CONFLICT,
                     "process 1 on other is writing this database");
        close(until[1]);
        ck_assert_int_eq(exit_status(child), 0);
        store = opened_with(&no_flock, STORE_JOURNAL_DELETE);
        ck_assert_int_eq(store_count(store), 1);
        ASSERT_OK(append_one(store, &err));
        close_store(store);
        assert_no_side_files();
    } else {
        close(until[1]);
        ck_assert_int_eq(exit_status(child), 77);
        fprintf(stderr, "skipped: no right to a host name, process numbers and mounts of one's own\n");
    }
    fixture_end();
}
END_TEST

START_TEST(of_two_that_break_a_lock_one_gets_it)
{
    fixture_begin();
    for (int round = 0; round < 3; round++) {
        pid_t children[2];
        int owners = 0, start[2];
        write_foreign("f00d", round);
        ck_assert_int_eq(pipe(start), 0);
        for (int i = 0; i < 2; i++)
            if ((children[i] = fork()) == 0) {
                struct error err = ERROR_EMPTY;
                struct store *store = NULL;
                char byte;
                close(start[1]);
                while (read(start[0], &byte, 1) == 1)
                    ;
                int status = open_with(&no_flock, STORE_JOURNAL_DELETE, &store, &err);
                if (!status) { /* keeps it until both have made up their minds */
                    clock_sleep(1.5);
                    vanish(append_one(store, &err) == 0);
                }
                _exit(status == ERROR_CONFLICT ? 0 : 3);
            }
        close(start[1]); /* both at once */
        for (int i = 0; i < 2; i++) {
            int status = 0;
            waitpid(children[i], &status, 0);
            ck_assert_msg(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "it ended with %x", status);
            owners += WIFSIGNALED(status);
        }
        ck_assert_int_eq(owners, 1);
        close(start[0]);
    }
    fixture_end();
}
END_TEST

/* ---- losing it */

/* Stops itself in the middle of its work; whoever wakes it up has taken over. */
static _Noreturn void be_suspended(int said)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    struct store_heartbeat beat = {.best.ticket = -1};
    static const char lost[] = "another process took over the database while this one was suspended";
    if (open_with(&no_flock, STORE_JOURNAL_DELETE, &store, &err) || store_session_begin(store, 1, NULL, &err) ||
        append_one(store, &err) || write(said, ".", 1) != 1)
        _exit(1);
    raise(SIGSTOP);
    if (append_one(store, &err) != ERROR_CONFLICT || !strstr(err.what, lost) || store_count(store) != 1)
        _exit(2);
    if (store_heartbeat(store, &beat, &err) != ERROR_CONFLICT || !strstr(err.what, lost))
        _exit(3);
    if (store_session_end(store, "finished", &err) != ERROR_CONFLICT || !strstr(err.what, lost))
        _exit(4);
    _exit(store_close(store, &err) ? 5 : 0);
}

/* The record with another place: now nobody can look the process up. */
static void move_elsewhere(void)
{
    char text[4096];
    snprintf(text, sizeof text, "%s", read_lock());
    char *place = strstr(text, "\"place\":\"");
    ck_assert_ptr_nonnull(place);
    memset(place + 9, 'z', 8);
    write_lock(text);
}

START_TEST(a_suspended_writer_writes_nothing_after_its_lock_was_broken)
{
    struct error err;
    int said[2];
    fixture_begin();
    ck_assert_int_eq(pipe(said), 0);
    pid_t child = fork();
    if (child == 0)
        be_suspended(said[1]);
    expect_byte(said[0]);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
    move_elsewhere();
    struct store *store = opened_with(&no_flock, STORE_JOURNAL_DELETE);
    ck_assert_int_eq(store_count(store), 1);
    ASSERT_OK(append_one(store, &err));
    char before[4096];
    snprintf(before, sizeof before, "%s", read_lock());
    kill(child, SIGCONT);
    ck_assert_int_eq(exit_status(child), 0);
    ck_assert_str_eq(read_lock(), before); /* neither overwritten nor removed */
    ASSERT_OK(append_one(store, &err));
    ck_assert_str_eq(answer(store, "SELECT count(*), max(ticket) FROM proposal"), "3|2\n");
    ck_assert_str_eq(answer(store, "SELECT ending IS NULL FROM session"), "1\n");
    close_store(store);
    assert_no_side_files();
    fixture_end();
}
END_TEST

START_TEST(a_commit_is_refused_when_the_token_is_anothers)
{
    struct error err;
    fixture_begin();
    struct store *store = opened_with(&hurry, STORE_JOURNAL_DELETE);
    ASSERT_OK(append_one(store, &err));
    write_foreign("f00d", 1);
    ASSERT_FAILS(append_one(store, &err), ERROR_CONFLICT, "another process took over the database while this one was");
    ck_assert_int_eq(store_count(store), 1);
    ck_assert_str_eq(answer(store, "SELECT count(*) FROM proposal"), "1\n");
    ASSERT_FAILS(store_session_begin(store, 1, NULL, &err), ERROR_CONFLICT, "took over");
    close_store(store);
    ck_assert(is_there(".lock")); /* not ours */
    fixture_end();
}
END_TEST

static void a_lock_file_that_is_removed(enum store_journal journal)
{
    struct error err;
    struct store_heartbeat beat = {.best.ticket = -1};
    fixture_begin();
    struct store *store = opened_with(&hurry, journal);
    ASSERT_OK(append_one(store, &err));
    ck_assert_int_eq(unlink(lock_path()), 0);
    ASSERT_FAILS(store_heartbeat(store, &beat, &err), ERROR_CONFLICT, "another process took over the database");
    ASSERT_FAILS(append_one(store, &err), ERROR_CONFLICT, "took over");
    close_store(store);
    ck_assert(!is_there(".lock"));
    fixture_end();
}

START_TEST(whoever_finds_its_lock_file_removed_stops)
{
    a_lock_file_that_is_removed(STORE_JOURNAL_DELETE);
    a_lock_file_that_is_removed(STORE_JOURNAL_WAL);
}
END_TEST

START_TEST(a_ticket_that_is_there_already_is_a_conflict)
{
    struct error err;
    fixture_begin();
    struct store *store = opened_with(&hurry, STORE_JOURNAL_DELETE);
    tamper("INSERT INTO proposal VALUES (0, 'search', 'random', NULL, NULL, 'g', 'e', 's', NULL, 'f', 1, 'rejected',"
           " 'r', NULL)");
    ASSERT_FAILS(append_one(store, &err), ERROR_CONFLICT,
                 "ticket 0 is there already: another process has written to this database; let the other one go on");
    close_store(store);
    fixture_end();
}
END_TEST

/* ---- odd lock files */

START_TEST(what_is_no_record_counts_as_an_owner_elsewhere)
{
    static const char *const texts[] = {
        "",      "process 123 on host\n", "{\"host\":\"far\"}\n",
        "[1]\n", "\x01\xff garbage",      "{\"host\":5,\"pid\":77,\"token\":\"f00d\"}\n"};
    fixture_begin();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_lock(texts[i]);
        struct store_lock_info info = lock_now();
        ck_assert(info.held && !info.readable && !info.alive);
        close_store(opened_with(&slow, STORE_JOURNAL_WAL));
        assert_no_side_files();
        write_lock(texts[i]);
        double began = clock_seconds();
        close_store(opened_with(&hurry, STORE_JOURNAL_DELETE));
        ck_assert_double_ge(clock_seconds() - began, *texts[i] ? hurry.stale : hurry.settle);
        assert_no_side_files();
    }
    fixture_end();
}
END_TEST

START_TEST(an_older_program_that_holds_the_lock_is_named)
{
    struct error err;
    struct store *store = NULL;
    fixture_begin();
    write_lock("process 123 on host\n");
    int fd = open(lock_path(), O_RDWR);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ASSERT_FAILS(open_with(&hurry, STORE_JOURNAL_WAL, &store, &err), ERROR_CONFLICT,
                 "process 123 on host is writing this database; wait for it to end, stop it, or name another");
    close(fd);
    fixture_end();
}
END_TEST

/* ---- waiting */

START_TEST(waiting_ends_with_the_other_writer_or_with_patience)
{
    struct error err;
    struct store *store = NULL;
    int said[2], until[2];
    fixture_begin();
    ck_assert(pipe(said) == 0 && pipe(until) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(until[1]);
        hold(&hurry, STORE_JOURNAL_WAL, said[1], until[0]);
    }
    expect_byte(said[0]);
    fixture_options.wait_seconds = 0.5;
    double began = clock_seconds();
    ASSERT_FAILS(open_with(&hurry, STORE_JOURNAL_WAL, &store, &err), ERROR_CONFLICT, "is writing this database");
    ck_assert_double_ge(clock_seconds() - began, 0.5);

    atomic_int stop = 1;
    fixture_options.wait_seconds = 100;
    fixture_options.stop = &stop;
    ASSERT_FAILS(open_with(&hurry, STORE_JOURNAL_WAL, &store, &err), ERROR_INTERRUPTED,
                 "stopped while another process is writing this database");
    fixture_options.stop = NULL;

    pid_t ender = fork();
    if (ender == 0) {
        clock_sleep(0.5);
        _exit(0);
    }
    close(until[1]); /* the last end is the ender's */
    began = clock_seconds();
    store = opened_with(&hurry, STORE_JOURNAL_WAL);
    ck_assert_double_ge(clock_seconds() - began, 0.3);
    fixture_options.wait_seconds = 0;
    ck_assert_int_eq(exit_status(ender), 0);
    assert_vanished(child);
    close_store(store);
    fixture_end();
}
END_TEST

/* ---- threads and readers */

struct beater {
    struct store *store;
    atomic_bool over;
    int beats, failures;
};

static void *beat_on(void *context)
{
    struct beater *beater = context;
    struct store_heartbeat beat = {.best.ticket = 3, .best.formula = "x*tanh(x)"};
    struct error err;
    while (!atomic_load(&beater->over)) {
        beat.tickets = ++beater->beats;
        beater->failures += store_heartbeat(beater->store, &beat, &err) != 0;
    }
    return NULL;
}

START_TEST(beats_come_from_another_thread)
{
    struct error err;
    fixture_begin();
    struct beater beater = {.store = opened_with(&hurry, STORE_JOURNAL_DELETE)};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, beat_on, &beater), 0);
    for (int i = 0; i < 100; i++)
        ASSERT_OK(append_one(beater.store, &err));
    atomic_store(&beater.over, true);
    pthread_join(thread, NULL);
    ck_assert_int_gt(beater.beats, 0);
    ck_assert_int_eq(beater.failures, 0);
    ck_assert_int_eq(lock_now().beat, beater.beats);
    close_store(beater.store);
    fixture_end();
}
END_TEST

START_TEST(a_reader_leaves_half_a_transaction_to_a_writer_that_is_there)
{
    struct error err;
    struct store *reader = NULL;
    fixture_begin();
    struct store *store = opened_with(&hurry, STORE_JOURNAL_DELETE);
    for (int i = 0; i < 200; i++)
        ASSERT_OK(append_one(store, &err));
    leave_half_a_transaction();
    ASSERT_FAILS(store_open_read(path, &reader, &err), ERROR_CONFLICT,
                 "its writer is putting right what a killed one has left; try again in a moment");
    ASSERT_OK(append_one(store, &err));
    ASSERT_OK(store_open_read(path, &reader, &err));
    ck_assert_int_eq(store_count(reader), 201);
    close_store(reader);
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(reading_the_lock_needs_no_database_but_its_folder)
{
    struct error err;
    struct store_lock_info info;
    fixture_begin();
    ck_assert(!lock_now().held);
    write_foreign("f00d", 1);
    ck_assert(lock_now().held && lock_now().readable && !lock_now().here && lock_now().alive && lock_now().age < 5);
    struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, lock_path(), long_ago, 0), 0);
    ck_assert(lock_now().held && !lock_now().alive && lock_now().age > 1000);
    ASSERT_FAILS(store_lock_info("/no/folder/run.db", &info, &err), ERROR_IO, "No such file");
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("lock", 60, the_record_says_who_and_how_far, the_record_keeps_its_form,
                     long_formulas_are_cut_and_the_line_stays_short, processes_are_told_from_their_numbers,
                     an_owner_of_this_place_is_looked_up_with_flock, an_owner_of_this_place_is_looked_up_without_flock,
                     a_dead_owner_elsewhere_is_followed_after_a_while, an_owner_elsewhere_that_beats_is_respected,
                     another_host_is_refused_while_it_lives_and_followed_when_it_is_gone,
                     of_two_that_break_a_lock_one_gets_it, a_suspended_writer_writes_nothing_after_its_lock_was_broken,
                     a_commit_is_refused_when_the_token_is_anothers, whoever_finds_its_lock_file_removed_stops,
                     a_ticket_that_is_there_already_is_a_conflict, what_is_no_record_counts_as_an_owner_elsewhere,
                     an_older_program_that_holds_the_lock_is_named, waiting_ends_with_the_other_writer_or_with_patience,
                     beats_come_from_another_thread, a_reader_leaves_half_a_transaction_to_a_writer_that_is_there,
                     reading_the_lock_needs_no_database_but_its_folder);
}
