/* Every primitive, its derivative, and expressions of them, in MPFR; what exact.h says. */
#include "exact/exact.h"

#include <float.h>
#include <math.h>
#include <mpfr.h>
#include <stddef.h>
#include <string.h>

enum { BITS = 320, TEMPORARIES = 8, FAR = 1000000 /* 2^FAR stands for infinity */, PERIODS = 20000 };

#define ROUND MPFR_RNDN
#define TENTH 0.1

const struct exact_format exact_float = {"float", 24, -126, (double)FLT_MAX, (double)FLT_MIN, 4, 8, 4};
const struct exact_format exact_double = {"double", 53, -1022, DBL_MAX, DBL_MIN, 8, 16, 8};

/* ---- numbers that live as long as the program */

static mpfr_t temporary[TEMPORARIES], unit;
static bool ready;

static void prepare(void)
{
    if (ready)
        return;
    for (int i = 0; i < TEMPORARIES; i++)
        mpfr_init2(temporary[i], BITS);
    mpfr_init2(unit, BITS);
    mpfr_set_ui(unit, 1, ROUND);
    ready = true;
}

void exact_release(void)
{
    if (!ready)
        return;
    for (int i = 0; i < TEMPORARIES; i++)
        mpfr_clear(temporary[i]);
    mpfr_clear(unit);
    mpfr_free_cache();
    ready = false;
}

/* ---- the primitives: v = f(a), d = f'(a); a is finite, or infinite where a limit is not asked for */

#define UNARY(name) static void exact_##name(mpfr_ptr v, mpfr_ptr d, mpfr_srcptr a)
#define T(i) temporary[i]

UNARY(neg)
{
    mpfr_neg(v, a, ROUND);
    mpfr_set_si(d, -1, ROUND);
}

UNARY(abs)
{
    mpfr_abs(v, a, ROUND);
    mpfr_set_si(d, mpfr_sgn(a), ROUND);
}

UNARY(sign)
{
    mpfr_set_si(v, mpfr_sgn(a), ROUND);
    mpfr_set_ui(d, 0, ROUND);
}

UNARY(step)
{
    mpfr_set_ui(v, mpfr_sgn(a) > 0, ROUND);
    mpfr_set_ui(d, 0, ROUND);
}

UNARY(relu)
{
    bool right = mpfr_sgn(a) > 0;
    if (right)
        mpfr_set(v, a, ROUND);
    else
        mpfr_set_ui(v, 0, ROUND);
    mpfr_set_ui(d, right, ROUND);
}

UNARY(square)
{
    mpfr_sqr(v, a, ROUND);
    mpfr_mul_ui(d, a, 2, ROUND);
}

UNARY(cube)
{
    mpfr_pow_ui(v, a, 3, ROUND);
    mpfr_sqr(d, a, ROUND);
    mpfr_mul_ui(d, d, 3, ROUND);
}

UNARY(sqrt)
{
    mpfr_sqrt(v, a, ROUND);
    mpfr_rec_sqrt(d, a, ROUND);
    mpfr_div_ui(d, d, 2, ROUND);
}

UNARY(reciprocal)
{
    mpfr_ui_div(v, 1, a, ROUND);
    mpfr_sqr(d, v, ROUND);
    mpfr_neg(d, d, ROUND);
}

UNARY(exp)
{
    mpfr_exp(v, a, ROUND);
    mpfr_set(d, v, ROUND);
}

UNARY(expm1)
{
    mpfr_expm1(v, a, ROUND);
    mpfr_exp(d, a, ROUND);
}

UNARY(log)
{
    mpfr_log(v, a, ROUND);
    mpfr_ui_div(d, 1, a, ROUND);
}

UNARY(sin)
{
    mpfr_sin(v, a, ROUND);
    mpfr_cos(d, a, ROUND);
}

UNARY(cos)
{
    mpfr_cos(v, a, ROUND);
    mpfr_sin(d, a, ROUND);
    mpfr_neg(d, d, ROUND);
}

