/* Simplification to a canonical form.
 *
 * Equal as real functions of x, of the learned parameters and of t in [0, 1] is the standard: every rule states, in
 * the simplify_*.c file of its family, the domain on which it is exact. What holds for the result:
 *   - within |x| <= 1e3 (and parameters of that size) it is finite wherever the original was: nothing
 *     is reordered, collected or folded unless intervals prove that no intermediate value leaves
 *     1e30, or that the original left it as well;
 *   - a NaN or an infinity of the function stays: 0*e becomes 0, and e - e and e/e vanish, only where
 *     intervals prove e finite (and away from 0);
 *   - an overflow that was only on the way, log(1+exp(x)) at x = 1000, does not stay: the result may
 *     be the stabler form (softplus); such rules say so;
 *   - it has no more nodes than the original, and simplifying it again changes nothing;
 *   - rounding differs: sums and products are reordered.
 * Two expressions with one canonical form are equal; equal ones may still have two (a fingerprint
 * finds those). Learned parameters are renumbered in the order in which they appear. */
#ifndef ACTSEARCH_EXPR_SIMPLIFY_H
#define ACTSEARCH_EXPR_SIMPLIFY_H

struct error;
struct tree;

/* Writes the canonical form of `tree` (which may be `out` itself). ERROR_MEMORY. Thread-safe. */
int tree_simplify(const struct tree *tree, struct tree *out, struct error *err);

/* The same; numbers: (TREE_PARAMETERS), what each learned parameter of `tree` is called in the result, -1 when it
   has gone. */
int tree_simplify_numbering(const struct tree *tree, struct tree *out, int *numbers, struct error *err);

/* The same, but every learned parameter keeps its number: for parts of a larger expression. */
int tree_simplify_keeping_parameters(const struct tree *tree, struct tree *out, struct error *err);

/* The function as it is at one t, with what that t makes constant worked out: (1-t)*tanh(x) + t*relu(x) is relu(x) at
   t = 1. No other rule is applied, for a canonical form may have another slope at a kink: at t = 1, max(x, 1-t) is
   max(x, 0), whose slope at 0 is 0.5, and not relu(x). Parameters keep their numbers. ERROR_MEMORY. */
int tree_settle(const struct tree *tree, double t, struct tree *out, struct error *err);

#endif
