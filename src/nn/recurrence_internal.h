/* Recurrent layers: what reading them (layer_recurrent.c) and their passes (recurrence.c) share. */
#ifndef ACTSEARCH_NN_RECURRENCE_INTERNAL_H
#define ACTSEARCH_NN_RECURRENCE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct fixed_function;
struct layer;
struct layer_instance;
struct step;

/* What one step does. */
struct cell;
extern const struct cell recurrence_rnn, recurrence_gru, recurrence_lstm;

struct recurrent_options {
    const struct cell *cell;
    bool last;                    /* gives the state after the last step alone */
    bool in_gates;                /* the slot is the gates' place, not the state's */
    struct fixed_function *other; /* owned; in the place that is no slot; NULL: there is no other place */
};

/* Their tensors are these and then the learned parameters. */
enum { RECURRENCE_INPUT_WEIGHT, RECURRENCE_HIDDEN_WEIGHT, RECURRENCE_INPUT_BIAS, RECURRENCE_HIDDEN_BIAS };
/* Blocks of columns in the weights: the gates, and the state. */
int recurrence_blocks(const struct layer *layer);
/* Floats for B rows. */
ptrdiff_t recurrence_workspace(const struct layer_instance *instance, ptrdiff_t B, bool training);
void recurrence_forward(struct layer_instance *instance, struct step *step);
void recurrence_backward(struct layer_instance *instance, struct step *step);
/* How often the function in the slot occurs in a step, each time on a plane of numbers; layer_kind.places(). */
int recurrence_places(const struct layer *layer);

#endif
