/* What kinds of layers ask of their input, in the words of an error; layer_internal.h. */
#include "base/text.h"
#include "nn/layer_internal.h"

static int want_image(struct json json, const struct layer *layer, struct error *err)
{
    char shape[SHAPE_TEXT];
    if (layer->in.rank == 3)
        return 0;
    return json_fail(json, err, NULL, "%s wants an image (height x width x channels), but its input is a %s of %s",
                     layer->name, layer->in.rank == 2 ? "sequence" : "row", shape_text(&layer->in, shape));
}

static int want_sequence(struct json json, const struct layer *layer, struct error *err)
{
    char shape[SHAPE_TEXT];
    if (layer->in.rank == 2)
        return 0;
    return json_fail(json, err, NULL, "%s wants a sequence, but its input is %s of %s", layer->name,
                     layer->in.rank == 1 ? "a row" : "an image", shape_text(&layer->in, shape));
}

int layer_check_input(struct json json, const struct layer *layer, struct error *err)
{
    if (layer->kind->wants == LAYER_WANTS_IMAGE)
        return want_image(json, layer, err);
    return layer->kind->wants == LAYER_WANTS_SEQUENCE ? want_sequence(json, layer, err) : 0;
}

static int channels_read(struct json value, const struct setting *setting, void *object, void *context,
                         struct error *err)
{
    (void)object;
    struct layer *layer = context;
    int64_t channels = 0;
    int status = json_integer(value, (int64_t)setting->least, (int64_t)setting->most, &channels, err);
    layer->out.size[layer->out.rank - 1] = (ptrdiff_t)channels;
    return status;
}

void layer_channels_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)object;
    const struct layer *layer = context;
    text_addf(out, "%td", shape_channels(&layer->out));
}

const struct setting_type layer_channels = {.form = "an integer", .read = channels_read, .write = layer_channels_write};
