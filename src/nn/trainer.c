#include "nn/trainer.h"

#include "base/error.h"
#include "base/memory.h"
#include "kernel/tape.h"
#include "nn/network.h"
#include "nn/nn_internal.h"

#include <math.h>
#include <string.h>

struct trainer {
    const struct network *network; /* borrowed */
    struct trainer_options options;
    const struct nn_loops *loops;
    ptrdiff_t rows; /* capacity of the value buffers */

    float *block; /* owned: everything below is cut from it */
    float *input, *loss_scratch;
    int32_t *labels;
    struct layer_run *run; /* owned: (layers) */

    struct tree candidate;
    struct tape *tape; /* owned: the candidate's */
    void *scratch;     /* owned */
    size_t scratch_bytes;

    double beta1_power, beta2_power; /* Adam's bias corrections */
};

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

/* The worst candidate for memory: every learned parameter there can be. */
static struct tree largest_candidate(void)
{
    return tree_parameter(TREE_PARAMETERS - 1, 0);
}

/* The table of sizes: called without a block to count, with one to place every buffer. `rows` is for
   values, options->batch for gradients. */
static void cut_layer(struct layer_run *run, const struct layer_run *before, bool learned_before,
                      struct trainer *trainer, struct cutter *cutter)
{
    const struct layer *layer = run->layer;
    ptrdiff_t elements = shape_elements(&layer->out);
    for (int t = 0; t < run->tensors; t++) {
        run->values[t] = cut(cutter, run->tensor[t].count);
        run->gradient[t] = cut(cutter, run->tensor[t].count);
        run->state[t][0] = cut(cutter, run->tensor[t].count);
        run->state[t][1] = trainer->options.optimiser.kind == OPTIMISER_ADAM ? cut(cutter, run->tensor[t].count) : NULL;
    }
    run->workspace = layer->kind->workspace ? cut(cutter, layer->kind->workspace(run, trainer->options.batch)) : NULL;
    run->x = before ? before->y : trainer->input;
    run->gx = learned_before ? before->gy : NULL;
    bool over_input = layer->kind->in_place;
    run->y = over_input ? run->x : cut(cutter, trainer->rows * elements);
    run->gy = over_input && before ? before->gy : cut(cutter, trainer->options.batch * elements);
}

static size_t cut_block(struct trainer *trainer, const struct tree *candidate, float *block)
{
    struct cutter cutter = {.block = block};
    const struct network *network = trainer->network;
    ptrdiff_t classes = network->classes;
    trainer->input = cut(&cutter, trainer->rows * network->features);
    trainer->labels = (int32_t *)cut(&cutter, trainer->rows);
    trainer->loss_scratch = cut(&cutter, trainer->rows * (classes + 1));
    struct layer_run *before = NULL;
    bool learned_before = false; /* else nobody wants the gradient of the layer's input */
    for (int l = 0; l < network->layers; l++) {
        struct layer_run *run = &trainer->run[l];
        *run = (struct layer_run){.layer = &network->layer[l]};
        run->layer->kind->tensors(run->layer, candidate, run);
        cut_layer(run, before, learned_before, trainer, &cutter);
        learned_before |= run->tensors > 0;
        before = run;
    }
    return cutter.used * sizeof(float);
}

static void describe_rows(struct trainer *trainer, const struct network *network, const struct trainer_options *options)
{
    trainer->network = network;
    trainer->options = *options;
    trainer->rows = options->batch > TRAINER_MEASURE_ROWS ? options->batch : TRAINER_MEASURE_ROWS;
}

size_t trainer_bytes(const struct network *network, const struct trainer_options *options)
{
    struct layer_run runs[NETWORK_LAYERS];
    struct trainer trainer = {.run = runs};
    describe_rows(&trainer, network, options);
    struct tree worst = largest_candidate();
    return cut_block(&trainer, &worst, NULL);
}

