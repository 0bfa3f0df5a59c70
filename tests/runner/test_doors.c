/* What will pass the doors between search, executor, workers, ranks and database, though no experiment asks for it yet:
   candidates of two functions, results of two objectives, assignments of two rungs. For each the laws hold: the same
   database for any number of threads, with ranks, and after a stop. */
#include "hub.h"

#include "runner/list_source.h"

#include <sqlite3.h>

static const struct fake instant = {0};
static const struct fake two_objectives = {.objectives = 2};
static struct hub hub;

/* ---- strategies of this test */

/* Two rungs: a candidate goes on when it reaches what the last one that was told had reached. */
struct racing {
    const struct space *space;
    double reference;
};

static int racing_new(const struct search_spec *spec, const struct space *space, void **state, struct error *err)
{
    (void)spec;
    struct racing *racing = memory_array(1, sizeof *racing);
    if (!racing)
        return memory_error(err, "the search");
    *racing = (struct racing){space, NAN};
    *state = racing;
    return 0;
}

static bool racing_propose(void *state, struct rng *rng, struct proposal *out)
{
    const struct racing *racing = state;
    space_sample(racing->space, rng, &out->genotype);
    out->operator_name = "sample";
    out->rungs = 2;
    out->references[0] = racing->reference;
    return true;
}

static void racing_tell(void *state, const struct news *news)
{
    struct racing *racing = state;
    if (result_is_ok(news->result))
        racing->reference = result_score(news->result) / 2 + 0.25;
}

static const struct strategy racing = {.name = "racing",
                                       .state_new = racing_new,
                                       .state_free = memory_free,
                                       .propose = racing_propose,
                                       .tell = racing_tell};

/* Two objectives: mutates the last candidate that none before it dominated. */
struct front {
    const struct space *space;
    bool filled;
    struct genotype genotype;
    struct result result;
    int64_t ticket;
};

static int front_new(const struct search_spec *spec, const struct space *space, void **state, struct error *err)
{
    (void)spec;
    struct front *front = memory_zeroed(1, sizeof *front);
    if (!front)
        return memory_error(err, "the search");
    front->space = space;
    *state = front;
    return 0;
}

static bool front_propose(void *state, struct rng *rng, struct proposal *out)
{
    const struct front *front = state;
    enum mutation kind;
    out->operator_name = front->filled ? "mutate" : "sample";
    if (front->filled) {
        space_mutate(front->space, &front->genotype, rng, &out->genotype, &kind);
        out->parents[0] = front->ticket;
    } else {
        space_sample(front->space, rng, &out->genotype);
    }
    return true;
}

static void front_tell(void *state, const struct news *news)
{
    struct front *front = state;
    ck_assert(!result_is_ok(news->result) || news->result->objectives == 2);
    if (!result_is_ok(news->result) || (front->filled && result_dominates(&front->result, news->result)))
        return;
    *front = (struct front){front->space, true, *news->genotype, *news->result, news->ticket};
}

static const struct strategy front = {
    .name = "front", .state_new = front_new, .state_free = memory_free, .propose = front_propose, .tell = front_tell};

/* ---- the laws */

static void stop_in_the_middle(void *observer, const struct progress *progress)
{
    struct executor_stop *stop = observer;
    if (progress->trained_now >= 15)
        atomic_store(&stop->drain, 1);
}

/* Alone, on four threads, with two ranks, and stopped and resumed: the same rows. Returns them. */
static char *hold_the_laws(struct fake_run run, const char *what)
{
    struct error err;
    struct fake jittery = *run.fake;
    jittery.pause = 500;
    jittery.jitter = true;
    run.evaluations = 60;
    run.window = 8;
    run.threads = 1;
    char *alone = fake_whole(run);
    run.fake = &jittery;
    run.threads = 4;
    char *threads = fake_whole(run);
    fake_assert_equal(alone, threads, what);
    memory_free(threads);

    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    hub_begin(&hub, 2, 2, &jittery, 0, NULL);
    run.remote = &hub.remote;
    ASSERT_OK(fake_execute(&run, &err));
    ck_assert_int_eq(hub_end(&hub), 0);
    run.remote = NULL;
    char *ranks = fake_dump(path);
    fake_assert_equal(alone, ranks, what);
    memory_free(ranks);
    fake_remove(path);

    fake_path(path);
    struct executor_stop stop = {0};
    run.stop = &stop;
    run.observe = stop_in_the_middle;
    run.observer = &stop;
    ck_assert_int_eq(fake_execute(&run, &err), ERROR_INTERRUPTED);
    run.stop = NULL;
    run.observe = NULL;
    ASSERT_OK(fake_execute(&run, &err));
    char *resumed = fake_dump(path);
    fake_assert_equal(alone, resumed, what);
    memory_free(resumed);
    fake_remove(path);
    return alone;
}

