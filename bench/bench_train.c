/* Benchmark of training: 784-128-64-10, batch 128, Adam, 2 epochs of 10,000 samples.
 *
 *   bench_train [CANDIDATE] [FOLDER]
 *
 * FOLDER holds Fashion-MNIST as Debian's dataset-fashion-mnist ships it (the default is where that package
 * puts it). It first verifies: every product of a step against the plain one, and that two evaluations
 * are equal and better than chance. Then it prints the median time of each part of a step and of a
 * whole training, and their ratio to the time of the products alone, which is the limit. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "fitness/fitness.h"
#include "kernel/tape.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "nn/trainer.h"
#include "rng/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { B = 128, MEASURED = 256, LAYERS = 3, ROUNDS = 41, STEPS = 2 * 79 };
static const ptrdiff_t widths[LAYERS + 1] = {784, 128, 64, 10};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, ascending);
    return times[count / 2];
}

static void require(int status, const struct error *err)
{
    if (!status)
        return;
    char line[2200];
    error_line(err, line, sizeof line);
    fprintf(stderr, "bench_train: %s\n", line);
    exit(1);
}

static void verify(bool condition, const char *what)
{
    printf("verify %-52s %s\n", what, condition ? "ok" : "WRONG");
    if (!condition)
        exit(1);
}

/* The eight products of a step. */
struct product {
    bool ta, tb;
    ptrdiff_t M, N, K;
};

static int products_of_a_step(struct product *products)
{
    int count = 0;
    for (int l = 0; l < LAYERS; l++) {
        ptrdiff_t K = widths[l], N = widths[l + 1];
        products[count++] = (struct product){false, false, B, N, K};
        products[count++] = (struct product){true, false, K, N, B};
        if (l)
            products[count++] = (struct product){false, true, B, K, N};
    }
    return count;
}

static float *random_numbers(ptrdiff_t count)
{
    float *x = memory_aligned((size_t)count * sizeof *x);
    struct rng rng = rng_keyed(1, 1, RNG_TEST);
    for (ptrdiff_t i = 0; x && i < count; i++)
        x[i] = (float)rng_normal(&rng);
    if (!x)
        exit(1);
    return x;
}

static void multiply(const struct product *p, bool plain, const float *a, const float *b, float *c)
{
    (plain ? blas_reference_gemm : blas_gemm)(p->ta, p->tb, p->M, p->N, p->K, 1, a, p->ta ? p->M : p->K, b,
                                              p->tb ? p->K : p->N, 0, c, p->N);
}

static bool products_are_right(const struct product *products, int count, const float *a, const float *b, float *c)
{
    float *plain = random_numbers(784 * 128);
    bool right = true;
    for (int i = 0; i < count; i++) {
        multiply(&products[i], false, a, b, c);
        multiply(&products[i], true, a, b, plain);
        for (ptrdiff_t j = 0; j < products[i].M * products[i].N; j++)
            right = right && fabsf(c[j] - plain[j]) <= 1e-5f * (float)products[i].K;
    }
    memory_free(plain);
    return right;
}

static double time_products(void)
{
    struct product products[3 * LAYERS];
    int count = products_of_a_step(products);
    float *a = random_numbers(784 * 128), *b = random_numbers(784 * 128), *c = random_numbers(784 * 128);
    double times[ROUNDS];
    verify(products_are_right(products, count, a, b, c), "every product against the plain one");
    for (int r = 0; r < ROUNDS; r++) {
        double start = now();
        for (int i = 0; i < count; i++)
            multiply(&products[i], false, a, b, c);
        times[r] = now() - start;
    }
    memory_free(a);
    memory_free(b);
    memory_free(c);
    return median(times, ROUNDS);
}

/* Value and derivative over both hidden layers. */
static double time_activation(const struct tree *tree, enum isa isa)
{
    struct error err = ERROR_EMPTY;
    struct tape *tape = NULL;
    require(tape_new(tree, &tape, &err), &err);
    ptrdiff_t N = B * (widths[1] + widths[2]);
    float *x = random_numbers(N), *y = random_numbers(N), *dy = random_numbers(N);
    float *dp[TREE_PARAMETERS], parameters[TREE_PARAMETERS];
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    double times[ROUNDS];
    for (int j = 0; j < TREE_PARAMETERS; j++) {
        dp[j] = random_numbers(j < tape_parameters(tape) ? N : 0);
        parameters[j] = 1;
    }
    for (int r = 0; r < ROUNDS; r++) {
        double start = now();
        tape_run(tape, isa, parameters, 1, N, x, y, dy, tape_parameters(tape) ? dp : NULL, scratch);
        times[r] = now() - start;
    }
    for (int j = 0; j < TREE_PARAMETERS; j++)
        memory_free(dp[j]);
    memory_free(scratch);
    memory_free(x);
    memory_free(y);
    memory_free(dy);
    tape_free(tape);
    return median(times, ROUNDS);
}

struct parts {
    double gather, gradient, update, measure;
};

