/* Dense: y = x W + b, W: (K, N) with K inputs and N units; for each step of a sequence alike.
 *
 * W lies as (inputs, units), the transpose of PyTorch's, so the product of the forward pass transposes nothing;
 * the other way round was measured to be as fast. */
#include "loops/array.h"
#include "loops/channel.h"
#include "loops/sparse.h"
#include "nn/blas.h"
#include "nn/network_internal.h"
#include "nn/step_internal.h"

enum { WEIGHT, BIAS };

/* "outputs" becomes known when the layer is fitted in; until then it is 0. */
static int units_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    static const char *const names[] = {"outputs", "classes", NULL};
    struct layer *layer = context;
    ptrdiff_t *units = &layer->out.size[layer->out.rank - 1];
    int which;
    if (!json_is_string(value))
        return layer_channels.read(value, setting, object, context, err);
    *units = 0;
    return json_choice(value, names, &which, err);
}
static const struct setting_type units_type = {.form = "\"outputs\" (what the data and the loss want), or an integer",
                                               .read = units_read,
                                               .write = layer_channels_write};

static const struct setting settings[] = {{"units", LAYER_CHANNELS_AS(units_type), .means = "outputs of the layer"},
                                          {0}};

static int dense_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    ptrdiff_t *units = &layer->out.size[layer->out.rank - 1];
    char shape[SHAPE_TEXT];
    *units = *units ? *units : network->outputs;
    if (layer->in.rank != 3)
        return 0;
    return json_fail(json, err, "put {\"type\": \"flatten\"} or {\"type\": \"global_average_pool\"} before it",
                     "%s wants a row or a sequence, but its input is an image of %s", layer->name,
                     shape_text(&layer->in, shape));
}

static void dense_tensors(const struct layer *layer, const struct candidate *candidate, struct layer_instance *instance)
{
    (void)candidate;
    ptrdiff_t K = shape_channels(&layer->in), N = shape_channels(&layer->out);
    instance->tensors = 2;
    instance->tensor[WEIGHT] = (struct tensor){.name = "weight", .count = K * N, .fan_in = K, .fan_out = N};
    instance->tensor[BIAS] = (struct tensor){.name = "bias", .count = N};
}

/* With weights of mean 0 the output has mean 0 whatever the input; "auto" makes its variance 1. */
static void dense_propagate(const struct layer *layer, const struct candidate *candidate, struct value_moments *moments)
{
    (void)layer;
    (void)candidate;
    *moments = (struct value_moments){.mean = 0, .variance = 1};
}

/* Bytes: (value + shift) W = value W + shift (sum of the rows of W). */
static void bytes_forward(struct layer_instance *instance, struct step *step)
{
    const struct byte_input *input = instance->bytes;
    ptrdiff_t B = step->B, K = shape_channels(&instance->layer->in), N = shape_channels(&instance->layer->out);
    struct byte_rows rows = {.groups = input->groups, .u = input->u, .marks = input->marks, .value = input->value};
    step->sparse->mark(B, input->groups, input->u, input->marks);
    step->sparse->forward(B, K, N, &rows, instance->values[WEIGHT], instance->y, input->total);
    for (ptrdiff_t n = 0; n < N; n++)
        input->total[n] = instance->values[BIAS][n] + input->shift * input->total[n];
    step->loops->bias_add(B, N, input->total, instance->y);
}

static void bytes_backward(struct layer_instance *instance, struct step *step)
{
    const struct byte_input *input = instance->bytes;
    ptrdiff_t B = step->B, K = shape_channels(&instance->layer->in), N = shape_channels(&instance->layer->out);
    struct byte_rows rows = {.groups = input->groups, .u = input->u, .columns = input->columns, .value = input->value};
    step->channels->column_sums(B, N, instance->gy, instance->gradient[BIAS]);
    for (ptrdiff_t n = 0; n < N; n++)
        input->total[n] = input->shift * instance->gradient[BIAS][n];
    step->sparse->transpose(B, input->groups, input->marks, input->scratch, input->columns);
    step->sparse->backward(B, K, N, &rows, instance->gy, input->total, instance->gradient[WEIGHT]);
}

static void dense_forward(struct layer_instance *instance, struct step *step)
{
    if (instance->bytes) {
        bytes_forward(instance, step);
        return;
    }
    const struct layer *layer = instance->layer;
    ptrdiff_t B = step->B * shape_positions(&layer->in), K = shape_channels(&layer->in),
              N = shape_channels(&layer->out);
    blas_gemm(false, false, B, N, K, 1, instance->x, K, instance->values[WEIGHT], N, 0, instance->y, N);
    step->loops->bias_add(B, N, instance->values[BIAS], instance->y);
}

static void dense_backward(struct layer_instance *instance, struct step *step)
{
    if (instance->bytes) {
        bytes_backward(instance, step);
        return;
    }
    const struct layer *layer = instance->layer;
    ptrdiff_t B = step->B * shape_positions(&layer->in), K = shape_channels(&layer->in),
              N = shape_channels(&layer->out);
    blas_gemm(true, false, K, N, B, 1, instance->x, K, instance->gy, N, 0, instance->gradient[WEIGHT], N);
    step->channels->column_sums(B, N, instance->gy, instance->gradient[BIAS]);
    if (instance->gx)
        blas_gemm(false, true, B, K, N, 1, instance->gy, N, instance->values[WEIGHT], N, 0, instance->gx, K);
}

static bool dense_takes_bytes(const struct layer *layer)
{
    return layer->in.rank == 1 && layer->out.size[0] >= SPARSE_WIDTH;
}

const struct layer_kind layer_dense = {
    .type = "dense",
    .prefix = "dense",
    .summary = "y = x W + b, with all inputs and all outputs; on sequences for each step alike.",
    .settings = settings,
    .takes_bytes = dense_takes_bytes,
    .fit = dense_fit,
    .tensors = dense_tensors,
    .propagate = dense_propagate,
    .forward = dense_forward,
    .backward = dense_backward,
};
