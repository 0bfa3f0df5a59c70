#include "work.h"

#include "base/error.h"
#include "nn/attention_internal.h"
#include "nn/conv_internal.h"
#include "nn/embedding_internal.h"
#include "nn/network_internal.h"
#include "nn/pool_internal.h"
#include "nn/pooled_internal.h"
#include "nn/recurrence_internal.h"
#include "nn/slot_internal.h"
#include "nn/trainer.h"

static const double number = sizeof(float);

static double elements(const struct shape *shape)
{
    return (double)shape_elements(shape);
}

/* What a layer learns. */
static double learned(const struct layer *layer, const struct candidate *candidate)
{
    struct layer_instance instance = {.layer = layer};
    double count = 0;
    if (layer->kind->tensors)
        layer->kind->tensors(layer, candidate, &instance);
    for (int t = 0; t < instance.tensors; t++)
        count += instance.tensor[t].buffer ? 0 : (double)instance.tensor[t].count;
    return count;
}

/* The layer, or one that it reads from, learns: its input's gradient is wanted from those behind it. */
static bool learns(const struct network *network, const struct candidate *candidate, int l)
{
    const struct layer *layer = l == LAYER_INPUT ? NULL : &network->layer[l];
    return layer && (learned(layer, candidate) > 0 || learns(network, candidate, layer->from) ||
                     (layer->kind->joins && learns(network, candidate, layer->with)));
}

/* ---- operations on one sample; backward: without and with the gradient of the input */

struct operations {
    double forward, backward, backward_input;
};

/* Places of windows along an axis that are inside the image. */
static double places_inside(const struct layer *layer, const struct window *window, int axis)
{
    double places = 0;
    for (ptrdiff_t o = 0; o < layer->out.size[axis]; o++)
        for (ptrdiff_t k = 0; k < window->size[axis]; k++) {
            ptrdiff_t i = o * window->stride[axis] + k - window->padding[axis];
            places += i >= 0 && i < layer->in.size[axis];
        }
    return places;
}

/* A product of that many multiplications and additions, and the two of its way back. */
static struct operations product(double pairs)
{
    return (struct operations){2 * pairs, 2 * pairs, 2 * pairs};
}

/* Numbers that the windows of a channel see. */
static double seen_numbers(const struct layer *layer, const struct window *window)
{
    return places_inside(layer, window, 0) * places_inside(layer, window, 1);
}

static struct operations conv_operations(const struct layer *layer)
{
    const struct conv_options *options = layer->options;
    double seen = seen_numbers(layer, &options->window) * (double)layer->in.size[2];
    return product(layer->kind == &layer_conv2d ? seen * (double)layer->out.size[2] : seen);
}

static struct operations pool_operations(const struct layer *layer)
{
    const struct pool_options *options = layer->options;
    double seen = seen_numbers(layer, &options->window) * (double)layer->in.size[2];
    return (struct operations){seen, 0, layer->kind == &layer_max_pool ? 0 : seen};
}

/* The functions are worked out for every gate and state, and their slopes are multiplications on the way back. */
static struct operations recurrent_operations(const struct layer *layer, const struct candidate *candidate)
{
    double T = (double)layer->in.size[0], K = (double)layer->in.size[1], N = (double)shape_channels(&layer->out);
    double blocks = recurrence_blocks(layer), places = recurrence_places(layer);
    double planes = blocks + (layer->kind == &layer_lstm); /* the state's function sees the cell, too */
    const struct recurrent_options *options = layer->options;
    const struct tree slot = layer_function(layer, candidate);
    double functions =
        places * tree_cost(&slot) + (planes > places ? (planes - places) * tree_cost(&options->other->tree) : 0);
    double input = 2 * T * K * blocks * N, hidden = 2 * T * N * blocks * N, slopes = T * N * planes;
    return (struct operations){input + hidden + T * N * functions, input + 2 * hidden + slopes, input};
}

/* Of the shares every step has as many as there are steps up to it. */
static struct operations attention_operations(const struct layer *layer)
{
    double T = (double)layer->in.size[0], C = (double)layer->in.size[1];
    const struct attention_options *options = layer->options;
    double heads = (double)options->heads;
    double shares = T * (T + 1) / 2, exponentials = heads * shares * op_info(OP_exp)->cost;
    double in = 2 * T * C * 3 * C, out = 2 * T * C * C, heads_products = 2 * 2 * shares * C;
    return (struct operations){in + heads_products + out + exponentials, in + 2 * heads_products + 2 * out, in};
}

static struct operations embedding_operations(const struct layer *layer)
{
    const struct embedding_options *options = layer->options;
    double out = elements(&layer->out);
    return (struct operations){options->positions ? out : 0, out, 0};
}