UNARY(sinc)
{
    if (mpfr_zero_p(a)) {
        mpfr_set_ui(v, 1, ROUND);
        mpfr_set_ui(d, 0, ROUND);
        return;
    }
    mpfr_sin_cos(v, d, a, ROUND);
    mpfr_div(v, v, a, ROUND);
    if (mpfr_get_exp(a) < -BITS / 4) { /* the difference of both would have no bits left */
        mpfr_div_si(d, a, -3, ROUND);
        return;
    }
    mpfr_sub(d, d, v, ROUND);
    mpfr_div(d, d, a, ROUND);
}

UNARY(sinh)
{
    mpfr_sinh(v, a, ROUND);
    mpfr_cosh(d, a, ROUND);
}

UNARY(cosh)
{
    mpfr_cosh(v, a, ROUND);
    mpfr_sinh(d, a, ROUND);
}

UNARY(tanh)
{
    mpfr_tanh(v, a, ROUND);
    mpfr_sech(d, a, ROUND);
    mpfr_sqr(d, d, ROUND);
}

UNARY(asinh)
{
    mpfr_asinh(v, a, ROUND);
    mpfr_sqr(d, a, ROUND);
    mpfr_add_ui(d, d, 1, ROUND);
    mpfr_rec_sqrt(d, d, ROUND);
}

UNARY(atan)
{
    mpfr_atan(v, a, ROUND);
    mpfr_sqr(d, a, ROUND);
    mpfr_add_ui(d, d, 1, ROUND);
    mpfr_ui_div(d, 1, d, ROUND);
}

/* 1 / (1 + e^(-s a)), s = +-1 */
static void logistic(mpfr_ptr v, mpfr_srcptr a, int s)
{
    mpfr_mul_si(v, a, -s, ROUND);
    mpfr_exp(v, v, ROUND);
    mpfr_add_ui(v, v, 1, ROUND);
    mpfr_ui_div(v, 1, v, ROUND);
}

/* log(1 + e^a) */
static void soft_plus(mpfr_ptr v, mpfr_srcptr a)
{
    mpfr_abs(T(7), a, ROUND);
    mpfr_neg(T(7), T(7), ROUND);
    mpfr_exp(T(7), T(7), ROUND);
    mpfr_log1p(T(7), T(7), ROUND);
    if (mpfr_sgn(a) > 0)
        mpfr_add(v, a, T(7), ROUND);
    else
        mpfr_set(v, T(7), ROUND);
}

UNARY(sigmoid)
{
    logistic(v, a, 1);
    logistic(d, a, -1);
    mpfr_mul(d, d, v, ROUND);
}

UNARY(softplus)
{
    soft_plus(v, a);
    logistic(d, a, 1);
}

UNARY(log_sigmoid)
{
    mpfr_neg(T(0), a, ROUND);
    soft_plus(v, T(0));
    mpfr_neg(v, v, ROUND);
    logistic(d, a, -1);
}

UNARY(softsign)
{
    mpfr_abs(d, a, ROUND);
    mpfr_add_ui(d, d, 1, ROUND);
    mpfr_div(v, a, d, ROUND);
    mpfr_sqr(d, d, ROUND);
    mpfr_ui_div(d, 1, d, ROUND);
}

/* e^(-a^2) */
static void bell(mpfr_ptr v, mpfr_srcptr a)
{
    mpfr_sqr(v, a, ROUND);
    mpfr_neg(v, v, ROUND);
    mpfr_exp(v, v, ROUND);
}

/* 2 / sqrt(pi) e^(-a^2) */
static void erf_slope(mpfr_ptr d, mpfr_srcptr a)
{
    bell(d, a);
    mpfr_const_pi(T(7), ROUND);
    mpfr_rec_sqrt(T(7), T(7), ROUND);
    mpfr_mul(d, d, T(7), ROUND);
    mpfr_mul_ui(d, d, 2, ROUND);
}

UNARY(erf)
{
    mpfr_erf(v, a, ROUND);
    erf_slope(d, a);
}

UNARY(erfc)
{
    mpfr_erfc(v, a, ROUND);
    erf_slope(d, a);
    mpfr_neg(d, d, ROUND);
}

UNARY(gauss)
{
    bell(v, a);
    mpfr_mul(d, v, a, ROUND);
    mpfr_mul_si(d, d, -2, ROUND);
}

