/* Random trees as a search meets them: small numbers, sums and products as likely as all the rest, so
 * that values can be compared. (random_tree.h is for what must only survive.) */
#ifndef ACTSEARCH_TESTS_EXPR_MODERATE_TREE_H
#define ACTSEARCH_TESTS_EXPR_MODERATE_TREE_H

#include "random_tree.h"

static inline struct tree moderate_leaf(struct random *r, bool with_parameters)
{
    static const double constants[] = {0, 1, -1, 2, 0.5, 3, -0.25, 6, 0.1, 1.0 / 3};
    int kind = random_below(r, 10);
    if (kind < 6)
        return tree_x();
    if (kind < 8 || !with_parameters)
        return tree_constant(constants[random_below(r, 10)]);
    int index = random_below(r, 3);
    return tree_parameter(index, 0.5 + index);
}

/* A tree of that many primitives (at most 120, so that it fits). */
static inline struct tree moderate_tree(struct random *r, int operations, bool with_parameters)
{
    if (operations <= 0)
        return moderate_leaf(r, with_parameters);
    int kind = random_below(r, 4);
    struct tree a, b;
    if (kind < 2) {
        enum op op = (enum op)(TREE_FIRST_UNARY + random_below(r, TREE_FIRST_BINARY - TREE_FIRST_UNARY));
        a = moderate_tree(r, operations - 1, with_parameters);
        tree_unary(op, &a, &a, NULL);
        return a;
    }
    enum op op = kind == 2 ? (enum op)(TREE_FIRST_BINARY + random_below(r, OP_COUNT - TREE_FIRST_BINARY))
                           : (enum op)(OP_add + random_below(r, 4));
    int left = random_below(r, operations);
    a = moderate_tree(r, left, with_parameters);
    b = moderate_tree(r, operations - 1 - left, with_parameters);
    tree_binary(op, &a, &b, &a, NULL);
    return a;
}

#endif
