/* An activation and the 2 x 2 max pool behind it, in one.
 *
 * Only the largest value of a window goes on, and only it sends a gradient back: f is worked out for every
 * number, but f' for one in four. The forward pass goes through a sample by bands of rows that stay in the
 * first-level cache: f, the winners, what x is there, f' and df/dp of that. Backward, the pool's gradient is
 * multiplied where it stands, (B, pooled), and then goes to the places of the winners.
 *
 * A 3 x 3 convolution before the two (winners.c) works out its values band by band too, and takes the gradient as
 * it is. Only a snapshot (snapshot.h) wants all of them at once.
 *
 * The workspace of the activation is (1 + P, B, pooled) numbers behind the space for a band; which place won is in
 * that of the pool. */
#include "nn/pooled_internal.h"

#include "base/clock.h"

#include "loops/array.h"
#include "loops/channel.h"
#include "nn/slot_internal.h"

#include <string.h>

enum { BAND = 4096 }; /* numbers, as far as whole rows of windows go */

bool pooled_fits(const struct layer *activation, const struct layer *pool)
{
    return activation->kind->does_pool && activation->in.rank == 3 && activation->readers == 1 &&
           pool->kind->is_two_by_two && pool->kind->is_two_by_two(pool);
}

/* Rows of windows in a band. */
static ptrdiff_t band_rows(const struct layer *pool)
{
    ptrdiff_t two_rows = 2 * pool->in.size[1] * pool->in.size[2], rows = BAND / two_rows;
    return rows < 1 ? 1 : rows < pool->out.size[0] ? rows : pool->out.size[0];
}

static ptrdiff_t band_numbers(const struct layer *pool)
{
    return band_rows(pool) * 2 * pool->in.size[1] * pool->in.size[2];
}

static ptrdiff_t pooled_numbers(const struct layer *pool)
{
    return band_rows(pool) * pool->out.size[1] * pool->out.size[2];
}

/* Whether x comes from the convolution band by band. */
static bool comes_in_bands(const struct layer_instance *instance, const struct step *step)
{
    return instance->source && !step->snapshot;
}

ptrdiff_t pooled_scratch(const struct layer *pool)
{
    return 2 * band_numbers(pool) + 2 * pooled_numbers(pool);
}

ptrdiff_t pooled_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return pooled_scratch(instance->pool->layer) + (1 + instance->P) * B * shape_elements(&instance->pool->layer->out);
}

/* What the function sees in `rows` rows of windows of a sample, from row `first` on: 2 rows of numbers for each. */
static const float *band_input(const struct layer_instance *instance, struct step *step, ptrdiff_t b, ptrdiff_t first,
                               ptrdiff_t rows, ptrdiff_t *row)
{
    const struct layer *pool = instance->pool->layer;
    ptrdiff_t C = pool->out.size[2];
    float *band = instance->workspace + band_numbers(pool);
    *row = pool->in.size[1] * C;
    if (!comes_in_bands(instance, step))
        return instance->x + b * shape_elements(&pool->in) + 2 * first * *row;
    double start = step->times ? clock_seconds() : 0;
    *row = 2 * pool->out.size[1] * C;
    winners_rows(instance->source, step, b, first, rows, band);
    step->source_seconds += step->times ? clock_seconds() - start : 0;
    return band;
}

static void run_band(const struct layer_instance *instance, struct step *step, ptrdiff_t b, ptrdiff_t first,
                     ptrdiff_t rows)
{
    const struct layer *pool = instance->pool->layer;
    ptrdiff_t windows = pool->out.size[1], C = pool->out.size[2], row, pooled = rows * windows * C;
    ptrdiff_t all = step->B * shape_elements(&pool->out), out = b * shape_elements(&pool->out) + first * windows * C;
    const float *x = band_input(instance, step, b, first, rows, &row);
    ptrdiff_t N = 2 * rows * row;
    float *f = instance->workspace, *taken = f + 2 * band_numbers(pool), *again = taken + pooled_numbers(pool);
    float *slope = instance->workspace + pooled_scratch(pool) + out, *dp[TREE_PARAMETERS];
    int32_t *where = step->training ? (int32_t *)instance->pool->workspace + out : NULL;
    layer_function_run(instance, step, 0, N, x, f, NULL, NULL);
    if (!step->loops->all_finite(N, f))
        step->finite = false;
    for (ptrdiff_t r = 0; r < rows; r++)
        step->channels->pool_row(C, windows, row, f + 2 * r * row, x + 2 * r * row,
                                 instance->pool->y + out + r * windows * C, where ? where + r * windows * C : NULL,
                                 taken + r * windows * C);
    if (!step->training)
        return;
    for (int j = 0; j < instance->P; j++)
        dp[j] = slope + (1 + j) * all;
    layer_function_run(instance, step, 0, pooled, taken, again, slope, dp);
}

void pooled_forward(struct layer_instance *instance, struct step *step)
{
    const struct layer *pool = instance->pool->layer;
    ptrdiff_t band = band_rows(pool), rows = pool->out.size[0];
    if (comes_in_bands(instance, step))
        winners_begin(instance->source, step);
    for (ptrdiff_t b = 0; b < step->B; b++)
        for (ptrdiff_t r = 0; r < rows; r += band)
            run_band(instance, step, b, r, rows - r < band ? rows - r : band);
}

static void give_to_winners(const struct layer_instance *instance, const struct step *step)
{
    const struct layer *pool = instance->pool->layer;
    ptrdiff_t C = pool->out.size[2], row = pool->in.size[1] * C, E = shape_elements(&pool->in), out = 0;
    struct pool_window window = {2, 2, row};
    memset(instance->gx, 0, (size_t)(step->B * E) * sizeof *instance->gx);
    for (ptrdiff_t b = 0; b < step->B; b++)
        for (ptrdiff_t i = 0; i < pool->out.size[0]; i++)
            for (ptrdiff_t j = 0; j < pool->out.size[1]; j++, out += C)
                step->channels->pool_largest_backward(C, &window, instance->pool->gy + out,
                                                      (const int32_t *)instance->pool->workspace + out,
                                                      instance->gx + b * E + 2 * (i * row + j * C));
}

void pooled_backward(struct layer_instance *instance, struct step *step)
{
    const struct layer *pool = instance->pool->layer;
    ptrdiff_t N = step->B * shape_elements(&pool->out);
    const float *slope = instance->workspace + pooled_scratch(pool);
    layer_function_backward(instance, step, N, instance->pool->gy, slope + N);
    step->loops->multiply_slopes(N, slope, instance->pool->gy);
    if (instance->gx)
        give_to_winners(instance, step);
}
