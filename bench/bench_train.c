/* Benchmark of training: the layers of an experiment's network against what the machine can do.
 *
 * It first verifies its answers (verify.h), then measures the machine's limits (machine.h), and only then times the
 * parts of a step, the whole step against its plain twin, and whole trainings at one thread and two. Times are
 * medians; what is compared takes turns, and its ratio is the median of the ratios of neighbours. Step and layers
 * run on one thread, as in a search. */
#include "machine.h"
#include "subject.h"
#include "timing.h"
#include "verify.h"
#include "work.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/data.h"
#include "experiment/experiment.h"
#include "fitness/fitness_internal.h"
#include "nn/blas.h"
#include "nn/network_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "bench_train [--isa LEVEL] [EXPERIMENT.json [CANDIDATE [PATH=VALUE ...]]]\n"
    "\n"
    "Trains CANDIDATE (x*sigmoid(x)) in the network of EXPERIMENT (experiments/fashion-mlp.json) and prints\n"
    "  - whether loss, gradients and evaluations are right; exit status 1 when not,\n"
    "  - what the machine can do: FLOP/s of multiply-adds, bytes a second of triads,\n"
    "  - for each layer, each kind of layer and the rest of a step: median times, the share of the peak that\n"
    "    is reached, and time over the bound, max(FLOPs / peak, bytes / bandwidth) there and back, by the\n"
    "    bandwidth of a triad of as many bytes,\n"
    "  - the step with every layer by itself and on floats over the step as it is,\n"
    "  - trainings a second at 1 and at 2 threads.\n"
    "FLOPs are those of dense arithmetic (bench/work.h); what is left out makes ratios below 1 possible.\n"
    "PATH=VALUE sets a value of the experiment, as in training.batch=64. LEVEL: portable, x86-64-v3, x86-64-v4.\n";

enum { WARM_STEPS = 10, STEPS = 120, PAIRS = 60, NAME = 24 };

/* Bandwidths are of triads of 16 KiB, 32 KiB, ..., 64 MiB. */
enum { SMALLEST = 16 << 10, SIZES = 13 };
struct limits {
    double peak;             /* FLOP/s */
    double bandwidth[SIZES]; /* bytes a second, falling */
};

/* By the triad of as many bytes, or a little fewer: what a layer needs lies in the nearest cache that holds it. */
static double bound_of(const struct limits *limits, struct work work)
{
    int size = 0;
    while (size + 1 < SIZES && work.bytes >= (double)((size_t)SMALLEST << (size + 1)))
        size++;
    return fmax(work.flops / limits->peak, work.bytes / limits->bandwidth[size]);
}

/* ---- a step */

struct step_times {
    double gather, pass, update;
};

/* One step of a training; layers: (layers) or NULL. */
static struct step_times run_step(const struct subject *subject, const struct trainer_options *options,
                                  struct trainer *trainer, int step, struct trainer_time *layers)
{
    double start = now();
    subject_gather(subject, options, trainer, subject_batch(subject, step), subject->B);
    double gathered = now();
    struct pass pass = layers ? trainer_profile(trainer, subject->B, layers) : trainer_gradient(trainer, subject->B);
    double derived = now();
    data_prefetch(subject->train, subject_batch(subject, step + 1), subject->B);
    trainer_update(trainer, options->optimiser.learning_rates[0]);
    double updated = now();
    if (!pass.finite) {
        fprintf(stderr, "bench_train: step %d is not finite, choose another candidate\n", step);
        exit(1);
    }
    return (struct step_times){gathered - start, derived - gathered, updated - derived};
}

/* ---- the table */

struct row {
    char kind[NAME], name[NAME];
    double forward, backward; /* seconds */
    struct work work;         /* there and back */
    double bound;             /* seconds */
    const char *within;       /* the row that has this one's work; NULL: none */
};

static double time_of(const struct row *row)
{
    return row->forward + row->backward;
}

static void print_heading(const char *first, const char *second)
{
    printf("\n%-20s %-10s %10s %10s %9s %7s %9s %9s %6s\n", first, second, "forward us", "backward us", "MFLOP",
           "of peak", "KiB", "bound us", "ratio");
}

static void print_row(const struct row *row, const struct limits *limits)
{
    double seconds = time_of(row);
    printf("%-20s %-10s %10.1f %10.1f ", row->kind, row->name, row->forward * 1e6, row->backward * 1e6);
    if (row->within) {
        printf("  within %s\n", row->within);
        return;
    }
    printf("%9.3f ", row->work.flops * 1e-6);
    if (row->work.flops > 0 && seconds > 0)
        printf("%5.0f %% ", 100 * row->work.flops / (seconds * limits->peak));
    else
        printf("%7s ", "-");
    printf("%9.1f %9.1f ", row->work.bytes / 1024, row->bound * 1e6);
    if (row->bound > 0)
        printf("%6.2f\n", seconds / row->bound);
    else
        printf("%6s\n", "-");
}

