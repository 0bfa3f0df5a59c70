/* Evaluators that train nothing, a database in a folder of its own, and its contents as text. */
#ifndef ACTSEARCH_TESTS_RUNNER_FAKES_H
#define ACTSEARCH_TESTS_RUNNER_FAKES_H

#include "json.h"
#include "testing.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "executor/crash.h"
#include "executor/executor.h"
#include "expr/parse.h"
#include "rng/rng.h"
#include "runner/search_source.h"
#include "search/options.h"
#include "search/strategy.h"
#include "store/store.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- evaluators */

/* Holds evaluations until others are where the test wants them. A gate that never opens ends with the test's own time,
   and so no verdict depends on how busy the machine is. */
struct gate {
    const atomic_llong *counter; /* it is open when this has reached `opens_at`; NULL: always */
    long long opens_at;
    long long from; /* the first of the evaluations (by number, from 1) that must wait at it */
};

struct fake {
    int64_t pause;        /* longest sleep in microseconds; 0: instant */
    bool jitter;          /* sleeps differ from call to call */
    int64_t fail_at;      /* this evaluation (counted over all threads, from 1) is an error; 0: none */
    int fail_worker;      /* the worker with this number (from 1) cannot be made; 0: none */
    bool drops;           /* says "aborted" though nobody asked */
    long long hold_first; /* the first evaluation waits until so many have begun and no other for 50 ms; 0: no */
    struct gate gate;
    const char *kills; /* this function kills the process by the signal `by`, or hangs when that is 0; NULL: none */
    int by;
    const char *endless;   /* this function is evaluated until that is dropped; NULL: none */
    int objectives;        /* of every result; 0: one */
    atomic_llong *begun;   /* counts evaluations; may be NULL, but not with a gate */
    atomic_llong *held;    /* how many had begun when the first went on */
    atomic_llong *hanging; /* counts those that hang; may be NULL */
    atomic_llong *workers; /* counts workers; may be NULL */
};

struct fake_worker {
    struct rng rng; /* of the jitter only: no result depends on it */
};

