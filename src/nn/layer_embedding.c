/* Embedding: every token number of a text becomes a learned vector, y[b][t] = W[x[b][t]], and with "positions"
 * a learned vector of the place t is added. W: (tokens, channels), positions: (steps, channels).
 *
 * Whatever the scheme of initialisation, both are drawn with deviation 1 (as PyTorch does): a token picks a row,
 * and sums nothing, so no fan-in divides it. */
#include "base/error.h"
#include "loops/array.h"
#include "loops/channel.h"
#include "nn/embedding_internal.h"
#include "nn/network_internal.h"
#include "nn/step_internal.h"

#include <string.h>

enum { WEIGHT, POSITIONS };

static const struct setting settings[] = {{"channels", LAYER_CHANNELS, .means = "numbers of a vector"},
                                          {"positions", SETTING_BOOL(struct embedding_options, positions),
                                           .means = "a learned vector of the place is added, which attention wants"},
                                          {0}};

static int embedding_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    struct embedding_options *options = layer->options;
    char shape[SHAPE_TEXT];
    if (layer->from != LAYER_INPUT)
        return json_fail(json, err, "make it the first layer, or write \"from\": \"input\"",
                         "%s turns the symbols of a text into vectors, but its source is the layer %s, which gives %s",
                         layer->name, network->layer[layer->from].name, shape_text(&layer->in, shape));
    if (network->data.tokens == 0)
        return json_fail(json, err, "leave it out, or give the experiment a text",
                         "%s turns the symbols of a text into vectors, but the data are numbers, %s", layer->name,
                         shape_text(&layer->in, shape));
    options->tokens = network->data.tokens;
    return 0;
}

static void embedding_tensors(const struct layer *layer, const struct candidate *candidate,
                              struct layer_instance *instance)
{
    (void)candidate;
    const struct embedding_options *options = layer->options;
    ptrdiff_t T = shape_positions(&layer->out), C = shape_channels(&layer->out), V = options->tokens;
    instance->tensors = options->positions ? 2 : 1;
    instance->tensor[WEIGHT] =
        (struct tensor){.name = "weight", .count = V * C, .fan_in = V, .fan_out = C, .deviation = 1};
    if (options->positions)
        instance->tensor[POSITIONS] =
            (struct tensor){.name = "positions", .count = T * C, .fan_in = T, .fan_out = C, .deviation = 1};
}

static void embedding_propagate(const struct layer *layer, const struct candidate *candidate,
                                struct value_moments *moments)
{
    (void)candidate;
    const struct embedding_options *options = layer->options;
    *moments = (struct value_moments){.mean = 0, .variance = options->positions ? 2 : 1};
}

/* Where the token's vector begins. Another number than a token would read foreign memory. */
static ptrdiff_t row_of(const struct layer *layer, float token)
{
    const struct embedding_options *options = layer->options;
    ALWAYS(token >= 0 && token < (float)options->tokens);
    return (ptrdiff_t)token * shape_channels(&layer->out);
}

static void embedding_forward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    const struct embedding_options *options = layer->options;
    ptrdiff_t R = step->B * shape_positions(&layer->out), C = shape_channels(&layer->out);
    for (ptrdiff_t r = 0; r < R; r++)
        memcpy(instance->y + r * C, instance->values[WEIGHT] + row_of(layer, instance->x[r]),
               (size_t)C * sizeof *instance->y);
    ptrdiff_t E = shape_elements(&layer->out);
    for (ptrdiff_t b = 0; options->positions && b < step->B; b++)
        step->loops->add(E, instance->values[POSITIONS], instance->y + b * E);
}

/* Sums in the order of the positions of the batch. The input has no gradient. */
static void embedding_backward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    const struct embedding_options *options = layer->options;
    ptrdiff_t R = step->B * shape_positions(&layer->out), C = shape_channels(&layer->out);
    memset(instance->gradient[WEIGHT], 0, (size_t)(options->tokens * C) * sizeof(float));
    for (ptrdiff_t r = 0; r < R; r++)
        step->loops->add(C, instance->gy + r * C, instance->gradient[WEIGHT] + row_of(layer, instance->x[r]));
    if (options->positions)
        step->channels->column_sums(step->B, shape_elements(&layer->out), instance->gy, instance->gradient[POSITIONS]);
}

const struct layer_kind layer_embedding = {
    .type = "embedding",
    .prefix = "embedding",
    .summary = "The symbols of a text to learned vectors; it reads the input.",
    .settings = settings,
    .options = sizeof(struct embedding_options),
    .fit = embedding_fit,
    .tensors = embedding_tensors,
    .propagate = embedding_propagate,
    .forward = embedding_forward,
    .backward = embedding_backward,
};
