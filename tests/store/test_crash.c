/* Notes of trainings that killed their process. */
#include "fixture.h"

#include "base/memory.h"

#include <signal.h>
#include <sys/wait.h>

static struct store *opened(void)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, &example_run, &fixture_options, &store, &err));
    return store;
}

static int64_t crashes(struct store *store, int64_t ticket)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM crash WHERE ticket = %" PRId64, ticket);
    return strtoll(answer(store, sql), NULL, 10);
}

START_TEST(crashes_are_counted_by_ticket)
{
    fixture_begin();
    struct error err;
    struct store *store = opened();
    struct store_ticket ticket = example_ticket(0);
    ASSERT_OK(store_append(store, &ticket, &err));
    ck_assert_int_eq(crashes(store, 7), 0);
    ASSERT_OK(store_crash_add(store, 7, "SIGSEGV", "node1:17", &err)); /* a ticket that is not stored */
    ASSERT_OK(store_crash_add(store, 0, "SIGFPE", "node1:17", &err));
    ASSERT_OK(store_crash_add(store, 7, "SIGKILL", "node2:4", &err));
    ASSERT_OK(store_crash_add(store, 7, "SIGSEGV", "node1:17", &err)); /* known */
    ck_assert_int_eq(crashes(store, 7), 2);
    ck_assert_int_eq(crashes(store, 0), 1);
    ck_assert_int_eq(crashes(store, 1), 0);
    ck_assert_str_eq(
        answer(store, "SELECT ticket, signal, process, noted_at LIKE '20__-__-__T__:__:__.___Z' FROM crash"),
        "7|SIGSEGV|node1:17|1\n0|SIGFPE|node1:17|1\n7|SIGKILL|node2:4|1\n");
    ck_assert_int_eq(store_count(store), 1);
    ticket = example_ticket(1);
    ASSERT_OK(store_append(store, &ticket, &err));
    ASSERT_OK(store_close(store, &err));
    store = opened();
    ck_assert_int_eq(crashes(store, 7), 2);
    ASSERT_OK(store_close(store, &err));
    fixture_end();
}
END_TEST

START_TEST(a_crash_without_a_signal_is_a_contradiction)
{
    fixture_begin();
    struct error err;
    struct store *store = opened();
    ASSERT_FAILS(store_crash_add(store, 0, "", "node1:17", &err), ERROR_INTERNAL, "CHECK");
    ASSERT_FAILS(store_crash_add(store, 0, NULL, "node1:17", &err), ERROR_INTERNAL, "NOT NULL");
    ck_assert_int_eq(crashes(store, 0), 0);
    ASSERT_OK(store_close(store, &err));
    ASSERT_OK(store_open_read(path, &store, &err));
    ck_assert_int_ne(store_crash_add(store, 0, "SIGSEGV", "node1:17", &err), 0);
    ASSERT_OK(store_close(store, &err));
    fixture_end();
}
END_TEST

/* Whoever notes a crash is mostly about to end itself. */
START_TEST(a_crash_is_durable_when_it_is_noted)
{
    fixture_begin();
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        if (store_open(path, &example_run, &fixture_options, &store, NULL) ||
            store_crash_add(store, 3, "SIGSEGV", "node1:17", NULL))
            _exit(1);
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct error err;
    struct store *store = opened();
    ck_assert_int_eq(crashes(store, 3), 1);
    ASSERT_OK(store_close(store, &err));
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("crash", 60, crashes_are_counted_by_ticket, a_crash_without_a_signal_is_a_contradiction,
                     a_crash_is_durable_when_it_is_noted);
}
