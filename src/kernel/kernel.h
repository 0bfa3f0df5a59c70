/* Kernels: every primitive of ops.def over arrays of floats, built for each instruction level.
 *
 * Bounds, held by tests over the whole range of floats against the double reference of expr/ops.def:
 * the value is within 4 ulp of the reference rounded to float, with the right result at +-0,
 * subnormals, +-Inf and NaN; the derivative is within KERNEL_SLOPE_ULP ulp, or as near as the true one
 * would be at an argument KERNEL_BACKWARD_ULP ulp away (where it crosses zero), or subnormal where the true one is. */
#ifndef ACTSEARCH_KERNEL_KERNEL_H
#define ACTSEARCH_KERNEL_KERNEL_H

#include "base/isa.h"
#include "expr/tree.h"

#include <stddef.h>

#define KERNEL_SLOPE_ULP 8
#define KERNEL_BACKWARD_ULP 4

/* v[i] = op(a[i], b[i]) for i < N. b is NULL for unary primitives. v may be a or b. */
void kernel_value(enum isa isa, enum op op, ptrdiff_t N, const float *a, const float *b, float *v);

/* The same, and da[i] = the derivative by a, db[i] = by b (NULL for unary primitives). No array may
   overlap another. */
void kernel_slope(enum isa isa, enum op op, ptrdiff_t N, const float *a, const float *b, float *v, float *da,
                  float *db);

#endif
