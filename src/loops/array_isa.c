/* Loops over arrays, one build for each instruction level. */
#include "loops/array.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Partial sums are written out as arrays of lanes: a compiler may not reorder a plain running sum. */
enum { LANES = 16 };

static void bias_add(ptrdiff_t B, ptrdiff_t N, const float *restrict bias, float *restrict y)
{
    for (ptrdiff_t b = 0; b < B; b++)
        for (ptrdiff_t n = 0; n < N; n++)
            y[b * N + n] += bias[n];
}

static void multiply(ptrdiff_t N, const float *restrict d, float *restrict g)
{
    for (ptrdiff_t i = 0; i < N; i++)
        g[i] *= d[i];
}

/* A gradient that is 0 lets nothing through, not even an infinite slope. */
static void multiply_slopes(ptrdiff_t N, const float *restrict d, float *restrict g)
{
    for (ptrdiff_t i = 0; i < N; i++)
        g[i] = g[i] == 0 ? g[i] : g[i] * d[i];
}

static void add(ptrdiff_t N, const float *restrict x, float *restrict y)
{
    for (ptrdiff_t i = 0; i < N; i++)
        y[i] += x[i];
}

static inline double product(float a, float b)
{
    return a == 0 ? 0 : (double)a * (double)b;
}

static double dot(ptrdiff_t N, const float *a, const float *b)
{
    double lane[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= N; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] += product(a[i + j], b[i + j]);
    for (int j = 0; i + j < N; j++)
        lane[j] += product(a[i + j], b[i + j]);
    double total = 0;
    for (int j = 0; j < LANES; j++)
        total += lane[j];
    return total;
}

/* The largest magnitude as an integer: NaN and infinities have the largest bits of all. */
static bool all_finite(ptrdiff_t N, const float *x)
{
    uint32_t largest = 0;
    for (ptrdiff_t i = 0; i < N; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffu;
        largest = bits > largest ? bits : largest;
    }
    return largest < 0x7f800000u;
}

static void adam(ptrdiff_t N, const struct adam_step *step, const float *restrict g, float *restrict w,
                 float *restrict m, float *restrict v)
{
    const struct adam_step s = *step;
    for (ptrdiff_t i = 0; i < N; i++) {
        float gradient = g[i] * s.scale + s.decay * w[i];
        float first = s.beta1 * m[i] + (1 - s.beta1) * gradient;
        float second = s.beta2 * v[i] + (1 - s.beta2) * gradient * gradient;
        m[i] = first;
        v[i] = second;
        w[i] = w[i] - s.shrink * w[i] - s.rate * first / (sqrtf(second) + s.epsilon);
    }
}

static void momentum(ptrdiff_t N, const struct momentum_step *step, const float *restrict g, float *restrict w,
                     float *restrict v)
{
    const struct momentum_step s = *step;
    float own = s.nesterov ? 1.0f : 0.0f, kept = s.nesterov ? s.momentum : 1.0f;
    for (ptrdiff_t i = 0; i < N; i++) {
        float gradient = g[i] * s.scale + s.decay * w[i];
        float velocity = s.momentum * v[i] + gradient;
        v[i] = velocity;
        w[i] -= s.rate * (own * gradient + kept * velocity);
    }
}

const struct array_loops *ISA_NAME(array_loops)(void);
const struct array_loops *ISA_NAME(array_loops)(void)
{
    static const struct array_loops table = {
        .bias_add = bias_add,
        .multiply = multiply,
        .multiply_slopes = multiply_slopes,
        .add = add,
        .dot = dot,
        .all_finite = all_finite,
        .adam = adam,
        .momentum = momentum,
    };
    return &table;
}
