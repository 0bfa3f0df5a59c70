/* Normalisation: xhat = (x - mean) / sqrt(variance + epsilon), y = scale xhat + shift, with scale and shift
 * learned for each channel.
 *
 *   batch_norm  moments of each channel over the batch and all positions (Ioffe and Szegedy 2015); when
 *               measuring, the running ones: kept = 0.9 kept + 0.1 new, the variance with n - 1
 *   layer_norm  moments of each position over its channels (Ba et al. 2016), always
 *
 * The workspace keeps xhat, (B positions, C), and the inverse deviations behind it. */
#include "loops/channel.h"
#include "nn/step_internal.h"

#include <math.h>

enum { SCALE, SHIFT, MEAN, VARIANCE };

static const double epsilon = 1e-5, momentum = 0.1;

static void norm_tensors(const struct layer *layer, const struct candidate *candidate, struct layer_instance *instance)
{
    (void)candidate;
    ptrdiff_t C = shape_channels(&layer->in);
    instance->tensors = 2;
    instance->tensor[SCALE] = (struct tensor){.name = "scale", .count = C, .start = 1};
    instance->tensor[SHIFT] = (struct tensor){.name = "shift", .count = C};
}

static void batch_norm_tensors(const struct layer *layer, const struct candidate *candidate,
                               struct layer_instance *instance)
{
    norm_tensors(layer, candidate, instance);
    ptrdiff_t C = shape_channels(&layer->in);
    instance->tensors = 4;
    instance->tensor[MEAN] = (struct tensor){.name = "mean", .count = C, .buffer = true};
    instance->tensor[VARIANCE] = (struct tensor){.name = "variance", .count = C, .start = 1, .buffer = true};
}

static void norm_propagate(const struct layer *layer, const struct candidate *candidate, struct value_moments *moments)
{
    (void)layer;
    (void)candidate;
    *moments = (struct value_moments){.mean = 0, .variance = 1};
}

/* ---- batch */

/* Also room for the two sums of the backward pass. */
static ptrdiff_t batch_norm_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return B * shape_elements(&instance->layer->in) + 4 * shape_channels(&instance->layer->in);
}

static void batch_norm_forward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    ptrdiff_t C = shape_channels(&layer->in), R = step->B * shape_positions(&layer->in);
    if (!step->training) {
        step->channels->normalise_running(R, C, (float)epsilon, instance->values[MEAN], instance->values[VARIANCE],
                                          instance->values[SCALE], instance->values[SHIFT], instance->x, instance->y);
        return;
    }
    float *xhat = instance->workspace, *inverse = xhat + R * C, *mean = inverse + C, *variance = mean + C;
    step->channels->column_moments(R, C, instance->x, mean, variance);
    float unbias = R > 1 ? (float)R / (float)(R - 1) : 1;
    for (ptrdiff_t c = 0; c < C; c++) {
        inverse[c] = 1 / sqrtf(variance[c] + (float)epsilon);
        instance->values[MEAN][c] += (float)momentum * (mean[c] - instance->values[MEAN][c]);
        instance->values[VARIANCE][c] += (float)momentum * (variance[c] * unbias - instance->values[VARIANCE][c]);
    }
    step->channels->normalise(R, C, mean, inverse, instance->values[SCALE], instance->values[SHIFT], instance->x, xhat,
                              instance->y);
}

/* gx = scale inverse (gy - mean(gy) - xhat mean(gy xhat)), means over the rows. */
static void batch_norm_backward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    ptrdiff_t C = shape_channels(&layer->in), R = step->B * shape_positions(&layer->in);
    const float *xhat = instance->workspace;
    const float *inverse = xhat + R * C;
    step->channels->column_sums(R, C, instance->gy, instance->gradient[SHIFT]);
    step->channels->column_dots(R, C, instance->gy, xhat, instance->gradient[SCALE]);
    if (instance->gx)
        step->channels->normalise_backward(R, C, xhat, inverse, instance->values[SCALE], instance->gradient[SHIFT],
                                           instance->gradient[SCALE], instance->gy, instance->gx);
}

const struct layer_kind layer_batch_norm = {
    .type = "batch_norm",
    .prefix = "norm",
    .summary = "Mean 0 and variance 1 for each channel, over the batch and all positions, then a learned scale and "
               "shift; running moments when measuring.",
    .in_place = true,
    .tensors = batch_norm_tensors,
    .workspace = batch_norm_workspace,
    .propagate = norm_propagate,
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
};

/* ---- layer */

static ptrdiff_t layer_norm_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return B * (shape_elements(&instance->layer->in) + shape_positions(&instance->layer->in));
}

static void layer_norm_forward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    ptrdiff_t C = shape_channels(&layer->in), R = step->B * shape_positions(&layer->in);
    step->channels->normalise_rows(R, C, (float)epsilon, instance->values[SCALE], instance->values[SHIFT], instance->x,
                                   step->training ? instance->workspace : NULL,
                                   step->training ? instance->workspace + R * C : NULL, instance->y);
}

static void layer_norm_backward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    ptrdiff_t C = shape_channels(&layer->in), R = step->B * shape_positions(&layer->in);
    const float *xhat = instance->workspace;
    step->channels->column_sums(R, C, instance->gy, instance->gradient[SHIFT]);
    step->channels->column_dots(R, C, instance->gy, xhat, instance->gradient[SCALE]);
    if (instance->gx)
        step->channels->normalise_rows_backward(R, C, xhat, xhat + R * C, instance->values[SCALE], instance->gy,
                                                instance->gx);
}

const struct layer_kind layer_layer_norm = {
    .type = "layer_norm",
    .prefix = "norm",
    .summary = "Mean 0 and variance 1 over the channels of each position, then a learned scale and shift.",
    .in_place = true,
    .tensors = norm_tensors,
    .workspace = layer_norm_workspace,
    .propagate = norm_propagate,
    .forward = layer_norm_forward,
    .backward = layer_norm_backward,
};
