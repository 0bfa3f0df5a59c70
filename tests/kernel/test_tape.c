/* Tapes against the double reference: values, slopes, learned parameters and their sets, in blocks and remainders. */
#include "testing.h"

#include "base/memory.h"
#include "expr/parse.h"
#include "kernel/moments.h"
#include "kernel/tape.h"

#include <math.h>

enum { COUNT = 1111 }; /* two blocks and a piece, with a loop's remainder */

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static const char *const functions[] = {
    "x",
    "3",
    "p0{0.25}",
    "x*sigmoid(x)",
    "max(0, x) + 0.1*sin(x)",
    "x*tanh(softplus(x))",
    "sigmoid(2*x)*(2*x) + sigmoid(2*x)",
    "tanh(softplus(x))*x - tanh(softplus(x))",
    "sigmoid(x)*tanh(softplus(x)) + x*sigmoid(-x)",
    "x*tanh(sigmoid(x)) + (x+1)*tanh(softplus(x)) + x*softplus(tanh(x))", /* nearly mish */
    "x*sigmoid(2*x) + x*tanh(x)",                                         /* nearly silu */
    "p0*x + p1{0.5}*tanh(p0*x)",
    "max(x, p{0.25}*x)",
    "(x + 1)*(x + 1)/(2 + square(x + 1))",
    "min(max(x, -1), 1)*exp(-x^2)",
    "0.1*x - abs(x)^1.5 + cos(3*x)",
    "sinh(x)/cosh(x) - x/(1+abs(x))",
    "((((x+1)*x+2)*x+3)*x+4)*0.01",
    "(sin(x)+cos(x))*(sin(x)-cos(x)) + (sigmoid(x)-gelu(x))*(mish(x)-elu(x))",
};

static bool close_to(double value, double reference, double scale)
{
    return isfinite(reference) && fabs(value - reference) <= 2e-5 * (fabs(reference) + scale);
}

START_TEST(tapes_agree_with_the_reference)
{
    static float x[COUNT], y[COUNT], dy[COUNT], dp[TREE_PARAMETERS][COUNT], plain[COUNT];
    float *dp_rows[TREE_PARAMETERS];
    for (int j = 0; j < TREE_PARAMETERS; j++)
        dp_rows[j] = dp[j];
    for (int i = 0; i < COUNT; i++)
        x[i] = -5.003f + 0.009f * (float)i;
    const float values[TREE_PARAMETERS] = {0.7f, -0.3f};
    const double exact[TREE_PARAMETERS] = {0.7f, -0.3f};
    const struct tree *tree = NULL;
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        struct error err = ERROR_EMPTY;
        struct tree parsed_tree = parsed(functions[k]);
        tree = &parsed_tree;
        struct tape *tape;
        ASSERT_OK(tape_new(tree, &tape, &err));
        void *scratch = memory_aligned(tape_scratch_bytes(tape));
        ck_assert_ptr_nonnull(scratch);
        for (int isa = 0; isa <= (int)isa_best(); isa++) {
            tape_run(tape, (enum isa)isa, values, 1, COUNT, x, y, dy, dp_rows, scratch);
            tape_run(tape, (enum isa)isa, values, 1, COUNT, x, plain, NULL, NULL, scratch);
            ck_assert_mem_eq(plain, y, sizeof y);
            for (int i = 0; i < COUNT; i++) {
                struct dual f = tree_eval(tree, x[i], exact);
                if (!close_to(y[i], f.value, 1) || !close_to(dy[i], f.slope, 1))
                    ck_abort_msg("%s at %g: %g %g, expected %g %g", functions[k], x[i], y[i], dy[i], f.value, f.slope);
                for (int j = 0; j < tape_parameters(tape); j++)
                    if (!close_to(dp[j][i], tree_eval_parameter(tree, x[i], exact, j).slope, 1))
                        ck_abort_msg("%s: derivative by p%d at %g: %g", functions[k], j, x[i], dp[j][i]);
            }
        }
        memory_free(scratch);
        tape_free(tape);
    }
}
END_TEST

