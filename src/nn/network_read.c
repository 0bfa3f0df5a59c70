/* The reader of network descriptions, and their normal form. Nested residual branches become a plain list of layers in
 * which every layer names its source:
 *
 *   network  = { "layers": [ entry, ... ] | "mlp": [ units, ... ], "loss": loss, "parameters": sets }
 *   entry    = { "type": KIND, "name": NAME, "from": NAME, ...the kind's own keys }
 *            | { "type": "residual", "layers": [ entry, ... ], "shortcut": [ entry, ... ] } */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "nn/network.h"
#include "nn/network_internal.h"
#include "nn/slot_internal.h"

#include <stdio.h>
#include <string.h>

const struct layer_kind *const layer_kinds[] = {
#define LAYER(name) &layer_##name,
#include "nn/layers.def"
#undef LAYER
    NULL};
enum { KINDS = sizeof layer_kinds / sizeof *layer_kinds - 1 };
static const char residual[] = "residual";

static const struct shape *shape_of(const struct network *network, int source)
{
    return source == LAYER_INPUT ? &network->input : &network->layer[source].out;
}

/* Appends a layer that reads the value of `from`. */
static struct layer *append(struct network *network, const struct layer_kind *kind, int from)
{
    struct layer *layer = &network->layer[network->layers];
    layer->kind = kind;
    layer->from = layer->with = from;
    layer->in = *shape_of(network, from);
    layer->out = layer->in;
    int place = 1;
    for (int l = 0; l < network->layers; l++)
        place += strcmp(network->layer[l].kind->prefix, kind->prefix) == 0;
    snprintf(layer->name, sizeof layer->name, "%s%d", kind->prefix, place);
    network->layers++;
    return layer;
}

static int read_name(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    const char *name = layer->name;
    struct json member = json_member(&json, "name");
    int status = json_string_or(member, &name, err);
    if (status)
        return status;
    if (!*name || strlen(name) >= sizeof layer->name)
        return json_fail(member, err, NULL, "a layer's name has 1 to %d bytes", NETWORK_NAME - 1);
    if (strcmp(name, "input") == 0)
        return json_fail(member, err, NULL, "\"input\" is the network's input; a layer has another name");
    if (name != layer->name)
        snprintf(layer->name, sizeof layer->name, "%s", name);
    for (int l = 0; l < network->layers - 1; l++)
        if (strcmp(network->layer[l].name, layer->name) == 0)
            return json_fail(json, err, "give one of them another \"name\"", "two layers are called \"%s\"",
                             layer->name);
    return 0;
}

/* The layer that a key names; *source stays when the key is absent. */
static int read_source(struct json member, const struct network *network, int *source, struct error *err)
{
    const char *name = NULL;
    int status = json_string_or(member, &name, err);
    if (status || !name)
        return status;
    *source = LAYER_INPUT;
    if (strcmp(name, "input") == 0)
        return 0;
    for (int l = 0; l < network->layers; l++)
        if (strcmp(network->layer[l].name, name) == 0) {
            *source = l;
            return 0;
        }
    return json_fail(member, err, "name a layer that stands before this one, or \"input\"", "there is no layer \"%s\"",
                     name);
}

static int read_kind(struct json json, const struct layer_kind **kind, struct error *err)
{
    const char *types[KINDS + 2] = {NULL};
    int which = 0;
    for (int i = 0; i < KINDS; i++)
        types[i] = layer_kinds[i]->type;
    types[KINDS] = residual;
    int status = json_choice(json, types, &which, err);
    *kind = layer_kinds[which]; /* NULL for a residual block */
    return status;
}

static const struct setting common[] = {
    {"type", SETTING_ELSEWHERE, .form = "a kind of layer", .required = true},
    {"name", SETTING_ELSEWHERE, .form = "a string", .by = "the kind and the place among its like, such as dense2"},
    {"from", SETTING_ELSEWHERE, .form = "the name of a layer before this one, or \"input\"", .by = "the layer before",
     .means = "whose value it reads"},
    {0}};
static const struct setting joining[] = {{"with", SETTING_ELSEWHERE, .form = "the name of a layer, or \"input\"",
                                          .required = true, .means = "whose value is added"},
                                         {0}};

