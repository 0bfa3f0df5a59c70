/* A 3 x 3 convolution behind which an activation and a 2 x 2 max pool stand (pooled.c).
 *
 * Forward it works out, when the activation asks, two rows of values for a row of windows, which are used up before
 * the next ones come: the whole image is never stored (winograd_isa.c). Backward its gradient comes as that of the
 * pooled values and the places of the winners, three quarters smaller than the library would have it, and no zero
 * is multiplied (winners_isa.c).
 *
 * For both a sample's image is copied into blocks of channels with its padding around it, and
 * weights lie as (blocks, outputs, taps, block). A first layer, whose input wants no gradient, has blocks of one. */
#include "loops/winners.h"
#include "loops/channel.h"
#include "loops/winograd.h"
#include "nn/conv_internal.h"
#include "nn/cutter_internal.h"
#include "nn/pooled_internal.h"
#include "nn/step_internal.h"

#include <string.h>

enum { WEIGHT, BIAS, MOST_SINGLE = 4 };

/* Where everything stands in the workspace. */
struct winner_space {
    struct winner_shape shape;
    ptrdiff_t block, blocks, image; /* channels of a block, blocks, and numbers of a padded image in one */
    float *x;                       /* the padded image, in blocks */
    float *u, *tiles;               /* forward: filters as Winograd has them, and room for a row of tiles */
    float *gx, *w, *gw;             /* backward */
    int32_t *corner;
    ptrdiff_t size; /* of all of it */
};

static const struct conv_options *options_of(const struct layer *layer)
{
    return layer->options;
}

static bool is_single(const struct layer *layer)
{
    return shape_channels(&layer->in) % WINNER_BLOCK != 0;
}

bool winners_fit(const struct layer *layer, bool wants_gx)
{
    bool fits = layer->readers == 1 && shape_channels(&layer->out) % WINNER_BLOCK == 0;
    const struct window *window = &options_of(layer)->window;
    for (int axis = 0; axis < 2; axis++)
        fits = fits && window->size[axis] == 3 && window->stride[axis] == 1;
    return fits && (!is_single(layer) || (!wants_gx && shape_channels(&layer->in) <= MOST_SINGLE));
}

static struct winner_space space_of(const struct layer_instance *instance)
{
    const struct layer *layer = instance->layer, *pool = instance->pool->layer;
    ptrdiff_t I = shape_channels(&layer->in), O = shape_channels(&layer->out);
    struct winner_space space = {.block = is_single(layer) ? 1 : WINNER_BLOCK};
    space.blocks = I / space.block;
    space.shape = (struct winner_shape){.rows = pool->out.size[0],
                                        .columns = pool->out.size[1],
                                        .row = (layer->out.size[1] + 2) * space.block,
                                        .outputs = O};
    space.image = (layer->out.size[0] + 2) * space.shape.row;
    ptrdiff_t image = space.image * space.blocks, weights = WINNER_TAPS * I * O;
    ptrdiff_t winners = space.shape.rows * space.shape.columns * O;
    struct cutter cutter = {.block = instance->workspace};
    space.x = cutter_take(&cutter, image);
    space.u = cutter_take(&cutter, TILE_PLACES * I * O);
    space.tiles = cutter_take(&cutter, TILE_PLACES * space.shape.columns * (I + O));
    space.gx = cutter_take(&cutter, image);
    space.w = cutter_take(&cutter, weights);
    space.gw = cutter_take(&cutter, weights);
    space.corner = (int32_t *)cutter_take(&cutter, winners);
    space.size = cutter.used;
    return space;
}

ptrdiff_t winners_workspace(const struct layer_instance *instance)
{
    return space_of(instance).size;
}

/* A sample's image into its blocks, or back out of them; what lies outside is left alone. */
static void copy_image(const struct layer *layer, const struct winner_space *space, float *image, float *blocks,
                       bool back)
{
    ptrdiff_t H = layer->in.size[0], W = layer->in.size[1], I = layer->in.size[2], n = space->block;
    ptrdiff_t up = options_of(layer)->window.padding[0], left = options_of(layer)->window.padding[1];
    ptrdiff_t run = n == I ? W : 1; /* pixels that stand side by side in both */
    for (ptrdiff_t k = 0; k < space->blocks; k++)
        for (ptrdiff_t i = 0; i < H; i++)
            for (ptrdiff_t j = 0; j < W; j += run) {
                float *block = blocks + k * space->image + (i + up) * space->shape.row + (left + j) * n;
                float *pixels = image + (i * W + j) * I + k * n;
                memcpy(back ? pixels : block, back ? block : pixels, (size_t)(run * n) * sizeof *block);
            }
}

/* Weights, (taps, inputs, outputs), to and from (blocks, outputs, taps, block), or, for blocks of one input,
   (inputs, taps, outputs). */
