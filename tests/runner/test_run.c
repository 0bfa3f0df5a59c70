/* The three laws, with evaluators that sleep instead of training. */
#include "evaluator_contract.h"
#include "fakes.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

static const struct fake instant = {0};

START_TEST(rows_do_not_depend_on_the_number_of_threads)
{
    static const int windows[] = {1, 8, 64}, threads[] = {2, 4, 8};
    for (int w = 0; w < 3; w++) {
        struct fake_run run = {.fake = &instant, .evaluations = 60, .window = windows[w], .threads = 1};
        char *alone = fake_whole(run);
        ck_assert_msg(strlen(alone) > 20000, "an empty dump proves nothing");
        ck_assert_msg(strstr(alone, "mutate:") && strstr(alone, "duplicate") && strstr(alone, "diverged"),
                      "the fake run lacks variety");
        for (int t = 0; t < 3; t++) {
            struct fake jittery = {.pause = t == 1 ? 2000 : 500, .jitter = true};
            char what[64];
            snprintf(what, sizeof what, "window %d, %d threads", windows[w], threads[t]);
            run.fake = &jittery;
            run.threads = threads[t];
            char *together = fake_whole(run);
            fake_assert_equal(alone, together, what);
            memory_free(together);
        }
        memory_free(alone);
    }
    /* ... but on the window and on the seed. */
    struct fake_run one = {.fake = &instant, .evaluations = 60, .window = 1, .threads = 2}, other = one;
    other.window = 64;
    char *a = fake_whole(one), *b = fake_whole(other);
    ck_assert_str_ne(a, b);
    memory_free(a);
    memory_free(b);
}
END_TEST

/* This process must not use OpenMP itself before it forks, so the whole run is a child's too. */
START_TEST(a_killed_run_ends_with_the_same_rows)
{
    char whole[FAKE_PATH], path[FAKE_PATH];
    enum { KILLS = 10, HELD = 8 }; /* every life ends at its 8th evaluation at the latest, which waits for ever */
    atomic_llong *begun = fake_shared_counter(), never = 0;
    struct fake slow = {.pause = 1000, .begun = begun, .gate = {&never, 1, HELD}};
    fake_path(whole);
    fake_path(path);
    struct fake_run run = {.path = whole, .fake = &instant, .evaluations = 120, .window = 8, .threads = 2};
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    char *expected = fake_dump(whole);
    run.path = path;
    run.fake = &slow;
    struct rng rng = rng_keyed((uint64_t)getpid(), 0, RNG_TEST);
    for (int round = 0; round < KILLS; round++) {
        run.threads = 1 + round % 3;
        atomic_store(begun, 0);
        pid_t child = fake_start(&run);
        fake_wait_for(begun, 1 + (long long)rng_below(&rng, HELD));
        fake_sleep((int64_t)rng_below(&rng, 3000));
        kill(child, SIGKILL);
        ck_assert_msg(WIFSIGNALED(fake_wait(child)), "the resumed run ended before it was killed");
    }
    int64_t before = fake_tickets(path);
    ck_assert_int_gt(before, 0);
    run.fake = &instant;
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    ck_assert_int_gt(fake_tickets(path), before);
    fake_free_counter(begun);
    char *dump = fake_dump(path);
    fake_assert_equal(expected, dump, "after kills");
    memory_free(expected);
    memory_free(dump);
    fake_remove(whole);
    fake_remove(path);
}
END_TEST

/* ---- stopping */

struct stopper {
    struct executor_stop stop;
    int64_t at; /* tickets */
    bool abort;
    int64_t calls, last, trained_now;
    bool finished;
};

static void stop_at(void *observer, const struct progress *progress)
{
    struct stopper *stopper = observer;
    stopper->calls++;
    ck_assert_int_ge(progress->tickets, stopper->last);
    ck_assert_int_le(progress->failed, progress->trained);
    ck_assert(progress->best.ticket < 0 || *progress->best.formula);
    ck_assert(progress->to_train >= progress->trained);
    stopper->last = progress->tickets;
    stopper->trained_now = progress->trained_now;
    stopper->finished = progress->finished;
    if (progress->tickets >= stopper->at)
        atomic_store(stopper->abort ? &stopper->stop.abort : &stopper->stop.drain, 1);
}