/* Which values it reads. */
static int read_sources(struct json json, const struct layer_kind *kind, const struct network *network, int *source,
                        int *with, struct error *err)
{
    struct json member = json_member(&json, "with");
    const char *name = NULL;
    int status = read_source(json_member(&json, "from"), network, source, err);
    *with = *source;
    if (status || !kind->joins)
        return status;
    status = json_string(member, &name, err);
    return status ? status : read_source(member, network, with, err);
}

static int read_layer(struct json json, const struct layer_kind *kind, struct network *network, int *source,
                      struct error *err)
{
    const struct settings_part parts[] = {
        {common, NULL, false}, {kind->joins ? joining : NULL, NULL, false}, {kind->settings, NULL, true}};
    int with;
    int status = settings_known(json, parts, err);
    if (!status)
        status = read_sources(json, kind, network, source, &with, err);
    if (status)
        return status;
    struct layer *layer = append(network, kind, *source);
    layer->with = with;
    if (kind->options)
        layer->options = memory_zeroed(1, kind->options);
    if (kind->options && !layer->options)
        return memory_error(err, "the network's layers");
    settings_reset(kind->settings, layer->options);
    status = read_name(json, network, layer, err);
    if (!status)
        status = layer_check_input(json, layer, err);
    if (!status)
        status = settings_read(json, SETTINGS(kind->settings, layer->options), layer, err);
    if (!status && kind->fit)
        status = kind->fit(json, network, layer, err);
    *source = network->layers - 1;
    return status;
}

/* The sum of two branches, which must have one shape. */
static int join(struct json json, struct network *network, int *source, int with, struct error *err)
{
    struct layer *layer = append(network, &layer_add, *source);
    layer->with = with;
    *source = network->layers - 1;
    return layer_add.fit(json, network, layer, err);
}

static int read_list(struct json json, struct network *network, int *source, struct error *err);

static const struct setting branches[] = {
    {"type", SETTING_ELSEWHERE, .form = "\"residual\"", .required = true},
    {"layers", SETTING_ELSEWHERE, .form = "an array of layers", .required = true, .means = "the branch"},
    {"shortcut", SETTING_ELSEWHERE, .form = "an array of layers", .by = "none",
     .means = "what the input goes through before the branch is added"},
    {0}};

static int read_residual(struct json json, struct network *network, int *source, struct error *err)
{
    struct json shortcut = json_member(&json, "shortcut");
    int with = *source;
    int status = settings_known(json, SETTINGS(branches, NULL), err);
    if (!status)
        status = read_list(json_member(&json, "layers"), network, source, err);
    if (!status && json_exists(shortcut))
        status = read_list(shortcut, network, &with, err);
    return status ? status : join(json, network, source, with, err);
}

static int read_entry(struct json json, struct network *network, int *source, struct error *err)
{
    const struct layer_kind *kind = NULL;
    int status = json_object(json, err);
    if (!status)
        status = read_kind(json_member(&json, "type"), &kind, err);
    if (status)
        return status;
    return kind ? read_layer(json, kind, network, source, err) : read_residual(json, network, source, err);
}

/* Layers that follow one another, the first reading *source; *source becomes the last. */
static int read_list(struct json json, struct network *network, int *source, struct error *err)
{
    int status = json_array(json, 1, NETWORK_LAYERS, err);
    for (int i = 0; !status && i < json_length(json); i++)
        status = read_entry(json_item(&json, i), network, source, err);
    return status;
}

/* An upper bound of the layers that a list becomes. */
static int count_layers(struct json list)
{
    int count = json_length(list);
    for (int i = 0; i < json_length(list) && count <= NETWORK_LAYERS; i++) {
        struct json entry = json_item(&list, i);
        if (json_is_object(entry))
            count += count_layers(json_member(&entry, "layers")) + count_layers(json_member(&entry, "shortcut"));
    }
    return count;
}

static int make_room(struct json json, struct network *network, int layers, struct error *err)
{
    if (layers > NETWORK_LAYERS)
        return json_fail(json, err, NULL, "more than %d layers", NETWORK_LAYERS);
    network->layer = memory_zeroed((size_t)layers, sizeof *network->layer);
    return network->layer ? 0 : memory_error(err, "the network's layers");
}