static void copy_weights(const struct winner_space *space, float *ours, float *blocked, bool back)
{
    ptrdiff_t n = space->block, I = n * space->blocks, O = space->shape.outputs;
    for (ptrdiff_t t = 0; t < WINNER_TAPS; t++)
        for (ptrdiff_t i = 0; i < I; i++)
            for (ptrdiff_t o = 0; o < O; o++) {
                float *a = &ours[(t * I + i) * O + o];
                float *b = n == 1 ? &blocked[(i * WINNER_TAPS + t) * O + o]
                                  : &blocked[((i / n * O + o) * WINNER_TAPS + t) * n + i % n];
                *(back ? a : b) = *(back ? b : a);
            }
}

/* The padding, which nothing writes afterwards. */
static void clear_image(const struct winner_space *space)
{
    memset(space->x, 0, (size_t)(space->image * space->blocks) * sizeof *space->x);
}

void winners_begin(struct layer_instance *instance, struct step *step)
{
    struct winner_space space = space_of(instance);
    clear_image(&space);
    if (space.block > 1)
        step->tiles->transform_weights(shape_channels(&instance->layer->in), space.shape.outputs,
                                       instance->values[WEIGHT], space.u);
}

void winners_rows(struct layer_instance *instance, struct step *step, ptrdiff_t b, ptrdiff_t first, ptrdiff_t rows,
                  float *y)
{
    const struct layer *layer = instance->layer;
    struct winner_space space = space_of(instance);
    struct tile_row shape = {.tiles = space.shape.columns,
                             .row = space.shape.row,
                             .image = space.image,
                             .inputs = shape_channels(&layer->in),
                             .outputs = space.shape.outputs};
    const float *bias = options_of(layer)->bias ? instance->values[BIAS] : NULL;
    if (first == 0)
        copy_image(layer, &space, instance->x + b * shape_elements(&layer->in), space.x, false);
    for (ptrdiff_t r = first; r < first + rows; r++, y += 4 * shape.tiles * shape.outputs) {
        const float *x = space.x + 2 * r * shape.row;
        if (space.block > 1)
            step->tiles->row_of_blocks(&shape, x, space.u, bias, space.tiles, y);
        else
            step->tiles->row_of_few(&shape, x, instance->values[WEIGHT], bias, y);
    }
}

static void add_weights(const struct winner_space *space, const struct step *step, const float *g, const int32_t *where)
{
    const struct winner_loops *loops = step->winners;
    ptrdiff_t weights = WINNER_TAPS * space->block * space->shape.outputs;
    if (space->block > 1)
        loops->corners(&space->shape, where, space->corner);
    for (ptrdiff_t k = 0; k < space->blocks; k++) {
        const float *x = space->x + k * space->image;
        if (space->block > 1)
            loops->weights(&space->shape, x, g, space->corner, space->gw + k * weights);
        else
            loops->weights_of_one(&space->shape, x, g, where, space->gw + k * weights);
    }
}

static void find_gx(const struct winner_space *space, const struct step *step, const float *g, const int32_t *where)
{
    ptrdiff_t weights = WINNER_TAPS * space->block * space->shape.outputs;
    memset(space->gx, 0, (size_t)(space->image * space->blocks) * sizeof *space->gx);
    for (ptrdiff_t k = 0; k < space->blocks; k++)
        step->winners->data(&space->shape, space->w + k * weights, g, where, space->gx + k * space->image);
}

void winners_backward(struct layer_instance *instance, struct step *step)
{
    const struct layer *layer = instance->layer;
    struct winner_space space = space_of(instance);
    ptrdiff_t in = shape_elements(&layer->in), out = shape_elements(&instance->pool->layer->out);
    ptrdiff_t O = space.shape.outputs, weights = WINNER_TAPS * shape_channels(&layer->in) * O;
    const float *g = instance->pool->gy;
    const int32_t *where = (const int32_t *)instance->pool->workspace;
    clear_image(&space);
    memset(space.gw, 0, (size_t)weights * sizeof *space.gw);
    if (instance->gx)
        copy_weights(&space, instance->values[WEIGHT], space.w, false);
    for (ptrdiff_t b = 0; b < step->B; b++) {
        copy_image(layer, &space, instance->x + b * in, space.x, false);
        add_weights(&space, step, g + b * out, where + b * out);
        if (!instance->gx)
            continue;
        find_gx(&space, step, g + b * out, where + b * out);
        copy_image(layer, &space, instance->gx + b * in, space.gx, true);
    }
    copy_weights(&space, instance->gradient[WEIGHT], space.gw, true);
    if (options_of(layer)->bias)
        step->channels->column_sums(step->B * out / O, O, g, instance->gradient[BIAS]);
}
