/* Adam, with the decay in the gradient (adam) or apart from it (adamw); optimiser.h has the formulas. */
#include "loops/array.h"
#include "nn/optimiser_internal.h"

#include <math.h>

struct adam {
    double beta1, beta2, epsilon;
};
SETTINGS_FIT(struct adam);

/* The powers are those of the betas, for the corrections of the moments. */
static void advance(const struct optimiser *optimiser, double power[OPTIMISER_POWERS])
{
    const struct adam *own = (const void *)&optimiser->own;
    power[0] *= own->beta1;
    power[1] *= own->beta2;
}

/* m^ / (sqrt(v^) + eps) with m^ = m / c1 and v^ = v / c2 is (sqrt(c2) / c1) m / (sqrt(v) + sqrt(c2) eps). */
static struct adam_step make_step(const struct optimiser_step *step)
{
    const struct adam *own = (const void *)&step->optimiser->own;
    double root = sqrt(1 - step->power[1]);
    return (struct adam_step){.beta1 = (float)own->beta1,
                              .beta2 = (float)own->beta2,
                              .rate = (float)(step->rate * root / (1 - step->power[0])),
                              .epsilon = (float)(own->epsilon * root),
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

static const struct setting settings[] = {{"beta1", SETTING_NUMBER(struct adam, beta1, 0, 0.999999), .usual = 0.9,
                                           .means = "decay of the mean of the gradients"},
                                          {"beta2", SETTING_NUMBER(struct adam, beta2, 0, 0.999999), .usual = 0.999,
                                           .means = "decay of the mean of their squares"},
                                          {"epsilon", SETTING_NUMBER(struct adam, epsilon, 1e-30, 1), .usual = 1e-8,
                                           .means = "added to the root of the latter"},
                                          {0}};

#define ADAM .learning_rate = 0.001, .settings = settings, .states = 2, .operations = 12, .advance = advance
const struct optimiser_kind optimiser_adam = {
    .name = "adam", .summary = "Adam (Kingma and Ba 2015).", .update = adam_update, ADAM};
const struct optimiser_kind optimiser_adamw = {
    .name = "adamw",
    .summary = "Adam with the decay of the weights apart from the gradient (Loshchilov and Hutter 2019).",
    .weight_decay = 0.01,
    .update = adamw_update,
    ADAM};
#undef ADAM
