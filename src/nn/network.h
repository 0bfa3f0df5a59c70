/* Networks: what an experiment says about the network that candidates are tried in.
 *
 *   {"layers": [{"type": "dense", "units": 128}, {"type": "activation"},
 *               {"type": "activation", "function": "tanh", "name": "squash"},
 *               {"type": "dense", "units": "classes"}],
 *    "loss": "softmax_cross_entropy"}
 *   {"mlp": [128, 64]}      dense and activation pairs, then a dense layer with one unit a class
 *
 * An activation layer without "function" is a slot that the candidate fills. A layer without "name"
 * is called after its kind and its place among its like: act1, dense2. The first width comes from
 * the data, and the last layer must give one number a class.
 *
 * A network is immutable once read and may be shared by threads. It holds shapes and names; the
 * numbers (weights, activations, gradients) belong to a trainer (nn/trainer.h), one for each thread.
 * Kinds of layers are a table (nn/nn_internal.h): a new kind is one file and one entry.
 *
 * This module must not know data sets, experiments, or what a score is. */
#ifndef ACTSEARCH_NN_NETWORK_H
#define ACTSEARCH_NN_NETWORK_H

#include <stddef.h>

struct error;
struct json;
struct network;
struct rng;
struct text;

enum {
    NETWORK_LAYERS = 256,     /* in a network */
    NETWORK_NAME = 32,        /* bytes of a layer's name with its end */
    NETWORK_WIDTH = 1 << 20,  /* units in a layer */
    NETWORK_CLASSES = 100000, /* outputs */
};

/* Reads and checks a description for samples of `features` numbers and `classes` classes. Returns
   owned. ERROR_INPUT names the JSON path; unknown keys are refused. */
int network_read(struct json json, ptrdiff_t features, int classes, struct network **network, struct error *err);

/* Accepts NULL. */
void network_free(struct network *network);

ptrdiff_t network_features(const struct network *network);
int network_classes(const struct network *network);

/* Activation layers, those with a fixed function too, in their order. */
int network_activations(const struct network *network);
/* Borrowed name of the i-th activation layer. */
const char *network_activation_name(const struct network *network, int i);

/* Weights and biases, without learned parameters of activations. */
ptrdiff_t network_parameters(const struct network *network);

/* Initial weights are scaled standard normal numbers. There are network_draws() of them, and the
   same key gives every candidate the same ones, so that comparisons are paired. z: (draws). */
ptrdiff_t network_draws(const struct network *network);
void network_draw(const struct network *network, struct rng *rng, float *z);

/* Appends the description as JSON with every default written out: equal networks, equal texts. */
void network_normal_form(const struct network *network, struct text *out);

/* Appends "784-128-64-10, 109386 parameters, 2 slots" for people. */
void network_describe(const struct network *network, struct text *out);

#endif
