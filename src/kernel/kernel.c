#include "kernel/kernel.h"

#include "base/error.h"
#include "kernel/kernel_internal.h"

const struct loops *loops_for(enum isa isa)
{
    switch (isa) {
#if defined(__x86_64__)
    case ISA_V4:
        return &loops_v4;
    case ISA_V3:
        return &loops_v3;
#endif
    default:
        return &loops_portable;
    }
}

void kernel_value(enum isa isa, enum op op, ptrdiff_t N, const float *a, const float *b, float *v)
{
    ALWAYS(op >= TREE_FIRST_UNARY && op < OP_COUNT);
    loops_for(isa)->value[op](N, a, b, v);
}

void kernel_slope(enum isa isa, enum op op, ptrdiff_t N, const float *a, const float *b, float *v, float *da, float *db)
{
    ALWAYS(op >= TREE_FIRST_UNARY && op < OP_COUNT);
    slope_loop *loop = loops_for(isa)->slope[op];
    if (op < TREE_FIRST_BINARY) {
        loop(N, a, NULL, NULL, NULL, v, da);
        return;
    }
    enum { BLOCK = 256 };
    float ones[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        ones[i] = 1.0f;
    for (ptrdiff_t i = 0; i < N; i += BLOCK) {
        ptrdiff_t n = N - i < BLOCK ? N - i : BLOCK;
        loop(n, a + i, b + i, ones, NULL, v + i, da + i);
        loop(n, a + i, b + i, NULL, ones, v + i, db + i);
    }
}
