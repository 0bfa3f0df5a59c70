/* Trees as data, and the double reference: values and slopes of primitives, at edges above all. */
#include "testing.h"

#include "expr/parse.h"
#include "expr/tree.h"
#include "random_tree.h"

#include <math.h>

/* Trees are written here in reverse Polish notation, by hand, so that these tests need no parser. */
static struct node leaf(enum op op, int index, double value)
{
    return (struct node){.op = (uint8_t)op, .index = (uint8_t)index, .value = value};
}

static struct node apply(enum op op)
{
    return leaf(op, 0, 0);
}
#define TREE(...) tree_of((const struct node[]){__VA_ARGS__}, sizeof((const struct node[]){__VA_ARGS__}))
#define X apply(OP_x)
#define CONST(value) leaf(OP_const, 0, value)
#define PARAM(index, start) leaf(OP_param, index, start)
#define ARG(index) leaf(OP_arg, index, 0)

static struct tree tree_of(const struct node *nodes, size_t bytes)
{
    struct tree tree = {.count = (int)(bytes / sizeof *nodes)};
    memcpy(tree.nodes, nodes, bytes);
    return tree;
}

static void assert_same(const struct tree *a, const struct tree *b)
{
    ck_assert(tree_equal(a, b));
}

/* max(x*2, tanh(x - p0)) */
static struct tree example(void)
{
    return TREE(X, CONST(2), apply(OP_mul), X, PARAM(0, 0.5), apply(OP_sub), apply(OP_tanh), apply(OP_max));
}

START_TEST(building_gives_postfix)
{
    struct error err;
    struct tree x = tree_x(), two = tree_constant(2), p = tree_parameter(0, 0.5), tree, right;
    struct tree expected = example();
    ASSERT_OK(tree_binary(OP_mul, &x, &two, &tree, &err));
    ASSERT_OK(tree_binary(OP_sub, &x, &p, &right, &err));
    ASSERT_OK(tree_unary(OP_tanh, &right, &right, &err));
    ASSERT_OK(tree_binary(OP_max, &tree, &right, &tree, &err));
    assert_same(&tree, &expected);
    ck_assert(tree_is_valid(&tree));
    /* The result may also take the place of the second argument. */
    ASSERT_OK(tree_binary(OP_sub, &x, &two, &two, &err));
    expected = TREE(X, CONST(2), apply(OP_sub));
    assert_same(&two, &expected);
}
END_TEST

START_TEST(parts_are_found_and_replaced)
{
    struct error err;
    struct tree tree = example();
    int a = -1, b = -1;
    tree_children(&tree, 7, &a, &b);
    ck_assert(a == 2 && b == 6);
    tree_children(&tree, 6, &a, &b);
    ck_assert(a == 5 && b == 6);
    ck_assert_int_eq(tree_start(&tree, 7), 0);
    ck_assert_int_eq(tree_start(&tree, 6), 3);
    ck_assert_int_eq(tree_start(&tree, 5), 3);
    ck_assert_int_eq(tree_start(&tree, 4), 4);
    struct tree part = tree_subtree(&tree, 5);
    struct tree expected = TREE(X, PARAM(0, 0.5), apply(OP_sub));
    assert_same(&part, &expected);
    struct tree x = tree_x(), out;
    ASSERT_OK(tree_replace(&tree, 6, &x, &out, &err));
    expected = TREE(X, CONST(2), apply(OP_mul), X, apply(OP_max));
    assert_same(&out, &expected);
    ASSERT_OK(tree_replace(&tree, 7, &x, &tree, &err));
    assert_same(&tree, &x);
}
END_TEST

START_TEST(measures_are_right)
{
    struct tree tree = example(), x = tree_x(), empty = {.count = 0};
    ck_assert_int_eq(tree_depth(&tree), 4);
    ck_assert_int_eq(tree_depth(&x), 1);
    ck_assert_int_eq(tree_depth(&empty), 0);
    ck_assert_int_eq(tree_cost(&tree),
                     op_info(OP_mul)->cost + op_info(OP_sub)->cost + op_info(OP_tanh)->cost + op_info(OP_max)->cost);
    ck_assert(tree_contains(&tree, OP_tanh) && tree_contains(&tree, OP_param));
    ck_assert(!tree_contains(&tree, OP_exp));
}
END_TEST

