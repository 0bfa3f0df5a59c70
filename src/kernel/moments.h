/* Moments of an activation under a normal input, by quadrature: what moment-matched initialisation
 * and mean-field theory need. */
#ifndef ACTSEARCH_KERNEL_MOMENTS_H
#define ACTSEARCH_KERNEL_MOMENTS_H

#include "expr/tree.h"

struct moments {
    double mean;         /* E f(z) */
    double square;       /* E f(z)^2 */
    double slope_square; /* E f'(z)^2 */
};

/* z ~ N(mean, variance), variance > 0. Composite Gauss-Legendre over +-12 deviations with panels
   that end at 0, +-1/2, +-1, ...: exact to about 1e-12 for smooth functions and for kinks at such
   points, about 1e-4 for jumps elsewhere. parameters: (P) or NULL for where they start. t: the progress
   of training at which they are wanted, 0 where weights are drawn. A function that is not finite there
   gives non-finite moments. */
struct moments moments_normal(const struct tree *tree, const double *parameters, double t, double mean,
                              double variance);

#endif
