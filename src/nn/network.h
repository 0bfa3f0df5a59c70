/* Networks: what an experiment says about the network that candidates are tried in.
 *
 *   {"layers": [{"type": "conv2d", "channels": 16, "kernel": 3, "padding": "same"}, {"type": "activation"},
 *               {"type": "max_pool", "size": 2}, {"type": "flatten"},
 *               {"type": "dense", "units": "outputs"}],
 *    "loss": "softmax_cross_entropy"}
 *   {"mlp": [128, 64]}      dense and activation pairs, then a dense layer with the outputs
 *
 * Kinds of layers (each with "name", and "from": the layer whose value it reads, by default the one before):
 *
 *   dense                 "units": a number or "outputs"; on sequences for each step alike
 *   activation            "function": a fixed one, trained in the form a candidate would be; without it a slot that
 *                         the candidate fills
 *   conv2d                "channels", "kernel", "stride" (1), "padding" (0; or "same"), "bias" (true)
 *   depthwise_conv2d      the same without "channels": one filter for each channel
 *   max_pool, average_pool   "size", "stride" (the size), "padding" (0)
 *   global_average_pool   an image to its channels
 *   batch_norm            for each channel, over the batch; running moments when measuring
 *   layer_norm            over the channels of each position
 *   dropout               "rate" (0.5), in training only
 *   embedding             "channels", "positions" (false): the symbols of a text to learned vectors, and a learned
 *                         one of the place added; it reads the input
 *   rnn, gru, lstm        "units", "returns" ("sequence"; or "last": the last state as a row). A slot in the place
 *                         of tanh, or with "slot": "gates" (gru, lstm) in that of the sigmoids; "function": a fixed
 *                         one there; "gates" ("sigmoid(x)"): what the gates are when they are no slot
 *   attention             "heads" (1): causal self-attention; each step sees itself and those before
 *   flatten               an image or a sequence to a row
 *   add                   "with": the layer whose value is added
 *   residual              "layers": a branch, "shortcut": what its input goes through (nothing); their sum
 *
 * Beside "layers" or "mlp" and "loss" a network has "parameters": who has a set of its own of the parameters that
 * functions learn (p0, p1, ...; expr/parse.h). All sets start alike and are trained with the weights:
 *
 *   "layer"     each layer (the default)
 *   "channel"   each channel of each layer: each unit of a dense or a recurrent layer, each channel of an image
 *   "shared"    all layers that hold one function of the candidate together have one, whose gradient is the sum of
 *               theirs; a fixed function has its layer's
 *
 * The tables of the kinds (layer_*.c) have ranges, and their words for actsearch help experiment network.
 *
 * "size", "stride" and "padding" are one number or [height, width]. Values have their channels last.
 *
 * A transformer's block is written out, and may so have any order of its parts (here for 32 channels):
 *
 *   {"type": "residual", "layers": [{"type": "layer_norm"}, {"type": "attention", "heads": 4}]},
 *   {"type": "residual", "layers": [{"type": "layer_norm"}, {"type": "dense", "units": 128},
 *                                   {"type": "activation"}, {"type": "dense", "units": 32}]}
 *
 * A layer without "name" is called after its kind and its place among its like: act1, dense2. The last
 * layer must give what the loss wants: softmax_cross_entropy ("label_smoothing": 0) one number a class,
 * sigmoid_cross_entropy one number for two classes, squared_error one number. Without "loss" it is the first
 * of them that fits the data.
 *
 * A network is immutable once read and may be shared by threads. It holds shapes and names; the
 * numbers (weights, activations, gradients) belong to a trainer (nn/trainer.h), one for each thread.
 * Kinds of layers are a table (nn/layers.def): a new kind is one file and one entry.
 *
 * Of the data this module knows the shape alone; it must not know experiments, or what a score is. */
#ifndef ACTSEARCH_NN_NETWORK_H
#define ACTSEARCH_NN_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

struct data_shape;
struct error;
struct json;
struct network;
struct rng;
struct settings_topic;
struct text;

enum {
    NETWORK_LAYERS = 256,    /* in a network */
    NETWORK_NAME = 32,       /* bytes of a layer's name with its end */
    NETWORK_WIDTH = 1 << 20, /* units in a layer */
};

/* Who has a set of learned parameters. */
enum parameter_sets { PARAMETERS_LAYER, PARAMETERS_CHANNEL, PARAMETERS_SHARED };

/* Reads and checks a description for data of that shape. Returns owned. ERROR_INPUT names the JSON path,
   the layer and the shapes that do not fit; unknown keys are refused. */
int network_read(struct json json, const struct data_shape *data, struct network **network, struct error *err);

/* Accepts NULL. */
void network_free(struct network *network);

ptrdiff_t network_features(const struct network *network);
int network_classes(const struct network *network);       /* of the data; 0 for numbers to predict */
int network_outputs(const struct network *network);       /* numbers of the last layer for each target */
ptrdiff_t network_targets(const struct network *network); /* targets a sample: 1, or the steps of a sequence */

/* The input goes to one dense layer and nowhere else, which can take it as bytes (trainer_options.takes_bytes). */
bool network_can_take_bytes(const struct network *network);

/* The loss of a network that knows nothing but the mean: log(classes), or 1 for a standardised number. */
double network_guessing_loss(const struct network *network);

/* Rows of a batch when nothing is learnt: as many as keep the values in the caches, at most 256. A part of
   every result (a product's blocking may depend on it), so it follows from the network alone. */
ptrdiff_t network_measure_rows(const struct network *network);

/* Functions of the candidates that fill its slots: the highest number of a slot and 1. */
int network_functions(const struct network *network);

/* Activations: layers that hold a function, a fixed one or the candidate, in their order. */
int network_activations(const struct network *network);
/* Borrowed name of the i-th of them. */
const char *network_activation_name(const struct network *network, int i);

/* Weights and biases, without learned parameters of activations. */
ptrdiff_t network_parameters(const struct network *network);

/* Initial weights are scaled standard normal numbers. There are network_random_weights() of them, and the
   same key gives every candidate the same ones, so that comparisons are paired. z: (random weights). */
ptrdiff_t network_random_weights(const struct network *network);
void network_draw_weights(const struct network *network, struct rng *rng, float *z);

/* Appends the description as JSON with every default written out: equal networks, equal texts. */
void network_normal_form(const struct network *network, struct text *out);

/* What can be written, for people; its parts are kinds of layers, and losses. */
extern const struct settings_topic network_topic;

/* Appends "784-128-64-10, 109386 parameters, 2 slots" for people, with the shape of every layer that has weights, and
   who has learned parameters if not layers. */
void network_describe(const struct network *network, struct text *out);

#endif
