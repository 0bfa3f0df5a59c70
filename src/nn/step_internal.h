/* What a kind sees while a network is trained or measured: its layer in a trainer, with the trainer's memory, and the
 * step that is made. */
#ifndef ACTSEARCH_NN_STEP_INTERNAL_H
#define ACTSEARCH_NN_STEP_INTERNAL_H

#include "base/isa.h"
#include "nn/layer_internal.h"
#include "nn/optimiser_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct array_loops;
struct channel_loops;
struct rng;
struct snapshot_builder;
struct sparse_loops;
struct tape;
struct tile_loops;
struct trainer_time;
struct winner_loops;

/* The input as bytes. A number of it is value[byte] + shift. */
struct byte_input {
    ptrdiff_t groups; /* of 64 bytes, in a row */
    uint8_t *u;       /* (rows, 64 groups) */
    uint64_t *marks, *columns, *scratch;
    float *total; /* (units of the layer that reads it) */
    float shift, value[256];
};

/* A layer in a trainer: threads share the layer, and each trainer has an instance of it with memory of its own. */
struct layer_instance {
    const struct layer *layer;
    const struct byte_input *bytes; /* of the layer that reads the input as bytes; its x is NULL */
    /* What is done together: an activation does the max pool behind it too (pooled.c), and a convolution before that
       activation may go by the pool's winners (winners.c). */
    struct layer_instance *pool;       /* of the activation and of the convolution: that pool; NULL: each by itself */
    struct layer_instance *source;     /* of the activation: that convolution; NULL: it reads its x as it is stored */
    bool done;                         /* of the pool: the activation has done its work */
    const struct tape *tape;           /* of a kind with a slot: the fixed one or the candidate's */
    int P;                             /* learned parameters of the function in the slot */
    ptrdiff_t sets;                    /* of them: 1, or one for each channel */
    int function;                      /* which tensor holds them; -1: none, or one of another layer */
    float *learned, *learned_gradient; /* (P, sets), in this layer's tensor or another's */
    bool adds_learned; /* a later layer has the same ones: going backward, it has left its gradient there */
    int tensors;
    struct tensor tensor[LAYER_TENSORS];
    float *values[LAYER_TENSORS], *gradient[LAYER_TENSORS];
    float *state[LAYER_TENSORS][OPTIMISER_STATES]; /* the optimiser's */
    float *saved[LAYER_TENSORS]; /* when watching: learned numbers before the last step, buffers before a snapshot */
    double deviation[LAYER_TENSORS]; /* of drawn weights */
    float *workspace;                /* from forward to backward */
    void *engine;                    /* owned: of a kind with prepare() */
    float *x, *y;                    /* (rows, in), (rows, out); the same buffer in place */
    float *gx, *gy;                  /* gradients: (batch, in), (batch, out); gx NULL when not wanted */
    bool over_input;                 /* y is x, gy is gx */
    bool learns;                     /* it, or something before it: its backward pass is wanted */
    bool adds_gradient;              /* gx is added to what a later reader left */
    float *with_x, *with_gx;         /* add: the other value and its gradient, NULL when not wanted */
    bool adds_with;                  /* with_gx likewise */
};

struct step {
    enum isa isa;
    const struct array_loops *loops;
    const struct channel_loops *channels;
    const struct sparse_loops *sparse;
    const struct winner_loops *winners;
    const struct tile_loops *tiles;
    ptrdiff_t B;
    bool training;
    float progress;                    /* the leaf t: of training from 0 to 1, and 1 when measuring */
    bool finite;                       /* kinds clear it */
    void *scratch;                     /* for tapes */
    struct rng *rng;                   /* dropout */
    struct snapshot_builder *snapshot; /* NULL unless this pass takes one; then dropout drops nothing */
    struct trainer_time *times;        /* (layers) or NULL */
    double source_seconds;             /* of this layer's time, spent on its source's work (the two run together) */
};

#endif