int trainer_new(const struct network *network, const struct trainer_options *options, struct trainer **trainer,
                struct error *err)
{
    *trainer = NULL;
    struct trainer *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "training a network");
    describe_rows(result, network, options);
    result->loops = nn_loops_for(options->isa);
    result->run = memory_zeroed((size_t)network->layers, sizeof *result->run);
    result->block = memory_aligned(trainer_bytes(network, options));
    if (!result->run || !result->block) {
        trainer_free(result);
        return memory_error(err, "training a network");
    }
    cut_block(result, NULL, result->block);
    *trainer = result;
    return 0;
}

void trainer_free(struct trainer *trainer)
{
    if (!trainer)
        return;
    tape_free(trainer->tape);
    memory_free(trainer->scratch);
    memory_free(trainer->run);
    memory_free(trainer->block);
    memory_free(trainer);
}

/* Scratch for the hungriest of the tapes in use. */
static int grow_scratch(struct trainer *trainer, struct error *err)
{
    size_t bytes = tape_scratch_bytes(trainer->tape);
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct tape *fixed = trainer->network->layer[l].tape;
        if (fixed && tape_scratch_bytes(fixed) > bytes)
            bytes = tape_scratch_bytes(fixed);
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

int trainer_prepare(struct trainer *trainer, const struct tree *candidate, struct error *err)
{
    tape_free(trainer->tape);
    trainer->tape = NULL;
    trainer->candidate = *candidate;
    int status = tape_new(candidate, &trainer->tape, err);
    if (!status)
        status = grow_scratch(trainer, err);
    if (status)
        return status;
    const struct network *network = trainer->network;
    double deviation[NETWORK_LAYERS];
    init_deviations(network, candidate, trainer->options.init, trainer->options.input_square, deviation);
    cut_block(trainer, candidate, trainer->block);
    for (int l = 0; l < network->layers; l++) {
        trainer->run[l].deviation = deviation[l];
        trainer->run[l].tape = network->layer[l].tape ? network->layer[l].tape : trainer->tape;
    }
    return 0;
}

/* Returns the draws that are left. */
static const float *start_tensor(struct layer_run *run, int t, const float *z)
{
    const struct tensor *tensor = &run->tensor[t];
    size_t bytes = (size_t)tensor->count * sizeof(float);
    float deviation = (float)run->deviation;
    for (int s = 0; s < 2; s++)
        if (run->state[t][s])
            memset(run->state[t][s], 0, bytes);
    if (tensor->fan_in) {
        for (ptrdiff_t i = 0; i < tensor->count; i++)
            run->values[t][i] = z[i] * deviation;
        return z + tensor->count;
    }
    for (ptrdiff_t i = 0; i < tensor->count; i++)
        run->values[t][i] = tensor->count <= TREE_PARAMETERS ? (float)tensor->starts[i] : 0;
    return z;
}

void trainer_start(struct trainer *trainer, const float *z)
{
    for (int l = 0; l < trainer->network->layers; l++)
        for (int t = 0; t < trainer->run[l].tensors; t++)
            z = start_tensor(&trainer->run[l], t, z);
    trainer->beta1_power = trainer->beta2_power = 1;
}

float *trainer_input(struct trainer *trainer)
{
    return trainer->input;
}

int32_t *trainer_labels(struct trainer *trainer)
{
    return trainer->labels;
}

ptrdiff_t trainer_rows(const struct trainer *trainer)
{
    return trainer->rows;
}

static struct pass run_forward(struct trainer *trainer, ptrdiff_t B, struct step *step)
{
    const struct network *network = trainer->network;
    for (int l = 0; l < network->layers; l++)
        network->layer[l].kind->forward(&trainer->run[l], step);
    struct layer_run *last = &trainer->run[network->layers - 1];
    bool finite = step->finite && step->loops->all_finite(B * network->classes, last->y);
    struct loss_sum sum = network->loss->run(step->isa, B, network->classes, last->y, trainer->labels,
                                             step->training ? last->gy : NULL, trainer->loss_scratch);
    return (struct pass){.loss = sum.loss / (double)B, .correct = sum.correct, .finite = finite && isfinite(sum.loss)};
}

static struct step make_step(const struct trainer *trainer, ptrdiff_t B, bool training)
{
    return (struct step){.isa = trainer->options.isa,
                         .loops = trainer->loops,
                         .B = B,
                         .training = training,
                         .finite = true,
                         .scratch = trainer->scratch};
}

struct pass trainer_gradient(struct trainer *trainer, ptrdiff_t B)
{
    ALWAYS(B > 0 && B <= trainer->options.batch);
    struct step step = make_step(trainer, B, true);
    struct pass pass = run_forward(trainer, B, &step);
    for (int l = trainer->network->layers - 1; l >= 0; l--)
        trainer->network->layer[l].kind->backward(&trainer->run[l], &step);
    return pass;
}

struct pass trainer_measure(struct trainer *trainer, ptrdiff_t B)
{
    ALWAYS(B > 0 && B <= TRAINER_MEASURE_ROWS);
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
        const struct layer_run *run = &trainer->run[l];
        for (int t = 0; t < run->tensors; t++)
            square += trainer->loops->dot(run->tensor[t].count, run->gradient[t], run->gradient[t]);
    }
    double norm = sqrt(square);
    return norm > limit ? limit / norm : 1;
}

