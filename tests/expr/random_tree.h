/* Random trees for the tests of this folder: every shape, every primitive, awkward numbers. */
#ifndef ACTSEARCH_TESTS_EXPR_RANDOM_TREE_H
#define ACTSEARCH_TESTS_EXPR_RANDOM_TREE_H

#include "expr/tree.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

struct random {
    uint64_t state; /* not 0 */
};

static inline uint64_t random_next(struct random *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state * 0x2545f4914f6cdd1d;
}

static inline int random_below(struct random *r, int bound)
{
    return (int)((random_next(r) >> 32) % (uint64_t)bound);
}

static inline double random_number(struct random *r)
{
    static const double numbers[] = {0,    -0.0,   1,     -1,        2,         -2,       3,   -3,   0.5,
                                     1e20, 1e-320, 1e300, 123456789, -INFINITY, INFINITY, NAN, -NAN, 0.1};
    int choice = random_below(r, 2 * (int)(sizeof numbers / sizeof *numbers));
    if (choice < (int)(sizeof numbers / sizeof *numbers))
        return numbers[choice];
    uint64_t bits = random_next(r); /* any double at all */
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static inline struct node random_leaf(struct random *r, const double starts[TREE_PARAMETERS])
{
    struct node node = {.op = (uint8_t)OP_x};
    int choice = random_below(r, 4);
    if (choice == 0) {
        node = (struct node){.op = OP_const, .value = random_number(r)};
    } else if (choice == 1) {
        node = (struct node){.op = OP_param, .index = (uint8_t)random_below(r, TREE_PARAMETERS)};
        node.value = starts[node.index];
    } else if (choice == 2 && random_below(r, 4) == 0) {
        node.op = OP_t;
    }
    return node;
}

/* Emits a tree of exactly `size` nodes; half the primitives are those that are written with signs. */
static inline void random_grow(struct random *r, struct tree *tree, int size, const double starts[TREE_PARAMETERS])
{
    static const uint8_t unary_signs[] = {OP_neg, OP_square, OP_cube};
    bool with_sign = random_below(r, 2);
    if (size == 1) {
        tree->nodes[tree->count++] = random_leaf(r, starts);
    } else if (size == 2 || random_below(r, 3) == 0) {
        int op = with_sign ? unary_signs[random_below(r, 3)]
                           : TREE_FIRST_UNARY + random_below(r, TREE_FIRST_BINARY - TREE_FIRST_UNARY);
        random_grow(r, tree, size - 1, starts);
        tree->nodes[tree->count++] = (struct node){.op = (uint8_t)op};
    } else {
        int op = with_sign ? OP_add + random_below(r, 5) : TREE_FIRST_BINARY + random_below(r, OP_COUNT - OP_add);
        int left = 1 + random_below(r, size - 2);
        random_grow(r, tree, left, starts);
        random_grow(r, tree, size - 1 - left, starts);
        tree->nodes[tree->count++] = (struct node){.op = (uint8_t)op};
    }
}

static inline struct tree random_tree(struct random *r, int size)
{
    double starts[TREE_PARAMETERS];
    for (int i = 0; i < TREE_PARAMETERS; i++)
        starts[i] = random_number(r);
    struct tree tree = {.count = 0};
    random_grow(r, &tree, size, starts);
    return tree;
}

#endif
