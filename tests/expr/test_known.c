/* Fingerprints, the catalogue, and screening: what a function is, apart from how it is written. */
#include "testing.h"

#include "base/memory.h"
#include "expr/catalogue.h"
#include "expr/fingerprint.h"
#include "expr/parse.h"
#include "expr/properties.h"

#include <math.h>

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static bool same(const char *a, const char *b)
{
    struct tree first = parsed(a), second = parsed(b);
    struct fingerprint fa, fb;
    fingerprint_of(&first, &fa);
    fingerprint_of(&second, &fb);
    return fingerprint_equal(&fa, &fb);
}

START_TEST(functions_are_told_apart_by_their_values)
{
    ck_assert(same("x*sigmoid(x)", "x/(1+exp(-x))"));
    ck_assert(same("silu(x)", "x - x*sigmoid(-x)"));
    ck_assert(same("max(x, 0)", "0.5*(x + abs(x))"));
    ck_assert(same("x*tanh(softplus(x))", "mish(x)"));
    ck_assert(same("p0*x + p1", "p0*x + p1"));
    ck_assert(!same("gelu(x)", "gelu_tanh(x)"));
    ck_assert(!same("x", "1.0001*x"));
    ck_assert(!same("x", "p0*x"));
    ck_assert(!same("p0{0.5}*x", "p0*x"));
    ck_assert(!same("p0*x", "x*p0^2"));
    ck_assert(!same("relu(x)", "leaky_relu(x)"));
}
END_TEST

START_TEST(the_index_finds_the_first_equal_function)
{
    struct error err = ERROR_EMPTY;
    struct fingerprint_index *index;
    ASSERT_OK(fingerprint_index_new(&index, &err));
    struct fingerprint fingerprint;
    struct tree shape = parsed("tanh(x)");
    int64_t number;
    /* enough to make the index grow several times */
    for (int i = 0; i < 5000; i++) {
        struct tree factor = tree_constant(1 + i * 0.01), scaled;
        if (tree_binary(OP_mul, &factor, &shape, &scaled, &err))
            ck_abort_msg("%s", err.what);
        fingerprint_of(&scaled, &fingerprint);
        if (fingerprint_index_find(index, &fingerprint) != -1)
            ck_abort_msg("function %d is taken for an earlier one", i);
        if (fingerprint_index_add(index, &fingerprint, &number, &err) || number != i)
            ck_abort_msg("function %d got number %d", i, (int)number);
    }
    struct tree again = parsed("tanh(x)*3.5 + x - x");
    fingerprint_of(&again, &fingerprint);
    ck_assert_int_eq(fingerprint_index_find(index, &fingerprint), 250);
    ASSERT_OK(fingerprint_index_add(index, &fingerprint, &number, &err));
    ck_assert_int_eq(number, 5000);
    ck_assert_int_eq(fingerprint_index_find(index, &fingerprint), 250);
    fingerprint_index_free(index);
}
END_TEST

START_TEST(known_functions_are_called_by_name)
{
    struct error err = ERROR_EMPTY;
    struct catalogue *catalogue;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"x/(1+exp(-x))", "silu"},
        {"0.5*x*(1+erf(x/sqrt(2)))", "gelu"},
        {"max(0, x)", "relu"},
        {"log(1+exp(x))", "softplus"},
        {"2*sigmoid(2*x)-1", "tanh"},
        {"x*sigmoid(p*x)", "swish"},
        {"p{0.25}*min(x,0)+relu(x)", "prelu"},
        {"min(max(x,0),6)", "relu6"},
        {"x", "linear"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tree tree = parsed(cases[i].text);
        const struct known *known = catalogue_of(catalogue, &tree);
        ck_assert_msg(known && strcmp(known->name, cases[i].name) == 0, "%s is called %s", cases[i].text,
                      known ? known->name : "nothing");
    }
    struct tree unknown = parsed("x*sigmoid(1.1*x)");
    ck_assert_ptr_null(catalogue_of(catalogue, &unknown));
    /* every entry is found, under its own name or an earlier one's */
    for (int i = 0; i < catalogue_count(catalogue); i++) {
        const struct known *entry = catalogue_at(catalogue, i), *found = catalogue_of(catalogue, &entry->tree);
        ck_assert_ptr_nonnull(found);
        ck_assert_ptr_eq(found, entry); /* no entry is twice in the catalogue */
        ck_assert_ptr_eq(catalogue_by_name(catalogue, entry->name), entry);
    }
    catalogue_free(catalogue);
}
END_TEST

