#include "expr/derive.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/parse.h"
#include "expr/simplify.h"
#include "expr/tree.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Derivatives of all sub-trees, by the place of their root. A sub-tree that does not move has the
   empty tree: zero is left out of sums and products instead of being multiplied. */
struct work {
    const struct tree *tree;
    enum op by; /* OP_x or OP_param */
    int index;
    struct tree *slopes;
};

static bool is_number(const struct tree *tree, double value)
{
    return tree->count == 1 && tree->nodes[0].op == OP_const && tree->nodes[0].value == value;
}

/* A formula cannot say that zero wins over infinity: tanh(exp(x)) has the slope exp(x)/cosh(exp(x))^2, and far out that
   is Inf * 0. Where that is found, factors get bounds that no sound slope reaches; as few factors as will do. */
enum guard { GUARD_NOTHING, GUARD_SLOPE, GUARD_OUTER, GUARD_ARGUMENTS, GUARDS };
#define BOUND 1e300

static int bounded(struct tree *tree, struct error *err)
{
    struct tree low = tree_constant(-BOUND), high = tree_constant(BOUND);
    if (tree->count == 1)
        return 0;
    int status = tree_binary(OP_max, tree, &low, tree, err);
    return status ? status : tree_binary(OP_min, tree, &high, tree, err);
}

/* slope * outer, where outer is the primitive's own derivative at its arguments. */
static int chain(const struct tree *slope, const struct tree *args, int arity, const char *symbolic, enum guard guard,
                 struct tree *out, struct error *err)
{
    struct tree outer, inner[2], factor = *slope;
    int status = tree_parse_template(symbolic, arity, &outer, err);
    for (int i = 0; i < arity && !status; i++) {
        inner[i] = args[i];
        status = guard >= GUARD_ARGUMENTS ? bounded(&inner[i], err) : 0;
    }
    if (!status)
        status = tree_substitute(&outer, inner, arity, &outer, err);
    if (!status && guard >= GUARD_OUTER)
        status = bounded(&outer, err);
    if (!status && guard >= GUARD_SLOPE)
        status = bounded(&factor, err);
    if (status)
        return status;
    slope = &factor;
    if (is_number(&outer, 0)) {
        out->count = 0;
        return 0;
    }
    if (is_number(slope, 1)) {
        *out = outer;
        return 0;
    }
    if (is_number(&outer, 1)) {
        *out = *slope;
        return 0;
    }
    return tree_binary(OP_mul, slope, &outer, out, err);
}

static int derive_guarded(struct work *work, int root, enum guard guard, struct error *err)
{
    const struct op_info *info = op_info(work->tree->nodes[root].op);
    int child[2] = {0, 0};
    tree_children(work->tree, root, &child[0], &child[1]);
    struct tree args[2], *sum = &work->slopes[root];
    for (int i = 0; i < info->arity; i++)
        args[i] = tree_subtree(work->tree, child[i]);
    sum->count = 0;
    for (int i = 0; i < info->arity; i++) {
        const struct tree *slope = &work->slopes[child[i]];
        if (slope->count == 0)
            continue;
        struct tree term;
        int status = chain(slope, args, info->arity, info->symbolic[i], guard, &term, err);
        if (!status && term.count && sum->count)
            status = tree_binary(OP_add, sum, &term, sum, err);
        else if (!status && term.count)
            *sum = term;
        /* Simplified on the way: long derivatives would not fit otherwise. */
        if (!status && sum->count)
            status = tree_simplify_keeping_parameters(sum, sum, err);
        if (status)
            return status;
    }
    return 0;
}

/* At how many points the slope is a number by the chain rule, where zero wins, but not by its formula. */
static int count_failures(const struct work *work, int root)
{
    static const double points[] = {0, 1e-3, 0.7, 2.9, 8, 19.3, 41, 99, 360, 720, 1e3, 1e4, 1e30, 3e38};
    struct tree function = tree_subtree(work->tree, root);
    const struct tree *slope = &work->slopes[root];
    int failures = 0;
    for (size_t i = 0; i < 2 * sizeof points / sizeof *points && slope->count; i++) {
        double x = i % 2 ? -points[i / 2] : points[i / 2];
        struct dual f =
            work->by == OP_x ? tree_eval(&function, x, NULL) : tree_eval_parameter(&function, x, NULL, work->index);
        failures += isfinite(f.value) && isfinite(f.slope) && !isfinite(tree_value(slope, x, NULL));
    }
    return failures;
}

/* With the least guard that leaves the fewest failures. A guarded slope that does not fit is not one. */
static int derive_operation(struct work *work, int root, struct error *err)
{
    int status = derive_guarded(work, root, GUARD_NOTHING, err);
    if (status)
        return status;
    struct tree best = work->slopes[root];
    int fewest = count_failures(work, root);
    for (int guard = GUARD_SLOPE; guard < GUARDS && fewest > 0; guard++) {
        struct error too_large = ERROR_EMPTY;
        status = derive_guarded(work, root, (enum guard)guard, &too_large);
        if (status == ERROR_MEMORY) {
            *err = too_large;
            return status;
        }
        int failures = status ? fewest : count_failures(work, root);
        if (failures < fewest) {
            best = work->slopes[root];
            fewest = failures;
        }
    }
    work->slopes[root] = best;
    return 0;
}

static int derive(const struct tree *tree, enum op by, int index, struct tree *out, struct error *err)
{
    out->count = 0;
    struct work work = {.tree = tree, .by = by, .index = index};
    work.slopes = memory_array((size_t)tree->count, sizeof *work.slopes);
    if (!work.slopes)
        return memory_error(err, "a derivative");
    int status = 0;
    for (int i = 0; i < tree->count && !status; i++) {
        const struct node *node = &tree->nodes[i];
        if (op_info(node->op)->arity > 0)
            status = derive_operation(&work, i, err);
        else if (node->op == by && node->index == index)
            work.slopes[i] = tree_constant(1);
        else
            work.slopes[i].count = 0;
    }
    if (!status)
        *out = work.slopes[tree->count - 1].count ? work.slopes[tree->count - 1] : tree_constant(0);
    memory_free(work.slopes);
    return status;
}

int tree_derivative(const struct tree *tree, struct tree *out, struct error *err)
{
    return derive(tree, OP_x, 0, out, err);
}

int tree_derivative_parameter(const struct tree *tree, int p, struct tree *out, struct error *err)
{
    return derive(tree, OP_param, p, out, err);
}
