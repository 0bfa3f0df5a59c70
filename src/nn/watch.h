/* Watching: what happens inside a network while it trains, layer by layer, on one batch.
 *
 * A look is a pass forward and back over a batch as in training, but that dropout drops nothing. It leaves no
 * trace: weights, the optimiser's state, running moments and the streams of random numbers are afterwards what
 * they were, so a run that is watched ends with the same bits as one that is not.
 *
 * Watched are the layers that hold a function (an activation, or a recurrent layer, whose function is looked at
 * in every step of the sequence) and those that learn. A unit is a channel of what the function gave; it is dead
 * when it gave the same for all samples, positions and steps. A recurrent layer has a unit for each channel of
 * each place where the function stands: the three gates of an lstm, or its candidate and its cell. Deviations
 * are those of the numbers themselves (divided by n). The update ratio is that of the last step that the
 * optimiser made, with everything that belongs to it: clipping, momentum, decay. Learned parameters that layers
 * share count with the first of them.
 *
 * trainer_watch() (nn/trainer.h) does it. */
#ifndef ACTSEARCH_NN_WATCH_H
#define ACTSEARCH_NN_WATCH_H

#include "result/evaluation.h"

struct network;

/* How many layers of a network are watched. */
int watched_layers(const struct network *network);

#endif
