/* Helpers of the nn tests: networks from text, random batches, and the double-precision twin of a
   network's forward pass and loss, written without anything of the module's arithmetic. */
#ifndef ACTSEARCH_TESTS_NN_TESTING_H
#define ACTSEARCH_TESTS_NN_TESTING_H

#include "testing.h"

#include "base/json.h"
#include "base/memory.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "nn/trainer.h"
#include "rng/rng.h"

#include <math.h>
#include <stdio.h>

/* Reads a network; the document is gone afterwards, so the network must not borrow from it. */
static inline int read_network(const char *text, ptrdiff_t features, int classes, struct network **network,
                               struct error *err)
{
    struct json_document *document = NULL;
    *network = NULL;
    int status = json_parse(text, "test.json", &document, err);
    if (!status)
        status = network_read(json_root(document), features, classes, network, err);
    json_document_free(document);
    return status;
}

static inline struct tree parse(const char *text)
{
    struct tree tree;
    struct error err = ERROR_EMPTY;
    int status = tree_parse(text, &tree, &err);
    ck_assert_msg(status == 0, "%s: %s", text, err.what);
    return tree;
}

/* A trainer with drawn weights, ready for a batch. */
static inline struct trainer *make_trainer(const struct network *network, const struct trainer_options *options,
                                           const char *candidate)
{
    struct error err = ERROR_EMPTY;
    struct trainer *trainer = NULL;
    ASSERT_OK(trainer_new(network, options, &trainer, &err));
    struct tree tree = parse(candidate);
    ASSERT_OK(trainer_prepare(trainer, &tree, &err));
    float *z = memory_array((size_t)network_draws(network), sizeof *z);
    struct rng rng = rng_keyed(1, 0, RNG_WEIGHTS);
    network_draw(network, &rng, z);
    trainer_start(trainer, z);
    memory_free(z);
    return trainer;
}

/* Normal inputs and random classes from a keyed stream. */
static inline void fill_batch(struct trainer *trainer, const struct network *network, ptrdiff_t B, uint64_t key)
{
    struct rng rng = rng_keyed(key, 7, RNG_TEST);
    for (ptrdiff_t i = 0; i < B * network_features(network); i++)
        trainer_input(trainer)[i] = (float)rng_normal(&rng);
    for (ptrdiff_t b = 0; b < B; b++)
        trainer_labels(trainer)[b] = (int32_t)rng_below(&rng, (uint64_t)network_classes(network));
}

/* The twin: a list of layers, whose parameters are an array of doubles in the order of the trainer's tensors. */
enum { TWIN_WIDTH = 32 };
struct twin_layer {
    int units;        /* above 0: dense */
    struct tree tree; /* else an activation */
};

static inline const double *twin_dense(const double *parameters, int K, int N, double *x)
{
    double y[TWIN_WIDTH];
    for (int n = 0; n < N; n++) {
        y[n] = parameters[K * N + n];
        for (int k = 0; k < K; k++)
            y[n] += x[k] * parameters[k * N + n];
    }
    memcpy(x, y, sizeof(double) * (size_t)N);
    return parameters + K * N + N;
}

/* Mean softmax cross-entropy over a batch of the twin's. x: (B, features), y: (B). */
static inline double twin_loss(const struct twin_layer *layers, int count, const double *parameters, int features,
                               int B, const float *x, const int32_t *y)
{
    double loss = 0;
    for (int b = 0; b < B; b++) {
        double value[TWIN_WIDTH], sum = 0;
        int width = features;
        const double *p = parameters;
        for (int k = 0; k < features; k++)
            value[k] = (double)x[b * features + k];
        for (int l = 0; l < count; l++) {
            if (layers[l].units) {
                p = twin_dense(p, width, layers[l].units, value);
                width = layers[l].units;
                continue;
            }
            for (int k = 0; k < width; k++)
                value[k] = tree_eval(&layers[l].tree, value[k], p).value;
            p += tree_parameter_count(&layers[l].tree);
        }
        for (int c = 0; c < width; c++)
            sum += exp(value[c]);
        loss += log(sum) - value[y[b]];
    }
    return loss / B;
}

#endif
