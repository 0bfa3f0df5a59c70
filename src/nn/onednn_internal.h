/* Where the C interfaces of oneDNN 2 and 3 differ, and how the two are made one: 2 has descriptions of memory that
 * anybody may fill in, and describes an operation before it prepares it; 3 keeps both to itself. onednn_2.c and
 * onednn_3.c do the same with either; CMake takes the one that fits the library that is installed. No other file asks
 * for the version. Everything used here and in blas.c and convolution.c is in 2.5 and 3.0 already.
 *
 * Only blas.c, convolution.c and onednn_*.c may include this. */
#ifndef ACTSEARCH_NN_ONEDNN_INTERNAL_H
#define ACTSEARCH_NN_ONEDNN_INTERNAL_H

#include "base/error.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>

/* What the library's functions take for "how an array lies in memory". */
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t onednn_layout;
#else
typedef const dnnl_memory_desc_t *onednn_layout;
#endif

/* Everything here can fail only for want of memory in the library itself. */
static inline void must(dnnl_status_t status)
{
    ALWAYS(status == dnnl_success);
}

/* Of floats. Released by onednn_layout_release(), which accepts one that is all zeros. */
void onednn_layout_init(dnnl_memory_desc_t *memory, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag);
void onednn_layout_release(dnnl_memory_desc_t *memory);

/* Borrows; lasts as long as `memory` does. */
onednn_layout onednn_layout_of(const dnnl_memory_desc_t *memory);

enum onednn_direction { ONEDNN_FORWARD, ONEDNN_BACKWARD_DATA, ONEDNN_BACKWARD_WEIGHTS, ONEDNN_DIRECTIONS };

struct onednn_convolution {
    dnnl_memory_desc_t x, w, b, y;
    bool bias; /* without it b is all zeros */
    dnnl_dims_t stride, dilation, before, behind;
};

/* How the library would do it; the caller destroys it. */
dnnl_primitive_desc_t onednn_convolution_choose(dnnl_engine_t engine, enum onednn_direction direction,
                                                const struct onednn_convolution *c);

#endif
