/* Pools over windows of an image, for each channel alike; and the global average.
 *
 * max_pool keeps in its workspace, (B, out) integers, which place of the window won; average_pool divides by
 * the whole window, what lies outside counting as zeros. */
#include "loops/channel.h"
#include "nn/pool_internal.h"
#include "nn/step_internal.h"

#include <string.h>

static const struct setting settings[] = {
    {"size", WINDOW_SIZE(struct pool_options), .means = "height and width of the windows"},
    {"stride", WINDOW_STRIDE(struct pool_options, "the size")},
    {"padding", WINDOW_PADDING(struct pool_options)},
    {0}};

static const struct window *window_of(const struct layer *layer)
{
    const struct pool_options *options = layer->options;
    return &options->window;
}

static int pool_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    struct pool_options *options = layer->options;
    return window_fit(json, true, &options->window, layer, err);
}

static ptrdiff_t max_pool_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return B * shape_elements(&instance->layer->out);
}

/* The part of a window that lies inside the image, along one axis. */
struct span {
    ptrdiff_t first, end;
};

static struct span span_of(const struct layer *layer, int axis, ptrdiff_t o)
{
    const struct window *w = window_of(layer);
    ptrdiff_t first = o * w->stride[axis] - w->padding[axis], end = first + w->size[axis];
    return (struct span){first < 0 ? 0 : first, end > layer->in.size[axis] ? layer->in.size[axis] : end};
}

/* Calls `visit` for every window: with what lies of it inside the image, as the offset of its first number in the
   values (B, in), and the offset of its channels in (B, out). */
typedef void window_visitor(const struct layer_instance *instance, const struct step *step,
                            const struct pool_window *window, ptrdiff_t in, ptrdiff_t out);

static void visit_windows(const struct layer_instance *instance, const struct step *step, window_visitor *visit)
{
    const struct layer *layer = instance->layer;
    ptrdiff_t C = shape_channels(&layer->in), W = layer->in.size[1], E = shape_elements(&layer->in), out = 0;
    for (ptrdiff_t b = 0; b < step->B; b++)
        for (ptrdiff_t oy = 0; oy < layer->out.size[0]; oy++)
            for (ptrdiff_t ox = 0; ox < layer->out.size[1]; ox++, out += C) {
                struct span down = span_of(layer, 0, oy), across = span_of(layer, 1, ox);
                struct pool_window window = {down.end - down.first, across.end - across.first, W * C};
                visit(instance, step, &window, b * E + (down.first * W + across.first) * C, out);
            }
}

/* ---- max */

static void take_largest(const struct layer_instance *instance, const struct step *step,
                         const struct pool_window *window, ptrdiff_t in, ptrdiff_t out)
{
    int32_t *where = step->training ? (int32_t *)instance->workspace + out : NULL; /* it is sized for training */
    step->channels->pool_largest(shape_channels(&instance->layer->in), window, instance->x + in, instance->y + out,
                                 where);
}

static void give_to_largest(const struct layer_instance *instance, const struct step *step,
                            const struct pool_window *window, ptrdiff_t in, ptrdiff_t out)
{
    step->channels->pool_largest_backward(shape_channels(&instance->layer->in), window, instance->gy + out,
                                          (const int32_t *)instance->workspace + out, instance->gx + in);
}

static void max_pool_forward(struct layer_instance *instance, struct step *step)
{
    if (instance->done)
        return;
    visit_windows(instance, step, take_largest);
}

static void clear_gradient(struct layer_instance *instance, const struct step *step)
{
    memset(instance->gx, 0, (size_t)(step->B * shape_elements(&instance->layer->in)) * sizeof *instance->gx);
}

static void max_pool_backward(struct layer_instance *instance, struct step *step)
{
    if (!instance->gx || instance->done)
        return;
    clear_gradient(instance, step);
    visit_windows(instance, step, give_to_largest);
}

static bool max_pool_is_two_by_two(const struct layer *layer)
{
    const struct window *window = window_of(layer);
    bool two = true;
    for (int axis = 0; axis < 2; axis++)
        two &= window->size[axis] == 2 && window->stride[axis] == 2 && window->padding[axis] == 0;
    return two;
}

