/* The symbolic derivative against the dual numbers of tree_eval() and against differences. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "expr/derive.h"
#include "expr/parse.h"
#include "expr/tree.h"

#include <math.h>

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static bool agrees(double value, double reference, double tolerance)
{
    return isfinite(reference) && fabs(value - reference) <= tolerance * (1 + fabs(reference));
}

/* Points away from the kinks, which stand at round numbers. */
static const double points[] = {-6.113, -3.377, -1.731, -0.683, -0.137, 0.117, 0.689, 1.397, 2.911, 5.303};

static void check_by_x(const char *text, const struct tree *tree)
{
    struct error err = ERROR_EMPTY;
    struct tree slope;
    ASSERT_OK(tree_derivative(tree, &slope, &err));
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double x = points[i], h = 1e-4, reference = tree_eval(tree, x, NULL).slope;
        if (!isfinite(tree_eval(tree, x, NULL).value))
            continue;
        double value = tree_eval(&slope, x, NULL).value;
        double plus = tree_eval(tree, x + h, NULL).value, minus = tree_eval(tree, x - h, NULL).value;
        if (!agrees(value, reference, 1e-9) || !agrees(value, (plus - minus) / (2 * h), 1e-5))
            ck_abort_msg("d/dx %s at %g: %.12g, by duals %.12g, by differences %.12g", text, x, value, reference,
                         (plus - minus) / (2 * h));
    }
}

START_TEST(every_primitive_is_derived)
{
    struct error err = ERROR_EMPTY;
    struct tree x = tree_x(), inner = parsed("0.7*x+0.3"), tree;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        if (op < TREE_FIRST_BINARY)
            ASSERT_OK(tree_unary((enum op)op, &inner, &tree, &err));
        else
            ASSERT_OK(tree_binary((enum op)op, &inner, &x, &tree, &err));
        check_by_x(op_info((enum op)op)->name, &tree);
    }
}
END_TEST

START_TEST(compositions_are_derived)
{
    static const char *const texts[] = {
        "x*tanh(softplus(x))",
        "max(0.3, x)*sin(x) - p0*x",
        "exp(-x^2)/(1 + abs(x))",
        "sigmoid(x*sigmoid(x)) + 3",
        "min(x, cos(3*x)) * gelu(x - 1)",
        "sinh(x)/cosh(x)",
        "log(abs(x) + 1)^3",
        "pow(abs(x) + 0.5, x)",
        "swish(swish(x))",
        "5",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tree tree = parsed(texts[i]);
        check_by_x(texts[i], &tree);
    }
}
END_TEST

/* Far out, where parts of a formula overflow, the printed derivative read back is the slope. */
START_TEST(zero_wins_in_the_formula)
{
    static const char *const texts[] = {
        "tanh(exp(x))",      "x*tanh(exp(x))",    "erf(sinh(x))",      "gauss(exp(x))*x",  "atan(exp(x^2))",
        "sigmoid(x*exp(x))", "sqrt(relu(x))",     "relu(x)^0.5 + x",   "sqrt(x^2)",        "bessel_i0e(exp(-x))",
        "exp(-exp(x))",      "x*exp(-exp(x))",    "softsign(cosh(x))", "min(exp(x), 3)*x", "silu(-exp(x))",
        "gelu(-sinh(x))",    "1/(1+exp(exp(x)))", "mish(-exp(x))",
    };
    static const double far[] = {0, 1, 6, 50, 100, 300, 600, 711, 800, 1000, 1e4};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error err = ERROR_EMPTY;
        struct text printed = TEXT_EMPTY;
        struct tree tree = parsed(texts[i]), slope;
        ASSERT_OK(tree_derivative(&tree, &slope, &err));
        tree_print(&slope, &printed);
        slope = parsed(text_string(&printed));
        for (size_t k = 0; k < 2 * sizeof far / sizeof *far; k++) {
            double x = k % 2 ? -far[k / 2] : far[k / 2], value = tree_value(&slope, x, NULL);
            struct dual f = tree_eval(&tree, x, NULL);
            if (isfinite(f.value) && isfinite(f.slope) && !agrees(value, f.slope, 1e-9))
                ck_abort_msg("d/dx %s, that is %s, at %g: %g, expected %g", texts[i], text_string(&printed), x, value,
                             f.slope);
        }
        text_release(&printed);
    }
}
END_TEST

START_TEST(parameters_are_derived)
{
    struct error err = ERROR_EMPTY;
    struct tree tree = parsed("p1{0.4}*tanh(p0*x) + exp(p1*x)/(2 + p0^2)"), slope;
    const double values[TREE_PARAMETERS] = {0.8, -0.6};
    for (int p = 0; p < 2; p++) {
        ASSERT_OK(tree_derivative_parameter(&tree, p, &slope, &err));
        for (size_t i = 0; i < sizeof points / sizeof *points; i++)
            ck_assert(agrees(tree_eval(&slope, points[i], values).value,
                             tree_eval_parameter(&tree, points[i], values, p).slope, 1e-9));
    }
}
END_TEST

START_TEST(simple_derivatives_look_simple)
{
    static const char *const cases[][2] = {
        {"x", "1"}, {"7", "0"}, {"x^2", "2*x"}, {"sin(x)", "cos(x)"}, {"exp(2*x)", "2*exp(2*x)"}, {"tanh(p0)", "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = ERROR_EMPTY;
        struct tree tree = parsed(cases[i][0]), slope;
        ASSERT_OK(tree_derivative(&tree, &slope, &err));
        struct text text = TEXT_EMPTY;
        tree_print(&slope, &text);
        ck_assert_str_eq(text_string(&text), cases[i][1]);
        text_release(&text);
    }
}
END_TEST

START_TEST(limits_are_errors)
{
    struct error err = ERROR_EMPTY;
    struct tree tree = tree_x(), slope;
    for (int i = 0; i < 40; i++) {
        struct tree factor = parsed("tanh(x)+sin(x)");
        ASSERT_OK(tree_binary(OP_div, &tree, &factor, &tree, &err));
    }
    ASSERT_FAILS(tree_derivative(&tree, &slope, &err), ERROR_INPUT, "255 nodes");
    ck_assert_int_eq(slope.count, 0);
    tree = parsed("x*tanh(x)");
    int status = ERROR_MEMORY;
    for (int n = 1; status; n++) {
        memory_fail_at(n);
        status = tree_derivative(&tree, &slope, &err);
        memory_fail_never();
        ck_assert(status == 0 || status == ERROR_MEMORY);
    }
}
END_TEST

/* The comparator says no to a wrong and to a missing reference. */
START_TEST(wrong_values_are_rejected)
{
    ck_assert(!agrees(1.001, 1, 1e-5));
    ck_assert(!agrees(1, NAN, 1e-5));
    ck_assert(!agrees(1, INFINITY, 1e-5));
    ck_assert(!agrees(NAN, 1, 1e-5));
}
END_TEST

int main(void)
{
    return RUN_TESTS("derive", 30, every_primitive_is_derived, compositions_are_derived, zero_wins_in_the_formula,
                     parameters_are_derived, simple_derivatives_look_simple, limits_are_errors,
                     wrong_values_are_rejected);
}
