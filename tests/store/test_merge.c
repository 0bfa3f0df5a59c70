/* Databases joined to one: what stays and what is left out. */
#include "merge_fixture.h"

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
    assert_answer("all.db",
                  "SELECT run, count(*), count(DISTINCT pid) FROM provenance JOIN timing USING (ticket)"
                  " JOIN session ON id = session GROUP BY run",
                  "1|3|1\n2|4|1\n");
    assert_answer("all.db", "SELECT count(DISTINCT pid) FROM timing JOIN session ON id = session", "2\n");
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
    struct store_run runs[14];
    enum { APART = 10, COUNT = 14 };
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
    runs[8].arithmetic = "fedcba9876543210";
    runs[9].arithmetic = NULL;
    runs[10].experiment = "{\"name\":\"spirals\",\"search\":{}}";
    runs[11].name = "another";
    runs[12].grammar = "{}";
    runs[13].strategy = "random";
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
        assert_answer(name, "PRAGMA user_version", SCHEMA_LINE);
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
        ck_assert(last_merge.contradicting_score == 0.125 && last_merge.merged_score == 0.25);
        ck_assert_int_eq(last_merge.merged_ticket, 1);
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

int main(void)
{
    return RUN_TESTS(
        "merge", 60, a_single_database_comes_over_whole, runs_that_measure_differently_both_stay,
        what_was_measured_twice_stays_once, within_a_run_too, a_measurement_is_known_by_all_that_decides_a_score,
        experiments_that_cannot_be_read_are_compared_as_texts, again_it_changes_nothing, what_has_grown_is_added,
        a_running_search_can_be_merged, merged_databases_can_be_merged, a_ticket_knows_its_source,
        older_schemas_are_read_as_they_are_now, scores_that_contradict_are_told);
}
