/* Initial weights (init.h): how widely they are drawn. */
#ifndef ACTSEARCH_NN_INIT_INTERNAL_H
#define ACTSEARCH_NN_INIT_INTERNAL_H

#include "nn/init.h"
#include "nn/layer_internal.h"

struct candidate;

/* The deviation of the drawn weights of every tensor; 0 for others. deviation: (layers, LAYER_TENSORS). */
void init_deviations(const struct network *network, const struct candidate *candidate, enum init init,
                     double input_square, double (*deviation)[LAYER_TENSORS]);

#endif