/* What the data want of the last layer: `outputs` numbers for each target. */
static int check_last(struct json place, const struct network *network, struct error *err)
{
    const struct layer *last = &network->layer[network->layers - 1];
    const struct data_shape *data = &network->data;
    char shape[SHAPE_TEXT], targets[64] = "";
    if (data->targets > 1)
        snprintf(targets, sizeof targets, " for each of %td steps", data->targets);
    if (shape_elements(&last->out) == network->outputs * data->targets &&
        shape_channels(&last->out) == network->outputs)
        return 0;
    return json_fail(place, err, "end with {\"type\": \"dense\", \"units\": \"outputs\"}",
                     "the last layer, %s, gives %s, but the data and the loss want %d output%s%s", last->name,
                     shape_text(&last->out, shape), network->outputs, network->outputs == 1 ? "" : "s", targets);
}

static int read_layers(struct json json, struct network *network, struct error *err)
{
    int source = LAYER_INPUT;
    int status = json_array(json, 1, NETWORK_LAYERS, err);
    if (!status)
        status = make_room(json, network, count_layers(json), err);
    if (!status)
        status = read_list(json, network, &source, err);
    if (!status)
        status = check_last(json_item(&json, json_length(json) - 1), network, err);
    if (status)
        return status;
    for (int l = 0; l < network->layers; l++)
        if (layer_is_open(&network->layer[l]))
            return 0;
    return json_fail(json, err, "leave \"function\" out of at least one activation or recurrent layer",
                     "no layer is open for the candidate");
}

static void append_dense(struct network *network, ptrdiff_t units)
{
    struct layer *layer = append(network, &layer_dense, network->layers - 1);
    layer->out = (struct shape){.rank = 1, .size = {units}};
}

static int read_mlp(struct json json, struct network *network, struct error *err)
{
    int status = json_array(json, 1, (NETWORK_LAYERS - 2) / 2, err);
    if (!status && network->data.targets > 1)
        status = json_fail(json, err, "describe the network by \"layers\"", "an mlp gives one answer, not a sequence");
    if (!status)
        status = make_room(json, network, 2 * json_length(json) + 2, err);
    if (!status && network->input.rank > 1) {
        struct layer *flatten = append(network, &layer_flatten, LAYER_INPUT);
        flatten->out = (struct shape){.rank = 1, .size = {shape_elements(&flatten->in)}};
    }
    for (int i = 0; !status && i < json_length(json); i++) {
        int64_t units = 0;
        status = json_integer(json_item(&json, i), 1, NETWORK_WIDTH, &units, err);
        if (status)
            return status;
        append_dense(network, (ptrdiff_t)units);
        append(network, &layer_activation, network->layers - 1);
    }
    if (!status)
        append_dense(network, network->outputs);
    return status;
}

/* ---- the whole */

static const char *name_of(const struct network *network, int source)
{
    return source == LAYER_INPUT ? "input" : network->layer[source].name;
}

static void layers_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    const struct network *network = object;
    text_add_char(out, '[');
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        text_addf(out, "%s{\"type\":\"%s\",\"name\":", l ? "," : "", layer->kind->type);
        json_quote(layer->name, out);
        if (layer->from != l - 1) {
            text_add(out, ",\"from\":");
            json_quote(name_of(network, layer->from), out);
        }
        if (layer->kind->joins) {
            text_add(out, ",\"with\":");
            json_quote(name_of(network, layer->with), out);
        }
        settings_write(SETTINGS(layer->kind->settings, layer->options), layer, out);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}
/* Read when all else is: what the last layer must give follows from the loss. */
static const struct setting_type layers_type = {.form = "an array of layers", .write = layers_write};

static const struct setting members[] = {
    {"layers", SETTING_OWN(struct network, layer, layers_type), .by = "",
     .means = "each reads the value of the one before; see below"},
    {"mlp", SETTING_ELSEWHERE, .form = "an array of integers from 1 to 1048576", .by = "",
     .means = "instead of \"layers\": dense layers of so many units, each with an activation behind it, and a dense "
              "layer with the outputs"},
    {"loss", SETTING_OWN(struct network, loss, loss_setting), .by = "the first that fits the data",
     .means = "see below"},
    {"parameters", SETTING_CHOICE(struct network, parameters), .names = parameter_set_names,
     .means =
         "who has a set of its own of the parameters that functions learn: each layer, each channel of each layer, "
         "or all layers with one function of the candidate together"},
    {0}};

