/* Options of conv2d and depthwise_conv2d (layer_conv.c); winners.c reads them, too. */
#ifndef ACTSEARCH_NN_CONV_INTERNAL_H
#define ACTSEARCH_NN_CONV_INTERNAL_H

#include "nn/window_internal.h"

#include <stdbool.h>

struct conv_options {
    struct window window;
    bool bias;
};

#endif