static void check_stopping(bool abort)
{
    struct error err;
    struct fake jittery = {.pause = 1000, .jitter = true};
    char path[FAKE_PATH];
    struct fake_run run = {.fake = &instant, .evaluations = 60, .window = 8, .threads = 3};
    char *expected = fake_whole(run);
    fake_path(path);
    run.path = path;
    run.fake = &jittery;
    int64_t before = 0;
    for (int64_t at = 7;; at += 20) {
        struct stopper stopper = {.at = at, .abort = abort};
        run.stop = &stopper.stop;
        run.observe = stop_at;
        run.observer = &stopper;
        int status = fake_execute(&run, &err);
        int64_t stored = fake_tickets(path);
        ck_assert_int_eq(stopper.last, stored);
        ck_assert_int_eq(stopper.finished, status == 0);
        if (status == 0)
            break;
        ck_assert_int_eq(status, ERROR_INTERRUPTED);
        ck_assert_msg(strstr(err.what, "are finished") != NULL, "%s", err.what);
        ck_assert_int_ge(stored, at);
        ck_assert_int_ge(stored, before);
        ck_assert_int_lt(at, 4000);
        before = stored;
    }
    ck_assert_int_gt(before, 40);
    char *dump = fake_dump(path);
    fake_assert_equal(expected, dump, "after stops");
    memory_free(expected);
    memory_free(dump);
    fake_remove(path);
}

START_TEST(a_drained_run_goes_on_later)
{
    check_stopping(false);
}
END_TEST

START_TEST(an_aborted_run_goes_on_later)
{
    check_stopping(true);
}
END_TEST

struct raise {
    struct stopper *stopper;
    atomic_llong *begun;
    atomic_llong raised;
};

/* Raises the flag as soon as something is in training. */
static void *raise_flag(void *context)
{
    struct raise *raise = context;
    while (atomic_load(raise->begun) == 0)
        fake_sleep(1000);
    atomic_store(raise->stopper->abort ? &raise->stopper->stop.abort : &raise->stopper->stop.drain, 1);
    atomic_store(&raise->raised, 1);
    return NULL;
}

/* Draining loses no training, aborting does not wait for one. */
START_TEST(draining_keeps_and_aborting_drops_what_is_in_training)
{
    struct error err;
    for (int abort = 0; abort < 2; abort++) {
        atomic_llong begun = 0;
        struct stopper stopper = {.at = 0, .abort = abort};
        struct raise raise = {.stopper = &stopper, .begun = &begun};
        struct fake slow = {.pause = abort ? 100 * 1000 * 1000 : 1000, .begun = &begun, .gate = {&raise.raised, 1, 1}};
        char path[FAKE_PATH];
        fake_path(path);
        struct fake_run run = {.path = path, .fake = &slow, .evaluations = 60, .window = 8, .threads = 1};
        run.stop = &stopper.stop;
        pthread_t raiser;
        ck_assert_int_eq(pthread_create(&raiser, NULL, raise_flag, &raise), 0);
        ck_assert_int_eq(fake_execute(&run, &err), ERROR_INTERRUPTED);
        pthread_join(raiser, NULL);
        ck_assert_int_eq(fake_tickets(path), abort ? 0 : 1);
        fake_remove(path);
    }
}
END_TEST

/* ---- failing */

START_TEST(an_error_of_one_thread_ends_the_run_and_is_reported_once)
{
    struct error err;
    char path[FAKE_PATH];
    atomic_llong begun = 0, workers = 0;
    struct fake failing = {.pause = 500, .jitter = true, .fail_at = 30, .begun = &begun};
    struct fake_run run = {.fake = &instant, .evaluations = 60, .window = 8, .threads = 4};
    char *expected = fake_whole(run);
    fake_path(path);
    run.path = path;
    run.fake = &failing;
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_INTERNAL, "evaluation 30 fails");
    ck_assert_int_gt(fake_tickets(path), 10);
    atomic_store(&begun, 0);
    struct fake no_worker = {
        .fail_worker = 2, .workers = &workers, .pause = 1000, .begun = &begun, .gate = {&workers, 2, 1}};
    run.fake = &no_worker;
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_MEMORY, "worker 2 cannot be made");
    struct fake dropping = {.drops = true};
    run.fake = &dropping;
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_INTERNAL, "dropped though nobody asked");
    run.fake = &instant;
    ASSERT_OK(fake_execute(&run, &err));
    char *dump = fake_dump(path);
    fake_assert_equal(expected, dump, "after errors");
    memory_free(expected);
    memory_free(dump);
    fake_remove(path);
}
END_TEST

