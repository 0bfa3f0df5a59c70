/* Convolutions by oneDNN. The library wants its own layout of the weights, so they are reordered on their way
 * in and out, which costs little: images are large and filters small. */
#include "base/memory.h"
#include "nn/blas.h"
#include "nn/onednn_internal.h"

enum { RANK = 4, WEIGHT_RANK = 5, SIZES = 8 };

/* One call of the library, and the memory it works on. */
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
    struct operation operation[SIZES][ONEDNN_DIRECTIONS];
    int oldest; /* to make room */
};

static void image(ptrdiff_t B, const ptrdiff_t shape[3], dnnl_memory_desc_t *memory)
{
    dnnl_dims_t dims = {B, shape[2], shape[0], shape[1]};
    onednn_layout_init(memory, RANK, dims, dnnl_nhwc);
}

/* Without groups: (outputs, inputs, height, width); with: a group for each channel. */
static void weights(const struct blas_convolution_shape *shape, bool ours, dnnl_memory_desc_t *memory)
{
    ptrdiff_t h = shape->window[0], w = shape->window[1];
    if (shape->depthwise) {
        dnnl_dims_t dims = {shape->out[2], 1, 1, h, w};
        onednn_layout_init(memory, WEIGHT_RANK, dims, ours ? dnnl_hwigo : dnnl_format_tag_any);
    } else {
        dnnl_dims_t dims = {shape->out[2], shape->in[2], h, w};
        onednn_layout_init(memory, RANK, dims, ours ? dnnl_hwio : dnnl_format_tag_any);
    }
}

static void describe(const struct blas_convolution_shape *shape, ptrdiff_t B, struct onednn_convolution *d)
{
    dnnl_dims_t outputs = {shape->out[2]};
    *d = (struct onednn_convolution){.bias = shape->bias};
    image(B, shape->in, &d->x);
    weights(shape, false, &d->w);
    image(B, shape->out, &d->y);
    if (d->bias)
        onednn_layout_init(&d->b, 1, outputs, dnnl_x);
    for (int axis = 0; axis < 2; axis++) {
        d->stride[axis] = shape->stride[axis];
        d->before[axis] = shape->padding[axis];
        d->behind[axis] =
            (shape->out[axis] - 1) * shape->stride[axis] + shape->window[axis] - shape->in[axis] - shape->padding[axis];
    }
}

static void forget(struct onednn_convolution *d)
{
    onednn_layout_release(&d->x);
    onednn_layout_release(&d->w);
    onednn_layout_release(&d->b);
    onednn_layout_release(&d->y);
}

static dnnl_primitive_t make_reorder(const struct blas_convolution *c, onednn_layout from, onednn_layout to)
{
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t reorder = NULL;
    if (dnnl_memory_desc_equal(from, to))
        return NULL;
    must(dnnl_reorder_primitive_desc_create(&desc, from, c->engine, to, c->engine, NULL));
    must(dnnl_primitive_create(&reorder, desc));
    must(dnnl_primitive_desc_destroy(desc));
    return reorder;
}

/* `data`: DNNL_MEMORY_NONE, for memory of ours that comes later, or DNNL_MEMORY_ALLOCATE. */
static dnnl_memory_t memory_for(const struct blas_convolution *c, onednn_layout layout, void *data)
{
    dnnl_memory_t made = NULL;
    must(dnnl_memory_create(&made, layout, c->engine, data));
    return made;
}

/* After a batch size was met once, nothing here can fail but for want of memory in the library itself. */
static void prepare(struct blas_convolution *c, enum onednn_direction direction, ptrdiff_t B, struct operation *op)
{
    struct onednn_convolution d;
    dnnl_memory_desc_t hwio = {0};
    describe(&c->shape, B, &d);
    weights(&c->shape, true, &hwio);
    dnnl_primitive_desc_t desc = onednn_convolution_choose(c->engine, direction, &d);
    bool writes = direction == ONEDNN_BACKWARD_WEIGHTS;
    onednn_layout ours = onednn_layout_of(&hwio);
    onednn_layout w =
        dnnl_primitive_desc_query_md(desc, writes ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
    must(dnnl_primitive_create(&op->primitive, desc));
    op->reorder = writes ? make_reorder(c, w, ours) : make_reorder(c, ours, w);
    op->x = memory_for(c, onednn_layout_of(&d.x), DNNL_MEMORY_NONE);
    op->y = memory_for(c, onednn_layout_of(&d.y), DNNL_MEMORY_NONE);
    if (d.bias)
        op->b = memory_for(c, onednn_layout_of(&d.b), DNNL_MEMORY_NONE);
    op->ours = memory_for(c, ours, DNNL_MEMORY_NONE);
    op->w = memory_for(c, w, op->reorder ? DNNL_MEMORY_ALLOCATE : DNNL_MEMORY_NONE);
    must(dnnl_primitive_desc_destroy(desc)); /* and with it `w` */
    onednn_layout_release(&hwio);
    forget(&d);
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
static struct operation *operation_for(struct blas_convolution *c, enum onednn_direction direction, ptrdiff_t B)
{
    int slot = 0;
    while (slot < SIZES && c->batch[slot] && c->batch[slot] != B)
        slot++;
    if (slot == SIZES) {
        slot = c->oldest;
        c->oldest = (c->oldest + 1) % SIZES;
        for (int i = 0; i < ONEDNN_DIRECTIONS; i++)
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
    for (int i = 0; i < SIZES * ONEDNN_DIRECTIONS; i++)
        release(&convolution->operation[i / ONEDNN_DIRECTIONS][i % ONEDNN_DIRECTIONS]);
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
    if (op->b)
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
    struct operation *op = operation_for(convolution, ONEDNN_FORWARD, B);
    bind(op, x, y, b, w);
    reorder(convolution, op, op->ours, op->w);
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, op->x}, {DNNL_ARG_DST, op->y}, {DNNL_ARG_WEIGHTS, op->w}, {DNNL_ARG_BIAS, op->b}};
    execute(convolution, op, convolution->shape.bias ? 4 : 3, args);
}

void blas_convolution_backward_data(struct blas_convolution *convolution, ptrdiff_t B, const float *gy, const float *w,
                                    float *gx)
{
    struct operation *op = operation_for(convolution, ONEDNN_BACKWARD_DATA, B);
    bind(op, gx, gy, NULL, w);
    reorder(convolution, op, op->ours, op->w);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_DIFF_SRC, op->x}, {DNNL_ARG_DIFF_DST, op->y}, {DNNL_ARG_WEIGHTS, op->w}};
    execute(convolution, op, 3, args);
}

void blas_convolution_backward_weights(struct blas_convolution *convolution, ptrdiff_t B, const float *x,
                                       const float *gy, float *gw, float *gb)
{
    struct operation *op = operation_for(convolution, ONEDNN_BACKWARD_WEIGHTS, B);
    bind(op, x, gy, gb, gw);
    dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, op->x}, {DNNL_ARG_DIFF_DST, op->y}, {DNNL_ARG_DIFF_WEIGHTS, op->w}, {DNNL_ARG_DIFF_BIAS, op->b}};
    execute(convolution, op, convolution->shape.bias ? 4 : 3, args);
    reorder(convolution, op, op->w, op->ours);
    must(dnnl_stream_wait(convolution->stream));
}
