/* The frame around every Check program: one suite, one exit status, no fork when CK_FORK=no. */
#ifndef ACTSEARCH_TESTS_TESTING_H
#define ACTSEARCH_TESTS_TESTING_H

#include "base/error.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Runs the test functions as one case of `name`; returns the exit status of main(). `timeout` is in
   seconds for each test. */
static inline int run_tests(const char *name, double timeout, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, timeout);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#define RUN_TESTS(name, timeout, ...) run_tests(name, timeout, (const TTest *const[]){__VA_ARGS__, NULL})

/* ACTSEARCH_SWEEP=sparse: programs that make everything thirty times slower want a sample of a long loop. */
static inline bool testing_is_sparse(void)
{
    const char *sweep = getenv("ACTSEARCH_SWEEP");
    return sweep && strcmp(sweep, "sparse") == 0;
}

/* Fails the test with the library's own message when `call` does not return 0; uses a local `err`. */
#define ASSERT_OK(call)                                                                                                \
    do {                                                                                                               \
        err = ERROR_EMPTY;                                                                                             \
        int assert_status = (call);                                                                                    \
        char assert_line[sizeof err];                                                                                  \
        error_line(&err, assert_line, sizeof assert_line);                                                             \
        ck_assert_msg(assert_status == 0, "%s: %s", #call, assert_line);                                               \
    } while (0)

/* `call` must fail with `expected_code` and a message line that holds `fragment`. */
#define ASSERT_FAILS(call, expected_code, fragment)                                                                    \
    do {                                                                                                               \
        err = ERROR_EMPTY;                                                                                             \
        int assert_status = (call);                                                                                    \
        char assert_line[sizeof err];                                                                                  \
        error_line(&err, assert_line, sizeof assert_line);                                                             \
        ck_assert_msg(assert_status == (int)(expected_code), "%s returned %d: %s", #call, assert_status, assert_line); \
        ck_assert_msg(strstr(assert_line, fragment) != NULL, "message lacks \"%s\": %s", fragment, assert_line);       \
    } while (0)

#endif