/* t is a number that all elements share: every t against the reference, one tape for all. */
START_TEST(tapes_follow_t)
{
    static const char *const changing[] = {
        "t",
        "(1-t)*tanh(x) + t*relu(x)",
        "t*x",
        "x^t + p0*t*sin(x)",
        "max(x, t*x) + p1{0.5}*exp(-t*x^2) + 0.25*tanh(0.25*t)",
    };
    static const float stages[] = {1, 0, 0.5f, 0.123f, 1};
    static float x[COUNT], y[COUNT], dy[COUNT], dp[2][COUNT], plain[COUNT];
    float *const dp_rows[] = {dp[0], dp[1]}, values[] = {0.7f, -0.3f};
    const double exact[TREE_PARAMETERS] = {(double)values[0], (double)values[1]};
    for (int i = 0; i < COUNT; i++)
        x[i] = 0.003f + 0.005f * (float)i;
    for (size_t k = 0; k < sizeof changing / sizeof *changing; k++) {
        struct error err = ERROR_EMPTY;
        struct tree tree = parsed(changing[k]);
        struct tape *tape;
        ASSERT_OK(tape_new(&tree, &tape, &err));
        void *scratch = memory_aligned(tape_scratch_bytes(tape));
        ck_assert_ptr_nonnull(scratch);
        for (int step = 0; step < 5 * (1 + (int)isa_best()); step++) {
            struct surroundings at = {exact, (double)stages[step % 5]};
            enum isa isa = (enum isa)(step / 5);
            tape_run(tape, isa, values, stages[step % 5], COUNT, x, y, dy, dp_rows, scratch);
            tape_run(tape, isa, values, stages[step % 5], COUNT, x, plain, NULL, NULL, scratch);
            ck_assert_mem_eq(plain, y, sizeof y);
            for (int i = 0; i < COUNT; i++) {
                struct dual f = tree_eval_at(&tree, (double)x[i], at);
                bool agrees = close_to((double)y[i], f.value, 1) && close_to((double)dy[i], f.slope, 1);
                for (int j = 0; j < tape_parameters(tape); j++) {
                    double by_p = tree_eval_parameter_at(&tree, (double)x[i], at, j).slope;
                    agrees &= close_to((double)dp[j][i], by_p, 1);
                }
                if (!agrees)
                    ck_abort_msg("%s at x = %g, t = %g: %g %g, expected %g %g", changing[k], x[i], at.t, y[i], dy[i],
                                 f.value, f.slope);
            }
        }
        memory_free(scratch);
        tape_free(tape);
    }
}
END_TEST

/* An element's bits are the same whatever stands before it. */
START_TEST(bits_do_not_depend_on_the_place)
{
    struct error err = ERROR_EMPTY;
    static float x[COUNT], y[COUNT], dy[COUNT];
    struct tree tree = parsed("x*tanh(softplus(x)) + max(sin(3*x), 0.3)/(1+exp(-x))");
    struct tape *tape;
    ASSERT_OK(tape_new(&tree, &tape, &err));
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    ck_assert_ptr_nonnull(scratch);
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i * 37 % 211) * 0.05f - 5;
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        tape_run(tape, (enum isa)isa, NULL, 1, COUNT, x, y, dy, NULL, scratch);
        for (int i = 0; i < COUNT; i++) {
            float one, slope;
            tape_run(tape, (enum isa)isa, NULL, 1, 1, x + i, &one, &slope, NULL, scratch);
            if (memcmp(&one, &y[i], sizeof one) != 0 || memcmp(&slope, &dy[i], sizeof one) != 0)
                ck_abort_msg("element %d depends on its place", i);
        }
    }
    memory_free(scratch);
    tape_free(tape);
}
END_TEST

/* Both give the same bits at every level. */
static void check_same_bits(const char *product, const char *function)
{
    struct error err = ERROR_EMPTY;
    static float x[COUNT], y[2][COUNT], dy[2][COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i * 37 % 211) * 0.05f - 5;
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        for (int k = 0; k < 2; k++) {
            struct tree tree = parsed(k ? function : product);
            struct tape *tape;
            ASSERT_OK(tape_new(&tree, &tape, &err));
            void *scratch = memory_aligned(tape_scratch_bytes(tape));
            ck_assert_ptr_nonnull(scratch);
            tape_run(tape, (enum isa)isa, NULL, 1, COUNT, x, y[k], dy[k], NULL, scratch);
            memory_free(scratch);
            tape_free(tape);
        }
        ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
        ck_assert_mem_eq(dy[0], dy[1], sizeof dy[0]);
    }
}

START_TEST(products_are_run_by_loops_of_their_own)
{
    check_same_bits("x*sigmoid(x)", "silu(x)");
    check_same_bits("sigmoid(x)*x", "silu(x)");
    check_same_bits("tanh(softplus(x))*x", "mish(x)");
    check_same_bits("(0.5*x)*sigmoid(0.5*x)", "silu(0.5*x)");
}
END_TEST

