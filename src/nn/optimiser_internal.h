/* What an optimiser is, for its own file and for the trainer: one descriptor, in the table optimisers.def. */
#ifndef ACTSEARCH_NN_OPTIMISER_INTERNAL_H
#define ACTSEARCH_NN_OPTIMISER_INTERNAL_H

#include "nn/optimiser.h"

#include <stddef.h>

struct array_loops;

enum {
    OPTIMISER_STATES = 2, /* arrays, at most */
    OPTIMISER_POWERS = 2, /* numbers, at most */
};

/* One step, as far as it is the same for all numbers of a tensor. */
struct optimiser_step {
    const struct optimiser *optimiser;
    const struct array_loops *loops;
    const double *power; /* (OPTIMISER_POWERS) of this step */
    double rate;         /* the schedule's */
    float scale;         /* of the gradient, for clipping */
    float decay;         /* weight_decay, or 0 for what does not decay */
};

struct optimiser_kind {
    const char *name, *summary;
    double learning_rate, weight_decay; /* by default */
    const struct setting *settings;     /* its own, of a struct that fits into optimiser.own; NULL: it has none */
    int states;                         /* arrays it keeps for every tensor, which start at 0 */
    int operations;                     /* of its step, for each number; for the benchmark */
    /* Numbers that it keeps of a training, which start at 1: brings them to the next step. NULL: none. */
    void (*advance)(const struct optimiser *optimiser, double power[OPTIMISER_POWERS]);
    /* g: (N), w: (N) changed, state: (states) arrays (N) changed. */
    void (*update)(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state);
};

extern const struct optimiser_kind *const optimiser_kinds[]; /* ended by NULL */

#endif