/* e^-y I0(y) and e^-y I1(y), y >= 0. Up to 130 the power series, beyond it Hankel's expansion, whose smallest term
   is e^(-2y). */
static void bessel(mpfr_ptr i0, mpfr_ptr i1, mpfr_srcptr y)
{
    mpfr_ptr term = T(5), quarter = T(6);
    bool near = mpfr_cmp_ui(y, 130) < 0;
    if (near) {
        mpfr_sqr(quarter, y, ROUND);
        mpfr_div_ui(quarter, quarter, 4, ROUND);
    }
    for (unsigned n = 0; n <= 1; n++) {
        mpfr_ptr sum = n ? i1 : i0;
        mpfr_set_ui(term, 1, ROUND);
        if (near && n)
            mpfr_div_ui(term, y, 2, ROUND);
        mpfr_set(sum, term, ROUND);
        for (unsigned k = 1; k < 2000 && !mpfr_zero_p(term); k++) {
            if (near) {
                mpfr_mul(term, term, quarter, ROUND);
                mpfr_div_ui(term, term, (unsigned long)k * (k + n), ROUND);
            } else {
                long odd = 2 * (long)k - 1;
                mpfr_mul_si(term, term, odd * odd - 4 * (long)n, ROUND);
                mpfr_div_ui(term, term, 8ul * k, ROUND);
                mpfr_div(term, term, y, ROUND);
            }
            mpfr_add(sum, sum, term, ROUND);
            if (mpfr_get_exp(term) < mpfr_get_exp(sum) - BITS || (!near && k > 200))
                break;
        }
    }
    if (near) {
        mpfr_neg(term, y, ROUND);
        mpfr_exp(term, term, ROUND);
    } else {
        mpfr_const_pi(term, ROUND);
        mpfr_mul(term, term, y, ROUND);
        mpfr_mul_ui(term, term, 2, ROUND);
        mpfr_rec_sqrt(term, term, ROUND);
    }
    mpfr_mul(i0, i0, term, ROUND);
    mpfr_mul(i1, i1, term, ROUND);
}

/* e^-y (I1(y) - I0(y)); far out, where the two have no different bits left, the first term of the expansion. */
static void bessel_difference(mpfr_ptr d, mpfr_srcptr i0, mpfr_srcptr i1, mpfr_srcptr y)
{
    mpfr_sub(d, i1, i0, ROUND);
    if (mpfr_regular_p(y) && mpfr_get_exp(y) > BITS / 3) {
        mpfr_div(d, i0, y, ROUND);
        mpfr_div_si(d, d, -2, ROUND);
    }
}

UNARY(bessel_i0e)
{
    mpfr_abs(T(0), a, ROUND);
    bessel(v, T(1), T(0));
    bessel_difference(d, v, T(1), T(0));
    mpfr_mul_si(d, d, mpfr_sgn(a), ROUND);
}

UNARY(bessel_i1e)
{
    mpfr_abs(T(0), a, ROUND);
    bessel(T(1), v, T(0));
    bessel_difference(d, T(1), v, T(0));
    mpfr_neg(d, d, ROUND);
    if (mpfr_zero_p(a)) {
        mpfr_set_d(d, 0.5, ROUND);
        mpfr_set(v, a, ROUND);
        return;
    }
    mpfr_div(T(2), v, T(0), ROUND);
    mpfr_sub(d, d, T(2), ROUND);
    mpfr_mul_si(v, v, mpfr_sgn(a), ROUND);
}

UNARY(elu)
{
    bool right = mpfr_sgn(a) > 0;
    exact_expm1(v, d, a);
    if (right) {
        mpfr_set(v, a, ROUND);
        mpfr_set_ui(d, 1, ROUND);
    }
}

UNARY(selu)
{
    bool right = mpfr_sgn(a) > 0;
    exact_elu(v, d, a);
    mpfr_set_str(T(0), right ? "1.0507009873554804934" : "1.7580993408473768599", 10, ROUND);
    mpfr_mul(v, v, T(0), ROUND);
    mpfr_mul(d, d, T(0), ROUND);
}

UNARY(silu)
{
    logistic(T(0), a, 1);
    logistic(T(1), a, -1);
    mpfr_mul(v, a, T(0), ROUND);
    mpfr_mul(d, a, T(1), ROUND);
    mpfr_add_ui(d, d, 1, ROUND);
    mpfr_mul(d, d, T(0), ROUND);
}

