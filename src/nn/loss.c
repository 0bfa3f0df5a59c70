/* Losses, each the mean over the rows of what the docs of network.h name. exp and log are our own kernels,
 * so the bits do not depend on the C library. */
#include "nn/loss_internal.h"

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

static int one_a_class(int classes)
{
    return classes;
}

/* -sum_c q_c log softmax(z)_c with q = 1 - s at the class, and s spread over all of them (label smoothing,
   Szegedy et al. 2016). log softmax(z)_c = (z_c - max z) - log sum_k exp(z_k - max z): no exponential
   overflows, and the sum is at least 1. */
static struct loss_sum softmax_cross_entropy(const struct loss *loss, enum isa isa, ptrdiff_t B, ptrdiff_t C,
                                             const float *z, struct targets y, float *g, float *scratch)
{
    float *e = scratch, *sum = scratch + B * C;
    double spread = loss->smoothing / (double)C, kept = 1 - loss->smoothing;
    struct loss_sum total = {0};
    for (ptrdiff_t b = 0; b < B; b++) {
        ptrdiff_t best = largest(C, z + b * C);
        total.correct += best == y.classes[b];
        float top = z[b * C + (best < 0 ? 0 : best)];
        double all = 0;
        for (ptrdiff_t c = 0; c < C; c++) {
            e[b * C + c] = z[b * C + c] - top;
            all += (double)e[b * C + c];
        }
        total.loss -= kept * (double)e[b * C + y.classes[b]] + (spread > 0 ? spread * all : 0);
    }
    kernel_value(isa, OP_exp, B * C, e, NULL, e);
    for (ptrdiff_t b = 0; b < B; b++) {
        sum[b] = 0;
        for (ptrdiff_t c = 0; c < C; c++)
            sum[b] += e[b * C + c];
    }
    for (ptrdiff_t b = 0; g && b < B; b++) {
        float factor = 1 / (sum[b] * (float)B), less = (float)spread / (float)B;
        for (ptrdiff_t c = 0; c < C; c++)
            g[b * C + c] = e[b * C + c] * factor - less;
        g[b * C + y.classes[b]] -= (float)kept / (float)B;
    }
    kernel_value(isa, OP_log, B, sum, NULL, sum);
    for (ptrdiff_t b = 0; b < B; b++)
        total.loss += (double)sum[b];
    return total;
}

static int one_for_two(int classes)
{
    return classes == 2 ? 1 : 0;
}

/* -log sigmoid(z) for class 1 and -log sigmoid(-z) for class 0, that is softplus(z) - y z. */
static struct loss_sum sigmoid_cross_entropy(const struct loss *loss, enum isa isa, ptrdiff_t B, ptrdiff_t C,
                                             const float *z, struct targets y, float *g, float *scratch)
{
    (void)loss;
    (void)C;
    struct loss_sum total = {0};
    kernel_value(isa, OP_softplus, B, z, NULL, scratch);
    for (ptrdiff_t b = 0; b < B; b++) {
        bool one = y.classes[b] == 1;
        total.correct += one ? z[b] > 0 : z[b] <= 0;
        total.loss += (double)scratch[b] - (one ? (double)z[b] : 0);
    }
    if (!g)
        return total;
    kernel_value(isa, OP_sigmoid, B, z, NULL, scratch);
    for (ptrdiff_t b = 0; b < B; b++)
        g[b] = (scratch[b] - (y.classes[b] == 1 ? 1.0f : 0.0f)) / (float)B;
    return total;
}

static int one_number(int classes)
{
    (void)classes;
    return 1;
}

static struct loss_sum squared_error(const struct loss *loss, enum isa isa, ptrdiff_t B, ptrdiff_t C, const float *z,
                                     struct targets y, float *g, float *scratch)
{
    (void)loss;
    (void)isa;
    (void)C;
    (void)scratch;
    struct loss_sum total = {0};
    for (ptrdiff_t b = 0; b < B; b++) {
        float off = z[b] - y.values[b];
        total.loss += (double)off * (double)off;
        if (g)
            g[b] = 2 * off / (float)B;
    }
    return total;
}

const struct loss_kind loss_softmax_cross_entropy = {.name = "softmax_cross_entropy",
                                                     .summary = "For classes, or the next symbol: one output for each.",
                                                     .smooths = true,
                                                     .outputs = one_a_class,
                                                     .run = softmax_cross_entropy};
static const struct loss_kind loss_sigmoid_cross_entropy = {.name = "sigmoid_cross_entropy",
                                                            .summary = "For two classes: one output.",
                                                            .outputs = one_for_two,
                                                            .run = sigmoid_cross_entropy};
static const struct loss_kind loss_squared_error = {.name = "squared_error",
                                                    .summary = "For a number: one output.",
                                                    .numbers = true,
                                                    .outputs = one_number,
                                                    .run = squared_error};

const struct loss_kind *const loss_kinds[] = {&loss_softmax_cross_entropy, &loss_sigmoid_cross_entropy,
                                              &loss_squared_error, NULL};
