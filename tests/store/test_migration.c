/* Databases of older schemas: schema1.sql to schema3.sql are whole ones, as programs of their time left them. */
#include "fixture.h"

#include "base/memory.h"

static char *read_all(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", name);
    char *bytes = malloc(1 << 20);
    *length = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[*length] = '\0';
    fclose(file);
    return bytes;
}

/* Every test runs once for each. */
static const struct old {
    int schema;
    int64_t tickets;
    int parameters;
    bool parameters_key; /* does the network say who has learned parameters? */
} olds[] = {{1, 7, 12, false}, {2, 5, 18, true}, {3, 5, 18, true}};
enum { OLDS = sizeof olds / sizeof *olds };

static void make_old(const struct old *old)
{
    size_t length;
    char name[200];
    snprintf(name, sizeof name, "%s/tests/store/schema%d.sql", SOURCE_DIR, old->schema);
    char *sql = read_all(name, &length);
    fixture_begin();
    tamper(sql);
    free(sql);
}

static const char *version_of(const struct old *old)
{
    static char text[20];
    snprintf(text, sizeof text, "%d\n", old->schema);
    return text;
}

static struct store *opened_for_reading(void)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(path, &store, &err));
    return store;
}

static void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

/* The old run as a program of today describes it: its network says who has learned parameters. The texts belong to
   `reader`, which stays open. */
static struct store_run run_of_today(const struct old *old, struct store *reader)
{
    static char experiment[4000];
    static const char key[] = ",\"parameters\":\"layer\"";
    struct store_run run = *store_run(reader);
    ck_assert(!strstr(run.experiment, "parameters") == !old->parameters_key);
    if (old->parameters_key)
        return run;
    const char *end = strstr(run.experiment, "},\"search\"");
    ck_assert_ptr_nonnull(end);
    snprintf(experiment, sizeof experiment, "%.*s%s%s", (int)(end - run.experiment), run.experiment, key, end);
    run.experiment = experiment;
    return run;
}

static struct store *opened(const struct store_run *run)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, run, &fixture_options, &store, &err));
    return store;
}

/* Learned parameters of all tickets; where there was no channel, they have that of no channel. */
static int check_parameters(const struct old *old, struct store *store, double *sum)
{
    struct error err;
    struct store_cursor *cursor = NULL;
    const struct store_ticket *ticket = NULL;
    int count = 0;
    *sum = 0;
    ASSERT_OK(store_cursor_new(store, 0, &cursor, &err));
    for (;;) {
        ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
        if (!ticket)
            break;
        for (ptrdiff_t i = 0; ticket->evaluation && i < ticket->evaluation->parameter_count; i++, count++) {
            const struct learned *p = &ticket->evaluation->parameters[i];
            ck_assert(old->parameters_key
                          ? p->channel == i % 3 && p->layer == 0 && p->seed_index == i / 3
                          : p->channel == LEARNED_BY_ALL && p->layer == i % 2 && p->seed_index == i / 2 % 2);
            *sum += p->value;
        }
    }
    store_cursor_free(cursor);
    return count;
}

START_TEST(an_old_database_can_be_read_and_stays_as_it_is)
{
    const struct old *old = &olds[_i];
    size_t length, length_after;
    double sum;
    struct error err;
    struct store_source source;
    make_old(old);
    char *before = read_all(path, &length);
    struct store *store = opened_for_reading();
    ck_assert_int_eq(store_count(store), old->tickets);
    ck_assert_int_eq(check_parameters(old, store, &sum), old->parameters);
    ck_assert(sum > 0.7 * old->parameters && sum < 1.4 * old->parameters);
    ck_assert_str_eq(answer(store, "PRAGMA user_version"), version_of(old));
    ASSERT_OK(store_source(store, 3, &source, &err)); /* what it has no table for */
    ck_assert(source.run == store_run(store) && source.number == 1 && source.ticket == 3);
    close_store(store);
    char *after = read_all(path, &length_after);
    ck_assert_uint_eq(length, length_after);
    ck_assert_mem_eq(before, after, length);
    assert_no_side_files();
    free(before);
    free(after);
    fixture_end();
}
END_TEST

