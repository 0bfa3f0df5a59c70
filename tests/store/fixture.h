/* A folder for the databases of one test, and records to fill them with. */
#ifndef ACTSEARCH_TESTS_STORE_FIXTURE_H
#define ACTSEARCH_TESTS_STORE_FIXTURE_H

#include "testing.h"

#include "store/store.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char path[128];

/* The schema of today as a query answers it. */
#define TEXT_OF(number) #number
#define TEXT_OF_VALUE(number) TEXT_OF(number)
#define TEXT_OF_SCHEMA TEXT_OF_VALUE(STORE_SCHEMA)
#define SCHEMA_LINE TEXT_OF_SCHEMA "\n"

/* Of the stores that a test opens; a struct of zeros but in the tests that IN_EACH_JOURNAL makes. */
static struct store_options fixture_options;

/* Two tests of a function, one a journal. */
#define IN_EACH_JOURNAL(name)                                                                                          \
    START_TEST(name##_with_a_log)                                                                                      \
    {                                                                                                                  \
        fixture_options.journal = STORE_JOURNAL_WAL;                                                                   \
        name();                                                                                                        \
        fixture_options.journal = STORE_JOURNAL_AUTO;                                                                  \
    }                                                                                                                  \
    END_TEST                                                                                                           \
    START_TEST(name##_without_a_log)                                                                                   \
    {                                                                                                                  \
        fixture_options.journal = STORE_JOURNAL_DELETE;                                                                \
        name();                                                                                                        \
        fixture_options.journal = STORE_JOURNAL_AUTO;                                                                  \
    }                                                                                                                  \
    END_TEST

/* In memory where the system offers it: these tests sync thousands of times. */
static inline void fixture_begin(void)
{
    snprintf(folder, sizeof folder, "%s/actsearch-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.db", folder);
}

static inline void fixture_end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static inline bool is_there(const char *ending)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s", path, ending);
    return access(name, F_OK) == 0;
}

static inline void assert_no_side_files(void)
{
    ck_assert(!is_there("-wal") && !is_there("-shm") && !is_there("-journal") && !is_there(".lock"));
}

/* The end of a child that leaves everything as it is: not even valgrind looks for what it did not free. */
static inline _Noreturn void vanish(bool well)
{
    if (well)
        kill(getpid(), SIGKILL);
    _exit(1);
}

static inline void assert_vanished(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended by itself: %x", status);
}

static const struct store_run example_run = {
    .name = "spirals",
    .experiment = "{\"name\":\"spirals\",\"search\":{\"strategy\":\"evolution\",\"budget\":300,\"window\":8}}",
    .grammar = "{\"primitives\":[\"x\",\"tanh\"]}",
    .protocol = "{\"epochs\":2}",
    .seed = -7,
    .strategy = "evolution",
    .window = 8,
    .metric = "validation_accuracy",
    .program_version = "0.1.0",
    .isa = "x86-64-v3",
    .library_version = "oneDNN 2.6.3",
    .arithmetic = "0123456789abcdef",
    .data_digest = "00ff",
    .data_description = "two spirals, 400 + 200 points",
};

static const struct trial example_trials[] = {
    {.seed_index = 0,
     .outcome = OUTCOME_ok,
     .score = 0.9,
     .validation = {.accuracy = 0.9, .loss = 0.25},
     .train_loss = 0.125,
     .epochs = 2},
    {.seed_index = 1,
     .outcome = OUTCOME_ok,
     .score = 0.8,
     .validation = {.accuracy = 0.8, .loss = 0.5},
     .train_loss = 1e-300,
     .epochs = 2},
    {.seed_index = 2,
     .outcome = OUTCOME_diverged,
     .score = NAN,
     .validation = {.accuracy = NAN, .loss = INFINITY},
     .train_loss = -INFINITY,
     .epochs = 1},
};
#define EXAMPLE_EPOCH(seed, epoch, train, rate, ...)                                                                   \
    {                                                                                                                  \
        .seed_index = seed, .number = epoch, .train_loss = train, .learning_rate = rate, .validation = { __VA_ARGS__ } \
    }
static const struct epoch example_curve[] = {
    EXAMPLE_EPOCH(0, 1, 0.5, 0.01, .loss = 0.6, .accuracy = 0.7, .r2 = NAN, .rmse = NAN, .bits = NAN),
    EXAMPLE_EPOCH(0, 2, 0.4, 0.001, .loss = 0.5, .accuracy = 0.9, .r2 = NAN, .rmse = NAN, .bits = NAN),
    EXAMPLE_EPOCH(1, 1, 0.55, 0.01, .loss = 0.65, .accuracy = 0.6, .r2 = 0.4, .rmse = 2.5, .bits = 1.5),
    EXAMPLE_EPOCH(1, 2, 0.45, 0.001, .loss = 0.55, .accuracy = 0.8, .r2 = NAN, .rmse = NAN, .bits = NAN),
    EXAMPLE_EPOCH(2, 1, NAN, 0.01, .loss = INFINITY, .accuracy = 0.1, .r2 = NAN, .rmse = NAN, .bits = NAN),
};
static const struct learned example_parameters[] = {
    {0, LEARNED_BY_ALL, LEARNED_BY_ALL, 0, 1.0 / 3, 0}, {0, 1, 17, 0, -0.0, 2}, {1, 0, LEARNED_BY_ALL, 0, NAN, 0}};
static const struct snapshot example_snapshots[] = {
    {0, 1, {"dense1", 0, NAN, NAN, NAN, NAN, NAN, NAN, 0.5, 0.001}},
    {0, 1, {"act1", 1, 0.1, 1, 0.2, 0.9, 0.25, 0.75, NAN, INFINITY}},
    {1, 2, {"dense1", 0, NAN, NAN, NAN, NAN, NAN, NAN, 1e-30, 0.5}},
};

/* The store only reads what an evaluation points to. */
#define EXAMPLE_RESULT                                                                                                 \
    {                                                                                                                  \
        .outcome = OUTCOME_ok, .objectives = 1, .objective = {{0.85, 0.0707}},                                         \
        .validation = {.accuracy = {0.85, 0.0707}, .loss = {0.375, NAN}}, .train_loss = {0.0625, NAN}, .seeds = 3,     \
        .epochs = 5                                                                                                    \
    }
static const struct evaluation example_evaluation = {.result = EXAMPLE_RESULT,
                                                     .trials = (struct trial *)example_trials,
                                                     .trial_count = 3,
                                                     .curve = (struct epoch *)example_curve,
                                                     .epoch_count = 5,
                                                     .parameters = (struct learned *)example_parameters,
                                                     .parameter_count = 3,
                                                     .snapshots = (struct snapshot *)example_snapshots,
                                                     .snapshot_count = 3};
/* The same result without the trainings that it comes from. */
static const struct evaluation bare_evaluation = {.result = EXAMPLE_RESULT};
static const struct store_timing example_timing = {.wall_seconds = 0.05, .cpu_seconds = 0.04};

/* An evaluated ticket with trials, curve and parameters; its parents are the tickets before it. */
static inline struct store_ticket example_ticket(int64_t number)
{
    return (struct store_ticket){
        .proposal = {.ticket = number,
                     .origin = STORE_SEARCH,
                     .operator= number> 1 ? "crossover" : "random",
                     .parent1 = number > 1 ? number - 1 : STORE_NONE,
                     .parent2 = number > 1 ? number / 2 : STORE_NONE,
                     .genome = "mul(x, tanh(x))",
                     .expression = "x*tanh(x)",
                     .simplified = "tanh(x)*x",
                     .fingerprint = "0123abcd",
                     .nodes = 4,
                     .outcome = STORE_EVALUATED,
                     .same_as = STORE_NONE},
        .evaluation = &example_evaluation,
        .timing = &example_timing,
    };
}

static inline struct store_ticket duplicate_ticket(int64_t number, int64_t first)
{
    struct store_ticket ticket = {.proposal = example_ticket(number).proposal};
    ticket.proposal.outcome = STORE_DUPLICATE;
    ticket.proposal.same_as = first;
    return ticket;
}

static inline struct store_ticket rejected_ticket(int64_t number, const char *reason)
{
    struct store_ticket ticket = {.proposal = example_ticket(number).proposal};
    ticket.proposal.outcome = STORE_REJECTED;
    ticket.proposal.reason = reason;
    ticket.proposal.fingerprint = NULL;
    return ticket;
}

static inline struct store_ticket scored_ticket(int64_t number, const struct evaluation *evaluation)
{
    struct store_ticket ticket = {.proposal = example_ticket(number).proposal, .evaluation = evaluation};
    return ticket;
}

/* The answer of a query as text: cells joined by '|', rows by newlines. Static buffer. */
static inline const char *answer(struct store *store, const char *sql)
{
    static char text[1 << 16];
    struct error err = ERROR_EMPTY;
    struct store_query *query = NULL;
    size_t used = 0;
    bool row = false;
    ASSERT_OK(store_query_new(store, sql, &query, &err));
    text[0] = '\0';
    for (;;) {
        ASSERT_OK(store_query_next(query, &row, &err));
        if (!row)
            break;
        for (int i = 0; i < store_query_columns(query); i++) {
            struct store_cell cell = store_query_cell(query, i);
            char number[40] = "";
            if (cell.kind == STORE_CELL_INTEGER)
                snprintf(number, sizeof number, "%" PRId64, cell.integer);
            else if (cell.kind == STORE_CELL_REAL)
                snprintf(number, sizeof number, "%.17g", cell.real);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s", i ? "|" : "", number,
                                     cell.kind == STORE_CELL_TEXT ? cell.text : "");
            ck_assert_uint_lt(used, sizeof text - 2);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    store_query_free(query);
    return text;
}

/* Runs SQL on the file behind the store's back. */
static inline void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, &message);
    ck_assert_msg(code == SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

/* A process that dies with half of a large transaction in the file. */
static inline void leave_half_a_transaction(void)
{
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;
        vanish(sqlite3_open(path, &db) == SQLITE_OK &&
               sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN; UPDATE curve SET train_loss = 1e9", NULL, NULL, NULL) ==
                   SQLITE_OK);
    }
    assert_vanished(child);
}

/* Everything in the file but the tables that may differ, as text. Returns malloc'ed. */
static inline char *comparable_dump(void)
{
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(path, &store, &err));
    char names[2048], sql[160];
    snprintf(
        names, sizeof names, "%s",
        answer(store,
               "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('timing', 'session', 'crash')"));
    char *dump = malloc(1 << 20), *rest = names;
    size_t used = 0;
    for (char *name; (name = strsep(&rest, "\n")) && *name;) {
        snprintf(sql, sizeof sql, "SELECT * FROM %s", name);
        const char *rows = answer(store, sql);
        ck_assert_uint_lt(used + strlen(rows) + 100, 1 << 20);
        used += (size_t)sprintf(dump + used, "%s:\n%s", name, rows);
    }
    ASSERT_OK(store_close(store, &err));
    return dump;
}

#endif
