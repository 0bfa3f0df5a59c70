/* Seconds and medians, for the benchmarks. */
#ifndef ACTSEARCH_BENCH_TIMING_H
#define ACTSEARCH_BENCH_TIMING_H

#include "base/clock.h"

#include <stdlib.h>

static inline double now(void)
{
    return clock_seconds();
}

static inline int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts them. */
static inline double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return values[count / 2];
}

#endif
