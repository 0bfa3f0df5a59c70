#include "nn/nn_internal.h"

#include "expr/tree.h"
#include "kernel/kernel.h"

/* The place of the largest; -1 when one is NaN. */
static ptrdiff_t largest(ptrdiff_t C, const float *z)
{
    ptrdiff_t best = 0;
    for (ptrdiff_t c = 0; c < C; c++) {
        if (z[c] != z[c])
            return -1;
        if (z[c] > z[best])
            best = c;
    }
    return best;
}

/* -log softmax(z)_y = log sum_c exp(z_c - max z) - (z_y - max z): no exponential overflows, and the
   sum is at least 1. exp and log are our own kernels, so the bits do not depend on the C library. */
static struct loss_sum softmax_cross_entropy(enum isa isa, ptrdiff_t B, ptrdiff_t C, const float *z, const int32_t *y,
                                             float *g, float *scratch)
{
    float *e = scratch, *sum = scratch + B * C;
    struct loss_sum total = {0};
    for (ptrdiff_t b = 0; b < B; b++) {
        ptrdiff_t best = largest(C, z + b * C);
        total.correct += best == y[b];
        float top = z[b * C + (best < 0 ? 0 : best)];
        for (ptrdiff_t c = 0; c < C; c++)
            e[b * C + c] = z[b * C + c] - top;
        total.loss -= (double)e[b * C + y[b]];
    }
    kernel_value(isa, OP_exp, B * C, e, NULL, e);
    for (ptrdiff_t b = 0; b < B; b++) {
        sum[b] = 0;
        for (ptrdiff_t c = 0; c < C; c++)
            sum[b] += e[b * C + c];
    }
    for (ptrdiff_t b = 0; g && b < B; b++) {
        float factor = 1 / (sum[b] * (float)B);
        for (ptrdiff_t c = 0; c < C; c++)
            g[b * C + c] = e[b * C + c] * factor;
        g[b * C + y[b]] -= 1 / (float)B;
    }
    kernel_value(isa, OP_log, B, sum, NULL, sum);
    for (ptrdiff_t b = 0; b < B; b++)
        total.loss += (double)sum[b];
    return total;
}

const struct loss_kind loss_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .run = softmax_cross_entropy,
};
