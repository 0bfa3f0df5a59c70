/* Interval arithmetic over the primitives. It is conservative: a range may be too wide, never too
   narrow by more than rounding, and `nan` is set when in doubt. */
#include "expr/simplify_internal.h"

#include <math.h>

static struct range whole_line(bool nan)
{
    return (struct range){.low = -INFINITY, .high = INFINITY, .nan = nan};
}

static struct range between(double low, double high, bool nan)
{
    if (isnan(low) || isnan(high))
        return whole_line(true);
    return (struct range){.low = low, .high = high, .nan = nan};
}

double range_magnitude(struct range range)
{
    return fmax(fabs(range.low), fabs(range.high));
}

struct range range_leaf(enum op op, double value, double radius)
{
    switch (op) {
    case OP_x:
    case OP_param:
        return between(-radius, radius, false);
    case OP_t:
        return between(0, 1, false);
    case OP_const:
        return between(value, value, isnan(value));
    default:
        return whole_line(true);
    }
}

/* What is needed of a unary primitive besides its ends. */
enum shape {
    SHAPE_UNKNOWN,
    SHAPE_RISING,  /* non-decreasing */
    SHAPE_FALLING, /* non-increasing */
    SHAPE_VALLEY,  /* even, grows with |a| */
    SHAPE_HILL,    /* even, falls with |a| */
    SHAPE_WAVE,    /* bounded; NaN for infinite arguments */
    SHAPE_HOOK,    /* falls to a minimum below 0, then rises; 0 at 0 and negative left of it */
};

static const struct {
    enum shape shape;
    double low, high; /* of waves, and the minimum of hooks (rounded outward) */
} shapes[OP_COUNT] = {
    [OP_neg] = {SHAPE_FALLING, 0, 0},        [OP_abs] = {SHAPE_VALLEY, 0, 0},
    [OP_sign] = {SHAPE_RISING, 0, 0},        [OP_step] = {SHAPE_RISING, 0, 0},
    [OP_relu] = {SHAPE_RISING, 0, 0},        [OP_square] = {SHAPE_VALLEY, 0, 0},
    [OP_cube] = {SHAPE_RISING, 0, 0},        [OP_exp] = {SHAPE_RISING, 0, 0},
    [OP_expm1] = {SHAPE_RISING, 0, 0},       [OP_sin] = {SHAPE_WAVE, -1, 1},
    [OP_cos] = {SHAPE_WAVE, -1, 1},          [OP_sinc] = {SHAPE_WAVE, -0.2173, 1},
    [OP_sinh] = {SHAPE_RISING, 0, 0},        [OP_cosh] = {SHAPE_VALLEY, 0, 0},
    [OP_tanh] = {SHAPE_RISING, 0, 0},        [OP_asinh] = {SHAPE_RISING, 0, 0},
    [OP_atan] = {SHAPE_RISING, 0, 0},        [OP_sigmoid] = {SHAPE_RISING, 0, 0},
    [OP_log_sigmoid] = {SHAPE_RISING, 0, 0}, [OP_softplus] = {SHAPE_RISING, 0, 0},
    [OP_softsign] = {SHAPE_RISING, 0, 0},    [OP_erf] = {SHAPE_RISING, 0, 0},
    [OP_erfc] = {SHAPE_FALLING, 0, 0},       [OP_gauss] = {SHAPE_HILL, 0, 0},
    [OP_bessel_i0e] = {SHAPE_HILL, 0, 0},    [OP_bessel_i1e] = {SHAPE_WAVE, -0.2191, 0.2191},
    [OP_elu] = {SHAPE_RISING, 0, 0},         [OP_selu] = {SHAPE_RISING, 0, 0},
    [OP_silu] = {SHAPE_HOOK, -0.27847, 0},   [OP_gelu] = {SHAPE_HOOK, -0.16998, 0},
    [OP_mish] = {SHAPE_HOOK, -0.30885, 0},
};

