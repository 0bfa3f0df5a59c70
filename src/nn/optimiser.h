/* Optimisers: how a gradient changes the weights.
 *
 *   {"name": "adam", "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
 *    "weight_decay": 0, "clip_norm": 0}
 *   {"name": "adamw", ...}                   the same settings, "weight_decay": 0.01
 *   {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": false, "weight_decay": 0, "clip_norm": 0}
 *
 * Adam is Kingma and Ba's, bias-corrected, with epsilon outside the root of the corrected second
 * moment. Momentum accumulates plain gradients, v = momentum v + g and w -= rate v, or with Nesterov
 * w -= rate (g + momentum v). Weight decay adds weight_decay w to the gradient (L2); adamw is Adam with
 * the decay decoupled from the gradient (Loshchilov and Hutter 2019): w -= rate weight_decay w before
 * the step, where the rate is the schedule's, so that the moments know nothing of it. All as PyTorch has
 * them. Only weights decay: not biases, nor an activation's learned parameters, which have no reason to
 * prefer 0. clip_norm above 0 scales the whole gradient down to that Euclidean norm.
 *
 * "learning_rate" may be a short list, [0.001, 0.003]: every candidate is trained with each of them and keeps
 * the one with the best score, so that a function is not lost because one rate suited another.
 *
 * A description is a value, read-only while training. A kind is one file and one entry in optimisers.def. */
#ifndef ACTSEARCH_NN_OPTIMISER_H
#define ACTSEARCH_NN_OPTIMISER_H

#include "base/settings.h"

struct error;
struct text;

enum { OPTIMISER_RATES = 8 }; /* in a list */

struct optimiser_kind; /* nn/optimiser_internal.h */
#define OPTIMISER(name) extern const struct optimiser_kind optimiser_##name;
#include "nn/optimisers.def"
#undef OPTIMISER

struct optimiser {
    const struct optimiser_kind *kind;
    double learning_rates[OPTIMISER_RATES]; /* (rates); the first unless a list was given */
    int rates;
    double weight_decay;      /* of the gradient, or of the weight itself with adamw */
    double clip_norm;         /* 0: no clipping */
    struct settings_room own; /* the struct that the kind's own settings fill */
};

/* Adam with its usual settings; and any kind with its own. */
struct optimiser optimiser_default(void);
struct optimiser optimiser_usual(const struct optimiser_kind *kind);

/* Reads the object; an absent value gives the default. ERROR_INPUT names the path. */
int optimiser_read(struct json json, struct optimiser *optimiser, struct error *err);

/* Appends the JSON with every setting of its kind written out. */
void optimiser_normal_form(const struct optimiser *optimiser, struct text *out);

/* The type of a setting that is one. */
extern const struct setting_type optimiser_setting;

/* What can be written, for people; its parts are the kinds. */
extern const struct settings_topic optimiser_topic;

#endif
