/* The functions of onednn_internal.h for the C interface of oneDNN 3; CMake takes this file or its sibling. */
#include "nn/onednn_internal.h"

#if DNNL_VERSION_MAJOR < 3
#error "this file is for oneDNN 3; CMake takes it by the version it finds"
#endif

void onednn_layout_init(dnnl_memory_desc_t *memory, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    must(dnnl_memory_desc_create_with_tag(memory, rank, dims, dnnl_f32, tag));
}

void onednn_layout_release(dnnl_memory_desc_t *memory)
{
    if (*memory)
        must(dnnl_memory_desc_destroy(*memory));
    *memory = NULL;
}

onednn_layout onednn_layout_of(const dnnl_memory_desc_t *memory)
{
    return *memory;
}

dnnl_primitive_desc_t onednn_convolution_choose(dnnl_engine_t engine, enum onednn_direction direction,
                                                const struct onednn_convolution *c)
{
    dnnl_primitive_desc_t forward = NULL, backward = NULL;
    must(dnnl_convolution_forward_primitive_desc_create(&forward, engine, dnnl_forward_training,
                                                        dnnl_convolution_direct, c->x, c->w, c->b, c->y, c->stride,
                                                        c->dilation, c->before, c->behind, NULL));
    if (direction == ONEDNN_FORWARD)
        return forward;
    if (direction == ONEDNN_BACKWARD_DATA)
        must(dnnl_convolution_backward_data_primitive_desc_create(&backward, engine, dnnl_convolution_direct, c->x,
                                                                  c->w, c->y, c->stride, c->dilation, c->before,
                                                                  c->behind, forward, NULL));
    else
        must(dnnl_convolution_backward_weights_primitive_desc_create(&backward, engine, dnnl_convolution_direct, c->x,
                                                                     c->w, c->b, c->y, c->stride, c->dilation,
                                                                     c->before, c->behind, forward, NULL));
    must(dnnl_primitive_desc_destroy(forward));
    return backward;
}
