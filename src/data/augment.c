/* Augmentation: how it is described, and images that are moved and mirrored. */
#include "base/error.h"
#include "base/settings.h"
#include "data/data_internal.h"
#include "rng/rng.h"

#include <string.h>

const struct setting data_augmentation_settings[] = {
    {"shift", SETTING_INTEGER(struct data_augmentation, shift, 0, 1000), .means = "pixels in each direction"},
    {"flip", SETTING_BOOL(struct data_augmentation, flip), .means = "left and right"},
    {0}};

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
