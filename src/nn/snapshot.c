#include "nn/snapshot.h"

#include "loops/array.h"
#include "nn/network_internal.h"
#include "nn/slot_internal.h"
#include "nn/snapshot_internal.h"

#include <math.h>

static const double saturation = 1e-3;

enum { UNSEEN, STILL, VARIES };

static bool is_watched(const struct layer *layer)
{
    struct layer_instance instance = {.layer = layer};
    bool watched = layer->kind->slot;
    if (layer->kind->tensors)
        layer->kind->tensors(layer, NULL, &instance);
    for (int t = 0; t < instance.tensors; t++)
        watched |= !instance.tensor[t].buffer;
    return watched;
}

int snapshot_layers(const struct network *network)
{
    int count = 0;
    for (int l = 0; l < network->layers; l++)
        count += is_watched(&network->layer[l]);
    return count;
}

ptrdiff_t snapshot_units(const struct layer *layer)
{
    if (!layer->kind->slot)
        return 0;
    return shape_channels(&layer->out) * (layer->kind->places ? layer->kind->places(layer) : 1);
}

/* ---- sums: about the first number, so that numbers that are all the same have deviation 0 */

static void add(struct snapshot_sum *sum, double value)
{
    if (sum->count++ == 0)
        sum->first = value;
    sum->sum += value - sum->first;
    sum->square += (value - sum->first) * (value - sum->first);
}

static double mean_of(const struct snapshot_sum *sum)
{
    return sum->count ? sum->first + sum->sum / (double)sum->count : NAN;
}

static double deviation_of(const struct snapshot_sum *sum)
{
    double n = (double)sum->count, variance = (sum->square - sum->sum * sum->sum / n) / n;
    return sum->count ? sqrt(variance < 0 ? 0 : variance) : NAN;
}

/* ---- a layer */

void snapshot_begin_layer(struct snapshot_builder *builder, const struct layer *layer)
{
    builder->units = snapshot_units(layer);
    for (ptrdiff_t u = 0; u < builder->units; u++)
        builder->unit[u] = UNSEEN;
    builder->saturated = 0;
    builder->input = builder->output = (struct snapshot_sum){0};
}

static void see(struct snapshot_builder *builder, ptrdiff_t unit, float x, float y, float slope)
{
    int32_t *state = &builder->unit[unit];
    if (*state == UNSEEN)
        builder->first[unit] = y;
    *state = *state == UNSEEN || (*state == STILL && y == builder->first[unit]) ? STILL : VARIES;
    builder->saturated += fabs((double)slope) < saturation;
    add(&builder->input, (double)x);
    add(&builder->output, (double)y);
}

void snapshot_observe(struct snapshot_builder *builder, const struct layer_instance *instance, const struct step *step,
                      ptrdiff_t place, ptrdiff_t rows, const float *x)
{
    ptrdiff_t C = shape_channels(&instance->layer->out), N = rows * C;
    for (ptrdiff_t i = 0; i < N; i += SNAPSHOT_BLOCK) {
        ptrdiff_t n = N - i < SNAPSHOT_BLOCK ? N - i : SNAPSHOT_BLOCK;
        layer_function_run(instance, step, i % C, n, x + i, builder->y, builder->slope, NULL);
        for (ptrdiff_t k = 0; k < n; k++)
            see(builder, place * C + (i + k) % C, x[i + k], builder->y[k], builder->slope[k]);
    }
}

static double dead_share(const struct snapshot_builder *builder)
{
    ptrdiff_t dead = 0;
    for (ptrdiff_t u = 0; u < builder->units; u++)
        dead += builder->unit[u] == STILL;
    return builder->units ? (double)dead / (double)builder->units : NAN;
}

void snapshot_end_layer(struct snapshot_builder *builder, const struct layer *layer, int place)
{
    if (!is_watched(layer))
        return;
    ptrdiff_t count = builder->input.count;
    *builder->row++ = (struct watched){.layer = layer->name,
                                       .place = place,
                                       .input_mean = mean_of(&builder->input),
                                       .input_deviation = deviation_of(&builder->input),
                                       .output_mean = mean_of(&builder->output),
                                       .output_deviation = deviation_of(&builder->output),
                                       .dead = dead_share(builder),
                                       .saturated = count ? (double)builder->saturated / (double)count : NAN,
                                       .gradient_norm = NAN,
                                       .update_ratio = NAN};
}

void snapshot_add_learned(const struct layer_instance *instance, const struct array_loops *loops, struct watched *row)
{
    double gradient = 0, change = 0, before = 0;
    bool learns = false;
    for (int t = 0; t < instance->tensors; t++) {
        if (instance->tensor[t].buffer)
            continue;
        learns = true;
        gradient += loops->dot(instance->tensor[t].count, instance->gradient[t], instance->gradient[t]);
        for (ptrdiff_t i = 0; i < instance->tensor[t].count; i++) {
            double was = (double)instance->saved[t][i], step = (double)instance->values[t][i] - was;
            before += was * was;
            change += step * step;
        }
    }
    row->gradient_norm = learns ? sqrt(gradient) : NAN;
    row->update_ratio = learns && before > 0 ? sqrt(change / before) : NAN;
}
