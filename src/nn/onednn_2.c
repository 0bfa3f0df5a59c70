/* The functions of onednn_internal.h for the C interface of oneDNN 2; CMake takes this file or its sibling. */
#include "nn/onednn_internal.h"

#if DNNL_VERSION_MAJOR != 2
#error "this file is for oneDNN 2; CMake takes it by the version it finds"
#endif

void onednn_layout_init(dnnl_memory_desc_t *memory, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    must(dnnl_memory_desc_init_by_tag(memory, rank, dims, dnnl_f32, tag));
}

void onednn_layout_release(dnnl_memory_desc_t *memory)
{
    *memory = (dnnl_memory_desc_t){0};
}

onednn_layout onednn_layout_of(const dnnl_memory_desc_t *memory)
{
    return memory;
}

static dnnl_primitive_desc_t prepare(dnnl_engine_t engine, const dnnl_convolution_desc_t *what,
                                     dnnl_primitive_desc_t hint)
{
    dnnl_primitive_desc_t prepared = NULL;
    must(dnnl_primitive_desc_create(&prepared, what, NULL, engine, hint));
    return prepared;
}

dnnl_primitive_desc_t onednn_convolution_choose(dnnl_engine_t engine, enum onednn_direction direction,
                                                const struct onednn_convolution *c)
{
    dnnl_convolution_desc_t what;
    const dnnl_memory_desc_t *b = c->bias ? &c->b : NULL;
    must(dnnl_dilated_convolution_forward_desc_init(&what, dnnl_forward_training, dnnl_convolution_direct, &c->x, &c->w,
                                                    b, &c->y, c->stride, c->dilation, c->before, c->behind));
    dnnl_primitive_desc_t forward = prepare(engine, &what, NULL);
    if (direction == ONEDNN_FORWARD)
        return forward;
    if (direction == ONEDNN_BACKWARD_DATA)
        must(dnnl_dilated_convolution_backward_data_desc_init(&what, dnnl_convolution_direct, &c->x, &c->w, &c->y,
                                                              c->stride, c->dilation, c->before, c->behind));
    else
        must(dnnl_dilated_convolution_backward_weights_desc_init(&what, dnnl_convolution_direct, &c->x, &c->w, b, &c->y,
                                                                 c->stride, c->dilation, c->before, c->behind));
    dnnl_primitive_desc_t backward = prepare(engine, &what, forward);
    must(dnnl_primitive_desc_destroy(forward));
    return backward;
}
