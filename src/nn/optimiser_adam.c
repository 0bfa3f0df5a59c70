/* Adam, with the decay in the gradient (adam) or apart from it (adamw); optimiser.h has the formulas. */
#include "loops/array.h"
#include "nn/optimiser_internal.h"

#include <math.h>

/* The powers are those of the betas, for the corrections of the moments. */
static void advance(const struct optimiser *optimiser, double power[OPTIMISER_POWERS])
{
    power[0] *= optimiser->setting[ADAM_BETA1];
    power[1] *= optimiser->setting[ADAM_BETA2];
}

/* m^ / (sqrt(v^) + eps) with m^ = m / c1 and v^ = v / c2 is (sqrt(c2) / c1) m / (sqrt(v) + sqrt(c2) eps). */
static struct adam_step make_step(const struct optimiser_step *step)
{
    const double *setting = step->optimiser->setting, root = sqrt(1 - step->power[1]);
    return (struct adam_step){.beta1 = (float)setting[ADAM_BETA1],
                              .beta2 = (float)setting[ADAM_BETA2],
                              .rate = (float)(step->rate * root / (1 - step->power[0])),
                              .epsilon = (float)(setting[ADAM_EPSILON] * root),
                              .scale = step->scale};
}

static void adam_update(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state)
{
    struct adam_step adam = make_step(step);
    adam.decay = step->decay;
    step->loops->adam(N, &adam, g, w, state[0], state[1]);
}

static void adamw_update(const struct optimiser_step *step, ptrdiff_t N, const float *g, float *w, float *const *state)
{
    struct adam_step adam = make_step(step);
    adam.shrink = (float)step->rate * step->decay;
    step->loops->adam(N, &adam, g, w, state[0], state[1]);
}

#define ADAM                                                                                                           \
    .learning_rate = 0.001, .states = 2, .operations = 12, .advance = advance,                                         \
    .setting = {                                                                                                       \
        [ADAM_BETA1] = {.key = "beta1", .least = 0, .most = 0.999999, .usual = 0.9},                                   \
        [ADAM_BETA2] = {.key = "beta2", .least = 0, .most = 0.999999, .usual = 0.999},                                 \
        [ADAM_EPSILON] = {.key = "epsilon", .least = 1e-30, .most = 1, .usual = 1e-8},                                 \
    }
const struct optimiser_kind optimiser_adam = {.name = "adam", .update = adam_update, ADAM};
const struct optimiser_kind optimiser_adamw = {.name = "adamw", .weight_decay = 0.01, .update = adamw_update, ADAM};
#undef ADAM
