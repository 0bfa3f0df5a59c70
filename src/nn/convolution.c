/* Convolutions by oneDNN. The library wants its own layout of the weights, so they are reordered on their way
 * in and out, which costs little: images are large and filters small. */
#include "nn/blas.h"

#include "base/error.h"
#include "base/memory.h"

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum { RANK = 4, WEIGHT_RANK = 5, SIZES = 8 };

enum direction { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, DIRECTIONS };

/* The library's memory descriptions, and one call of it. */
struct operation {
    dnnl_primitive_t primitive;
    dnnl_primitive_t reorder; /* of the weights; NULL when the layouts agree */
    dnnl_memory_t x, y, b;    /* ours: only the pointer changes */
    dnnl_memory_t ours, w;    /* weights: (height, width, inputs, outputs), and as the library wants them */
};

struct blas_convolution {
    struct blas_convolution_shape shape;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    ptrdiff_t batch[SIZES]; /* 0: free */
    struct operation operation[SIZES][DIRECTIONS];
    int oldest; /* to make room */
};

/* After a batch size was met once, nothing here can fail but for want of memory in the library itself. */
static void must(dnnl_status_t status)
{
    ALWAYS(status == dnnl_success);
}

static dnnl_memory_desc_t image(ptrdiff_t B, const ptrdiff_t shape[3])
{
    dnnl_memory_desc_t md;
    dnnl_dims_t dims = {B, shape[2], shape[0], shape[1]};
    must(dnnl_memory_desc_init_by_tag(&md, RANK, dims, dnnl_f32, dnnl_nhwc));
    return md;
}

/* Without groups: (outputs, inputs, height, width); with: a group for each channel. */
static dnnl_memory_desc_t weights(const struct blas_convolution_shape *shape, bool ours)
{
    dnnl_memory_desc_t md;
    ptrdiff_t h = shape->window[0], w = shape->window[1];
    if (shape->depthwise) {
        dnnl_dims_t dims = {shape->out[2], 1, 1, h, w};
        must(dnnl_memory_desc_init_by_tag(&md, WEIGHT_RANK, dims, dnnl_f32, ours ? dnnl_hwigo : dnnl_format_tag_any));
    } else {
        dnnl_dims_t dims = {shape->out[2], shape->in[2], h, w};
        must(dnnl_memory_desc_init_by_tag(&md, RANK, dims, dnnl_f32, ours ? dnnl_hwio : dnnl_format_tag_any));
    }
    return md;
}

struct descriptions {
    dnnl_memory_desc_t x, w, b, y;
    dnnl_dims_t stride, dilation, before, behind;
};

static void describe(const struct blas_convolution_shape *shape, ptrdiff_t B, struct descriptions *d)
{
    dnnl_dims_t outputs = {shape->out[2]};
    *d = (struct descriptions){.x = image(B, shape->in), .w = weights(shape, false), .y = image(B, shape->out)};
    must(dnnl_memory_desc_init_by_tag(&d->b, 1, outputs, dnnl_f32, dnnl_x));
    for (int axis = 0; axis < 2; axis++) {
        d->stride[axis] = shape->stride[axis];
        d->before[axis] = shape->padding[axis];
        d->behind[axis] =
            (shape->out[axis] - 1) * shape->stride[axis] + shape->window[axis] - shape->in[axis] - shape->padding[axis];
    }
}

static dnnl_primitive_desc_t choose(const struct blas_convolution *c, enum direction direction,
                                    const struct descriptions *d)
{
    dnnl_convolution_desc_t forward, desc;
    dnnl_primitive_desc_t hint = NULL, chosen = NULL;
    const dnnl_memory_desc_t *b = c->shape.bias ? &d->b : NULL;
    must(dnnl_dilated_convolution_forward_desc_init(&forward, dnnl_forward_training, dnnl_convolution_direct, &d->x,
                                                    &d->w, b, &d->y, d->stride, d->dilation, d->before, d->behind));
    must(dnnl_primitive_desc_create(&hint, &forward, NULL, c->engine, NULL));
    if (direction == FORWARD)
        return hint;
    if (direction == BACKWARD_DATA)
        must(dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &d->x, &d->w, &d->y,
                                                              d->stride, d->dilation, d->before, d->behind));
    else
        must(dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &d->x, &d->w, b, &d->y,
                                                                 d->stride, d->dilation, d->before, d->behind));
    must(dnnl_primitive_desc_create(&chosen, &desc, NULL, c->engine, hint));
    dnnl_primitive_desc_destroy(hint);
    return chosen;
}

static dnnl_primitive_t make_reorder(const struct blas_convolution *c, const dnnl_memory_desc_t *from,
                                     const dnnl_memory_desc_t *to)
{
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t reorder = NULL;
    if (dnnl_memory_desc_equal(from, to))
        return NULL;
    must(dnnl_reorder_primitive_desc_create(&desc, from, c->engine, to, c->engine, NULL));
    must(dnnl_primitive_create(&reorder, desc));
    dnnl_primitive_desc_destroy(desc);
    return reorder;
}

