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

static struct range range_rising_from(enum op op, double edge, struct range a)
{
    return between(op_value(op, fmax(a.low, edge), 0), op_value(op, fmax(a.high, edge), 0), a.nan || a.low < edge);
}

static struct range range_unary(enum op op, struct range a)
{
    const struct op_info *info = op_info(op);
    double low = op_value(op, a.low, 0), high = op_value(op, a.high, 0);
    bool across = a.low < 0 && a.high > 0;
    switch (info->shape) {
    case OP_SHAPE_RISING:
        return between(low, high, a.nan);
    case OP_SHAPE_FALLING:
        return between(high, low, a.nan);
    case OP_SHAPE_VALLEY:
        return between(across ? op_value(op, 0, 0) : fmin(low, high), fmax(low, high), a.nan);
    case OP_SHAPE_HILL:
        return between(fmin(low, high), across ? op_value(op, 0, 0) : fmax(low, high), a.nan);
    case OP_SHAPE_HOOK:
        return a.low >= 0 ? between(low, high, a.nan) : between(info->low, fmax(high, 0), a.nan);
    case OP_SHAPE_RISING_FROM:
        return range_rising_from(op, info->low, a);
    case OP_SHAPE_POLE_AT_0:
        return a.low <= 0 && a.high >= 0 ? whole_line(a.nan) : between(high, low, a.nan);
    case OP_SHAPE_WAVE:
        return between(info->low, info->high, a.nan || isinf(a.low) || isinf(a.high));
    case OP_SHAPE_ANY:
        break;
    }
    return whole_line(true);
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
    struct range result = range_product(a, range_unary(OP_reciprocal, b));
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
