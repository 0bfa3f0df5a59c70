/* What kinds of layers ask of their input, in the words of an error; layer_internal.h. */
#include "nn/layer_internal.h"

int layer_want_image(struct json json, const struct layer *layer, struct error *err)
{
    char shape[SHAPE_TEXT];
    if (layer->in.rank == 3)
        return 0;
    return json_fail(json, err, NULL, "%s wants an image (height x width x channels), but its input is a %s of %s",
                     layer->name, layer->in.rank == 2 ? "sequence" : "row", shape_text(&layer->in, shape));
}

int layer_want_sequence(struct json json, const struct layer *layer, struct error *err)
{
    char shape[SHAPE_TEXT];
    if (layer->in.rank == 2)
        return 0;
    return json_fail(json, err, NULL, "%s wants a sequence, but its input is %s of %s", layer->name,
                     layer->in.rank == 1 ? "a row" : "an image", shape_text(&layer->in, shape));
}