/* A step's parts: (rows), the layers first. */
struct table {
    struct row *rows; /* owned */
    int layers, count;
    double step; /* seconds, the median of the whole */
};
enum { ROW_GATHER, ROW_REST, ROW_UPDATE, ROWS_BEHIND };

/* The times of the steps: (2 layers + ROWS_BEHIND + 1, STEPS). */
static double *time_steps(const struct subject *subject, int layers)
{
    struct trainer *trainer = subject_trainer(subject, &subject->fast);
    struct trainer_time *times = require_memory(memory_array((size_t)layers, sizeof *times));
    double *all = require_memory(memory_zeroed((size_t)(2 * layers + ROWS_BEHIND + 1) * STEPS, sizeof *all));
    for (int s = -WARM_STEPS; s < STEPS; s++) {
        memset(times, 0, (size_t)layers * sizeof *times); /* what learns nothing has no way back */
        struct step_times step = run_step(subject, &subject->fast, trainer, s + WARM_STEPS, times);
        double *at = all + (s < 0 ? 0 : s), rest = step.pass;
        for (int l = 0; l < layers; l++, at += 2 * (ptrdiff_t)STEPS) {
            at[0] = times[l].forward;
            at[STEPS] = times[l].backward;
            rest -= times[l].forward + times[l].backward;
        }
        at[ROW_GATHER * STEPS] = step.gather;
        at[ROW_REST * STEPS] = rest;
        at[ROW_UPDATE * STEPS] = step.update;
        at[ROWS_BEHIND * STEPS] = step.gather + step.pass + step.update;
    }
    memory_free(times);
    trainer_free(trainer);
    return all;
}

static struct row row_of(const char *kind, const char *name, struct work forward, struct work backward,
                         const struct limits *limits)
{
    struct row row = {.work = {forward.flops + backward.flops, forward.bytes + backward.bytes},
                      .bound = bound_of(limits, forward) + bound_of(limits, backward)};
    snprintf(row.kind, sizeof row.kind, "%s", kind);
    snprintf(row.name, sizeof row.name, "%s", name);
    return row;
}

/* Bytes of a number in the data set: images and texts are kept as they came. */
static size_t stored_bytes(const struct subject *subject)
{
    bool bytes = subject->fast.bytes.factor != 0 || data_shape(subject->train.set).tokens;
    return bytes ? sizeof(uint8_t) : sizeof(float);
}

static void describe_rows(const struct subject *subject, const struct limits *limits, struct table *table)
{
    const struct network *network = subject->network;
    struct layer_work work[NETWORK_LAYERS];
    struct row *behind = table->rows + table->layers;
    const struct work none = {0, 0};
    work_of_layers(network, &subject->candidate, &subject->fast, subject->B, work);
    for (int l = 0; l < table->layers; l++) {
        const struct layer *layer = &network->layer[l];
        table->rows[l] = row_of(layer->kind->type, layer->name, work[l].forward, work[l].backward, limits);
        table->rows[l].within = work[l].within < 0 ? NULL : network->layer[work[l].within].name;
    }
    behind[ROW_GATHER] =
        row_of("gather", "", work_of_gather(network, &subject->fast, subject->B, stored_bytes(subject)), none, limits);
    behind[ROW_REST] = row_of("loss and rest", "", work_of_rest(network, subject->B), none, limits);
    behind[ROW_UPDATE] =
        row_of("update", "", work_of_update(network, &subject->candidate, &subject->fast), none, limits);
}

static struct table make_table(const struct subject *subject, const struct limits *limits)
{
    struct table table = {.layers = subject->network->layers};
    table.count = table.layers + ROWS_BEHIND;
    table.rows = require_memory(memory_zeroed((size_t)table.count, sizeof *table.rows));
    describe_rows(subject, limits, &table);
    double *all = time_steps(subject, table.layers), *at = all;
    for (int i = 0; i < table.count; i++) {
        table.rows[i].forward = median(at, STEPS);
        at += STEPS;
        if (i >= table.layers)
            continue;
        table.rows[i].backward = median(at, STEPS);
        at += STEPS;
    }
    table.step = median(at, STEPS);
    memory_free(all);
    return table;
}

static void add_row(struct row *sum, const struct row *row)
{
    sum->forward += row->forward;
    sum->backward += row->backward;
    sum->work.flops += row->work.flops;
    sum->work.bytes += row->work.bytes;
    sum->bound += row->bound;
}

