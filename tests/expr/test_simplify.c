/* Canonical forms: cases, and for random trees that the value stays and a second pass changes nothing. */
#include "testing.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/parse.h"
#include "expr/simplify.h"
#include "moderate_tree.h"

#include <math.h>
#include <stdio.h>

static int random_trees(void)
{
    return testing_is_sparse() ? 1000 : 20000;
}

static void parse(const char *text, struct tree *tree)
{
    struct error err;
    ASSERT_OK(tree_parse(text, tree, &err));
}

static void check_case(const char *input, const char *expected, int line)
{
    struct error err;
    struct tree tree, wanted;
    parse(input, &tree);
    parse(expected, &wanted);
    struct tree simple;
    ASSERT_OK(tree_simplify(&tree, &simple, &err));
    struct text printed = TEXT_EMPTY;
    tree_print(&simple, &printed);
    ck_assert_msg(tree_equal(&simple, &wanted), "cases/simplify.txt:%d: %s gives %s, not %s", line, input,
                  text_string(&printed), expected);
    ck_assert_str_eq(text_string(&printed), expected);
    text_release(&printed);
}

/* Lines "input → canonical form, as it is printed"; # starts a comment. */
START_TEST(cases_have_their_canonical_form)
{
    struct error err;
    struct text file = TEXT_EMPTY;
    ASSERT_OK(file_read(SOURCE_DIR "/tests/expr/cases/simplify.txt", 1 << 20, &file, &err));
    int cases = 0, line = 0;
    char *text = text_take(&file);
    for (char *next, *row = text; row && *row; row = next) {
        next = row + strcspn(row, "\n");
        if (*next)
            *next++ = '\0';
        line++;
        char *arrow = strstr(row, " → ");
        if (*row == '#' || *row == '\0')
            continue;
        ck_assert_msg(arrow != NULL, "cases/simplify.txt:%d: no arrow", line);
        *arrow = '\0';
        check_case(row, arrow + strlen(" → "), line);
        cases++;
    }
    ck_assert_int_gt(cases, 90);
    memory_free(text);
}
END_TEST

/* Forms that are computed without the overflow on the way that the textbook form has. */
static bool has_stable_form(const struct tree *tree)
{
    static const enum op stable[] = {OP_softplus, OP_log_sigmoid, OP_sigmoid, OP_silu, OP_tanh, OP_mish, OP_softsign};
    for (int i = 0; i < (int)(sizeof stable / sizeof *stable); i++)
        if (tree_contains(tree, stable[i]))
            return true;
    return false;
}

static const double probes[] = {-1000, -37.3, -7.9, -3, -2.03, -1,  -0.51, -0.1, -1e-3, 0,
                                1e-3,  0.07,  0.5,  1,  1.9,   3.3, 8.1,   41.7, 1000};
enum { PROBES = sizeof probes / sizeof *probes };

/* Bounds what rounding can do to the value: as much as moving the argument by some units in the last
   place, a thousand times over. NaN where that decides about being finite, as in sqrt(x-x). */
static double sensitivity(const struct tree *tree, double x)
{
    double value = tree_eval(tree, x, NULL).value, most = fabs(value);
    for (int i = -3; i <= 3; i++) {
        double moved = tree_eval(tree, x + (fabs(x) + 1) * i * 1e-13, NULL).value;
        if (isfinite(moved) != isfinite(value))
            return NAN;
        /* In sin(1e36) every step is another throw, and the largest of six is not far from that of all. */
        double change = fabs(moved - value), doubt = change > 0.01 * fabs(value) ? 4 : 1;
        most = fmax(most, change * 1e9 * doubt);
    }
    return most;
}

static void describe(const struct tree *tree, const struct tree *simple, double x)
{
    struct text before = TEXT_EMPTY, after = TEXT_EMPTY;
    tree_print(tree, &before);
    tree_print(simple, &after);
    ck_abort_msg("%s became %s: at %.17g %.17g became %.17g", text_string(&before), text_string(&after), x,
                 tree_eval(tree, x, NULL).value, tree_eval(simple, x, NULL).value);
}

