/* Activation: y = f(x) for every element, in place. The forward pass writes f'(x) and df/dp into the
 * workspace, (1 + P, B, N), so the backward pass is a multiplication, and x need not be kept.
 *
 * Learned parameters of f belong to the layer: one set for all its units, trained like weights. */
#include "nn/nn_internal.h"

#include "base/error.h"
#include "base/text.h"
#include "expr/parse.h"
#include "kernel/moments.h"
#include "kernel/tape.h"

static const char *const keys[] = {"type", "name", "function", NULL};

static int activation_read(struct json json, int classes, struct layer *layer, struct error *err)
{
    (void)classes;
    layer->out = layer->in;
    struct json function = json_member(&json, "function");
    if (!json_exists(function))
        return 0;
    const char *text = NULL;
    int status = json_string(function, &text, err);
    if (status)
        return status;
    struct error parsed = ERROR_EMPTY;
    if (tree_parse(text, &layer->tree, &parsed))
        return json_fail(function, err, parsed.cure[0] ? parsed.cure : NULL, "%s: %s", parsed.where, parsed.what);
    return tape_new(&layer->tree, &layer->tape, err);
}

static void activation_normal_form(const struct layer *layer, struct text *out)
{
    if (!layer->tree.count)
        return;
    struct text function = TEXT_EMPTY;
    tree_print(&layer->tree, &function);
    text_add(out, ",\"function\":");
    json_quote(text_string(&function), out);
    out->failed |= text_failed(&function);
    text_release(&function);
}

static void activation_tensors(const struct layer *layer, const struct tree *candidate, struct layer_run *run)
{
    const struct tree *f = layer_function(layer, candidate);
    run->P = f ? tree_parameter_count(f) : 0;
    run->tensors = run->P > 0;
    if (!run->P)
        return;
    run->tensor[0] = (struct tensor){.name = "activation", .count = run->P};
    tree_parameter_starts(f, run->tensor[0].starts);
}

static ptrdiff_t activation_workspace(const struct layer_run *run, ptrdiff_t B)
{
    return (1 + run->P) * B * shape_elements(&run->layer->out);
}

static void activation_follow(const struct layer *layer, const struct tree *candidate, struct spread *spread)
{
    struct moments moments = moments_normal(layer_function(layer, candidate), NULL, spread->mean, spread->variance);
    spread->mean = moments.mean;
    spread->variance = moments.square - moments.mean * moments.mean;
}

static void activation_forward(struct layer_run *run, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    float *dp[TREE_PARAMETERS];
    for (int j = 0; j < run->P; j++)
        dp[j] = run->workspace + (1 + j) * N;
    tape_run(run->tape, step->isa, run->values[0], N, run->x, run->y, step->training ? run->workspace : NULL,
             step->training && run->P ? dp : NULL, step->scratch);
    if (!step->loops->all_finite(N, run->y))
        step->finite = false;
}

static void activation_backward(struct layer_run *run, struct step *step)
{
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    for (int j = 0; j < run->P; j++)
        run->gradient[0][j] = (float)step->loops->dot(N, run->gy, run->workspace + (1 + j) * N);
    if (run->gx)
        step->loops->multiply(N, run->workspace, run->gx);
}

const struct layer_kind layer_activation = {
    .type = "activation",
    .prefix = "act",
    .keys = keys,
    .in_place = true,
    .read = activation_read,
    .normal_form = activation_normal_form,
    .tensors = activation_tensors,
    .workspace = activation_workspace,
    .follow = activation_follow,
    .forward = activation_forward,
    .backward = activation_backward,
};
