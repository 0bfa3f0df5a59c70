/* What the files of the nn module share: layers and their kinds, loops, losses, initialisation.
 *
 * A layer maps a value (B, in) to a value (B, out), row-major with channels last: whatever the shape, a
 * value is a matrix (B positions, channels), and what is done for each channel (biases, norms) is done
 * for each column.
 *
 * A kind is a table entry: how it is read, which tensors it learns, what workspace it needs, forward and
 * backward. The trainer alone decides where memory is; a kind sees pointers. A kind that works in place
 * writes its output over its input and its input gradient over its output gradient when it is the only
 * reader of that value, and may therefore need neither. */
#ifndef ACTSEARCH_NN_NN_INTERNAL_H
#define ACTSEARCH_NN_NN_INTERNAL_H

#include "candidate/candidate.h"
#include "data/data.h"
#include "expr/tree.h"
#include "loops/array.h"
#include "loops/channel.h"
#include "loops/sparse.h"
#include "loops/winners.h"
#include "loops/winograd.h"
#include "nn/init.h"
#include "nn/network.h"
#include "nn/optimiser_internal.h"
#include "nn/watch.h"

#include "base/isa.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tape;
struct trainer_time;
struct rng;

/* A sample's shape, channels last: (channels), (steps, channels) or (height, width, channels). */
enum { SHAPE_RANK = 3 };
struct shape {
    int rank;
    ptrdiff_t size[SHAPE_RANK];
};
ptrdiff_t shape_elements(const struct shape *shape);
ptrdiff_t shape_channels(const struct shape *shape);
ptrdiff_t shape_positions(const struct shape *shape);
/* Writes "28x28x16" into `buffer` and returns it. */
enum { SHAPE_TEXT = 64 };
const char *shape_text(const struct shape *shape, char buffer[SHAPE_TEXT]);

/* Something a layer learns, or keeps from step to step (the running moments of batch normalisation). */
struct tensor {
    const char *name;
    ptrdiff_t count;
    ptrdiff_t fan_in, fan_out;      /* above 0: drawn weights, which decay */
    double deviation;               /* of drawn weights, when above 0: whatever the scheme */
    double square;                  /* for INIT_AUTO, when not 0: mean square of what they multiply, if not the input */
    int terms;                      /* for INIT_AUTO: their product is one of so many in a sum; 0 means 1 */
    double start;                   /* else what every number starts from, or: */
    ptrdiff_t sets;                 /* above 0: learned parameters of a function, (P, sets), */
    double starts[TREE_PARAMETERS]; /* which start from these */
    bool kept;                      /* not learned: no gradient */
};
enum { LAYER_TENSORS = 6 };

enum { LAYER_INPUT = -1 }; /* as a source: the network's input */

struct layer {
    const struct layer_kind *kind;
    char name[NETWORK_NAME];
    int from;    /* the layer whose value it reads, or LAYER_INPUT */
    int with;    /* add: the layer whose value is added, or LAYER_INPUT */
    int readers; /* layers that read its value */
    struct shape in, out;
    void *options; /* owned: the kind's own struct; NULL: it has none */
    int slot;      /* of a kind with a slot: its number, which says whose function the candidate has there */
    struct fixed_function *fixed; /* owned; of a kind with a slot: what stands in it; NULL: the candidate's */
    /* Of a kind with a slot: who has a set of learned parameters, and the layer whose tensor they are, which is
       itself unless they are shared. */
    enum parameter_sets parameters;
    const struct layer *owner;
};

/* The input as bytes. A number of it is value[byte] + shift. */
struct byte_input {
    ptrdiff_t groups; /* of 64 bytes, in a row */
    uint8_t *u;       /* (rows, 64 groups) */
    uint64_t *marks, *columns, *scratch;
    float *total; /* (units of the layer that reads it) */
    float shift, value[256];
};

