#include "nn/trainer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/data.h"
#include "kernel/tape.h"
#include "loops/array.h"
#include "loops/channel.h"
#include "loops/sparse.h"
#include "loops/winners.h"
#include "loops/winograd.h"
#include "nn/init_internal.h"
#include "nn/network.h"
#include "nn/slot_internal.h"
#include "nn/trainer_internal.h"
#include "rng/rng.h"

#include <math.h>
#include <string.h>

/* A candidate whose function i has every learned parameter there can be if bit i of `learning` is set, and none if
   not. */
static struct candidate candidate_that_learns(int functions, unsigned learning)
{
    struct candidate candidate = CANDIDATE_EMPTY;
    for (int i = 0; i < functions; i++) {
        struct tree function = learning >> i & 1 ? tree_parameter(TREE_PARAMETERS - 1, 0) : tree_x();
        ALWAYS(!candidate_add(&candidate, &function, NULL));
    }
    return candidate;
}

static void describe_rows(struct trainer *trainer, const struct network *network, const struct trainer_options *options)
{
    trainer->network = network;
    trainer->options = *options;
    trainer->functions = network_functions(network);
    ptrdiff_t measured = network_measure_rows(network);
    trainer->rows = options->batch > measured ? options->batch : measured;
}

size_t trainer_bytes(const struct network *network, const struct trainer_options *options)
{
    struct layer_instance instances[NETWORK_LAYERS] = {0};
    struct trainer trainer = {.instance = instances};
    describe_rows(&trainer, network, options);
    const size_t behind = 256; /* the library's loops read a little past the last array of a small image */
    size_t most = 0;
    /* A function that learns nothing needs less, but for what is only done when no gradient is wanted (winners.c). */
    for (unsigned learning = 0; learning < 1u << trainer.functions; learning++) {
        struct candidate candidate = candidate_that_learns(trainer.functions, learning);
        size_t bytes = trainer_cut(&trainer, &candidate, NULL);
        most = bytes > most ? bytes : most;
    }
    return most + behind;
}

static int prepare_layers(struct trainer *trainer, struct error *err)
{
    int status = 0;
    for (int l = 0; !status && l < trainer->network->layers; l++) {
        struct layer_instance *instance = &trainer->instance[l];
        if (instance->layer->kind->prepare)
            status = instance->layer->kind->prepare(instance, err);
    }
    return status;
}

int trainer_new(const struct network *network, const struct trainer_options *options, struct trainer **trainer,
                struct error *err)
{
    *trainer = NULL;
    ALWAYS(!options->takes_bytes || network_can_take_bytes(network));
    struct trainer *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "training a network");
    describe_rows(result, network, options);
    result->loops = array_loops_for(options->isa);
    result->channels = channel_loops_for(options->isa);
    result->sparse = sparse_loops_for(options->isa);
    result->winners = winner_loops_for(options->isa);
    result->tiles = tile_loops_for(options->isa);
    result->instance = memory_zeroed((size_t)network->layers, sizeof *result->instance);
    result->block_bytes = trainer_bytes(network, options);
    result->block = memory_aligned(result->block_bytes);
    if (!result->instance || !result->block) {
        trainer_free(result);
        return memory_error(err, "training a network");
    }
    trainer_cut(result, NULL, result->block);
    int status = prepare_layers(result, err);
    if (status)
        trainer_free(result);
    else
        *trainer = result;
    return status;
}

static void free_tapes(struct trainer *trainer)
{
    for (int i = 0; i < trainer->functions; i++) {
        tape_free(trainer->tapes[i]);
        trainer->tapes[i] = NULL;
    }
}

