/* Dropout (Srivastava et al. 2014): in training every number becomes 0 with probability `rate`, and the
 * others grow by 1 / (1 - rate), so that measuring needs nothing. The mask is drawn from the trainer's
 * stream in the order of the numbers, 16 bits for each: the same for every candidate. */
#include "base/text.h"
#include "loops/array.h"
#include "nn/step_internal.h"
#include "rng/rng.h"

#include <math.h>
#include <string.h>

enum { STEPS = 1 << 16, DRAWS = 4 };

static const char *const keys[] = {"type", "name", "from", "rate", NULL};

struct dropout_options {
    double rate;
};

static double rate_of(const struct layer *layer)
{
    const struct dropout_options *options = layer->options;
    return options->rate;
}

static int dropout_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    struct dropout_options *options = layer->options;
    options->rate = 0.5;
    return json_number_or(json_member(&json, "rate"), 0, 0.99, &options->rate, err);
}

static void dropout_normal_form(const struct layer *layer, struct text *out)
{
    text_add(out, ",\"rate\":");
    text_add_number(out, rate_of(layer));
}

static ptrdiff_t dropout_workspace(const struct layer_run *run, ptrdiff_t B)
{
    return B * shape_elements(&run->layer->out);
}

static void dropout_propagate(const struct layer *layer, const struct candidate *candidate,
                              struct statistics *statistics)
{
    (void)candidate;
    double rate = rate_of(layer);
    statistics->variance += rate / (1 - rate) * (statistics->mean * statistics->mean + statistics->variance);
}

static void draw_mask(double rate, struct rng *rng, ptrdiff_t N, float *mask)
{
    uint32_t dropped = (uint32_t)lround(rate * STEPS);
    float kept = (float)(STEPS / (double)(STEPS - dropped));
    for (ptrdiff_t i = 0; i < N; i += DRAWS) {
        uint64_t bits = rng_next(rng);
        for (ptrdiff_t j = i; j < N && j < i + DRAWS; j++, bits >>= 16)
            mask[j] = (bits & (STEPS - 1)) < dropped ? 0 : kept;
    }
}

static void dropout_forward(struct layer_run *run, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&run->layer->in);
    if (!run->over_input)
        memcpy(run->y, run->x, (size_t)N * sizeof *run->y);
    if (!step->training)
        return;
    draw_mask(step->watcher ? 0 : rate_of(run->layer), step->rng, N, run->workspace);
    step->loops->multiply(N, run->workspace, run->y);
}

static void dropout_backward(struct layer_run *run, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&run->layer->in);
    if (!run->gx)
        return;
    if (!run->over_input)
        memcpy(run->gx, run->gy, (size_t)N * sizeof *run->gx);
    step->loops->multiply(N, run->workspace, run->gx);
}

const struct layer_kind layer_dropout = {
    .type = "dropout",
    .prefix = "dropout",
    .keys = keys,
    .options = sizeof(struct dropout_options),
    .in_place = true,
    .read = dropout_read,
    .normal_form = dropout_normal_form,
    .workspace = dropout_workspace,
    .propagate = dropout_propagate,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
