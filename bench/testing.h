/* Stands in for tests/testing.h, so that a benchmark can include the twin: Check's assertions, even those that hold,
   only work inside a program that Check runs. */
#ifndef ACTSEARCH_BENCH_TESTING_H
#define ACTSEARCH_BENCH_TESTING_H

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ck_abort_msg(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))
#define ck_assert_msg(condition, ...)                                                                                  \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
    } while (0)
#define ck_assert_ptr_nonnull(pointer) ck_assert_msg((pointer) != NULL, "no memory for the twin")
#define ck_assert_int_le(a, b) ck_assert_msg((a) <= (b), "%s is above %s", #a, #b)
#define ASSERT_OK(call) ck_assert_msg((call) == 0, "%s failed: %s", #call, err.what)

#endif