void trainer_free(struct trainer *trainer)
{
    if (!trainer)
        return;
    for (int l = 0; trainer->instance && l < trainer->network->layers; l++) {
        struct layer_instance *instance = &trainer->instance[l];
        if (instance->layer && instance->layer->kind->release)
            instance->layer->kind->release(instance);
    }
    free_tapes(trainer);
    memory_free(trainer->scratch);
    memory_free(trainer->instance);
    memory_free(trainer->block);
    memory_free(trainer);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Scratch for the hungriest of the tapes in use. */
static int grow_scratch(struct trainer *trainer, struct error *err)
{
    size_t bytes = 0;
    for (int i = 0; i < trainer->functions; i++)
        bytes = larger(bytes, tape_scratch_bytes(trainer->tapes[i]));
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer *layer = &trainer->network->layer[l];
        if (layer->fixed)
            bytes = larger(bytes, tape_scratch_bytes(layer->fixed->tape));
        if (layer->kind->scratch)
            bytes = larger(bytes, layer->kind->scratch(layer));
    }
    if (bytes <= trainer->scratch_bytes)
        return 0;
    memory_free(trainer->scratch);
    trainer->scratch_bytes = 0;
    trainer->scratch = memory_aligned(bytes);
    if (!trainer->scratch)
        return memory_error(err, "a candidate's scratch space");
    trainer->scratch_bytes = bytes;
    return 0;
}

int trainer_prepare(struct trainer *trainer, const struct candidate *candidate, struct error *err)
{
    int status = 0;
    ALWAYS(candidate->count == trainer->functions);
    free_tapes(trainer);
    for (int i = 0; !status && i < trainer->functions; i++) {
        struct tree function = candidate_function(candidate, i);
        status = tape_new(&function, &trainer->tapes[i], err);
    }
    if (!status)
        status = grow_scratch(trainer, err);
    if (status)
        return status;
    const struct network *network = trainer->network;
    double deviation[NETWORK_LAYERS][LAYER_TENSORS];
    init_deviations(network, candidate, trainer->options.init, trainer->options.input_square, deviation);
    ALWAYS(trainer_cut(trainer, candidate, trainer->block) <= trainer->block_bytes);
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        memcpy(trainer->instance[l].deviation, deviation[l], sizeof deviation[l]);
        if (layer->kind->slot)
            trainer->instance[l].tape = layer->fixed ? layer->fixed->tape : trainer->tapes[layer->slot];
    }
    return 0;
}

/* Returns the random numbers that are left. */
static const float *start_tensor(struct layer_instance *instance, int t, const float *z)
{
    const struct tensor *tensor = &instance->tensor[t];
    size_t bytes = (size_t)tensor->count * sizeof(float);
    float deviation = (float)instance->deviation[t];
    for (int s = 0; s < OPTIMISER_STATES; s++)
        if (instance->state[t][s])
            memset(instance->state[t][s], 0, bytes);
    if (tensor->fan_in) {
        for (ptrdiff_t i = 0; i < tensor->count; i++)
            instance->values[t][i] = z[i] * deviation;
        return z + tensor->count;
    }
    for (ptrdiff_t i = 0; i < tensor->count; i++)
        instance->values[t][i] = (float)(tensor->sets ? tensor->starts[i / tensor->sets] : tensor->start);
    return z;
}

void trainer_start(struct trainer *trainer, const float *z, struct rng noise)
{
    trainer->noise = noise;
    trainer->progress = 0;
    for (int l = 0; l < trainer->network->layers; l++)
        for (int t = 0; t < trainer->instance[l].tensors; t++)
            z = start_tensor(&trainer->instance[l], t, z);
    for (int i = 0; i < OPTIMISER_POWERS; i++)
        trainer->power[i] = 1;
    if (trainer->options.watch)
        trainer_note(trainer);
}

void trainer_set_progress(struct trainer *trainer, double progress)
{
    trainer->progress = (float)progress;
}

float *trainer_input(struct trainer *trainer)
{
    return trainer->input;
}

uint8_t *trainer_input_bytes(struct trainer *trainer, ptrdiff_t *stride)
{
    *stride = SPARSE_GROUP * trainer->bytes.groups;
    return trainer->bytes.u;
}

struct data_targets trainer_targets(struct trainer *trainer)
{
    bool numbers = trainer->network->loss.kind->numbers;
    return (struct data_targets){.classes = numbers ? NULL : trainer->classes,
                                 .values = numbers ? trainer->numbers : NULL};
}

ptrdiff_t trainer_rows(const struct trainer *trainer)
{
    return trainer->rows;
}

