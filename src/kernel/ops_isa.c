/* Every primitive of ops.def as vector loops. Compiled once for each instruction level.
 *
 * op_NAME(a) gives value and derivative of one element; the two share their expensive parts, and a
 * loop that only wants the value lets the compiler drop the rest. The loops and the table at the end
 * come from ops.def: a primitive without an op_NAME does not compile. */
#include "kernel/kernel_internal.h"
#include "kernel/vector_math.h"

#include <stdbool.h>

struct jet {
    float v, d;
};

struct jet2 {
    float v, da, db;
};

#define UNARY(name) INLINE struct jet op_##name(float a)
#define BINARY(name) INLINE struct jet2 op_##name(float a, float b)
#define JET(v, d) ((struct jet){v, d})

/* ---- piecewise and algebraic ---- */

UNARY(neg)
{
    return JET(-a, -1.0f);
}

UNARY(sign)
{
    return JET(a > 0 ? 1.0f : a < 0 ? -1.0f : a, 0.0f);
}

UNARY(abs)
{
    return JET(abs_f(a), op_sign(a).v);
}

UNARY(step)
{
    return JET(a > 0 ? 1.0f : a <= 0 ? 0.0f : a, 0.0f);
}

UNARY(relu)
{
    return JET(a < 0 ? 0.0f : a, a > 0 ? 1.0f : 0.0f);
}

UNARY(square)
{
    return JET(a * a, 2.0f * a);
}

UNARY(cube)
{
    return JET(a * a * a, 3.0f * a * a);
}

UNARY(sqrt)
{
    float v = __builtin_sqrtf(a);
    return JET(v, 0.5f / v);
}

UNARY(reciprocal)
{
    float v = 1.0f / a;
    return JET(v, -v * v);
}

UNARY(softsign)
{
    float size = abs_f(a);
    float inverse = 1.0f / (1.0f + size);
    float large = with_sign_f(1.0f / (1.0f + 1.0f / size), a); /* Inf/Inf has no value, this has */
    return JET(size > 1.0f ? large : a * inverse, inverse * inverse);
}

/* ---- exponential family, in float ---- */

UNARY(exp)
{
    float v = exp_f(a);
    return JET(v, v);
}

UNARY(expm1)
{
    return JET(expm1_f(a), exp_f(a));
}

UNARY(gauss)
{
    float x = at_least_f(at_most_f(a, 16.0f), -16.0f); /* e^-256 is 0 */
    struct split s = minus_square_f(x);
    struct exp_parts e = exp_parts_negative_f(s.high, s.low);
    return JET(times_parts_f(1.0f, e), times_parts_f(-2.0f * x, e));
}

UNARY(sigmoid)
{
    float e = exp_negative_f(-abs_f(a));
    float inverse = 1.0f / (1.0f + e);
    return JET((a < 0 ? e : 1.0f) * inverse, e * inverse * inverse);
}

UNARY(softplus)
{
    float e = exp_negative_f(-abs_f(a));
    float inverse = 1.0f / (1.0f + e);
    return JET((a > 0 ? a : 0.0f) + log1p_f(e), (a < 0 ? e : 1.0f) * inverse);
}

UNARY(log_sigmoid)
{
    struct jet s = op_softplus(-a);
    return JET(-s.v, s.d);
}

UNARY(tanh)
{
    float size = abs_f(a);
    float e4 = exp_moderate_f(-2.0f * at_most_f(size, 44.361416f), 2); /* 4 e^-2x down to the smallest normal */
    float e = 0.25f * e4;
    float inverse = 1.0f / (1.0f + e);
    float square = a * a;
    float small = fma_f(a * square, HORNER_F(POLYNOMIAL_TANH, square), a);
    float large = with_sign_f((1.0f - e) * inverse, a);
    float v = size < 0.625f ? small : large;
    return JET(size > 0.0f ? v : a, size > 44.361416f ? 0.0f : e4 * inverse * inverse); /* -0 and NaN stay */
}

