/* Databases joined to one: what stays, what is left out, and that a merge is done wholly or not at all. */
#include "fixture.h"

#include "base/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* A name in the folder; a few are valid at a time. */
static const char *in_folder(const char *name)
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

static struct store_run run_with_seed(int64_t seed)
{
    struct store_run run = example_run;
    run.seed = seed;
    return run;
}

/* Measures as example_run does, but searches in another way. */
static struct store_run other_search(void)
{
    struct store_run run = example_run;
    run.experiment = "{\"name\":\"spirals\",\"search\":{\"strategy\":\"random\",\"budget\":300,\"window\":1}}";
    run.strategy = "random";
    run.window = 1;
    return run;
}

static void append(struct store *store, const struct candidate *candidate)
{
    char genome[20], simplified[20], fingerprint[20];
    struct error err;
    struct store_ticket ticket = example_ticket(store_count(store));
    struct store_evaluation evaluation = example_evaluation;
    snprintf(genome, sizeof genome, "g%d", candidate->function);
    snprintf(simplified, sizeof simplified, "s%d", candidate->function);
    snprintf(fingerprint, sizeof fingerprint, "f%d", candidate->function);
    evaluation.score = candidate->score;
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

static struct store *opened(const char *name, const struct store_run *run)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(in_folder(name), run, &fixture_options, &store, &err));
    return store;
}

static struct store *opened_for_reading(const char *name)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(in_folder(name), &store, &err));
    return store;
}

static void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

