/* Vectors of floats as wide as the instruction level has them, for loops that keep their sums in registers.
 * Only for *_isa.c: what it means depends on what the file is compiled for. */
#ifndef ACTSEARCH_LOOPS_VECTOR_INTERNAL_H
#define ACTSEARCH_LOOPS_VECTOR_INTERNAL_H

#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define WIDTH_OF_LEVEL 16
#elif defined(__AVX2__)
#define WIDTH_OF_LEVEL 8
#else
#define WIDTH_OF_LEVEL 4
#endif
enum { WIDTH = WIDTH_OF_LEVEL }; /* floats */
typedef float vector __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

/* a + f b */
static inline vector add_product(vector a, float f, vector b)
{
#if defined(__AVX512F__)
    return (vector)_mm512_fmadd_ps(_mm512_set1_ps(f), (__m512)b, (__m512)a);
#elif defined(__AVX2__)
    return (vector)_mm256_fmadd_ps(_mm256_set1_ps(f), (__m256)b, (__m256)a);
#else
    return a + f * b;
#endif
}

/* For i below `vectors`, a constant: unrolled, so that an array of vectors becomes registers. */
#define FOR_VECTORS(i, vectors) _Pragma("GCC unroll 16") for (int i = 0; i < (vectors); i++)

/* The number of the lowest set bit, which is cleared. */
static inline int next_bit(uint64_t *bits)
{
    int place = __builtin_ctzll(*bits);
    *bits &= *bits - 1;
    return place;
}

#endif