UNARY(gelu)
{
    mpfr_sqrt_ui(T(0), 2, ROUND);
    mpfr_div(T(1), a, T(0), ROUND);
    mpfr_neg(T(1), T(1), ROUND);
    mpfr_erfc(T(2), T(1), ROUND);
    mpfr_div_ui(T(2), T(2), 2, ROUND);
    mpfr_mul(v, a, T(2), ROUND);
    erf_slope(d, T(1)); /* twice the density, but for sqrt(2) */
    mpfr_mul(d, d, a, ROUND);
    mpfr_div(d, d, T(0), ROUND);
    mpfr_div_ui(d, d, 2, ROUND);
    mpfr_add(d, d, T(2), ROUND);
}

UNARY(mish)
{
    soft_plus(T(0), a);
    mpfr_tanh(T(1), T(0), ROUND);
    mpfr_sech(T(2), T(0), ROUND);
    mpfr_sqr(T(2), T(2), ROUND);
    logistic(T(3), a, 1);
    mpfr_mul(v, a, T(1), ROUND);
    mpfr_mul(d, a, T(2), ROUND);
    mpfr_mul(d, d, T(3), ROUND);
    mpfr_add(d, d, T(1), ROUND);
}

#define BINARY(name) static void exact_##name(mpfr_ptr v, mpfr_ptr da, mpfr_ptr db, mpfr_srcptr a, mpfr_srcptr b)

BINARY(add)
{
    mpfr_add(v, a, b, ROUND);
    mpfr_set_si(da, 1, ROUND);
    mpfr_set_si(db, 1, ROUND);
}

BINARY(sub)
{
    mpfr_sub(v, a, b, ROUND);
    mpfr_set_si(da, 1, ROUND);
    mpfr_set_si(db, -1, ROUND);
}

BINARY(mul)
{
    mpfr_mul(v, a, b, ROUND);
    mpfr_set(da, b, ROUND);
    mpfr_set(db, a, ROUND);
}

BINARY(div)
{
    mpfr_div(v, a, b, ROUND);
    mpfr_ui_div(da, 1, b, ROUND);
    mpfr_div(db, v, b, ROUND);
    mpfr_neg(db, db, ROUND);
}

BINARY(pow)
{
    mpfr_pow(v, a, b, ROUND);
    mpfr_sub_ui(T(0), b, 1, ROUND);
    mpfr_pow(da, a, T(0), ROUND);
    if (mpfr_zero_p(b))
        mpfr_set_ui(da, 0, ROUND);
    else
        mpfr_mul(da, da, b, ROUND);
    mpfr_log(db, a, ROUND);
    if (mpfr_zero_p(a))
        mpfr_set_ui(db, 0, ROUND);
    else
        mpfr_mul(db, db, v, ROUND);
}

static void choose(mpfr_ptr v, mpfr_ptr da, mpfr_ptr db, mpfr_srcptr a, mpfr_srcptr b, int order)
{
    mpfr_set(v, order >= 0 ? a : b, ROUND);
    mpfr_set_d(da, order > 0 ? 1 : order < 0 ? 0 : 0.5, ROUND);
    mpfr_ui_sub(db, 1, da, ROUND);
}

BINARY(max)
{
    choose(v, da, db, a, b, mpfr_cmp(a, b));
}

BINARY(min)
{
    choose(v, da, db, a, b, -mpfr_cmp(a, b));
}

/* ---- any of them */

struct number {
    mpfr_t v, d[2];
};

static void number_init(struct number *n)
{
    mpfr_inits2(BITS, n->v, n->d[0], n->d[1], (mpfr_ptr)NULL);
    mpfr_set_zero(n->v, 1);
    mpfr_set_zero(n->d[0], 1);
    mpfr_set_zero(n->d[1], 1);
}

static void number_clear(struct number *n)
{
    mpfr_clears(n->v, n->d[0], n->d[1], (mpfr_ptr)NULL);
}