static void keep_last(void *observer, const struct progress *progress)
{
    struct progress *last = observer;
    *last = *progress;
    last->best.formula = NULL; /* not ours any more */
}

/* A file may not grow beyond `bytes`: what a full disk does to a database. Only ever used in a child, which ends with
   the status, or with NOT_STORED when more was counted than is in the database. */
enum { NOT_STORED = 99 };
static int run_on_full_disk(struct fake_run run, rlim_t bytes)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct error err = ERROR_EMPTY;
        struct rlimit limit = {bytes, bytes};
        struct progress last = {.tickets = -1};
        run.observe = keep_last;
        run.observer = &last;
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        int status = fake_execute(&run, &err);
        _exit(last.tickets == fake_tickets(run.path) ? status : NOT_STORED);
    }
    return WEXITSTATUS(fake_wait(child));
}

START_TEST(a_full_disk_ends_the_run_and_leaves_the_database_whole)
{
    char whole[FAKE_PATH], path[FAKE_PATH];
    fake_path(whole);
    fake_path(path);
    struct fake_run run = {.path = whole, .fake = &instant, .evaluations = 60, .window = 8, .threads = 2};
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    run.path = path;
    ck_assert_int_eq(run_on_full_disk(run, 400 * 1024), ERROR_IO);
    int64_t stored = fake_tickets(path);
    ck_assert_int_gt(stored, 5);
    ck_assert_int_lt(stored, fake_tickets(whole));
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    char *expected = fake_dump(whole), *dump = fake_dump(path);
    fake_assert_equal(expected, dump, "after a full disk");
    memory_free(expected);
    memory_free(dump);
    fake_remove(whole);
    fake_remove(path);
}
END_TEST

START_TEST(another_search_on_the_same_database_is_a_conflict)
{
    struct error err;
    char path[FAKE_PATH];
    fake_path(path);
    struct fake_run run = {.path = path, .fake = &instant, .evaluations = 40, .window = 8, .threads = 2};
    ASSERT_OK(fake_execute(&run, &err));
    char *before = fake_dump(path);
    struct fake_run other = run;
    other.seed = 2;
    ASSERT_FAILS(fake_execute(&other, &err), ERROR_CONFLICT, "another program version: its ");
    ck_assert_msg(strncmp(err.where, "ticket ", 7) == 0, "where: %s", err.where);
    other = run;
    other.evaluations = 20;
    ASSERT_FAILS(fake_execute(&other, &err), ERROR_CONFLICT, "more tickets than this search makes");
    char *after = fake_dump(path);
    fake_assert_equal(before, after, "a refused database");
    ASSERT_OK(fake_execute(&run, &err)); /* finished already: nothing to do */
    memory_free(before);
    memory_free(after);
    fake_remove(path);
}
END_TEST