START_TEST(substitution_renumbers_the_learned_parameters)
{
    struct error err;
    /* a*sigmoid(p0*a) + p1*b */
    struct tree templ = TREE(ARG(0), PARAM(0, 1), ARG(0), apply(OP_mul), apply(OP_sigmoid), apply(OP_mul), PARAM(1, 3),
                             ARG(1), apply(OP_mul), apply(OP_add));
    struct tree args[] = {TREE(X, PARAM(2, 5), apply(OP_sub)), tree_x()}, out;
    ASSERT_OK(tree_substitute(&templ, args, 2, &out, &err));
    struct tree expected =
        TREE(X, PARAM(2, 5), apply(OP_sub), PARAM(3, 1), X, PARAM(2, 5), apply(OP_sub), apply(OP_mul),
             apply(OP_sigmoid), apply(OP_mul), PARAM(4, 3), X, apply(OP_mul), apply(OP_add));
    assert_same(&out, &expected);
    ck_assert_int_eq(tree_parameter_count(&out), 5);
    double starts[TREE_PARAMETERS];
    tree_parameter_starts(&out, starts);
    ck_assert(starts[0] == 0 && starts[2] == 5 && starts[3] == 1 && starts[4] == 3 && starts[7] == 0);
    tree_renumber_parameters(&out);
    tree_parameter_starts(&out, starts);
    ck_assert(starts[0] == 5 && starts[1] == 1 && starts[2] == 3 && starts[3] == 0);
    ck_assert_int_eq(tree_parameter_count(&out), 3);
    args[1] = tree_parameter(6, 1);
    ASSERT_FAILS(tree_substitute(&templ, args, 2, &out, &err), ERROR_INPUT, "more than 8 learned parameters");
    ck_assert_int_eq(out.count, 0);
}
END_TEST

static struct tree chain(int count)
{
    struct tree tree = {.count = count};
    for (int i = 0; i < count; i++)
        tree.nodes[i] = i ? apply(OP_neg) : X;
    return tree;
}

START_TEST(outgrowing_the_capacity_is_an_error)
{
    static const char message[] = "the expression needs more than 255 nodes";
    struct error err;
    struct tree full = chain(TREE_CAPACITY), x = tree_x(), out = x;
    struct tree half = chain(TREE_CAPACITY / 2), more = chain(TREE_CAPACITY / 2 + 1);
    ck_assert(tree_is_valid(&full));
    ASSERT_FAILS(tree_unary(OP_exp, &full, &out, &err), ERROR_INPUT, message);
    ck_assert_int_eq(out.count, 0);
    out = x;
    ASSERT_FAILS(tree_binary(OP_add, &half, &more, &out, &err), ERROR_INPUT, message);
    ck_assert_int_eq(out.count, 0);
    ASSERT_OK(tree_binary(OP_add, &half, &half, &out, &err));
    ck_assert_int_eq(out.count, TREE_CAPACITY);
    ASSERT_FAILS(tree_replace(&out, 0, &more, &out, &err), ERROR_INPUT, message);
    ck_assert_int_eq(out.count, 0);
    struct tree twice = TREE(ARG(0), ARG(0), apply(OP_mul));
    ASSERT_FAILS(tree_substitute(&twice, &more, 1, &out, &err), ERROR_INPUT, message);
    ASSERT_OK(tree_substitute(&twice, &half, 1, &out, &err));
    ck_assert_int_eq(out.count, TREE_CAPACITY);
}
END_TEST