void network_normal_form(const struct network *network, struct text *out)
{
    settings_write_object(SETTINGS(members, (void *)network), NULL, out);
}

/* Of those that share, the first open one of a slot's number. */
void network_find_owners(struct network *network)
{
    const struct layer *first[CANDIDATE_FUNCTIONS] = {NULL};
    for (int l = 0; l < network->layers; l++) {
        struct layer *layer = &network->layer[l];
        bool shares = network->parameters == PARAMETERS_SHARED && layer_is_open(layer);
        ALWAYS(layer->slot >= 0 && layer->slot < CANDIDATE_FUNCTIONS);
        if (shares && !first[layer->slot])
            first[layer->slot] = layer;
        layer->owner = shares ? first[layer->slot] : layer;
        layer->parameters =
            network->parameters == PARAMETERS_SHARED && !shares ? PARAMETERS_LAYER : network->parameters;
    }
}

static int read_network(struct json json, struct network *network, struct error *err)
{
    int status = settings_known(json, SETTINGS(members, network), err);
    if (status)
        return status;
    struct json layers = json_member(&json, "layers"), mlp = json_member(&json, "mlp");
    if (json_exists(layers) == json_exists(mlp))
        return json_fail(json, err, "write {\"mlp\": [128, 64]} or {\"layers\": [...]}",
                         "a network has either \"layers\" or \"mlp\"");
    status = settings_read(json, SETTINGS(members, network), NULL, err);
    if (status)
        return status;
    return json_exists(mlp) ? read_mlp(mlp, network, err) : read_layers(layers, network, err);
}

/* Also refuses layers that are of no use. */
static int count_readers(struct json json, struct network *network, struct error *err)
{
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        if (layer->from != LAYER_INPUT)
            network->layer[layer->from].readers++;
        if (layer->kind->joins && layer->with != LAYER_INPUT)
            network->layer[layer->with].readers++;
    }
    for (int l = 0; l < network->layers - 1; l++)
        if (!network->layer[l].readers)
            return json_fail(json, err, "let a later layer name it as its \"from\"", "nothing reads the value of %s",
                             network->layer[l].name);
    return 0;
}

int network_read(struct json json, const struct data_shape *data, struct network **network, struct error *err)
{
    ALWAYS(data->features > 0 && data->targets > 0);
    *network = NULL;
    struct network *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "the network");
    result->data = *data;
    result->input.rank = data->rank;
    for (int i = 0; i < data->rank; i++)
        result->input.size[i] = data->size[i];
    int status = json_object(json, err);
    if (!status)
        status = read_network(json, result, err);
    if (!status)
        status = count_readers(json, result, err);
    if (!status)
        network_find_owners(result);
    if (status)
        network_free(result);
    else
        *network = result;
    return status;
}

/* ---- help */

static bool layer_topic(int i, struct settings_topic *out)
{
    static const int kinds = (int)KINDS;
    if (i < kinds) {
        const struct layer_kind *kind = layer_kinds[i];
        *out = (struct settings_topic){
            .name = kind->type, .about = kind->summary, .settings = {kind->settings, kind->joins ? joining : NULL}};
    } else if (i == kinds) {
        *out = (struct settings_topic){.name = residual,
                                       .about = "A branch of layers, whose value is added to its input.",
                                       .settings = {branches}};
    }
    return i <= kinds;
}

static bool network_part(int i, struct settings_topic *out)
{
    static const struct settings_topic layers = {
        .name = "layers",
        .about = "What all kinds of layers take; the kinds, and what each has of its own, follow. The last layer gives "
                 "what the loss wants: {\"type\": \"dense\", \"units\": \"outputs\"}.",
        .settings = {common},
        .part = layer_topic};
    if (i < 2)
        *out = i == 0 ? layers : loss_topic;
    return i < 2;
}

const struct settings_topic network_topic = {
    .name = "network",
    .about =
        "What candidates are tried in. The candidate fills every activation layer, and every recurrent layer, that "
        "has no \"function\" of its own; at least one must be left.",
    .settings = {members},
    .part = network_part,
};
