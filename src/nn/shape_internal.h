/* Shapes: a sample's (channels), (steps, channels) or (height, width, channels). Whatever it is, a value is a matrix
 * (B positions, channels), and what is done for each channel (biases, norms) is done for each column. */
#ifndef ACTSEARCH_NN_SHAPE_INTERNAL_H
#define ACTSEARCH_NN_SHAPE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

enum { SHAPE_RANK = 3 };
struct shape {
    int rank;
    ptrdiff_t size[SHAPE_RANK];
};
ptrdiff_t shape_elements(const struct shape *shape);
ptrdiff_t shape_channels(const struct shape *shape);
ptrdiff_t shape_positions(const struct shape *shape);
/* Writes "28x28x16" into `buffer` and returns it. */
enum { SHAPE_TEXT = 64 };
const char *shape_text(const struct shape *shape, char buffer[SHAPE_TEXT]);
bool shape_equal(const struct shape *a, const struct shape *b);

#endif