/* A session that stores the candidates from the count of the file on. */
static void make(const char *name, const struct store_run *run, const struct candidate *candidates, int count)
{
    struct error err;
    struct store *store = opened(name, run);
    ASSERT_OK(store_session_begin(store, 2, "processor", &err));
    while (store_count(store) < count)
        append(store, &candidates[store_count(store)]);
    ASSERT_OK(store_session_end(store, "finished", &err));
    close_store(store);
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

static int merge_of(const char *out, const char *const *names, int count, struct error *err)
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
static void assert_sound(const char *name)
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

static void merge_soundly(const char *out, const char *const *names, int count)
{
    struct error err;
    ASSERT_OK(merge_of(out, names, count, &err));
    assert_sound(out);
}
#define MERGE(out, ...) merge_soundly(out, NAMES(__VA_ARGS__))

/* All tables, as text. Returns malloc'ed. */
static char *dump_of(const char *name)
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

static void assert_answer(const char *name, const char *sql, const char *expected)
{
    struct store *store = opened_for_reading(name);
    ck_assert_str_eq(answer(store, sql), expected);
    close_store(store);
}

static void assert_same_answer(const char *one, const char *other, const char *sql)
{
    struct store *store = opened_for_reading(one);
    char *expected = strdup(answer(store, sql));
    close_store(store);
    ck_assert_uint_gt(strlen(expected), 0);
    assert_answer(other, sql, expected);
    free(expected);
}

static void assert_part(int i, int input, int64_t seed, int64_t tickets, int64_t evaluations, int64_t duplicates)
{
    ck_assert_int_lt(i, last_merge.part_count);
    const struct store_merge_part *part = &last_merge.parts[i];
    ck_assert_str_eq(part->experiment, "spirals");
    ck_assert(part->input == input && part->seed == seed);
    ck_assert_int_eq(part->tickets, tickets);
    ck_assert_int_eq(part->evaluations, evaluations);
    ck_assert_int_eq(part->duplicates, duplicates);
}

static const char tickets_sql[] = "SELECT ticket, run, run_ticket, parent1, parent2, genome, outcome, same_as"
                                  " FROM proposal JOIN provenance USING (ticket)";
static const char *const ticket_tables[] = {"proposal", "evaluation", "trial", "curve", "parameter", "watch", "timing"};

START_TEST(a_single_database_comes_over_whole)
{
    fixture_begin();
    make("a.db", &example_run, first_island, FIRST);
    MERGE("all.db", "a.db");
    assert_part(0, 0, -7, 5, 3, 0);
    ck_assert(last_merge.part_count == 1 && last_merge.runs == 1 && last_merge.tickets == 5);
    ck_assert(last_merge.evaluations == 3 && last_merge.contradictions == 0);
    char sql[80];
    for (size_t i = 0; i < sizeof ticket_tables / sizeof *ticket_tables; i++) {
        snprintf(sql, sizeof sql, "SELECT * FROM %s", ticket_tables[i]);
        assert_same_answer("a.db", "all.db", sql);
    }
    assert_same_answer("a.db", "all.db", "SELECT * FROM run");
    assert_same_answer("a.db", "all.db", "SELECT * FROM session");
    assert_same_answer("a.db", "all.db", "SELECT * FROM leaderboard");
    assert_answer("all.db", "SELECT * FROM provenance", "0|1|0\n1|1|1\n2|1|2\n3|1|3\n4|1|4\n");
    assert_answer("a.db", "SELECT count(*) FROM provenance", "0\n");
    fixture_end();
}
END_TEST

START_TEST(runs_that_measure_differently_both_stay)
{
    fixture_begin();
    struct store_run other = run_with_seed(8);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db", "b.db");
    assert_part(0, 0, -7, 5, 3, 0);
    assert_part(1, 1, 8, 7, 4, 0);
    assert_answer("all.db", tickets_sql,
                  "0|1|0|||g1|evaluated|\n1|1|1|||g2|evaluated|\n2|1|2|1||g3|rejected|\n3|1|3|1|0|g1|duplicate|0\n"
                  "4|1|4|3|1|g4|evaluated|\n5|2|0|||g5|evaluated|\n6|2|1|5||g2|evaluated|\n7|2|2|6||g2|duplicate|6\n"
                  "8|2|3|7|6|g5|duplicate|5\n9|2|4|7|8|g1|evaluated|\n10|2|5|9||g1|duplicate|9\n"
                  "11|2|6|10|9|g6|evaluated|\n");
    assert_answer("all.db", "SELECT ticket, score, run, experiment FROM leaderboard",
                  "5|1|2|spirals\n4|0.75|1|spirals\n0|0.5|1|spirals\n9|0.5|2|spirals\n1|0.25|1|spirals\n"
                  "6|0.25|2|spirals\n11|0.125|2|spirals\n");
    assert_answer("all.db", "SELECT generation, ancestor FROM lineage WHERE ticket = 11",
                  "0|11\n1|9\n1|10\n2|7\n2|8\n3|6\n4|5\n");
    fixture_end();
}
END_TEST

/* Worked out by hand: functions 1 and 2 are measured in both, and what was a duplicate of the second measurement is
   one of the first then. */
START_TEST(what_was_measured_twice_stays_once)
{
    fixture_begin();
    struct store_run other = other_search();
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db", "b.db");
    assert_part(0, 0, -7, 5, 3, 0);
    assert_part(1, 1, -7, 7, 2, 2);
    ck_assert(last_merge.runs == 2 && last_merge.tickets == 12 && last_merge.evaluations == 5);
    ck_assert_int_eq(last_merge.contradictions, 0);
    assert_answer("all.db", tickets_sql,
                  "0|1|0|||g1|evaluated|\n1|1|1|||g2|evaluated|\n2|1|2|1||g3|rejected|\n3|1|3|1|0|g1|duplicate|0\n"
                  "4|1|4|3|1|g4|evaluated|\n5|2|0|||g5|evaluated|\n6|2|1|5||g2|duplicate|1\n7|2|2|6||g2|duplicate|1\n"
                  "8|2|3|7|6|g5|duplicate|5\n9|2|4|7|8|g1|duplicate|0\n10|2|5|9||g1|duplicate|0\n"
                  "11|2|6|10|9|g6|evaluated|\n");
    for (size_t i = 1; i < sizeof ticket_tables / sizeof *ticket_tables; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT DISTINCT ticket FROM %s", ticket_tables[i]);
        assert_answer("all.db", sql, "0\n1\n4\n5\n11\n");
    }
    fixture_end();
}
END_TEST

/* A search does not train a function twice, but its database might say so. */
START_TEST(within_a_run_too)
{
    static const struct candidate twice[] = {{STORE_EVALUATED, 1, NO, NO, NO, 0.5},
                                             {STORE_EVALUATED, 1, 0, NO, NO, 0.5},
                                             {STORE_DUPLICATE, 1, 1, NO, 1, NAN}};
    fixture_begin();
    make("a.db", &example_run, twice, 3);
    MERGE("all.db", "a.db");
    assert_part(0, 0, -7, 3, 1, 1);
    assert_answer("all.db", tickets_sql, "0|1|0|||g1|evaluated|\n1|1|1|0||g1|duplicate|0\n2|1|2|1||g1|duplicate|0\n");
    fixture_end();
}
END_TEST

/* Each field that decides a score, changed alone, keeps the evaluations apart; those that do not, do not. */
START_TEST(a_measurement_is_known_by_all_that_decides_a_score)
{
    struct store_run runs[12];
    enum { APART = 8, COUNT = 12 };
    for (int i = 0; i < COUNT; i++)
        runs[i] = example_run;
    runs[0].seed = 1;
    runs[1].protocol = "{\"epochs\":3}";
    runs[2].metric = "validation_loss";
    runs[3].program_version = "0.2.0";
    runs[4].isa = "portable";
    runs[5].library_version = "oneDNN 3.0";
    runs[6].data_digest = "00fe";
    runs[7].experiment = "{\"name\":\"spirals\",\"network\":1,\"search\":{}}";
    runs[8].experiment = "{\"name\":\"spirals\",\"search\":{}}";
    runs[9].name = "another";
    runs[10].grammar = "{}";
    runs[11].strategy = "random";
    fixture_begin();
    make("a.db", &example_run, first_island, 2);
    for (int i = 0; i < COUNT; i++) {
        make("b.db", &runs[i], second_island, 2);
        MERGE("all.db", "a.db", "b.db");
        ck_assert_int_eq(last_merge.runs, 2);
        ck_assert_msg(last_merge.parts[1].duplicates == (i < APART ? 0 : 1), "run %d", i);
        ck_assert(unlink(in_folder("b.db")) == 0 && unlink(in_folder("all.db")) == 0);
    }
    fixture_end();
}
END_TEST

/* An experiment that is no JSON, as only a foreign hand writes it, is compared as it is. */
START_TEST(experiments_that_cannot_be_read_are_compared_as_texts)
{
    fixture_begin();
    struct store_run one = example_run, other = example_run;
    one.experiment = other.experiment = "not { JSON";
    other.strategy = "random";
    make("a.db", &one, first_island, 2);
    make("b.db", &other, second_island, 2);
    MERGE("all.db", "a.db", "b.db");
    assert_part(1, 1, -7, 2, 1, 1);
    fixture_end();
}
END_TEST

START_TEST(again_it_changes_nothing)
{
    fixture_begin();
    struct store_run other = other_search(), third = run_with_seed(3);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    make("c.db", &third, second_island, SECOND);
    MERGE("all.db", "a.db", "b.db", "c.db");
    char *once = dump_of("all.db");
    ck_assert_ptr_nonnull(strstr(once, "timing:\n0|1|"));
    MERGE("all.db", "a.db", "b.db", "c.db");
    char *twice = dump_of("all.db");
    ck_assert_str_eq(once, twice);
    for (int i = 0; i < 3; i++)
        ck_assert(last_merge.parts[i].tickets == 0 && last_merge.parts[i].duplicates == 0);
    MERGE("all.db", "c.db", "a.db", "a.db");
    char *otherwise = dump_of("all.db");
    ck_assert_str_eq(once, otherwise);
    MERGE("new.db", "a.db", "b.db", "b.db", "c.db", "a.db");
    char *twice_each = dump_of("new.db");
    ck_assert_str_eq(once, twice_each);
    free(once);
    free(twice);
    free(otherwise);
    free(twice_each);
    fixture_end();
}
END_TEST

/* The second island is merged when it has 3, 4, 5, ... tickets. Numbers depend on the order then, lineage does not. */
START_TEST(what_has_grown_is_added)
{
    fixture_begin();
    struct store_run other = other_search();
    make("a.db", &example_run, first_island, 1);
    for (int count = 1; count <= SECOND; count++) {
        make("b.db", &other, second_island, count);
        MERGE("all.db", "b.db", "a.db");
        ck_assert_int_eq(last_merge.parts[0].tickets, 1);
        ck_assert_int_eq(last_merge.parts[1].tickets, count == 1);
    }
    assert_answer("all.db", tickets_sql,
                  "0|1|0|||g5|evaluated|\n1|2|0|||g1|evaluated|\n2|1|1|0||g2|evaluated|\n3|1|2|2||g2|duplicate|2\n"
                  "4|1|3|3|2|g5|duplicate|0\n5|1|4|3|4|g1|duplicate|1\n6|1|5|5||g1|duplicate|1\n"
                  "7|1|6|6|5|g6|evaluated|\n");
    assert_answer("all.db", "SELECT count(*), count(DISTINCT started_at || pid), count(ending) FROM session",
                  "8|8|8\n");
    assert_answer("all.db", "SELECT count(*) FROM timing AS t JOIN session ON id = session", "4\n");
    fixture_end();
}
END_TEST

START_TEST(a_running_search_can_be_merged)
{
    fixture_begin();
    struct error err;
    struct store *writer = opened("a.db", &example_run);
    ASSERT_OK(store_session_begin(writer, 1, NULL, &err));
    MERGE("all.db", "a.db"); /* not a single ticket yet */
    ck_assert(last_merge.tickets == 0 && last_merge.runs == 1 && last_merge.part_count == 1);
    for (int i = 0; i < FIRST; i++) {
        append(writer, &first_island[i]);
        MERGE("all.db", "a.db");
        ck_assert(last_merge.tickets == i + 1 && last_merge.parts[0].tickets == 1);
    }
    assert_answer("all.db", "SELECT ending, ended_at FROM session", "|\n");
    ASSERT_OK(store_session_end(writer, "interrupted", &err));
    close_store(writer);
    MERGE("all.db", "a.db");
    ck_assert_int_eq(last_merge.parts[0].tickets, 0);
    assert_answer("all.db", "SELECT ending, ended_at > started_at FROM session", "interrupted|1\n");
    fixture_end();
}
END_TEST

/* A search that ends by itself, and with the test if that fails: nobody else would stop it. */
static _Noreturn void append_slowly(const char *name, int pipe_end)
{
    enum { ENOUGH = 1000 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct store *store = opened(name, &example_run);
    for (int i = 0; i < ENOUGH; i++) {
        append(store, &(struct candidate){STORE_EVALUATED, i, i - 1, NO, NO, 0.5});
        if (i == 3 && write(pipe_end, ".", 1) != 1)
            break;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    _exit(0);
}

/* What is read first and what is read last of an input must be of one moment. */
START_TEST(a_search_goes_on_while_it_is_merged)
{
    int ends[2], grown = 0;
    char byte;
    fixture_begin();
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        append_slowly("a.db", ends[1]);
    close(ends[1]);
    ck_assert_int_eq((int)read(ends[0], &byte, 1), 1);
    close(ends[0]);
    for (int i = 0; i < 40; i++) {
        MERGE("all.db", "a.db");
        grown += last_merge.parts[0].tickets > 0;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    MERGE("all.db", "a.db"); /* with the log that it left */
    ck_assert_int_gt(grown, 3);
    assert_same_answer("a.db", "all.db", "SELECT count(*), max(ticket) FROM evaluation");
    assert_same_answer("a.db", "all.db", "SELECT ticket, parent1, genome FROM proposal ORDER BY ticket DESC LIMIT 100");
    fixture_end();
}
END_TEST

START_TEST(merged_databases_can_be_merged)
{
    fixture_begin();
    struct store_run other = other_search(), third = run_with_seed(3);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    make("c.db", &third, second_island, SECOND);
    MERGE("all.db", "a.db", "b.db", "c.db");
    MERGE("ab.db", "a.db", "b.db");
    MERGE("ab c.db", "ab.db", "c.db", "ab.db", "a.db");
    assert_part(0, 0, -7, 5, 3, 0);
    assert_part(1, 0, -7, 7, 2, 0);
    assert_part(2, 1, 3, 7, 4, 0);
    char *one = dump_of("all.db"), *other_way = dump_of("ab c.db");
    ck_assert_str_eq(one, other_way);
    /* What stands as a duplicate in an input has its evaluation here already, and what has it there is one here. */
    MERGE("ba.db", "b.db", "ab.db");
    assert_part(0, 0, -7, 7, 4, 0);
    assert_part(1, 1, -7, 5, 1, 2);
    assert_part(2, 1, -7, 0, 0, 0);
    MERGE("straight.db", "b.db", "a.db");
    assert_same_answer("straight.db", "ba.db", tickets_sql);
    assert_same_answer("straight.db", "ba.db", "SELECT * FROM evaluation");
    free(one);
    free(other_way);
    fixture_end();
}
END_TEST

START_TEST(a_ticket_knows_its_source)
{
    fixture_begin();
    struct error err;
    struct store_source source;
    struct store_run other = run_with_seed(8);
    other.name = "other";
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db", "b.db");
    struct store *store = opened_for_reading("all.db");
    ASSERT_OK(store_source(store, 9, &source, &err));
    ck_assert(source.number == 2 && source.ticket == 4 && source.run->seed == 8);
    ck_assert_str_eq(source.run->name, "other");
    ASSERT_OK(store_source(store, 4, &source, &err));
    ck_assert(source.number == 1 && source.ticket == 4 && source.run->seed == -7);
    ck_assert_str_eq(source.run->name, "spirals");
    close_store(store);
    store = opened_for_reading("b.db");
    ASSERT_OK(store_source(store, 4, &source, &err));
    ck_assert(source.number == 1 && source.ticket == 4 && source.run == store_run(store));
    close_store(store);
    fixture_end();
}
END_TEST

static void make_old(const char *name, int schema)
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

/* A run is the same before and after its database is brought up to date. */
START_TEST(older_schemas_are_read_as_they_are_now)
{
    fixture_begin();
    make_old("1.db", 1);
    make_old("2.db", 2);
    MERGE("all.db", "1.db", "2.db");
    ck_assert(last_merge.runs == 2 && last_merge.tickets == 12 && last_merge.evaluations == 8);
    assert_answer("all.db", "SELECT group_concat(DISTINCT channel) FROM parameter WHERE ticket < 7", "-1\n");
    assert_answer("all.db", "SELECT group_concat(DISTINCT channel) FROM parameter WHERE ticket >= 7", "0,1,2\n");
    assert_answer("all.db", "SELECT json_extract(experiment, '$.network.parameters') FROM run", "layer\nchannel\n");
    assert_answer("all.db", "SELECT ticket, parent1, parent2, same_as FROM proposal WHERE ticket > 8",
                  "9|||8\n10|8|7|\n11|7||\n");
    char *before = dump_of("all.db");
    struct error err;
    struct store *merged = opened_for_reading("all.db"), *store;
    struct store_source source;
    for (int schema = 1; schema <= 2; schema++) {
        char name[20];
        snprintf(name, sizeof name, "%d.db", schema);
        ASSERT_OK(store_source(merged, schema == 1 ? 0 : 7, &source, &err));
        store = opened(name, source.run);
        close_store(store);
        assert_answer(name, "PRAGMA user_version", "3\n");
    }
    close_store(merged);
    MERGE("all.db", "1.db", "2.db");
    char *after = dump_of("all.db");
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    fixture_end();
}
END_TEST

START_TEST(scores_that_contradict_are_told)
{
    fixture_begin();
    struct store_run other = other_search();
    struct candidate wrong[SECOND];
    memcpy(wrong, second_island, sizeof wrong);
    wrong[1].score = 0.125;
    wrong[4].score = 0.375;
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, wrong, SECOND);
    for (int again = 0; again < 2; again++) {
        MERGE("all.db", "a.db", "b.db");
        ck_assert_int_eq(last_merge.contradictions, 2);
        ck_assert_str_eq(last_merge.function, "s2");
        ck_assert(last_merge.contradicting_input == 1 && last_merge.contradicting_ticket == 1);
        ck_assert(last_merge.contradicting_score == 0.125 && last_merge.kept_score == 0.25);
        ck_assert_int_eq(last_merge.kept_ticket, 1);
    }
    /* Functions may share a fingerprint and differ by a rounding. */
    snprintf(path, sizeof path, "%s", in_folder("b.db"));
    tamper("UPDATE proposal SET simplified = 'other way to write it' WHERE ticket IN (1, 4)");
    MERGE("other.db", "a.db", "b.db");
    ck_assert_int_eq(last_merge.contradictions, 0);
    assert_answer("all.db", "SELECT score FROM evaluation WHERE ticket < 2", "0.5\n0.25\n");
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

/* Kills a merge after some time; false: it had finished before. */
static bool kill_merge(const char *out, const char *const *names, int count, long microseconds)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(merge_of(out, names, count, NULL) == 0 ? 0 : 1);
    nanosleep(&(struct timespec){0, microseconds * 1000}, NULL);
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
    for (int round = 0; round < 30; round++) {
        const char *const out = round % 2 ? "new.db" : "all.db";
        unlink(in_folder(out));
        if (round % 2 == 0)
            MERGE("all.db", "a.db");
        kills += kill_merge(out, NAMES("a.db", "b.db"), 1000 + 700 * round);
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

START_TEST(asked_to_stop_it_leaves_no_trace)
{
    fixture_begin();
    struct error err;
    struct store_run other = run_with_seed(8);
    make("a.db", &example_run, first_island, FIRST);
    make("b.db", &other, second_island, SECOND);
    MERGE("all.db", "a.db");
    char *before = dump_of("all.db");
    for (stop_at = 1; stop_at <= SECOND; stop_at++) {
        struct store_merge report;
        const char *const input = in_folder("b.db");
        questions = 0;
        ASSERT_FAILS(store_merge(in_folder("all.db"), &input, 1, asked_to_stop, &report, &err), ERROR_INTERRUPTED,
                     "all.db: stopped, and nothing was merged; run the same command again");
        store_merge_release(&report);
        questions = 0;
        ASSERT_FAILS(store_merge(in_folder("new.db"), &input, 1, asked_to_stop, &report, &err), ERROR_INTERRUPTED, "");
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

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

START_TEST(fifty_thousand_tickets_take_seconds)
{
    int tickets = testing_is_sparse() ? 500 : 25000;
    fixture_begin();
    make_large("a.db", 1, tickets);
    make_large("b.db", 2, tickets);
    double begun = seconds();
    MERGE("all.db", "a.db", "b.db");
    double first = seconds() - begun;
    begun = seconds();
    MERGE("all.db", "a.db", "b.db");
    double again = seconds() - begun;
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
    return RUN_TESTS(
        "merge", 120, a_single_database_comes_over_whole, runs_that_measure_differently_both_stay,
        what_was_measured_twice_stays_once, within_a_run_too, a_measurement_is_known_by_all_that_decides_a_score,
        experiments_that_cannot_be_read_are_compared_as_texts, again_it_changes_nothing, what_has_grown_is_added,
        a_running_search_can_be_merged, a_search_goes_on_while_it_is_merged, merged_databases_can_be_merged,
        a_ticket_knows_its_source, older_schemas_are_read_as_they_are_now, scores_that_contradict_are_told,
        a_run_that_went_two_ways_is_refused, refusals_leave_everything_as_it_was, one_writer_here_too,
        many_inputs_with_odd_names, on_a_full_disk_nothing_is_merged,
        killed_at_any_moment_it_was_done_wholly_or_not_at_all, asked_to_stop_it_leaves_no_trace,
        short_memory_is_an_error_at_every_allocation, fifty_thousand_tickets_take_seconds);
}