/* How often `word` stands in the rows. */
static int times(const char *rows, const char *word)
{
    int count = 0;
    for (const char *at = rows; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

START_TEST(a_candidate_may_have_two_functions)
{
    char *rows = hold_the_laws((struct fake_run){.fake = &instant, .functions = 2}, "two functions");
    ck_assert_int_gt(times(rows, "; "), 60);      /* genomes and formulas */
    ck_assert_int_gt(times(rows, "mutate:"), 10); /* it is evolution that made them */
    ck_assert_int_gt(times(rows, "|cross|"), 3);
    memory_free(rows);
}
END_TEST

START_TEST(a_result_may_have_two_objectives)
{
    char *rows = hold_the_laws((struct fake_run){.fake = &two_objectives, .strategy = &front}, "two objectives");
    ck_assert_int_gt(times(rows, "|mutate|"), 20);
    memory_free(rows);
}
END_TEST

/* The references that were frozen for a ticket are in the database, and a resumed search is held against them. */
START_TEST(an_assignment_may_have_two_rungs)
{
    struct fake_run run = {.fake = &instant, .strategy = &racing};
    char *rows = hold_the_laws(run, "two rungs");
    ck_assert_int_gt(times(rows, "|stopped|"), 10);
    ck_assert_int_gt(times(rows, "|ok|"), 20);
    memory_free(rows);

    struct error err;
    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    run.evaluations = 60;
    run.window = 8;
    run.threads = 2;
    ASSERT_OK(fake_execute(&run, &err));
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE rung SET reference = reference + 1e-9 WHERE ticket = 40 AND rung = 0",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    int changed = sqlite3_changes(db);
    sqlite3_close(db);
    ck_assert_int_eq(changed, 1);
    ASSERT_FAILS(fake_execute(&run, &err), ERROR_CONFLICT, "its reference on a rung is");
    fake_remove(path);
}
END_TEST

/* ---- a list */

static const char *const names[] = {"relu(x)", "tanh(x)", "sin(x)", "x*sigmoid(x)", "exp(x)", "abs(x)"};
enum { NAMES = sizeof names / sizeof *names };

/* On two threads here and two ranks of two, when there is a remote; the evaluations are the caller's. */
static void evaluate_list(const struct fake *fake, double limit, bool remote, struct evaluation *evaluations)
{
    struct error err;
    struct candidate candidates[NAMES];
    struct list_source list;
    struct evaluator evaluator = fake_evaluator(fake);
    struct executor_options options = {.threads = 2, .limit_seconds = limit};
    for (int i = 0; i < NAMES; i++) {
        ASSERT_OK(candidate_parse(names[i], &candidates[i], &err));
        evaluations[i] = EVALUATION_EMPTY;
    }
    if (remote) {
        hub_begin(&hub, 2, 2, fake, limit, NULL);
        options.remote = &hub.remote;
    }
    list_source_init(&list, candidates, names, evaluations, NAMES, 2);
    struct source work = list_source_for_executor(&list);
    ASSERT_OK(executor_run(&work, &evaluator, &options, &err));
    ck_assert_int_eq(list.settled, NAMES);
    ck_assert_int_eq(list.statistics.progress.trained, NAMES);
    list_source_release(&list);
    if (remote)
        ck_assert_int_eq(hub_end(&hub), 0);
}

/* One of them hangs, here or on another rank: it is given up, and the others are what they are alone. */
START_TEST(a_list_has_time_limits_and_ranks)
{
    struct evaluation alone[NAMES], limited[NAMES];
    atomic_llong hanging = 0;
    struct fake stuck = {.pause = 2000, .jitter = true, .endless = "sin(x)", .hanging = &hanging};
    evaluate_list(&instant, 0, false, alone);
    for (int remote = 0; remote < 2; remote++) {
        evaluate_list(&stuck, 0.3, remote, limited);
        for (int i = 0; i < NAMES; i++) {
            if (strcmp(names[i], "sin(x)") == 0)
                ck_assert_int_eq((int)limited[i].result.outcome, OUTCOME_timed_out);
            else
                ck_assert_msg(evaluation_equal(&alone[i], &limited[i]), "%s, remote %d", names[i], remote);
            evaluation_release(&limited[i]);
        }
    }
    ck_assert_int_eq(atomic_load(&hanging), 2);
    for (int i = 0; i < NAMES; i++)
        evaluation_release(&alone[i]);
}
END_TEST

int main(void)
{
    return RUN_TESTS("doors", 60, a_candidate_may_have_two_functions, a_result_may_have_two_objectives,
                     an_assignment_may_have_two_rungs, a_list_has_time_limits_and_ranks);
}
