/* Cutting a block of memory into pieces. The same code goes over them twice: without a block it only counts what they
 * need, with one it says where each of them is. */
#ifndef ACTSEARCH_NN_CUTTER_INTERNAL_H
#define ACTSEARCH_NN_CUTTER_INTERNAL_H

#include <stddef.h>

enum { CUTTER_LINE = 16 }; /* floats of a cache line */

struct cutter {
    float *block;   /* borrowed; NULL: only counts */
    ptrdiff_t used; /* floats, whole cache lines */
};

/* The next piece, of so many floats. It starts on a cache line if the block does. NULL without a block. */
static inline float *cutter_take(struct cutter *cutter, ptrdiff_t floats)
{
    float *piece = cutter->block ? cutter->block + cutter->used : NULL;
    cutter->used += (floats + CUTTER_LINE - 1) / CUTTER_LINE * CUTTER_LINE;
    return piece;
}

#endif
