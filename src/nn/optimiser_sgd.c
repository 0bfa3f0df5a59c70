/* Gradient descent with momentum; optimiser.h has the formulas. */
#include "loops/array.h"
#include "nn/optimiser_internal.h"

static void sgd_update(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state)
{
    const double *setting = step->optimiser->setting;
    struct momentum_step momentum = {.momentum = (float)setting[SGD_MOMENTUM],
                                     .rate = (float)step->rate,
                                     .decay = step->decay,
                                     .scale = step->scale,
                                     .nesterov = setting[SGD_NESTEROV] != 0};
    step->loops->momentum(N, &momentum, g, w, state[0]);
}

const struct optimiser_kind optimiser_sgd = {
    .name = "sgd",
    .learning_rate = 0.05,
    .setting =
        {
            [SGD_MOMENTUM] = {.key = "momentum", .least = 0, .most = 0.999999, .usual = 0.9},
            [SGD_NESTEROV] = {.key = "nesterov", .flag = true, .least = 0, .most = 1, .usual = 0},
        },
    .states = 1,
    .operations = 4,
    .update = sgd_update,
};