START_TEST(the_order_is_total)
{
    struct random r = {31337};
    enum { COUNT = 60 };
    struct tree trees[COUNT];
    for (int i = 0; i < COUNT; i++)
        trees[i] = random_tree(&r, 1 + random_below(&r, 4));
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            int order = tree_compare(&trees[i], &trees[j]);
            ck_assert((order > 0) == (tree_compare(&trees[j], &trees[i]) < 0));
            ck_assert((order == 0) == tree_equal(&trees[i], &trees[j]));
            for (int k = 0; k < COUNT; k++)
                if (order < 0 && tree_compare(&trees[j], &trees[k]) < 0)
                    ck_assert_int_lt(tree_compare(&trees[i], &trees[k]), 0);
        }
    struct tree zero = tree_constant(0), minus = tree_constant(-0.0), nan = tree_constant(NAN), other = nan;
    ck_assert(!tree_equal(&zero, &minus) && tree_equal(&nan, &other) && !tree_equal(&nan, &zero));
}
END_TEST

START_TEST(malformed_trees_are_recognised)
{
    struct tree good[] = {example(), TREE(ARG(2)), TREE(CONST(NAN)), TREE(PARAM(7, -2))};
    for (int i = 0; i < (int)(sizeof good / sizeof *good); i++)
        ck_assert_msg(tree_is_valid(&good[i]), "good tree %d", i);
    struct tree bad[] = {
        {.count = 0},
        {.count = -1},
        {.count = TREE_CAPACITY + 1},
        TREE(apply(OP_neg)),
        TREE(X, apply(OP_add)),
        TREE(X, X),
        TREE(X, apply(OP_COUNT)),
        TREE(ARG(3)),
        TREE(PARAM(8, 1)),
        TREE(leaf(OP_x, 1, 0)),
        TREE(leaf(OP_x, 0, 1)),
        TREE(X, leaf(OP_neg, 0, 1)),
        TREE(PARAM(1, 1), PARAM(1, 2), apply(OP_add)),
    };
    for (int i = 0; i < (int)(sizeof bad / sizeof *bad); i++)
        ck_assert_msg(!tree_is_valid(&bad[i]), "bad tree %d", i);
}
END_TEST

/* The table of primitives: derivatives against central differences. */

struct difference {
    double slope, scale; /* scale: the largest |f|, which rounding is measured by */
};

/* Five points, so the error is h^4 f'''''/30 plus rounding of scale/h. */
static struct difference central_difference(enum op op, double a, double b, int by)
{
    const double h = 0x1p-10;
    double f[5];
    struct difference result = {0, 0};
    for (int i = -2; i <= 2; i++) {
        f[i + 2] = op_value(op, by == 0 ? a + i * h : a, by == 1 ? b + i * h : b);
        ck_assert_msg(isfinite(f[i + 2]), "%s(%g, %g) is not finite", op_info(op)->name, a, b);
        result.scale = fmax(result.scale, fabs(f[i + 2]));
    }
    result.slope = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
    return result;
}

static bool slope_agrees(double slope, struct difference reference)
{
    double allowed = 1e-6 * fabs(reference.slope) + 1e-11 * reference.scale + 1e-290;
    return fabs(slope - reference.slope) <= allowed; /* false for NaN */
}

static void check_slope(enum op op, double a, double b, int by)
{
    struct difference reference = central_difference(op, a, b, by);
    double slope = op_slope(op, a, b, by);
    ck_assert_msg(slope_agrees(slope, reference), "%s(%.17g, %.17g) by %d: %.17g, but the differences say %.17g",
                  op_info(op)->name, a, b, by, slope, reference.slope);
}

START_TEST(the_comparison_rejects_wrong_slopes)
{
    struct difference reference = central_difference(OP_tanh, 0.7, 0, 0);
    double slope = op_slope(OP_tanh, 0.7, 0, 0);
    ck_assert(slope_agrees(slope, reference));
    ck_assert(!slope_agrees(slope * (1 + 1e-5), reference));
    ck_assert(!slope_agrees(-slope, reference));
    ck_assert(!slope_agrees(NAN, reference));
}
END_TEST

