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

static ptrdiff_t activation_workspace(const struct layer_instance *run, ptrdiff_t B)
{
    if (run->pool)
        return pooled_workspace(run, B);
    return (1 + run->P) * B * shape_elements(&run->layer->out);
}

static ptrdiff_t activation_measure_workspace(const struct layer_instance *run, ptrdiff_t B)
{
    (void)B;
    return run->pool ? pooled_scratch(run->pool->layer) : 0;
}

static void activation_propagate(const struct layer *layer, const struct candidate *candidate,
                                 struct value_moments *moments)
{
    struct tree f = layer_function(layer, candidate);
    struct moments m = moments_normal(&f, NULL, 0, moments->mean, moments->variance);
    moments->mean = m.mean;
    moments->variance = m.square - m.mean * m.mean;
}

static void activation_forward(struct layer_instance *run, struct step *step)
{
    if (run->pool) {
        pooled_forward(run, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    float *dp[TREE_PARAMETERS];
    for (int j = 0; j < run->P; j++)
        dp[j] = run->workspace + (1 + j) * N;
    layer_function_run(run, step, 0, N, run->x, run->y, step->training ? run->workspace : NULL,
                       step->training ? dp : NULL);
    if (!step->loops->all_finite(N, run->y))
        step->finite = false;
}

static void activation_backward(struct layer_instance *run, struct step *step)
{
    if (run->pool) {
        pooled_backward(run, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    layer_function_backward(run, step, N, run->gy, run->workspace + N);
    if (!run->gx)
        return;
    if (!run->over_input)
        memcpy(run->gx, run->gy, (size_t)N * sizeof *run->gx);
    step->loops->multiply_slopes(N, run->workspace, run->gx);
}

static void activation_snapshot(const struct layer_instance *run, const struct step *step)
{
    snapshot_observe(step->snapshot, run, step, 0, step->B * shape_positions(&run->layer->in), run->x);
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
