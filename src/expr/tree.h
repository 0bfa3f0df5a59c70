/* Expression trees: what an activation function is made of.
 *
 * A tree is a flat postfix array: the children of a node stand before it, the root is last. Trees
 * are values: assignment copies them, nothing is owned, nothing is freed. Leaves are the input x,
 * constants, learned parameters p0, p1, ..., the progress of training t, and, in templates only, the
 * arguments. The primitives are the entries of ops.def.
 *
 * t goes from 0 at the first step of a training to 1 at the last, and is 1 ever after: the function
 * (1-t)*tanh(x) + t*relu(x) begins as tanh, and what is deployed is relu. For x and the parameters t
 * is a constant whose value is not known, only that it lies in [0, 1]. Two functions are equal when
 * they are so for every t; "the function" without further words is the one at t = 1.
 *
 * All functions are pure and thread-safe. A tree handed in must be well formed (tree_is_valid). */
#ifndef ACTSEARCH_EXPR_TREE_H
#define ACTSEARCH_EXPR_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct error;

enum op {
#define OP_LEAF(name) OP_##name,
#define OP_UNARY(name, ...) OP_##name,
#define OP_BINARY(name, ...) OP_##name,
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
    OP_COUNT,
    TREE_FIRST_UNARY = OP_arg + 1,
    TREE_FIRST_BINARY = OP_add,
};

enum {
    TREE_CAPACITY = 255, /* nodes in a tree */
    TREE_PARAMETERS = 8, /* different learned parameters in a tree */
    TREE_ARGUMENTS = 3,  /* arguments of a template */
};

struct node {
    uint8_t op;    /* enum op */
    uint8_t index; /* of a parameter or an argument, otherwise 0 */
    double value;  /* of a constant, or where a parameter starts; otherwise 0 */
};

struct tree {
    int count; /* 0: the empty tree, which only a failed function leaves */
    struct node nodes[TREE_CAPACITY];
};

/* What ops.def says of a primitive's size, and of its course; its head tells what they mean. */
enum op_reach { OP_SATURATES, OP_FOLLOWS, OP_GROWS, OP_POLE };
enum op_parity { OP_NEITHER, OP_ODD, OP_EVEN };
enum op_shape {
    OP_SHAPE_ANY,
    OP_SHAPE_RISING,
    OP_SHAPE_FALLING,
    OP_SHAPE_VALLEY,
    OP_SHAPE_HILL,
    OP_SHAPE_HOOK,
    OP_SHAPE_RISING_FROM,
    OP_SHAPE_POLE_AT_0,
    OP_SHAPE_WAVE,
};

/* What ops.def says of a primitive, for code that handles all of them alike. */
struct op_info {
    const char *name;
    int arity;           /* 0, 1 or 2 */
    const char *infix;   /* "+", or NULL */
    int cost;            /* in additions */
    enum op_reach reach; /* of unary primitives, as are the next three lines */
    enum op_parity parity;
    enum op_shape shape;
    double low, high;     /* the numbers of the shape, 0 where it has none */
    const char *domain;   /* for people; NULL for leaves */
    const char *value;    /* C99 text; NULL for leaves */
    const char *slope[2]; /* C99 text of the derivative by a and by b */
    const char *symbolic[2];
};
const struct op_info *op_info(enum op op);

/* How large something gets: bounded; no larger than the argument but for a factor; infinite only together with the
   value that it is the slope of; or infinite at any time. */
enum reach { REACH_BOUNDED, REACH_LINEAR, REACH_WITH_VALUE, REACH_FAR };

/* Of a sub-expression: its value, its slopes by x and by learned parameters, and whether it moves with any of those.
   Only where a slope is REACH_FAR can 0 * Inf come out of the chain rule while the value is finite. b is ignored for
   unary primitives. */
struct reaches {
    enum reach value, slope;
    bool moves;
};
struct reaches op_reaches(enum op op, struct reaches a, struct reaches b);
struct reaches leaf_reaches(enum op leaf);

/* The primitive of that name; OP_COUNT if there is none. Leaves are not found. */
enum op op_by_name(const char *name);

/* Building. Each writes *out, which may be the same object as an argument. The ones that can
   outgrow TREE_CAPACITY return ERROR_INPUT and leave the empty tree. */