/* The rows of each kind together, in the order in which the kinds first appear. */
static void print_kinds(const struct table *table, const struct limits *limits)
{
    print_heading("kind", "layers");
    for (int i = 0; i < table->count; i++) {
        struct row sum = {0};
        int alike = 0;
        bool seen = false;
        for (int j = 0; j < table->count; j++) {
            if (strcmp(table->rows[j].kind, table->rows[i].kind) != 0)
                continue;
            seen = seen || j < i;
            add_row(&sum, &table->rows[j]);
            alike++;
        }
        if (seen)
            continue;
        snprintf(sum.kind, sizeof sum.kind, "%s", table->rows[i].kind);
        if (i < table->layers)
            snprintf(sum.name, sizeof sum.name, "%d", alike);
        print_row(&sum, limits);
    }
}

static void print_share(const struct subject *subject, const struct table *table)
{
    double activation = 0;
    bool inside = false, pooled = false;
    for (int l = 0; l < table->layers; l++) {
        const struct layer_kind *kind = subject->network->layer[l].kind;
        activation += kind == &layer_activation ? time_of(&table->rows[l]) : 0;
        inside = inside || (kind->slot && kind != &layer_activation);
        pooled = pooled || table->rows[l].within;
    }
    printf("share of the step in layers of activations %.1f %%%s%s\n", 100 * activation / table->step,
           pooled ? ", with the pools behind them" : "", inside ? "; others are inside the recurrent layers" : "");
}

/* What the layer that takes bytes cannot avoid: the products of those that are not 0. */
static void print_zeros(const struct subject *subject, const struct table *table, const struct limits *limits)
{
    if (!subject->fast.takes_bytes)
        return;
    const struct row *row = &table->rows[network_byte_layer(subject->network)];
    double zeros = subject->fast.bytes.zeros, bound = (1 - zeros) * row->work.flops / limits->peak;
    printf("%s skips the %.0f %% of the bytes that are 0: bound of the others %.1f us, ratio %.2f\n", row->name,
           100 * zeros, bound * 1e6, time_of(row) / bound);
}

static void print_step(const struct subject *subject, const struct limits *limits)
{
    struct table table = make_table(subject, limits);
    double bound = 0, flops = 0;
    print_heading("kind", "layer");
    for (int i = 0; i < table.count; i++) {
        print_row(&table.rows[i], limits);
        bound += table.rows[i].bound;
        flops += table.rows[i].work.flops;
    }
    print_kinds(&table, limits);
    printf("\nstep %.1f us, bounds %.1f us, ratio %.2f; %.1f GFLOP/s, %.0f %% of peak; %.0f samples/s\n",
           table.step * 1e6, bound * 1e6, table.step / bound, 1e-9 * flops / table.step,
           100 * flops / (table.step * limits->peak), (double)subject->B / table.step);
    print_share(subject, &table);
    print_zeros(subject, &table, limits);
    memory_free(table.rows);
}

/* ---- fast against plain */

static double whole_step(const struct subject *subject, const struct trainer_options *options, struct trainer *trainer,
                         int step)
{
    struct step_times times = run_step(subject, options, trainer, step, NULL);
    return times.gather + times.pass + times.update;
}

static void print_plain(const struct subject *subject)
{
    struct trainer *fast = subject_trainer(subject, &subject->fast);
    struct trainer *plain = subject_trainer(subject, &subject->plain);
    double times[2][PAIRS], ratios[PAIRS];
    for (int s = -WARM_STEPS; s < PAIRS; s++) {
        int at = s < 0 ? 0 : s;
        times[0][at] = whole_step(subject, &subject->fast, fast, s + WARM_STEPS);
        times[1][at] = whole_step(subject, &subject->plain, plain, s + WARM_STEPS);
        ratios[at] = times[1][at] / times[0][at];
    }
    printf("step %.1f us, every layer by itself on floats %.1f us, ratio %.2f\n", median(times[0], PAIRS) * 1e6,
           median(times[1], PAIRS) * 1e6, median(ratios, PAIRS));
    trainer_free(fast);
    trainer_free(plain);
}

/* ---- threads */

