/* The trainer, for the two files that it consists of: trainer.c trains, trainer_memory.c says where its numbers are. */
#ifndef ACTSEARCH_NN_TRAINER_INTERNAL_H
#define ACTSEARCH_NN_TRAINER_INTERNAL_H

#include "candidate/candidate.h"
#include "nn/network_internal.h"
#include "nn/snapshot_internal.h"
#include "nn/step_internal.h"
#include "nn/trainer.h"

struct trainer {
    const struct network *network; /* borrowed */
    struct trainer_options options;
    const struct array_loops *loops;
    const struct channel_loops *channels;
    const struct sparse_loops *sparse;
    const struct winner_loops *winners;
    const struct tile_loops *tiles;
    ptrdiff_t rows; /* capacity of the value buffers */

    float *block; /* owned: everything below is cut from it */
    size_t block_bytes;
    float *input; /* (rows, features), or NULL and: */
    struct byte_input bytes;
    float *loss_scratch, *spare;
    int32_t *classes;                 /* targets: (rows, targets of a sample), */
    float *numbers;                   /* or (rows) */
    struct layer_instance *instance;  /* owned: (layers) */
    struct rng noise;                 /* of dropout */
    float progress;                   /* of the training, for functions of t */
    struct snapshot_builder snapshot; /* its memory is cut from the block too */

    int functions;                           /* of a candidate */
    struct tape *tapes[CANDIDATE_FUNCTIONS]; /* owned: the candidate's, by the number of the slot */
    void *scratch;                           /* owned */
    size_t scratch_bytes;

    double power[OPTIMISER_POWERS]; /* what the optimiser keeps of a training beside its arrays */
};

/* Places every buffer for a candidate (NULL: one that learns nothing) in a block that starts on a cache line. Returns
   how many bytes of it that takes, without a block, too. */
size_t trainer_cut(struct trainer *trainer, const struct candidate *candidate, float *block);

#endif