/* The grid passes kinks (all at 0) and poles by more than two steps. */
START_TEST(unary_slopes_agree_with_central_differences)
{
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++) {
        bool positive = op == OP_log || op == OP_sqrt;
        double step = 0.0931, low = positive ? 0.26 : -29.9;
        int points = 0;
        for (double a = low; a < 30; a += step) {
            if (fabs(a) < (op == OP_reciprocal ? 0.25 : 0.004))
                continue;
            check_slope((enum op)op, a, 0, 0);
            points++;
        }
        ck_assert_int_gt(points, 300);
    }
}
END_TEST

START_TEST(unary_slopes_at_zero_are_the_stated_ones)
{
    static const enum op smooth[] = {OP_neg,      OP_square,  OP_cube, OP_exp,  OP_expm1, OP_sin,
                                     OP_cos,      OP_sinc,    OP_sinh, OP_cosh, OP_tanh,  OP_asinh,
                                     OP_atan,     OP_sigmoid, OP_erf,  OP_erfc, OP_silu,  OP_log_sigmoid,
                                     OP_softplus, OP_gauss,   OP_gelu, OP_mish};
    for (int i = 0; i < (int)(sizeof smooth / sizeof *smooth); i++)
        for (double a = -0.5; a <= 0.5; a += 0x1p-6) /* passes 0 exactly */
            check_slope(smooth[i], a, 0, 0);
    static const struct {
        enum op op;
        double slope;
    } kinks[] = {{OP_abs, 0},        {OP_relu, 0},         {OP_sign, 0},
                 {OP_step, 0},       {OP_softsign, 1},     {OP_elu, 1},
                 {OP_bessel_i0e, 0}, {OP_bessel_i1e, 0.5}, {OP_selu, 1.7580993408473768599}};
    for (int i = 0; i < (int)(sizeof kinks / sizeof *kinks); i++) {
        ck_assert_double_eq(op_slope(kinks[i].op, 0.0, 0, 0), kinks[i].slope);
        ck_assert_double_eq(op_slope(kinks[i].op, -0.0, 0, 0), kinks[i].slope);
    }
    ck_assert_double_eq(op_slope(OP_max, 2, 2, 0), 0.5);
    ck_assert_double_eq(op_slope(OP_max, 2, 2, 1), 0.5);
    ck_assert_double_eq(op_slope(OP_min, 2, 2, 0), 0.5);
    ck_assert_double_eq(op_slope(OP_min, 2, 2, 1), 0.5);
}
END_TEST

START_TEST(binary_slopes_agree_with_central_differences)
{
    for (int op = TREE_FIRST_BINARY; op < OP_COUNT; op++) {
        int points = 0;
        for (double a = op == OP_pow ? 0.27 : -6.013; a < 6; a += 0.237)
            for (double b = -5.02; b < 5; b += 0.3111) {
                bool at_edge = (op == OP_div && fabs(b) < 0.2) || fabs(a - b) < 0.004;
                if (at_edge)
                    continue;
                check_slope((enum op)op, a, b, 0);
                check_slope((enum op)op, a, b, 1);
                points++;
            }
        ck_assert_int_gt(points, 500);
    }
    for (int b = -3; b <= 4; b++)
        for (double a = -4.1; a < -0.3; a += 0.19)
            check_slope(OP_pow, a, b, 0);
    ck_assert_double_eq(op_slope(OP_pow, 0, 0, 0), 0);
    ck_assert_double_eq(op_slope(OP_pow, 0, 2, 1), 0);
}
END_TEST

/* The table of primitives: the ends of the range. */

START_TEST(nan_in_gives_nan_out)
{
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++)
        ck_assert_msg(isnan(op_value((enum op)op, NAN, 0)), "%s(nan)", op_info((enum op)op)->name);
    static const double others[] = {0.5, -3, 2, INFINITY, -INFINITY, NAN};
    for (int op = TREE_FIRST_BINARY; op < OP_COUNT; op++)
        for (int i = 0; i < (int)(sizeof others / sizeof *others); i++) {
            const char *name = op_info((enum op)op)->name;
            ck_assert_msg(isnan(op_value((enum op)op, NAN, others[i])), "%s(nan, %g)", name, others[i]);
            ck_assert_msg(isnan(op_value((enum op)op, others[i], NAN)), "%s(%g, nan)", name, others[i]);
        }
    /* The exceptions are C's: a power that does not depend on the argument. */
    ck_assert_double_eq(op_value(OP_pow, NAN, 0), 1);
    ck_assert_double_eq(op_value(OP_pow, 1, NAN), 1);
}
END_TEST

