/* Optimisers: how a gradient changes the weights.
 *
 *   {"name": "adam", "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
 *    "weight_decay": 0, "clip_norm": 0}
 *   {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": false, "weight_decay": 0, "clip_norm": 0}
 *
 * Adam is Kingma and Ba's, bias-corrected, with epsilon outside the root of the corrected second
 * moment. Momentum accumulates plain gradients, v = momentum v + g and w -= rate v, or with Nesterov
 * w -= rate (g + momentum v). Both as PyTorch has them. Weight decay adds weight_decay w to the
 * gradient (L2), of weights only: not of biases, nor of an activation's learned parameters, which have
 * no reason to prefer 0. clip_norm above 0 scales the whole gradient down to that Euclidean norm.
 *
 * A description is a value, read-only while training. */
#ifndef ACTSEARCH_NN_OPTIMISER_H
#define ACTSEARCH_NN_OPTIMISER_H

#include <stdbool.h>

struct error;
struct json;
struct text;

enum optimiser_kind { OPTIMISER_ADAM, OPTIMISER_SGD };

struct optimiser {
    enum optimiser_kind kind;
    double learning_rate;
    double beta1, beta2, epsilon; /* adam */
    double momentum;              /* sgd */
    bool nesterov;                /* sgd */
    double weight_decay;
    double clip_norm; /* 0: no clipping */
};

/* Adam with its usual settings. */
struct optimiser optimiser_default(void);

/* Reads the object; an absent value gives the default. ERROR_INPUT names the path. */
int optimiser_read(struct json json, struct optimiser *optimiser, struct error *err);

/* Appends the JSON with every setting of its kind written out. */
void optimiser_normal_form(const struct optimiser *optimiser, struct text *out);

#endif