START_TEST(lack_of_memory_is_reported)
{
    struct error err = ERROR_EMPTY;
    struct catalogue *catalogue;
    int status = ERROR_MEMORY;
    for (int n = 1; status; n++) {
        memory_fail_at(n);
        status = catalogue_new(&catalogue, &err);
        memory_fail_never();
        ck_assert(status == 0 || (status == ERROR_MEMORY && !catalogue));
        ck_assert_int_lt(n, 10);
    }
    catalogue_free(catalogue);
}
END_TEST

START_TEST(hopeless_functions_are_turned_away)
{
    static const struct {
        const char *text;
        enum rejection expected;
    } cases[] = {
        {"x*sigmoid(x)", REJECT_NONE},
        {"relu(x)", REJECT_NONE},
        {"0.001*x", REJECT_NONE},
        {"3", REJECT_CONSTANT},
        {"x - x + p0", REJECT_CONSTANT},
        {"sin(x)^2+cos(x)^2", REJECT_CONSTANT},
        {"log(x)", REJECT_NOT_FINITE},
        {"1/x", REJECT_NOT_FINITE},
        {"sqrt(abs(x))", REJECT_NOT_FINITE},
        {"exp(exp(x))", REJECT_NOT_FINITE},
        {"exp(x^2)*exp(x^2)", REJECT_NOT_FINITE},
        {"step(x)", REJECT_NO_GRADIENT},
        {"sign(x)+1", REJECT_NO_GRADIENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tree tree = parsed(cases[i].text);
        enum rejection got = tree_screen(&tree);
        ck_assert_msg(got == cases[i].expected, "%s: %s", cases[i].text, rejection_reason(got));
    }
}
END_TEST

START_TEST(properties_describe_the_function)
{
    struct properties p;
    struct tree tree = parsed("tanh(x)");
    tree_properties(&tree, &p);
    ck_assert(p.finite && p.odd && !p.even && p.increasing && p.smooth && p.bounded_left && p.bounded_right);
    ck_assert_double_eq(p.left_limit, -1);
    tree = parsed("relu(x)");
    tree_properties(&tree, &p);
    ck_assert(p.increasing && !p.smooth && p.bounded_left && !p.bounded_right && !p.odd);
    tree = parsed("silu(x)");
    tree_properties(&tree, &p);
    ck_assert(!p.increasing && p.smooth && p.bounded_left);
    ck_assert_double_lt(fabs(p.min_at + 1.25), 0.07);
    ck_assert_double_lt(fabs(p.min + 0.2784645), 1e-3);
    ck_assert_double_eq(p.slope_at_zero, 0.5);
    tree = parsed("x^2");
    tree_properties(&tree, &p);
    ck_assert(p.even && !p.increasing && !p.decreasing && p.steepest == 16 && p.flattest == 0);
    tree = parsed("tanh(50*x)"); /* steep, but without a jump */
    tree_properties(&tree, &p);
    ck_assert(p.smooth);
    tree = parsed("log(x)");
    tree_properties(&tree, &p);
    ck_assert(!p.finite);
}
END_TEST

int main(void)
{
    return RUN_TESTS("known", 30, functions_are_told_apart_by_their_values, the_index_finds_the_first_equal_function,
                     known_functions_are_called_by_name, lack_of_memory_is_reported, hopeless_functions_are_turned_away,
                     properties_describe_the_function);
}