struct tree tree_x(void);
struct tree tree_constant(double value);
struct tree tree_progress(void);
struct tree tree_parameter(int index, double start);
struct tree tree_argument(int index);
int tree_unary(enum op op, const struct tree *a, struct tree *out, struct error *err);
int tree_binary(enum op op, const struct tree *a, const struct tree *b, struct tree *out, struct error *err);

/* The function as it is at one t: t replaced by that number. */
struct tree tree_frozen(const struct tree *tree, double t);

/* Replaces the arguments of a template: argument i by args[i]. Learned parameters of the template
   become fresh ones: numbered on from the highest in any of the args. args: (arity), borrowed. */
int tree_substitute(const struct tree *templ, const struct tree *args, int arity, struct tree *out, struct error *err);

/* First node of the sub-tree whose root is node `root`; its nodes are [start, root]. */
int tree_start(const struct tree *tree, int root);
/* Roots of the children of a node with that arity: *a (and *b for binary nodes). */
void tree_children(const struct tree *tree, int root, int *a, int *b);
struct tree tree_subtree(const struct tree *tree, int root);
/* The tree with the sub-tree at `root` replaced. */
int tree_replace(const struct tree *tree, int root, const struct tree *with, struct tree *out, struct error *err);

/* The same nodes in the same order; NaN constants are equal to themselves, 0 and -0 differ. */
bool tree_equal(const struct tree *a, const struct tree *b);
/* A total order, for canonical forms: negative, 0 or positive. */
int tree_compare(const struct tree *a, const struct tree *b);

/* Postfix well-formedness, known ops, indices in range; one start for each parameter, and no value
   where none belongs. */
bool tree_is_valid(const struct tree *tree);
int tree_depth(const struct tree *tree); /* a leaf has depth 1 */
int tree_cost(const struct tree *tree);  /* sum of the primitives' costs, in additions */
bool tree_contains(const struct tree *tree, enum op op);

/* Number of learned parameters: highest index + 1. */
int tree_parameter_count(const struct tree *tree);
/* Where the learned parameters start; values: (TREE_PARAMETERS), unused ones 0. */
void tree_parameter_starts(const struct tree *tree, double values[TREE_PARAMETERS]);
/* Numbers the parameters 0, 1, ... in the order in which they first appear. */
void tree_renumber_parameters(struct tree *tree);
/* The same; numbers[i] is then what parameter i is called now, -1 when the tree does not have it. */
void tree_renumber(struct tree *tree, int numbers[TREE_PARAMETERS]);

/* The double-precision reference, straight from ops.def: value and derivative by forward-mode
   differentiation. */
struct dual {
    double value, slope;
};

/* Where a function that depends on t is looked at: t = 0, 0.5 and 1. */
enum { TREE_STAGES = 3 };
double tree_stage(int i);

/* What a function depends on besides x. */
struct surroundings {
    const double *parameters; /* (tree_parameter_count), or NULL for where they start */
    double t;                 /* progress of training, in [0, 1] */
};

/* f(x) and df/dx. */
struct dual tree_eval_at(const struct tree *tree, double x, struct surroundings at);
/* The same; *pole tells whether a zero has won over the infinite slope of a primitive: sqrt(abs(x)) at 0. */
struct dual tree_eval_poles_at(const struct tree *tree, double x, struct surroundings at, bool *pole);
/* f(x) alone, at a fraction of the price. */
double tree_value_at(const struct tree *tree, double x, struct surroundings at);
/* f(x) and df/dp of learned parameter p. */
struct dual tree_eval_parameter_at(const struct tree *tree, double x, struct surroundings at, int p);

/* The same at t = 1. */
struct dual tree_eval(const struct tree *tree, double x, const double *parameters);
double tree_value(const struct tree *tree, double x, const double *parameters);
struct dual tree_eval_parameter(const struct tree *tree, double x, const double *parameters, int p);

/* outer * inner, as the chain rule multiplies them everywhere: zero wins over infinity, and an inner zero over NaN. */
double chain_product(double outer, double inner);

/* One primitive at a point (b is ignored for unary ones): value and partial derivatives; the
   reference that kernels are tested against. */
double op_value(enum op op, double a, double b);
double op_slope(enum op op, double a, double b, int by);
/* The same when the value at (a, b) is known already: half the work. */
double op_slope_at(enum op op, double a, double b, double value, int by);

#endif