/* With several sets of parameters an element is what it is by itself with its own set, and one set is as none. */
static void check_sets(const char *function, enum isa isa, ptrdiff_t sets, ptrdiff_t first)
{
    enum { MOST = 2 * COUNT };
    struct error err = ERROR_EMPTY;
    static float x[COUNT], y[COUNT], dy[COUNT], dp[2][COUNT], values[2 * MOST];
    float *const dp_rows[] = {dp[0], dp[1]};
    struct tree tree = parsed(function);
    struct tape *tape;
    ASSERT_OK(tape_new(&tree, &tape, &err));
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    ck_assert_ptr_nonnull(scratch);
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i * 37 % 211) * 0.05f - 5;
    for (ptrdiff_t i = 0; i < 2 * sets; i++)
        values[i] = 0.3f + 0.01f * (float)(i * 53 % 97);
    struct tape_parameters parameters = {values, sets, first};
    tape_run_sets(tape, isa, &parameters, 1, COUNT, x, y, dy, dp_rows, scratch);
    for (int i = 0; i < COUNT; i++) {
        ptrdiff_t set = (first + i) % sets;
        float own[] = {values[set], values[sets + set]}, one[4];
        float *const own_rows[] = {&one[2], &one[3]};
        tape_run(tape, isa, own, 1, 1, x + i, &one[0], &one[1], own_rows, scratch);
        float together[] = {y[i], dy[i], dp[0][i], dp[1][i]};
        if (memcmp(one, together, (size_t)(2 + tape_parameters(tape)) * sizeof *one) != 0)
            ck_abort_msg("%s, %td sets from %td, element %d: %g, by itself %g", function, sets, first, i, y[i], one[0]);
    }
    memory_free(scratch);
    tape_free(tape);
}

START_TEST(sets_of_parameters_take_turns)
{
    static const char *const learned[] = {"p0{0.25}", "p0*x + p1{0.5}*tanh(p0*x)", "max(x, p{0.25}*x)", "x*sigmoid(x)"};
    static const ptrdiff_t sizes[][2] = {{1, 0}, {2, 1},     {16, 0},    {128, 5},
                                         {7, 3}, {600, 599}, {COUNT, 0}, {2000, 1500}};
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int f = 0; f < 4; f++)
            for (int s = 0; s < 8; s++)
                check_sets(learned[f], (enum isa)isa, sizes[s][0], sizes[s][1]);
}
END_TEST

/* A constant times something infinite is infinite, not NaN, in the slope too. */
START_TEST(constants_do_not_make_nan)
{
    struct error err = ERROR_EMPTY;
    struct tree tree = parsed("0.1*exp(x)");
    struct tape *tape;
    ASSERT_OK(tape_new(&tree, &tape, &err));
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    ck_assert_ptr_nonnull(scratch);
    float x = 100, y, dy;
    tape_run(tape, isa_best(), NULL, 1, 1, &x, &y, &dy, NULL, scratch);
    ck_assert(isinf(y) && isinf(dy));
    memory_free(scratch);
    tape_free(tape);
}
END_TEST

/* Far out a slope by x is what double says, and an exact zero where it has one, at every level and next to ordinary
   elements; so are slopes by parameters, with one set and with several, and at any t. */
START_TEST(slopes_leave_no_nan_behind)
{
    static const char *const texts[] = {"x*tanh(exp(x))",      "tanh(p0*exp(x))",      "x*erf(exp(x)) + p1{2}*x",
                                        "sqrt(relu(x))",       "min(cosh(x), p0{3})",  "(1-t)*x + t*tanh(exp(x))",
                                        "gauss(p0*exp(x))*x",  "1/(1+exp(exp(p0*x)))", "bessel_i0e(exp(p0*x))",
                                        "reciprocal(1+1/x^2)", "softsign(x^3*exp(x))", "log(cosh(p0*x))*0.1"};
    enum { SETS = 3, MANY = 700 };
    static float x[MANY], y[MANY], dy[MANY], dp[2][MANY], in_place[MANY], in_place_dy[MANY];
    float *const dp_rows[] = {dp[0], dp[1]};
    static const float values[2 * SETS] = {0.5f, 1, 2, 3, 2.5f, 2};
    for (int i = 0; i < MANY; i++)
        x[i] = i % 7 ? (float)(i - MANY / 2) * 0.01f : (float)(i - MANY / 2) * 0.28f;
    x[MANY - 1] = 1e-30f;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct error err = ERROR_EMPTY;
        struct tree tree = parsed(texts[k]);
        struct tape *tape;
        ASSERT_OK(tape_new(&tree, &tape, &err));
        void *scratch = memory_aligned(tape_scratch_bytes(tape));
        ck_assert_ptr_nonnull(scratch);
        for (int run = 0; run < 2 * (1 + (int)isa_best()); run++) {
            struct tape_parameters parameters = {values, run % 2 ? SETS : 1, 0};
            float t = run % 2 ? 0.25f : 1;
            tape_run_sets(tape, (enum isa)(run / 2), &parameters, t, MANY, x, y, dy, dp_rows, scratch);
            memcpy(in_place, x, sizeof x);
            tape_run_sets(tape, (enum isa)(run / 2), &parameters, t, MANY, in_place, in_place, in_place_dy, NULL,
                          scratch);
            for (int i = 0; i < MANY; i++) {
                ptrdiff_t set = i % parameters.sets;
                double own[TREE_PARAMETERS] = {(double)values[set], (double)values[parameters.sets + set]};
                struct surroundings at = {own, (double)t};
                struct dual f = tree_eval_at(&tree, (double)x[i], at);
                bool right = !isfinite(y[i]) || fabs(f.slope) > 3e38 || close_to((double)dy[i], f.slope, 1);
                for (int j = 0; j < tape_parameters(tape) && isfinite(y[i]); j++)
                    right &= close_to((double)dp[j][i], tree_eval_parameter_at(&tree, (double)x[i], at, j).slope, 1);
                if (dy[i] != in_place_dy[i] && !isnan(dy[i]))
                    ck_abort_msg("%s at %g: slope %g, in place %g", texts[k], (double)x[i], (double)dy[i],
                                 (double)in_place_dy[i]);
                if (!right)
                    ck_abort_msg("%s at %g: %g, slope %g, expected %g and %g", texts[k], (double)x[i], (double)y[i],
                                 (double)dy[i], f.value, f.slope);
            }
        }
        memory_free(scratch);
        tape_free(tape);
    }
}
END_TEST

