#include "expr/simplify.h"

#include "base/error.h"
#include "expr/simplify_internal.h"
#include "expr/tree.h"

#include <math.h>

enum {
    PASSES = 12,                  /* most expressions are stable after the second */
    UNWIELDY = 4 * TREE_CAPACITY, /* terms above this size are left as they are */
};

/* Constants are folded to finite results of moderate size; sums do it themselves. */
static int fold(struct terms *terms, enum op op, int a, int b)
{
    const struct term *first = &terms->items[a], *second = &terms->items[b];
    bool constant = first->op == OP_const && isfinite(first->value);
    if (op_info(op)->arity == 2)
        constant = constant && second->op == OP_const && isfinite(second->value);
    if (!constant || op == OP_add || op == OP_sub)
        return 0;
    double value = op_value(op, first->value, second->value);
    double size = fabs(value);
    bool moderate = value == 0 || (size >= 1 / TERM_LIMIT && size <= TERM_LIMIT);
    return moderate ? term_constant(terms, value) : 0;
}

/* pow(a, 2), pow(a, 0.5) and the like, for all a but -0 and -Inf; pow(a, 0) = 1 and pow(1, b) = 1 for
   finite arguments. */
static int term_power(struct terms *terms, int a, int b)
{
    static const struct {
        double exponent;
        enum op ops[3];
    } powers[] = {
        {2, {OP_square}},
        {3, {OP_cube}},
        {4, {OP_square, OP_square}},
        {6, {OP_cube, OP_square}},
        {9, {OP_cube, OP_cube}},
        {8, {OP_square, OP_square, OP_square}},
        {-1, {OP_reciprocal}},
        {0.5, {OP_sqrt}},
        {-0.5, {OP_sqrt, OP_reciprocal}},
        {-2, {OP_square, OP_reciprocal}},
    };
    if ((term_is(terms, b, 0) && term_is_finite(terms, a)) || (term_is(terms, a, 1) && term_is_finite(terms, b)))
        return term_constant(terms, 1);
    if (term_is(terms, b, 1))
        return a;
    for (int i = 0; i < (int)(sizeof powers / sizeof *powers); i++) {
        if (!term_is(terms, b, powers[i].exponent))
            continue;
        for (int k = 0; k < 3 && powers[i].ops[k]; k++)
            a = term_simple(terms, powers[i].ops[k], a, 0);
        return a;
    }
    return term_raw(terms, OP_pow, a, b);
}

static int rewrite(struct terms *terms, enum op op, int a, int b)
{
    enum op inside = terms->items[a].op;
    int result = 0;
    switch (op) {
    case OP_neg:
        if (inside != OP_add && inside != OP_sub)
            result = rule_unary(terms, op, a);
        if (!result)
            result = inside == OP_add || inside == OP_sub ? term_sum(terms, op, a, 0) : term_product(terms, op, a, 0);
        return result;
    case OP_add:
    case OP_sub:
        return term_sum(terms, op, a, b);
    case OP_mul:
    case OP_div:
    case OP_reciprocal:
        return term_product(terms, op, a, b);
    case OP_max:
    case OP_min:
    case OP_relu:
        return term_order(terms, op, a, b);
    case OP_pow:
        return term_power(terms, a, b);
    default:
        return term_unary(terms, op, a);
    }
}

int term_simple(struct terms *terms, enum op op, int a, int b)
{
    if (terms->settling)
        return term_settled(terms, op, a, b);
    int raw = term_raw(terms, op, a, b);
    if (terms->failed || terms->items[raw].size > UNWIELDY || terms->depth >= TERM_DEPTH_LIMIT)
        return raw;
    int result = fold(terms, op, a, b);
    if (!result) {
        terms->depth++;
        result = rewrite(terms, op, a, b);
        terms->depth--;
    }
    return terms->failed || terms->items[result].size > terms->items[raw].size ? raw : result;
}

int term_from_tree(struct terms *terms, const struct tree *tree, const int *args)
{
    int stack[TREE_CAPACITY];
    int top = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        if (arity == 0)
            stack[top++] = node->op == OP_arg && args ? args[node->index] : term_leaf(terms, *node);
        else if (arity == 1)
            stack[top - 1] = term_simple(terms, node->op, stack[top - 1], 0);
        else {
            top--;
            stack[top - 1] = term_simple(terms, node->op, stack[top - 1], stack[top]);
        }
    }
    ALWAYS(top == 1);
    return stack[0];
}

/* Follows the parameters through one more renumbering. numbers[i]: what parameter i is called so far, -1 when it has
   gone; step[j]: what the one that is called j is called from now on. */
static void compose(int numbers[TREE_PARAMETERS], const int step[TREE_PARAMETERS])
{
    for (int i = 0; i < TREE_PARAMETERS; i++)
        numbers[i] = numbers[i] < 0 ? -1 : step[numbers[i]];
}

/* numbers: NULL when every parameter keeps its own. */
static int simplify(const struct tree *tree, int *numbers, struct tree *out, struct error *err)
{
    struct tree now = *tree;
    struct terms terms;
    int step[TREE_PARAMETERS];
    for (int i = 0; numbers && i < TREE_PARAMETERS; i++)
        numbers[i] = i;
    int status = terms_init(&terms, err);
    for (int pass = 0; pass < PASSES && status == 0; pass++) {
        struct tree before = now;
        terms.count = 1;
        status = term_to_tree(&terms, term_from_tree(&terms, &before, NULL), &now, err);
        if (status)
            break;
        if (numbers) {
            tree_renumber(&now, step);
            compose(numbers, step);
        }
        if (tree_equal(&before, &now))
            break;
    }
    if (status)
        out->count = 0;
    else
        *out = now;
    terms_release(&terms);
    return status;
}

int tree_simplify(const struct tree *tree, struct tree *out, struct error *err)
{
    int numbers[TREE_PARAMETERS];
    return simplify(tree, numbers, out, err);
}

int tree_simplify_numbering(const struct tree *tree, struct tree *out, int *numbers, struct error *err)
{
    return simplify(tree, numbers, out, err);
}

int tree_simplify_keeping_parameters(const struct tree *tree, struct tree *out, struct error *err)
{
    return simplify(tree, NULL, out, err);
}

int tree_settle(const struct tree *tree, double t, struct tree *out, struct error *err)
{
    struct tree frozen = tree_frozen(tree, t);
    struct terms terms;
    int status = terms_init(&terms, err);
    terms.settling = true;
    if (!status)
        status = term_to_tree(&terms, term_from_tree(&terms, &frozen, NULL), out, err);
    if (status)
        out->count = 0;
    terms_release(&terms);
    return status;
}
