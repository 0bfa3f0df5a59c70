/* Convolutions: conv2d, and depthwise_conv2d with one filter for each channel. Weights lie as (height, width,
 * inputs, outputs), or (height, width, channels). */
#include "base/text.h"
#include "nn/blas.h"
#include "nn/conv_internal.h"
#include "nn/pooled_internal.h"
#include "nn/step_internal.h"

enum { WEIGHT, BIAS };

static const char *const keys[] = {"type", "name", "from", "channels", "kernel", "stride", "padding", "bias", NULL};
static const char *const depthwise_keys[] = {"type", "name", "from", "kernel", "stride", "padding", "bias", NULL};

static int read_options(struct json json, ptrdiff_t channels, struct layer *layer, struct error *err)
{
    struct conv_options *options = layer->options;
    int status = window_read(json, "kernel", false, channels, &options->window, layer, err);
    options->bias = true;
    return status ? status : json_bool_or(json_member(&json, "bias"), &options->bias, err);
}

static int conv2d_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    int64_t channels = 0;
    int status = layer_want_image(json, layer, err);
    if (!status)
        status = json_integer(json_member(&json, "channels"), 1, NETWORK_WIDTH, &channels, err);
    return status ? status : read_options(json, (ptrdiff_t)channels, layer, err);
}

static int depthwise_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    int status = layer_want_image(json, layer, err);
    return status ? status : read_options(json, shape_channels(&layer->in), layer, err);
}

static void depthwise_normal_form(const struct layer *layer, struct text *out)
{
    const struct conv_options *options = layer->options;
    window_normal_form(&options->window, layer, "kernel", out);
    text_addf(out, ",\"bias\":%s", options->bias ? "true" : "false");
}

static void conv2d_normal_form(const struct layer *layer, struct text *out)
{
    text_addf(out, ",\"channels\":%td", shape_channels(&layer->out));
    depthwise_normal_form(layer, out);
}

static bool is_depthwise(const struct layer *layer)
{
    return layer->kind == &layer_depthwise_conv2d;
}

static void conv_tensors(const struct layer *layer, const struct candidate *candidate, struct layer_run *run)
{
    (void)candidate;
    const struct conv_options *options = layer->options;
    ptrdiff_t area = options->window.size[0] * options->window.size[1], N = shape_channels(&layer->out);
    ptrdiff_t fan_in = area * (is_depthwise(layer) ? 1 : shape_channels(&layer->in));
    run->tensors = options->bias ? 2 : 1;
    run->tensor[WEIGHT] = (struct tensor){
        .name = "weight", .count = fan_in * N, .fan_in = fan_in, .fan_out = area * (is_depthwise(layer) ? 1 : N)};
    run->tensor[BIAS] = (struct tensor){.name = "bias", .count = N};
}

static void conv_propagate(const struct layer *layer, const struct candidate *candidate, struct statistics *statistics)
{
    (void)layer;
    (void)candidate;
    *statistics = (struct statistics){.mean = 0, .variance = 1};
}

static int conv_prepare(struct layer_run *run, struct error *err)
{
    const struct layer *layer = run->layer;
    const struct conv_options *options = layer->options;
    struct blas_convolution_shape shape = {.depthwise = is_depthwise(layer), .bias = options->bias};
    for (int i = 0; i < 3; i++) {
        shape.in[i] = layer->in.size[i];
        shape.out[i] = layer->out.size[i];
    }
    for (int axis = 0; axis < 2; axis++) {
        shape.window[axis] = options->window.size[axis];
        shape.stride[axis] = options->window.stride[axis];
        shape.padding[axis] = options->window.padding[axis];
    }
    struct blas_convolution *convolution = NULL;
    int status = blas_convolution_new(&shape, &convolution, err);
    run->engine = convolution;
    return status;
}

static void conv_release(struct layer_run *run)
{
    blas_convolution_free(run->engine);
}

static bool has_bias(const struct layer_run *run)
{
    const struct conv_options *options = run->layer->options;
    return options->bias;
}

static void conv_forward(struct layer_run *run, struct step *step)
{
    if (run->pool && !step->watcher) /* the activation asks for what it wants (winners.c) */
        return;
    blas_convolution_forward(run->engine, step->B, run->x, run->values[WEIGHT],
                             has_bias(run) ? run->values[BIAS] : NULL, run->y);
}

static ptrdiff_t conv_workspace(const struct layer_run *run, ptrdiff_t B)
{
    (void)B;
    return run->pool ? winners_workspace(run) : 0;
}

static ptrdiff_t conv_measure_workspace(const struct layer_run *run, ptrdiff_t B)
{
    return conv_workspace(run, B);
}

static void conv_backward(struct layer_run *run, struct step *step)
{
    if (run->pool) {
        winners_backward(run, step);
        return;
    }
    blas_convolution_backward_weights(run->engine, step->B, run->x, run->gy, run->gradient[WEIGHT],
                                      has_bias(run) ? run->gradient[BIAS] : NULL);
    if (run->gx)
        blas_convolution_backward_data(run->engine, step->B, run->gy, run->values[WEIGHT], run->gx);
}

#define CONVOLUTION(kind_name, its_keys, reads, normal, winners)                                                       \
    {                                                                                                                  \
        .type = kind_name, .prefix = "conv", .keys = its_keys, .options = sizeof(struct conv_options), .read = reads,  \
        .normal_form = normal, .tensors = conv_tensors, .workspace = conv_workspace,                                   \
        .measure_workspace = conv_measure_workspace, .propagate = conv_propagate, .prepare = conv_prepare,             \
        .release = conv_release, .forward = conv_forward, .backward = conv_backward, .goes_by_winners = winners        \
    }
const struct layer_kind layer_conv2d = CONVOLUTION("conv2d", keys, conv2d_read, conv2d_normal_form, winners_fit);
const struct layer_kind layer_depthwise_conv2d =
    CONVOLUTION("depthwise_conv2d", depthwise_keys, depthwise_read, depthwise_normal_form, NULL);
