/* Building a snapshot (snapshot.h) layer by layer: the builder counts and sums over one layer, writes its row and goes
 * on to the next. */
#ifndef ACTSEARCH_NN_SNAPSHOT_INTERNAL_H
#define ACTSEARCH_NN_SNAPSHOT_INTERNAL_H

#include "nn/snapshot.h"

#include <stddef.h>
#include <stdint.h>

struct array_loops;
struct layer;
struct layer_instance;
struct step;

enum { SNAPSHOT_BLOCK = 4096 }; /* numbers that the function is run on at once */
struct snapshot_sum {
    double first, sum, square; /* the sums of value - first and of its square */
    ptrdiff_t count;
};
struct snapshot_builder {
    float *y, *slope; /* (SNAPSHOT_BLOCK) */
    float *first;     /* (units) the first value that each gave */
    int32_t *unit;    /* (units) whether it has given none yet, that one alone, or others, too */
    ptrdiff_t units;  /* of the layer */
    ptrdiff_t saturated;
    struct snapshot_sum input, output;
    struct watched *row; /* where the next watched layer's figures go */
};
/* Units of a layer's function; 0 when it has none. */
ptrdiff_t snapshot_units(const struct layer *layer);
void snapshot_begin_layer(struct snapshot_builder *builder, const struct layer *layer);
/* Counts what the function in the slot gives for x: (rows, channels), in one of its places. */
void snapshot_observe(struct snapshot_builder *builder, const struct layer_instance *instance, const struct step *step,
                      ptrdiff_t place, ptrdiff_t rows, const float *x);
/* Writes the row of a layer if it is watched; place: its number in the network. */
void snapshot_end_layer(struct snapshot_builder *builder, const struct layer *layer, int place);
/* Adds gradient_norm and update_ratio to a row, after the backward pass. */
void snapshot_add_learned(const struct layer_instance *instance, const struct array_loops *loops, struct watched *row);

#endif