/* A layer in a trainer. */
struct layer_run {
    const struct layer *layer;
    const struct byte_input *bytes; /* of the layer that reads the input as bytes; its x is NULL */
    struct layer_run *pool;         /* of an activation: the max pool that it does too (pooled.c), and of a convolution
                                       before it whose gradient comes through that pool (winners.c) */
    struct layer_run *source;       /* of such an activation: that convolution */
    bool done;                      /* of such a pool: nothing is left to do */
    const struct tape *tape;        /* of a kind with a slot: the fixed one or the candidate's */
    int P;                          /* learned parameters of the function in the slot, */
    ptrdiff_t sets;                 /* how many sets of them: 1, or one for each channel, */
    int function;                   /* and the tensor that they are; -1 when there is none or it is another layer's */
    float *learned, *learned_gradient; /* (P, sets) wherever they are */
    bool adds_learned; /* a later layer has the same ones: going backward, it has left its gradient there */
    int tensors;
    struct tensor tensor[LAYER_TENSORS];
    float *values[LAYER_TENSORS], *gradient[LAYER_TENSORS];
    float *state[LAYER_TENSORS][OPTIMISER_STATES]; /* the optimiser's */
    float *noted[LAYER_TENSORS];     /* when watching: learned numbers before the last step, kept ones before a look */
    double deviation[LAYER_TENSORS]; /* of drawn weights */
    float *workspace;                /* from forward to backward */
    void *engine;                    /* owned: of a kind with prepare() */
    float *x, *y;                    /* (rows, in), (rows, out); the same buffer in place */
    float *gx, *gy;                  /* gradients: (batch, in), (batch, out); gx NULL when not wanted */
    bool over_input;                 /* y is x, gy is gx */
    bool learns;                     /* it, or something before it: its backward pass is wanted */
    bool adds_gradient;              /* gx is added to what a later reader left */
    float *with_x, *with_gx;         /* add: the other value and its gradient, NULL when not wanted */
    bool adds_with;                  /* with_gx likewise */
};

struct step {
    enum isa isa;
    const struct array_loops *loops;
    const struct channel_loops *channels;
    const struct sparse_loops *sparse;
    const struct winner_loops *winners;
    const struct tile_loops *tiles;
    ptrdiff_t B;
    bool training;
    float progress;             /* the leaf t: of training from 0 to 1, and 1 when measuring */
    bool finite;                /* kinds clear it */
    void *scratch;              /* for tapes */
    struct rng *rng;            /* dropout */
    struct watcher *watcher;    /* NULL unless this is a look: nothing is dropped then, functions are looked at */
    struct trainer_time *times; /* (layers) or NULL */
    double source_seconds;      /* of a layer's time, what was its source's work */
};

/* Seconds, from some start. */
double step_now(void);

/* Mean and variance of a layer's input, for INIT_AUTO. */
struct spread {
    double mean, variance;
};

struct layer_kind {
    const char *type;   /* in JSON */
    const char *prefix; /* of default names */
    const char *const *keys;
    size_t options; /* bytes of its own struct, layer->options, all 0 before read(); 0: it has none */
    bool in_place;
    bool slot;     /* holds an activation function: layer->fixed, or the candidate's */
    bool joins;    /* reads a second value, layer->with */
    bool reshapes; /* gives the numbers that it reads, in their order, in another shape */
    /* Whether it can take the network's input as bytes (run->bytes). NULL: no. */
    bool (*takes_bytes)(const struct layer *layer);
    /* Reads the kind's own keys; layer->in is set, sets layer->out. `network` says what the data want. */
    int (*read)(struct json json, const struct network *network, struct layer *layer, struct error *err);
    /* Releases what the options own. NULL: nothing. */
    void (*forget)(struct layer *layer);
    /* Bytes of step->scratch for tapes of its own, beside that in the slot. NULL: none. */
    size_t (*scratch)(const struct layer *layer);
    /* Appends the kind's own keys: ,"units":128. NULL: none. */
    void (*normal_form)(const struct layer *layer, struct text *out);
    /* Fills run->tensors and run->tensor for a candidate (NULL: none, tensors of the layer alone). NULL: none. */
    void (*tensors)(const struct layer *layer, const struct candidate *candidate, struct layer_run *run);
    /* Floats of workspace to train on B rows, and to measure B rows. NULL: none. */
    ptrdiff_t (*workspace)(const struct layer_run *run, ptrdiff_t B);
    ptrdiff_t (*measure_workspace)(const struct layer_run *run, ptrdiff_t B);
    /* NULL: mean and variance stay. */
    void (*follow)(const struct layer *layer, const struct candidate *candidate, struct spread *spread);
    /* What the library needs, once for a trainer; NULL: nothing. */
    int (*prepare)(struct layer_run *run, struct error *err);
    void (*release)(struct layer_run *run);
    void (*forward)(struct layer_run *run, struct step *step);
    /* run->gy may be overwritten; run->gx is to be written, not added to. */
    void (*backward)(struct layer_run *run, struct step *step);

