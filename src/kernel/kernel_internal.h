/* What the files of the kernel module share: the loops of one instruction level. */
#ifndef ACTSEARCH_KERNEL_KERNEL_INTERNAL_H
#define ACTSEARCH_KERNEL_KERNEL_INTERNAL_H

#include "base/isa.h"
#include "expr/tree.h"

#include <stdbool.h>
#include <stddef.h>

/* v = op(a, b). */
typedef void value_loop(ptrdiff_t N, const float *a, const float *b, float *v);

/* v = op(a, b) and d = dv/dt, given the slopes da/dt and db/dt of the arguments.
   Unary: da NULL means 1. Binary: da or db NULL means 0, but not both. */
typedef void slope_loop(ptrdiff_t N, const float *a, const float *b, const float *da, const float *db, float *v,
                        float *d);

struct loops {
    value_loop *value[OP_COUNT]; /* NULL for leaves */
    slope_loop *slope[OP_COUNT];
    bool (*all_finite)(ptrdiff_t N, const float *d);
};

const struct loops *loops_for(enum isa isa);

/* The table of each level, defined by ops_isa.c. */
extern const struct loops loops_portable;
#if defined(__x86_64__)
extern const struct loops loops_v3;
extern const struct loops loops_v4;
#endif

#endif
