/* Evaluations: a result and the trainings that it comes from.
 *
 * Everything but the cost is a pure function of the assignment, the protocol, the network, the data, the seed and the
 * instruction level: the same bits on every thread and every day.
 *
 * A trial that fails ends the evaluation with the trial's outcome; then the evaluation has no score (NaN), and its
 * trials, curve, parameters and snapshots are those up to the failure.
 *
 * Starts as EVALUATION_EMPTY. It owns its arrays and reuses them from one evaluation to the next;
 * evaluation_release() frees them. One owner. */
#ifndef ACTSEARCH_RESULT_EVALUATION_H
#define ACTSEARCH_RESULT_EVALUATION_H

#include "result/result.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

/* One training. Figures that were not reached are NaN. */
struct trial {
    int seed_index; /* which training seed: the same index starts every candidate alike */
    enum outcome outcome;
    double score;               /* by the protocol's metric, higher is better */
    struct measures validation; /* after the last finished epoch */
    double train_loss;
    int epochs; /* finished */
};

struct epoch {
    int seed_index;
    int number;                 /* from 1 */
    double train_loss;          /* mean over the epoch's samples, while the weights changed */
    struct measures validation; /* after it */
    double learning_rate;       /* of its last step */
};

/* A learned parameter of a function at the end of a trial. */
struct learned {
    int seed_index;
    int layer;         /* which activation layer of the network, from 0; LEARNED_BY_ALL: all that hold the function */
    ptrdiff_t channel; /* of the layer, from 0; LEARNED_BY_ALL: all of them */
    int index;         /* which parameter, from 0 */
    double value;
    int function; /* of the candidate, from 0 */
};
enum { LEARNED_BY_ALL = -1 };

/* What is seen of one layer in one snapshot. What means nothing for it is NaN. */
struct watched {
    const char *layer; /* its name; borrowed from the network */
    int place;         /* in the list of layers, from 0 */
#define WATCHED(name, meaning) double name;
#include "result/watched.def"
#undef WATCHED
};

/* A layer as it was after a finished epoch; with "watch" in the protocol. */
struct snapshot {
    int seed_index;
    int epoch; /* from 1 */
    struct watched watched;
};

struct evaluation {
    struct result result;

    struct trial *trials;       /* (trial_count), by seed_index */
    struct epoch *curve;        /* (epoch_count), by seed_index, then number; finished epochs only */
    struct learned *parameters; /* (parameter_count), by seed_index, function, layer, channel, index */
    struct snapshot *snapshots; /* (snapshot_count), by seed_index, epoch, place */
    ptrdiff_t trial_count, epoch_count, parameter_count, snapshot_count;
    ptrdiff_t trial_capacity, epoch_capacity, parameter_capacity, snapshot_capacity;

    char *names; /* owned: those of the layers in snapshots, if it came from another process */
};
#define EVALUATION_EMPTY ((struct evaluation){.trials = NULL})

/* Makes it empty but with room, so that nothing is allocated while training. ERROR_MEMORY. */
int evaluation_reserve(struct evaluation *evaluation, ptrdiff_t trials, ptrdiff_t epochs, ptrdiff_t parameters,
                       ptrdiff_t snapshots, struct error *err);

/* Works out the result from the trials, with one objective, on one rung. */
void evaluation_conclude(struct evaluation *evaluation);

/* Makes it one that ended with `outcome` (not ok) and of which nothing else is known. */
void evaluation_without_trials(struct evaluation *evaluation, enum outcome outcome);

void evaluation_release(struct evaluation *evaluation);

/* The evaluation as bytes for another process of the same program, appended to `out`; and back. *evaluation starts as
   EVALUATION_EMPTY and then owns all, also the layers' names. ERROR_INTERNAL when the bytes are no evaluation. */
void evaluation_pack(const struct evaluation *evaluation, struct text *out);
int evaluation_unpack(const char *bytes, size_t length, struct evaluation *evaluation, struct error *err);

/* The same bit by bit, costs aside. */
bool evaluation_equal(const struct evaluation *a, const struct evaluation *b);

#endif
