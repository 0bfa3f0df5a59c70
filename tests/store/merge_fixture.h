/* Databases to merge, and what must hold of those that were merged. */
#ifndef ACTSEARCH_TESTS_STORE_MERGE_FIXTURE_H
#define ACTSEARCH_TESTS_STORE_MERGE_FIXTURE_H

#include "fixture.h"

/* A name in the folder; a few are valid at a time. */
static inline const char *in_folder(const char *name)
{
    static char paths[64][160];
    static int next;
    char *made = paths[next++ % 64];
    snprintf(made, sizeof *paths, "%s/%s", folder, name);
    return made;
}

/* Databases to merge ------------------------------------------------------------------------------ */

/* A ticket in short. Functions are numbers; each has its formula and its fingerprint. */
struct candidate {
    const char *outcome;
    int function;
    int64_t parent1, parent2, same_as;
    double score;
};
enum { NO = STORE_NONE };

static inline struct store_run run_with_seed(int64_t seed)
{
    struct store_run run = example_run;
    run.seed = seed;
    return run;
}

/* Measures as example_run does, but searches in another way. */
static inline struct store_run other_search(void)
{
    struct store_run run = example_run;
    run.experiment = "{\"name\":\"spirals\",\"search\":{\"strategy\":\"random\",\"budget\":300,\"window\":1}}";
    run.strategy = "random";
    run.window = 1;
    return run;
}

static inline void append(struct store *store, const struct candidate *candidate)
{
    char genome[20], simplified[20], fingerprint[20];
    struct error err;
    struct store_ticket ticket = example_ticket(store_count(store));
    struct evaluation evaluation = example_evaluation;
    snprintf(genome, sizeof genome, "g%d", candidate->function);
    snprintf(simplified, sizeof simplified, "s%d", candidate->function);
    snprintf(fingerprint, sizeof fingerprint, "f%d", candidate->function);
    evaluation.result.objective[0].mean = candidate->score;
    ticket.evaluation = &evaluation;
    if (strcmp(candidate->outcome, STORE_EVALUATED) != 0)
        ticket = (struct store_ticket){.proposal = ticket.proposal};
    ticket.proposal.genome = genome;
    ticket.proposal.simplified = simplified;
    ticket.proposal.fingerprint = fingerprint;
    ticket.proposal.parent1 = candidate->parent1;
    ticket.proposal.parent2 = candidate->parent2;
    ticket.proposal.outcome = candidate->outcome;
    ticket.proposal.same_as = candidate->same_as;
    ticket.proposal.reason = strcmp(candidate->outcome, STORE_REJECTED) == 0 ? "constant" : NULL;
    ASSERT_OK(store_append(store, &ticket, &err));
}

static inline struct store *opened(const char *name, const struct store_run *run)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(in_folder(name), run, &fixture_options, &store, &err));
    return store;
}

static inline struct store *opened_for_reading(const char *name)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(in_folder(name), &store, &err));
    return store;
}

static inline void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

/* A session that stores the candidates from the count of the file on. Its process gets a number of its own: sessions
   that begin in one millisecond would be one otherwise. */
static inline void make(const char *name, const struct store_run *run, const struct candidate *candidates, int count)
{
    struct error err;
    struct store *store = opened(name, run);
    ASSERT_OK(store_session_begin(store, 2, "processor", &err));
    while (store_count(store) < count)
        append(store, &candidates[store_count(store)]);
    ASSERT_OK(store_session_end(store, "finished", &err));
    close_store(store);
    static int process;
    char sql[100];
    snprintf(sql, sizeof sql, "UPDATE session SET pid = %d WHERE id = (SELECT max(id) FROM session)", ++process);
    snprintf(path, sizeof path, "%s", in_folder(name));
    tamper(sql);
}

static const struct candidate first_island[] = {
    {STORE_EVALUATED, 1, NO, NO, NO, 0.5}, {STORE_EVALUATED, 2, NO, NO, NO, 0.25}, {STORE_REJECTED, 3, 1, NO, NO, NAN},
    {STORE_DUPLICATE, 1, 1, 0, 0, NAN},    {STORE_EVALUATED, 4, 3, 1, NO, 0.75},
};
static const struct candidate second_island[] = {
    {STORE_EVALUATED, 5, NO, NO, NO, 1},   {STORE_EVALUATED, 2, 0, NO, NO, 0.25}, {STORE_DUPLICATE, 2, 1, NO, 1, NAN},
    {STORE_DUPLICATE, 5, 2, 1, 0, NAN},    {STORE_EVALUATED, 1, 2, 3, NO, 0.5},   {STORE_DUPLICATE, 1, 4, NO, 4, NAN},
    {STORE_EVALUATED, 6, 5, 4, NO, 0.125},
};
enum { FIRST = 5, SECOND = 7 };

