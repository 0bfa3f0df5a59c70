/* Layers that move numbers about: flatten (the same numbers as a row) and add (the sum of two values). */
#include "loops/array.h"
#include "nn/network_internal.h"
#include "nn/step_internal.h"

#include <string.h>

static int flatten_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)json;
    (void)network;
    (void)err;
    layer->out = (struct shape){.rank = 1, .size = {shape_elements(&layer->in)}};
    return 0;
}

static void flatten_forward(struct layer_instance *instance, struct step *step)
{
    if (!instance->over_input)
        memcpy(instance->y, instance->x,
               (size_t)(step->B * shape_elements(&instance->layer->in)) * sizeof *instance->y);
}

/* Also of add: both sources get the gradient as it is; the trainer hands it to the second. */
static void pass_gradient(struct layer_instance *instance, struct step *step)
{
    if (instance->gx && !instance->over_input)
        memcpy(instance->gx, instance->gy,
               (size_t)(step->B * shape_elements(&instance->layer->in)) * sizeof *instance->gx);
}

const struct layer_kind layer_flatten = {
    .type = "flatten",
    .prefix = "flatten",
    .summary = "An image or a sequence to a row.",
    .in_place = true,
    .reshapes = true,
    .fit = flatten_fit,
    .forward = flatten_forward,
    .backward = pass_gradient,
};

static int add_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    const struct shape *with = layer->with == LAYER_INPUT ? &network->input : &network->layer[layer->with].out;
    char a[SHAPE_TEXT], b[SHAPE_TEXT];
    if (shape_equal(with, &layer->in))
        return 0;
    return json_fail(json, err, "give the branches one shape, for example by a \"shortcut\" with a 1x1 convolution",
                     "%s cannot add %s to %s", layer->name, shape_text(with, b), shape_text(&layer->in, a));
}

static void add_forward(struct layer_instance *instance, struct step *step)
{
    flatten_forward(instance, step);
    step->loops->add(step->B * shape_elements(&instance->layer->in), instance->with_x, instance->y);
}

const struct layer_kind layer_add = {
    .type = "add",
    .prefix = "add",
    .summary = "The sum of two values of one shape.",
    .in_place = true,
    .joins = true,
    .fit = add_fit,
    .forward = add_forward,
    .backward = pass_gradient,
};