static void apply(enum op op, mpfr_srcptr a, mpfr_srcptr b, struct number *out)
{
    switch (op) {
#define OP_LEAF(name) case OP_##name:
#define OP_UNARY(name, ...)                                                                                            \
    case OP_##name:                                                                                                    \
        exact_##name(out->v, out->d[0], a);                                                                            \
        return;
#define OP_BINARY(name, ...)                                                                                           \
    case OP_##name:                                                                                                    \
        exact_##name(out->v, out->d[0], out->d[1], a, b);                                                              \
        return;
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
    case OP_COUNT:
        break;
    }
}

void exact_primitive(enum op op, double a, double b, double *value, double slopes[2])
{
    struct number out;
    mpfr_t x, y;
    prepare();
    mpfr_inits2(BITS, x, y, (mpfr_ptr)NULL);
    number_init(&out);
    mpfr_set_d(x, a, ROUND);
    mpfr_set_d(y, b, ROUND);
    apply(op, x, y, &out);
    *value = mpfr_get_d(out.v, ROUND);
    slopes[0] = mpfr_get_d(out.d[0], ROUND);
    slopes[1] = mpfr_get_d(out.d[1], ROUND);
    number_clear(&out);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
}

/* ---- composed functions, with their errors */

/* The unit of the last place of `at` in the format. */
static void ulp_of(mpfr_ptr out, mpfr_srcptr at, const struct exact_format *format)
{
    mpfr_exp_t exponent = mpfr_regular_p(at) ? mpfr_get_exp(at) - 1 : format->least_exponent;
    if (exponent < format->least_exponent)
        exponent = format->least_exponent;
    mpfr_set_ui_2exp(out, 1, exponent - format->bits + 1, ROUND);
}

double exact_ulps(double distance, double at, const struct exact_format *format)
{
    int exponent = format->least_exponent + 1;
    if (at != 0 && isfinite(at))
        frexp(at, &exponent);
    if (exponent - 1 < format->least_exponent)
        exponent = format->least_exponent + 1;
    return ldexp(distance, format->bits - exponent);
}

static bool is_normal(mpfr_srcptr a, const struct exact_format *format)
{
    return mpfr_zero_p(a) ||
           (mpfr_cmpabs_ui(a, 0) > 0 && mpfr_number_p(a) && mpfr_get_exp(a) > format->least_exponent &&
            mpfr_cmp_d(a, format->largest) <= 0 && mpfr_cmp_d(a, -format->largest) >= 0);
}

struct node_state {
    mpfr_t v, d, ev, ed, iv, id; /* value, slope, their errors, and what of those is inherited */
    bool normal, values_normal, overflow, tiny, noise, moves;
};

static void state_init(struct node_state *s)
{
    mpfr_inits2(BITS, s->v, s->d, s->ev, s->ed, s->iv, s->id, (mpfr_ptr)NULL);
    mpfr_set_zero(s->v, 1);
    mpfr_set_zero(s->d, 1);
    mpfr_set_zero(s->ev, 1);
    mpfr_set_zero(s->ed, 1);
    mpfr_set_zero(s->iv, 1);
    mpfr_set_zero(s->id, 1);
    s->normal = s->values_normal = true;
    s->overflow = s->tiny = s->noise = s->moves = false;
}

static void state_clear(struct node_state *s)
{
    mpfr_clears(s->v, s->d, s->ev, s->ed, s->iv, s->id, (mpfr_ptr)NULL);
}

/* A finite number far out in place of an infinity, so that the formulas above give limits. */
static void make_finite(mpfr_ptr a)
{
    if (mpfr_inf_p(a))
        mpfr_set_si_2exp(a, mpfr_sgn(a), FAR, ROUND);
}

/* An exact zero wins over what is beyond MPFR's range. */
static void times(mpfr_ptr out, mpfr_srcptr a, mpfr_srcptr b)
{
    if (mpfr_zero_p(a) || mpfr_zero_p(b))
        mpfr_set_zero(out, 1);
    else
        mpfr_mul(out, a, b, ROUND);
}

/* Everything one operation needs. */
struct work {
    struct number exact, moved;
    mpfr_t a, b, h, value_change, slope_change[2], term;
    const struct exact_format *format;
};

