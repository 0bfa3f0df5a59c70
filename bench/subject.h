/* What is measured: a candidate in the network of an experiment, and batches of its data. */
#ifndef ACTSEARCH_BENCH_SUBJECT_H
#define ACTSEARCH_BENCH_SUBJECT_H

#include "base/error.h"
#include "candidate/assignment.h"
#include "data/data.h"
#include "nn/trainer.h"

#include <stdint.h>

struct fitness;
struct network;

struct subject {
    const struct fitness *fitness; /* borrowed, and so are its network and train part: */
    const struct network *network;
    struct data_part train;
    struct trainer_options fast, plain; /* as the fitness trains, and every layer by itself on floats */
    struct candidate candidate;
    int32_t *order; /* owned: (samples) of the train part, shuffled */
    ptrdiff_t samples, B;
};

/* Prints the error and ends the program unless status is 0. */
void require(int status, const struct error *err);

/* As require(), when there is no memory. */
void *require_memory(void *block);

/* *borrows* the fitness. The owned array is the caller's to free. */
/* What an evaluation of it is asked for. */
struct assignment subject_assignment(const struct subject *subject);

struct subject subject_of(const struct fitness *fitness, const char *candidate);

/* A trainer at the first step of the first trial; returns owned. */
struct trainer *subject_trainer(const struct subject *subject, const struct trainer_options *options);

/* The rows of a step, from 0: (B), another batch each time until the data begin anew. */
const int32_t *subject_batch(const struct subject *subject, int step);

/* Puts rows where a trainer with these options wants them. */
void subject_gather(const struct subject *subject, const struct trainer_options *options, struct trainer *trainer,
                    const int32_t *index, ptrdiff_t B);

#endif