    /* Of a kind with a slot: places where the function stands, each with its own units in a look; NULL: one. */
    int (*places)(const struct layer *layer);
    /* Shows step->watcher what the function is about to see. NULL: forward() does so. */
    void (*look)(const struct layer_run *run, const struct step *step);

    /* What is done together with the layers behind (pooled.c, winners.c): the function of its slot can be run with the
       pool behind it; it is a pool whose windows allow that; its values and its gradient can go by the winners of such
       a pool, behind such a function. NULL: no. */
    bool does_pool;
    bool (*is_two_by_two)(const struct layer *layer);
    bool (*goes_by_winners)(const struct layer *layer, bool wants_gx);
};
#define LAYER(name) extern const struct layer_kind layer_##name;
#include "nn/layers.def"
#undef LAYER
extern const struct layer_kind *const layer_kinds[]; /* all of them, ended by NULL */

/* Refuses inputs that are no sequences, naming the layer and the shape. */
int layer_want_sequence(struct json json, const struct layer *layer, struct error *err);

/* ---- slots: kinds that hold an activation function */

/* A function that a description gives. */
struct fixed_function {
    struct tree tree;
    struct tape *tape; /* owned */
};
/* Reads a function of x, the caller's to free even when that fails; absent, it is `otherwise`, or, when that is NULL,
   stays NULL. */
int fixed_function_read(struct json json, const char *otherwise, struct fixed_function **function, struct error *err);
void fixed_function_free(struct fixed_function *function); /* accepts NULL */
/* Appends ,"key":"tanh(x)" unless the function is NULL. */
void fixed_function_normal_form(const char *key, const struct fixed_function *function, struct text *out);
/* Sets run->P and what follows it, and appends the tensor of the learned parameters when the layer owns some. */
void layer_function_tensor(const struct layer *layer, const struct candidate *candidate, struct layer_run *run);
/* Runs the function in the slot on N numbers, rows of channels behind one another, the first of them of channel
   `first`. y: (N). dy: (N) or NULL. dp: (P) pointers to (N), or NULL. */
void layer_function_run(const struct layer_run *run, const struct step *step, ptrdiff_t first, ptrdiff_t N,
                        const float *x, float *y, float *dy, float *const *dp);
/* Leaves the gradient of the learned parameters. N: whole rows. gy: (N), dp: (P, N). */
void layer_function_backward(const struct layer_run *run, const struct step *step, ptrdiff_t N, const float *gy,
                             const float *dp);
