/* Trainings: trials, epochs, steps, and how they end. */
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "candidate/candidate.h"
#include "data/data.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "fitness/fitness.h"
#include "fitness/fitness_internal.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "nn/snapshot.h"
#include "rng/rng.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* A training under way, which becomes a trial. */
struct training {
    const struct fitness *fitness;
    struct fitness_worker *worker;
    const atomic_int *abort;
    struct rng shuffle, augment;
    double rate; /* of the list: what the schedule scales */
    int64_t step, epoch_steps, steps;
    double loss_limit; /* above it the trial has diverged; known after the first step */
    double learning_rate;
};

static bool is_aborted(const struct training *training)
{
    return training->abort && atomic_load_explicit(training->abort, memory_order_relaxed);
}

static enum outcome judge(struct training *training, const struct pass *pass)
{
    const struct protocol *protocol = &training->fitness->protocol;
    if (!pass->finite)
        return OUTCOME_non_finite;
    if (training->step == 0) {
        double start = fmax(pass->loss, network_guessing_loss(training->fitness->network));
        training->loss_limit = protocol->divergence.factor * start;
        if (protocol->divergence.loss > 0)
            training->loss_limit = fmin(training->loss_limit, protocol->divergence.loss);
    }
    return pass->loss > training->loss_limit ? OUTCOME_diverged : OUTCOME_ok;
}

/* Puts a batch where the trainer wants it; without an index the rows first .. first + B - 1. */
static void gather(const struct training *training, struct data_part part, const int32_t *index, ptrdiff_t first,
                   ptrdiff_t B)
{
    struct trainer *trainer = training->worker->trainer;
    struct data_targets y = trainer_targets(trainer);
    ptrdiff_t stride;
    if (training->fitness->options.takes_bytes) {
        uint8_t *u = trainer_input_bytes(trainer, &stride);
        if (index)
            data_gather_bytes(part, index, B, stride, u, y);
        else
            data_gather_bytes_range(part, first, B, stride, u, y);
    } else if (index) {
        data_gather(part, index, B, trainer_input(trainer), y);
    } else {
        data_gather_range(part, first, B, trainer_input(trainer), y);
    }
}

/* One step on B samples, the first of which is `index`; the step after it wants the `next_count` behind them.
   A step that fails changes no weight. */
static enum outcome run_step(struct training *training, const int32_t *index, ptrdiff_t B, ptrdiff_t next_count,
                             double *loss)
{
    const struct protocol *protocol = &training->fitness->protocol;
    struct trainer *trainer = training->worker->trainer;
    if (is_aborted(training))
        return OUTCOME_aborted;
    gather(training, training->fitness->train, index, 0, B);
    if (protocol->augmentation.shift || protocol->augmentation.flip)
        data_augment(training->fitness->train.set, &protocol->augmentation, &training->augment, B,
                     trainer_input(trainer), training->worker->image);
    trainer_set_progress(trainer, training->steps > 1 ? (double)training->step / (double)(training->steps - 1) : 1);
    struct pass pass = trainer_gradient(trainer, B);
    enum outcome outcome = judge(training, &pass);
    if (outcome != OUTCOME_ok)
        return outcome;
    training->learning_rate =
        training->rate * schedule_factor(&protocol->schedule, training->step, training->epoch_steps, training->steps);
    data_prefetch(training->fitness->train, index + B, next_count);
    if (protocol->watch && next_count == 0)
        trainer_note(trainer);
    trainer_update(trainer, training->learning_rate);
    training->step++;
    *loss += pass.loss * (double)B;
    return OUTCOME_ok;
}

static ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b)
{
    return a < b ? a : b;
}