START_TEST(compiling_reports_lack_of_memory)
{
    struct error err = ERROR_EMPTY;
    struct tree tree = parsed("x");
    struct tape *tape;
    memory_fail_at(1);
    int status = tape_new(&tree, &tape, &err);
    memory_fail_never();
    ck_assert_int_eq(status, ERROR_MEMORY);
    ck_assert_ptr_null(tape);
}
END_TEST

/* The table of the field (shared by many papers), ten digits, and closed forms. */
START_TEST(moments_are_those_of_the_literature)
{
    static const struct {
        const char *text;
        double mean, square, slope_square;
    } table[] = {
        {"relu(x)", .3989422804, .5, .5},
        {"gelu(x)", .2820947918, .4252214826, .4558508656},
        {"silu(x)", .2066209641, .3557755198, .3794823516},
        {"tanh(x)", 0, .3942944904, .4644029024},
        {"selu(x)", 0, 1, 1.071574992},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct tree tree = parsed(table[i].text);
        struct moments m = moments_normal(&tree, NULL, 1, 0, 1);
        ck_assert_double_lt(fabs(m.mean - table[i].mean), 1e-9);
        ck_assert_double_lt(fabs(m.square - table[i].square), 1e-9);
        ck_assert_double_lt(fabs(m.slope_square - table[i].slope_square), 1e-9);
    }
    struct tree erf_tree = parsed("erf(x)"), sine = parsed("sin(x)"), gelu = parsed("gelu(x)"), line = parsed("2*x+1");
    struct moments m = moments_normal(&erf_tree, NULL, 1, 0, 1);
    ck_assert_double_lt(fabs(m.square - 2 / M_PI * asin(2.0 / 3)), 1e-12);
    ck_assert_double_lt(fabs(m.slope_square - 4 / (M_PI * sqrt(5))), 1e-12);
    ck_assert_double_lt(fabs(moments_normal(&sine, NULL, 1, 0, 1).square - (1 - exp(-2)) / 2), 1e-12);
    ck_assert_double_lt(fabs(moments_normal(&gelu, NULL, 1, 0, 1).mean - 1 / (2 * sqrt(M_PI))), 1e-12);
    for (double variance = 1e-6; variance < 1e7; variance *= 10) {
        m = moments_normal(&line, NULL, 1, 3, variance);
        ck_assert_double_lt(fabs(m.mean - 7), 1e-11);
        ck_assert_double_lt(fabs(m.square - 49 - 4 * variance), 1e-11 * (49 + 4 * variance));
    }
    /* (1-t)*x + t*relu(x) */
    struct tree fade = parsed("(1-t)*x + t*relu(x)");
    ck_assert_double_lt(fabs(moments_normal(&fade, NULL, 0, 0, 1).square - 1), 1e-11);
    ck_assert_double_lt(fabs(moments_normal(&fade, NULL, 0.5, 0, 1).mean - 0.1994711402), 1e-9);
    ck_assert_double_lt(fabs(moments_normal(&fade, NULL, 0.5, 0, 1).slope_square - 0.625), 1e-11);
    ck_assert_double_lt(fabs(moments_normal(&fade, NULL, 1, 0, 1).square - 0.5), 1e-11);
    struct tree bad = parsed("log(x)");
    ck_assert(!isfinite(moments_normal(&bad, NULL, 1, 0, 1).mean));
}
END_TEST

int main(void)
{
    return RUN_TESTS("tape", 60, tapes_agree_with_the_reference, tapes_follow_t, bits_do_not_depend_on_the_place,
                     products_are_run_by_loops_of_their_own, sets_of_parameters_take_turns, constants_do_not_make_nan,
                     slopes_leave_no_nan_behind, compiling_reports_lack_of_memory, moments_are_those_of_the_literature);
}