static void widen(mpfr_ptr change, mpfr_srcptr moved, mpfr_srcptr exact, mpfr_ptr term)
{
    mpfr_sub(term, moved, exact, ROUND);
    mpfr_abs(term, term, ROUND);
    if (mpfr_nan_p(term) || mpfr_inf_p(term))
        mpfr_set_inf(change, 1);
    else
        mpfr_max(change, change, term, ROUND);
}

static bool is_wave(enum op op)
{
    return op == OP_sin || op == OP_cos || op == OP_sinc;
}

/* How value and slopes change when an argument moves by its error, to both sides, the other one standing. */
static void disturb(struct work *w, enum op op, int which, const struct node_state *argument, bool *noise)
{
    ulp_of(w->h, which ? w->b : w->a, w->format);
    mpfr_mul_d(w->h, w->h, w->format->backward_ulp, ROUND);
    mpfr_add(w->h, w->h, argument->ev, ROUND);
    if (is_wave(op) && (!mpfr_number_p(w->h) || mpfr_cmp_d(w->h, TENTH) > 0)) {
        *noise = true;
        return;
    }
    for (int side = -1; side <= 1; side += 2) {
        mpfr_mul_si(w->term, w->h, side, ROUND);
        mpfr_add(w->term, w->term, which ? w->b : w->a, ROUND);
        make_finite(w->term);
        mpfr_t at;
        mpfr_init2(at, BITS);
        mpfr_set(at, w->term, ROUND);
        apply(op, which ? w->a : at, which ? at : w->b, &w->moved);
        mpfr_clear(at);
        widen(w->value_change, w->moved.v, w->exact.v, w->term);
        for (int k = 0; k < 2; k++)
            widen(w->slope_change[k], w->moved.d[k], w->exact.d[k], w->term);
    }
}

/* By a margin, for what a formula multiplies at the end: b a^(b-1). */
static bool is_beyond(mpfr_srcptr a, const struct exact_format *format)
{
    double nearly = format->largest / 1024;
    return mpfr_inf_p(a) || mpfr_cmp_d(a, nearly) > 0 || mpfr_cmp_d(a, -nearly) < 0;
}

/* Adds the product of a partial derivative and the argument's slope, and its errors, to the result. */
static void add_slope(struct work *w, int which, const struct node_state *argument, struct node_state *out)
{
    mpfr_srcptr partial = w->exact.d[which];
    mpfr_t product, e, own;
    mpfr_inits2(BITS, product, e, own, (mpfr_ptr)NULL);
    out->normal &= is_normal(partial, w->format) && is_normal(argument->d, w->format);
    out->overflow |= is_beyond(partial, w->format) || is_beyond(argument->d, w->format);
    times(product, partial, argument->d);
    out->normal &= is_normal(product, w->format);
    mpfr_add(out->d, out->d, product, ROUND);
    /* inherited: |f'| e(g') + |g'| change + e(g') change */
    times(e, partial, argument->ed);
    mpfr_abs(e, e, ROUND);
    mpfr_add(out->id, out->id, e, ROUND);
    mpfr_abs(e, argument->d, ROUND);
    mpfr_add(e, e, argument->ed, ROUND);
    times(own, e, w->slope_change[which]);
    mpfr_add(out->id, out->id, own, ROUND);
    /* own: (|g'| + e(g')) S ulp(f') + ulp(product) */
    ulp_of(own, partial, w->format);
    mpfr_mul_d(own, own, w->format->slope_ulp, ROUND);
    mpfr_mul(own, own, e, ROUND);
    mpfr_add(out->ed, out->ed, own, ROUND);
    ulp_of(own, product, w->format);
    mpfr_add(out->ed, out->ed, own, ROUND);
    mpfr_clears(product, e, own, (mpfr_ptr)NULL);
}