UNARY(elu)
{
    struct jet e = op_expm1(a);
    return JET(a > 0 ? a : e.v, a > 0 ? 1.0f : e.d);
}

UNARY(selu)
{
    struct jet e = op_expm1(a);
    return JET(a > 0 ? 1.05070099f * a : 1.75809934f * e.v, a > 0 ? 1.05070099f : 1.75809934f * e.d);
}

UNARY(silu)
{
    float x = at_least_f(a, -200.0f); /* -Inf * 0 has no value; e^-200 is 0 */
    struct exp_parts parts = exp_parts_negative_f(-abs_f(x), -0.0f);
    float e = times_parts_f(1.0f, parts);
    float inverse = 1.0f / (1.0f + e);
    float v = x < 0 ? times_parts_f(x * inverse, parts) : x * inverse;
    /* s + x s (1 - s), where s (1 - s) = e / (1 + e)^2 and x e vanishes for large |x| */
    float s = (x < 0 ? e : 1.0f) * inverse;
    return JET(v, fma_f(at_most_f(x, 200.0f) * e, inverse * inverse, s));
}

/* With w = e^x: tanh(softplus(x)) = w (w + 2) / (w (w + 2) + 2), divided through by w^2 for x > 0. */
UNARY(mish)
{
    float x = at_least_f(a, -200.0f);
    struct exp_parts parts = exp_parts_negative_f(-abs_f(x), -0.0f);
    float e = times_parts_f(1.0f, parts);
    bool left = x < 0;
    float square = e * e;
    float numerator = left ? e * (e + 2.0f) : 1.0f + 2.0f * e;
    float denominator = left ? numerator + 2.0f : fma_f(2.0f, square, numerator);
    float inverse = 1.0f / denominator;
    float t = numerator * inverse;
    float quotient = x * (left ? e + 2.0f : numerator) / denominator; /* one rounding less than x * t */
    float v = left ? times_parts_f(quotient, parts) : quotient;
    /* sech^2(softplus) * sigmoid = 4 w (1 + w) / (w^2 + 2 w + 2)^2 */
    float slope = 4.0f * (left ? e + square : square * (1.0f + e)) * inverse * inverse;
    return JET(v, fma_f(at_most_f(x, 200.0f), slope, t));
}

UNARY(erf)
{
    float size = at_most_f(abs_f(a), 4.0f); /* where it is 1 */
    float square = size * size;
    float small = a * HORNER_F(POLYNOMIAL_ERF, square);
    float large = with_sign_f(1.0f - exp_moderate_f(-square, 0) * HORNER_F(POLYNOMIAL_ERFC, size), a);
    float v = size < 0.75f ? small : large;
    /* beside 1 the lost bits of the square do not matter, in the slope they do */
    struct split s = minus_square_f(at_most_f(abs_f(a), 16.0f)); /* e^-256 is 0 */
    float e = times_parts_f(1.0f, exp_parts_negative_f(s.high, s.low));
    return JET(size > 0.0f ? v : a, 1.12837917f * e);
}

/* x Phi(x): near 0 from the series of Phi, else from the tail Phi(-|x|), which keeps its relative
   precision far out. */
UNARY(gelu)
{
    float x = at_least_f(a, -20.0f);
    float size = at_most_f(abs_f(x), 20.0f);
    struct split s = minus_square_f(size);
    struct exp_parts parts = exp_parts_negative_f(0.5f * s.high, 0.5f * s.low);
    float e = times_parts_f(1.0f, parts);
    float u = (size - 3.0f) / (size + 3.0f);
    float tail = HORNER_F(POLYNOMIAL_PHI, u) / fma_f(2.0f, size, 1.0f); /* Phi(-|x|) e^(x^2/2) */
    float near = fma_f(at_most_f(x, 20.0f), HORNER_F(POLYNOMIAL_PHI_SMALL, -s.high), 0.5f);
    float right = fma_f(-e, tail, 1.0f);
    float phi = size < 1.0f ? near : x < 0 ? e * tail : right;
    float v = size < 1.0f || x > 0 ? x * phi : times_parts_f(x * tail, parts);
    float slope = fma_f(at_most_f(x, 20.0f) * 0.39894228f, e, phi);
    return JET(a != a ? a : v, slope);
}

