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

#include <string.h>

static const char *const keys[] = {"type", "name", "from", "function", NULL};

int layer_read_function(struct json json, const char *otherwise, struct tree *tree, struct tape **tape,
                        struct error *err)
{
    const char *text = otherwise;
    int status = json_string_or(json, &text, err);
    if (status || !text)
        return status;
    struct error parsed = ERROR_EMPTY;
    if (tree_parse(text, tree, &parsed))
        return json_fail(json, err, parsed.cure[0] ? parsed.cure : NULL, "%s: %s", parsed.where, parsed.what);
    return tape_new(tree, tape, err);
}

static int activation_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    return layer_read_function(json_member(&json, "function"), NULL, &layer->tree, &layer->tape, err);
}

void layer_function_normal_form(const char *key, const struct tree *tree, struct text *out)
{
    if (!tree->count)
        return;
    struct text function = TEXT_EMPTY;
    tree_print(tree, &function);
    text_addf(out, ",\"%s\":", key);
    json_quote(text_string(&function), out);
    out->failed |= text_failed(&function);
    text_release(&function);
}

static void activation_normal_form(const struct layer *layer, struct text *out)
{
    layer_function_normal_form("function", &layer->tree, out);
}

void layer_function_tensor(const struct layer *layer, const struct tree *candidate, struct layer_run *run)
{
    const struct tree *f = layer_function(layer, candidate);
    run->P = f ? tree_parameter_count(f) : 0;
    if (!run->P)
        return;
    run->function = run->tensors++;
    struct tensor *tensor = &run->tensor[run->function];
    *tensor = (struct tensor){.name = "activation", .count = run->P};
    tree_parameter_starts(f, tensor->starts);
}

static ptrdiff_t activation_workspace(const struct layer_run *run, ptrdiff_t B)
{
    if (run->pool)
        return pooled_workspace(run, B);
    return (1 + run->P) * B * shape_elements(&run->layer->out);
}

static ptrdiff_t activation_measure_workspace(const struct layer_run *run, ptrdiff_t B)
{
    (void)B;
    return run->pool ? pooled_scratch(run->pool->layer) : 0;
}

static void activation_follow(const struct layer *layer, const struct tree *candidate, struct spread *spread)
{
    struct moments moments = moments_normal(layer_function(layer, candidate), NULL, 0, spread->mean, spread->variance);
    spread->mean = moments.mean;
    spread->variance = moments.square - moments.mean * moments.mean;
}

static void activation_forward(struct layer_run *run, struct step *step)
{
    if (run->pool) {
        pooled_forward(run, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    float *dp[TREE_PARAMETERS];
    for (int j = 0; j < run->P; j++)
        dp[j] = run->workspace + (1 + j) * N;
    tape_run(run->tape, step->isa, run->P ? run->values[run->function] : NULL, step->progress, N, run->x, run->y,
             step->training ? run->workspace : NULL, step->training && run->P ? dp : NULL, step->scratch);
    if (!step->loops->all_finite(N, run->y))
        step->finite = false;
}

static void activation_backward(struct layer_run *run, struct step *step)
{
    if (run->pool) {
        pooled_backward(run, step);
        return;
    }
    ptrdiff_t N = step->B * shape_elements(&run->layer->out);
    for (int j = 0; j < run->P; j++)
        run->gradient[run->function][j] = (float)step->loops->dot(N, run->gy, run->workspace + (1 + j) * N);
    if (!run->gx)
        return;
    if (!run->over_input)
        memcpy(run->gx, run->gy, (size_t)N * sizeof *run->gx);
    step->loops->multiply(N, run->workspace, run->gx);
}

const struct layer_kind layer_activation = {
    .type = "activation",
    .prefix = "act",
    .keys = keys,
    .in_place = true,
    .slot = true,
    .read = activation_read,
    .normal_form = activation_normal_form,
    .tensors = layer_function_tensor,
    .workspace = activation_workspace,
    .measure_workspace = activation_measure_workspace,
    .follow = activation_follow,
    .forward = activation_forward,
    .backward = activation_backward,
};
