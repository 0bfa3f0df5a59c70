/* Seconds and medians, for the benchmarks. */
#ifndef ACTSEARCH_BENCH_TIMING_H
#define ACTSEARCH_BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

/* Seconds since some moment, by a clock that nobody sets. */
static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
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
