#include "nn/init.h"

#include "nn/nn_internal.h"

#include <math.h>

const char *const init_names[] = {"he", "xavier", "auto", NULL};

/* Below it a function is as good as constant 0, and weights scaled up by its inverse would overflow. */
static const double smallest_square = 1e-24;

static double variance_of(enum init init, const struct tensor *tensor, const struct spread *input)
{
    double fan_in = (double)tensor->fan_in, fan_out = (double)tensor->fan_out;
    double square = input->mean * input->mean + input->variance;
    if (init == INIT_XAVIER)
        return 2 / (fan_in + fan_out);
    if (init == INIT_AUTO && isfinite(square) && square >= smallest_square)
        return 1 / (fan_in * square);
    return 2 / fan_in;
}

/* Moments that a normal distribution can have; an activation behind a hopeless one sees the standard one. */
static bool is_usable(const struct spread *spread)
{
    return isfinite(spread->mean) && isfinite(spread->variance) && spread->variance > 0;
}

void init_deviations(const struct network *network, const struct tree *candidate, enum init init, double input_square,
                     double *deviation)
{
    struct spread spread = {.mean = 0, .variance = input_square};
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        struct layer_run run = {.layer = layer};
        layer->kind->tensors(layer, candidate, &run);
        deviation[l] = 0;
        for (int t = 0; t < run.tensors; t++)
            if (run.tensor[t].fan_in)
                deviation[l] = sqrt(variance_of(init, &run.tensor[t], &spread));
        if (init != INIT_AUTO)
            continue;
        if (!is_usable(&spread))
            spread = (struct spread){.mean = 0, .variance = 1};
        layer->kind->follow(layer, candidate, &spread);
    }
}
