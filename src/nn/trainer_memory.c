/* All memory of a training is one block; this is the table of what lies where in it. */
#include "loops/sparse.h"
#include "nn/network.h"
#include "nn/pooled_internal.h"
#include "nn/trainer_internal.h"

/* Cuts a block into pieces that start on cache lines. Without a block it only counts. */
struct cutter {
    float *block;
    size_t used; /* floats */
};

static float *cut(struct cutter *cutter, ptrdiff_t floats)
{
    float *piece = cutter->block ? cutter->block + cutter->used : NULL;
    cutter->used += ((size_t)floats + 15) / 16 * 16;
    return piece;
}

static bool wants_gradient(const struct trainer *trainer, int source);

/* Something on the way from the input to this layer, or the layer itself, learns. */
static bool learns(const struct trainer *trainer, int l)
{
    const struct layer_instance *run = &trainer->run[l];
    if (run->P) /* which may be another layer's tensor */
        return true;
    for (int t = 0; t < run->tensors; t++)
        if (!run->tensor[t].buffer)
            return true;
    return wants_gradient(trainer, run->layer->from) ||
           (run->layer->kind->joins && wants_gradient(trainer, run->layer->with));
}

static bool wants_gradient(const struct trainer *trainer, int source)
{
    return source != LAYER_INPUT && trainer->run[source].learns;
}

/* A later layer reads the same value: going backward, it has left its gradient there already. */
static bool read_later(const struct network *network, int source, int after)
{
    for (int l = after + 1; l < network->layers; l++)
        if (network->layer[l].from == source || (network->layer[l].kind->joins && network->layer[l].with == source))
            return true;
    return false;
}

static void cut_tensors(struct layer_instance *run, const struct trainer *trainer, struct cutter *cutter)
{
    for (int t = 0; t < run->tensors; t++) {
        const struct tensor *tensor = &run->tensor[t];
        run->values[t] = cut(cutter, tensor->count);
        run->gradient[t] = tensor->buffer ? NULL : cut(cutter, tensor->count);
        for (int s = 0; s < trainer->options.optimiser.kind->states; s++)
            run->state[t][s] = tensor->buffer ? NULL : cut(cutter, tensor->count);
        run->saved[t] = trainer->options.watch ? cut(cutter, tensor->count) : NULL;
    }
}

/* Where the learned parameters of a layer's function are: with their owner, which stands before those that share. */
static void find_learned(int l, struct trainer *trainer)
{
    struct layer_instance *run = &trainer->run[l];
    const struct layer *first = trainer->network->layer, *owner = run->layer->owner;
    const struct layer_instance *with = &trainer->run[owner - first];
    if (!run->P)
        return;
    run->learned = with->values[with->function];
    run->learned_gradient = with->gradient[with->function];
    for (int k = l + 1; k < trainer->network->layers; k++)
        run->adds_learned |= first[k].owner == owner;
}

/* What a layer needs to train on a batch or to measure as many rows as there can be, whichever is more. */
static float *cut_workspace(const struct layer_instance *run, const struct trainer *trainer, struct cutter *cutter)
{
    const struct layer_kind *kind = run->layer->kind;
    ptrdiff_t training = kind->workspace ? kind->workspace(run, trainer->options.batch) : 0;
    ptrdiff_t measuring = kind->measure_workspace ? kind->measure_workspace(run, trainer->rows) : 0;
    return cut(cutter, training > measuring ? training : measuring);
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
    return pooled && (itself || before) ? &trainer->run[p] : NULL;
}

/* `rows` is for values, options->batch for gradients. */
static void cut_layer(int l, struct trainer *trainer, struct cutter *cutter)
{
    struct layer_instance *run = &trainer->run[l];
    const struct network *network = trainer->network;
    const struct layer *layer = run->layer;
    struct layer_instance *from = layer->from == LAYER_INPUT ? NULL : &trainer->run[layer->from];
    ptrdiff_t elements = shape_elements(&layer->out), batch = trainer->options.batch;
    run->pool = pool_of(l, trainer);
    run->source = run->pool && from && from->pool == run->pool ? from : NULL;
    run->done = l > 0 && layer->from == l - 1 && layer[-1].kind->does_pool && run[-1].pool == run;
    cut_tensors(run, trainer, cutter);
    find_learned(l, trainer);
    run->workspace = cut_workspace(run, trainer, cutter);
    run->over_input = layer->kind->in_place && layer_readers(network, layer->from) == 1;
    run->bytes = trainer->options.takes_bytes && l == network_byte_layer(network) ? &trainer->bytes : NULL;
    run->x = from ? from->y : trainer->input;
    run->with_x = layer->with == LAYER_INPUT ? trainer->input : trainer->run[layer->with].y;
    bool winners = run->pool && !layer->kind->does_pool; /* its gradient is the pool's */
    bool unstored = winners && !trainer->options.watch;  /* and so are its values, but for a snapshot */
    run->y = run->over_input ? run->x : unstored ? NULL : cut(cutter, trainer->rows * elements);
    run->gy = run->over_input && from ? from->gy : winners ? NULL : cut(cutter, batch * elements);
    run->learns = learns(trainer, l);
    run->adds_gradient = read_later(network, layer->from, l);
    run->gx = !wants_gradient(trainer, layer->from) ? NULL : run->adds_gradient ? trainer->spare : from->gy;
    run->adds_with = layer->with == layer->from || read_later(network, layer->with, l);
    run->with_gx = layer->kind->joins && wants_gradient(trainer, layer->with) ? trainer->run[layer->with].gy : NULL;
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
    trainer->snapshot.y = cut(cutter, SNAPSHOT_BLOCK);
    trainer->snapshot.slope = cut(cutter, SNAPSHOT_BLOCK);
    trainer->snapshot.first = cut(cutter, units);
    trainer->snapshot.unit = (int32_t *)cut(cutter, units);
}

static void *cut_words(struct cutter *cutter, ptrdiff_t words)
{
    return cut(cutter, words * (ptrdiff_t)(sizeof(uint64_t) / sizeof(float)));
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
    bytes->total = cut(cutter, shape_elements(&network->layer[network_byte_layer(network)].out));
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
        trainer->input = cut(&cutter, trainer->rows * network_features(network));
    trainer->classes = (int32_t *)cut(&cutter, targets);
    trainer->numbers = cut(&cutter, targets);
    trainer->loss_scratch = cut(&cutter, targets * (network->outputs + 1));
    trainer->spare = cut(&cutter, trainer->options.batch * spare_elements(network));
    for (int l = 0; l < network->layers; l++)
        trainer->run[l] = (struct layer_instance){.layer = &network->layer[l], .engine = trainer->run[l].engine};
    for (int l = 0; l < network->layers; l++) {
        struct layer_instance *run = &trainer->run[l];
        if (run->layer->kind->tensors)
            run->layer->kind->tensors(run->layer, candidate, run);
        cut_layer(l, trainer, &cutter);
    }
    cut_snapshot(trainer, &cutter);
    return cutter.used * sizeof(float);
}