/* A pass over the train part in a new order. */
static enum outcome train_epoch(struct training *training, struct epoch *epoch)
{
    ptrdiff_t count = data_size(training->fitness->train), batch = training->fitness->options.batch;
    enum outcome outcome = OUTCOME_ok;
    double loss = 0;
    rng_shuffle(&training->shuffle, training->worker->order, count);
    for (ptrdiff_t first = 0, B; first < count && outcome == OUTCOME_ok; first += B) {
        B = smaller(batch, count - first);
        outcome = run_step(training, training->worker->order + first, B, smaller(batch, count - first - B), &loss);
    }
    epoch->train_loss = loss / (double)count;
    epoch->learning_rate = training->learning_rate;
    if (outcome == OUTCOME_ok && !trainer_is_finite(training->worker->trainer))
        return OUTCOME_non_finite;
    return outcome;
}

/* From the mean loss over the measured part and the number of targets that were found. */
static struct measures measures_of(const struct fitness *fitness, double loss, ptrdiff_t correct)
{
    struct measures measures = measures_none();
    ptrdiff_t targets = data_size(fitness->measured) * network_targets(fitness->network);
    enum data_target target = data_shape(fitness->measured.set).target;
    measures.loss = loss;
    if (target == DATA_TARGET_NUMBER) {
        measures.r2 = 1 - loss / data_target_variance(fitness->measured);
        measures.rmse = sqrt(loss) * data_number(fitness->measured.set).deviation;
    } else {
        measures.accuracy = (double)correct / (double)targets;
    }
    if (target == DATA_TARGET_NEXT)
        measures.bits = loss / log(2);
    return measures;
}

static enum outcome validate(struct training *training, struct epoch *epoch)
{
    struct data_part part = training->fitness->measured;
    struct trainer *trainer = training->worker->trainer;
    ptrdiff_t count = data_size(part), correct = 0;
    ptrdiff_t rows = network_measure_rows(training->fitness->network);
    double loss = 0;
    for (ptrdiff_t first = 0, B; first < count; first += B) {
        B = smaller(rows, count - first);
        if (is_aborted(training))
            return OUTCOME_aborted;
        gather(training, part, NULL, first, B);
        struct pass pass = trainer_measure(trainer, B);
        if (!pass.finite)
            return OUTCOME_non_finite;
        loss += pass.loss * (double)B;
        correct += pass.correct;
    }
    epoch->validation = measures_of(training->fitness, loss / (double)count, correct);
    return OUTCOME_ok;
}

static enum outcome run_epoch(struct training *training, int number, struct epoch *epoch)
{
    const struct protocol *protocol = &training->fitness->protocol;
    epoch->number = number;
    epoch->validation = measures_none();
    enum outcome outcome = train_epoch(training, epoch);
    bool measured = number % protocol->validate_every == 0 || number == protocol->epochs;
    return outcome == OUTCOME_ok && measured ? validate(training, epoch) : outcome;
}

/* Of the network, on rows that are always the same, as they stand in the data. */
static void take_snapshot(const struct training *training, int seed_index, int epoch, struct evaluation *out)
{
    const struct fitness *fitness = training->fitness;
    struct trainer *trainer = training->worker->trainer;
    struct watched rows[NETWORK_LAYERS];
    int layers = snapshot_layers(fitness->network);
    gather(training, fitness->train, NULL, 0, fitness->options.batch);
    trainer_snapshot(trainer, fitness->options.batch, rows);
    for (int i = 0; i < layers; i++)
        out->snapshots[out->snapshot_count++] =
            (struct snapshot){.seed_index = seed_index, .epoch = epoch, .watched = rows[i]};
}

static void begin_trial(struct training *training, int seed_index)
{
    const struct fitness *fitness = training->fitness;
    ptrdiff_t count = data_size(fitness->train), batch = fitness->options.batch;
    training->shuffle = rng_keyed(fitness->seed, (uint64_t)seed_index, RNG_SHUFFLE);
    training->augment = rng_keyed(fitness->seed, (uint64_t)seed_index, RNG_AUGMENT);
    training->step = 0;
    training->epoch_steps = (count + batch - 1) / batch;
    training->steps = training->epoch_steps * fitness->protocol.epochs;
    for (ptrdiff_t i = 0; i < count; i++)
        training->worker->order[i] = (int32_t)i;
    const float *z = fitness->starts + (seed_index - fitness->protocol.first_seed) * fitness->random_weights;
    trainer_start(training->worker->trainer, z, rng_keyed(fitness->seed, (uint64_t)seed_index, RNG_DROPOUT));
}

