/* Helpers of the nn tests: shapes of data, networks from text, random batches. */
#ifndef ACTSEARCH_TESTS_NN_TESTING_H
#define ACTSEARCH_TESTS_NN_TESTING_H

#include "json.h"
#include "testing.h"

#include "base/json.h"
#include "base/memory.h"
#include "candidate/candidate.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "nn/optimiser_internal.h"
#include "nn/trainer.h"
#include "rng/rng.h"

#include <math.h>
#include <stdio.h>

/* Where a number or a flag of the kind's own stands; NULL: it has none of that key. */
static inline const double *own_number(const struct optimiser *optimiser, const char *key)
{
    const struct setting *setting = settings_find(optimiser->kind->settings, key);
    return setting && setting->kind == SETTING_IS_NUMBER ? setting_member_of(setting, &optimiser->own) : NULL;
}

static inline const bool *own_flag(const struct optimiser *optimiser, const char *key)
{
    const struct setting *setting = settings_find(optimiser->kind->settings, key);
    return setting && setting->kind == SETTING_IS_BOOL ? setting_member_of(setting, &optimiser->own) : NULL;
}

static inline struct data_shape row_data(ptrdiff_t features, int classes)
{
    return (struct data_shape){.rank = 1,
                               .size = {features},
                               .features = features,
                               .classes = classes,
                               .target = classes ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER,
                               .targets = 1};
}

static inline struct data_shape image_data(ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, int classes)
{
    struct data_shape shape = row_data(height * width * channels, classes);
    shape.rank = 3;
    shape.size[0] = height;
    shape.size[1] = width;
    shape.size[2] = channels;
    return shape;
}

/* `steps` vectors of `channels` numbers, and a class for each. */
static inline struct data_shape sequence_data(ptrdiff_t steps, ptrdiff_t channels, int classes)
{
    struct data_shape shape = row_data(steps * channels, classes);
    shape.rank = 2;
    shape.size[0] = steps;
    shape.size[1] = channels;
    shape.target = DATA_TARGET_NEXT;
    shape.targets = steps;
    return shape;
}

/* Reads a network; the document is gone afterwards, so the network must not borrow from it. */
static inline int read_network_for(const char *text, const struct data_shape *data, struct network **network,
                                   struct error *err)
{
    struct json_document *document = NULL;
    *network = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = network_read(json_root(document), data, network, err);
    json_document_free(document);
    return status;
}

static inline int read_network(const char *text, ptrdiff_t features, int classes, struct network **network,
                               struct error *err)
{
    struct data_shape data = row_data(features, classes);
    return read_network_for(text, &data, network, err);
}

static inline struct tree parse(const char *text)
{
    struct tree tree;
    struct error err = ERROR_EMPTY;
    int status = tree_parse(text, &tree, &err);
    ck_assert_msg(status == 0, "%s: %s", text, err.what);
    return tree;
}

/* "f", or "f; g" for slots with the numbers 0 and 1. */
static inline struct candidate parse_candidate(const char *text)
{
    struct candidate candidate;
    struct error err = ERROR_EMPTY;
    int status = candidate_parse(text, &candidate, &err);
    ck_assert_msg(status == 0, "%s: %s", text, err.what);
    return candidate;
}

/* A trainer with drawn weights, ready for a batch. */
static inline struct trainer *make_trainer(const struct network *network, const struct trainer_options *options,
                                           const char *candidate)
{
    struct error err = ERROR_EMPTY;
    struct trainer *trainer = NULL;
    ASSERT_OK(trainer_new(network, options, &trainer, &err));
    struct candidate functions = parse_candidate(candidate);
    ASSERT_OK(trainer_prepare(trainer, &functions, &err));
    float *z = memory_array((size_t)network_random_weights(network), sizeof *z);
    struct rng rng = rng_keyed(1, 0, RNG_WEIGHTS);
    network_draw_weights(network, &rng, z);
    trainer_start(trainer, z, rng_keyed(1, 0, RNG_DROPOUT));
    memory_free(z);
    return trainer;
}

/* Normal inputs and random targets from a keyed stream. */
static inline void fill_batch(struct trainer *trainer, const struct network *network, ptrdiff_t B, uint64_t key)
{
    struct rng rng = rng_keyed(key, 7, RNG_TEST);
    struct data_targets y = trainer_targets(trainer);
    for (ptrdiff_t i = 0; i < B * network_features(network); i++)
        trainer_input(trainer)[i] = (float)rng_normal(&rng);
    for (ptrdiff_t i = 0; i < B * network_targets(network); i++)
        if (y.classes)
            y.classes[i] = (int32_t)rng_below(&rng, (uint64_t)network_classes(network));
        else
            y.values[i] = (float)rng_normal(&rng);
}

#endif
