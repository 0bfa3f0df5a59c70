/* What all workers share: the starts of the weights, what the data suggest to the trainer, the plan of memory. */
#include "fitness/fitness.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "data/data.h"
#include "fitness/fitness_internal.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "rng/rng.h"

/* Scores must be comparable: what is measured on belongs to the division that is trained on. */
static int check_measured(const struct data_set *data, struct data_part measured, struct error *err)
{
    if (data_digest(measured.set) == data_digest(data))
        return 0;
    return error_set(err, ERROR_INPUT, "the data", "open both from the same files, with the same description and seed",
                     "the rows to measure on are no part of the data that are trained on");
}

/* Mean square of the training inputs, so that "auto" fits data of any scale. The sum goes row by row. */
static int measure_input(struct fitness *fitness, struct error *err)
{
    enum { ROWS = 64 };
    ptrdiff_t features = network_features(fitness->network), count = data_size(fitness->train);
    float *x = memory_array((size_t)(ROWS * features), sizeof *x);
    if (!x)
        return memory_error(err, "measuring the training data");
    double sum = 0;
    for (ptrdiff_t first = 0; first < count; first += ROWS) {
        ptrdiff_t B = count - first < ROWS ? count - first : ROWS;
        data_gather_range(fitness->train, first, B, x, (struct data_targets){0});
        for (ptrdiff_t i = 0; i < B * features; i++)
            sum += (double)x[i] * (double)x[i];
    }
    memory_free(x);
    fitness->options.input_square = sum / ((double)count * (double)features);
    return 0;
}

/* Bytes that are 0 cost nothing when the first layer takes the images as bytes. With half of them 0 the two products
   take two thirds (AVX-512) to four fifths (AVX2) of the dense ones' time, and nothing has to be widened: from a third
   on it pays. Augmentation works on numbers. */
static bool bytes_pay(const struct fitness *fitness)
{
    const struct data_augmentation *augmentation = &fitness->protocol.augmentation;
    return fitness->options.bytes.zeros > 1.0 / 3 && !augmentation->shift && !augmentation->flip &&
           network_can_take_bytes(fitness->network);
}

static int draw_starts(struct fitness *fitness, struct error *err)
{
    int seeds = fitness->protocol.seeds;
    fitness->starts = memory_array((size_t)seeds * (size_t)fitness->random_weights, sizeof *fitness->starts);
    if (!fitness->starts)
        return memory_error(err, "the initial weights");
    for (int s = 0; s < seeds; s++) {
        struct rng rng = rng_keyed(fitness->seed, (uint64_t)(fitness->protocol.first_seed + s), RNG_WEIGHTS);
        network_draw_weights(fitness->network, &rng, fitness->starts + s * fitness->random_weights);
    }
    return 0;
}

/* All that follows from the arguments, without any number that is drawn or measured. */
static void describe(struct fitness *fitness, enum isa isa)
{
    const struct protocol *protocol = &fitness->protocol;
    ptrdiff_t samples = data_size(fitness->train);
    fitness->random_weights = network_random_weights(fitness->network);
    fitness->options = (struct trainer_options){.isa = isa,
                                                .batch = protocol->batch < samples ? protocol->batch : samples,
                                                .optimiser = protocol->optimiser,
                                                .init = protocol->init,
                                                .input_square = 1,
                                                .watch = protocol->watch};
    fitness->options.bytes = data_bytes(fitness->train);
    fitness->options.takes_bytes = bytes_pay(fitness);
}

/* Refuses what does not fit together, or into this machine; limits the library. */
static int check(const struct fitness *fitness, const struct data_set *data, struct error *err)
{
    struct data_shape shape = data_shape(data);
    int status = check_measured(data, fitness->measured, err);
    if (!status)
        status = data_augmentation_check(&shape, &fitness->protocol.augmentation, "training.augment", err);
    if (!status)
        status = blas_limit_isa(fitness->options.isa, err);
    if (!status)
        status = fitness_check_memory(fitness, 1, err);
    return status;
}

int fitness_new(const struct protocol *protocol, const struct network *network, const struct data_set *data,
                struct data_part measured, uint64_t seed, enum isa isa, struct fitness **fitness, struct error *err)
{
    struct data_shape shape = data_shape(data);
    ALWAYS(network_features(network) == shape.features && network_targets(network) == shape.targets);
    ALWAYS(protocol->metric != METRIC_DEFAULT && metric_fits(protocol->metric, shape.target));
    *fitness = NULL;
    struct fitness *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "the trainer");
    *result = (struct fitness){.protocol = *protocol,
                               .network = network,
                               .train = data_part(data, DATA_TRAIN),
                               .measured = measured,
                               .seed = seed};
    describe(result, isa);
    int status = check(result, data, err);
    if (!status && protocol->init == INIT_AUTO)
        status = measure_input(result, err);
    if (!status)
        status = draw_starts(result, err);
    if (status)
        fitness_free(result);
    else
        *fitness = result;
    return status;
}

void fitness_free(struct fitness *fitness)
{
    if (!fitness)
        return;
    memory_free(fitness->starts);
    memory_free(fitness);
}

size_t fitness_shared_bytes(const struct fitness *fitness)
{
    return (size_t)fitness->protocol.seeds * (size_t)fitness->random_weights * sizeof *fitness->starts;
}

size_t fitness_worker_bytes(const struct fitness *fitness)
{
    return trainer_bytes(fitness->network, &fitness->options) + (size_t)data_size(fitness->train) * sizeof(int32_t);
}

int fitness_check_memory(const struct fitness *fitness, int workers, struct error *err)
{
    double gib = 1 << 30;
    double need = (double)fitness_shared_bytes(fitness) + workers * (double)fitness_worker_bytes(fitness);
    double have = limits_memory("");
    if (have <= 0 || need <= have)
        return 0;
    return error_set(err, ERROR_MEMORY, NULL, "use fewer threads, a smaller batch, fewer seeds or a smaller network",
                     "training with %d thread%s needs %.1f GiB of memory, and there are %.1f GiB", workers,
                     workers == 1 ? "" : "s", need / gib, have / gib);
}

int fitness_worker_new(const struct fitness *fitness, struct fitness_worker **worker, struct error *err)
{
    blas_thread_init();
    *worker = NULL;
    struct fitness_worker *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "a training thread");
    result->order = memory_array((size_t)data_size(fitness->train), sizeof *result->order);
    result->image = memory_array((size_t)network_features(fitness->network), sizeof *result->image);
    int status = result->order && result->image ? 0 : memory_error(err, "a training thread");
    if (!status)
        status = trainer_new(fitness->network, &fitness->options, &result->trainer, err);
    if (status)
        fitness_worker_free(result);
    else
        *worker = result;
    return status;
}

void fitness_worker_free(struct fitness_worker *worker)
{
    if (!worker)
        return;
    trainer_free(worker->trainer);
    evaluation_release(&worker->other);
    memory_free(worker->order);
    memory_free(worker->image);
    memory_free(worker);
}
