/* What ops.def declares of a primitive, held against its value and its slope: nothing wrong, and nothing forgotten. */
#include "testing.h"

#include "expr/simplify_internal.h"
#include "expr/tree.h"

#include <math.h>
#include <stdlib.h>

/* Ascending and symmetric: -Inf ... Inf. Steps of 1/64 up to 24, beyond that and towards 0 eight to an octave. */
enum { STEPS = 24 * 64, CAPACITY = 40000 };
static double points[CAPACITY];
static int point_count;

static void add_pair(double point)
{
    ck_assert_int_lt(point_count + 2, CAPACITY);
    points[point_count++] = point;
    points[point_count++] = -point;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void make_points(void)
{
    static const double edges[] = {0, 0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp1023, INFINITY};
    point_count = 0;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        add_pair(edges[i]);
    for (int i = 1; i <= STEPS; i++)
        add_pair(i / 64.0);
    for (int exponent = -1070; exponent < 1023; exponent++)
        for (int i = 8; i < 16; i++)
            if (exponent < -6 || ldexp(i / 8.0, exponent) > 24)
                add_pair(ldexp(i / 8.0, exponent));
    qsort(points, (size_t)point_count, sizeof *points, ascending);
}

static double value(enum op op, double a)
{
    return op_value(op, a, 0);
}

/* Rounding moves a value by less. */
static bool is_near(double a, double b)
{
    if (!isfinite(a) || !isfinite(b))
        return a == b || (isnan(a) && isnan(b));
    return fabs(a - b) <= 1e-14 * fmax(fabs(a), fabs(b));
}

/* Not above, but for rounding. */
static bool is_at_most(double a, double b)
{
    return a <= b || is_near(a, b);
}

static bool is_bounded(double value, double bound)
{
    return fabs(value) <= bound;
}

/* ---- what holds at all points */

static bool has_parity(enum op op, double sign)
{
    for (int i = 0; i < point_count; i++) {
        double a = points[i];
        if (!is_near(value(op, -a), sign * value(op, a)) ||
            !is_near(op_slope(op, -a, 0, 0), -sign * op_slope(op, a, 0, 0)))
            return false;
    }
    return true;
}

static enum op_parity parity_found(enum op op)
{
    return has_parity(op, -1) ? OP_ODD : has_parity(op, 1) ? OP_EVEN : OP_NEITHER;
}

/* Between two points, ends included; direction 1: never falls, -1: never rises. Slopes may be NaN at infinity only. */
static bool goes(enum op op, double direction, double from, double to)
{
    double before = NAN;
    for (int i = 0; i < point_count; i++) {
        double a = points[i], v = direction * value(op, a), slope = direction * op_slope(op, a, 0, 0);
        if (a < from || a > to)
            continue;
        if (isnan(v) || (!isnan(before) && !is_at_most(before, v)))
            return false;
        if (isnan(slope) ? isfinite(a) : slope < 0 && a > from && a < to)
            return false;
        before = v;
    }
    return true;
}

/* The value at the lowest or highest point among the finite ones; NaN where one of them has no value. */
static double extreme(enum op op, double direction)
{
    double most = -INFINITY;
    for (int i = 0; i < point_count; i++)
        if (isfinite(points[i])) {
            double v = direction * value(op, points[i]);
            if (isnan(v))
                return NAN;
            most = fmax(most, v);
        }
    return direction * most;
}

static double place_of_minimum(enum op op)
{
    int lowest = 0;
    for (int i = 0; i < point_count; i++)
        if (value(op, points[i]) < value(op, points[lowest]))
            lowest = i;
    return points[lowest];
}

static bool is_hook(enum op op)
{
    double lowest = place_of_minimum(op);
    return lowest < 0 && value(op, lowest) < 0 && value(op, 0) == 0 && is_at_most(value(op, -INFINITY), 0) &&
           goes(op, -1, -INFINITY, lowest) && goes(op, 1, lowest, INFINITY);
}

/* NaN below the first point from which on it rises, which is not all of them. */
static bool rises_from_somewhere(enum op op, double *from)
{
    int first = 0;
    while (first < point_count - 1 && isnan(value(op, points[first])))
        first++;
    *from = points[first];
    if (first == 0 || first == point_count - 1 || isnan(value(op, points[first])))
        return false;
    for (int i = first + 1; i < point_count; i++)
        if (!is_at_most(value(op, points[i - 1]), value(op, points[i])))
            return false;
    return true;
}

static bool falls_beside_a_pole(enum op op)
{
    return value(op, 0) == INFINITY && value(op, -0.0) == -INFINITY && goes(op, -1, -INFINITY, -0x1p-1074) &&
           goes(op, -1, 0x1p-1074, INFINITY);
}

static enum op_shape shape_found(enum op op)
{
    double from;
    if (goes(op, 1, -INFINITY, INFINITY))
        return OP_SHAPE_RISING;
    if (goes(op, -1, -INFINITY, INFINITY))
        return OP_SHAPE_FALLING;
    if (has_parity(op, 1) && goes(op, 1, 0, INFINITY))
        return OP_SHAPE_VALLEY;
    if (has_parity(op, 1) && goes(op, -1, 0, INFINITY))
        return OP_SHAPE_HILL;
    if (is_hook(op))
        return OP_SHAPE_HOOK;
    if (rises_from_somewhere(op, &from))
        return OP_SHAPE_RISING_FROM;
    if (falls_beside_a_pole(op))
        return OP_SHAPE_POLE_AT_0;
    return is_bounded(extreme(op, 1), 1e3) && is_bounded(extreme(op, -1), 1e3) ? OP_SHAPE_WAVE : OP_SHAPE_ANY;
}

/* Rounded outward, and by less than a hundredth. */
static bool is_bound(double declared, double found, double direction)
{
    return direction * declared >= direction * found && fabs(declared - found) <= 0.01 * fabs(found);
}

static bool numbers_hold(enum op op)
{
    const struct op_info *info = op_info(op);
    double from;
    switch (info->shape) {
    case OP_SHAPE_HOOK:
        return is_bound(info->low, extreme(op, -1), -1) && info->high == 0;
    case OP_SHAPE_WAVE:
        return is_bound(info->low, extreme(op, -1), -1) && is_bound(info->high, extreme(op, 1), 1);
    case OP_SHAPE_RISING_FROM:
        return rises_from_somewhere(op, &from) && from == info->low && info->high == 0;
    default:
        return info->low == 0 && info->high == 0;
    }
}

/* Bounded: by 4. Where the argument is near the end of its range, 1.05 times as much may be infinite. */
static enum op_reach reach_found(enum op op)
{
    bool saturates = true, follows = true;
    for (int i = 0; i < point_count; i++) {
        double a = points[i], v = value(op, a), slope = op_slope(op, a, 0, 0);
        if (isinf(slope) && isfinite(v))
            return OP_POLE;
        saturates &= isnan(v) || is_bounded(v, 4);
        follows &= isnan(slope) || is_bounded(slope, 4);
        follows &= isnan(v) || fabs(a) > 1e300 || is_bounded(v / 4, 1 + fabs(a));
    }
    return !follows ? OP_GROWS : saturates ? OP_SATURATES : OP_FOLLOWS;
}

START_TEST(what_is_declared_is_what_is_found)
{
    make_points();
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++) {
        const struct op_info *info = op_info((enum op)op);
        if (parity_found((enum op)op) != info->parity)
            ck_abort_msg("ops.def says of %s the parity %d, found is %d", info->name, info->parity,
                         parity_found((enum op)op));
        if (shape_found((enum op)op) != info->shape)
            ck_abort_msg("ops.def says of %s the shape %d, found is %d", info->name, info->shape,
                         shape_found((enum op)op));
        if (!numbers_hold((enum op)op))
            ck_abort_msg("ops.def says of the shape of %s %g and %g, found are %.8g and %.8g", info->name, info->low,
                         info->high, extreme((enum op)op, -1), extreme((enum op)op, 1));
    }
}
END_TEST

