#include "expr/properties.h"

#include "base/text.h"
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

/* The function at one t, and what is wrong with it. */
struct screening {
    const struct tree *tree;
    struct surroundings at;
    struct judgement judgement;
};

static void not_finite(struct screening *screening, enum not_finite what, double x, double found)
{
    screening->judgement.rejection = REJECT_NOT_FINITE;
    screening->judgement.what = what;
    screening->judgement.x = x;
    screening->judgement.found = found;
}

/* values: (POINTS). 1/(x-0.3) is finite at every grid point, and infinite between two of them. Next to
   a pole at least one of the nearest values is twice the one behind it. */
static void find_poles(struct screening *screening, const double *values)
{
    for (int i = 1; i + 2 < POINTS; i++) {
        double left = fabs(values[i]), right = fabs(values[i + 1]);
        double left_growth = left - fabs(values[i - 1]), right_growth = right - fabs(values[i + 2]);
        bool inward = left_growth > 0 && right_growth > 0;
        bool fast = left_growth >= 0.49 * left || right_growth >= 0.49 * right;
        if (inward && fast &&
            is_pole(screening->tree, screening->at, point(i), point(i + 1) - point(i), fmax(left, right))) {
            not_finite(screening, NOT_FINITE_POLE, point(i), INFINITY);
            return;
        }
    }
}

/* The largest |slope| at every stride-th grid point; screening->judgement says when one is not finite, or is finite by
   the chain rule's convention only: next to a pole of the slope a step of the training may be of any size. */
static double steepest_slope(struct screening *screening, int stride)
{
    double steepest = 0;
    for (int i = 0; i < POINTS; i += stride) {
        bool pole;
        double slope = tree_eval_poles_at(screening->tree, point(i), screening->at, &pole).slope;
        if (!is_a_float(slope) || pole) {
            not_finite(screening, NOT_FINITE_SLOPE, point(i), is_a_float(slope) ? INFINITY : slope);
            return INFINITY;
        }
        steepest = fmax(steepest, fabs(slope));
    }
    return steepest;
}

/* A weight whose gradient is not finite is lost at the first step. */
static void check_parameter_slopes(struct screening *screening, int stride)
{
    int count = tree_parameter_count(screening->tree);
    for (int p = 0; p < count; p++)
        for (int i = 0; i < POINTS; i += stride) {
            double slope = tree_eval_parameter_at(screening->tree, point(i), screening->at, p).slope;
            if (is_a_float(slope))
                continue;
            screening->judgement.parameter = p;
            not_finite(screening, NOT_FINITE_PARAMETER_SLOPE, point(i), slope);
            return;
        }
}

/* Slopes cost more than values: every fourth is enough (0 and all multiples of 1/4), unless all of those are flat. */
static void check_slopes(struct screening *screening, const double *values)
{
    enum { STRIDE = 4 };
    double steepest = steepest_slope(screening, STRIDE);
    if (steepest <= FLAT)
        steepest = steepest_slope(screening, 1);
    if (screening->judgement.rejection == REJECT_NONE)
        find_poles(screening, values);
    if (screening->judgement.rejection == REJECT_NONE)
        check_parameter_slopes(screening, STRIDE);
    if (screening->judgement.rejection == REJECT_NONE && steepest <= FLAT)
        screening->judgement.rejection = REJECT_NO_GRADIENT;
}

static struct judgement judge_at(const struct tree *tree, double t, bool has_t)
{
    struct screening screening = {.tree = tree, .at = {NULL, t}, .judgement = {.t = t, .has_t = has_t}};
    double min = INFINITY, max = -INFINITY, values[POINTS];
    for (int i = 0; i < POINTS; i++) {
        values[i] = tree_value_at(tree, point(i), screening.at);
        if (!is_a_float(values[i])) {
            not_finite(&screening, NOT_FINITE_VALUE, point(i), values[i]);
            return screening.judgement;
        }
        min = fmin(min, values[i]);
        max = fmax(max, values[i]);
    }
    if (max - min <= 1e-6 * fmax(fabs(min), fabs(max)) + 1e-12)
        screening.judgement.rejection = REJECT_CONSTANT;
    else
        check_slopes(&screening, values);
    return screening.judgement;
}

/* Not finite at one stage spoils a training. Flat at one stage does not: the least that is wrong counts. */
struct judgement tree_judge(const struct tree *tree)
{
    if (!tree_contains(tree, OP_t))
        return judge_at(tree, 1, false);
    struct judgement least = {.rejection = REJECT_CONSTANT, .has_t = true};
    for (int i = 0; i < TREE_STAGES; i++) {
        struct judgement now = judge_at(tree, tree_stage(i), true);
        if (now.rejection == REJECT_NOT_FINITE)
            return now;
        if (least.rejection != REJECT_NONE && now.rejection != REJECT_CONSTANT)
            least = now;
    }
    return least;
}

enum rejection tree_screen(const struct tree *tree)
{
    return tree_judge(tree).rejection;
}

/* ---- the reason */

static void print_subject(const struct judgement *judgement, struct text *out)
{
    if (judgement->what == NOT_FINITE_PARAMETER_SLOPE)
        text_addf(out, "df/dp%d is ", judgement->parameter);
    else
        text_add(out, judgement->what == NOT_FINITE_SLOPE ? "f' is " : "f is ");
}

static void print_place(const struct judgement *judgement, struct text *out)
{
    if (judgement->what == NOT_FINITE_POLE)
        text_addf(out, ": a pole between x = %.6g and x = %.6g", judgement->x, judgement->x + point(1) - point(0));
    else if (isnan(judgement->found))
        text_addf(out, ": not a number at x = %.6g", judgement->x);
    else if (isinf(judgement->found))
        text_addf(out, ": infinite at x = %.6g", judgement->x);
    else
        text_addf(out, ": %.3g at x = %.6g, more than a float holds", judgement->found, judgement->x);
    if (judgement->has_t)
        text_addf(out, judgement->what == NOT_FINITE_POLE ? ", at t = %.6g" : " and t = %.6g", judgement->t);
}

void judgement_print(const struct judgement *judgement, struct text *out)
{
    if (judgement->rejection == REJECT_NONE)
        return;
    if (judgement->rejection == REJECT_NOT_FINITE)
        print_subject(judgement, out);
    text_add(out, rejection_reason(judgement->rejection));
    if (judgement->rejection == REJECT_NOT_FINITE)
        print_place(judgement, out);
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

static void find_tails(const struct tree *tree, struct properties *out)
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
    find_tails(tree, out);
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
