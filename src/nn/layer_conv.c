/* Convolutions: conv2d, and depthwise_conv2d with one filter for each channel. Weights lie as (height, width,
 * inputs, outputs), or (height, width, channels). */
#include "nn/blas.h"
#include "nn/conv_internal.h"
#include "nn/pooled_internal.h"
#include "nn/step_internal.h"

enum { WEIGHT, BIAS };

static const struct setting settings[] = {
    {"channels", LAYER_CHANNELS, .means = "filters"},
    {"kernel", WINDOW_SIZE(struct conv_options), .means = "height and width of the filters"},
    {"stride", WINDOW_STRIDE(struct conv_options, "1")},
    {"padding", WINDOW_PADDING(struct conv_options)},
    {"bias", SETTING_BOOL(struct conv_options, bias), .usual = true, .means = "a number is added to each channel"},
    {0}};

static int conv_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    struct conv_options *options = layer->options;
    return window_fit(json, false, &options->window, layer, err);
}

static bool is_depthwise(const struct layer *layer)
{
    return layer->kind == &layer_depthwise_conv2d;
}

static void conv_tensors(const struct layer *layer, const struct candidate *candidate, struct layer_instance *instance)
{
    (void)candidate;
    const struct conv_options *options = layer->options;
    ptrdiff_t area = options->window.size[0] * options->window.size[1], N = shape_channels(&layer->out);
    ptrdiff_t fan_in = area * (is_depthwise(layer) ? 1 : shape_channels(&layer->in));
    instance->tensors = options->bias ? 2 : 1;
    instance->tensor[WEIGHT] = (struct tensor){
        .name = "weight", .count = fan_in * N, .fan_in = fan_in, .fan_out = area * (is_depthwise(layer) ? 1 : N)};
    instance->tensor[BIAS] = (struct tensor){.name = "bias", .count = N};
}

static void conv_propagate(const struct layer *layer, const struct candidate *candidate, struct value_moments *moments)
{
    (void)layer;
    (void)candidate;
    *moments = (struct value_moments){.mean = 0, .variance = 1};
}

static int conv_prepare(struct layer_instance *instance, struct error *err)
{
    const struct layer *layer = instance->layer;
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
    instance->engine = convolution;
    return status;
}

static void conv_release(struct layer_instance *instance)
{
    blas_convolution_free(instance->engine);
}

static bool has_bias(const struct layer_instance *instance)
{
    const struct conv_options *options = instance->layer->options;
    return options->bias;
}

static void conv_forward(struct layer_instance *instance, struct step *step)
{
    if (instance->pool && !step->snapshot) /* the activation asks for what it wants (winners.c) */
        return;
    blas_convolution_forward(instance->engine, step->B, instance->x, instance->values[WEIGHT],
                             has_bias(instance) ? instance->values[BIAS] : NULL, instance->y);
}

static ptrdiff_t conv_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    (void)B;
    return instance->pool ? winners_workspace(instance) : 0;
}

static ptrdiff_t conv_measure_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return conv_workspace(instance, B);
}

static void conv_backward(struct layer_instance *instance, struct step *step)
{
    if (instance->pool) {
        winners_backward(instance, step);
        return;
    }
    blas_convolution_backward_weights(instance->engine, step->B, instance->x, instance->gy, instance->gradient[WEIGHT],
                                      has_bias(instance) ? instance->gradient[BIAS] : NULL);
    if (instance->gx)
        blas_convolution_backward_data(instance->engine, step->B, instance->gy, instance->values[WEIGHT], instance->gx);
}

#define CONVOLUTION                                                                                                    \
    .prefix = "conv", .options = sizeof(struct conv_options), .wants = LAYER_WANTS_IMAGE, .fit = conv_fit,             \
    .tensors = conv_tensors, .workspace = conv_workspace, .measure_workspace = conv_measure_workspace,                 \
    .propagate = conv_propagate, .prepare = conv_prepare, .release = conv_release, .forward = conv_forward,            \
    .backward = conv_backward
const struct layer_kind layer_conv2d = {.type = "conv2d",
                                        .summary = "A convolution over height and width of an image.",
                                        .settings = settings,
                                        .goes_by_winners = winners_fit,
                                        CONVOLUTION};
const struct layer_kind layer_depthwise_conv2d = {.type = "depthwise_conv2d",
                                                  .summary = "A convolution with one filter for each channel.",
                                                  .settings = settings + 1, /* its channels are those of the input */
                                                  CONVOLUTION};
#undef CONVOLUTION
