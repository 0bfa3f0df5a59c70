/* Layers and their kinds.
 *
 * A layer maps a value (B, in) to a value (B, out), row-major with channels last. A kind is a descriptor: how it is
 * read, which tensors it learns, what workspace it needs, forward and backward, and what else it can do, which shared
 * code asks here and never by the kind's name. The trainer alone decides where memory is; a kind sees pointers
 * (step_internal.h). A kind that works in place writes its output over its input and its input gradient over its output
 * gradient when it is the only reader of that value; so its backward pass may need neither the input nor, once it has
 * begun to write, the output gradient.
 *
 * A layer does not change once its network is read. */
#ifndef ACTSEARCH_NN_LAYER_INTERNAL_H
#define ACTSEARCH_NN_LAYER_INTERNAL_H

#include "base/settings.h"
#include "expr/tree.h"
#include "nn/network.h"
#include "nn/shape_internal.h"

#include <stdbool.h>
#include <stddef.h>

struct candidate;
struct error;
struct fixed_function;
struct layer_instance;
struct layer_kind;
struct network;
struct step;
struct text;

/* Something a layer learns, or a buffer (the running moments of batch normalisation). */
struct tensor {
    const char *name;
    ptrdiff_t count;
    ptrdiff_t fan_in, fan_out; /* above 0: drawn weights, which decay */
    double deviation;          /* of drawn weights, when above 0: whatever the scheme */
    double square;             /* for INIT_AUTO: E z^2 of the numbers z that they multiply; 0: z is the layer's input */
    int terms;      /* for INIT_AUTO: products that are added up and have the variance 1 together; 0: this one alone */
    ptrdiff_t sets; /* above 0: learned parameters of a function, (P, sets) */
    /* The initial value: drawn if fan_in > 0; else starts[p] in every set if sets > 0; else start. */
    double start, starts[TREE_PARAMETERS];
    bool buffer; /* kept from step to step but not learned: no gradient */
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
    int slot;      /* of a kind with a slot: its number, below CANDIDATE_FUNCTIONS: which function fills it */
    struct fixed_function *fixed; /* owned; of a kind with a slot: what stands in it; NULL: the candidate's */
    /* Of a kind with a slot: who has a set of learned parameters, and the layer whose tensor they are, which is
       itself unless they are shared. */
    enum parameter_sets parameters;
    const struct layer *owner;
};

/* Of the numbers of a value, for INIT_AUTO. */
struct value_moments {
    double mean, variance;
};

/* What a kind takes. */
enum layer_wants { LAYER_WANTS_ANY, LAYER_WANTS_IMAGE, LAYER_WANTS_SEQUENCE };

struct layer_kind {
    const char *type;    /* in JSON */
    const char *prefix;  /* of default names */
    const char *summary; /* a sentence for people */
    /* Its own settings, of its own struct, layer->options; the context of their types is the layer. NULL: none. */
    const struct setting *settings;
    size_t options; /* bytes of that struct; 0: it has none */
    enum layer_wants wants;
    bool in_place;
    bool slot;     /* holds an activation function: layer->fixed, or the candidate's */
    bool joins;    /* reads a second value, layer->with */
    bool reshapes; /* gives the numbers that it reads, in their order, in another shape */
    /* Whether it can take the network's input as bytes (instance->bytes). NULL: no. */
    bool (*takes_bytes)(const struct layer *layer);
    /* Sets layer->out, from layer->in and the options, which have been read, and refuses what does not fit together.
       `network` says what the data want; `json` is the layer's place. NULL: it is layer->in. */
    int (*fit)(struct json json, const struct network *network, struct layer *layer, struct error *err);
    /* Releases what the options own. NULL: nothing. */
    void (*forget)(struct layer *layer);
    /* Bytes of step->scratch for tapes of its own, beside that in the slot. NULL: none. */
    size_t (*scratch)(const struct layer *layer);
    /* Fills instance->tensors and instance->tensor for a candidate; without one, with the layer's own tensors alone.
       NULL: it has none. */
    void (*tensors)(const struct layer *layer, const struct candidate *candidate, struct layer_instance *instance);
    /* Floats of workspace to train on B rows, and to measure B rows. NULL: none. */
    ptrdiff_t (*workspace)(const struct layer_instance *instance, ptrdiff_t B);
    ptrdiff_t (*measure_workspace)(const struct layer_instance *instance, ptrdiff_t B);
    /* Brings mean and variance of the input to those of the output, for INIT_AUTO. NULL: they stay. */
    void (*propagate)(const struct layer *layer, const struct candidate *candidate, struct value_moments *moments);
    /* What the library needs, once for a trainer; NULL: nothing. */
    int (*prepare)(struct layer_instance *instance, struct error *err);
    void (*release)(struct layer_instance *instance);
    void (*forward)(struct layer_instance *instance, struct step *step);
    /* instance->gy may be overwritten; instance->gx is to be written, not added to. */
    void (*backward)(struct layer_instance *instance, struct step *step);

    /* Of a kind with a slot: how often the function occurs in the layer (in the gates of an lstm: 3); a snapshot counts
       units for each. NULL: once. */
    int (*places)(const struct layer *layer);
    /* Calls snapshot_observe() with what the function is about to see. NULL: forward() does so. */
    void (*snapshot)(const struct layer_instance *instance, const struct step *step);

    /* What is done together with the layers behind (pooled.c, winners.c); false or NULL: this kind never does. */
    bool does_pool;                                   /* runs the function of its slot and the max pool behind it */
    bool (*is_two_by_two)(const struct layer *layer); /* is a max pool that allows that */
    /* Works out values for such a function and pool behind it, and its gradient from the places that won in the pool;
       wants_gx: the gradient of its input is wanted, too. */
    bool (*goes_by_winners)(const struct layer *layer, bool wants_gx);
};
#define LAYER(name) extern const struct layer_kind layer_##name;
#include "nn/layers.def"
#undef LAYER
extern const struct layer_kind *const layer_kinds[]; /* all of them, ended by NULL */

/* Refuses inputs that the kind does not take, naming the layer and the shape. */
int layer_check_input(struct json json, const struct layer *layer, struct error *err);

/* The type of a setting that is the number of channels of layer->out, and of one that is a function in the slot. */
extern const struct setting_type layer_channels, layer_function_setting;
void layer_channels_write(const struct setting *setting, const void *object, const void *context, struct text *out);
#define LAYER_FUNCTION(otherwise) .kind = SETTING_IS_OWN, .type = &layer_function_setting, .by = (otherwise)
#define LAYER_CHANNELS LAYER_CHANNELS_AS(layer_channels)
#define LAYER_CHANNELS_AS(its_type)                                                                                    \
    .kind = SETTING_IS_OWN, .type = &(its_type), .least = 1, .most = NETWORK_WIDTH, .required = true

#endif
