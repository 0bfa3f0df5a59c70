/* Windows over height and width, of convolutions and pools: reading them, and the size of what comes out (window.c). */
#ifndef ACTSEARCH_NN_WINDOW_INTERNAL_H
#define ACTSEARCH_NN_WINDOW_INTERNAL_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct layer;
struct text;

struct window {
    ptrdiff_t size[2], stride[2], padding[2];
};

/* "kernel" or "size", "stride", "padding" (a number, [height, width], or "same"); works out the size of the result for
   layer->in, which must be an image, with `channels` of its own. The stride is by default the size when windows
   stand `apart`, else 1. */
int window_read(struct json json, const char *size_key, bool apart, ptrdiff_t channels, struct window *window,
                struct layer *layer, struct error *err);
void window_normal_form(const struct window *window, const struct layer *layer, const char *size_key, struct text *out);

#endif
