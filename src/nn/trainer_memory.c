/* All memory of a training is one block; this is the table of what lies where in it. */
#include "loops/sparse.h"
#include "nn/cutter_internal.h"
#include "nn/network.h"
#include "nn/pooled_internal.h"
#include "nn/trainer_internal.h"

static bool wants_gradient(const struct trainer *trainer, int source);

/* Something on the way from the input to this layer, or the layer itself, learns. */
static bool learns(const struct trainer *trainer, int l)
{
    const struct layer_instance *instance = &trainer->instance[l];
    if (instance->P) /* which may be another layer's tensor */
        return true;
    for (int t = 0; t < instance->tensors; t++)
        if (!instance->tensor[t].buffer)
            return true;
    return wants_gradient(trainer, instance->layer->from) ||
           (instance->layer->kind->joins && wants_gradient(trainer, instance->layer->with));
}

static bool wants_gradient(const struct trainer *trainer, int source)
{
    return source != LAYER_INPUT && trainer->instance[source].learns;
}

/* A later layer reads the same value: going backward, it has left its gradient there already. */
static bool read_later(const struct network *network, int source, int after)
{
    for (int l = after + 1; l < network->layers; l++)
        if (network->layer[l].from == source || (network->layer[l].kind->joins && network->layer[l].with == source))
            return true;
    return false;
}

static void cut_tensors(struct layer_instance *instance, const struct trainer *trainer, struct cutter *cutter)
{
    for (int t = 0; t < instance->tensors; t++) {
        const struct tensor *tensor = &instance->tensor[t];
        instance->values[t] = cutter_take(cutter, tensor->count);
        instance->gradient[t] = tensor->buffer ? NULL : cutter_take(cutter, tensor->count);
        for (int s = 0; s < trainer->options.optimiser.kind->states; s++)
            instance->state[t][s] = tensor->buffer ? NULL : cutter_take(cutter, tensor->count);
        instance->saved[t] = trainer->options.watch ? cutter_take(cutter, tensor->count) : NULL;
    }
}

/* Where the learned parameters of a layer's function are: with their owner, which stands before those that share. */
static void find_learned(int l, struct trainer *trainer)
{
    struct layer_instance *instance = &trainer->instance[l];
    const struct layer *first = trainer->network->layer, *owner = instance->layer->owner;
    const struct layer_instance *with = &trainer->instance[owner - first];
    if (!instance->P)
        return;
    instance->learned = with->values[with->function];
    instance->learned_gradient = with->gradient[with->function];
    for (int k = l + 1; k < trainer->network->layers; k++)
        instance->adds_learned |= first[k].owner == owner;
}

/* What a layer needs to train on a batch or to measure as many rows as there can be, whichever is more. */
static float *cut_workspace(const struct layer_instance *instance, const struct trainer *trainer, struct cutter *cutter)
{
    const struct layer_kind *kind = instance->layer->kind;
    ptrdiff_t training = kind->workspace ? kind->workspace(instance, trainer->options.batch) : 0;
    ptrdiff_t measuring = kind->measure_workspace ? kind->measure_workspace(instance, trainer->rows) : 0;
    return cutter_take(cutter, training > measuring ? training : measuring);
}

/* The pool that an activation does too, and that a convolution before it gets its gradient through. */
static struct layer_instance *pool_of(int l, struct trainer *trainer)
{
    const struct network *network = trainer->network;
    const struct layer *layer = &network->layer[l];
    bool itself = layer->kind->does_pool;
    int a = itself ? l : l + 1, p = a + 1;
    if (trainer->options.plain || p >= network->layers)
        return NULL;
    bool pooled = network->layer[p].from == a && pooled_fits(&network->layer[a], &network->layer[p]);
    bool before = network->layer[a].from == l && layer->kind->goes_by_winners &&
                  layer->kind->goes_by_winners(layer, wants_gradient(trainer, layer->from));
    return pooled && (itself || before) ? &trainer->instance[p] : NULL;
}