static enum outcome run_trial(struct training *training, int seed_index, struct evaluation *out)
{
    struct trial *trial = &out->trials[out->trial_count++];
    *trial = (struct trial){.seed_index = seed_index,
                            .outcome = OUTCOME_ok,
                            .score = NAN,
                            .validation = measures_none(),
                            .train_loss = NAN};
    begin_trial(training, seed_index);
    while (trial->outcome == OUTCOME_ok && trial->epochs < training->fitness->protocol.epochs) {
        struct epoch epoch = {.seed_index = seed_index};
        trial->outcome = run_epoch(training, trial->epochs + 1, &epoch);
        if (trial->outcome != OUTCOME_ok)
            break;
        trial->epochs++;
        trial->train_loss = epoch.train_loss;
        trial->validation = epoch.validation;
        out->curve[out->epoch_count++] = epoch;
        if (training->fitness->protocol.watch)
            take_snapshot(training, seed_index, epoch.number, out);
    }
    if (trial->outcome == OUTCOME_ok)
        trial->score = metric_score(training->fitness->protocol.metric, trial);
    return trial->outcome;
}

static ptrdiff_t count_parameters(const struct fitness *fitness, const struct trainer *trainer)
{
    ptrdiff_t count = 0;
    for (int layer = 0; layer < network_activations(fitness->network); layer++) {
        struct trainer_parameters parameters = trainer_activation_parameters(trainer, layer);
        count += parameters.count * parameters.sets;
    }
    return count;
}

/* What the activations' learned parameters have become, function by function. */
static void note_parameters(const struct training *training, int seed_index, struct evaluation *out)
{
    for (int function = 0; function < network_functions(training->fitness->network); function++)
        for (int layer = 0; layer < network_activations(training->fitness->network); layer++) {
            struct trainer_parameters p = trainer_activation_parameters(training->worker->trainer, layer);
            for (ptrdiff_t k = 0; p.function == function && k < p.count * p.sets; k++) {
                ptrdiff_t set = k / p.count, index = k % p.count;
                out->parameters[out->parameter_count++] =
                    (struct learned){.seed_index = seed_index,
                                     .layer = p.owner == PARAMETERS_SHARED ? LEARNED_BY_ALL : layer,
                                     .channel = p.owner == PARAMETERS_CHANNEL ? set : LEARNED_BY_ALL,
                                     .index = (int)index,
                                     .value = (double)p.values[index * p.sets + set],
                                     .function = function};
            }
        }
}

/* All trials with one learning rate. */
static int evaluate_rate(const struct fitness *fitness, struct fitness_worker *worker, double rate,
                         const atomic_int *abort, struct evaluation *out, struct error *err)
{
    const struct protocol *protocol = &fitness->protocol;
    ptrdiff_t parameters = count_parameters(fitness, worker->trainer);
    ptrdiff_t epochs = (ptrdiff_t)protocol->seeds * protocol->epochs;
    ptrdiff_t snapshots = protocol->watch ? epochs * snapshot_layers(fitness->network) : 0;
    int status = evaluation_reserve(out, protocol->seeds, epochs, protocol->seeds * parameters, snapshots, err);
    struct training training = {.fitness = fitness, .worker = worker, .abort = abort, .rate = rate};
    enum outcome outcome = OUTCOME_ok;
    for (int s = 0; !status && s < protocol->seeds && outcome == OUTCOME_ok; s++) {
        outcome = run_trial(&training, protocol->first_seed + s, out);
        if (outcome == OUTCOME_ok)
            note_parameters(&training, protocol->first_seed + s, out);
    }
    if (status)
        return status;
    evaluation_conclude(out);
    out->result.learning_rate = rate;
    return 0;
}

