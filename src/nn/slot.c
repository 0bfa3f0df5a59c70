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

void layer_function_tensor(const struct layer *layer, const struct candidate *candidate,
                           struct layer_instance *instance)
{
    struct tree f = layer_function(layer, candidate);
    instance->P = tree_parameter_count(&f);
    instance->sets = layer->parameters == PARAMETERS_CHANNEL ? shape_channels(&layer->out) : 1;
    instance->function = -1;
    if (!instance->P || layer->owner != layer)
        return;
    instance->function = instance->tensors++;
    struct tensor *tensor = &instance->tensor[instance->function];
    *tensor = (struct tensor){.name = "activation", .count = instance->P * instance->sets, .sets = instance->sets};
    tree_parameter_starts(&f, tensor->starts);
}

void layer_function_run(const struct layer_instance *instance, const struct step *step, ptrdiff_t first, ptrdiff_t N,
                        const float *x, float *y, float *dy, float *const *dp)
{
    struct tape_parameters parameters = {
        .values = instance->learned, .sets = instance->sets, .first = first % instance->sets};
    tape_run_sets(instance->tape, step->isa, instance->P ? &parameters : NULL, step->progress, N, x, y, dy,
                  instance->P ? dp : NULL, step->scratch);
}

/* Channels have a set each only where no layer shares them. */
void layer_function_backward(const struct layer_instance *instance, const struct step *step, ptrdiff_t N,
                             const float *gy, const float *dp)
{
    for (int j = 0; j < instance->P; j++)
        if (instance->sets > 1)
            step->channels->column_dots(N / instance->sets, instance->sets, gy, dp + j * N,
                                        instance->learned_gradient + j * instance->sets);
        else
            layer_leave_gradient(instance, j, step->loops->dot(N, gy, dp + j * N));
}
