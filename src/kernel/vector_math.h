/* Elementary functions of one float, written so that the compiler turns a loop over them into
 * vector code: no branches, no calls, no tables. Included by ops_isa.c only, which is compiled once
 * for each instruction level.
 *
 * Two styles. What networks use all the time is computed in float, with care for the last bits. The
 * rarer functions compute in double and round once at the end, which costs about half the speed and
 * needs no care.
 *
 * Why functions hand out their scale: exp(x) of a very negative x is subnormal and has lost its low
 * bits, so x * exp(x) must be multiplied *before* the scaling by 2^n. */
#ifndef ACTSEARCH_KERNEL_VECTOR_MATH_H
#define ACTSEARCH_KERNEL_VECTOR_MATH_H

#include "kernel/polynomials.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE float fma_f(float a, float b, float c)
{
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE double fma_d(double a, double b, double c)
{
#ifdef __FMA__
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

INLINE float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

INLINE double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

INLINE float abs_f(float x)
{
    return float_of_bits(bits_of_float(x) & 0x7fffffffu);
}

/* |size| with the sign of `sign`. */
INLINE float with_sign_f(float size, float sign)
{
    return float_of_bits((bits_of_float(size) & 0x7fffffffu) | (bits_of_float(sign) & 0x80000000u));
}

INLINE double abs_d(double x)
{
    return double_of_bits(bits_of_double(x) & 0x7fffffffffffffffu);
}

INLINE double with_sign_d(double size, double sign)
{
    return double_of_bits((bits_of_double(size) & 0x7fffffffffffffffu) | (bits_of_double(sign) & 0x8000000000000000u));
}

/* The bounds that keep arguments where formulas hold; NaN passes through. */
INLINE float at_most_f(float x, float bound)
{
    return x > bound ? bound : x;
}

INLINE float at_least_f(float x, float bound)
{
    return x < bound ? bound : x;
}

INLINE double at_most_d(double x, double bound)
{
    return x > bound ? bound : x;
}

INLINE double at_least_d(double x, double bound)
{
    return x < bound ? bound : x;
}

/* Horner's rule over a POLYNOMIAL_ list. The count is a constant, so the loop is unrolled. */
#define HORNER_F(list, x) horner_f((const float[]){list}, sizeof((const float[]){list}) / sizeof(float), x)
#define HORNER_D(list, x) horner_d((const double[]){list}, sizeof((const double[]){list}) / sizeof(double), x)

INLINE float horner_f(const float *c, size_t count, float x)
{
    float sum = c[count - 1];
#pragma GCC unroll 32
    for (size_t i = count - 1; i > 0; i--)
        sum = fma_f(sum, x, c[i - 1]);
    return sum;
}

INLINE double horner_d(const double *c, size_t count, double x)
{
    double sum = c[count - 1];
#pragma GCC unroll 32
    for (size_t i = count - 1; i > 0; i--)
        sum = fma_d(sum, x, c[i - 1]);
    return sum;
}

/* ---- exp in float ---- */

/* e^(x + low) = fraction * up * down, where up and down are powers of two: two of them, since 2^n
   alone over- or underflows before the product does. */
struct exp_parts {
    float fraction, up, down;
};

INLINE struct exp_parts exp_parts_f(float x, float low)
{
    const float magic = 12582912.0f;              /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
    x = at_least_f(at_most_f(x, 89.0f), -170.0f); /* 200 e^-170 is still 0 */
    float shifted = fma_f(x, 1.44269504f, magic);
    float n = shifted - magic;
    float r = fma_f(n, -0.693359375f, x); /* exact: the constant has few bits */
    r = fma_f(n, 2.12194440e-4f, r) + low;
    float p = fma_f(r * r, HORNER_F(POLYNOMIAL_EXP, r), r);
    int32_t exponent = (int32_t)(bits_of_float(shifted) - 0x4b400000u);
    int32_t half = exponent >> 1;
    return (struct exp_parts){
        .fraction = 1.0f + p,
        .up = float_of_bits((uint32_t)(half + 127) << 23),
        .down = float_of_bits((uint32_t)(exponent - half + 127) << 23),
    };
}

/* The same for x <= 0, at half the price: 2^n stands 120 higher in one power, the other is constant. */
INLINE struct exp_parts exp_parts_negative_f(float x, float low)
{
    const float magic = 12582912.0f + 127.0f + 120.0f; /* so that the low bits are the exponent of 2^(n + 120) */
    x = at_least_f(x, -170.0f);
    float shifted = fma_f(x, 1.44269504f, magic);
    float n = shifted - magic;
    float r = fma_f(n, 2.12194440e-4f, fma_f(n, -0.693359375f, x)) + low;
    return (struct exp_parts){
        .fraction = 1.0f + fma_f(r * r, HORNER_F(POLYNOMIAL_EXP, r), r),
        .up = float_of_bits(bits_of_float(shifted) << 23),
        .down = 0x1p-120f,
    };
}

INLINE float exp_negative_f(float x)
{
    struct exp_parts e = exp_parts_negative_f(x, -0.0f);
    return e.fraction * e.up * e.down;
}

INLINE float exp_f(float x)
{
    struct exp_parts e = exp_parts_f(x, 0);
    return e.fraction * e.up * e.down;
}

/* 2^up e^x where that is a normal number: the exponent is added to, nothing is multiplied. */
INLINE float exp_moderate_f(float x, uint32_t up)
{
    const float magic = 12582912.0f;
    float shifted = fma_f(x, 1.44269504f, magic);
    float n = shifted - magic;
    float r = fma_f(n, 2.12194440e-4f, fma_f(n, -0.693359375f, x));
    float fraction = 1.0f + fma_f(r * r, HORNER_F(POLYNOMIAL_EXP, r), r);
    return float_of_bits(bits_of_float(fraction) + ((bits_of_float(shifted) + up) << 23));
}

/* factor * e^x, rounded once even where e^x alone is subnormal. */
INLINE float times_parts_f(float factor, struct exp_parts e)
{
    return factor * e.fraction * e.up * e.down;
}

/* -x^2 (times half where asked) with its rounding error: e^-x^2 would lose 7 bits without it. */
struct split {
    float high, low;
};

INLINE struct split minus_square_f(float x)
{
    float head = float_of_bits(bits_of_float(x) & 0xfffff000u); /* 12 bits: its square is exact */
    float tail = x - head;
    float square = x * x;
    float error = ((head * head - square) + 2.0f * head * tail) + tail * tail;
    return (struct split){-square, -error};
}

INLINE float expm1_f(float x)
{
    const float magic = 12582912.0f;
    float y = at_least_f(at_most_f(x, 89.0f), -20.0f);
    float shifted = fma_f(y, 1.44269504f, magic);
    float n = shifted - magic;
    float r = fma_f(n, 2.12194440e-4f, fma_f(n, -0.693359375f, y));
    float p = fma_f(r * r, HORNER_F(POLYNOMIAL_EXP, r), r);
    /* Half of 2^n, since 2^128 is needed and does not exist. */
    float half = float_of_bits((bits_of_float(shifted) - 0x4b400000u + 126u) << 23);
    float result = 2.0f * fma_f(half, p, half - 0.5f);
    return x == 0.0f ? x : result;
}

/* ---- log in float ---- */

INLINE float log_f(float x)
{
    float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x; /* subnormals up by 2^23 */
    float offset = x < 1.17549435e-38f ? 150.0f : 127.0f;
    uint32_t bits = bits_of_float(scaled);
    /* The exponent that leaves the fraction between sqrt(1/2) and sqrt(2). */
    int32_t exponent = (int32_t)((bits + 0x004afb0du) >> 23);
    float f = float_of_bits(bits - ((uint32_t)(exponent - 127) << 23)) - 1.0f;
    float n = (float)exponent - offset;
    float square = f * f;
    float tail = fma_f(square * f, HORNER_F(POLYNOMIAL_LOG, f), n * -2.12194440e-4f);
    float result = fma_f(n, 0.693359375f, f + fma_f(-0.5f, square, tail));
    result = x == 0.0f ? -INFINITY : result;
    result = x > 3.4028235e38f ? x : result;
    return x >= 0.0f ? result : NAN;
}

/* log(1 + e) for 0 <= e <= 1. */
INLINE float log1p_f(float e)
{
    return e * HORNER_F(POLYNOMIAL_LOG1P, e);
}

/* ---- double, for what is rounded to float at the end ---- */

/* e^x; the caller keeps |x| below 700. */
INLINE double exp_d(double x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    double shifted = fma_d(x, 1.4426950408889634, magic);
    double n = shifted - magic;
    double r = fma_d(n, -1.9082149292705877e-10, fma_d(n, -0.69314718036912382, x));
    double p = fma_d(r * r, HORNER_D(POLYNOMIAL_EXP_D, r), r);
    double scale = double_of_bits((bits_of_double(shifted) + 1023u) << 52);
    return fma_d(scale, p, scale);
}

/* log x for a normal x >= 1. */
INLINE double log_d(double x)
{
    uint64_t bits = bits_of_double(x);
    uint64_t exponent = (bits + 0x00095f619980c433u) >> 52; /* fraction between sqrt(1/2) and sqrt(2) */
    double m = double_of_bits(bits - ((exponent - 1023u) << 52));
    /* The exponent as a double without a 64-bit conversion, which AVX2 lacks. */
    double n = double_of_bits(exponent | 0x4330000000000000u) - 4503599627371519.0; /* 2^52 + 1023 */
    double s = (m - 1.0) / (m + 1.0);
    double z = s * s;
    double series = 1.0 / 13;
    series = fma_d(series, z, 1.0 / 11);
    series = fma_d(series, z, 1.0 / 9);
    series = fma_d(series, z, 1.0 / 7);
    series = fma_d(series, z, 1.0 / 5);
    series = fma_d(series, z, 1.0 / 3);
    return fma_d(n, 0.69314718055994531, 2.0 * fma_d(s * z, series, s));
}

/* sin and cos for |x| up to TRIG_LIMIT, by reduction to [-pi/4, pi/4]. */
#define TRIG_LIMIT 1e6f
struct sin_cos {
    double sin, cos;
};

INLINE struct sin_cos sin_cos_d(double x)
{
    const double magic = 6755399441055744.0;
    double shifted = fma_d(x, 0.63661977236758134, magic);
    double n = shifted - magic;
    double r = x - n * 1.5707963267341256; /* 33 bits of pi/2: the product is exact */
    r -= n * 6.0771005065061922e-11;       /* the rest of it */
    double z = r * r;
    double s = -1.0 / 39916800;
    s = fma_d(s, z, 1.0 / 362880);
    s = fma_d(s, z, -1.0 / 5040);
    s = fma_d(s, z, 1.0 / 120);
    s = fma_d(s, z, -1.0 / 6);
    s = fma_d(s * z, r, r);
    double c = 1.0 / 479001600;
    c = fma_d(c, z, -1.0 / 3628800);
    c = fma_d(c, z, 1.0 / 40320);
    c = fma_d(c, z, -1.0 / 720);
    c = fma_d(c, z, 1.0 / 24);
    c = fma_d(c, z, -0.5);
    c = fma_d(c, z, 1.0);
    uint64_t quadrant = bits_of_double(shifted);
    double sin = quadrant & 1 ? c : s;
    double cos = quadrant & 1 ? s : c;
    uint64_t sin_sign = (quadrant & 2) << 62;
    uint64_t cos_sign = ((quadrant + 1) & 2) << 62;
    return (struct sin_cos){double_of_bits(bits_of_double(sin) ^ sin_sign),
                            double_of_bits(bits_of_double(cos) ^ cos_sign)};
}

#endif