static bool same(double a, double b)
{
    return isnan(b) ? isnan(a) : a == b;
}

static const double selu_low = -1.7580993408473768599, half_pi = 1.5707963267948966;
static const struct {
    enum op op;
    double low, high;             /* the values at -Inf and Inf */
    double low_slope, high_slope; /* the derivatives there */
} limits[] = {
    {OP_neg, INFINITY, -INFINITY, -1, -1},
    {OP_abs, INFINITY, INFINITY, -1, 1},
    {OP_sign, -1, 1, 0, 0},
    {OP_step, 0, 1, 0, 0},
    {OP_relu, 0, INFINITY, 0, 1},
    {OP_square, INFINITY, INFINITY, -INFINITY, INFINITY},
    {OP_cube, -INFINITY, INFINITY, INFINITY, INFINITY},
    {OP_sqrt, NAN, INFINITY, NAN, 0},
    {OP_reciprocal, 0, 0, 0, 0},
    {OP_exp, 0, INFINITY, 0, INFINITY},
    {OP_expm1, -1, INFINITY, 0, INFINITY},
    {OP_log, NAN, INFINITY, 0, 0},
    {OP_sin, NAN, NAN, NAN, NAN},
    {OP_cos, NAN, NAN, NAN, NAN},
    {OP_sinc, 0, 0, 0, 0},
    {OP_sinh, -INFINITY, INFINITY, INFINITY, INFINITY},
    {OP_cosh, INFINITY, INFINITY, -INFINITY, INFINITY},
    {OP_tanh, -1, 1, 0, 0},
    {OP_asinh, -INFINITY, INFINITY, 0, 0},
    {OP_atan, -half_pi, half_pi, 0, 0},
    {OP_sigmoid, 0, 1, 0, 0},
    {OP_log_sigmoid, -INFINITY, 0, 1, 0},
    {OP_softplus, 0, INFINITY, 0, 1},
    {OP_softsign, -1, 1, 0, 0},
    {OP_erf, -1, 1, 0, 0},
    {OP_erfc, 2, 0, 0, 0},
    {OP_gauss, 0, 0, 0, 0},
    {OP_bessel_i0e, 0, 0, 0, 0},
    {OP_bessel_i1e, 0, 0, 0, 0},
    {OP_elu, -1, INFINITY, 0, 1},
    {OP_selu, selu_low, INFINITY, 0, 1.0507009873554804934},
    {OP_silu, 0, INFINITY, 0, 1},
    {OP_gelu, 0, INFINITY, 0, 1},
    {OP_mish, 0, INFINITY, 0, 1},
};

START_TEST(infinities_give_the_limits)
{
    bool has_row[OP_COUNT] = {false};
    for (int i = 0; i < (int)(sizeof limits / sizeof *limits); i++) {
        has_row[limits[i].op] = true;
        enum op op = limits[i].op;
        const char *name = op_info(op)->name;
        ck_assert_msg(same(op_value(op, -INFINITY, 0), limits[i].low), "%s(-inf) is %g", name,
                      op_value(op, -INFINITY, 0));
        ck_assert_msg(same(op_value(op, INFINITY, 0), limits[i].high), "%s(inf) is %g", name,
                      op_value(op, INFINITY, 0));
        ck_assert_msg(same(op_slope(op, -INFINITY, 0, 0), limits[i].low_slope), "%s'(-inf) is %g", name,
                      op_slope(op, -INFINITY, 0, 0));
        ck_assert_msg(same(op_slope(op, INFINITY, 0, 0), limits[i].high_slope), "%s'(inf) is %g", name,
                      op_slope(op, INFINITY, 0, 0));
    }
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++)
        ck_assert_msg(has_row[op], "%s has no row in the table `limits` of this test", op_info((enum op)op)->name);
}
END_TEST

