/* Straight-line programs: a tree as the list of the operations that compute it, equal ones only once.
 *
 * Each line is one primitive, and its arguments are leaves or the values of earlier lines. What runs an expression or
 * writes it down starts from here: the kernels' tapes, and the exported code. Both may hold numbers with fewer digits
 * than a tree has, and only they know when two numbers are the same; so they say how numbers are rounded.
 *
 * program_slopes() carries the derivative by x along (forward mode) and says for each line which products its slope
 * consists of; program_needs() then says what a result does not need.
 *
 * Pure functions on memory of the caller; thread-safe. Trees are valid and without OP_arg. */
#ifndef ACTSEARCH_EXPR_PROGRAM_H
#define ACTSEARCH_EXPR_PROGRAM_H

#include "expr/tree.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a line finds an argument. */
enum place { PLACE_X, PLACE_T, PLACE_CONSTANT, PLACE_PARAMETER, PLACE_LINE };

struct operand {
    uint8_t place; /* enum place */
    uint8_t index; /* of the constant, the parameter or the line, otherwise 0 */
};

enum { MOVES_WITH_X = 1 };

struct line {
    uint8_t op;
    struct operand a, b;    /* b is all 0 for unary primitives */
    uint16_t moves;         /* bit 0: depends on x; bit 1 + j: depends on parameter j */
    struct reaches reaches; /* how large value and slope get */
};

struct program {
    /* Set by the caller. */
    double (*rounded)(double number); /* numbers that become the same bits are the same; NULL: each its own */
    bool as_written; /* what ops.def spells alike is the same: square(a) is a * a, reciprocal(a) 1.0 / a */

    int count, constants;
    struct line lines[TREE_CAPACITY];
    double constant[TREE_CAPACITY]; /* as in the tree */
    struct operand result;
};

/* Fills everything but what the caller sets. */
void program_of(const struct tree *tree, struct program *program);

/* The same step by step. program_add() gives the value of op(a, b), which may be a line that is there already; b is all
   0 for unary primitives. Each can be called TREE_CAPACITY times. */
struct operand program_constant(struct program *program, double value);
struct operand program_add(struct program *program, enum op op, struct operand a, struct operand b);

/* What an operand that is no line depends on, as `moves` of a line. */
uint16_t leaf_moves(struct operand leaf);

/* ---- the derivative by x */

enum slope_kind {
    SLOPE_ZERO,
    SLOPE_NUMBER,  /* the same for every x */
    SLOPE_PRODUCTS /* a sum of products, which is computed */
};

/* Of an argument's slope and the primitive's own by that argument. */
struct slope_product {
    uint8_t by;    /* 0: a, 1: b */
    bool scaled;   /* the primitive's own is the number `factor`; otherwise what ops.def says */
    bool careful;  /* 0 and infinity can meet in it, and be seen */
    double factor; /* not 0, but it may be NaN */
};

struct slope {
    enum slope_kind kind;
    double number; /* SLOPE_NUMBER: the slope; SLOPE_PRODUCTS: what is added to the products */
    int products;
    struct slope_product product[2];
};

/* slopes: (program->count), of the lines. */
void program_slopes(const struct program *program, struct slope *slopes);

/* The slope of any operand. */
struct slope program_slope(struct operand operand, const struct slope *slopes);

/* ---- what is needed */

struct program_needs {
    bool x, parameters[TREE_PARAMETERS];
    bool value[TREE_CAPACITY], slope[TREE_CAPACITY]; /* of lines */
};

/* For the result's value when slopes is NULL, otherwise for its derivative. */
struct program_needs program_needs(const struct program *program, const struct slope *slopes);

#endif