static void prepare(struct blas_convolution *c, enum direction direction, ptrdiff_t B, struct operation *op)
{
    struct descriptions d;
    describe(&c->shape, B, &d);
    dnnl_primitive_desc_t desc = choose(c, direction, &d);
    bool writes = direction == BACKWARD_WEIGHTS;
    const dnnl_memory_desc_t *w =
        dnnl_primitive_desc_query_md(desc, writes ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    dnnl_memory_desc_t ours = weights(&c->shape, true);
    must(dnnl_primitive_create(&op->primitive, desc));
    op->reorder = writes ? make_reorder(c, w, &ours) : make_reorder(c, &ours, w);
    must(dnnl_memory_create(&op->x, &d.x, c->engine, DNNL_MEMORY_NONE));
    must(dnnl_memory_create(&op->y, &d.y, c->engine, DNNL_MEMORY_NONE));
    must(dnnl_memory_create(&op->b, &d.b, c->engine, DNNL_MEMORY_NONE));
    must(dnnl_memory_create(&op->ours, &ours, c->engine, DNNL_MEMORY_NONE));
    must(dnnl_memory_create(&op->w, w, c->engine, op->reorder ? DNNL_MEMORY_ALLOCATE : DNNL_MEMORY_NONE));
    dnnl_primitive_desc_destroy(desc);
}

static void release(struct operation *op)
{
    dnnl_memory_t *const memories[] = {&op->x, &op->y, &op->b, &op->ours, &op->w};
    for (int i = 0; i < 5; i++)
        if (*memories[i])
            dnnl_memory_destroy(*memories[i]);
    if (op->primitive)
        dnnl_primitive_destroy(op->primitive);
    if (op->reorder)
        dnnl_primitive_destroy(op->reorder);
    *op = (struct operation){0};
}

/* The operation for a batch size: few of them come up, a full batch and the rest of an epoch. */
static struct operation *operation_for(struct blas_convolution *c, enum direction direction, ptrdiff_t B)
{
    int slot = 0;
    while (slot < SIZES && c->batch[slot] && c->batch[slot] != B)
        slot++;
    if (slot == SIZES) {
        slot = c->oldest;
        c->oldest = (c->oldest + 1) % SIZES;
        for (int i = 0; i < DIRECTIONS; i++)
            release(&c->operation[slot][i]);
    }
    c->batch[slot] = B;
    struct operation *op = &c->operation[slot][direction];
    if (!op->primitive)
        prepare(c, direction, B, op);
    return op;
}

int blas_convolution_new(const struct blas_convolution_shape *shape, struct blas_convolution **convolution,
                         struct error *err)
{
    *convolution = NULL;
    struct blas_convolution *c = memory_zeroed(1, sizeof *c);
    if (!c)
        return memory_error(err, "a convolution");
    c->shape = *shape;
    if (dnnl_engine_create(&c->engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&c->stream, c->engine, dnnl_stream_default_flags) != dnnl_success) {
        blas_convolution_free(c);
        return memory_error(err, "a convolution");
    }
    *convolution = c;
    return 0;
}

void blas_convolution_free(struct blas_convolution *convolution)
{
    if (!convolution)
        return;
    for (int i = 0; i < SIZES * DIRECTIONS; i++)
        release(&convolution->operation[i / DIRECTIONS][i % DIRECTIONS]);
    if (convolution->stream)
        dnnl_stream_destroy(convolution->stream);
    if (convolution->engine)
        dnnl_engine_destroy(convolution->engine);
    memory_free(convolution);
}

/* Sets the pointers; the library's interface knows no const. */
static void bind(const struct operation *op, const float *x, const float *y, const float *b, const float *w)
{
    must(dnnl_memory_set_data_handle(op->x, (void *)x));
    must(dnnl_memory_set_data_handle(op->y, (void *)y));
    must(dnnl_memory_set_data_handle(op->b, (void *)b));
    must(dnnl_memory_set_data_handle(op->ours, (void *)w));
    if (!op->reorder)
        must(dnnl_memory_set_data_handle(op->w, (void *)w));
}

static void reorder(const struct blas_convolution *c, const struct operation *op, dnnl_memory_t from, dnnl_memory_t to)
{
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if (op->reorder)
        must(dnnl_primitive_execute(op->reorder, c->stream, 2, args));
}

static void execute(const struct blas_convolution *c, const struct operation *op, int count,
                    const dnnl_exec_arg_t *args)
{
    must(dnnl_primitive_execute(op->primitive, c->stream, count, args));
    must(dnnl_stream_wait(c->stream));
}

void blas_convolution_forward(struct blas_convolution *convolution, ptrdiff_t B, const float *x, const float *w,
                              const float *b, float *y)
{
    struct operation *op = operation_for(convolution, FORWARD, B);
    bind(op, x, y, b, w);
    reorder(convolution, op, op->ours, op->w);
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, op->x}, {DNNL_ARG_DST, op->y}, {DNNL_ARG_WEIGHTS, op->w}, {DNNL_ARG_BIAS, op->b}};
    execute(convolution, op, convolution->shape.bias ? 4 : 3, args);
}

void blas_convolution_backward_data(struct blas_convolution *convolution, ptrdiff_t B, const float *gy, const float *w,
                                    float *gx)
{
    struct operation *op = operation_for(convolution, BACKWARD_DATA, B);
    bind(op, gx, gy, NULL, w);
    reorder(convolution, op, op->ours, op->w);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_SRC, op->x}, {DNNL_ARG_DIFF_DST, op->y}, {DNNL_ARG_WEIGHTS, op->w}};
    execute(convolution, op, 3, args);
}

void blas_convolution_backward_weights(struct blas_convolution *convolution, ptrdiff_t B, const float *x,
                                       const float *gy, float *gw, float *gb)
{
    struct operation *op = operation_for(convolution, BACKWARD_WEIGHTS, B);
    bind(op, x, gy, gb, gw);
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, op->x}, {DNNL_ARG_DIFF_DST, op->y}, {DNNL_ARG_DIFF_WEIGHTS, op->w}, {DNNL_ARG_DIFF_BIAS, op->b}};
    execute(convolution, op, convolution->shape.bias ? 4 : 3, args);
    reorder(convolution, op, op->w, op->ours);
    must(dnnl_stream_wait(convolution->stream));
}
