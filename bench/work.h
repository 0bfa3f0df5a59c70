/* What a step of training cannot do without: floating-point operations and bytes, layer by layer.
 *
 * They are counted from the network alone, not from how it is worked out here: products as whole products, whatever
 * zeros or unwanted gradients an implementation leaves out; of functions the price of ops.def, in additions; of bytes
 * the values, gradients and weights that a layer must read and write once. So time over the bound that follows from
 * them tells how far a layer is from the best that dense arithmetic can do, and one that saves work can be below 1. */
#ifndef ACTSEARCH_BENCH_WORK_H
#define ACTSEARCH_BENCH_WORK_H

#include <stddef.h>

struct candidate;
struct network;
struct trainer_options;

struct work {
    double flops, bytes;
};

struct layer_work {
    struct work forward, backward;
    int within; /* the layer that does this one's work too; below 0: none. That one's work has it in it. */
};

/* B rows of a network whose slots hold the candidate. work: (layers). */
void work_of_layers(const struct network *network, const struct candidate *candidate,
                    const struct trainer_options *options, ptrdiff_t B, struct layer_work *work);

/* Putting a batch where the trainer wants it. stored: bytes of a number as the data set keeps it. */
struct work work_of_gather(const struct network *network, const struct trainer_options *options, ptrdiff_t B,
                           size_t stored);

/* From the outputs to the loss and its gradient; and the gradient of a sum goes to both that were added. */
struct work work_of_rest(const struct network *network, ptrdiff_t B);

/* The optimiser's step. */
struct work work_of_update(const struct network *network, const struct candidate *candidate,
                           const struct trainer_options *options);

#endif
