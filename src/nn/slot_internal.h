/* Slots: layers that hold an activation function, a fixed one or the candidate's; what their kinds share. */
#ifndef ACTSEARCH_NN_SLOT_INTERNAL_H
#define ACTSEARCH_NN_SLOT_INTERNAL_H

#include "candidate/candidate.h"
#include "nn/step_internal.h"

struct text;

/* A function that a description gives. */
struct fixed_function {
    struct tree tree;
    struct tape *tape; /* owned */
};
/* Reads a function of x; without one in the description it is `otherwise`, and where that is NULL, *function stays
   NULL. The caller frees it, also when reading fails. */
int fixed_function_read(struct json json, const char *otherwise, struct fixed_function **function, struct error *err);
void fixed_function_free(struct fixed_function *function); /* accepts NULL */
/* Appends "tanh(x)", in quotes. */
void fixed_function_write(const struct fixed_function *function, struct text *out);
/* Sets instance->P and what follows it, and appends the tensor of the learned parameters when the layer owns some. */
void layer_function_tensor(const struct layer *layer, const struct candidate *candidate,
                           struct layer_instance *instance);
/* Runs the function in the slot on N numbers of a matrix (positions, channels), the first of them in channel `first`.
   y: (N). dy: (N) or NULL. dp: (P) pointers to (N), or NULL. */
void layer_function_run(const struct layer_instance *instance, const struct step *step, ptrdiff_t first, ptrdiff_t N,
                        const float *x, float *y, float *dy, float *const *dp);
/* Leaves the gradient of the learned parameters. N: whole rows. gy: (N), dp: (P, N). */
void layer_function_backward(const struct layer_instance *instance, const struct step *step, ptrdiff_t N,
                             const float *gy, const float *dp);
/* Leaves the gradient of a parameter of which there is one set. */
static inline void layer_leave_gradient(const struct layer_instance *instance, int parameter, double gradient)
{
    float *to = &instance->learned_gradient[parameter];
    *to = instance->adds_learned ? *to + (float)gradient : (float)gradient;
}

/* The candidate fills the layer's slot. */
static inline bool layer_is_open(const struct layer *layer)
{
    return layer->kind->slot && !layer->fixed;
}

/* The function in a layer's slot; empty when that is the candidate's, and there is none. */
static inline struct tree layer_function(const struct layer *layer, const struct candidate *candidate)
{
    if (layer->fixed)
        return layer->fixed->tree;
    return candidate ? candidate_function(candidate, layer->slot) : (struct tree){.count = 0};
}

#endif
