/* Databases of older schemas: schema1.sql is a whole one, as a program of that time left it. */
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

static void make_old(void)
{
    size_t length;
    char *sql = read_all(SOURCE_DIR "/tests/store/schema1.sql", &length);
    fixture_begin();
    tamper(sql);
    free(sql);
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
static struct store_run run_of_today(struct store *reader)
{
    static char experiment[4000];
    static const char key[] = ",\"parameters\":\"layer\"";
    struct store_run run = *store_run(reader);
    const char *end = strstr(run.experiment, "},\"search\"");
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_null(strstr(run.experiment, "parameters"));
    snprintf(experiment, sizeof experiment, "%.*s%s%s", (int)(end - run.experiment), run.experiment, key, end);
    run.experiment = experiment;
    return run;
}

static struct store *opened(const struct store_run *run)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, run, &store, &err));
    return store;
}

/* Learned parameters of all tickets, the channel apart, which is that of no channel. */
static int check_parameters(struct store *store, double *sum)
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
        for (ptrdiff_t i = 0; i < ticket->parameter_count; i++, count++) {
            const struct store_parameter *p = &ticket->parameters[i];
            ck_assert(p->channel == STORE_ALL && p->layer == i % 2 && p->seed_index == i / 2 % 2);
            *sum += p->value;
        }
    }
    store_cursor_free(cursor);
    return count;
}

START_TEST(an_old_database_can_be_read_and_stays_as_it_is)
{
    size_t length, length_after;
    double sum;
    make_old();
    char *before = read_all(path, &length);
    struct store *store = opened_for_reading();
    ck_assert_int_eq(store_count(store), 7);
    ck_assert_int_eq(check_parameters(store, &sum), 12);
    ck_assert(sum > 8 && sum < 16);
    ck_assert_str_eq(answer(store, "PRAGMA user_version"), "1\n");
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
    double sum_before, sum;
    make_old();
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(reader);
    check_parameters(reader, &sum_before);
    char *others = copy_of(answer(reader, everything_else));
    struct store *store = opened(&run);
    ck_assert_int_eq(store_count(store), 7);
    ck_assert_str_eq(store_run(store)->experiment, run.experiment);
    ck_assert_str_eq(answer(store, "PRAGMA user_version"), "2\n");
    ck_assert_int_eq(check_parameters(store, &sum), 12);
    ck_assert(sum == sum_before);
    ck_assert_str_eq(answer(store, everything_else), others);
    struct store_ticket ticket = example_ticket(7);
    struct error err;
    ASSERT_OK(store_append(store, &ticket, &err));
    ck_assert_str_eq(answer(store, "SELECT layer, channel FROM parameter WHERE ticket = 7 AND seed_index = 0"),
                     "-1|-1\n1|17\n");
    close_store(store);
    store = opened(&run); /* and a second time there is nothing to do */
    ck_assert_int_eq(store_count(store), 8);
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
    make_old();
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(reader);
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
    make_old();
    char *before = read_all(path, &length);
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(reader), other = run;
    other.seed++;
    ASSERT_FAILS(store_open(path, &other, &store, &err), ERROR_CONFLICT,
                 "this database holds another run: seed has 2 in the database but 3 now");
    other = run;
    other.experiment = store_run(reader)->experiment;
    ASSERT_FAILS(store_open(path, &other, &store, &err), ERROR_CONFLICT, "\"parameters\"");
    assert_untouched(before, length);
    int failures = 0;
    for (long n = 1, status = ERROR_MEMORY; status; n++) {
        memory_fail_at(n);
        status = store_open(path, &run, &store, &err);
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
    make_old();
    struct store *reader = opened_for_reading();
    struct store_run run = run_of_today(reader);
    tamper("PRAGMA foreign_keys = OFF; DELETE FROM trial WHERE ticket = 1 AND seed_index = 1");
    ASSERT_FAILS(store_open(path, &run, &store, &err), ERROR_INPUT, "rows refer to rows that are missing");
    ck_assert_str_eq(answer(reader, "PRAGMA user_version"), "1\n");
    close_store(reader);
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("migration", 60, an_old_database_can_be_read_and_stays_as_it_is,
                     opened_for_writing_it_is_brought_up_to_date, its_schema_is_then_that_of_a_new_one,
                     refused_it_stays_as_it_was, damaged_it_is_not_carried_over);
}