static struct range range_of_shape(enum op op, struct range a)
{
    double low = op_value(op, a.low, 0), high = op_value(op, a.high, 0);
    bool across = a.low < 0 && a.high > 0;
    switch (shapes[op].shape) {
    case SHAPE_RISING:
        return between(low, high, a.nan);
    case SHAPE_FALLING:
        return between(high, low, a.nan);
    case SHAPE_VALLEY:
        return between(across ? op_value(op, 0, 0) : fmin(low, high), fmax(low, high), a.nan);
    case SHAPE_HILL:
        return between(fmin(low, high), across ? op_value(op, 0, 0) : fmax(low, high), a.nan);
    case SHAPE_WAVE:
        return between(shapes[op].low, shapes[op].high, a.nan || isinf(a.low) || isinf(a.high));
    case SHAPE_HOOK:
        return a.low >= 0 ? between(low, high, a.nan) : between(shapes[op].low, fmax(high, 0), a.nan);
    default:
        return whole_line(true);
    }
}

static struct range range_reciprocal(struct range a)
{
    if (a.low <= 0 && a.high >= 0)
        return whole_line(a.nan);
    return between(1 / a.high, 1 / a.low, a.nan);
}

static struct range range_unary(enum op op, struct range a)
{
    switch (op) {
    case OP_sqrt:
        return between(sqrt(fmax(a.low, 0)), sqrt(fmax(a.high, 0)), a.nan || a.low < 0);
    case OP_log:
        return between(a.low > 0 ? log(a.low) : -INFINITY, log(fmax(a.high, 0)), a.nan || a.low < 0);
    case OP_reciprocal:
        return range_reciprocal(a);
    default:
        return range_of_shape(op, a);
    }
}

/* 0 * Inf at a corner stands for "0 times ever larger", whose bound is 0. */
static double corner(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static bool is_unbounded(struct range range)
{
    return isinf(range.low) || isinf(range.high);
}

static bool holds_zero(struct range range)
{
    return range.low <= 0 && range.high >= 0;
}

static struct range range_product(struct range a, struct range b)
{
    double ll = corner(a.low, b.low), lh = corner(a.low, b.high);
    double hl = corner(a.high, b.low), hh = corner(a.high, b.high);
    bool nan = a.nan || b.nan || (is_unbounded(a) && holds_zero(b)) || (is_unbounded(b) && holds_zero(a));
    return between(fmin(fmin(ll, lh), fmin(hl, hh)), fmax(fmax(ll, lh), fmax(hl, hh)), nan);
}

static struct range range_quotient(struct range a, struct range b)
{
    struct range result = range_product(a, range_reciprocal(b));
    result.nan = a.nan || b.nan || (is_unbounded(a) && is_unbounded(b)) || (holds_zero(a) && holds_zero(b));
    return result;
}

static struct range range_power(struct range a, struct range b)
{
    if (a.low < 0)
        return whole_line(true);
    if (a.low == 0 || is_unbounded(a) || is_unbounded(b))
        return between(0, INFINITY, a.nan || b.nan);
    double ll = pow(a.low, b.low), lh = pow(a.low, b.high), hl = pow(a.high, b.low), hh = pow(a.high, b.high);
    return between(fmin(fmin(ll, lh), fmin(hl, hh)), fmax(fmax(ll, lh), fmax(hl, hh)), a.nan || b.nan);
}

struct range range_apply(enum op op, struct range a, struct range b)
{
    bool nan = a.nan || b.nan;
    bool opposite = (a.high == INFINITY && b.low == -INFINITY) || (a.low == -INFINITY && b.high == INFINITY);
    bool same = (a.high == INFINITY && b.high == INFINITY) || (a.low == -INFINITY && b.low == -INFINITY);
    switch (op) {
    case OP_add:
        return between(a.low + b.low, a.high + b.high, nan || opposite);
    case OP_sub:
        return between(a.low - b.high, a.high - b.low, nan || same);
    case OP_mul:
        return range_product(a, b);
    case OP_div:
        return range_quotient(a, b);
    case OP_pow:
        return range_power(a, b);
    case OP_max:
        return between(fmax(a.low, b.low), fmax(a.high, b.high), nan);
    case OP_min:
        return between(fmin(a.low, b.low), fmin(a.high, b.high), nan);
    default:
        return range_unary(op, a);
    }
}
