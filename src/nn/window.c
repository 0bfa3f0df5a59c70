/* Windows of convolutions and pools: reading them, and the size of what comes out. */
#include "nn/window_internal.h"

#include "base/text.h"
#include "nn/layer_internal.h"

/* A number for both axes, or [height, width]; an absent value leaves what is there. */
static int read_pair(struct json json, const struct setting *setting, ptrdiff_t pair[2], struct error *err)
{
    bool array = json_is_array(json);
    int status = array ? json_array(json, 2, 2, err) : 0;
    if (!status && setting->required && !json_exists(json))
        status = json_fail(json, err, NULL, "missing; expected a number or [height, width]");
    for (int axis = 0; !status && axis < 2; axis++) {
        int64_t value = pair[axis];
        status = json_integer_or(array ? json_item(&json, axis) : json, (int64_t)setting->least, (int64_t)setting->most,
                                 &value, err);
        pair[axis] = (ptrdiff_t)value;
    }
    return status;
}

static int pair_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    return read_pair(value, setting, setting_member(setting, object), err);
}

static void pair_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    const ptrdiff_t *pair = setting_member_of(setting, object);
    text_addf(out, "[%td,%td]", pair[0], pair[1]);
}

const struct setting_type window_pair = {
    .form = "an integer, or [height, width],", .read = pair_read, .write = pair_write};

static int padding_read(struct json value, const struct setting *setting, void *object, void *context,
                        struct error *err)
{
    (void)context;
    static const char *const same[] = {"same", NULL};
    struct window *window = setting_member(setting, object);
    int which;
    window->same = json_is_string(value);
    return window->same ? json_choice(value, same, &which, err) : read_pair(value, setting, window->padding, err);
}

/* "same" may pad the far side more, which numbers cannot say. */
static void padding_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    const struct layer *layer = context;
    const struct window *w = setting_member_of(setting, object);
    bool plain = true;
    for (int axis = 0; axis < 2; axis++)
        plain &= layer->out.size[axis] ==
                 (layer->in.size[axis] + 2 * w->padding[axis] - w->size[axis]) / w->stride[axis] + 1;
    if (plain)
        text_addf(out, "[%td,%td]", w->padding[0], w->padding[1]);
    else
        text_add(out, "\"same\"");
}

const struct setting_type window_padding = {
    .form = "\"same\", or an integer or [height, width]", .read = padding_read, .write = padding_write};

/* So that each axis gives ceil(in / stride) outputs, an odd rest of padding on the far side. */
static void pad_same(const struct layer *layer, struct window *window)
{
    for (int axis = 0; axis < 2; axis++) {
        ptrdiff_t in = layer->in.size[axis], out = (in + window->stride[axis] - 1) / window->stride[axis];
        ptrdiff_t need = (out - 1) * window->stride[axis] + window->size[axis] - in;
        window->padding[axis] = need > 0 ? need / 2 : 0;
    }
}

int window_fit(struct json json, bool apart, struct window *window, struct layer *layer, struct error *err)
{
    for (int axis = 0; axis < 2; axis++)
        if (!window->stride[axis])
            window->stride[axis] = apart ? window->size[axis] : 1;
    if (window->same)
        pad_same(layer, window);
    for (int axis = 0; axis < 2; axis++) {
        ptrdiff_t in = layer->in.size[axis], room = in + 2 * window->padding[axis] - window->size[axis];
        char shape[SHAPE_TEXT];
        layer->out.size[axis] =
            window->same ? (in + window->stride[axis] - 1) / window->stride[axis] : room / window->stride[axis] + 1;
        if (!window->same && room < 0)
            return json_fail(json, err, "use a smaller window, or padding",
                             "the window of %s is %tdx%td, larger than its input of %s%s", layer->name, window->size[0],
                             window->size[1], shape_text(&layer->in, shape),
                             window->padding[axis] ? " even with its padding" : "");
        if (window->padding[axis] >= window->size[axis])
            return json_fail(json, err, NULL, "%s pads %td numbers, but its window has only %td", layer->name,
                             window->padding[axis], window->size[axis]);
    }
    return 0;
}
