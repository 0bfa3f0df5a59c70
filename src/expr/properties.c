#include "expr/properties.h"

#include "expr/tree.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum { HALF = 128, POINTS = 2 * HALF + 1 }; /* steps of 1/16 */
_Static_assert(HALF % 4 == 0, "0 is among every fourth point");

/* Slopes up to this let no gradient through. */
#define FLAT 1e-8

static const char *const reasons[] = {
#define REJECTION(name, reason) [REJECT_##name] = reason,
    REJECTIONS(REJECTION)
#undef REJECTION
};

const char *rejection_reason(enum rejection rejection)
{
    return reasons[rejection];
}

static double point(int i)
{
    return (i - HALF) / 16.0;
}

static bool is_a_float(double value)
{
    return fabs(value) <= (double)FLT_MAX;
}

/* Between two grid points x and x + step, where |f| grows towards the other one from both sides and
   fast: does it grow without end? A search for the peak of |f| by thirds; a smooth peak is reached
   soon, a pole grows by many orders. */
static bool is_pole(const struct tree *tree, struct surroundings at, double x, double step, double edge)
{
    double low = x, high = x + step;
    for (int i = 0; i < 80 && high > low; i++) {
        double first = low + (high - low) / 3, second = high - (high - low) / 3;
        double left = fabs(tree_value_at(tree, first, at)), right = fabs(tree_value_at(tree, second, at));
        if (!is_a_float(left) || !is_a_float(right) || fmax(left, right) > 1e4 * edge)
            return true;
        if (left < right)
            low = first;
        else
            high = second;
    }
    return false;
}

/* values: (POINTS). 1/(x-0.3) is finite at every grid point, and infinite between two of them. Next to
   a pole at least one of the nearest values is twice the one behind it. */
static bool has_pole(const struct tree *tree, struct surroundings at, const double *values)
{
    for (int i = 1; i + 2 < POINTS; i++) {
        double left = fabs(values[i]), right = fabs(values[i + 1]);
        double left_growth = left - fabs(values[i - 1]), right_growth = right - fabs(values[i + 2]);
        bool inward = left_growth > 0 && right_growth > 0;
        bool fast = left_growth >= 0.49 * left || right_growth >= 0.49 * right;
        if (inward && fast && is_pole(tree, at, point(i), point(i + 1) - point(i), fmax(left, right)))
            return true;
    }
    return false;
}

/* The largest |slope| at every stride-th grid point, infinite when one is not finite. */
static double steepest_slope(const struct tree *tree, struct surroundings at, int stride)
{
    double steepest = 0;
    for (int i = 0; i < POINTS; i += stride) {
        double slope = fabs(tree_eval_at(tree, point(i), at).slope);
        if (!is_a_float(slope))
            return INFINITY;
        steepest = fmax(steepest, slope);
    }
    return steepest;
}

static enum rejection screen_at(const struct tree *tree, double t)
{
    struct surroundings at = {NULL, t};
    double min = INFINITY, max = -INFINITY, values[POINTS];
    for (int i = 0; i < POINTS; i++) {
        values[i] = tree_value_at(tree, point(i), at);
        if (!is_a_float(values[i]))
            return REJECT_NOT_FINITE;
        min = fmin(min, values[i]);
        max = fmax(max, values[i]);
    }
    if (max - min <= 1e-6 * fmax(fabs(min), fabs(max)) + 1e-12)
        return REJECT_CONSTANT;
    /* Slopes cost more than values: every fourth is enough (0 and all multiples of 1/4), unless all
       of those are flat. */
    double steepest = steepest_slope(tree, at, 4);
    if (steepest <= FLAT)
        steepest = steepest_slope(tree, at, 1);
    if (isinf(steepest) || has_pole(tree, at, values))
        return REJECT_NOT_FINITE;
    return steepest <= FLAT ? REJECT_NO_GRADIENT : REJECT_NONE;
}

/* Not finite at one stage spoils a training. Flat at one stage does not: the least that is wrong counts. */
enum rejection tree_screen(const struct tree *tree)
{
    if (!tree_contains(tree, OP_t))
        return screen_at(tree, 1);
    enum rejection least = REJECT_CONSTANT;
    for (int i = 0; i < TREE_STAGES; i++) {
        enum rejection now = screen_at(tree, tree_stage(i));
        if (now == REJECT_NOT_FINITE)
            return now;
        if (least != REJECT_NONE && now != REJECT_CONSTANT)
            least = now;
    }
    return least;
}

static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b));
}

/* A jump of the slope stays as large when looked at ten thousand times closer; a bend does not. */
static bool slope_jumps_at(const struct tree *tree, double x)
{
    const double near = 1e-7, far = 1e-3;
    double jump = fabs(tree_eval(tree, x + near, NULL).slope - tree_eval(tree, x - near, NULL).slope);
    double bend = fabs(tree_eval(tree, x + far, NULL).slope - tree_eval(tree, x - far, NULL).slope);
    return jump > 1e-4 && jump > 0.3 * bend;
}

static void look_at_tails(const struct tree *tree, struct properties *out)
{
    out->left_limit = tree_eval(tree, -1e4, NULL).value;
    out->right_limit = tree_eval(tree, 1e4, NULL).value;
    double left = tree_eval(tree, -1e3, NULL).value, right = tree_eval(tree, 1e3, NULL).value;
    out->bounded_left = fabs(out->left_limit - left) < 0.01 * (1 + fabs(left));
    out->bounded_right = fabs(out->right_limit - right) < 0.01 * (1 + fabs(right));
}

void tree_properties(const struct tree *tree, struct properties *out)
{
    *out = (struct properties){.finite = tree_screen(tree) != REJECT_NOT_FINITE};
    look_at_tails(tree, out);
    if (!out->finite)
        return;
    out->min = out->flattest = INFINITY;
    out->max = -INFINITY;
    out->increasing = out->decreasing = out->odd = out->even = out->smooth = true;
    double before = 0;
    for (int i = 0; i < POINTS; i++) {
        double x = point(i), mirrored = tree_eval(tree, -x, NULL).value;
        struct dual f = tree_eval(tree, x, NULL);
        if (f.value < out->min) {
            out->min = f.value;
            out->min_at = x;
        }
        if (f.value > out->max) {
            out->max = f.value;
            out->max_at = x;
        }
        out->steepest = fmax(out->steepest, fabs(f.slope));
        out->flattest = fmin(out->flattest, fabs(f.slope));
        out->increasing &= i == 0 || f.value >= before;
        out->decreasing &= i == 0 || f.value <= before;
        out->odd &= close_to(f.value, -mirrored);
        out->even &= close_to(f.value, mirrored);
        out->smooth &= !slope_jumps_at(tree, x);
        before = f.value;
    }
    struct dual middle = tree_eval(tree, 0, NULL);
    out->at_zero = middle.value;
    out->slope_at_zero = middle.slope;
}
