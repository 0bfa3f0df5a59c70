#include "expr/properties.h"

#include "expr/tree.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum { HALF = 128, POINTS = 2 * HALF + 1 }; /* steps of 1/16 */

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

enum rejection tree_screen(const struct tree *tree)
{
    double min = INFINITY, max = -INFINITY, steepest = 0;
    for (int i = 0; i < POINTS; i++) {
        struct dual f = tree_eval(tree, point(i), NULL);
        if (!is_a_float(f.value) || !is_a_float(f.slope))
            return REJECT_NOT_FINITE;
        min = fmin(min, f.value);
        max = fmax(max, f.value);
        steepest = fmax(steepest, fabs(f.slope));
    }
    if (max - min <= 1e-6 * fmax(fabs(min), fabs(max)) + 1e-12)
        return REJECT_CONSTANT;
    return steepest <= 1e-8 ? REJECT_NO_GRADIENT : REJECT_NONE;
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