START_TEST(reaches_are_what_is_found)
{
    make_points();
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++) {
        const struct op_info *info = op_info((enum op)op);
        enum op_reach found = reach_found((enum op)op);
        if (found != info->reach)
            ck_abort_msg("ops.def says of %s the reach %d, found is %d", info->name, info->reach, found);
    }
}
END_TEST

/* ---- ranges */

static double random_point(void)
{
    return rand() % 3 ? points[rand() % point_count] : (double)(rand() % 3073 - 1536) / 64;
}

static struct range random_range(void)
{
    double a = random_point(), b = random_point();
    return (struct range){.low = fmin(a, b), .high = fmax(a, b), .nan = false};
}

/* The ends, or what is between them. */
static double inside(struct range range)
{
    double share = (rand() % 5) / 4.0, middle = range.low + share * (range.high - range.low);
    return share == 0                        ? range.low
           : share == 1 || !isfinite(middle) ? range.high
                                             : fmin(fmax(middle, range.low), range.high);
}

START_TEST(ranges_hold_the_values)
{
    make_points();
    srand(1);
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++)
        for (int i = 0; i < 20000; i++) {
            struct range a = random_range(), b = random_range(), range = range_apply((enum op)op, a, b);
            double x = inside(a), y = inside(b), v = op_value((enum op)op, x, y);
            bool holds = isnan(v) ? range.nan : is_at_most(range.low, v) && is_at_most(v, range.high);
            if (!holds)
                ck_abort_msg("%s(%.17g, %.17g) is %.17g, outside of [%.17g, %.17g]", op_info((enum op)op)->name, x, y,
                             v, range.low, range.high);
        }
}
END_TEST

int main(void)
{
    return RUN_TESTS("ops", 60, what_is_declared_is_what_is_found, reaches_are_what_is_found, ranges_hold_the_values);
}