/* `rows` is for values, options->batch for gradients. */
static void cut_layer(int l, struct trainer *trainer, struct cutter *cutter)
{
    struct layer_instance *instance = &trainer->instance[l];
    const struct network *network = trainer->network;
    const struct layer *layer = instance->layer;
    struct layer_instance *from = layer->from == LAYER_INPUT ? NULL : &trainer->instance[layer->from];
    ptrdiff_t elements = shape_elements(&layer->out), batch = trainer->options.batch;
    instance->pool = pool_of(l, trainer);
    instance->source = instance->pool && from && from->pool == instance->pool ? from : NULL;
    instance->done = l > 0 && layer->from == l - 1 && layer[-1].kind->does_pool && instance[-1].pool == instance;
    cut_tensors(instance, trainer, cutter);
    find_learned(l, trainer);
    instance->workspace = cut_workspace(instance, trainer, cutter);
    instance->over_input = layer->kind->in_place && layer_readers(network, layer->from) == 1;
    instance->bytes = trainer->options.takes_bytes && l == network_byte_layer(network) ? &trainer->bytes : NULL;
    instance->x = from ? from->y : trainer->input;
    instance->with_x = layer->with == LAYER_INPUT ? trainer->input : trainer->instance[layer->with].y;
    bool winners = instance->pool && !layer->kind->does_pool; /* its gradient is the pool's */
    bool unstored = winners && !trainer->options.watch;       /* and so are its values, but for a snapshot */
    instance->y = instance->over_input ? instance->x : unstored ? NULL : cutter_take(cutter, trainer->rows * elements);
    instance->gy = instance->over_input && from ? from->gy : winners ? NULL : cutter_take(cutter, batch * elements);
    instance->learns = learns(trainer, l);
    instance->adds_gradient = read_later(network, layer->from, l);
    instance->gx = !wants_gradient(trainer, layer->from) ? NULL : instance->adds_gradient ? trainer->spare : from->gy;
    instance->adds_with = layer->with == layer->from || read_later(network, layer->with, l);
    instance->with_gx =
        layer->kind->joins && wants_gradient(trainer, layer->with) ? trainer->instance[layer->with].gy : NULL;
}

/* Room for a gradient that will be added to another: the largest input of any layer. */
static ptrdiff_t spare_elements(const struct network *network)
{
    ptrdiff_t most = 0;
    for (int l = 0; l < network->layers; l++) {
        ptrdiff_t elements = shape_elements(&network->layer[l].in);
        if (read_later(network, network->layer[l].from, l) && elements > most)
            most = elements;
    }
    return most;
}

static void cut_snapshot(struct trainer *trainer, struct cutter *cutter)
{
    const struct network *network = trainer->network;
    ptrdiff_t units = 0;
    if (!trainer->options.watch)
        return;
    for (int l = 0; l < network->layers; l++)
        if (snapshot_units(&network->layer[l]) > units)
            units = snapshot_units(&network->layer[l]);
    trainer->snapshot.y = cutter_take(cutter, SNAPSHOT_BLOCK);
    trainer->snapshot.slope = cutter_take(cutter, SNAPSHOT_BLOCK);
    trainer->snapshot.first = cutter_take(cutter, units);
    trainer->snapshot.unit = (int32_t *)cutter_take(cutter, units);
}

static void *cut_words(struct cutter *cutter, ptrdiff_t words)
{
    return cutter_take(cutter, words * (ptrdiff_t)(sizeof(uint64_t) / sizeof(float)));
}

static void cut_bytes(struct trainer *trainer, struct cutter *cutter)
{
    enum { GROUP = SPARSE_GROUP };
    const struct network *network = trainer->network;
    struct byte_input *bytes = &trainer->bytes;
    ptrdiff_t groups = (network_features(network) + GROUP - 1) / GROUP;
    ptrdiff_t blocks = (trainer->options.batch + GROUP - 1) / GROUP;
    bytes->groups = groups;
    bytes->u = cut_words(cutter, trainer->rows * groups * GROUP / (ptrdiff_t)sizeof(uint64_t));
    bytes->marks = cut_words(cutter, trainer->rows * groups);
    bytes->columns = cut_words(cutter, blocks * groups * GROUP);
    bytes->scratch = cut_words(cutter, groups * GROUP);
    bytes->total = cutter_take(cutter, shape_elements(&network->layer[network_byte_layer(network)].out));
    bytes->shift = trainer->options.bytes.shift;
    for (int u = 0; u < 256; u++)
        bytes->value[u] = trainer->options.bytes.factor * (float)u;
}

size_t trainer_cut(struct trainer *trainer, const struct candidate *candidate, float *block)
{
    struct cutter cutter = {.block = block};
    const struct network *network = trainer->network;
    ptrdiff_t targets = trainer->rows * network->data.targets;
    if (trainer->options.takes_bytes)
        cut_bytes(trainer, &cutter);
    else
        trainer->input = cutter_take(&cutter, trainer->rows * network_features(network));
    trainer->classes = (int32_t *)cutter_take(&cutter, targets);
    trainer->numbers = cutter_take(&cutter, targets);
    trainer->loss_scratch = cutter_take(&cutter, targets * (network->outputs + 1));
    trainer->spare = cutter_take(&cutter, trainer->options.batch * spare_elements(network));
    for (int l = 0; l < network->layers; l++)
        trainer->instance[l] =
            (struct layer_instance){.layer = &network->layer[l], .engine = trainer->instance[l].engine};
    for (int l = 0; l < network->layers; l++) {
        struct layer_instance *instance = &trainer->instance[l];
        if (instance->layer->kind->tensors)
            instance->layer->kind->tensors(instance->layer, candidate, instance);
        cut_layer(l, trainer, &cutter);
    }
    cut_snapshot(trainer, &cutter);
    return (size_t)cutter.used * sizeof(float);
}