static struct parts time_steps(const struct data_set *data, const struct network *network, const struct tree *tree,
                               enum isa isa)
{
    struct error err = ERROR_EMPTY;
    struct trainer_options options = {
        .isa = isa, .batch = B, .optimiser = optimiser_default(), .init = INIT_AUTO, .input_square = 1};
    struct trainer *trainer = NULL;
    require(trainer_new(network, &options, &trainer, &err), &err);
    require(trainer_prepare(trainer, tree, &err), &err);
    float *z = random_numbers(network_draws(network));
    struct rng rng = rng_keyed(1, 2, RNG_TEST);
    trainer_start(trainer, z, rng);
    static double gather[STEPS], gradient[STEPS], update[STEPS], measure[ROUNDS];
    int32_t index[STEPS + 1][B];
    for (int i = 0; i < (STEPS + 1) * B; i++)
        index[i / B][i % B] = (int32_t)rng_below(&rng, (uint64_t)data_size(data, DATA_TRAIN));
    for (int s = 0; s < STEPS; s++) {
        double start = now();
        data_gather(data, DATA_TRAIN, index[s], B, trainer_input(trainer), trainer_targets(trainer));
        double gathered = now();
        trainer_gradient(trainer, B);
        double derived = now();
        data_prefetch(data, DATA_TRAIN, index[s + 1], B);
        trainer_update(trainer, 0.001);
        update[s] = now() - derived;
        gradient[s] = derived - gathered;
        gather[s] = gathered - start;
    }
    for (int r = 0; r < ROUNDS; r++) {
        data_gather_range(data, DATA_VALIDATION, 0, MEASURED, trainer_input(trainer), trainer_targets(trainer));
        double start = now();
        trainer_measure(trainer, MEASURED);
        measure[r] = now() - start;
    }
    memory_free(z);
    trainer_free(trainer);
    return (struct parts){median(gather, STEPS), median(gradient, STEPS), median(update, STEPS),
                          median(measure, ROUNDS)};
}

/* Seconds of a whole evaluation with one seed. */
static double time_training(const struct data_set *data, const struct network *network, const struct tree *tree,
                            enum isa isa, double *accuracy)
{
    enum { TRAININGS = 9 };
    struct error err = ERROR_EMPTY;
    struct json_document *document = NULL;
    struct protocol protocol;
    struct fitness *fitness = NULL;
    struct fitness_worker *worker = NULL;
    struct evaluation result[2] = {EVALUATION_EMPTY, EVALUATION_EMPTY};
    double times[TRAININGS];
    require(json_parse("{\"validate_every\": 2}", "protocol", &document, &err), &err);
    require(protocol_read(json_root(document), &protocol, &err), &err);
    json_document_free(document);
    require(fitness_new(&protocol, network, data, 1, isa, &fitness, &err), &err);
    require(fitness_worker_new(fitness, &worker, &err), &err);
    for (int i = 0; i < TRAININGS; i++) {
        require(fitness_evaluate(fitness, worker, tree, NULL, &result[i % 2], &err), &err);
        times[i] = result[i % 2].wall_seconds;
    }
    verify(evaluation_equal(&result[0], &result[1]), "two evaluations are equal, bit by bit");
    verify(evaluation_is_ok(&result[0]) && result[0].score > 0.6, "the candidate learns");
    *accuracy = result[0].score;
    evaluation_release(&result[0]);
    evaluation_release(&result[1]);
    fitness_worker_free(worker);
    fitness_free(fitness);
    return median(times, TRAININGS);
}

static struct data_set *open_data(const char *folder)
{
    struct error err = ERROR_EMPTY;
    struct text text = TEXT_EMPTY;
    struct json_document *document = NULL;
    struct data_spec spec;
    struct data_set *data = NULL;
    text_add(&text, "{\"format\": \"idx\", \"train\": 10000, \"validation\": 2000, \"folder\": ");
    json_quote(folder, &text);
    text_add(&text, "}");
    require(json_parse(text_string(&text), "bench", &document, &err), &err);
    require(data_spec_read(json_root(document), "bench", &spec, &err), &err);
    require(data_set_open(&spec, 1, &data, &err), &err);
    json_document_free(document);
    data_spec_release(&spec);
    text_release(&text);
    return data;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    const char *candidate = argc > 1 ? argv[1] : "x*sigmoid(x)";
    struct data_set *data = open_data(argc > 2 ? argv[2] : "/usr/share/datasets/fashion-mnist");
    struct json_document *document = NULL;
    struct network *network = NULL;
    struct tree tree;
    enum isa isa = isa_best();
    struct data_shape shape = data_shape(data);
    require(tree_parse(candidate, &tree, &err), &err);
    require(json_parse("{\"mlp\": [128, 64]}", "network", &document, &err), &err);
    require(network_read(json_root(document), &shape, &network, &err), &err);
    json_document_free(document);
    require(blas_limit_isa(isa, &err), &err);
    blas_thread_init();

    double accuracy, products = time_products(), activation = time_activation(&tree, isa);
    double training = time_training(data, network, &tree, isa, &accuracy);
    struct parts parts = time_steps(data, network, &tree, isa);
    double step = parts.gather + parts.gradient + parts.update;
    printf("%s, %s\n", candidate, isa_name(isa));
    printf("%-38s %8.1f us\n", "gather", parts.gather * 1e6);
    printf("%-38s %8.1f us\n", "forward, loss and backward", parts.gradient * 1e6);
    printf("%-38s %8.1f us\n", "  of it products (alone)", products * 1e6);
    printf("%-38s %8.1f us\n", "  of it activation (alone)", activation * 1e6);
    printf("%-38s %8.1f us\n", "update", parts.update * 1e6);
    printf("%-38s %8.1f us  %.2f of the products alone\n", "step", step * 1e6, step / products);
    printf("%-38s %8.1f us\n", "256 validation rows", parts.measure * 1e6);
    printf("%-38s %8.4f s   %.2f of its products alone, accuracy %.4f\n", "training, 2 epochs of 10,000", training,
           training / (STEPS * products), accuracy);
    network_free(network);
    data_set_free(data);
    return 0;
}
