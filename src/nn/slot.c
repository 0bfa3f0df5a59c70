/* Functions in layers: fixed ones, and how any of them is run with its learned parameters; slot_internal.h. */
#include "nn/slot_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/activation.h"
#include "expr/parse.h"
#include "kernel/tape.h"
#include "loops/array.h"
#include "loops/channel.h"

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
        return json_fail(json, err, parsed.hint[0] ? parsed.hint : NULL, "%s: %s", parsed.where, parsed.what);
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

void fixed_function_write(const struct fixed_function *function, struct text *out)
{
    struct text text = TEXT_EMPTY;
    tree_print(&function->tree, &text);
    json_quote(text_string(&text), out);
    out->failed |= text_failed(&text);
    text_release(&text);
}

static int function_read(struct json value, const struct setting *setting, void *object, void *context,
                         struct error *err)
{
    (void)setting, (void)object;
    struct layer *layer = context;
    return fixed_function_read(value, NULL, &layer->fixed, err);
}

static void function_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)object;
    const struct layer *layer = context;
    fixed_function_write(layer->fixed, out);
}

static bool function_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)object;
    const struct layer *layer = context;
    return layer->fixed != NULL;
}

const struct setting_type layer_function_setting = {.form = "a function of x, such as \"tanh(x)\"",
                                                    .read = function_read,
                                                    .write = function_write,
                                                    .says = function_says};

void layer_function_tensor(const struct layer *layer, const struct candidate *candidate, struct layer_instance *run)
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

void layer_function_run(const struct layer_instance *run, const struct step *step, ptrdiff_t first, ptrdiff_t N,
                        const float *x, float *y, float *dy, float *const *dp)
{
    struct tape_parameters parameters = {.values = run->learned, .sets = run->sets, .first = first % run->sets};
    tape_run_sets(run->tape, step->isa, run->P ? &parameters : NULL, step->progress, N, x, y, dy, run->P ? dp : NULL,
                  step->scratch);
}

/* Channels have a set each only where no layer shares them. */
void layer_function_backward(const struct layer_instance *run, const struct step *step, ptrdiff_t N, const float *gy,
                             const float *dp)
{
    for (int j = 0; j < run->P; j++)
        if (run->sets > 1)
            step->channels->column_dots(N / run->sets, run->sets, gy, dp + j * N,
                                        run->learned_gradient + j * run->sets);
        else
            layer_leave_gradient(run, j, step->loops->dot(N, gy, dp + j * N));
}
