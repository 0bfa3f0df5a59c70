/* Trainers: one thread's memory and arithmetic for training networks, one candidate after another.
 *
 * All buffers of a training (parameters, gradients, optimiser state, values, derivatives) are cut from one
 * aligned block that is allocated when the trainer is made; a step allocates nothing of ours. Only
 * trainer_prepare() allocates: the candidate's tapes, and scratch for it when it outgrows the old one.
 *
 *   trainer_new -> { trainer_prepare -> { trainer_start -> { fill input and labels,
 *   trainer_gradient, trainer_update, now and then trainer_measure } } } -> trainer_free
 *
 * The result of a training is a pure function of the network, the options, the candidate, the initial
 * numbers and the batches: nothing is carried over from earlier candidates.
 *
 * One owner at a time; trainers of different threads are independent. A thread calls
 * blas_thread_init() before it uses one. */
#ifndef ACTSEARCH_NN_TRAINER_H
#define ACTSEARCH_NN_TRAINER_H

#include "base/isa.h"
#include "data/data.h"
#include "nn/init.h"
#include "nn/network.h"
#include "nn/optimiser.h"
#include "rng/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct candidate;
struct error;
struct trainer;
struct watched;

struct trainer_options {
    enum isa isa;
    ptrdiff_t batch; /* largest batch in training */
    struct optimiser optimiser;
    enum init init;
    double input_square; /* mean square of the inputs, for INIT_AUTO; 1 for standardised data */
    bool watch;          /* snapshots will be taken: makes room for that */
    bool plain;          /* every layer by itself: the twin of what is done together, for tests and benchmarks */
    /* Inputs come as bytes, most of them 0, which then cost nothing. Only for a network_can_take_bytes(). */
    bool takes_bytes;
    struct data_bytes bytes; /* and this is what they stand for */
};

/* Bytes of the block for the candidate that needs most: its functions have as many learned parameters as there can be,
   or none. Pages that another one does not need are never touched. */
size_t trainer_bytes(const struct network *network, const struct trainer_options *options);

/* Returns owned; *borrows* the network. ERROR_MEMORY. */
int trainer_new(const struct network *network, const struct trainer_options *options, struct trainer **trainer,
                struct error *err);
void trainer_free(struct trainer *trainer); /* accepts NULL */

/* Puts a candidate of network_functions() functions into the slots: compiles it and works out the initial
   deviations. */
int trainer_prepare(struct trainer *trainer, const struct candidate *candidate, struct error *err);

/* Starts a training: fresh weights from the numbers of network_draw_weights(), everything else at its start.
   z: (network_random_weights), borrowed. Dropout draws from `noise`. */
void trainer_start(struct trainer *trainer, const float *z, struct rng noise);

/* What functions of t see in the next steps: from 0 at the first to 1 at the last. Measuring always sees 1. */
void trainer_set_progress(struct trainer *trainer, double progress);

/* Where the caller puts a batch: x: (B, features) row-major; of the targets one is not NULL: classes: (B,
   targets), or values: (B). B <= trainer_rows(); what stands there is gone after the next call below. */
float *trainer_input(struct trainer *trainer);
/* With options.takes_bytes instead: (B, stride), where a row's bytes behind its features are 0. */
uint8_t *trainer_input_bytes(struct trainer *trainer, ptrdiff_t *stride);
struct data_targets trainer_targets(struct trainer *trainer);
ptrdiff_t trainer_rows(const struct trainer *trainer);

/* What a pass over a batch gives. */
struct pass {
    double loss;       /* mean over the targets of the batch */
    ptrdiff_t correct; /* targets whose class was found; an output with NaN is wrong */
    bool finite;       /* the loss and every activation were finite */
};

/* Forward, loss and backward over the first B rows, 1 <= B <= batch: leaves the gradient of the mean loss. */
struct pass trainer_gradient(struct trainer *trainer, ptrdiff_t B);

/* One optimiser step with that gradient; it is spent afterwards. */
void trainer_update(struct trainer *trainer, double learning_rate);

/* Forward and loss only, 1 <= B <= trainer_rows(). Changes no parameter. */
struct pass trainer_measure(struct trainer *trainer, ptrdiff_t B);

/* With options.watch. Notes the parameters as they are, so that the next snapshot can tell by how much the step that
   follows changes them; trainer_start() does so too. */
void trainer_note(struct trainer *trainer);

/* With options.watch. Takes a snapshot (nn/snapshot.h) on the first B rows, 1 <= B <= batch. Changes no parameter
   nor anything else that training goes by; a gradient that was not used yet is lost. rows: (snapshot_layers). */
void trainer_snapshot(struct trainer *trainer, ptrdiff_t B, struct watched *rows);

/* As trainer_gradient(), and measures the time of every layer's forward and backward pass. times: (trainer_layers). */
struct trainer_time {
    const char *layer, *kind; /* borrowed */
    double forward, backward; /* seconds */
};
int trainer_layers(const struct trainer *trainer);
struct pass trainer_profile(struct trainer *trainer, ptrdiff_t B, struct trainer_time *times);

/* Every parameter is finite. */
bool trainer_is_finite(const struct trainer *trainer);

/* The learned parameters, for gradient checks, for watching and for reading an activation's final
   values. Borrowed, valid until the next trainer_prepare(). */
struct trainer_tensor {
    const char *layer;
    const char *name; /* "weight", "bias", "activation" */
    ptrdiff_t count;
    float *values, *gradient; /* (count); gradient NULL: a buffer, not learned */
};
int trainer_tensors(const struct trainer *trainer);
struct trainer_tensor trainer_tensor(const struct trainer *trainer, int i);

/* Learned parameters of the i-th activation layer's function. What slots share is with the first of their
   number, and the others have none. */
struct trainer_parameters {
    enum parameter_sets owner; /* who has a set */
    int function;              /* of the candidate: the number of the slot */
    int count;                 /* in a set */
    ptrdiff_t sets;            /* 1, or channels */
    const float *values;       /* (count, sets), borrowed; NULL when count is 0 */
};
struct trainer_parameters trainer_activation_parameters(const struct trainer *trainer, int i);

#endif
