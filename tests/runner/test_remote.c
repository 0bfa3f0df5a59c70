/* The laws again, with workers that are not threads of executor_run(). */
#include "hub.h"

static const struct fake instant = {0};
static struct hub hub;

static int64_t workers_seen;

static void note_workers(void *observer, const struct progress *progress)
{
    (void)observer;
    workers_seen = progress->workers;
}

START_TEST(rows_do_not_depend_on_remote_workers)
{
    static const int windows[] = {1, 8, 64};
    struct error err;
    for (int w = 0; w < 3; w++) {
        struct fake_run run = {.fake = &instant, .evaluations = 60, .window = windows[w], .threads = 1};
        char *alone = fake_whole(run);
        ck_assert(strlen(alone) > 20000);
        for (int ranks = 1; ranks <= HUB_RANKS; ranks++) {
            struct fake jittery = {.pause = 1000, .jitter = true};
            char path[FAKE_PATH], what[64];
            snprintf(what, sizeof what, "window %d, a team of %d", windows[w], ranks);
            hub_begin(&hub, ranks, ranks, &jittery, 0, NULL);
            fake_path(path);
            run.path = path;
            run.threads = 1 + ranks % 2;
            run.fake = &jittery;
            run.remote = &hub.remote;
            run.observe = note_workers;
            ASSERT_OK(fake_execute(&run, &err));
            ck_assert_int_eq(hub_end(&hub), 0);
            ck_assert_int_eq(workers_seen, run.threads + ranks * ranks);
            char *together = fake_dump(path);
            fake_assert_equal(alone, together, what);
            memory_free(together);
            fake_remove(path);
        }
        memory_free(alone);
    }
}
END_TEST

/* Rank 0 holds its thread until remote workers has had a good part of all tickets, and so remote workers must get some;
   then the remote workers holds, and so must rank 0. Who gets none waits for ever. The window is wide: the oldest
   ticket may be one that is held, and behind it there must be enough for both. */
START_TEST(remote_workers_do_their_share)
{
    enum { THEIRS = 20, OURS = 6 };
    struct error err;
    atomic_llong here = 0, there = 0;
    struct fake own = {.begun = &here, .gate = {&there, THEIRS, 1}};
    struct fake theirs = {.begun = &there, .gate = {&here, OURS, THEIRS + 1}};
    char path[FAKE_PATH];
    fake_path(path);
    hub_begin(&hub, 3, 1, &theirs, 0, NULL);
    struct fake_run run = {
        .path = path, .fake = &own, .evaluations = 80, .window = 1000, .threads = 1, .remote = &hub.remote};
    ASSERT_OK(fake_execute(&run, &err));
    ck_assert_int_eq(hub_end(&hub), 0);
    ck_assert_int_ge(atomic_load(&there), THEIRS);
    ck_assert_int_ge(atomic_load(&here), OURS);
    fake_remove(path);
}
END_TEST

struct stopping {
    struct executor_stop stop;
    struct hub_rank *heard_by; /* NULL: this process hears the signal itself */
    bool abort;
};

static void stop_after_ten(void *observer, const struct progress *progress)
{
    struct stopping *stopping = observer;
    struct executor_stop *stop = stopping->heard_by ? &stopping->heard_by->stop : &stopping->stop;
    if (progress->tickets < 10)
        return;
    atomic_store(&stop->drain, 1);
    if (stopping->abort)
        atomic_store(&stop->abort, 1);
    /* Whoever heard it tells the coordinator, or the run might be over before. */
    while (!atomic_load(stopping->abort ? &stopping->stop.abort : &stopping->stop.drain))
        fake_sleep(500);
}

/* A signal may be heard here or by another rank, and it may ask to finish or to drop. */
START_TEST(a_stopped_run_goes_on_later)
{
    struct error err;
    struct fake slow = {.pause = 2000, .jitter = true};
    struct fake_run run = {.fake = &instant, .evaluations = 60, .window = 8, .threads = 1};
    char *alone = fake_whole(run);
    for (int kind = 0; kind < 4; kind++) {
        char path[FAKE_PATH];
        struct stopping stopping = {.abort = kind & 1, .heard_by = kind & 2 ? &hub.ranks[1] : NULL};
        fake_path(path);
        struct fake_run with = run;
        with.path = path;
        with.fake = &slow;
        with.stop = &stopping.stop;
        with.remote = &hub.remote;
        with.observe = stop_after_ten;
        with.observer = &stopping;
        hub_begin(&hub, 2, 2, &slow, 0, &stopping.stop);
        ASSERT_FAILS(fake_execute(&with, &err), ERROR_INTERRUPTED, "are finished");
        ck_assert_int_eq(hub_end(&hub), 0);
        ck_assert_int_ge(fake_tickets(path), 10);
        with.remote = NULL;
        with.stop = NULL;
        with.observe = NULL;
        ASSERT_OK(fake_execute(&with, &err));
        char *dump = fake_dump(path);
        fake_assert_equal(alone, dump, "after a stop");
        memory_free(dump);
        fake_remove(path);
    }
    memory_free(alone);
}
END_TEST

struct raise {
    struct executor_stop *stop;
    atomic_llong *begun;
};

/* As soon as both other ranks have something in training. */
static void *raise_soon(void *context)
{
    struct raise *raise = context;
    fake_wait_for(raise->begun, 2);
    atomic_store(&raise->stop->abort, 1);
    return NULL;
}