/* Whole evaluations a second, `each` by every thread; each must give what was verified. */
static double evaluations_a_second(const struct subject *subject, const struct evaluation *expected, int threads,
                                   int each)
{
    double start = 0, end = 0;
    int wrong = 0;
#pragma omp parallel num_threads(threads) default(none) shared(subject, expected, each, start, end) reduction(+ : wrong)
    {
        struct error err = ERROR_EMPTY;
        struct fitness_worker *worker = NULL;
        struct evaluation result = EVALUATION_EMPTY;
        struct assignment assignment = subject_assignment(subject);
        wrong += fitness_worker_new(subject->fitness, &worker, &err) != 0;
#pragma omp barrier
#pragma omp single
        start = now();
        for (int i = 0; worker && i < each; i++)
            wrong += fitness_evaluate(subject->fitness, worker, &assignment, NULL, &result, &err) != 0 ||
                     !evaluation_equal(&result, expected);
#pragma omp barrier
#pragma omp single
        end = now();
        evaluation_release(&result);
        fitness_worker_free(worker);
    }
    if (wrong)
        verify(false, "evaluations of every thread are the same", wrong);
    return threads * each / (end - start);
}

static void print_threads(const struct subject *subject, const struct evaluation *expected)
{
    enum { MOST = 9, LEAST = 3 };
    const double turn_seconds = 0.4, all_seconds = 25;
    double rates[2][MOST], ratios[MOST], seconds = expected->result.cost.wall_seconds;
    int each = seconds > turn_seconds ? 1 : (int)ceil(turn_seconds / seconds);
    int rounds = (int)fmin(MOST, fmax(LEAST, all_seconds / (2 * each * seconds)));
    const struct protocol *protocol = &subject->fitness->protocol;
    int trainings = protocol->seeds * protocol->optimiser.rates;
    for (int r = 0; r < rounds; r++) {
        for (int t = 0; t < 2; t++)
            rates[t][r] = trainings * evaluations_a_second(subject, expected, t + 1, each);
        ratios[r] = rates[1][r] / rates[0][r];
    }
    printf("trainings a second: %.3f at 1 thread, %.3f at 2 threads, ratio %.2f (%d rounds; every result the same)\n",
           median(rates[0], rounds), median(rates[1], rounds), median(ratios, rounds), rounds);
}

/* ---- */

static struct limits print_limits(const struct subject *subject)
{
    enum isa isa = subject->fast.isa;
    size_t block = trainer_bytes(subject->network, &subject->fast);
    struct limits limits = {.peak = machine_peak(isa)};
    printf("\nlimits of a core: %.1f GFLOP/s; triad of %.1f MiB, the trainer's block, %.1f GB/s\n", limits.peak * 1e-9,
           (double)block / (1 << 20), machine_bandwidth(isa, block) * 1e-9);
    for (int i = 0; i < SIZES; i++)
        limits.bandwidth[i] = machine_bandwidth(isa, (size_t)SMALLEST << i);
    for (int i = SIZES - 2; i >= 0; i--)
        limits.bandwidth[i] = fmax(limits.bandwidth[i], limits.bandwidth[i + 1]);
    printf("triads of 16 KiB, 32 KiB, ..., 64 MiB, GB/s:");
    for (int i = 0; i < SIZES; i++)
        printf(" %.0f", limits.bandwidth[i] * 1e-9);
    printf("\n");
    return limits;
}

static void measure(const struct experiment *experiment, const char *candidate)
{
    struct subject subject = subject_of(experiment->fitness, candidate);
    struct evaluation result = EVALUATION_EMPTY;
    struct text text = TEXT_EMPTY;
    char version[32];
    network_describe(experiment->network, &text);
    printf("%s: %s\n%s, batch %td, %s, %s\n\n", experiment->name, text_string(&text), candidate, subject.B,
           isa_name(subject.fast.isa), blas_version(version));
    text_release(&text);
    verify_training(&subject, &result);
    struct limits limits = print_limits(&subject);
    print_step(&subject, &limits);
    print_plain(&subject);
    print_threads(&subject, &result);
    evaluation_release(&result);
    memory_free(subject.order);
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    struct experiment *experiment = NULL;
    enum isa isa = isa_best();
    const char *arguments[] = {"experiments/fashion-mlp.json", "x*sigmoid(x)"};
    /* One training an evaluation is enough, unless the settings behind want more. */
    const char **settings = require_memory(memory_zeroed((size_t)argc + 2, sizeof *settings));
    int count = 0, setting = 0;
    settings[setting++] = "training.seeds=1";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--isa") == 0 && i + 1 < argc)
            require(isa_parse(argv[++i], &isa, &err), &err);
        else if (count < 2)
            arguments[count++] = argv[i];
        else
            settings[setting++] = argv[i];
    }
    require(experiment_read(arguments[0], settings, &experiment, &err), &err);
    require(experiment_open(experiment, NULL, isa, &err), &err);
    blas_thread_init();
    measure(experiment, arguments[1]);
    experiment_free(experiment);
    memory_free(settings);
    return 0;
}
