/* Options of attention (layer_attention.c). */
#ifndef ACTSEARCH_NN_ATTENTION_INTERNAL_H
#define ACTSEARCH_NN_ATTENTION_INTERNAL_H

#include <stddef.h>

struct attention_options {
    ptrdiff_t heads;
};

#endif
