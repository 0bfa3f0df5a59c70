/* Loops over arrays: what training does to whole values, gradients and weights (array_isa.c).
 *
 * The room: vector loops of training, each family in a header of its own with a file *_isa.c behind it, which is
 * compiled once for each instruction level; FAMILY_for(isa) gives those of a level. They know sizes and pointers, no
 * layers and no networks. Sums have a fixed order within a level. Arrays do not overlap unless it is said.
 *
 * Pure functions of what they are given, thread-safe. */
#ifndef ACTSEARCH_LOOPS_ARRAY_H
#define ACTSEARCH_LOOPS_ARRAY_H

#include "base/isa.h"

#include <stdbool.h>
#include <stddef.h>

struct adam_step {
    float beta1, beta2, rate, epsilon, decay, scale; /* rate and epsilon with the bias corrections in them */
    float shrink;                                    /* decoupled decay: w loses this share of itself */
};
struct momentum_step {
    float momentum, rate, decay, scale;
    bool nesterov;
};
struct array_loops {
    /* y[b][n] += bias[n]; y: (B, N) */
    void (*bias_add)(ptrdiff_t B, ptrdiff_t N, const float *bias, float *y);
    /* g[i] *= d[i] */
    void (*multiply)(ptrdiff_t N, const float *d, float *g);
    /* The same of a gradient and slopes: where the gradient is 0 it stays so, whatever the slope. */
    void (*multiply_slopes)(ptrdiff_t N, const float *d, float *g);
    /* y[i] += x[i] */
    void (*add)(ptrdiff_t N, const float *x, float *y);
    /* sum of a[i] b[i] in double; a and b may be the same array. Where a[i] is 0 nothing is added, whatever b[i]. */
    double (*dot)(ptrdiff_t N, const float *a, const float *b);
    bool (*all_finite)(ptrdiff_t N, const float *x);
    /* One step; scale is for clipping. w, m, v: changed. */
    void (*adam)(ptrdiff_t N, const struct adam_step *step, const float *g, float *w, float *m, float *v);
    void (*momentum)(ptrdiff_t N, const struct momentum_step *step, const float *g, float *w, float *v);
};
const struct array_loops *array_loops_for(enum isa isa);

#endif
