#include "nn/network.h"

#include "base/memory.h"
#include "base/text.h"
#include "nn/network_internal.h"
#include "nn/slot_internal.h"
#include "rng/rng.h"

#include <math.h>

const char *const parameter_set_names[] = {
    [PARAMETERS_LAYER] = "layer", [PARAMETERS_CHANNEL] = "channel", [PARAMETERS_SHARED] = "shared", NULL};

void network_free(struct network *network)
{
    if (!network)
        return;
    for (int l = 0; l < network->layers; l++) {
        struct layer *layer = &network->layer[l];
        if (layer->options && layer->kind->forget)
            layer->kind->forget(layer);
        memory_free(layer->options);
        fixed_function_free(layer->fixed);
    }
    memory_free(network->layer);
    memory_free(network);
}

ptrdiff_t network_features(const struct network *network)
{
    return shape_elements(&network->input);
}

int network_classes(const struct network *network)
{
    return network->data.classes;
}

ptrdiff_t network_targets(const struct network *network)
{
    return network->data.targets;
}

int network_outputs(const struct network *network)
{
    return network->outputs;
}

double network_guessing_loss(const struct network *network)
{
    return network->loss.kind->numbers ? 1 : log(network->data.classes);
}

int layer_readers(const struct network *network, int source)
{
    int readers = 0;
    for (int l = 0; source == LAYER_INPUT && l < network->layers; l++)
        readers +=
            (network->layer[l].from == source) + (network->layer[l].kind->joins && network->layer[l].with == source);
    return source == LAYER_INPUT ? readers : network->layer[source].readers;
}

int network_byte_layer(const struct network *network)
{
    int reader = LAYER_INPUT, l = 0;
    for (; l < network->layers && network->layer[l].kind->reshapes && network->layer[l].from == reader; l++)
        reader = l;
    const struct layer *layer = &network->layer[l];
    bool fits =
        l < network->layers && layer->kind->takes_bytes && layer->kind->takes_bytes(layer) && layer->from == reader;
    for (int source = LAYER_INPUT; fits && source < l; source++)
        fits = layer_readers(network, source) == 1;
    return fits ? l : -1;
}

bool network_can_take_bytes(const struct network *network)
{
    return network_byte_layer(network) >= 0;
}

ptrdiff_t network_measure_rows(const struct network *network)
{
    enum { MOST = 256, LEAST = 16, FLOATS = 1 << 20 };
    ptrdiff_t floats = shape_elements(&network->input), rows = MOST;
    for (int l = 0; l < network->layers; l++)
        floats += shape_elements(&network->layer[l].out);
    while (rows > LEAST && rows * floats > FLOATS)
        rows /= 2;
    return rows;
}

int network_functions(const struct network *network)
{
    int functions = 0;
    for (int l = 0; l < network->layers; l++)
        if (layer_is_open(&network->layer[l]) && network->layer[l].slot >= functions)
            functions = network->layer[l].slot + 1;
    return functions;
}

int network_activations(const struct network *network)
{
    int count = 0;
    for (int l = 0; l < network->layers; l++)
        count += network->layer[l].kind->slot;
    return count;
}

const char *network_activation_name(const struct network *network, int i)
{
    for (int l = 0; l < network->layers; l++)
        if (network->layer[l].kind->slot && i-- == 0)
            return network->layer[l].name;
    return NULL;
}

/* Counts the numbers in a layer's tensors, of weights alone (fan_in above 0) or of all but a function's parameters. */
static ptrdiff_t count_of_layer(const struct layer *layer, bool drawn_only)
{
    ptrdiff_t count = 0;
    struct layer_instance instance = {.layer = layer};
    if (layer->kind->tensors)
        layer->kind->tensors(layer, NULL, &instance);
    for (int t = 0; t < instance.tensors; t++)
        if (drawn_only ? instance.tensor[t].fan_in > 0
                       : !instance.tensor[t].buffer && !(instance.P && t == instance.function))
            count += instance.tensor[t].count;
    return count;
}

static ptrdiff_t count_numbers(const struct network *network, bool drawn_only)
{
    ptrdiff_t count = 0;
    for (int l = 0; l < network->layers; l++)
        count += count_of_layer(&network->layer[l], drawn_only);
    return count;
}

ptrdiff_t network_parameters(const struct network *network)
{
    return count_numbers(network, false);
}

ptrdiff_t network_random_weights(const struct network *network)
{
    return count_numbers(network, true);
}

void network_draw_weights(const struct network *network, struct rng *rng, float *z)
{
    ptrdiff_t count = network_random_weights(network);
    for (ptrdiff_t i = 0; i < count; i++)
        z[i] = (float)rng_normal(rng);
}

/* Layers with weights, whatever their shape, and those that change it. What leaves the chain of layers and comes back,
   the shortcut of a residual block, is in parentheses. */
static void describe_layers(const struct network *network, struct text *out)
{
    char shape[SHAPE_TEXT];
    bool aside = false;
    text_add(out, shape_text(&network->input, shape));
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        aside = (aside || layer->from != l - 1) && !layer->kind->joins;
        bool changes = !layer->kind->reshapes && !shape_equal(&layer->in, &layer->out);
        if (changes || count_of_layer(layer, true) > 0)
            text_addf(out, aside ? "-(%s)" : "-%s", shape_text(&layer->out, shape));
    }
}

void network_describe(const struct network *network, struct text *out)
{
    int slots = 0;
    for (int l = 0; l < network->layers; l++)
        slots += layer_is_open(&network->layer[l]);
    describe_layers(network, out);
    text_addf(out, ", %td parameters, %d activation slot%s", network_parameters(network), slots, slots == 1 ? "" : "s");
    if (network->parameters == PARAMETERS_CHANNEL)
        text_add(out, ", learned parameters for each channel");
    else if (network->parameters == PARAMETERS_SHARED)
        text_add(out, ", learned parameters shared by the slots");
}
