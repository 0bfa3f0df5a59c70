/* What the files of the fitness module share. */
#ifndef ACTSEARCH_FITNESS_INTERNAL_H
#define ACTSEARCH_FITNESS_INTERNAL_H

#include "data/data.h"
#include "fitness/fitness.h"
#include "nn/trainer.h"

struct fitness {
    struct protocol protocol;
    const struct network *network; /* borrowed */
    struct data_part train, measured;
    uint64_t seed;
    struct trainer_options options;
    ptrdiff_t random_weights; /* network_random_weights() */
    float *starts;            /* owned: (seeds, random_weights) standard normal numbers, scaled into initial weights */
};

struct fitness_worker {
    struct trainer *trainer; /* owned */
    int32_t *order;          /* owned: (train samples) */
    float *image;            /* owned: (features) for augmentation */
    struct evaluation other; /* owned: with another learning rate */
};

#endif
