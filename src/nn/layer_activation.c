/* Activation: y = f(x) for every element, in place. The forward pass writes f'(x) and df/dp into the
 * workspace, (1 + P, B, N), so the backward pass is a multiplication, and x need not be kept.
 *
 * Learned parameters of f are trained like weights: one set for the layer, one for each of its channels, or one
 * that all layers with the candidate share ("parameters", network.h). */
#include "kernel/moments.h"
#include "loops/array.h"
#include "nn/pooled_internal.h"
#include "nn/slot_internal.h"
#include "nn/snapshot_internal.h"

#include <string.h>

static const struct setting settings[] = {
    {"function", LAYER_FUNCTION("the layer is a slot, which the candidate fills"),
     .means = "a fixed function; its learned parameters, p or p{0.5}, are trained"},
    {0}};

static ptrdiff_t activation_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    if (instance->pool)
        return pooled_workspace(instance, B);
    return (1 + instance->P) * B * shape_elements(&instance->layer->out);
}

static ptrdiff_t activation_measure_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    (void)B;
    return instance->pool ? pooled_scratch(instance->pool->layer) : 0;
}

static void activation_propagate(const struct layer *layer, const struct candidate *candidate,
                                 struct value_moments *moments)
{
    struct tree f = layer_function(layer, candidate);
    struct moments m = moments_normal(&f, NULL, 0, moments->mean, moments->variance);
    moments->mean = m.mean;
    moments->variance = m.square - m.mean * m.mean;
}

static void activation_forward(struct layer_instance *instance, struct step *step)
{
    if (instance->pool) {
        pooled_forward(instance, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&instance->layer->out);
    float *dp[TREE_PARAMETERS];
    for (int j = 0; j < instance->P; j++)
        dp[j] = instance->workspace + (1 + j) * N;
    layer_function_run(instance, step, 0, N, instance->x, instance->y, step->training ? instance->workspace : NULL,
                       step->training ? dp : NULL);
    if (!step->loops->all_finite(N, instance->y))
        step->finite = false;
}

static void activation_backward(struct layer_instance *instance, struct step *step)
{
    if (instance->pool) {
        pooled_backward(instance, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&instance->layer->out);
    layer_function_backward(instance, step, N, instance->gy, instance->workspace + N);
    if (!instance->gx)
        return;
    if (!instance->over_input)
        memcpy(instance->gx, instance->gy, (size_t)N * sizeof *instance->gx);
    step->loops->multiply_slopes(N, instance->workspace, instance->gx);
}

static void activation_snapshot(const struct layer_instance *instance, const struct step *step)
{
    snapshot_observe(step->snapshot, instance, step, 0, step->B * shape_positions(&instance->layer->in), instance->x);
}

const struct layer_kind layer_activation = {
    .type = "activation",
    .prefix = "act",
    .summary = "An activation function, for every number.",
    .settings = settings,
    .in_place = true,
    .slot = true,
    .tensors = layer_function_tensor,
    .workspace = activation_workspace,
    .measure_workspace = activation_measure_workspace,
    .propagate = activation_propagate,
    .forward = activation_forward,
    .backward = activation_backward,
    .snapshot = activation_snapshot,
    .does_pool = true,
};