static void run_layer(struct trainer *trainer, int l, struct step *step)
{
    struct layer_instance *instance = &trainer->instance[l];
    const struct layer *layer = instance->layer;
    if (step->snapshot)
        snapshot_begin_layer(step->snapshot, layer);
    if (step->snapshot && layer->kind->snapshot) /* before it writes over what it sees */
        layer->kind->snapshot(instance, step);
    double start = step->times ? clock_seconds() : 0;
    step->source_seconds = 0;
    layer->kind->forward(instance, step);
    if (step->times)
        step->times[l] =
            (struct trainer_time){layer->name, layer->kind->type, clock_seconds() - start - step->source_seconds, 0};
    if (step->times && instance->source)
        step->times[layer->from].forward += step->source_seconds;
    if (step->snapshot)
        snapshot_end_layer(step->snapshot, layer, l);
}

static struct pass run_forward(struct trainer *trainer, ptrdiff_t B, struct step *step)
{
    const struct network *network = trainer->network;
    for (int l = 0; l < network->layers; l++)
        run_layer(trainer, l, step);
    struct layer_instance *last = &trainer->instance[network->layers - 1];
    ptrdiff_t rows = B * network->data.targets, outputs = network->outputs;
    bool finite = step->finite && step->loops->all_finite(rows * outputs, last->y);
    struct targets y = {trainer->classes, trainer->numbers};
    struct loss_sum sum = network->loss.kind->run(&network->loss, step->isa, rows, outputs, last->y, y,
                                                  step->training ? last->gy : NULL, trainer->loss_scratch);
    return (struct pass){
        .loss = sum.loss / (double)rows, .correct = sum.correct, .finite = finite && isfinite(sum.loss)};
}

/* A layer's gradients, and its input's to where it belongs: a value that several layers read gets their sum. */
static void run_backward(struct trainer *trainer, int l, struct step *step)
{
    struct layer_instance *instance = &trainer->instance[l];
    const struct layer *layer = instance->layer;
    ptrdiff_t N = step->B * shape_elements(&layer->in);
    double start = step->times ? clock_seconds() : 0;
    layer->kind->backward(instance, step);
    if (step->times)
        step->times[l].backward = clock_seconds() - start;
    if (instance->gx && instance->adds_gradient)
        step->loops->add(N, instance->gx, trainer->instance[layer->from].gy);
    if (instance->with_gx && instance->adds_with)
        step->loops->add(N, instance->gy, instance->with_gx);
    else if (instance->with_gx)
        memcpy(instance->with_gx, instance->gy, (size_t)N * sizeof *instance->with_gx);
}

static struct step make_step(struct trainer *trainer, ptrdiff_t B, bool training)
{
    return (struct step){.isa = trainer->options.isa,
                         .loops = trainer->loops,
                         .channels = trainer->channels,
                         .sparse = trainer->sparse,
                         .winners = trainer->winners,
                         .tiles = trainer->tiles,
                         .B = B,
                         .training = training,
                         .progress = training ? trainer->progress : 1,
                         .finite = true,
                         .scratch = trainer->scratch,
                         .rng = &trainer->noise};
}

static struct pass run_both_ways(struct trainer *trainer, ptrdiff_t B, struct step *step)
{
    struct pass pass = run_forward(trainer, B, step);
    for (int l = trainer->network->layers - 1; l >= 0; l--)
        if (trainer->instance[l].learns)
            run_backward(trainer, l, step);
    return pass;
}

struct pass trainer_gradient(struct trainer *trainer, ptrdiff_t B)
{
    ALWAYS(B > 0 && B <= trainer->options.batch);
    struct step step = make_step(trainer, B, true);
    return run_both_ways(trainer, B, &step);
}

int trainer_layers(const struct trainer *trainer)
{
    return trainer->network->layers;
}

struct pass trainer_profile(struct trainer *trainer, ptrdiff_t B, struct trainer_time *times)
{
    ALWAYS(B > 0 && B <= trainer->options.batch);
    struct step step = make_step(trainer, B, true);
    step.times = times;
    return run_both_ways(trainer, B, &step);
}

struct pass trainer_measure(struct trainer *trainer, ptrdiff_t B)
{
    ALWAYS(B > 0 && B <= trainer->rows);
    struct step step = make_step(trainer, B, false);
    return run_forward(trainer, B, &step);
}