/* Rounding decides about jumps, and about powers of negative numbers: (-2)^1e-30 is 1 or NaN. Underflow
   makes log(exp(-1000)) infinite, which its simple form x is not. */
static bool is_fragile(const struct tree *tree)
{
    if (tree_contains(tree, OP_log) && (tree_contains(tree, OP_exp) || tree_contains(tree, OP_sigmoid)))
        return true;
    return tree_contains(tree, OP_step) || tree_contains(tree, OP_sign) || tree_contains(tree, OP_pow);
}

/* The value, if every value on the way is finite; otherwise NaN: behind an infinity the sign of a zero
   decides, and "the same real function" has nothing to say. */
static double clean_value(const struct tree *tree, double x)
{
    double stack[TREE_CAPACITY];
    int top = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        if (arity == 0)
            stack[top++] = node->op == OP_x ? x : node->value;
        else if (arity == 1)
            stack[top - 1] = op_value(node->op, stack[top - 1], 0);
        else {
            top--;
            stack[top - 1] = op_value(node->op, stack[top - 1], stack[top]);
        }
        if (!isfinite(stack[top - 1]))
            return NAN;
    }
    return stack[0];
}

static int check_value(const struct tree *tree, const struct tree *simple, double x)
{
    double before = clean_value(tree, x), after = clean_value(simple, x);
    double scale = fmax(sensitivity(tree, x), sensitivity(simple, x));
    if (isnan(scale) && isfinite(before) + isfinite(after) > 0)
        return 0;
    if (isfinite(before) && !isfinite(after))
        describe(tree, simple, x);
    if (!isfinite(tree_eval(tree, x, NULL).value) && isfinite(after) && !has_stable_form(simple) && fabs(after) < 1e290)
        describe(tree, simple, x);
    if (isfinite(before) && isfinite(after) && fabs(before - after) > 1e-9 * fmax(1, scale))
        describe(tree, simple, x);
    return 1;
}

static int check_values(const struct tree *tree, const struct tree *simple)
{
    int compared = 0;
    for (int i = 0; i < PROBES && !is_fragile(tree); i++)
        compared += check_value(tree, simple, probes[i]);
    return compared;
}

static int check_properties(const struct tree *tree)
{
    struct error err;
    struct tree simple, again;
    ASSERT_OK(tree_simplify(tree, &simple, &err));
    ck_assert(tree_is_valid(&simple));
    int compared = check_values(tree, &simple);
    if (simple.count > tree->count)
        describe(tree, &simple, 0);
    ASSERT_OK(tree_simplify(&simple, &again, &err));
    if (!tree_equal(&simple, &again))
        describe(&simple, &again, 0);
    return compared;
}

START_TEST(random_trees_keep_their_value_and_have_one_form)
{
    struct random random = {1};
    int compared = 0;
    for (int i = 0; i < random_trees(); i++) {
        struct tree tree = moderate_tree(&random, 1 + random_below(&random, 9), i % 3 == 0);
        compared += check_properties(&tree);
    }
    ck_assert_int_gt(compared, random_trees() * PROBES / 2);
}
END_TEST

/* Every third x becomes t; the form must then be equal for every t. */
START_TEST(random_trees_with_t_are_equal_for_every_t)
{
    static const double stages[] = {0, 0.25, 0.7, 1};
    enum { STAGES = sizeof stages / sizeof *stages };
    struct error err;
    struct random random = {7};
    int compared = 0;
    for (int i = 0; i < random_trees() / STAGES; i++) {
        struct tree tree = moderate_tree(&random, 1 + random_below(&random, 9), i % 3 == 0), simple, again;
        for (int k = 0; k < tree.count; k++)
            if (tree.nodes[k].op == OP_x && random_below(&random, 3) == 0)
                tree.nodes[k].op = OP_t;
        ASSERT_OK(tree_simplify(&tree, &simple, &err));
        ASSERT_OK(tree_simplify(&simple, &again, &err));
        if (simple.count > tree.count || !tree_equal(&simple, &again))
            describe(&tree, &simple, 0);
        for (int k = 0; k < STAGES; k++) {
            struct tree before = tree_frozen(&tree, stages[k]), after = tree_frozen(&simple, stages[k]);
            compared += check_values(&before, &after);
        }
    }
    ck_assert_int_gt(compared, random_trees() * PROBES / 2);
}
END_TEST