UNARY(log)
{
    return JET(log_f(a), 1.0f / a);
}

/* ---- the rest, in double ---- */

UNARY(erfc)
{
    double x = at_least_d(at_most_d(a, 11.0), -11.0);
    double size = abs_d(x);
    double e = exp_d(-x * x);
    double u = (size - 2.0) / (size + 2.0);
    double tail = e * HORNER_D(POLYNOMIAL_ERFCX_D, u) / (1.0 + 2.0 * size);
    return JET((float)(x < 0 ? 2.0 - tail : tail), (float)(-1.1283791670955126 * e));
}

UNARY(sinh)
{
    double x = at_least_d(at_most_d(a, 120.0), -120.0);
    double size = abs_d(x);
    double e = exp_d(size);
    double inverse = 1.0 / e;
    double z = x * x;
    double small = 1.0 / 39916800;
    small = fma_d(small, z, 1.0 / 362880);
    small = fma_d(small, z, 1.0 / 5040);
    small = fma_d(small, z, 1.0 / 120);
    small = fma_d(small, z, 1.0 / 6);
    small = fma_d(small * z, x, x);
    double large = with_sign_d(0.5 * (e - inverse), x);
    return JET((float)(size < 1.0 ? small : large), (float)(0.5 * (e + inverse)));
}

UNARY(cosh)
{
    struct jet s = op_sinh(a);
    return JET(s.d, s.v);
}

UNARY(asinh)
{
    double x = a;
    double size = abs_d(x);
    double z = at_most_d(x * x, 1e80);
    double root = __builtin_sqrt(z + 1.0);
    double small = fma_d(x * z, HORNER_D(POLYNOMIAL_ASINH_D, z), x);
    double large = with_sign_d(log_d(at_most_d(size, 1e40) + root), x);
    float v = (float)(size < 0.625 ? small : large);
    v = size > 1e39 ? a : v; /* +-Inf */
    return JET(a != a ? a : v, (float)(1.0 / root));
}

UNARY(atan)
{
    double size = abs_d(a);
    bool high = size > 2.414213562373095, middle = size > 0.41421356237309503;
    double numerator = high ? -1.0 : middle ? size - 1.0 : size;
    double denominator = high ? size : middle ? size + 1.0 : 1.0;
    double t = numerator / denominator;
    double z = t * t;
    double angle = fma_d(t * z, HORNER_D(POLYNOMIAL_ATAN_D, z), t);
    angle += high ? 1.5707963267948966 : middle ? 0.78539816339744828 : 0.0;
    double square = size * size;
    return JET((float)with_sign_d(angle, a), (float)(1.0 / (1.0 + square)));
}

UNARY(sin)
{
    struct sin_cos s = sin_cos_d(a);
    return JET(a == 0 ? a : (float)s.sin, (float)s.cos);
}

UNARY(cos)
{
    struct sin_cos s = sin_cos_d(a);
    return JET((float)s.cos, (float)-s.sin);
}

UNARY(sinc)
{
    double x = a;
    struct sin_cos s = sin_cos_d(x);
    double v = s.sin / x;
    double z = x * x;
    double near = x * (-1.0 / 3) * fma_d(z, -1.0 / 10, 1.0); /* of the difference few digits would be left */
    double d = z < 1e-4 ? near : (s.cos - v) / x;
    return JET(a == 0 ? 1.0f : (float)v, (float)d);
}

