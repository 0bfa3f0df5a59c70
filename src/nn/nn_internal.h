/* What the files of the nn module share: layers and their kinds, loops, losses, initialisation.
 *
 * A layer maps a value (B, in.elements) to a value (B, out.elements). A kind is a table entry: how
 * it is read, which tensors it learns, what workspace it needs, forward and backward. The trainer
 * alone decides where memory is; a kind sees pointers. A kind that works in place writes its output
 * over its input and its input gradient over its output gradient, and may therefore need neither. */
#ifndef ACTSEARCH_NN_NN_INTERNAL_H
#define ACTSEARCH_NN_NN_INTERNAL_H

#include "expr/tree.h"
#include "nn/init.h"
#include "nn/network.h"
#include "nn/optimiser.h"

#include "base/isa.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tape;

/* Vector loops, one build for each instruction level (loops_isa.c). Sums have a fixed order within a
   level. No overlap unless said. */
struct adam_step {
    float beta1, beta2, rate, epsilon, decay, scale; /* rate and epsilon with the bias corrections in them */
};
struct momentum_step {
    float momentum, rate, decay, scale;
    bool nesterov;
};
struct nn_loops {
    /* y[b][n] += bias[n]; y: (B, N) */
    void (*bias_add)(ptrdiff_t B, ptrdiff_t N, const float *bias, float *y);
    /* sum[n] = sum over b of g[b][n], in the order of the rows; g: (B, N) */
    void (*column_sums)(ptrdiff_t B, ptrdiff_t N, const float *g, float *sum);
    /* g[i] *= d[i] */
    void (*multiply)(ptrdiff_t N, const float *d, float *g);
    /* sum of a[i] b[i] in double; a and b may be the same array */
    double (*dot)(ptrdiff_t N, const float *a, const float *b);
    bool (*all_finite)(ptrdiff_t N, const float *x);
    /* One step; scale is for clipping. w, m, v: changed. */
    void (*adam)(ptrdiff_t N, const struct adam_step *step, const float *g, float *w, float *m, float *v);
    void (*momentum)(ptrdiff_t N, const struct momentum_step *step, const float *g, float *w, float *v);
};
const struct nn_loops *nn_loops_for(enum isa isa);

/* A sample's shape. Rank 1 (features) until images keep theirs. */
enum { SHAPE_RANK = 3 };
struct shape {
    int rank;
    ptrdiff_t size[SHAPE_RANK];
};
ptrdiff_t shape_elements(const struct shape *shape);

/* Something a layer learns. */
struct tensor {
    const char *name;
    ptrdiff_t count;
    ptrdiff_t fan_in, fan_out;      /* above 0: drawn weights, which decay; else `starts` or zeros */
    double starts[TREE_PARAMETERS]; /* when count <= TREE_PARAMETERS */
};
enum { LAYER_TENSORS = 4 };

struct layer {
    const struct layer_kind *kind;
    char name[NETWORK_NAME];
    struct shape in, out;
    struct tree tree;  /* activation with a fixed function; empty: the candidate's slot */
    struct tape *tape; /* owned; of `tree` */
};

/* A layer in a trainer. */
struct layer_run {
    const struct layer *layer;
    const struct tape *tape; /* activation: the fixed one or the candidate's */
    int P;                   /* activation: learned parameters */
    int tensors;
    struct tensor tensor[LAYER_TENSORS];
    float *values[LAYER_TENSORS], *gradient[LAYER_TENSORS], *state[LAYER_TENSORS][2];
    double deviation; /* of its drawn weights */
    float *workspace; /* from forward to backward */
    float *x, *y;     /* (rows, in), (rows, out); the same buffer in place */
    float *gx, *gy;   /* gradients: (batch, in), (batch, out); gx NULL when not wanted */
};

struct step {
    enum isa isa;
    const struct nn_loops *loops;
    ptrdiff_t B;
    bool training;
    bool finite;   /* kinds clear it */
    void *scratch; /* for tapes */
};

/* Mean and variance of a layer's input, for INIT_AUTO. */
struct spread {
    double mean, variance;
};

struct layer_kind {
    const char *type;   /* in JSON */
    const char *prefix; /* of default names */
    const char *const *keys;
    bool in_place;
    /* Reads the kind's own keys; layer->in is set, sets layer->out. */
    int (*read)(struct json json, int classes, struct layer *layer, struct error *err);
    /* Appends the kind's own keys: ,"units":128 */
    void (*normal_form)(const struct layer *layer, struct text *out);
    /* Fills run->tensors and run->tensor for a candidate (NULL: none, tensors of the layer alone). */
    void (*tensors)(const struct layer *layer, const struct tree *candidate, struct layer_run *run);
    /* Floats of workspace for B rows. NULL: none. */
    ptrdiff_t (*workspace)(const struct layer_run *run, ptrdiff_t B);
    void (*follow)(const struct layer *layer, const struct tree *candidate, struct spread *spread);
    void (*forward)(struct layer_run *run, struct step *step);
    void (*backward)(struct layer_run *run, struct step *step);
};
extern const struct layer_kind layer_dense, layer_activation;

/* The function of an activation layer. */
static inline const struct tree *layer_function(const struct layer *layer, const struct tree *candidate)
{
    return layer->tree.count ? &layer->tree : candidate;
}

/* z: (B, C) outputs, y: (B) classes, g: (B, C) gradient of the mean loss by z, or NULL; may be z itself.
   scratch: (B, C + 1) floats. Writes the loss summed over the rows. */
struct loss_sum {
    double loss;
    ptrdiff_t correct;
};
struct loss_kind {
    const char *name;
    struct loss_sum (*run)(enum isa isa, ptrdiff_t B, ptrdiff_t C, const float *z, const int32_t *y, float *g,
                           float *scratch);
};
extern const struct loss_kind loss_softmax_cross_entropy;

struct network {
    ptrdiff_t features;
    int classes;
    int layers;
    struct layer *layer; /* owned: (layers) */
    const struct loss_kind *loss;
};

/* The deviation of the drawn weights of every layer; 0 for layers without. deviation: (layers). */
void init_deviations(const struct network *network, const struct tree *candidate, enum init init, double input_square,
                     double *deviation);

#endif