static void operate(struct work *w, enum op op, const struct node_state *a, const struct node_state *b,
                    struct node_state *out)
{
    mpfr_set(w->a, a->v, ROUND);
    make_finite(w->a);
    if (b) {
        mpfr_set(w->b, b->v, ROUND);
        make_finite(w->b);
    }
    out->normal = a->normal && (!b || b->normal);
    out->values_normal = a->values_normal && (!b || b->values_normal);
    out->overflow = a->overflow || (b && b->overflow);
    out->tiny = a->tiny || (b && b->tiny);
    out->noise = a->noise || (b && b->noise) || mpfr_nan_p(w->a) || mpfr_nan_p(w->b);
    out->moves = a->moves || (b && b->moves);
    out->noise |= is_wave(op) && mpfr_regular_p(w->a) && mpfr_get_exp(w->a) > PERIODS;
    if (out->noise)
        return;
    apply(op, w->a, w->b, &w->exact);
    mpfr_set(out->v, w->exact.v, ROUND);
    mpfr_set_zero(w->value_change, 1);
    mpfr_set_zero(w->slope_change[0], 1);
    mpfr_set_zero(w->slope_change[1], 1);
    disturb(w, op, 0, a, &out->noise);
    if (b)
        disturb(w, op, 1, b, &out->noise);
    mpfr_set(out->iv, w->value_change, ROUND);
    ulp_of(w->term, out->v, w->format);
    mpfr_mul_d(w->term, w->term, w->format->value_ulp, ROUND);
    mpfr_add(out->ev, out->iv, w->term, ROUND);
    mpfr_set_zero(out->d, 1);
    mpfr_set_zero(out->ed, 1);
    mpfr_set_zero(out->id, 1);
    /* b a^(b-1): for a subnormal a the power overflows before b makes it small */
    out->overflow |= op == OP_pow && out->tiny;
    if (a->moves)
        add_slope(w, 0, a, out);
    if (b && b->moves)
        add_slope(w, 1, b, out);
    ulp_of(w->term, out->d, w->format);
    mpfr_add(out->ed, out->ed, w->term, ROUND);
    mpfr_add(out->ed, out->ed, out->id, ROUND);
    bool normal_value = is_normal(out->v, w->format);
    out->normal &= normal_value && is_normal(out->d, w->format);
    out->values_normal &= normal_value;
    out->tiny |= mpfr_regular_p(out->v) && mpfr_get_exp(out->v) <= w->format->least_exponent;
}

static void work_init(struct work *w, const struct exact_format *format)
{
    prepare();
    number_init(&w->exact);
    number_init(&w->moved);
    mpfr_inits2(BITS, w->a, w->b, w->h, w->value_change, w->slope_change[0], w->slope_change[1], w->term,
                (mpfr_ptr)NULL);
    mpfr_set_zero(w->a, 1);
    mpfr_set_zero(w->b, 1);
    w->format = format;
}

static void work_clear(struct work *w)
{
    number_clear(&w->exact);
    number_clear(&w->moved);
    mpfr_clears(w->a, w->b, w->h, w->value_change, w->slope_change[0], w->slope_change[1], w->term, (mpfr_ptr)NULL);
}

struct exact exact_eval(const struct tree *tree, double x, const struct exact_format *format)
{
    enum { DEPTH = 16 };
    struct node_state stack[DEPTH], result;
    struct work w;
    int top = 0;
    work_init(&w, format);
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        state_init(&result);
        if (arity == 0) {
            result.moves = node->op == OP_x;
            mpfr_set_d(result.v, result.moves ? x : node->value, ROUND);
            mpfr_set_ui(result.d, result.moves, ROUND);
        } else {
            operate(&w, node->op, &stack[top - arity], arity == 2 ? &stack[top - 1] : NULL, &result);
            for (int k = 0; k < arity; k++)
                state_clear(&stack[--top]);
        }
        stack[top++] = result;
    }
    const struct node_state *s = &stack[0];
    struct exact out = {.value = mpfr_get_d(s->v, ROUND),
                        .slope = mpfr_get_d(s->d, ROUND),
                        .value_error = mpfr_get_d(s->ev, MPFR_RNDU),
                        .slope_error = mpfr_get_d(s->ed, MPFR_RNDU),
                        .value_inherited = mpfr_get_d(s->iv, MPFR_RNDU),
                        .slope_inherited = mpfr_get_d(s->id, MPFR_RNDU),
                        .normal = s->normal,
                        .values_normal = s->values_normal,
                        .overflow = s->overflow,
                        .tiny = s->tiny,
                        .noise = s->noise || mpfr_nan_p(s->v) || mpfr_nan_p(s->d)};
    state_clear(&stack[0]);
    work_clear(&w);
    return out;
}
