/* The leaf t: the progress of training, in everything that handles expressions. */
#include "testing.h"

#include "base/text.h"
#include "expr/catalogue.h"
#include "expr/derive.h"
#include "expr/fingerprint.h"
#include "expr/parse.h"
#include "expr/properties.h"
#include "expr/simplify.h"
#include "moderate_tree.h"

#include <math.h>

#define FADE "(1-t)*tanh(x) + t*relu(x)"

static struct tree parsed(const char *text)
{
    struct error err;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static void assert_prints(const struct tree *tree, const char *expected)
{
    struct text text = TEXT_EMPTY;
    tree_print(tree, &text);
    ck_assert_str_eq(text_string(&text), expected);
    text_release(&text);
}

static bool same(const char *a, const char *b)
{
    struct tree first = parsed(a), second = parsed(b);
    struct fingerprint fa, fb;
    fingerprint_of(&first, &fa);
    fingerprint_of(&second, &fb);
    return fingerprint_equal(&fa, &fb);
}

START_TEST(t_is_read_and_written)
{
    struct error err;
    struct tree t = tree_progress(), tree = parsed("t"), again;
    ck_assert(tree_is_valid(&t) && tree_equal(&t, &tree));
    tree = parsed(FADE);
    assert_prints(&tree, "(1 - t)*tanh(x) + t*relu(x)");
    ck_assert(tree_contains(&tree, OP_t) && tree_parameter_count(&tree) == 0);
    t.nodes[0].index = 1;
    ck_assert(!tree_is_valid(&t));
    /* in templates it is no argument, whatever their number */
    struct tree args[] = {parsed("tanh(x)"), parsed("relu(x)")};
    ASSERT_OK(tree_parse_template("(1-t)*a + t*b", 2, &again, &err));
    ASSERT_OK(tree_substitute(&again, args, 2, &again, &err));
    ck_assert(tree_equal(&again, &tree));
    ASSERT_OK(tree_parse_template("t*x", 1, &again, &err));
    ASSERT_FAILS(tree_parse("tt*x", &tree, &err), ERROR_INPUT, "unknown name \"tt\"");
}
END_TEST

START_TEST(evaluation_takes_t_and_ends_at_one)
{
    struct tree tree = parsed("p0{3}*(1-t)*tanh(x) + t^2*x");
    const double p[] = {2};
    for (int i = 0; i <= 4; i++) {
        double t = i / 4.0, sech = 1 / cosh(0.7), tanh_x = tanh(0.7);
        struct surroundings at = {p, t};
        struct dual f = tree_eval_at(&tree, 0.7, at);
        ck_assert_double_eq_tol(f.value, 2 * (1 - t) * tanh_x + t * t * 0.7, 1e-15);
        ck_assert_double_eq_tol(f.slope, 2 * (1 - t) * sech * sech + t * t, 1e-15);
        ck_assert_double_eq(tree_value_at(&tree, 0.7, at), f.value);
        ck_assert_double_eq_tol(tree_eval_parameter_at(&tree, 0.7, at, 0).slope, (1 - t) * tanh_x, 1e-15);
        at.parameters = NULL;
        ck_assert_double_eq_tol(tree_value_at(&tree, 0.7, at), 3 * (1 - t) * tanh_x + t * t * 0.7, 1e-15);
        struct tree frozen = tree_frozen(&tree, t);
        ck_assert(!tree_contains(&frozen, OP_t) && tree_is_valid(&frozen));
        ck_assert_double_eq(tree_value(&frozen, 0.7, p), f.value);
    }
    ck_assert_double_eq(tree_eval(&tree, 0.7, p).value, 0.7);
    ck_assert_double_eq(tree_eval(&tree, 0.7, p).slope, 1);
    ck_assert_double_eq(tree_value(&tree, 0.7, NULL), 0.7);
    ck_assert_double_eq(tree_eval_parameter(&tree, 0.7, p, 0).slope, 0);
    /* t does not move: the slope of log(t) at t = 0 is 0, not NaN */
    struct tree logarithm = parsed("x + log(t)");
    ck_assert_double_eq(tree_eval_at(&logarithm, 1, (struct surroundings){NULL, 0}).slope, 1);
}
END_TEST

START_TEST(derivatives_hold_for_every_t)
{
    static const char *const functions[] = {FADE, "t", "x^t*t", "sigmoid(p0*x*(1+t))", "max(x, t*x)", "tanh(x)/(1+t)"};
    struct error err;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct tree tree = parsed(functions[i]), slope, by_p;
        ASSERT_OK(tree_derivative(&tree, &slope, &err));
        ASSERT_OK(tree_derivative_parameter(&tree, 0, &by_p, &err));
        for (double t = 0; t <= 1; t += 0.125)
            for (double x = 0.3; x < 3; x += 0.4) {
                struct surroundings at = {NULL, t};
                double exact = tree_eval_at(&tree, x, at).slope,
                       exact_p = tree_eval_parameter_at(&tree, x, at, 0).slope;
                ck_assert_msg(fabs(tree_value_at(&slope, x, at) - exact) <= 1e-13 * (1 + fabs(exact)),
                              "%s at x = %g, t = %g", functions[i], x, t);
                ck_assert(fabs(tree_value_at(&by_p, x, at) - exact_p) <= 1e-13 * (1 + fabs(exact_p)));
            }
    }
}
END_TEST

