/* What a network is, for the files of this module; they share it and change nothing in it once it is read. */
#ifndef ACTSEARCH_NN_NETWORK_INTERNAL_H
#define ACTSEARCH_NN_NETWORK_INTERNAL_H

#include "data/data.h"
#include "nn/layer_internal.h"
#include "nn/loss_internal.h"
#include "nn/network.h"

struct network {
    struct shape input;
    struct data_shape data;
    int outputs; /* of the last layer, for each target */
    int layers;
    struct layer *layer; /* owned: (layers) */
    struct loss loss;
    enum parameter_sets parameters;
};
extern const char *const parameter_set_names[]; /* in JSON; ended by NULL */

/* loss_read.c: the type of "loss" in struct network, which also sets the outputs; and its help. */
extern const struct setting_type loss_setting;
extern const struct settings_topic loss_topic;

/* Works out what follows from the numbers of the slots: whose the learned parameters are. */
void network_find_owners(struct network *network);
/* How many layers read a layer's value, or the input. */
int layer_readers(const struct network *network, int source);
/* The layer that may take the input as bytes (network_can_take_bytes()); below 0: none. */
int network_byte_layer(const struct network *network);

#endif
