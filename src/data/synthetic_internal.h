/* Synthetic sets: samples that are drawn, not read. One entry of the table in synthetic_sets.c each; an experiment
 * names them under the format "made_up" (synthetic.c). Constant; thread-safe. */
#ifndef ACTSEARCH_DATA_SYNTHETIC_INTERNAL_H
#define ACTSEARCH_DATA_SYNTHETIC_INTERNAL_H

#include "data/data.h"

/* The draws of a set are of one stream, sample after sample: who changes them changes every result. */
struct synthetic_set {
    const char *name;
    enum data_target target;
    int min_classes, max_classes; /* to choose from; 0 without classes */
    ptrdiff_t side;               /* of square images; 0: points in the plane, about 2 wide */

    /* A sample of class k of K before noise is added; x: (2), or (side, side). */
    void (*draw)(struct rng *rng, int k, int K, double *x);
    double (*value)(const double *x); /* the number to predict, before noise */

    /* Of a text, in place of draw(): `length` symbols; noise: the share of them that is replaced. */
    void (*write)(struct rng *rng, double noise, uint8_t *symbols, ptrdiff_t length);
};

/* NULL past the last. */
const struct synthetic_set *synthetic_set(int i);

#endif