START_TEST(progress_says_what_the_database_says)
{
    struct error err;
    char path[FAKE_PATH];
    struct progress last;
    fake_path(path);
    struct fake_run run = {.path = path, .fake = &instant, .evaluations = 60, .window = 8, .threads = 2};
    run.observe = keep_last;
    run.observer = &last;
    for (int resumed = 0; resumed < 2; resumed++) {
        ASSERT_OK(fake_execute(&run, &err));
        int64_t trained = fake_number(path, "SELECT count(*) FROM evaluation");
        ck_assert(last.finished);
        ck_assert_int_eq(last.tickets, fake_tickets(path));
        ck_assert_int_eq(last.trained, trained);
        ck_assert_int_eq(last.trained_now, resumed ? 0 : trained);
        ck_assert_int_eq(last.to_train, trained);
        ck_assert_int_eq(last.failed, fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome <> 'ok'"));
        ck_assert_int_eq(last.duplicates,
                         fake_number(path, "SELECT count(*) FROM proposal WHERE outcome = 'duplicate'"));
        ck_assert_int_eq(last.rejected, fake_number(path, "SELECT count(*) FROM proposal WHERE outcome = 'rejected'"));
        ck_assert_int_eq(last.best.ticket, fake_number(path, "SELECT ticket FROM leaderboard WHERE rank = 1"));
        ck_assert_int_gt(last.failed, 0);
    }
    fake_remove(path);
}
END_TEST

/* ---- limits */

/* The first evaluation does not end while others begin: the window must stop them. */
START_TEST(the_window_bounds_what_is_in_flight)
{
    struct error err;
    char path[FAKE_PATH];
    atomic_llong begun = 0;
    struct fake holding = {.begun = &begun};
    for (int window = 1; window <= 17; window += 8) {
        struct stopper stopper = {.at = INT64_MAX};
        holding.hold_first = window > 2 ? window - 2 : 2;
        atomic_store(&begun, 0);
        fake_path(path);
        struct fake_run run = {.path = path, .fake = &holding, .evaluations = 40, .window = window, .threads = 3};
        run.observe = stop_at;
        run.observer = &stopper;
        atomic_llong held = 0;
        holding.held = &held;
        ASSERT_OK(fake_execute(&run, &err));
        /* Baselines come first and all train, but a few: ticket 0 and at most `window` more. */
        ck_assert_int_le(atomic_load(&held), window + 1);
        ck_assert_int_ge(atomic_load(&held), holding.hold_first);
        ck_assert(stopper.finished);
        fake_remove(path);
    }
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    struct fake_run run = {.fake = &instant, .evaluations = 10, .window = 4, .threads = 2};
    char *expected = fake_whole(run);
    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    int failures = 0;
    for (long n = 1;; n += 1 + n / 6) {
        struct error err = ERROR_EMPTY;
        memory_fail_at(n);
        int status = fake_execute(&run, &err);
        memory_fail_never();
        if (status == 0)
            break;
        ck_assert_msg(status == ERROR_MEMORY, "allocation %ld: %s: %s", n, err.where, err.what);
        ck_assert_int_eq(err.code, ERROR_MEMORY);
        failures++;
    }
    ck_assert_int_gt(failures, 20);
    char *dump = fake_dump(path);
    fake_assert_equal(expected, dump, "after short memory");
    memory_free(expected);
    memory_free(dump);
    fake_remove(path);
}
END_TEST

START_TEST(the_fakes_keep_the_contract_of_evaluators)
{
    struct error err;
    static const char *const texts[] = {"relu(x)", "x*sigmoid(p*x)", "tanh(x)", "sin(x)+x", "max(x, 0.1*x)"};
    static struct assignment assignments[5];
    for (int i = 0; i < 5; i++) {
        struct candidate candidate;
        ASSERT_OK(candidate_parse(texts[i], &candidate, &err));
        assignments[i] = assignment_of(i, &candidate, 1);
    }
    struct fake jittery = {.pause = 100, .jitter = true};
    struct evaluator evaluators[] = {fake_evaluator(&instant), fake_evaluator(&jittery)};
    for (int i = 0; i < 2; i++)
        evaluator_contract(&evaluators[i], assignments, 5);
}
END_TEST

/* The tests that fork come first: libgomp does not work in the child of a process that has used it,
   which matters when Check itself does not fork (CK_FORK=no). */
int main(void)
{
    return RUN_TESTS(
        "executor", 120, a_killed_run_ends_with_the_same_rows, a_full_disk_ends_the_run_and_leaves_the_database_whole,
        rows_do_not_depend_on_the_number_of_threads, a_drained_run_goes_on_later, an_aborted_run_goes_on_later,
        draining_keeps_and_aborting_drops_what_is_in_training, an_error_of_one_thread_ends_the_run_and_is_reported_once,
        another_search_on_the_same_database_is_a_conflict, progress_says_what_the_database_says,
        the_window_bounds_what_is_in_flight, short_memory_is_an_error, the_fakes_keep_the_contract_of_evaluators);
}