/* What tends to a finite limit must not turn into NaN or infinity on the way there. */
START_TEST(tails_stay_finite)
{
    static const enum op tame[] = {OP_tanh,     OP_asinh, OP_atan, OP_sigmoid, OP_log_sigmoid, OP_softplus,
                                   OP_softsign, OP_erf,   OP_erfc, OP_gauss,   OP_bessel_i0e,  OP_bessel_i1e,
                                   OP_elu,      OP_selu,  OP_silu, OP_gelu,    OP_mish,        OP_sinc};
    for (int i = 0; i < (int)(sizeof tame / sizeof *tame); i++)
        for (double a = 1e-300; a < 1e300; a *= 1.7)
            for (int sign = -1; sign <= 1; sign += 2) {
                double value = op_value(tame[i], sign * a, 0), slope = op_slope(tame[i], sign * a, 0, 0);
                ck_assert_msg(isfinite(value) && isfinite(slope), "%s(%g) is %g, slope %g", op_info(tame[i])->name,
                              sign * a, value, slope);
                ck_assert_msg(fabs(slope) < 1.8, "%s'(%g) is %g", op_info(tame[i])->name, sign * a, slope);
            }
}
END_TEST

/* The values are the power series summed with 60 decimal digits; Abramowitz and Stegun's table 9.8 has
   the first ones to ten digits. */
START_TEST(bessel_functions_have_their_tabulated_values)
{
    static const struct {
        double x, i0e, i1e;
    } table[] = {{0, 1, 0},
                 {0.5, 0.6450352704491500681, 0.1564208031848716971},
                 {1, 0.4657596075936404365, 0.2079104153497084489},
                 {5, 0.1835408126093283531, 0.1639722669445423570},
                 {10, 0.1278333371634286073, 0.1212626813844555187},
                 {19.5, 0.0909394320951564833, 0.0885760860943148525},
                 {20.5, 0.0886644290157452481, 0.0864741134940872455},
                 {100, 0.0399443792990966827, 0.0397441530251302527}};
    for (int i = 0; i < (int)(sizeof table / sizeof *table); i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = sign * table[i].x;
            ck_assert_double_le(fabs(op_value(OP_bessel_i0e, x, 0) - table[i].i0e), 4e-15 * table[i].i0e);
            ck_assert_double_le(fabs(op_value(OP_bessel_i1e, x, 0) - sign * table[i].i1e), 4e-15 * table[i].i1e);
        }
    for (double edge = -20; edge <= 20; edge += 40) {
        double below = nextafter(edge, 0), above = nextafter(edge, 2 * edge);
        for (int op = OP_bessel_i0e; op <= OP_bessel_i1e; op++) {
            double inside = op_value((enum op)op, below, 0), outside = op_value((enum op)op, above, 0);
            ck_assert_double_lt(fabs(inside / outside - 1), 4e-15);
        }
    }
}
END_TEST

/* Whole trees. */

START_TEST(evaluation_carries_the_derivative)
{
    struct tree tree = example();
    struct dual low = tree_eval(&tree, -3, NULL), high = tree_eval(&tree, 3, NULL);
    ck_assert_double_eq(low.value, tanh(-3.5));
    ck_assert_double_lt(fabs(low.slope / (1 - tanh(3.5) * tanh(3.5)) - 1), 1e-12);
    ck_assert(high.value == 6 && high.slope == 2);
    double parameters[] = {-10};
    ck_assert_double_eq(tree_eval(&tree, 0.25, parameters).value, tanh(10.25));
    struct dual by_parameter = tree_eval_parameter(&tree, -3, NULL, 0);
    ck_assert(by_parameter.value == low.value && by_parameter.slope == -low.slope);
    ck_assert_double_eq(tree_eval_parameter(&tree, 3, NULL, 0).slope, 0);
    /* A constant next to an infinite derivative: 0 * Inf must not become NaN. */
    struct tree constant = TREE(CONST(0), apply(OP_sqrt), X, apply(OP_add));
    ck_assert_double_eq(tree_eval(&constant, 2, NULL).slope, 1);
}
END_TEST