START_TEST(canonical_forms_with_t)
{
    static const char *const cases[][2] = {
        {"x*t", "t*x"},
        {"tanh(x)*(1-t) + t*relu(x)", "t*relu(x) + tanh(x)*(1 - t)"},
        {"(t-1)*x^2", "x^2*(t - 1)"},
        {"sin(x)*(t-1)*(1-t)", NULL},
        {"x*t*2*p0", "2*p0*t*x"},
        {"tanh(x)*t + t*tanh(x)", "2*t*tanh(x)"},
        {"t - t + x", "x"},
        {"abs(t)*x + relu(t)", "t + t*x"},
        {"max(t, 0) + min(t, 1)*x", NULL},
        {"t/t*x", "t*x/t"}, /* 0/0 at t = 0: stays */
        {"sqrt(t^2)*x", "t*x"},
        {"x*(1+t)/(1+t)", "x"},        /* 1+t is at least 1 */
        {"log(t) - log(t) + x", NULL}, /* infinite at t = 0: stays */
    };
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tree tree = parsed(cases[i][0]), simple;
        ASSERT_OK(tree_simplify(&tree, &simple, &err));
        if (cases[i][1])
            assert_prints(&simple, cases[i][1]);
        for (double t = 0; t <= 1; t += 0.25) {
            double before = tree_value_at(&tree, 0.8, (struct surroundings){NULL, t});
            double after = tree_value_at(&simple, 0.8, (struct surroundings){NULL, t});
            ck_assert_msg((isnan(before) && isnan(after)) || fabs(before - after) <= 1e-14, "%s at t = %g: %g, %g",
                          cases[i][0], t, before, after);
        }
    }
}
END_TEST

START_TEST(fingerprints_see_the_whole_training)
{
    ck_assert(same(FADE, "tanh(x) + t*(relu(x) - tanh(x))"));
    ck_assert(same("t*x + (1-t)*x", "x")); /* t is written, but changes nothing */
    ck_assert(same("p0*t*x + p1*(1-t)*tanh(x)", "p1*t*x + p0*(1-t)*tanh(x)"));
    ck_assert(same("p0*(1-t)*x + p1*(1-t)*sin(x)", "p1*(1-t)*x + p0*(1-t)*sin(x)"));
    ck_assert(!same(FADE, "relu(x)"));                  /* equal at t = 1 */
    ck_assert(!same(FADE, "tanh(x)"));                  /* equal at t = 0 */
    ck_assert(!same(FADE, "(1-t)*sin(x) + t*relu(x)")); /* equal at t = 1 */
    ck_assert(!same("t*x", "t^2*x"));                   /* equal at both ends */
    ck_assert(!same("p0*t*x", "p0*x"));
    struct tree fade = parsed(FADE), plain = parsed("relu(x)");
    struct fingerprint a, b;
    char first[FINGERPRINT_LABEL], second[FINGERPRINT_LABEL];
    fingerprint_of(&fade, &a);
    fingerprint_of(&plain, &b);
    fingerprint_label(&a, first);
    fingerprint_label(&b, second);
    ck_assert(a.has_t && !b.has_t && strcmp(first, second) != 0);
}
END_TEST

