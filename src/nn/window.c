/* Windows of convolutions and pools: reading them, and the size of what comes out. */
#include "nn/window_internal.h"

#include "base/text.h"
#include "nn/layer_internal.h"

/* A number for both axes, or [height, width]; an absent value leaves what is there. */
static int read_pair(struct json json, int64_t min, ptrdiff_t pair[2], struct error *err)
{
    enum { MOST = 4096 };
    bool array = json_is_array(json);
    int status = array ? json_array(json, 2, 2, err) : 0;
    for (int axis = 0; !status && axis < 2; axis++) {
        int64_t value = pair[axis];
        status = json_integer_or(array ? json_item(&json, axis) : json, min, MOST, &value, err);
        pair[axis] = (ptrdiff_t)value;
    }
    return status;
}

/* So that each axis gives ceil(in / stride) outputs, an odd rest of padding on the far side. */
static void pad_same(const struct layer *layer, struct window *window)
{
    for (int axis = 0; axis < 2; axis++) {
        ptrdiff_t in = layer->in.size[axis], out = (in + window->stride[axis] - 1) / window->stride[axis];
        ptrdiff_t need = (out - 1) * window->stride[axis] + window->size[axis] - in;
        window->padding[axis] = need > 0 ? need / 2 : 0;
    }
}

int window_read(struct json json, const char *size_key, bool apart, ptrdiff_t channels, struct window *window,
                struct layer *layer, struct error *err)
{
    static const char *const same[] = {"same", NULL};
    struct json size = json_member(&json, size_key), padding = json_member(&json, "padding");
    int which, status = layer_want_image(json, layer, err);
    bool pads_same = json_is_string(padding);
    if (!status && !json_exists(size))
        status = json_fail(size, err, NULL, "missing; expected a number or [height, width]");
    if (!status)
        status = read_pair(size, 1, window->size, err);
    window->stride[0] = apart ? window->size[0] : 1;
    window->stride[1] = apart ? window->size[1] : 1;
    if (!status)
        status = read_pair(json_member(&json, "stride"), 1, window->stride, err);
    if (!status)
        status = pads_same ? json_choice(padding, same, &which, err) : read_pair(padding, 0, window->padding, err);
    if (status)
        return status;
    if (pads_same)
        pad_same(layer, window);
    layer->out = (struct shape){.rank = 3, .size = {0, 0, channels}};
    for (int axis = 0; axis < 2; axis++) {
        ptrdiff_t in = layer->in.size[axis], room = in + 2 * window->padding[axis] - window->size[axis];
        char shape[SHAPE_TEXT];
        layer->out.size[axis] =
            pads_same ? (in + window->stride[axis] - 1) / window->stride[axis] : room / window->stride[axis] + 1;
        if (!pads_same && room < 0)
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

void window_normal_form(const struct window *w, const struct layer *layer, const char *size_key, struct text *out)
{
    text_addf(out, ",\"%s\":[%td,%td],\"stride\":[%td,%td],\"padding\":", size_key, w->size[0], w->size[1],
              w->stride[0], w->stride[1]);
    bool plain = true; /* "same" may pad the far side more, which numbers cannot say */
    for (int axis = 0; axis < 2; axis++)
        plain &= layer->out.size[axis] ==
                 (layer->in.size[axis] + 2 * w->padding[axis] - w->size[axis]) / w->stride[axis] + 1;
    if (plain)
        text_addf(out, "[%td,%td]", w->padding[0], w->padding[1]);
    else
        text_add(out, "\"same\"");
}