START_TEST(zero_wins_over_infinity)
{
    ck_assert(chain_product(0, INFINITY) == 0 && chain_product(-INFINITY, 0) == 0);
    ck_assert(chain_product(NAN, 0) == 0); /* what does not move has no slope */
    ck_assert(isnan(chain_product(0, NAN)) && isnan(chain_product(NAN, 1)));
    ck_assert(chain_product(2, INFINITY) == INFINITY && chain_product(2, 3) == 6);
    struct tree saturated = TREE(X, apply(OP_exp), apply(OP_tanh));
    struct tree flat = TREE(X, apply(OP_relu), apply(OP_sqrt));
    struct tree bent = TREE(X, apply(OP_square), apply(OP_sqrt));
    bool pole;
    ck_assert(tree_eval(&saturated, 1000, NULL).slope == 0);
    ck_assert(tree_eval(&flat, -1, NULL).slope == 0 && tree_eval(&flat, 4, NULL).slope == 0.25);
    ck_assert(tree_eval(&bent, 0, NULL).slope == 0 && tree_eval(&bent, -3, NULL).slope == -1);
    tree_eval_poles_at(&saturated, 1000, (struct surroundings){NULL, 1}, &pole);
    ck_assert(!pole);
    ck_assert(tree_eval_poles_at(&flat, -1, (struct surroundings){NULL, 1}, &pole).slope == 0);
    ck_assert(pole);
}
END_TEST

/* A primitive's `reach` against what it does: bounded values, bounded slopes, slopes that are finite with the value. */
START_TEST(reaches_are_as_stated)
{
    static const double sizes[] = {0, 1e-300, 1e-40, 1e-3, 0.5, 1, 3, 10, 100, 700, 1e4, 1e40, 1e300, INFINITY};
    for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++)
        for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
            double x = i % 2 ? -sizes[i / 2] : sizes[i / 2];
            double value = op_value((enum op)op, x, 0), slope = op_slope((enum op)op, x, 0, 0);
            enum op_reach reach = op_info((enum op)op)->reach;
            bool right = isnan(value) || reach == OP_POLE || (reach == OP_GROWS && (isfinite(slope) || isinf(value))) ||
                         (reach < OP_GROWS && fabs(slope) <= 1.8 && (fabs(value) <= 2 || reach == OP_FOLLOWS));
            ck_assert_msg(right, "%s at %g: %g, slope %g", op_info((enum op)op)->name, x, value, slope);
        }
}
END_TEST

START_TEST(names_and_table_agree)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const struct op_info *info = op_info((enum op)op);
        ck_assert_int_eq(info->arity, op < TREE_FIRST_UNARY ? 0 : op < TREE_FIRST_BINARY ? 1 : 2);
        ck_assert_int_eq(op_by_name(info->name), op < TREE_FIRST_UNARY ? OP_COUNT : op);
        if (info->arity == 0)
            continue;
        ck_assert(info->cost > 0 && info->domain && info->value && info->slope[0] && info->symbolic[0]);
        ck_assert_int_eq(info->slope[1] != NULL, info->arity == 2);
        ck_assert_int_eq(info->symbolic[1] != NULL, info->arity == 2);
    }
    ck_assert_int_eq(op_by_name("nothing"), OP_COUNT);
}
END_TEST

int main(void)
{
    return RUN_TESTS("expr/tree", 60, building_gives_postfix, parts_are_found_and_replaced, measures_are_right,
                     substitution_renumbers_the_learned_parameters, outgrowing_the_capacity_is_an_error,
                     the_order_is_total, malformed_trees_are_recognised, the_comparison_rejects_wrong_slopes,
                     unary_slopes_agree_with_central_differences, unary_slopes_at_zero_are_the_stated_ones,
                     binary_slopes_agree_with_central_differences, nan_in_gives_nan_out, infinities_give_the_limits,
                     tails_stay_finite, bessel_functions_have_their_tabulated_values, evaluation_carries_the_derivative,
                     zero_wins_over_infinity, reaches_are_as_stated, names_and_table_agree);
}
