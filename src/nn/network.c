#include "nn/network.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernel/tape.h"
#include "nn/nn_internal.h"
#include "rng/rng.h"

#include <stdio.h>
#include <string.h>

static const struct layer_kind *const kinds[] = {&layer_dense, &layer_activation};
static const struct loss_kind *const losses[] = {&loss_softmax_cross_entropy};

enum { KINDS = sizeof kinds / sizeof *kinds, LOSSES = sizeof losses / sizeof *losses };

ptrdiff_t shape_elements(const struct shape *shape)
{
    ptrdiff_t elements = 1;
    for (int i = 0; i < shape->rank; i++)
        elements *= shape->size[i];
    return elements;
}

/* The next layer of a network being read, with its kind, input shape and default name. */
static struct layer *append(struct network *network, const struct layer_kind *kind)
{
    struct layer *layer = &network->layer[network->layers];
    layer->kind = kind;
    layer->in = network->layers ? layer[-1].out : (struct shape){.rank = 1, .size = {network->features}};
    int place = 1;
    for (int l = 0; l < network->layers; l++)
        place += network->layer[l].kind == kind;
    snprintf(layer->name, sizeof layer->name, "%s%d", kind->prefix, place);
    network->layers++;
    return layer;
}

static int read_name(struct json json, struct layer *layer, struct error *err)
{
    const char *name = layer->name;
    int status = json_string_or(json, &name, err);
    if (status || name == layer->name)
        return status;
    if (!*name || strlen(name) >= sizeof layer->name)
        return json_fail(json, err, NULL, "a layer's name has 1 to %d bytes", NETWORK_NAME - 1);
    snprintf(layer->name, sizeof layer->name, "%s", name);
    return 0;
}

static int read_kind(struct json json, const struct layer_kind **kind, struct error *err)
{
    const char *types[KINDS + 1] = {NULL};
    int which = 0;
    for (int i = 0; i < KINDS; i++)
        types[i] = kinds[i]->type;
    int status = json_choice(json, types, &which, err);
    *kind = kinds[which];
    return status;
}

static int read_layer(struct json json, struct network *network, struct error *err)
{
    const struct layer_kind *kind = NULL;
    int status = json_object(json, err);
    if (!status)
        status = read_kind(json_member(&json, "type"), &kind, err);
    if (!status)
        status = json_only_keys(json, kind->keys, err);
    if (status)
        return status;
    struct layer *layer = append(network, kind);
    status = read_name(json_member(&json, "name"), layer, err);
    if (!status)
        status = layer->kind->read(json, network->classes, layer, err);
    for (int l = 0; !status && l < network->layers - 1; l++)
        if (strcmp(network->layer[l].name, layer->name) == 0)
            status =
                json_fail(json, err, "give one of them another \"name\"", "two layers are called \"%s\"", layer->name);
    return status;
}

static int make_room(struct network *network, int layers, struct error *err)
{
    network->layer = memory_zeroed((size_t)layers, sizeof *network->layer);
    return network->layer ? 0 : memory_error(err, "the network's layers");
}

static int read_layers(struct json json, struct network *network, struct error *err)
{
    int status = json_array(json, 1, NETWORK_LAYERS, err);
    if (!status)
        status = make_room(network, json_length(json), err);
    for (int i = 0; !status && i < json_length(json); i++)
        status = read_layer(json_item(&json, i), network, err);
    if (status)
        return status;
    struct layer *last = &network->layer[network->layers - 1];
    struct json place = json_item(&json, network->layers - 1);
    if (shape_elements(&last->out) != network->classes)
        return json_fail(place, err, "end with {\"type\": \"dense\", \"units\": \"classes\"}",
                         "the last layer, %s, gives %td numbers, but the data have %d classes", last->name,
                         shape_elements(&last->out), network->classes);
    for (int l = 0; l < network->layers; l++)
        if (network->layer[l].kind == &layer_activation && !network->layer[l].tree.count)
            return 0;
    return json_fail(json, err, "leave \"function\" out of at least one activation layer",
                     "no layer is open for the candidate");
}

static void append_dense(struct network *network, ptrdiff_t units)
{
    struct layer *layer = append(network, &layer_dense);
    layer->out = (struct shape){.rank = 1, .size = {units}};
}