/* Recorded before there was a t: databases hold these labels. */
START_TEST(functions_without_t_keep_their_labels)
{
    static const char *const labels[][2] = {{"relu(x)", "30583782924fc837"},
                                            {"x*sigmoid(p0*x)", "9c88ab39f6ef1772"},
                                            {"p0*x + p1{0.5}*tanh(x)", "5ef08807a09f8471"},
                                            {"gelu(x)", "f5dd648d34f636ce"}};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        struct tree tree = parsed(labels[i][0]);
        struct fingerprint fingerprint;
        char label[FINGERPRINT_LABEL];
        fingerprint_of(&tree, &fingerprint);
        fingerprint_label(&fingerprint, label);
        ck_assert_str_eq(label, labels[i][1]);
    }
}
END_TEST

START_TEST(only_functions_without_t_have_names)
{
    struct error err;
    struct catalogue *catalogue;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    struct tree relu = parsed("max(x,0)"), faded = parsed("t*relu(x) + (1-t)*relu(x)"), fade = parsed(FADE);
    ck_assert_str_eq(catalogue_of(catalogue, &relu)->name, "relu");
    ck_assert_ptr_null(catalogue_of(catalogue, &faded));
    ck_assert_ptr_null(catalogue_of(catalogue, &fade));
    catalogue_free(catalogue);
}
END_TEST

START_TEST(screening_looks_at_the_whole_training)
{
    static const struct {
        const char *text;
        enum rejection expected;
    } cases[] = {
        {FADE, REJECT_NONE},
        {"t*relu(x)", REJECT_NONE},     /* begins as 0 */
        {"(1-t)*relu(x)", REJECT_NONE}, /* ends as 0 */
        {"t", REJECT_CONSTANT},         /* changes, but not with x */
        {"t*(1-t)*(t-0.5)*x", REJECT_CONSTANT},
        {"t*step(x)", REJECT_NO_GRADIENT}, /* constant first, flat later */
        {"(1-t)*step(x) + t", REJECT_NO_GRADIENT},
        {"tanh(x)/t", REJECT_NOT_FINITE},     /* at t = 0 */
        {"tanh(x)/(1-t)", REJECT_NOT_FINITE}, /* at t = 1 */
        {"tanh(x)/(t-0.5)", REJECT_NOT_FINITE},
        {"t*tanh(x) + (1-t)/(x-0.3)", REJECT_NOT_FINITE}, /* a pole at first */
        {"log(x + 8.5 - t)", REJECT_NOT_FINITE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tree tree = parsed(cases[i].text);
        ck_assert_msg(tree_screen(&tree) == cases[i].expected, "%s: %s", cases[i].text,
                      rejection_reason(tree_screen(&tree)));
    }
    struct tree fade = parsed(FADE), bad = parsed("tanh(x)/t");
    struct properties p;
    tree_properties(&fade, &p);
    ck_assert(p.finite && p.max == 8 && p.min == 0 && !p.smooth && !p.odd); /* those of relu */
    tree_properties(&bad, &p);
    ck_assert(!p.finite);
}
END_TEST

int main(void)
{
    return RUN_TESTS("progress", 60, t_is_read_and_written, evaluation_takes_t_and_ends_at_one,
                     derivatives_hold_for_every_t, canonical_forms_with_t, fingerprints_see_the_whole_training,
                     functions_without_t_keep_their_labels, only_functions_without_t_have_names,
                     screening_looks_at_the_whole_training);
}