/* Draining waits for what remote workers have; dropping does not. */
START_TEST(dropping_reaches_remote_workers)
{
    struct error err;
    atomic_llong there = 0, here = 0;
    struct fake slow = {.pause = 100 * 1000 * 1000, .begun = &there};
    struct fake quick = {.pause = 1000, .begun = &here, .gate = {&there, 2, 10}};
    struct stopping stopping = {.abort = true};
    char path[FAKE_PATH];
    fake_path(path);
    hub_begin(&hub, 2, 1, &slow, 0, &stopping.stop);
    struct fake_run run = {.path = path,
                           .fake = &quick,
                           .evaluations = 60,
                           .window = 64,
                           .threads = 1,
                           .remote = &hub.remote,
                           .stop = &stopping.stop};
    struct raise raise = {&stopping.stop, &there};
    pthread_t raiser;
    atomic_store(&stopping.stop.abort, 0);
    ck_assert_int_eq(pthread_create(&raiser, NULL, raise_soon, &raise), 0);
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_INTERRUPTED, "are finished");
    pthread_join(raiser, NULL);
    ck_assert_int_eq(hub.in_flight_count, 0); /* every one came back, as "aborted" */
    ck_assert_int_eq(hub_end(&hub), 0);
    fake_remove(path);
}
END_TEST

static void note_tickets(void *observer, const struct progress *progress)
{
    atomic_store((atomic_llong *)observer, progress->tickets);
}

/* The twelfth evaluation of remote workers waits until six tickets are stored, and this process from its seventh on for
   remote workers's twentieth, which fails. Both get tickets in their order, so none of the first six is held by who
   waits. */
START_TEST(an_error_of_a_remote_worker_ends_the_run)
{
    struct error err;
    atomic_llong here = 0, there = 0, stored = 0;
    struct fake failing = {.fail_at = 20, .begun = &there, .gate = {&stored, 6, 12}}, quick = {.pause = 500};
    struct fake own = {.begun = &here, .gate = {&there, 20, 7}};
    struct fake_run run = {.fake = &instant, .evaluations = 60, .window = 64, .threads = 1};
    char *alone = fake_whole(run);
    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    run.fake = &own;
    run.remote = &hub.remote;
    run.observe = note_tickets;
    run.observer = &stored;
    hub_begin(&hub, 1, 1, &failing, 0, NULL);
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_INTERNAL, "evaluation 20 fails");
    ck_assert_int_eq(hub_end(&hub), 1);
    ck_assert_int_gt(fake_tickets(path), 5);
    run.fake = &quick;
    hub_begin(&hub, 2, 1, &quick, 0, NULL);
    ASSERT_OK(fake_execute(&run, &err));
    ck_assert_int_eq(hub_end(&hub), 0);
    char *dump = fake_dump(path);
    fake_assert_equal(alone, dump, "after an error of remote workers");
    memory_free(dump);
    memory_free(alone);
    fake_remove(path);
}
END_TEST

/* ---- the clock */

/* Every evaluation takes longer than the limit allows, here and there: all are given up, and the run ends.
 */
START_TEST(what_takes_too_long_is_given_up)
{
    struct error err;
    struct fake slow = {.pause = 100 * 1000 * 1000};
    for (int remote = 0; remote < 2; remote++) {
        char path[FAKE_PATH];
        fake_path(path);
        if (remote)
            hub_begin(&hub, 2, 4, &slow, 0.1, NULL);
        struct fake_run run = {.path = path,
                               .fake = &slow,
                               .evaluations = 4,
                               .window = 64,
                               .threads = 8,
                               .limit_seconds = 0.1,
                               .remote = remote ? &hub.remote : NULL};
        ASSERT_OK(fake_execute(&run, &err));
        if (remote)
            ck_assert_int_eq(hub_end(&hub), 0);
        int64_t trained = fake_number(path, "SELECT count(*) FROM evaluation");
        ck_assert_int_gt(trained, 20);
        ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome = 'timed_out'"), trained);
        ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM trial"), 0);
        run.remote = NULL;
        ASSERT_OK(fake_execute(&run, &err)); /* finished, and so it stays */
        fake_remove(path);
    }
}
END_TEST

/* A limit that nothing reaches changes nothing, and what is quick is not given up because others are slow. */
START_TEST(a_limit_that_is_not_reached_changes_nothing)
{
    struct error err;
    struct fake jittery = {.pause = 2000, .jitter = true};
    struct fake_run run = {.fake = &instant, .evaluations = 60, .window = 8, .threads = 1};
    char *alone = fake_whole(run);
    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    run.fake = &jittery;
    run.threads = 3;
    run.limit_seconds = 1000;
    ASSERT_OK(fake_execute(&run, &err));
    char *dump = fake_dump(path);
    fake_assert_equal(alone, dump, "with a limit");
    memory_free(dump);
    memory_free(alone);
    fake_remove(path);
}
END_TEST

int main(void)
{
    return RUN_TESTS("remote workers", 120, rows_do_not_depend_on_remote_workers, remote_workers_do_their_share,
                     a_stopped_run_goes_on_later, dropping_reaches_remote_workers,
                     an_error_of_a_remote_worker_ends_the_run, what_takes_too_long_is_given_up,
                     a_limit_that_is_not_reached_changes_nothing);
}
