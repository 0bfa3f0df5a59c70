/* Options of the pools (layer_pool.c). The window of global_average_pool is the image. */
#ifndef ACTSEARCH_NN_POOL_INTERNAL_H
#define ACTSEARCH_NN_POOL_INTERNAL_H

#include "nn/window_internal.h"

struct pool_options {
    struct window window;
};

#endif
