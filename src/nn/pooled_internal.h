/* What is done together with the 2 x 2 max pool behind it: an activation (pooled.c), and a 3 x 3 convolution before
 * that (winners.c). */
#ifndef ACTSEARCH_NN_POOLED_INTERNAL_H
#define ACTSEARCH_NN_POOLED_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct layer;
struct layer_instance;
struct step;

/* Whether the layer can do the pool behind it too. */
bool pooled_fits(const struct layer *activation, const struct layer *pool);
/* Floats of workspace: to measure, and to train on B rows; instance->pool is set. */
ptrdiff_t pooled_scratch(const struct layer *pool);
ptrdiff_t pooled_workspace(const struct layer_instance *instance, ptrdiff_t B);
void pooled_forward(struct layer_instance *instance, struct step *step);
void pooled_backward(struct layer_instance *instance, struct step *step);

/* The layer_kind.goes_by_winners() of convolutions, and floats of their workspace. */
bool winners_fit(const struct layer *layer, bool wants_gx);
ptrdiff_t winners_workspace(const struct layer_instance *instance);
void winners_backward(struct layer_instance *instance, struct step *step);
/* Forward: winners_begin() once for a batch; then winners_rows() goes through each sample b by rows of the pool's
   windows, from the first to the last, `rows` of them a call. y: (2 rows, 2 columns of windows, channels). */
void winners_begin(struct layer_instance *instance, struct step *step);
void winners_rows(struct layer_instance *instance, struct step *step, ptrdiff_t b, ptrdiff_t first, ptrdiff_t rows,
                  float *y);

#endif