static void update_tensor(struct trainer *trainer, struct layer_run *run, int t, double rate, float scale)
{
    const struct optimiser *optimiser = &trainer->options.optimiser;
    const struct tensor *tensor = &run->tensor[t];
    float decay = tensor->fan_in ? (float)optimiser->weight_decay : 0;
    if (optimiser->kind == OPTIMISER_SGD) {
        struct momentum_step step = {.momentum = (float)optimiser->momentum,
                                     .rate = (float)rate,
                                     .decay = decay,
                                     .scale = scale,
                                     .nesterov = optimiser->nesterov};
        trainer->loops->momentum(tensor->count, &step, run->gradient[t], run->values[t], run->state[t][0]);
        return;
    }
    /* m^ / (sqrt(v^) + eps) with m^ = m / c1 and v^ = v / c2 is (sqrt(c2) / c1) m / (sqrt(v) + sqrt(c2) eps). */
    double root = sqrt(1 - trainer->beta2_power);
    struct adam_step step = {.beta1 = (float)optimiser->beta1,
                             .beta2 = (float)optimiser->beta2,
                             .rate = (float)(rate * root / (1 - trainer->beta1_power)),
                             .epsilon = (float)(optimiser->epsilon * root),
                             .decay = decay,
                             .scale = scale};
    trainer->loops->adam(tensor->count, &step, run->gradient[t], run->values[t], run->state[t][0], run->state[t][1]);
}

void trainer_update(struct trainer *trainer, double learning_rate)
{
    float scale = (float)clip_factor(trainer);
    trainer->beta1_power *= trainer->options.optimiser.beta1;
    trainer->beta2_power *= trainer->options.optimiser.beta2;
    for (int l = 0; l < trainer->network->layers; l++)
        for (int t = 0; t < trainer->run[l].tensors; t++)
            update_tensor(trainer, &trainer->run[l], t, learning_rate, scale);
}

int trainer_tensors(const struct trainer *trainer)
{
    int count = 0;
    for (int l = 0; l < trainer->network->layers; l++)
        count += trainer->run[l].tensors;
    return count;
}

struct trainer_tensor trainer_tensor(const struct trainer *trainer, int i)
{
    const struct layer_run *run = trainer->run;
    for (; i >= run->tensors; run++)
        i -= run->tensors;
    return (struct trainer_tensor){.layer = run->layer->name,
                                   .name = run->tensor[i].name,
                                   .count = run->tensor[i].count,
                                   .values = run->values[i],
                                   .gradient = run->gradient[i]};
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

const float *trainer_activation_parameters(const struct trainer *trainer, int i, int *count)
{
    *count = 0;
    for (int l = 0; l < trainer->network->layers; l++) {
        const struct layer_run *run = &trainer->run[l];
        if (run->layer->kind != &layer_activation || i-- > 0)
            continue;
        *count = run->P;
        return run->P ? run->values[0] : NULL;
    }
    return NULL;
}
