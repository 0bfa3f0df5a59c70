/* What holds for any expression: derivatives, fingerprints, the index and screening on random trees. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "expr/catalogue.h"
#include "expr/derive.h"
#include "expr/fingerprint.h"
#include "expr/parse.h"
#include "expr/properties.h"
#include "expr/simplify.h"
#include "moderate_tree.h"

#include <math.h>

/* Off every kink that small constants make. */
static const double points[] = {-6.1131, -3.3772, -1.7313, -0.6831, -0.1372, 0.1173, 0.6891, 1.3972, 2.9113, 5.3031};
enum { POINTS = sizeof points / sizeof *points };

/* Is `value` the slope of `tree` at x? The reference is that of tree_eval(), but only where it is
   finite and difference quotients of two widths bear it out; otherwise the answer is "skip". */
enum verdict { AGREES, DISAGREES, SKIP };

static enum verdict compare_slope(const struct tree *tree, double x, double value)
{
    struct dual reference = tree_eval(tree, x, NULL);
    double scale = 1 + fabs(reference.slope) + fabs(reference.value);
    if (!isfinite(scale))
        return SKIP;
    for (double h = 1e-4; h > 1e-6; h /= 10) {
        double quotient = (tree_value(tree, x + h, NULL) - tree_value(tree, x - h, NULL)) / (2 * h);
        if (!(fabs(quotient - reference.slope) < 1e-5 * scale))
            return SKIP;
    }
    return fabs(value - reference.slope) < 1e-7 * scale ? AGREES : DISAGREES;
}

START_TEST(the_slope_comparator_can_say_no)
{
    struct tree x = tree_x(), pole;
    ck_assert_int_eq(compare_slope(&x, 0.3, 1), AGREES);
    ck_assert_int_eq(compare_slope(&x, 0.3, 1.001), DISAGREES);
    ck_assert_int_eq(compare_slope(&x, 0.3, NAN), DISAGREES);
    tree_unary(OP_reciprocal, &x, &pole, NULL);
    ck_assert_int_eq(compare_slope(&pole, 0, -INFINITY), SKIP);
}
END_TEST

static void report(const char *what, const struct tree *tree, const struct tree *other)
{
    struct text a = TEXT_EMPTY, b = TEXT_EMPTY;
    tree_print(tree, &a);
    tree_print(other, &b);
    ck_abort_msg("%s: %s and %s", what, text_string(&a), text_string(&b));
}

START_TEST(derivatives_are_the_slopes)
{
    struct error err;
    struct random random = {17};
    int compared = 0, too_large = 0;
    enum { TREES = 3000 };
    for (int i = 0; i < TREES; i++) {
        struct tree tree = moderate_tree(&random, 1 + random_below(&random, 6), i % 2), slope;
        err = ERROR_EMPTY;
        int status = tree_derivative(&tree, &slope, &err);
        too_large += status != 0;
        ck_assert(status == 0 || status == ERROR_INPUT);
        for (int k = 0; k < POINTS && !status; k++) {
            double value = tree_value(&slope, points[k], NULL);
            enum verdict verdict = compare_slope(&tree, points[k], value);
            /* the symbolic form may be less stable than ops.def: Inf * 0 */
            if (verdict == DISAGREES && isfinite(value))
                report("derivative", &tree, &slope);
            compared += verdict == AGREES;
        }
    }
    ck_assert_int_gt(compared, TREES * POINTS / 2);
    ck_assert_int_lt(too_large, TREES / 50);
}
END_TEST

/* Simplification is not seen by fingerprints, but for the odd function that is all rounding. */
START_TEST(simplified_functions_keep_their_fingerprint)
{
    struct error err;
    struct random random = {23};
    int kept = 0, all = 0;
    while (all < 3000) {
        struct tree tree = moderate_tree(&random, 1 + random_below(&random, 6), all % 2), simple;
        if (tree_screen(&tree) != REJECT_NONE)
            continue;
        ASSERT_OK(tree_simplify(&tree, &simple, &err));
        struct fingerprint before, after;
        fingerprint_of(&tree, &before);
        fingerprint_of(&simple, &after);
        kept += before.parameters != after.parameters || fingerprint_equal(&before, &after);
        all++;
    }
    ck_assert_int_ge(kept, all - 6);
}
END_TEST

/* The index against looking at every entry, with copies moved by up to the tolerance, which puts many
   of them across the borders of cells. */
START_TEST(the_index_misses_nothing)
{
    struct error err;
    enum { COUNT = 1500 };
    static struct fingerprint all[COUNT];
    struct random random = {29};
    struct fingerprint_index *index;
    ASSERT_OK(fingerprint_index_new(&index, &err));
    int found_moved = 0;
    for (int i = 0; i < COUNT; i++) {
        int64_t number, first = -1;
        if (i % 2 == 0) {
            struct tree tree = moderate_tree(&random, 1 + random_below(&random, 4), i % 3 == 0);
            fingerprint_of(&tree, &all[i]);
        } else {
            all[i] = all[random_below(&random, i)];
            float step = 9e-7f * (float)(random_below(&random, 3) - 1); /* up or down, all of them */
            for (int k = 0; k < FINGERPRINT_PROBES; k++)
                all[i].values[k] += fabsf(all[i].values[k]) * step;
        }
        for (int k = 0; k < i && first < 0; k++)
            if (fingerprint_equal(&all[k], &all[i]))
                first = k;
        ck_assert_int_eq(fingerprint_index_find(index, &all[i]), first);
        found_moved += i % 2 && first >= 0;
        ASSERT_OK(fingerprint_index_add(index, &all[i], &number, &err));
        ck_assert_int_eq(number, i);
    }
    ck_assert_int_gt(found_moved, COUNT / 4);
    fingerprint_index_free(index);
}
END_TEST

