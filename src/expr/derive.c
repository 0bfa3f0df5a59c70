#include "expr/derive.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/parse.h"
#include "expr/simplify.h"
#include "expr/tree.h"

#include <stdbool.h>
#include <stddef.h>

/* Derivatives of all sub-trees, by the place of their root. A sub-tree that does not move has the
   empty tree: zero is left out of sums and products instead of being multiplied. */
struct work {
    const struct tree *tree;
    struct tree *slopes;
};

static bool is_number(const struct tree *tree, double value)
{
    return tree->count == 1 && tree->nodes[0].op == OP_const && tree->nodes[0].value == value;
}

/* slope * outer, where outer is the primitive's own derivative at its arguments. */
static int chain(const struct tree *slope, const struct tree *args, int arity, const char *symbolic, struct tree *out,
                 struct error *err)
{
    struct tree outer;
    int status = tree_parse_template(symbolic, arity, &outer, err);
    if (!status)
        status = tree_substitute(&outer, args, arity, &outer, err);
    if (status)
        return status;
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

static int derive_operation(struct work *work, int root, struct error *err)
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
        int status = chain(slope, args, info->arity, info->symbolic[i], &term, err);
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

static int derive(const struct tree *tree, enum op by, int index, struct tree *out, struct error *err)
{
    out->count = 0;
    struct work work = {.tree = tree};
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
