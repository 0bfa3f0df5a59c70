/* Gradient descent with momentum; optimiser.h has the formulas. */
#include "loops/array.h"
#include "nn/optimiser_internal.h"

struct sgd {
    double momentum;
    bool nesterov;
};
SETTINGS_FIT(struct sgd);

static void sgd_update(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state)
{
    const struct sgd *own = (const void *)&step->optimiser->own;
    struct momentum_step momentum = {.momentum = (float)own->momentum,
                                     .rate = (float)step->rate,
                                     .decay = step->decay,
                                     .scale = step->scale,
                                     .nesterov = own->nesterov};
    step->loops->momentum(N, &momentum, g, w, state[0]);
}

static const struct setting settings[] = {
    {"momentum", SETTING_NUMBER(struct sgd, momentum, 0, 0.999999), .usual = 0.9,
     .means = "the share of the last step that goes into the next"},
    {"nesterov", SETTING_BOOL(struct sgd, nesterov), .means = "Nesterov's form of it, which looks ahead"},
    {0}};

const struct optimiser_kind optimiser_sgd = {
    .name = "sgd",
    .summary = "Stochastic gradient descent with momentum.",
    .learning_rate = 0.05,
    .settings = settings,
    .states = 1,
    .operations = 4,
    .update = sgd_update,
};