static char *copy_of(const char *string)
{
    char *copy = strdup(string);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* All tables but the one that changed and the text that says more. */
static const char everything_else[] =
    "SELECT name, seed, metric FROM run UNION ALL SELECT ticket, genome, outcome FROM proposal"
    " UNION ALL SELECT ticket, score, epochs FROM evaluation UNION ALL SELECT ticket, seed_index, train_loss FROM trial"
    " UNION ALL SELECT ticket, epoch, validation_loss FROM curve UNION ALL SELECT ticket, place, dead FROM watch"
    " UNION ALL SELECT ticket, session, finished_at FROM timing UNION ALL SELECT id, host, ending FROM session";

START_TEST(opened_for_writing_it_is_brought_up_to_date)
{
    const struct old *old = &olds[_i];
    double sum_before, sum;
    make_old(old);
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(old, reader);
    check_parameters(old, reader, &sum_before);
    char *others = copy_of(answer(reader, everything_else));
    struct store *store = opened(&run);
    ck_assert_int_eq(store_count(store), old->tickets);
    ck_assert_str_eq(store_run(store)->experiment, run.experiment);
    ck_assert_str_eq(answer(store, "PRAGMA user_version"), SCHEMA_LINE);
    ck_assert_str_eq(answer(store, "SELECT id FROM run"), "1\n");
    ck_assert_int_eq(check_parameters(old, store, &sum), old->parameters);
    ck_assert(sum == sum_before);
    ck_assert_str_eq(answer(store, everything_else), others);
    struct store_ticket ticket = example_ticket(old->tickets);
    struct error err;
    ASSERT_OK(store_append(store, &ticket, &err));
    ck_assert_str_eq(answer(store, "SELECT layer, channel FROM parameter WHERE seed_index = 0"
                                   " AND ticket = (SELECT max(ticket) FROM proposal)"),
                     "-1|-1\n1|17\n");
    ck_assert_str_eq(answer(store, "SELECT run, experiment FROM leaderboard LIMIT 1"), "1|moons\n");
    close_store(store);
    store = opened(&run); /* and a second time there is nothing to do */
    ck_assert_int_eq(store_count(store), old->tickets + 1);
    close_store(store);
    close_store(reader);
    assert_no_side_files();
    free(others);
    fixture_end();
}
END_TEST

/* So that whoever reads the schema of an old database learns what a new one says. */
START_TEST(its_schema_is_then_that_of_a_new_one)
{
    static const char schema[] = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    make_old(&olds[_i]);
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(&olds[_i], reader);
    char *old = copy_of(answer(reader, schema));
    close_store(opened(&run));
    char *migrated = copy_of(answer(reader, schema));
    close_store(reader);
    fixture_end();
    fixture_begin();
    struct store *store = opened(&example_run);
    ck_assert_str_eq(migrated, answer(store, schema));
    ck_assert_str_ne(migrated, old);
    close_store(store);
    free(old);
    free(migrated);
    fixture_end();
}
END_TEST

static void assert_untouched(const char *before, size_t length)
{
    size_t length_after;
    char *after = read_all(path, &length_after);
    ck_assert_uint_eq(length, length_after);
    ck_assert_mem_eq(before, after, length);
    free(after);
    assert_no_side_files();
}

START_TEST(refused_it_stays_as_it_was)
{
    size_t length;
    struct error err;
    struct store *store = NULL;
    const struct old *old = &olds[_i];
    make_old(old);
    char *before = read_all(path, &length);
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(old, reader), other = run;
    other.seed++;
    ASSERT_FAILS(store_open(path, &other, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "this database holds another run: seed has 2 in the database but 3 now");
    other = run;
    other.experiment = store_run(reader)->experiment;
    if (!old->parameters_key)
        ASSERT_FAILS(store_open(path, &other, &fixture_options, &store, &err), ERROR_CONFLICT, "\"parameters\"");
    assert_untouched(before, length);
    int failures = 0;
    for (long n = 1, status = ERROR_MEMORY; status; n++) {
        memory_fail_at(n);
        status = store_open(path, &run, &fixture_options, &store, &err);
        memory_fail_never();
        if (!status)
            break;
        ck_assert_int_eq((int)status, ERROR_MEMORY);
        assert_untouched(before, length);
        failures++;
    }
    ck_assert_int_gt(failures, 5);
    close_store(store);
    close_store(reader);
    free(before);
    fixture_end();
}
END_TEST

START_TEST(damaged_it_is_not_carried_over)
{
    struct error err;
    struct store *store = NULL;
    const struct old *old = &olds[_i];
    make_old(old);
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(old, reader);
    tamper("PRAGMA foreign_keys = OFF; DELETE FROM trial WHERE ticket = 1 AND seed_index = 1");
    ASSERT_FAILS(store_open(path, &run, &fixture_options, &store, &err), ERROR_INPUT,
                 "rows refer to rows that are missing");
    ck_assert_str_eq(answer(reader, "PRAGMA user_version"), version_of(old));
    close_store(reader);
    fixture_end();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {an_old_database_can_be_read_and_stays_as_it_is,
                                  opened_for_writing_it_is_brought_up_to_date, its_schema_is_then_that_of_a_new_one,
                                  refused_it_stays_as_it_was, damaged_it_is_not_carried_over};
    Suite *suite = suite_create("migration");
    TCase *tcase = tcase_create("migration");
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_loop_test(tcase, tests[i], 0, OLDS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
