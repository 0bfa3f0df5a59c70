/* Losses: what a network's outputs cost, and the gradient of that (loss.c). */
#ifndef ACTSEARCH_NN_LOSS_INTERNAL_H
#define ACTSEARCH_NN_LOSS_INTERNAL_H

#include "base/isa.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is to be predicted, (B): the classes, or the values when the loss predicts numbers. */
struct targets {
    const int32_t *classes;
    const float *values;
};

/* A loss over B rows of C outputs. z: (B, C), g: (B, C) gradient of the mean loss by z, or NULL; may be z
   itself. scratch: (B, C + 1) floats. Writes sums over the rows. */
struct loss_sum {
    double loss;
    ptrdiff_t correct;
};
struct loss {
    const struct loss_kind *kind;
    double smoothing; /* softmax_cross_entropy */
};
struct loss_kind {
    const char *name, *summary;
    bool numbers; /* predicts a number, not a class */
    bool smooths; /* has label smoothing */
    /* How many outputs a network needs for so many classes; 0: the loss is not for them. */
    int (*outputs)(int classes);
    struct loss_sum (*run)(const struct loss *loss, enum isa isa, ptrdiff_t B, ptrdiff_t C, const float *z,
                           struct targets y, float *g, float *scratch);
};
extern const struct loss_kind loss_softmax_cross_entropy;
extern const struct loss_kind *const loss_kinds[]; /* ended by NULL; the first that fits is the default */

#endif
