/* Dropout (Srivastava et al. 2014): in training every number becomes 0 with probability `rate`, and the
 * others grow by 1 / (1 - rate), so that measuring needs nothing. The mask is drawn from the trainer's
 * stream in the order of the numbers, 16 bits for each: the same for every candidate. */
#include "loops/array.h"
#include "nn/step_internal.h"
#include "rng/rng.h"

#include <math.h>
#include <string.h>

enum { STEPS = 1 << 16, DRAWS = 4 };

struct dropout_options {
    double rate;
};

static const struct setting settings[] = {
    {"rate", SETTING_NUMBER(struct dropout_options, rate, 0, 0.99), .usual = 0.5, .means = "the share that becomes 0"},
    {0}};

static double rate_of(const struct layer *layer)
{
    const struct dropout_options *options = layer->options;
    return options->rate;
}

static ptrdiff_t dropout_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return B * shape_elements(&instance->layer->out);
}

static void dropout_propagate(const struct layer *layer, const struct candidate *candidate,
                              struct value_moments *moments)
{
    (void)candidate;
    double rate = rate_of(layer);
    moments->variance += rate / (1 - rate) * (moments->mean * moments->mean + moments->variance);
}

static void draw_mask(double rate, struct rng *rng, ptrdiff_t N, float *mask)
{
    uint32_t dropped = (uint32_t)lround(rate * STEPS);
    float kept = (float)(STEPS / (double)(STEPS - dropped));
    for (ptrdiff_t i = 0; i < N; i += DRAWS) {
        uint64_t bits = rng_next(rng);
        for (ptrdiff_t j = i; j < N && j < i + DRAWS; j++, bits >>= 16)
            mask[j] = (bits & (STEPS - 1)) < dropped ? 0 : kept;
    }
}

static void dropout_forward(struct layer_instance *instance, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&instance->layer->in);
    if (!instance->over_input)
        memcpy(instance->y, instance->x, (size_t)N * sizeof *instance->y);
    if (!step->training)
        return;
    draw_mask(step->snapshot ? 0 : rate_of(instance->layer), step->rng, N, instance->workspace);
    step->loops->multiply(N, instance->workspace, instance->y);
}

static void dropout_backward(struct layer_instance *instance, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&instance->layer->in);
    if (!instance->gx)
        return;
    if (!instance->over_input)
        memcpy(instance->gx, instance->gy, (size_t)N * sizeof *instance->gx);
    step->loops->multiply(N, instance->workspace, instance->gx);
}

const struct layer_kind layer_dropout = {
    .type = "dropout",
    .prefix = "dropout",
    .summary = "In training, numbers at random become 0 and the others grow to make up for it.",
    .settings = settings,
    .options = sizeof(struct dropout_options),
    .in_place = true,
    .workspace = dropout_workspace,
    .propagate = dropout_propagate,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
