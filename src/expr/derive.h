/* Symbolic derivatives, by the chain rule over the `symbolic` texts of ops.def. */
#ifndef ACTSEARCH_EXPR_DERIVE_H
#define ACTSEARCH_EXPR_DERIVE_H

struct error;
struct tree;

/* Writes df/dx, simplified. It is equal to tree_eval().slope apart from single points (kinks, and 0/0
   where a formula is less stable than ops.def). Where a product of it would be 0 * Inf though the slope is a number,
   what overflows gets bounds: d tanh(exp(x)) has min(exp(x), 1e300) for a factor. ERROR_INPUT when it needs more than
   TREE_CAPACITY nodes; ERROR_MEMORY. `out` may not be `tree`. */
int tree_derivative(const struct tree *tree, struct tree *out, struct error *err);

/* Writes df/dp for learned parameter p, with the same parameters as `tree`, before renumbering. */
int tree_derivative_parameter(const struct tree *tree, int p, struct tree *out, struct error *err);

#endif
