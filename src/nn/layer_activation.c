/* Activation: y = f(x) for every element, in place. The forward pass writes f'(x) and df/dp into the
 * workspace, (1 + P, B, N), so the backward pass is a multiplication, and x need not be kept.
 *
 * Learned parameters of f are trained like weights: one set for the layer, one for each of its channels, or one
 * that all layers with the candidate share ("parameters", network.h). */
#include "nn/nn_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/activation.h"
#include "expr/parse.h"
#include "kernel/moments.h"
#include "kernel/tape.h"

#include <string.h>

static const char *const keys[] = {"type", "name", "from", "function", NULL};

int fixed_function_read(struct json json, const char *otherwise, struct fixed_function **function, struct error *err)
{
    const char *text = otherwise;
    int status = json_string_or(json, &text, err);
    if (status || !text)
        return status;
    struct error parsed = ERROR_EMPTY;
    struct tree written;
    struct activation found;
    if (tree_parse(text, &written, &parsed))
        return json_fail(json, err, parsed.cure[0] ? parsed.cure : NULL, "%s: %s", parsed.where, parsed.what);
    status = activation_of(&written, &found, err);
    if (status)
        return status;
    *function = memory_zeroed(1, sizeof **function);
    if (!*function)
        return memory_error(err, "a function");
    (*function)->tree = found.trained;
    return tape_new(&found.trained, &(*function)->tape, err);
}

void fixed_function_free(struct fixed_function *function)
{
    if (!function)
        return;
    tape_free(function->tape);
    memory_free(function);
}

static int activation_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    return fixed_function_read(json_member(&json, "function"), NULL, &layer->fixed, err);
}

void fixed_function_normal_form(const char *key, const struct fixed_function *function, struct text *out)
{
    if (!function)
        return;
    struct text text = TEXT_EMPTY;
    tree_print(&function->tree, &text);
    text_addf(out, ",\"%s\":", key);
    json_quote(text_string(&text), out);
    out->failed |= text_failed(&text);
    text_release(&text);
}

static void activation_normal_form(const struct layer *layer, struct text *out)
{
    fixed_function_normal_form("function", layer->fixed, out);
}

void layer_function_tensor(const struct layer *layer, const struct candidate *candidate, struct layer_run *run)
{
    struct tree f = layer_function(layer, candidate);
    run->P = tree_parameter_count(&f);
    run->sets = layer->parameters == PARAMETERS_CHANNEL ? shape_channels(&layer->out) : 1;
    run->function = -1;
    if (!run->P || layer->owner != layer)
        return;
    run->function = run->tensors++;
    struct tensor *tensor = &run->tensor[run->function];
    *tensor = (struct tensor){.name = "activation", .count = run->P * run->sets, .sets = run->sets};
    tree_parameter_starts(&f, tensor->starts);
}

void layer_function_run(const struct layer_run *run, const struct step *step, ptrdiff_t first, ptrdiff_t N,
                        const float *x, float *y, float *dy, float *const *dp)
{
    struct tape_parameters parameters = {.values = run->learned, .sets = run->sets, .first = first % run->sets};
    tape_run_sets(run->tape, step->isa, run->P ? &parameters : NULL, step->progress, N, x, y, dy, run->P ? dp : NULL,
                  step->scratch);
}

/* Channels have a set each only where no layer shares them. */
void layer_function_backward(const struct layer_run *run, const struct step *step, ptrdiff_t N, const float *gy,
                             const float *dp)
{
    for (int j = 0; j < run->P; j++)
        if (run->sets > 1)
            step->channels->column_dots(N / run->sets, run->sets, gy, dp + j * N,
                                        run->learned_gradient + j * run->sets);
        else
            layer_leave_gradient(run, j, step->loops->dot(N, gy, dp + j * N));
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

static void activation_follow(const struct layer *layer, const struct candidate *candidate, struct spread *spread)
{
    struct tree f = layer_function(layer, candidate);
    struct moments moments = moments_normal(&f, NULL, 0, spread->mean, spread->variance);
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
    layer_function_run(run, step, 0, N, run->x, run->y, step->training ? run->workspace : NULL,
                       step->training ? dp : NULL);
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
    layer_function_backward(run, step, N, run->gy, run->workspace + N);
    if (!run->gx)
        return;
    if (!run->over_input)
        memcpy(run->gx, run->gy, (size_t)N * sizeof *run->gx);
    step->loops->multiply_slopes(N, run->workspace, run->gx);
}

static void activation_look(const struct layer_run *run, const struct step *step)
{
    watcher_see(step->watcher, run, step, 0, step->B * shape_positions(&run->layer->in), run->x);
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
    .look = activation_look,
    .does_pool = true,
};
