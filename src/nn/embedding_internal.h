/* Options of embedding (layer_embedding.c). */
#ifndef ACTSEARCH_NN_EMBEDDING_INTERNAL_H
#define ACTSEARCH_NN_EMBEDDING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct embedding_options {
    ptrdiff_t tokens; /* different symbols */
    bool positions;   /* learned positions */
};

#endif