/* Merging ------------------------------------------------------------------------------------------ */

static struct store_merge last_merge; /* its report */

static inline int merge_of(const char *out, const char *const *names, int count, struct error *err)
{
    const char *paths[64];
    for (int i = 0; i < count; i++)
        paths[i] = in_folder(names[i]);
    store_merge_release(&last_merge);
    return store_merge(in_folder(out), paths, count, NULL, &last_merge, err);
}
#define NAMES(...)                                                                                                     \
    (const char *const[]){__VA_ARGS__}, (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
/* What every database promises, and a merged one besides. */
static inline void assert_sound(const char *name)
{
    static const char *const nothing[] = {
        "PRAGMA foreign_key_check",
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT n FROM (SELECT count(*) AS n, coalesce(max(ticket) + 1, 0) AS next FROM proposal) WHERE n <> next",
        "SELECT ticket FROM proposal LEFT JOIN evaluation AS e USING (ticket)"
        " WHERE (proposal.outcome = 'evaluated') <> (e.ticket IS NOT NULL)",
        "SELECT ticket FROM proposal WHERE ticket NOT IN (SELECT ticket FROM provenance)",
        "SELECT p.ticket FROM proposal AS p JOIN proposal AS first ON first.ticket = p.same_as"
        " WHERE first.outcome <> 'evaluated' OR first.fingerprint <> p.fingerprint",
        "SELECT run FROM provenance GROUP BY run HAVING count(*) <> max(run_ticket) + 1",
    };
    struct store *store = opened_for_reading(name);
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        ck_assert_msg(*answer(store, nothing[i]) == '\0', "%s: %s", nothing[i], answer(store, nothing[i]));
    close_store(store);
    snprintf(path, sizeof path, "%s", in_folder(name));
    assert_no_side_files();
}

static inline void merge_soundly(const char *out, const char *const *names, int count)
{
    struct error err;
    ASSERT_OK(merge_of(out, names, count, &err));
    assert_sound(out);
}
#define MERGE(out, ...) merge_soundly(out, NAMES(__VA_ARGS__))

/* All tables, as text. Returns malloc'ed. */
static inline char *dump_of(const char *name)
{
    struct store *store = opened_for_reading(name);
    char names[2048], sql[160], *rest = names, *dump = calloc(1, 1 << 20);
    size_t used = 0;
    snprintf(names, sizeof names, "%s", answer(store, "SELECT name FROM sqlite_schema WHERE type = 'table'"));
    for (char *table; (table = strsep(&rest, "\n")) && *table;) {
        snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
        used += (size_t)snprintf(dump + used, (1 << 20) - used, "%s:\n%s", table, answer(store, sql));
        ck_assert_uint_lt(used, 1 << 20);
    }
    close_store(store);
    return dump;
}

static inline void assert_answer(const char *name, const char *sql, const char *expected)
{
    struct store *store = opened_for_reading(name);
    ck_assert_str_eq(answer(store, sql), expected);
    close_store(store);
}

static inline void assert_same_answer(const char *one, const char *other, const char *sql)
{
    struct store *store = opened_for_reading(one);
    char *expected = strdup(answer(store, sql));
    close_store(store);
    ck_assert_uint_gt(strlen(expected), 0);
    assert_answer(other, sql, expected);
    free(expected);
}

static inline void make_old(const char *name, int schema)
{
    char command[400];
    snprintf(command, sizeof command, "%s/tests/store/schema%d.sql", SOURCE_DIR, schema);
    FILE *file = fopen(command, "r");
    ck_assert_ptr_nonnull(file);
    char *sql = calloc(1, 1 << 20);
    ck_assert_uint_gt(fread(sql, 1, (1 << 20) - 1, file), 1000);
    fclose(file);
    snprintf(path, sizeof path, "%s", in_folder(name));
    tamper(sql);
    free(sql);
}

#endif