/* The factor that brings the gradient's norm down to clip_norm. */
static double clip_factor(const struct trainer *trainer)
{
    double limit = trainer->options.optimiser.clip_norm, square = 0;
    if (limit <= 0)
        return 1;
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer_instance *instance = &trainer->instance[l];
        for (int t = 0; t < instance->tensors && !instance->tensor[t].buffer; t++)
            square += trainer->loops->dot(instance->tensor[t].count, instance->gradient[t], instance->gradient[t]);
    }
    double norm = sqrt(square);
    return norm > limit ? limit / norm : 1;
}

void trainer_update(struct trainer *trainer, double learning_rate)
{
    const struct optimiser *optimiser = &trainer->options.optimiser;
    struct optimiser_step step = {.optimiser = optimiser,
                                  .loops = trainer->loops,
                                  .power = trainer->power,
                                  .rate = learning_rate,
                                  .scale = (float)clip_factor(trainer)};
    if (optimiser->kind->advance)
        optimiser->kind->advance(optimiser, trainer->power);
    for (int l = 0; l < trainer->network->layers; l++) {
        struct layer_instance *instance = &trainer->instance[l];
        for (int t = 0; t < instance->tensors && !instance->tensor[t].buffer; t++) {
            step.decay = instance->tensor[t].fan_in ? (float)optimiser->weight_decay : 0;
            optimiser->kind->update(&step, instance->tensor[t].count, instance->gradient[t], instance->values[t],
                                    instance->state[t]);
        }
    }
}

/* ---- snapshots */

void trainer_note(struct trainer *trainer)
{
    ALWAYS(trainer->options.watch);
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer_instance *instance = &trainer->instance[l];
        for (int t = 0; t < instance->tensors; t++)
            memcpy(instance->saved[t], instance->values[t], (size_t)instance->tensor[t].count * sizeof(float));
    }
}

/* The buffers: aside before a snapshot, and back after it. */
static void move_buffers(struct trainer *trainer, bool back)
{
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer_instance *instance = &trainer->instance[l];
        for (int t = 0; t < instance->tensors; t++)
            if (instance->tensor[t].buffer)
                memcpy(back ? instance->values[t] : instance->saved[t], back ? instance->saved[t] : instance->values[t],
                       (size_t)instance->tensor[t].count * sizeof(float));
    }
}

void trainer_snapshot(struct trainer *trainer, ptrdiff_t B, struct watched *rows)
{
    ALWAYS(trainer->options.watch && B > 0 && B <= trainer->options.batch);
    struct step step = make_step(trainer, B, true);
    struct rng noise = trainer->noise;
    step.snapshot = &trainer->snapshot;
    step.rng = &noise;
    trainer->snapshot.row = rows;
    move_buffers(trainer, false);
    run_both_ways(trainer, B, &step);
    move_buffers(trainer, true);
    for (struct watched *row = rows; row < trainer->snapshot.row; row++)
        snapshot_add_learned(&trainer->instance[row->place], trainer->loops, row);
}

int trainer_tensors(const struct trainer *trainer)
{
    int count = 0;
    for (int l = 0; l < trainer->network->layers; l++)
        count += trainer->instance[l].tensors;
    return count;
}

struct trainer_tensor trainer_tensor(const struct trainer *trainer, int i)
{
    const struct layer_instance *instance = trainer->instance;
    for (; i >= instance->tensors; instance++)
        i -= instance->tensors;
    return (struct trainer_tensor){.layer = instance->layer->name,
                                   .name = instance->tensor[i].name,
                                   .count = instance->tensor[i].count,
                                   .values = instance->values[i],
                                   .gradient = instance->gradient[i]};
}

bool trainer_is_finite(const struct trainer *trainer)
{
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        if (!trainer->loops->all_finite(tensor.count, tensor.values))
            return false;
    }
    return true;
}

struct trainer_parameters trainer_activation_parameters(const struct trainer *trainer, int i)
{
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer_instance *instance = &trainer->instance[l];
        if (!instance->layer->kind->slot || i-- > 0)
            continue;
        bool has = instance->P && instance->function >= 0;
        return (struct trainer_parameters){.owner = instance->layer->parameters,
                                           .function = instance->layer->slot,
                                           .count = has ? instance->P : 0,
                                           .sets = instance->sets,
                                           .values = has ? instance->learned : NULL};
    }
    return (struct trainer_parameters){0};
}
