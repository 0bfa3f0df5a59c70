/* Products with a batch of bytes most of which may be 0 (sparse_isa.c). */
#ifndef ACTSEARCH_LOOPS_SPARSE_H
#define ACTSEARCH_LOOPS_SPARSE_H

#include "base/isa.h"

#include <stddef.h>
#include <stdint.h>

/* A batch of bytes: (B, 64 groups), each row filled up with zeros. */
struct byte_rows {
    ptrdiff_t groups;
    const uint8_t *u;
    const uint64_t *marks;   /* (B, groups): a bit for each byte that is not 0 */
    const uint64_t *columns; /* (64 groups, (B + 63) / 64): the same for each column, a bit for each row */
    const float *value;      /* (256) what a byte stands for; 0 for 0 */
};
/* Products of such a batch with K <= 64 groups inputs, of N >= SPARSE_WIDTH units. w, gw: (K, N), y, gy: (B, N). */
enum { SPARSE_WIDTH = 16, SPARSE_GROUP = 64 };
struct sparse_loops {
    void (*mark)(ptrdiff_t B, ptrdiff_t groups, const uint8_t *u, uint64_t *marks);
    /* scratch: (64 groups) */
    void (*transpose)(ptrdiff_t B, ptrdiff_t groups, const uint64_t *marks, uint64_t *scratch, uint64_t *columns);
    /* y = values w, and the sum of the rows of w: total: (N) */
    void (*forward)(ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, const struct byte_rows *rows, const float *w, float *y,
                    float *total);
    /* gw = (transposed values) gy + start, which is added to each row; start: (N) */
    void (*backward)(ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, const struct byte_rows *rows, const float *gy,
                     const float *start, float *gw);
};
const struct sparse_loops *sparse_loops_for(enum isa isa);

#endif