/* Infinite, NaN and extreme constants: nothing to compare, but it must hold together. */
START_TEST(awkward_constants_do_no_harm)
{
    struct error err;
    struct random random = {3};
    for (int i = 0; i < random_trees(); i++) {
        struct tree tree = random_tree(&random, 1 + random_below(&random, 20)), simple, again;
        ASSERT_OK(tree_simplify(&tree, &simple, &err));
        ck_assert(tree_is_valid(&simple));
        ASSERT_OK(tree_simplify(&simple, &again, &err));
        if (!tree_equal(&simple, &again))
            describe(&simple, &again, 0);
    }
}
END_TEST

/* Random spelling of one sum and one product gives one form. */
START_TEST(order_and_brackets_do_not_matter)
{
    struct error err;
    static const char *const parts[] = {"x", "-tanh(x)", "2*sin(x)", "3", "x*silu(x)", "-x^2"};
    static const enum op ops[] = {OP_add, OP_mul};
    struct random random = {2};
    for (int kind = 0; kind < 2; kind++) {
        struct tree first;
        for (int round = 0; round < 200; round++) {
            struct tree bag[6], simple;
            for (int i = 0; i < 6; i++)
                parse(parts[i], &bag[i]);
            for (int left = 6; left > 1; left--) {
                int i = random_below(&random, left), j = random_below(&random, left - 1);
                struct tree a = bag[i];
                bag[i] = bag[left - 1];
                ASSERT_OK(tree_binary(ops[kind], &a, &bag[j], &bag[j], &err));
            }
            ASSERT_OK(tree_simplify(&bag[0], &simple, &err));
            if (round == 0)
                first = simple;
            ck_assert(tree_equal(&simple, &first));
        }
    }
}
END_TEST

START_TEST(the_largest_trees_are_handled)
{
    struct error err;
    struct tree chain = tree_x(), sum = tree_x(), simple;
    while (chain.count < TREE_CAPACITY)
        ASSERT_OK(tree_unary(OP_tanh, &chain, &chain, &err));
    ASSERT_OK(tree_simplify(&chain, &simple, &err));
    ck_assert(tree_equal(&simple, &chain));
    struct tree x = tree_x();
    while (sum.count + 2 <= TREE_CAPACITY)
        ASSERT_OK(tree_binary(OP_add, &x, &sum, &sum, &err));
    ASSERT_OK(tree_simplify(&sum, &simple, &err));
    parse("128*x", &x);
    ck_assert(tree_equal(&simple, &x));
    struct random random = {5};
    for (int i = 0; i < 30; i++) {
        struct tree tree = moderate_tree(&random, 110, true);
        if (tree.count > 0)
            ASSERT_OK(tree_simplify(&tree, &simple, &err));
    }
}
END_TEST

START_TEST(memory_failure_is_an_error)
{
    struct error err;
    struct tree tree, simple;
    parse("x+tanh(x)+x", &tree);
    memory_fail_at(1);
    ASSERT_FAILS(tree_simplify(&tree, &simple, &err), ERROR_MEMORY, "simplifying");
    memory_fail_never();
    ck_assert_int_eq(simple.count, 0);
    struct random random = {11};
    for (int i = 0; i < 20; i++) {
        tree = moderate_tree(&random, 110, true);
        memory_fail_at(2);
        int status = tree.count ? tree_simplify(&tree, &simple, &err) : 0;
        memory_fail_never();
        ck_assert(status == 0 || status == ERROR_MEMORY);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("simplify", 60, cases_have_their_canonical_form, random_trees_keep_their_value_and_have_one_form,
                     random_trees_with_t_are_equal_for_every_t, awkward_constants_do_no_harm,
                     order_and_brackets_do_not_matter, the_largest_trees_are_handled, memory_failure_is_an_error);
}