/* What both Bessel functions need of |x|: e^-x I0(x), e^-x I1(x) / x, and their slope e^-x (I0(x) - I1(x)), which has
   a polynomial of its own since the two become alike. */
struct bessel {
    double x, i0, i1_by_x, difference;
};

INLINE struct bessel bessel_d(float a)
{
    double x = at_most_d(abs_d(a), 1e39);
    double u = (x - 4.0) / (x + 4.0);
    double inverse = 1.0 / (1.0 + x);
    double root = __builtin_sqrt(inverse);
    return (struct bessel){.x = x,
                           .i0 = HORNER_D(POLYNOMIAL_I0E_D, u) * root,
                           .i1_by_x = HORNER_D(POLYNOMIAL_I1E_D, u) * root * inverse,
                           .difference = HORNER_D(POLYNOMIAL_I01E_D, u) * root * inverse};
}

UNARY(bessel_i0e)
{
    struct bessel s = bessel_d(a);
    float v = (float)(a > 3.4028235e38f || a < -3.4028235e38f ? 0.0 : s.i0);
    return JET(v, (float)(a > 0 ? -s.difference : a < 0 ? s.difference : 0.0));
}

UNARY(bessel_i1e)
{
    struct bessel s = bessel_d(a);
    double v = a > 3.4028235e38f || a < -3.4028235e38f ? 0.0 : s.i1_by_x * s.x;
    return JET((float)with_sign_d(v, a), (float)(s.difference - s.i1_by_x));
}

/* ---- two arguments ---- */

BINARY(add)
{
    return (struct jet2){a + b, 1.0f, 1.0f};
}

BINARY(sub)
{
    return (struct jet2){a - b, 1.0f, -1.0f};
}

BINARY(mul)
{
    return (struct jet2){a * b, b, a};
}

BINARY(div)
{
    float v = a / b;
    return (struct jet2){v, 1.0f / b, -v / b};
}

BINARY(max)
{
    return (struct jet2){a > b || a != a ? a : b,
                         a > b   ? 1.0f
                         : a < b ? 0.0f
                                 : 0.5f,
                         a < b   ? 1.0f
                         : a > b ? 0.0f
                                 : 0.5f};
}

BINARY(min)
{
    return (struct jet2){a < b || a != a ? a : b,
                         a < b   ? 1.0f
                         : a > b ? 0.0f
                                 : 0.5f,
                         a > b   ? 1.0f
                         : a < b ? 0.0f
                                 : 0.5f};
}

/* The reference itself: general powers are rare, and their special cases are many. */
BINARY(pow)
{
    return (struct jet2){(float)op_value(OP_pow, a, b), (float)op_slope(OP_pow, a, b, 0),
                         (float)op_slope(OP_pow, a, b, 1)};
}

/* ---- loops ---- */

/* Elements beyond the fast reduction's range, which networks hardly ever meet, are done again by the
   C library. The choice depends on the element alone, so its bits do not depend on its neighbours. */
INLINE bool beyond_trig_limit(ptrdiff_t N, const float *a)
{
    int outside = 0;
    for (ptrdiff_t i = 0; i < N; i++)
        outside |= !(abs_f(a[i]) <= TRIG_LIMIT);
    return outside;
}

static void redo_trig_values(enum op op, ptrdiff_t N, const float *a, float *v)
{
    for (ptrdiff_t i = 0; i < N; i++)
        if (!(abs_f(a[i]) <= TRIG_LIMIT))
            v[i] = (float)op_value(op, a[i], 0);
}

static void redo_trig_slopes(enum op op, ptrdiff_t N, const float *a, const float *da, float *d)
{
    for (ptrdiff_t i = 0; i < N; i++)
        if (!(abs_f(a[i]) <= TRIG_LIMIT))
            d[i] = (float)op_slope(op, a[i], 0, 0) * (da ? da[i] : 1.0f);
}

