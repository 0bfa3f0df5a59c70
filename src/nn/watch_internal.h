/* Looking (watch.h) layer by layer: a look goes through them one after the other, the trainer's memory in hand. */
#ifndef ACTSEARCH_NN_WATCH_INTERNAL_H
#define ACTSEARCH_NN_WATCH_INTERNAL_H

#include "nn/watch.h"

#include <stddef.h>
#include <stdint.h>

struct array_loops;
struct layer;
struct layer_run;
struct step;

enum { WATCHER_BLOCK = 4096 }; /* numbers that are looked at together */
struct watcher_sum {
    double first, sum, square; /* the sums of value - first and of its square */
    ptrdiff_t count;
};
struct watcher {
    float *y, *slope; /* (WATCHER_BLOCK) */
    float *first;     /* (units) what each gave first */
    int32_t *unit;    /* (units) whether that was all */
    ptrdiff_t units;  /* of the layer */
    ptrdiff_t saturated;
    struct watcher_sum input, output;
    struct watched *row; /* where the next watched layer's figures go */
};
/* Units of a layer's function; 0 when it has none. */
ptrdiff_t watcher_units(const struct layer *layer);
void watcher_begin(struct watcher *watcher, const struct layer *layer);
/* Looks at the function in the slot where it sees x: (rows, channels), in one of its places. */
void watcher_see(struct watcher *watcher, const struct layer_run *run, const struct step *step, ptrdiff_t place,
                 ptrdiff_t rows, const float *x);
/* Writes the row of a layer that is watched, the layer being at that place of the network. */
void watcher_end(struct watcher *watcher, const struct layer *layer, int place);
/* Adds gradient and update, when the pass back is done. */
void watcher_add_learned(const struct layer_run *run, const struct array_loops *loops, struct watched *row);

#endif
