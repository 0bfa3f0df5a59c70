/* Tapes: an expression compiled for fast evaluation over arrays of floats.
 *
 * The tree becomes a straight list of instructions, equal sub-expressions only once. A run works
 * through the array in blocks that stay in the first-level cache; each instruction is one vector
 * loop over the block that writes the value and, when asked for, the derivative by forward-mode
 * differentiation: the backward pass of an activation layer is then a single multiplication.
 *
 * Element i of the result depends on element i of the input and on its set of learned parameters only, and
 * its bits do not depend on where it stands in the array. They do depend on the instruction level (base/isa.h).
 *
 * Slopes are multiplied as chain_product() does it: an exact zero wins over an infinity. What leaves the range of float
 * on its way is worked out in double, so a slope is not finite only where the value is not, where the true slope is
 * beyond float, or at a pole of it.
 *
 * A tape is immutable and thread-safe; scratch memory belongs to one thread. A run allocates
 * nothing. NaN and infinities follow ops.def; nothing is trapped or reported here. */
#ifndef ACTSEARCH_KERNEL_TAPE_H
#define ACTSEARCH_KERNEL_TAPE_H

#include "base/isa.h"
#include "expr/tree.h"

#include <stddef.h>

struct tape;

/* Compiles a tree without OP_arg leaves. Returns owned; tape_free() accepts NULL. */
int tape_new(const struct tree *tree, struct tape **tape, struct error *err);
void tape_free(struct tape *tape);

/* Number of learned parameters P, as tree_parameter_count(). */
int tape_parameters(const struct tape *tape);

/* Bytes that every run of this tape needs as scratch, aligned to 64. */
size_t tape_scratch_bytes(const struct tape *tape);

/* y[i] = f(x[i]), dy[i] = f'(x[i]), and dp[j][i] = df/dp_j at x[i], for i < N.
   parameters: (P), or NULL for where they start. t: the progress of training, 1 for inference. x: (N).
   y: (N). dy: (N) or NULL when not wanted. dp: (P) pointers to (N), or NULL. y may be x; otherwise no two arrays
   may overlap. */
void tape_run(const struct tape *tape, enum isa isa, const float *parameters, float t, ptrdiff_t N, const float *x,
              float *y, float *dy, float *const *dp, void *scratch);

/* Several sets of learned parameters that take turns: those of the channels of a matrix whose rows stand behind one
   another. Element i of an array gets set (first + i) % sets, 0 <= first < sets. */
struct tape_parameters {
    const float *values; /* (P, sets) */
    ptrdiff_t sets, first;
};

/* As tape_run(). With one set it gives the same bits. */
void tape_run_sets(const struct tape *tape, enum isa isa, const struct tape_parameters *parameters, float t,
                   ptrdiff_t N, const float *x, float *y, float *dy, float *const *dp, void *scratch);

#endif