static struct operations operations_of(const struct layer *layer, const struct candidate *candidate)
{
    enum { NORM = 8, NORM_BACK = 7 }; /* moments, xhat, y; two sums, the gradient */
    const struct layer_kind *kind = layer->kind;
    double in = elements(&layer->in);
    if (kind == &layer_dense)
        return product(in * (double)shape_channels(&layer->out));
    if (kind == &layer_activation) {
        const struct tree f = layer_function(layer, candidate);
        return (struct operations){in * tree_cost(&f), 2 * in * tree_parameter_count(&f), in};
    }
    if (kind == &layer_conv2d || kind == &layer_depthwise_conv2d)
        return conv_operations(layer);
    if (kind == &layer_max_pool || kind == &layer_average_pool)
        return pool_operations(layer);
    if (kind == &layer_rnn || kind == &layer_gru || kind == &layer_lstm)
        return recurrent_operations(layer, candidate);
    if (kind == &layer_attention)
        return attention_operations(layer);
    if (kind == &layer_batch_norm || kind == &layer_layer_norm)
        return (struct operations){NORM * in, 3 * in, (NORM_BACK - 3) * in};
    if (kind == &layer_embedding)
        return embedding_operations(layer);
    if (kind == &layer_flatten)
        return (struct operations){0, 0, 0};
    ALWAYS(kind == &layer_add || kind == &layer_dropout || kind == &layer_global_average_pool);
    return (struct operations){in, 0, in};
}

/* ---- bytes */

/* The way back needs what the way there saw, or as much. */
static bool needs_input_again(const struct layer_kind *kind)
{
    return kind != &layer_max_pool && kind != &layer_average_pool && kind != &layer_global_average_pool;
}

static void count_bytes(const struct layer *layer, double weights, bool wants_gx, bool as_bytes, ptrdiff_t B,
                        struct layer_work *work)
{
    double in = (double)B * elements(&layer->in) * number, out = (double)B * elements(&layer->out) * number;
    double x = as_bytes ? in / number : in, w = weights * number;
    if (layer->kind == &layer_flatten)
        return;
    work->forward.bytes = x + (layer->kind->joins ? in : 0) + w + out;
    if (layer->kind == &layer_embedding) /* each number of the result is a number of the table */
        work->forward.bytes = x + 2 * out;
    if (layer->kind->joins) /* its gradient goes two ways, which is part of the rest of a step */
        return;
    work->backward.bytes = out + w;
    if (needs_input_again(layer->kind))
        work->backward.bytes += x;
    if (wants_gx)
        work->backward.bytes += in + w;
}

/* An activation that does the pool behind it, layer l, as well: what stands between them is not moved, and the
   gradient is for the winners. A convolution before that goes by the winners takes it where it is, with their places.
 */
static void merge_pool(const struct network *network, const struct candidate *candidate, int l, ptrdiff_t B,
                       struct layer_work *work)
{
    const struct layer *pool = &network->layer[l];
    double in = (double)B * elements(&pool->in) * number, out = (double)B * elements(&pool->out) * number;
    int before = pool[-1].from;
    bool winners = before == l - 2 && before != LAYER_INPUT && pool[-2].kind->goes_by_winners &&
                   pool[-2].kind->goes_by_winners(&pool[-2], learns(network, candidate, pool[-2].from));
    work[l - 1].forward.flops += work[l].forward.flops;
    work[l - 1].forward.bytes = in + out;
    work[l - 1].backward = (struct work){.flops = out / number, .bytes = 3 * out + (winners ? 0 : in)};
    if (winners)
        work[before].backward.bytes += 2 * out - in;
    work[l] = (struct layer_work){.within = l - 1};
}

void work_of_layers(const struct network *network, const struct candidate *candidate,
                    const struct trainer_options *options, ptrdiff_t B, struct layer_work *work)
{
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        struct operations operations = operations_of(layer, candidate);
        bool goes_back = learns(network, candidate, l), wants_gx = learns(network, candidate, layer->from);
        bool as_bytes = options->takes_bytes && l == network_byte_layer(network);
        work[l] = (struct layer_work){.within = -1};
        work[l].forward.flops = (double)B * operations.forward;
        work[l].backward.flops = (double)B * (operations.backward + (wants_gx ? operations.backward_input : 0));
        count_bytes(layer, learned(layer, candidate), wants_gx, as_bytes, B, &work[l]);
        if (!goes_back)
            work[l].backward = (struct work){0, 0};
        if (l > 0 && !options->plain && layer->from == l - 1 && pooled_fits(layer - 1, layer))
            merge_pool(network, candidate, l, B, work);
    }
}

struct work work_of_gather(const struct network *network, const struct trainer_options *options, ptrdiff_t B,
                           size_t stored)
{
    double wanted = options->takes_bytes ? 1 : number;
    return (struct work){.bytes = (double)(B * network_features(network)) * ((double)stored + wanted)};
}

struct work work_of_rest(const struct network *network, ptrdiff_t B)
{
    double outputs = (double)(B * network_targets(network) * network_outputs(network));
    double price = network->loss.kind->numbers ? 2 : 3 + op_info(OP_exp)->cost;
    struct work work = {.flops = price * outputs, .bytes = 2 * number * outputs};
    for (int l = 0; l < network->layers; l++)
        if (network->layer[l].kind->joins)
            work.bytes += 2 * number * (double)B * elements(&network->layer[l].out);
    return work;
}

struct work work_of_update(const struct network *network, const struct candidate *candidate,
                           const struct trainer_options *options)
{
    const struct optimiser_kind *kind = options->optimiser.kind;
    double count = 0, state = kind->states;
    for (int l = 0; l < network->layers; l++)
        count += learned(&network->layer[l], candidate);
    double passes = 3 + 2 * state;                      /* reads w, g and the state, writes w and the state */
    passes += options->optimiser.clip_norm > 0 ? 1 : 0; /* the norm comes first, and needs all of g */
    return (struct work){.flops = kind->operations * count, .bytes = passes * number * count};
}