const struct layer_kind layer_max_pool = {
    .type = "max_pool",
    .prefix = "pool",
    .summary = "The largest number in each window of an image, for each channel.",
    .settings = settings,
    .wants = LAYER_WANTS_IMAGE,
    .options = sizeof(struct pool_options),
    .fit = pool_fit,
    .workspace = max_pool_workspace,
    .forward = max_pool_forward,
    .backward = max_pool_backward,
    .is_two_by_two = max_pool_is_two_by_two,
};

/* ---- average */

static float share_of(const struct layer *layer)
{
    const struct window *window = window_of(layer);
    return 1 / (float)(window->size[0] * window->size[1]);
}

static void take_share(const struct layer_instance *instance, const struct step *step, const struct pool_window *window,
                       ptrdiff_t in, ptrdiff_t out)
{
    step->channels->pool_sum(shape_channels(&instance->layer->in), window, share_of(instance->layer), instance->x + in,
                             instance->y + out);
}

static void give_share(const struct layer_instance *instance, const struct step *step, const struct pool_window *window,
                       ptrdiff_t in, ptrdiff_t out)
{
    step->channels->pool_sum_backward(shape_channels(&instance->layer->in), window, share_of(instance->layer),
                                      instance->gy + out, instance->gx + in);
}

static void average_pool_forward(struct layer_instance *instance, struct step *step)
{
    visit_windows(instance, step, take_share);
}

static void average_pool_backward(struct layer_instance *instance, struct step *step)
{
    if (!instance->gx)
        return;
    clear_gradient(instance, step);
    visit_windows(instance, step, give_share);
}

/* Independent numbers: the variance of a mean. */
static void average_pool_propagate(const struct layer *layer, const struct candidate *candidate,
                                   struct value_moments *moments)
{
    (void)candidate;
    moments->variance *= (double)share_of(layer);
}

const struct layer_kind layer_average_pool = {
    .type = "average_pool",
    .prefix = "pool",
    .summary = "The mean of each window of an image, for each channel; what lies outside counts as 0.",
    .settings = settings,
    .wants = LAYER_WANTS_IMAGE,
    .options = sizeof(struct pool_options),
    .fit = pool_fit,
    .propagate = average_pool_propagate,
    .forward = average_pool_forward,
    .backward = average_pool_backward,
};

/* One window as large as the image. */
static int global_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)json, (void)network, (void)err;
    struct pool_options *options = layer->options;
    options->window = (struct window){.size = {layer->in.size[0], layer->in.size[1]}, .stride = {1, 1}};
    layer->out = (struct shape){.rank = 1, .size = {shape_channels(&layer->in)}};
    return 0;
}

static void global_forward(struct layer_instance *instance, struct step *step)
{
    const struct shape *in = &instance->layer->in;
    ptrdiff_t C = shape_channels(in), P = shape_positions(in);
    for (ptrdiff_t b = 0; b < step->B; b++) {
        step->channels->column_sums(P, C, instance->x + b * P * C, instance->y + b * C);
        for (ptrdiff_t c = 0; c < C; c++)
            instance->y[b * C + c] *= share_of(instance->layer);
    }
}

static void global_backward(struct layer_instance *instance, struct step *step)
{
    const struct shape *in = &instance->layer->in;
    ptrdiff_t C = shape_channels(in), P = shape_positions(in);
    float share = share_of(instance->layer);
    for (ptrdiff_t i = 0; instance->gx && i < step->B * P; i++)
        for (ptrdiff_t c = 0; c < C; c++)
            instance->gx[i * C + c] = share * instance->gy[i / P * C + c];
}

const struct layer_kind layer_global_average_pool = {
    .type = "global_average_pool",
    .prefix = "pool",
    .summary = "The mean of each channel of an image, which becomes a row.",
    .wants = LAYER_WANTS_IMAGE,
    .options = sizeof(struct pool_options),
    .fit = global_fit,
    .propagate = average_pool_propagate,
    .forward = global_forward,
    .backward = global_backward,
};
