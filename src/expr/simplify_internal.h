/* The inside of the simplifier, shared with the symbolic derivative: terms, and what is known about
 * their values.
 *
 * A term is an immutable node (but for two answers it remembers) in a growing pool that refers to its arguments by
 * number; terms share arguments freely. term_simple() is the one door to a rewritten term: it expects simple arguments
 * and gives a simple term that is equal to op(a, b). simplify_terms.c keeps the pool, simplify_range.c knows where
 * values lie, simplify.c has term_simple() itself, constants and pow. The other rules:
 *
 *     simplify_sum.c      add, sub, neg       linear combinations
 *     simplify_product.c  mul, div, powers    c * f1^n1 * f2^n2 ... / d
 *     simplify_order.c    max, min, relu
 *     simplify_unary.c    the other unary primitives
 *     simplify_rules.c    identities between particular primitives, a table
 *     simplify_settle.c   what is left when t has become a number
 *
 * When memory is short the pool is `failed` and every new term is number 0, a harmless constant, so
 * that only the end has to look. */
#ifndef ACTSEARCH_EXPR_SIMPLIFY_INTERNAL_H
#define ACTSEARCH_EXPR_SIMPLIFY_INTERNAL_H

#include "expr/tree.h"

#include <stdbool.h>

/* Where a sub-expression's values lie: every value is in [low, high], or NaN where `nan` is set.
   Bounds are exact up to rounding, and may be infinite. */
struct range {
    double low, high;
    bool nan;
};

/* Values of a leaf for |x| <= radius, learned parameters of at most that size and t in [0, 1]; a template's
   argument may be anything. */
struct range range_leaf(enum op op, double value, double radius);
/* Values of op(a, b) for arguments in these ranges (b is ignored for unary primitives). */
struct range range_apply(enum op op, struct range a, struct range b);
/* The greatest magnitude. */
double range_magnitude(struct range range);

/* Rules that move factors and summands about need to know that nothing on the way overflows. They
   look at |x| <= TERM_RADIUS (pre-activations of a network that still trains are far below) and
   want magnitudes of at most TERM_LIMIT, which leaves room in float as well. Folded constants must
   have magnitudes in [1/TERM_LIMIT, TERM_LIMIT] or be 0. */
#define TERM_RADIUS 1e3
#define TERM_LIMIT 1e30

struct term {
    uint8_t op, index;
    int size;                      /* nodes of the tree it stands for; stays at TERM_HUGE above that */
    int a, b;                      /* arguments; 0 when there are none */
    int opposite;                  /* what term_negated() found; 0: not asked yet, -1: nothing */
    int8_t negative;               /* what term_is_negative() found; 0: not asked yet, 1: yes, -1: no */
    double value;                  /* of a constant, or where a parameter starts */
    struct range near, everywhere; /* for |x| <= TERM_RADIUS, and for all real x */
};

enum {
    TERM_HUGE = 1 << 20,
    TERM_COUNT_LIMIT = 1 << 18, /* terms in a pool; beyond that it has failed for want of memory */
    TERM_DEPTH_LIMIT = 48,      /* rules calling rules: beyond that a term is left as it is */
    TERM_LIST = 128,            /* summands or factors handled together */
};

struct terms {
    struct term *items;
    int count, capacity;
    int depth;
    bool failed;
    bool settling; /* term_simple() is term_settled() */
};

/* An empty pool; ERROR_MEMORY. Release accepts a failed one. */
int terms_init(struct terms *terms, struct error *err);
void terms_release(struct terms *terms);

/* Terms as they stand, without any rule. */
int term_constant(struct terms *terms, double value);
int term_leaf(struct terms *terms, struct node node);
int term_raw(struct terms *terms, enum op op, int a, int b);

/* The same order as tree_compare. */
int term_compare(const struct terms *terms, int a, int b);
bool term_is_constant(const struct terms *terms, int term);
/* The constant with that value? */
bool term_is(const struct terms *terms, int term, double value);
/* Finite for |x| <= TERM_RADIUS, and well inside what a float holds. */
bool term_is_finite(const struct terms *terms, int term);
/* term_is_finite, and at least 1/TERM_LIMIT away from 0: can be divided by and cancelled. */
bool term_is_divisor(const struct terms *terms, int term);

/* op(a, b), rewritten; never of greater size than op(a, b). b is 0 for unary primitives. */
int term_simple(struct terms *terms, enum op op, int a, int b);

/* op(a, b) with what is constant in it worked out: the same value and slope at every x, kinks among them. */
int term_settled(struct terms *terms, enum op op, int a, int b);

/* Every node of a tree through term_simple; arguments of a template become args[i] (may be NULL when
   there are none). */
int term_from_tree(struct terms *terms, const struct tree *tree, const int *args);
/* ERROR_INPUT when the term is larger than a tree may be; ERROR_MEMORY when the pool has failed. */
int term_to_tree(const struct terms *terms, int term, struct tree *out, struct error *err);

/* c times a simple term, c not 0. */
int term_scaled(struct terms *terms, double c, int term);
/* Splits a term into constant factor and rest; the rest is not negative. */
double term_split(struct terms *terms, int term, int *rest);

/* Rules by family; each returns a term equal to op(a, b). */
int term_sum(struct terms *terms, enum op op, int a, int b);
int term_product(struct terms *terms, enum op op, int a, int b);
int term_order(struct terms *terms, enum op op, int a, int b);
int term_unary(struct terms *terms, enum op op, int a);

/* Signs. A term is `negative` when -term is the better one of the pair (-2*x, 1-x, -tanh(x)), and
   term_negated() gives that -term if it is not larger, 0 otherwise. */
bool term_is_negative(struct terms *terms, int term);
int term_negated(struct terms *terms, int term);
/* f(-a) = -f(a), and not of the families of sums and products, which move signs by rules of their own. */
bool op_is_odd(enum op op);

/* Tables of identities (simplify_rules.c); each returns a term, or 0 when no rule applies. */
int rule_unary(struct terms *terms, enum op op, int a);
/* p + ratio * q = *scale * result; q is 0 for the constant 1. */
int rule_sum(struct terms *terms, int p, double ratio, int q, double *scale);
/* p * q (or p / q) = *scale * result; p is 0 for the constant 1. */
int rule_product(struct terms *terms, int p, int q, bool divides, double *scale);

#endif