START_TEST(the_index_survives_lack_of_memory)
{
    struct error err;
    struct fingerprint_index *index;
    memory_fail_at(1);
    ASSERT_FAILS(fingerprint_index_new(&index, &err), ERROR_MEMORY, "index");
    memory_fail_never();
    ASSERT_OK(fingerprint_index_new(&index, &err));
    struct fingerprint fingerprint = {0};
    int64_t number = -1;
    int failures = 0, count = 0;
    for (int i = 0; i < 3000; i++) {
        fingerprint.values[0] = (float)i;
        memory_fail_at(1 + i % 2);
        err = ERROR_EMPTY;
        int status = fingerprint_index_add(index, &fingerprint, &number, &err);
        memory_fail_never();
        failures += status != 0;
        if (status)
            ASSERT_OK(fingerprint_index_add(index, &fingerprint, &number, &err));
        ck_assert_int_eq(number, count++);
        ck_assert_int_eq(fingerprint_index_find(index, &fingerprint), number);
    }
    ck_assert_int_gt(failures, 2);
    fingerprint_index_free(index);
}
END_TEST

static void parse(const char *text, struct tree *tree)
{
    struct error err;
    ASSERT_OK(tree_parse(text, tree, &err));
}

START_TEST(numbers_of_parameters_do_not_matter)
{
    struct tree first, second;
    struct fingerprint a, b;
    parse("p0{2}*x+p1{3}", &first);
    parse("p1{2}*x+p0{3}", &second);
    fingerprint_of(&first, &a);
    fingerprint_of(&second, &b);
    ck_assert(fingerprint_equal(&a, &b));
    parse("x^p0*p0{2}*p1{2}", &first);
    parse("x^p1*p0{2}*p1{2}", &second);
    fingerprint_of(&first, &a);
    fingerprint_of(&second, &b);
    ck_assert(fingerprint_equal(&a, &b));
    parse("p0*p0*x+p1*sin(x)", &first);
    parse("p0*p1*x+p1*sin(x)", &second);
    fingerprint_of(&first, &a);
    fingerprint_of(&second, &b);
    ck_assert(!fingerprint_equal(&a, &b));
    parse("p0{2}*x+p1{3}", &first);
    fingerprint_of(&first, &a);
    parse("p1{2}*x+p0{3}", &second);
    fingerprint_of(&second, &b);
    char label_a[FINGERPRINT_LABEL], label_b[FINGERPRINT_LABEL];
    fingerprint_label(&a, label_a);
    fingerprint_label(&b, label_b);
    ck_assert_str_eq(label_a, label_b);
    ck_assert_int_eq((int)strlen(label_a), 16);
    ck_assert_int_eq((int)strspn(label_a, "0123456789abcdef"), 16);
}
END_TEST

START_TEST(poles_between_the_points_are_found)
{
    static const char *const poles[] = {"1/(x-0.3)",     "1/(x-0.3)^2", "x/(x+1.77)",     "1/sin(x+0.1)",
                                        "sin(x)/cos(x)", "1/(x^2-2)",   "1/(tanh(x)-0.5)"};
    static const char *const harmless[] = {
        "gauss(20*x-1)", "sin(10*x)",          "1/(x^2+0.01)",    "tanh(100*x+3)",  "exp(x)-exp(-x)",       "x^3-x",
        "sinc(7*x)",     "max(x,-x)-min(x,3)", "1/(1+exp(-9*x))", "1/(2+cos(3*x))", "relu(1-30*abs(x-0.3))"};
    struct tree tree;
    for (size_t i = 0; i < sizeof poles / sizeof *poles; i++) {
        parse(poles[i], &tree);
        ck_assert_msg(tree_screen(&tree) == REJECT_NOT_FINITE, "%s is let through", poles[i]);
    }
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        parse(harmless[i], &tree);
        ck_assert_msg(tree_screen(&tree) == REJECT_NONE, "%s is turned away: %s", harmless[i],
                      rejection_reason(tree_screen(&tree)));
    }
}
END_TEST

/* All entries of the catalogue keep their name when simplified. */
START_TEST(simplified_known_functions_keep_their_name)
{
    struct error err;
    struct catalogue *catalogue;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    for (int i = 0; i < catalogue_count(catalogue); i++) {
        const struct known *known = catalogue_at(catalogue, i);
        struct tree simple;
        ASSERT_OK(tree_simplify(&known->tree, &simple, &err));
        const struct known *again = catalogue_of(catalogue, &simple);
        ck_assert_msg(again == known, "%s is called %s", known->name, again ? again->name : "nothing");
    }
    catalogue_free(catalogue);
}
END_TEST

int main(void)
{
    return RUN_TESTS("random", 60, the_slope_comparator_can_say_no, derivatives_are_the_slopes,
                     simplified_functions_keep_their_fingerprint, the_index_misses_nothing,
                     the_index_survives_lack_of_memory, numbers_of_parameters_do_not_matter,
                     poles_between_the_points_are_found, simplified_known_functions_keep_their_name);
}
