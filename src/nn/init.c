#include "nn/init.h"

#include "nn/init_internal.h"
#include "nn/network_internal.h"
#include "nn/step_internal.h"

#include <math.h>

const char *const init_names[] = {"he", "xavier", "auto", NULL};

/* Below it a function is as good as constant 0, and weights scaled up by its inverse would overflow. */
static const double smallest_square = 1e-24;

static double variance_of(enum init init, const struct tensor *tensor, const struct value_moments *input)
{
    double fan_in = (double)tensor->fan_in, fan_out = (double)tensor->fan_out;
    double square = tensor->square != 0 ? tensor->square : input->mean * input->mean + input->variance;
    if (tensor->deviation > 0)
        return tensor->deviation * tensor->deviation;
    if (init == INIT_XAVIER)
        return 2 / (fan_in + fan_out);
    if (init == INIT_AUTO && isfinite(square) && square >= smallest_square)
        return 1 / (fan_in * square * (tensor->terms ? tensor->terms : 1));
    return 2 / fan_in;
}

/* Moments that a normal distribution can have; an activation behind a hopeless one sees the standard one. */
static bool is_usable(const struct value_moments *moments)
{
    return isfinite(moments->mean) && isfinite(moments->variance) && moments->variance > 0;
}

/* What a layer's input looks like; the two values of a sum count as independent. */
static struct value_moments moments_of_input(const struct layer *layer, const struct value_moments *input,
                                             const struct value_moments *after)
{
    struct value_moments moments = layer->from == LAYER_INPUT ? *input : after[layer->from];
    if (layer->kind->joins) {
        const struct value_moments *with = layer->with == LAYER_INPUT ? input : &after[layer->with];
        moments.mean += with->mean;
        moments.variance += with->variance;
    }
    return moments;
}

void init_deviations(const struct network *network, const struct candidate *candidate, enum init init,
                     double input_square, double (*deviation)[LAYER_TENSORS])
{
    const struct value_moments input = {.mean = 0, .variance = input_square};
    struct value_moments after[NETWORK_LAYERS];
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        struct layer_instance instance = {.layer = layer};
        struct value_moments moments = init == INIT_AUTO ? moments_of_input(layer, &input, after) : input;
        if (layer->kind->tensors)
            layer->kind->tensors(layer, candidate, &instance);
        for (int t = 0; t < LAYER_TENSORS; t++)
            deviation[l][t] = instance.tensor[t].fan_in ? sqrt(variance_of(init, &instance.tensor[t], &moments)) : 0;
        if (init == INIT_AUTO && layer->kind->propagate) {
            if (!is_usable(&moments))
                moments = (struct value_moments){.mean = 0, .variance = 1};
            layer->kind->propagate(layer, candidate, &moments);
        }
        after[l] = moments;
    }
}
