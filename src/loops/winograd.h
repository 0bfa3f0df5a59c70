/* Values of a 3 x 3 convolution behind which a 2 x 2 max pool stands, for one row of pooled positions (winograd_isa.c).
   x: the padded image of a sample from the first of four rows on, in blocks of WINNER_BLOCK channels as in winners.h;
   y: (2, 2 tiles, outputs), outputs divide by WINNER_BLOCK. */
#ifndef ACTSEARCH_LOOPS_WINOGRAD_H
#define ACTSEARCH_LOOPS_WINOGRAD_H

#include "base/isa.h"

#include <stddef.h>

struct tile_row {
    ptrdiff_t tiles; /* pooled positions */
    ptrdiff_t row;   /* numbers in a row of a block's padded image */
    ptrdiff_t image; /* numbers from a block to the next */
    ptrdiff_t inputs, outputs;
};
enum { TILE_PLACES = 16 };
struct tile_loops {
    /* w: (taps, inputs, outputs) to u: (TILE_PLACES, inputs, outputs) */
    void (*transform_weights)(ptrdiff_t inputs, ptrdiff_t outputs, const float *w, float *u);
    /* Blocks of WINNER_BLOCK inputs; bias: (outputs) or NULL; scratch: (TILE_PLACES, tiles, inputs + outputs) */
    void (*row_of_blocks)(const struct tile_row *shape, const float *x, const float *u, const float *bias,
                          float *scratch, float *y);
    /* Blocks of one input. w: (taps, inputs, outputs) */
    void (*row_of_few)(const struct tile_row *shape, const float *x, const float *w, const float *bias, float *y);
};
const struct tile_loops *tile_loops_for(enum isa isa);

#endif