int fitness_evaluate(const struct fitness *fitness, struct fitness_worker *worker, const struct assignment *assignment,
                     const atomic_int *abort, struct evaluation *out, struct error *err)
{
    ALWAYS(assignment->rungs == 1);
    const struct optimiser *optimiser = &fitness->protocol.optimiser;
    double wall = clock_seconds(), cpu = clock_thread_seconds();
    int status = trainer_prepare(worker->trainer, &assignment->candidate, err);
    if (status)
        return status;
    blas_thread_init();
    status = evaluate_rate(fitness, worker, optimiser->learning_rates[0], abort, out, err);
    for (int i = 1; !status && i < optimiser->rates && !result_is_aborted(&out->result); i++) {
        status = evaluate_rate(fitness, worker, optimiser->learning_rates[i], abort, &worker->other, err);
        const struct result *other = &worker->other.result; /* an aborted one must be seen */
        if (!status && (result_is_aborted(other) || result_compare(other, &out->result) > 0)) {
            struct evaluation kept = *out;
            *out = worker->other;
            worker->other = kept;
        }
    }
    out->result.cost.wall_seconds = clock_seconds() - wall;
    out->result.cost.cpu_seconds = clock_thread_seconds() - cpu;
    return status;
}

/* ---- the arithmetic of this machine */

/* A step on a whole batch and, where there is one, on the rest that is the last of each epoch. */
static uint64_t mix_steps(struct training *training, uint64_t digest)
{
    const struct trainer *trainer = training->worker->trainer;
    ptrdiff_t count = data_size(training->fitness->train), batch = training->fitness->options.batch;
    double loss = 0;
    enum outcome outcome = run_step(training, training->worker->order, batch, 0, &loss);
    if (outcome == OUTCOME_ok && count % batch)
        outcome = run_step(training, training->worker->order, count % batch, 0, &loss);
    digest = hash_bytes(digest, &outcome, sizeof outcome);
    digest = hash_bytes(digest, &loss, sizeof loss);
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        digest = hash_bytes(digest, tensor.values, (size_t)tensor.count * sizeof *tensor.values);
    }
    return digest;
}

static uint64_t mix_measures(const struct training *training, uint64_t digest)
{
    ptrdiff_t count = data_size(training->fitness->measured);
    ptrdiff_t rows = smaller(network_measure_rows(training->fitness->network), count);
    const ptrdiff_t sizes[] = {rows, count % rows};
    for (int i = 0; i < 2 && sizes[i] > 0; i++) {
        gather(training, training->fitness->measured, NULL, 0, sizes[i]);
        double loss = trainer_measure(training->worker->trainer, sizes[i]).loss;
        digest = hash_bytes(digest, &loss, sizeof loss);
    }
    return digest;
}

int fitness_arithmetic(const struct fitness *fitness, char digest[FITNESS_DIGEST], struct error *err)
{
    struct fitness_worker *worker = NULL;
    struct tree silu;
    int status = tree_parse("x*sigmoid(x)", &silu, err);
    if (!status)
        status = fitness_worker_new(fitness, &worker, err);
    if (!status) {
        struct candidate candidate = CANDIDATE_EMPTY;
        for (int i = 0; !status && i < network_functions(fitness->network); i++)
            status = candidate_add(&candidate, &silu, err);
        if (!status)
            status = trainer_prepare(worker->trainer, &candidate, err);
    }
    if (!status) {
        struct training training = {
            .fitness = fitness, .worker = worker, .rate = fitness->protocol.optimiser.learning_rates[0]};
        begin_trial(&training, fitness->protocol.first_seed);
        uint64_t bits = mix_measures(&training, mix_steps(&training, HASH_START));
        snprintf(digest, FITNESS_DIGEST, "%016" PRIx64, bits);
    }
    fitness_worker_free(worker);
    return status;
}
