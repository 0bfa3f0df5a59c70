/* Augmentation: how it is described, and images that are moved and mirrored. */
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "data/data_internal.h"
#include "rng/rng.h"

#include <string.h>

int data_augmentation_read(struct json value, struct data_augmentation *augmentation, struct error *err)
{
    enum { LARGEST_SHIFT = 1000 };
    static const char *const keys[] = {"shift", "flip", NULL};
    int64_t shift = 0;
    *augmentation = (struct data_augmentation){0};
    if (!json_exists(value))
        return 0;
    int status = json_object(value, err);
    if (!status)
        status = json_only_keys(value, keys, err);
    if (!status)
        status = json_integer_or(json_member(&value, "shift"), 0, LARGEST_SHIFT, &shift, err);
    if (!status)
        status = json_bool_or(json_member(&value, "flip"), &augmentation->flip, err);
    augmentation->shift = (int)shift;
    return status;
}

void data_augmentation_normal_form(const struct data_augmentation *augmentation, struct text *out)
{
    text_addf(out, "{\"shift\":%d,\"flip\":%s}", augmentation->shift, augmentation->flip ? "true" : "false");
}

int data_augmentation_check(const struct data_shape *shape, const struct data_augmentation *augmentation,
                            const char *where, struct error *err)
{
    if (augmentation->shift == 0 && !augmentation->flip)
        return 0;
    if (shape->rank != 3)
        return error_set(err, ERROR_INPUT, where, "leave the augmentation out",
                         "only images can be shifted and flipped, these data are %s",
                         shape->rank == 2 ? "a text" : "a table");
    if (augmentation->shift >= shape->size[0] || augmentation->shift >= shape->size[1])
        return error_set(err, ERROR_INPUT, where, "lower \"shift\"; 2 to 4 pixels are usual",
                         "a shift by %d pixels leaves nothing of an image of %tdx%td", augmentation->shift,
                         shape->size[0], shape->size[1]);
    return 0;
}

/* -shift .. shift. One draw whatever the bound is: rng_below() may take several. */
static ptrdiff_t draw_shift(struct rng *rng, int shift)
{
    return (ptrdiff_t)(rng_uniform(rng) * (2 * shift + 1)) - shift;
}

/* to[row][column] = from, mirrored if asked for, [row - down][column - right]. Both: (height, width, channels). */
static void move(const struct data_shape *shape, ptrdiff_t down, ptrdiff_t right, bool mirrored, float outside,
                 const float *from, float *to)
{
    ptrdiff_t height = shape->size[0], width = shape->size[1], channels = shape->size[2];
    for (ptrdiff_t row = 0; row < height; row++)
        for (ptrdiff_t column = 0; column < width; column++) {
            ptrdiff_t i = row - down, j = column - right;
            bool inside = i >= 0 && i < height && j >= 0 && j < width;
            if (mirrored)
                j = width - 1 - j;
            for (ptrdiff_t c = 0; c < channels; c++)
                *to++ = inside ? from[(i * width + j) * channels + c] : outside;
        }
}

void data_augment(const struct data_set *set, const struct data_augmentation *augmentation, struct rng *rng,
                  ptrdiff_t B, float *x, float *scratch)
{
    ptrdiff_t features = set->shape.features;
    ALWAYS(set->shape.rank == 3 || (augmentation->shift == 0 && !augmentation->flip));
    for (ptrdiff_t i = 0; i < B; i++, x += features) {
        ptrdiff_t down = draw_shift(rng, augmentation->shift), right = draw_shift(rng, augmentation->shift);
        bool mirrored = (rng_uniform(rng) < 0.5) & augmentation->flip;
        if (down == 0 && right == 0 && !mirrored)
            continue;
        memcpy(scratch, x, (size_t)features * sizeof *x);
        move(&set->shape, down, right, mirrored, set->shift, scratch, x);
    }
}