static int read_mlp(struct json json, struct network *network, struct error *err)
{
    int status = json_array(json, 1, (NETWORK_LAYERS - 1) / 2, err);
    if (!status)
        status = make_room(network, 2 * json_length(json) + 1, err);
    for (int i = 0; !status && i < json_length(json); i++) {
        int64_t units = 0;
        status = json_integer(json_item(&json, i), 1, NETWORK_WIDTH, &units, err);
        if (status)
            return status;
        append_dense(network, (ptrdiff_t)units);
        struct layer *activation = append(network, &layer_activation);
        activation->out = activation->in;
    }
    if (!status)
        append_dense(network, network->classes);
    return status;
}

static int read_loss(struct json json, const struct loss_kind **loss, struct error *err)
{
    const char *names[LOSSES + 1] = {NULL};
    int which = 0;
    for (int i = 0; i < LOSSES; i++)
        names[i] = losses[i]->name;
    int status = json_exists(json) ? json_choice(json, names, &which, err) : 0;
    *loss = losses[which];
    return status;
}

static int read_network(struct json json, struct network *network, struct error *err)
{
    static const char *const keys[] = {"layers", "mlp", "loss", NULL};
    int status = json_only_keys(json, keys, err);
    if (status)
        return status;
    struct json layers = json_member(&json, "layers"), mlp = json_member(&json, "mlp");
    if (json_exists(layers) == json_exists(mlp))
        return json_fail(json, err, "write {\"mlp\": [128, 64]} or {\"layers\": [...]}",
                         "a network has either \"layers\" or \"mlp\"");
    status = read_loss(json_member(&json, "loss"), &network->loss, err);
    if (status)
        return status;
    return json_exists(mlp) ? read_mlp(mlp, network, err) : read_layers(layers, network, err);
}

int network_read(struct json json, ptrdiff_t features, int classes, struct network **network, struct error *err)
{
    ALWAYS(features > 0 && classes > 0);
    *network = NULL;
    struct network *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "the network");
    result->features = features;
    result->classes = classes;
    int status = read_network(json, result, err);
    if (status)
        network_free(result);
    else
        *network = result;
    return status;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    for (int l = 0; l < network->layers; l++)
        tape_free(network->layer[l].tape);
    memory_free(network->layer);
    memory_free(network);
}

ptrdiff_t network_features(const struct network *network)
{
    return network->features;
}

int network_classes(const struct network *network)
{
    return network->classes;
}

int network_activations(const struct network *network)
{
    int count = 0;
    for (int l = 0; l < network->layers; l++)
        count += network->layer[l].kind == &layer_activation;
    return count;
}

const char *network_activation_name(const struct network *network, int i)
{
    for (int l = 0; l < network->layers; l++)
        if (network->layer[l].kind == &layer_activation && i-- == 0)
            return network->layer[l].name;
    return NULL;
}

/* Counts the numbers in tensors of weights (fan_in above 0) or in all, activations aside. */
static ptrdiff_t count_numbers(const struct network *network, bool drawn_only)
{
    ptrdiff_t count = 0;
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        struct layer_run run = {.layer = layer};
        if (layer->kind == &layer_activation)
            continue;
        layer->kind->tensors(layer, NULL, &run);
        for (int t = 0; t < run.tensors; t++)
            if (!drawn_only || run.tensor[t].fan_in)
                count += run.tensor[t].count;
    }
    return count;
}

ptrdiff_t network_parameters(const struct network *network)
{
    return count_numbers(network, false);
}

ptrdiff_t network_draws(const struct network *network)
{
    return count_numbers(network, true);
}

void network_draw(const struct network *network, struct rng *rng, float *z)
{
    ptrdiff_t draws = network_draws(network);
    for (ptrdiff_t i = 0; i < draws; i++)
        z[i] = (float)rng_normal(rng);
}

void network_normal_form(const struct network *network, struct text *out)
{
    text_add(out, "{\"layers\":[");
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        text_addf(out, "%s{\"type\":\"%s\",\"name\":", l ? "," : "", layer->kind->type);
        json_quote(layer->name, out);
        layer->kind->normal_form(layer, out);
        text_add_char(out, '}');
    }
    text_addf(out, "],\"loss\":\"%s\"}", network->loss->name);
}

void network_describe(const struct network *network, struct text *out)
{
    int slots = 0;
    text_addf(out, "%td", network->features);
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        if (layer->kind == &layer_activation)
            slots += !layer->tree.count;
        else
            text_addf(out, "-%td", shape_elements(&layer->out));
    }
    text_addf(out, ", %td parameters, %d activation slot%s", network_parameters(network), slots, slots == 1 ? "" : "s");
}