/* Leaves the gradient of a parameter of which there is one set. */
static inline void layer_leave_gradient(const struct layer_run *run, int parameter, double gradient)
{
    float *to = &run->learned_gradient[parameter];
    *to = run->adds_learned ? *to + (float)gradient : (float)gradient;
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

/* ---- an activation and the max pool behind it in one (pooled.c) */
bool pooled_fits(const struct layer *activation, const struct layer *pool);
/* Floats, to measure and to train on B rows. run->pool is set. */
ptrdiff_t pooled_scratch(const struct layer *pool);
ptrdiff_t pooled_workspace(const struct layer_run *run, ptrdiff_t B);
void pooled_forward(struct layer_run *run, struct step *step);
void pooled_backward(struct layer_run *run, struct step *step);

/* ---- a convolution before them (winners.c): layer_kind.goes_by_winners */
bool winners_fit(const struct layer *layer, bool wants_gx);
ptrdiff_t winners_workspace(const struct layer_run *run);
void winners_backward(struct layer_run *run, struct step *step);
/* Forward: once for a batch, and then from the first to the last row of windows of every sample. y: (2 rows, 2 columns,
   channels), rows and columns of windows. */
void winners_begin(struct layer_run *run, struct step *step);
void winners_rows(struct layer_run *run, struct step *step, ptrdiff_t b, ptrdiff_t first, ptrdiff_t rows, float *y);

/* ---- watching (watch.c): a look goes through the layers one after the other, the trainer's memory in hand */
enum { WATCHER_BLOCK = 4096 }; /* numbers that are looked at together */
struct watcher_sum {
    double first, sum, square; /* the sums of value - first and of its square */
    ptrdiff_t count;
};
struct watcher {
    float *y, *slope; /* (WATCHER_BLOCK) */
    float *first;     /* (units) what each gave first */
    int32_t *unit;    /* (units) whether that was all */
    ptrdiff_t units;  /* of the layer */
    ptrdiff_t saturated;
    struct watcher_sum input, output;
    struct watched *row; /* where the next watched layer's figures go */
};
/* Units of a layer's function; 0 when it has none. */
ptrdiff_t watcher_units(const struct layer *layer);
void watcher_begin(struct watcher *watcher, const struct layer *layer);
/* Looks at the function in the slot where it sees x: (rows, channels), in one of its places. */
void watcher_see(struct watcher *watcher, const struct layer_run *run, const struct step *step, ptrdiff_t place,
                 ptrdiff_t rows, const float *x);
/* Writes the row of a layer that is watched, the layer being at that place of the network. */
void watcher_end(struct watcher *watcher, const struct layer *layer, int place);
/* Adds gradient and update, when the pass back is done. */
void watcher_add_learned(const struct layer_run *run, const struct array_loops *loops, struct watched *row);

/* What is to be predicted: one of them, (B). */
struct targets {
    const int32_t *classes;
    const float *values;
};

/* A loss over B rows of C outputs. z: (B, C), g: (B, C) gradient of the mean loss by z, or NULL; may be z
   itself. scratch: (B, C + 1) floats. Writes sums over the rows. */
struct loss_sum {
    double loss;
    ptrdiff_t correct;
};
struct loss {
    const struct loss_kind *kind;
    double smoothing; /* softmax_cross_entropy */
};
struct loss_kind {
    const char *name;
    bool numbers; /* predicts a number, not a class */
    bool smooths; /* has label smoothing */
    /* Outputs for so many classes; 0 when it has none for them. */
    int (*outputs)(int classes);
    struct loss_sum (*run)(const struct loss *loss, enum isa isa, ptrdiff_t B, ptrdiff_t C, const float *z,
                           struct targets y, float *g, float *scratch);
};
extern const struct loss_kind loss_softmax_cross_entropy;
extern const struct loss_kind *const loss_kinds[]; /* ended by NULL; the first that fits is the default */

/* Works out what follows from the numbers of the slots: whose the learned parameters are. */
void network_find_owners(struct network *network);
/* How many layers read a layer's value, or the input. */
int layer_readers(const struct network *network, int source);
/* The layer that may take the input as bytes (network_can_take_bytes()); below 0: none. */
int network_byte_layer(const struct network *network);

struct network {
    struct shape input;
    struct data_shape data;
    int outputs; /* of the last layer, for each answer */
    int layers;
    struct layer *layer; /* owned: (layers) */
    struct loss loss;
    enum parameter_sets parameters;
};
extern const char *const parameter_set_names[]; /* in JSON; ended by NULL */

/* The deviation of the drawn weights of every tensor; 0 for others. deviation: (layers, LAYER_TENSORS). */
void init_deviations(const struct network *network, const struct candidate *candidate, enum init init,
                     double input_square, double (*deviation)[LAYER_TENSORS]);

#endif
