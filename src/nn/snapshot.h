/* Snapshots: what happens inside a network while it trains, layer by layer, on one batch.
 *
 * A snapshot is taken in a forward and a backward pass as in training, except that dropout drops nothing. It leaves no
 * trace: weights, the optimiser's state, running moments and the streams of random numbers are afterwards what
 * they were, so a training that is watched ends with the same bits as one that is not.
 *
 * Watched are the layers that hold a function (an activation, or a recurrent layer, whose function is watched
 * in every step of the sequence) and those that learn. A unit is a channel of what the function gave; it is dead
 * when it gave the same for all samples, positions and steps. A recurrent layer has a unit for each channel of
 * each place where the function stands: the three gates of an lstm, or its candidate and its cell. Deviations
 * are those of the numbers themselves (divided by n). The update ratio is that of the last step that the
 * optimiser made, with everything that belongs to it: clipping, momentum, decay. Learned parameters that layers
 * share count with the first of them.
 *
 * trainer_snapshot() (nn/trainer.h) takes one. */
#ifndef ACTSEARCH_NN_SNAPSHOT_H
#define ACTSEARCH_NN_SNAPSHOT_H

#include "result/evaluation.h"

struct network;

/* How many layers of a network are watched: the rows of a snapshot. */
int snapshot_layers(const struct network *network);

#endif
