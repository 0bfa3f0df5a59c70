/* Gradients of a 3 x 3 convolution behind which a 2 x 2 max pool stands (winners_isa.c), for one sample and a block
   of WINNER_BLOCK inputs, or of one. x, gx: the block's padded image, (2 rows + 2, row) or more of both; g, where:
   (rows, columns, outputs), 0 <= where < 4; outputs divide by WINNER_BLOCK. Results are added to what is there. */
#ifndef ACTSEARCH_LOOPS_WINNERS_H
#define ACTSEARCH_LOOPS_WINNERS_H

#include "base/isa.h"

#include <stddef.h>
#include <stdint.h>

struct winner_shape {
    ptrdiff_t rows, columns; /* pooled positions */
    ptrdiff_t row;           /* numbers in a row of the padded image, 2 columns + 2 or more of the block's pixels */
    ptrdiff_t outputs;
};
enum { WINNER_TAPS = 9, WINNER_BLOCK = 16 };
struct winner_loops {
    /* corner: where in the block each winner's window begins, which weights() takes; (rows, columns, outputs) */
    void (*corners)(const struct winner_shape *shape, const int32_t *where, int32_t *corner);
    /* gw: (outputs, taps, block) */
    void (*weights)(const struct winner_shape *shape, const float *x, const float *g, const int32_t *corner, float *gw);
    /* gw: (taps, outputs), for a block of one input */
    void (*weights_of_one)(const struct winner_shape *shape, const float *x, const float *g, const int32_t *where,
                           float *gw);
    /* w: (outputs, taps, block) */
    void (*data)(const struct winner_shape *shape, const float *w, const float *g, const int32_t *where, float *gx);
};
const struct winner_loops *winner_loops_for(enum isa isa);

#endif
