/* What an optimiser is, for its own file and for the trainer: one descriptor, in the table optimisers.def. */
#ifndef ACTSEARCH_NN_OPTIMISER_INTERNAL_H
#define ACTSEARCH_NN_OPTIMISER_INTERNAL_H

#include "nn/optimiser.h"

#include <stdbool.h>
#include <stddef.h>

struct array_loops;

/* A number that JSON may set, or true and false, which are kept as 1 and 0. */
struct optimiser_setting {
    const char *key;
    bool flag;
    double least, most, usual;
};

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
    const char *name;
    double learning_rate, weight_decay;                   /* by default */
    struct optimiser_setting setting[OPTIMISER_SETTINGS]; /* its own; those without a key are none */
    int states;                                           /* arrays it keeps for every tensor, which start at 0 */
    int operations;                                       /* of its step, for each number; for the benchmark */
    /* Numbers that it keeps of a run, which start at 1: brings them to the next step. NULL: none. */
    void (*advance)(const struct optimiser *optimiser, double power[OPTIMISER_POWERS]);
    /* g: (N), w: (N) changed, state: (states) arrays (N) changed. */
    void (*update)(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state);
};

extern const struct optimiser_kind *const optimiser_kinds[]; /* ended by NULL */

/* Places of the settings. */
enum { ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON };
enum { SGD_MOMENTUM, SGD_NESTEROV };

#endif
