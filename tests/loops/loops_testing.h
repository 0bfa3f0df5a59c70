/* Numbers for the tests of the loops, which stand on a floor without random streams. */
#ifndef ACTSEARCH_TESTS_LOOPS_TESTING_H
#define ACTSEARCH_TESTS_LOOPS_TESTING_H

#include "testing.h"

#include "base/isa.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea and Flood 2014). */
static inline uint64_t next_number(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* From 0, but never 0, to 1. */
static inline double next_share(uint64_t *state)
{
    return ((double)(next_number(state) >> 11) + 0.5) * 0x1p-53;
}

/* N normal numbers (Box and Muller). */
static inline void fill(float *x, ptrdiff_t N, uint64_t key)
{
    uint64_t state = key;
    for (ptrdiff_t i = 0; i < N; i++) {
        double radius = sqrt(-2 * log(next_share(&state)));
        x[i] = (float)(radius * cos(2 * M_PI * next_share(&state)));
    }
}

#endif
