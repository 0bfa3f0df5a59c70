/* Windows over height and width, of convolutions and pools: reading them, and the size of what comes out (window.c). */
#ifndef ACTSEARCH_NN_WINDOW_INTERNAL_H
#define ACTSEARCH_NN_WINDOW_INTERNAL_H

#include "base/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct layer;

struct window {
    ptrdiff_t size[2], stride[2], padding[2];
    bool same; /* padded so that each axis gives ceil(in / stride) */
};

/* The settings of a window, the member `window` of an options struct; the size has a key of its own. The context of
   their types is the layer. */
extern const struct setting_type window_pair, window_padding;
#define WINDOW_SIZE(options) SETTING_OWN(options, window.size, window_pair), .least = 1, .most = 4096, .required = true
#define WINDOW_STRIDE(options, usual_stride)                                                                           \
    SETTING_OWN(options, window.stride, window_pair), .least = 1, .most = 4096, .by = (usual_stride),                  \
                                                      .means = "how far one window is from the next"
#define WINDOW_PADDING(options)                                                                                        \
    SETTING_OWN(options, window, window_padding),                                                                      \
        .least = 0, .most = 4096, .by = "0",                                                                           \
        .means = "zeros on each side; \"same\": as many as give an output for each stride"

/* Works out the size of the result for layer->in, which must be an image; its channels are those of layer->out. The
   stride is by default the size when windows stand `apart`, else 1. */
int window_fit(struct json json, bool apart, struct window *window, struct layer *layer, struct error *err);

#endif