INLINE bool is_trig(enum op op)
{
    return op == OP_sin || op == OP_cos || op == OP_sinc;
}

#define LOOP for (ptrdiff_t i = 0; i < N; i++)

#define OP_LEAF(name)
#define OP_UNARY(name, ...)                                                                                            \
    static void value_##name(ptrdiff_t N, const float *restrict a, const float *b, float *restrict v)                  \
    {                                                                                                                  \
        (void)b;                                                                                                       \
        LOOP v[i] = op_##name(a[i]).v;                                                                                 \
        if (is_trig(OP_##name) && beyond_trig_limit(N, a))                                                             \
            redo_trig_values(OP_##name, N, a, v);                                                                      \
    }                                                                                                                  \
    static void slope_##name(ptrdiff_t N, const float *restrict a, const float *b, const float *restrict da,           \
                             const float *db, float *restrict v, float *restrict d)                                    \
    {                                                                                                                  \
        (void)b, (void)db;                                                                                             \
        if (da)                                                                                                        \
            LOOP                                                                                                       \
            {                                                                                                          \
                struct jet j = op_##name(a[i]);                                                                        \
                v[i] = j.v;                                                                                            \
                d[i] = j.d * da[i];                                                                                    \
            }                                                                                                          \
        else                                                                                                           \
            LOOP                                                                                                       \
            {                                                                                                          \
                struct jet j = op_##name(a[i]);                                                                        \
                v[i] = j.v;                                                                                            \
                d[i] = j.d;                                                                                            \
            }                                                                                                          \
        if (is_trig(OP_##name) && beyond_trig_limit(N, a)) {                                                           \
            redo_trig_values(OP_##name, N, a, v);                                                                      \
            redo_trig_slopes(OP_##name, N, a, da, d);                                                                  \
        }                                                                                                              \
    }
#define OP_BINARY(name, ...)                                                                                           \
    static void value_##name(ptrdiff_t N, const float *a, const float *b, float *restrict v)                           \
    {                                                                                                                  \
        LOOP v[i] = op_##name(a[i], b[i]).v;                                                                           \
    }                                                                                                                  \
    static void slope_##name(ptrdiff_t N, const float *a, const float *b, const float *da, const float *db,            \
                             float *restrict v, float *restrict d)                                                     \
    {                                                                                                                  \
        if (da && db)                                                                                                  \
            LOOP                                                                                                       \
            {                                                                                                          \
                struct jet2 j = op_##name(a[i], b[i]);                                                                 \
                v[i] = j.v;                                                                                            \
                d[i] = j.da * da[i] + j.db * db[i];                                                                    \
            }                                                                                                          \
        else if (da)                                                                                                   \
            LOOP                                                                                                       \
            {                                                                                                          \
                struct jet2 j = op_##name(a[i], b[i]);                                                                 \
                v[i] = j.v;                                                                                            \
                d[i] = j.da * da[i];                                                                                   \
            }                                                                                                          \
        else                                                                                                           \
            LOOP                                                                                                       \
            {                                                                                                          \
                struct jet2 j = op_##name(a[i], b[i]);                                                                 \
                v[i] = j.v;                                                                                            \
                d[i] = j.db * db[i];                                                                                   \
            }                                                                                                          \
    }
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY

static bool all_finite(ptrdiff_t N, const float *d)
{
    uint32_t bits = 0;
    LOOP bits |= (bits_of_float(d[i]) & 0x7fffffffu) + 0x00800000u; /* reaches the sign from the largest exponent */
    return !(bits >> 31);
}

const struct loops ISA_NAME(loops) = {
    .all_finite = all_finite,
#define OP_LEAF(name)
#define OP_UNARY(name, ...) .value[OP_##name] = value_##name, .slope[OP_##name] = slope_##name,
#define OP_BINARY(name, ...) .value[OP_##name] = value_##name, .slope[OP_##name] = slope_##name,
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
};