static inline void fake_sleep(int64_t microseconds)
{
    struct timespec pause = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

static inline int fake_worker_new(const void *context, void **worker, struct error *err)
{
    const struct fake *fake = context;
    int number = fake->workers ? (int)atomic_fetch_add(fake->workers, 1) + 1 : 1;
    if (fake->fail_worker == number)
        return error_set(err, ERROR_MEMORY, NULL, NULL, "worker %d cannot be made", number);
    struct fake_worker *made = memory_array(1, sizeof *made);
    if (!made)
        return memory_error(err, "a worker");
    made->rng = rng_keyed((uint64_t)number, (uint64_t)getpid(), RNG_TEST);
    *worker = made;
    return 0;
}

static inline void fake_worker_free(void *worker)
{
    memory_free(worker);
}

/* A number that the canonical forms alone decide. */
static inline uint64_t fake_hash(const struct candidate *candidate)
{
    struct text text = TEXT_EMPTY;
    candidate_print(candidate, &text);
    uint64_t hash = hash_bytes(HASH_START, text.data, text.length);
    text_release(&text);
    return hash;
}

/* Two trials of two epochs and a learned parameter each; the second trial of one candidate in eight
   diverges. */
static inline int fake_fill(uint64_t hash, struct evaluation *out, struct error *err)
{
    struct rng rng = rng_keyed(hash, 0, RNG_TEST);
    int status = evaluation_reserve(out, 2, 4, 2, 4, err);
    if (status)
        return status;
    for (int i = 0; i < 2; i++) {
        bool ok = i == 0 || rng_below(&rng, 8) != 0;
        for (int number = 1; number <= 2; number++) {
            out->curve[out->epoch_count++] =
                (struct epoch){i, number, rng_uniform(&rng), {.loss = rng_uniform(&rng), .accuracy = NAN}, 0.1};
            out->snapshots[out->snapshot_count++] = (struct snapshot){
                i, number, {.layer = "act1", .place = 1, .dead = rng_uniform(&rng), .gradient_norm = NAN}};
        }
        out->trials[out->trial_count++] = (struct trial){.seed_index = i,
                                                         .outcome = ok ? OUTCOME_ok : OUTCOME_diverged,
                                                         .score = ok ? rng_uniform(&rng) : NAN,
                                                         .validation.accuracy = rng_uniform(&rng),
                                                         .validation.loss = rng_uniform(&rng),
                                                         .train_loss = rng_uniform(&rng),
                                                         .epochs = 2};
        out->parameters[out->parameter_count++] = (struct learned){i, 0, LEARNED_BY_ALL, 0, rng_normal(&rng), 0};
    }
    evaluation_conclude(out);
    return 0;
}

/* Climbs the rungs, as a real evaluator will: the last is the training above, the cheaper ones are a number each. */
static inline int fake_climb(const struct fake *fake, const struct assignment *assignment, struct evaluation *out,
                             struct error *err)
{
    uint64_t hash = fake_hash(&assignment->candidate);
    struct rng rng = rng_keyed(hash, 1, RNG_TEST);
    double reached[RESULT_RUNGS];
    int rung = 0;
    for (; rung + 1 < assignment->rungs; rung++) {
        reached[rung] = rng_uniform(&rng);
        if (!assignment_goes_on(assignment, rung, reached[rung])) {
            evaluation_without_trials(out, OUTCOME_stopped);
            memcpy(out->result.reached, reached, sizeof reached);
            out->result.rungs = rung + 1;
            return 0;
        }
    }
    int status = fake_fill(hash, out, err);
    if (status || !result_is_ok(&out->result))
        return status;
    reached[rung] = result_score(&out->result);
    memcpy(out->result.reached, reached, sizeof reached);
    out->result.rungs = rung + 1;
    for (int i = 1; i < fake->objectives; i++)
        out->result.objective[out->result.objectives++] = (struct figure){-rng_uniform(&rng), NAN};
    return 0;
}

/* The count of those that must begin is waited for; the 50 ms are for those that must not. */
static inline void fake_hold(const struct fake *fake)
{
    long long before;
    do {
        before = atomic_load(fake->begun);
        fake_sleep(50 * 1000);
    } while (before < fake->hold_first || atomic_load(fake->begun) != before);
    atomic_store(fake->held, before);
}

static inline void gate_wait(const struct gate *gate, long long number, const atomic_int *abort)
{
    while (gate->counter && number >= gate->from && atomic_load(gate->counter) < gate->opens_at && !atomic_load(abort))
        fake_sleep(500);
}

/* A counter that forked processes share. */
static inline atomic_llong *fake_shared_counter(void)
{
    void *page = mmap(NULL, sizeof(atomic_llong), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(page != MAP_FAILED);
    return page;
}

static inline void fake_free_counter(atomic_llong *counter)
{
    munmap(counter, sizeof *counter);
}

static inline void fake_wait_for(const atomic_llong *counter, long long value)
{
    while (atomic_load(counter) < value)
        fake_sleep(200);
}

static inline bool fake_is(const struct candidate *candidate, const char *function)
{
    struct text text = TEXT_EMPTY;
    candidate_print(candidate, &text);
    bool is = strcmp(text_string(&text), function) == 0;
    text_release(&text);
    return is;
}

static inline void fake_kill(const struct fake *fake, const struct candidate *candidate)
{
    bool this_one = fake_is(candidate, fake->kills);
    if (this_one && fake->by)
        raise(fake->by);
    if (this_one && fake->hanging)
        atomic_fetch_add(fake->hanging, 1);
    while (this_one && !fake->by)
        fake_sleep(10000);
}

static inline int fake_evaluate(const void *context, void *worker, const struct assignment *assignment,
                                const atomic_int *abort, struct evaluation *out, struct error *err)
{
    const struct fake *fake = context;
    struct fake_worker *own = worker;
    long long number = fake->begun ? atomic_fetch_add(fake->begun, 1) + 1 : 0;
    if (fake->fail_at && number == fake->fail_at)
        return error_set(err, ERROR_INTERNAL, "fake", NULL, "evaluation %lld fails", number);
    if (fake->kills)
        fake_kill(fake, &assignment->candidate);
    if (fake->endless && fake_is(&assignment->candidate, fake->endless)) {
        atomic_fetch_add(fake->hanging, 1);
        while (!atomic_load(abort))
            fake_sleep(1000);
    }
    /* Ticket 0 is the first baseline, x; which evaluation begins first is up to the threads. */
    if (fake->hold_first && candidate_nodes(&assignment->candidate) == 1 && assignment->candidate.nodes[0].op == OP_x)
        fake_hold(fake);
    gate_wait(&fake->gate, number, abort);
    int64_t pause = fake->jitter ? (int64_t)rng_below(&own->rng, (uint64_t)fake->pause + 1) : fake->pause;
    for (; pause > 0 && !atomic_load(abort); pause -= 500)
        fake_sleep(pause < 500 ? pause : 500);
    if (atomic_load(abort) || fake->drops)
        return evaluation_reserve(out, 0, 0, 0, 0, err); /* that is "aborted" */
    return fake_climb(fake, assignment, out, err);
}

static inline struct evaluator fake_evaluator(const struct fake *fake)
{
    return (struct evaluator){fake, fake_worker_new, fake_worker_free, fake_evaluate};
}

/* ---- runs */

static const char fake_grammar[] =
    "{\"name\": \"fake\","
    " \"unary\": [\"tanh\", \"relu\", \"sigmoid\", \"sin\", \"negative\", \"erf\", \"exp\", \"zero\"],"
    " \"binary\": [\"add\", \"mul\", \"max\", \"sub\"],"
    " \"leaves\": {\"constants\": {\"values\": [-1, 0.5, 2]}, \"parameter\": {}},"
    " \"shapes\": {\"grow\": {\"max_depth\": 4, \"max_nodes\": 7}}}";

struct fake_run {
    const char *path; /* of the database */
    const struct fake *fake;
    int64_t evaluations;
    int window, threads;
    const struct strategy *strategy; /* NULL: aging */
    int functions;                   /* of a candidate; 0: one */
    uint64_t seed;
    double limit_seconds;
    bool notes; /* crashes, as the program does */
    const struct remote_workers *remote;
    struct executor_stop *stop;
    void (*observe)(void *observer, const struct progress *progress);
    void *observer;
};

static inline int fake_parts(const struct fake_run *run, struct grammar **grammar, struct search **search,
                             struct error *err)
{
    struct json_document *document = NULL;
    struct search_spec spec = search_spec_default(run->strategy ? run->strategy : strategy_by_name("aging"));
    spec.evaluations = run->evaluations;
    spec.proposals = 50 * run->evaluations;
    spec.window = run->window;
    set_option(&spec, "population", 12);
    set_option(&spec, "tournament", 4);
    set_option(&spec, "crossover", 0.2);
    *search = NULL;
    *grammar = NULL;
    int status = parse_json(fake_grammar, "fake.json", &document, err);
    if (!status)
        status = grammar_parse(json_root(document), grammar, err);
    json_document_free(document);
    struct space space = {*grammar, run->functions ? run->functions : 1};
    return status ? status : search_new(&spec, &space, run->seed, search, err);
}

static inline int fake_notes(const struct fake_run *run, struct store *store, struct error *err)
{
    struct text note = TEXT_EMPTY;
    quarantine_path(run->path, &note);
    int status = crash_note_in(text_string(&note), err);
    if (!status)
        status = quarantine_collect(text_string(&note), store_is_new(store), store, err);
    text_release(&note);
    return status;
}

static inline int fake_search(const struct fake_run *run, struct search *search, struct store *store,
                              const struct evaluator *evaluator, const struct executor_options *options,
                              struct error *err)
{
    struct search_source *source = malloc(sizeof *source);
    int64_t workers = run->threads + (run->remote ? run->remote->count : 0);
    int status = search_source_init(source, search, store, workers, err);
    source->observe = run->observe;
    source->observer = run->observer;
    struct source work = search_source_for_executor(source);
    if (!status)
        status = executor_run(&work, evaluator, options, err);
    search_source_release(source);
    free(source);
    return status;
}

/* Opens, runs, closes: what a program does. */
static inline int fake_execute(const struct fake_run *run, struct error *err)
{
    static const struct store_run identity = {"fake",    "{}", "{}",  "{}",   1,      "aging", 1,
                                              "made up", "0",  "any", "none", "none", "0",     "none"};
    struct executor_options options = {
        .threads = run->threads, .limit_seconds = run->limit_seconds, .remote = run->remote, .stop = run->stop};
    struct evaluator evaluator = fake_evaluator(run->fake);
    struct grammar *grammar = NULL;
    struct search *search = NULL;
    struct store *store = NULL;
    int status = fake_parts(run, &grammar, &search, err);
    if (!status)
        status = store_open(run->path, &identity, NULL, &store, err);
    if (!status && run->notes)
        status = fake_notes(run, store, err);
    if (!status)
        status = store_session_begin(store, run->threads, "fake", err);
    if (!status)
        status = fake_search(run, search, store, &evaluator, &options, err);
    int closed = store_close(store, status ? NULL : err);
    search_free(search);
    grammar_free(grammar);
    return status ? status : closed;
}

/* ---- databases */

enum { FAKE_PATH = 64 };

/* The path of a new database in a folder of its own; in memory where the system offers it, because
   these tests sync thousands of times. */
static inline void fake_path(char path[FAKE_PATH])
{
    char folder[FAKE_PATH / 2];
    snprintf(folder, sizeof folder, "%s/actsearch-run-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, FAKE_PATH, "%s/run.db", folder);
}

/* Removes the database, what lies beside it, and its folder. */
static inline void fake_remove(const char *path)
{
    char command[FAKE_PATH + 16];
    snprintf(command, sizeof command, "rm -rf '%.*s'", (int)(strrchr(path, '/') - path), path);
    ck_assert_int_eq(system(command), 0);
}

static inline void fake_add_rows(struct store *store, const char *sql, struct text *out)
{
    struct error err;
    struct store_query *query;
    bool row;
    ASSERT_OK(store_query_new(store, sql, &query, &err));
    for (;;) {
        ASSERT_OK(store_query_next(query, &row, &err));
        if (!row)
            break;
        for (int i = 0; i < store_query_columns(query); i++) {
            struct store_cell cell = store_query_cell(query, i);
            text_add_char(out, i ? '|' : '\n');
            if (cell.kind == STORE_CELL_INTEGER || cell.kind == STORE_CELL_REAL)
                text_addf(out, "%.17g", cell.real);
            else if (cell.kind != STORE_CELL_NULL)
                text_add_bytes(out, cell.text, cell.length);
        }
    }
    store_query_free(query);
}

/* Every table but those about time. Returns owned (memory_free). */
static inline char *fake_dump(const char *path)
{
    struct error err;
    struct store *store;
    struct store_query *tables;
    struct text out = TEXT_EMPTY;
    bool row;
    ASSERT_OK(store_open_read(path, &store, &err));
    ASSERT_OK(store_query_new(store,
                              "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('timing', "
                              "'session', 'crash') ORDER BY name",
                              &tables, &err));
    for (;;) {
        ASSERT_OK(store_query_next(tables, &row, &err));
        if (!row)
            break;
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" ORDER BY 1, 2, 3", store_query_cell(tables, 0).text);
        text_addf(&out, "\n== %s", sql);
        fake_add_rows(store, sql, &out);
    }
    store_query_free(tables);
    ASSERT_OK(store_close(store, &err));
    return text_take(&out);
}

static inline int64_t fake_tickets(const char *path)
{
    struct error err;
    struct store *store;
    ASSERT_OK(store_open_read(path, &store, &err));
    int64_t count = store_count(store);
    ASSERT_OK(store_close(store, &err));
    return count;
}

/* The dumps must be equal; the first differing place is shown. */
static inline void fake_assert_equal(const char *a, const char *b, const char *what)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    size_t from = at < 60 ? 0 : at - 60;
    ck_assert_msg(a[at] == b[at], "%s: \"%.120s\" against \"%.120s\"", what, a + from, b + from);
}

/* The first number that a query gives. */
static inline int64_t fake_number(const char *path, const char *sql)
{
    struct error err;
    struct store *store;
    struct text text = TEXT_EMPTY;
    ASSERT_OK(store_open_read(path, &store, &err));
    fake_add_rows(store, sql, &text);
    ASSERT_OK(store_close(store, &err));
    int64_t number = strtoll(text_string(&text), NULL, 10); /* behind a line break */
    text_release(&text);
    return number;
}

/* Runs to the end in a new database; returns its contents, owned (memory_free). */
static inline char *fake_whole(struct fake_run run)
{
    struct error err;
    char path[FAKE_PATH];
    fake_path(path);
    run.path = path;
    ASSERT_OK(fake_execute(&run, &err));
    char *dump = fake_dump(path);
    fake_remove(path);
    return dump;
}

/* ---- runs of another process, which may be killed */

/* What a child process does: the whole program. Its exit status is 0 at the end. */
static inline pid_t fake_start(const struct fake_run *run)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct error err = ERROR_EMPTY;
        int status = fake_execute(run, &err);
        if (status)
            fprintf(stderr, "child: %s: %s\n", err.where, err.what);
        _exit(status);
    }
    return child;
}

/* As waitpid() has it. */
static inline int fake_wait(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

#endif
