/* Values of a 3 x 3 convolution, two rows at a time, for the 2 x 2 pool that stands behind it.
 *
 * With blocks of 16 inputs by Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin and Gray, Fast Algorithms for
 * Convolutional Neural Networks, 2016): a tile of 2 x 2 values needs 16 products for each input and output instead of
 * 36. Tiles of 4 x 4 inputs are transformed by B^T d B, filters by G g G^T, their products summed over the inputs, and
 * the sums m transformed back by A^T m A:
 *
 *        1  0 -1  0          1    0    0
 *   B^T  0  1  1  0     G   1/2  1/2  1/2     A^T  1  1  1  0
 *        0 -1  1  0         1/2 -1/2  1/2          0  1 -1 -1
 *        0  1  0 -1          0    0    1
 *
 * A first layer, with an input or a few, goes tap by tap. Every sum has the order of the inputs, then of the taps. */
#include "loops/winograd.h"

#include "loops/vector_internal.h"
#include "loops/winners.h"

#if WIDTH_OF_LEVEL == 16
enum { MOST_TILES = 8 }; /* in registers, with two vectors of outputs each */
#else
enum { MOST_TILES = 6 };
#endif
enum { SIDE = 4, PLACES = SIDE * SIDE };

/* Four numbers by B^T, three by G, four by A^T; the results stand `step` apart. */
static inline void by_b(const vector *d, int from, vector *out, int step)
{
    out[0] = d[0] - d[2 * from];
    out[step] = d[from] + d[2 * from];
    out[2 * step] = d[2 * from] - d[from];
    out[3 * step] = d[from] - d[3 * from];
}

static inline void by_g(const vector *g, int from, vector *out, int step)
{
    vector sum = 0.5f * (g[0] + g[2 * from]), half = 0.5f * g[from];
    out[0] = g[0];
    out[step] = sum + half;
    out[2 * step] = sum - half;
    out[3 * step] = g[2 * from];
}

static inline void by_a(const vector *m, int from, vector *out, int step)
{
    out[0] = m[0] + m[from] + m[2 * from];
    out[step] = m[from] - m[2 * from] - m[3 * from];
}

static void transform_weights(ptrdiff_t inputs, ptrdiff_t outputs, const float *w, float *u)
{
    ptrdiff_t plane = inputs * outputs;
    for (ptrdiff_t i = 0; i < plane; i += WIDTH) {
        vector g[WINNER_TAPS], half[3 * SIDE], all[PLACES];
        FOR_VECTORS(t, WINNER_TAPS) g[t] = *(const vector *)(w + t * plane + i);
        FOR_VECTORS(column, 3) by_g(g + column, 3, half + column, 3);
        FOR_VECTORS(row, SIDE) by_g(half + 3 * row, 1, all + SIDE * row, 1);
        FOR_VECTORS(p, PLACES) * (vector *)(u + p * plane + i) = all[p];
    }
}

/* v: (places, tiles, inputs) */
static void transform_inputs(const struct tile_row *s, const float *x, float *v)
{
    for (ptrdiff_t block = 0; block < s->inputs; block += WINNER_BLOCK, x += s->image)
        for (ptrdiff_t tile = 0; tile < s->tiles; tile++)
            for (ptrdiff_t k = 0; k < WINNER_BLOCK; k += WIDTH) {
                vector d[PLACES], half[PLACES], all[PLACES];
                FOR_VECTORS(p, PLACES)
                d[p] = *(const vector *)(x + p / SIDE * s->row + (2 * tile + p % SIDE) * WINNER_BLOCK + k);
                FOR_VECTORS(column, SIDE) by_b(d + column, SIDE, half + column, SIDE);
                FOR_VECTORS(row, SIDE) by_b(half + SIDE * row, 1, all + SIDE * row, 1);
                FOR_VECTORS(p, PLACES) * (vector *)(v + (p * s->tiles + tile) * s->inputs + block + k) = all[p];
            }
}

/* For so many tiles and vectors of outputs, both constants: m = v u. */
static inline __attribute__((always_inline)) void multiply(int tiles, int vectors, const struct tile_row *s,
                                                           const float *v, const float *u, float *m)
{
    vector sum[MOST_TILES][2] = {0};
    for (ptrdiff_t i = 0; i < s->inputs; i++) {
        vector filter[2];
        FOR_VECTORS(j, vectors) filter[j] = *(const vector *)(u + i * s->outputs + j * WIDTH);
        FOR_VECTORS(tile, tiles)
        FOR_VECTORS(j, vectors) sum[tile][j] = add_product(sum[tile][j], v[tile * s->inputs + i], filter[j]);
    }
    FOR_VECTORS(tile, tiles)
    FOR_VECTORS(j, vectors) * (vector *)(m + tile * s->outputs + j * WIDTH) = sum[tile][j];
}

#define MULTIPLY(tiles)                                                                                                \
    case tiles:                                                                                                        \
        if (vectors == 2)                                                                                              \
            multiply(tiles, 2, s, v, u, m);                                                                            \
        else                                                                                                           \
            multiply(tiles, 1, s, v, u, m);                                                                            \
        break

static void multiply_some(int tiles, int vectors, const struct tile_row *s, const float *v, const float *u, float *m)
{
    switch (tiles) {
        MULTIPLY(1);
        MULTIPLY(2);
        MULTIPLY(3);
        MULTIPLY(4);
        MULTIPLY(5);
        MULTIPLY(6);
#if WIDTH_OF_LEVEL == 16
        MULTIPLY(7);
        MULTIPLY(8);
#endif
    }
}

/* One place of every tile. v: (tiles, inputs), u: (inputs, outputs), m: (tiles, outputs). */
static void multiply_place(const struct tile_row *s, const float *v, const float *u, float *m)
{
    ptrdiff_t groups = (s->tiles + MOST_TILES - 1) / MOST_TILES, size = (s->tiles + groups - 1) / groups;
    for (ptrdiff_t o = 0; o < s->outputs; o += 2 * WIDTH)
        for (ptrdiff_t tile = 0; tile < s->tiles; tile += size)
            multiply_some((int)(s->tiles - tile < size ? s->tiles - tile : size), o + 2 * WIDTH <= s->outputs ? 2 : 1,
                          s, v + tile * s->inputs, u + o, m + tile * s->outputs + o);
}

/* m: (places, tiles, outputs) to y: (2, 2 tiles, outputs) */
static void transform_outputs(const struct tile_row *s, const float *m, const float *bias, float *y)
{
    ptrdiff_t plane = s->tiles * s->outputs;
    for (ptrdiff_t tile = 0; tile < s->tiles; tile++)
        for (ptrdiff_t o = 0; o < s->outputs; o += WIDTH) {
            vector sum[PLACES], half[2 * SIDE], all[4], shift = bias ? *(const vector *)(bias + o) : (vector){0};
            FOR_VECTORS(p, PLACES) sum[p] = *(const vector *)(m + p * plane + tile * s->outputs + o);
            FOR_VECTORS(column, SIDE) by_a(sum + column, SIDE, half + column, SIDE);
            FOR_VECTORS(row, 2) by_a(half + SIDE * row, 1, all + 2 * row, 1);
            FOR_VECTORS(i, 4)
            *(vector *)(y + i / 2 * 2 * plane + (2 * tile + i % 2) * s->outputs + o) = all[i] + shift;
        }
}

static void row_of_blocks(const struct tile_row *s, const float *x, const float *u, const float *bias, float *scratch,
                          float *y)
{
    float *v = scratch, *m = scratch + PLACES * s->tiles * s->inputs;
    transform_inputs(s, x, v);
    for (ptrdiff_t p = 0; p < PLACES; p++)
        multiply_place(s, v + p * s->tiles * s->inputs, u + p * s->inputs * s->outputs, m + p * s->tiles * s->outputs);
    transform_outputs(s, m, bias, y);
}

/* Tap by tap, the four values of a tile at once. */
static void row_of_few(const struct tile_row *s, const float *x, const float *w, const float *bias, float *y)
{
    for (ptrdiff_t tile = 0; tile < s->tiles; tile++)
        for (ptrdiff_t o = 0; o < s->outputs; o += WIDTH) {
            vector sum[4];
            FOR_VECTORS(i, 4) sum[i] = bias ? *(const vector *)(bias + o) : (vector){0};
            for (ptrdiff_t k = 0; k < s->inputs; k++) {
                const float *corner = x + k * s->image + 2 * tile, *of_input = w + k * s->outputs + o;
                FOR_VECTORS(t, WINNER_TAPS)
                {
                    vector filter = *(const vector *)(of_input + t * s->inputs * s->outputs);
                    FOR_VECTORS(i, 4)
                    sum[i] = add_product(sum[i], corner[(i / 2 + t / 3) * s->row + i % 2 + t % 3], filter);
                }
            }
            FOR_VECTORS(i, 4)
            *(vector *)(y + (i / 2 * 2 * s->tiles + 2 * tile + i % 2) * s->outputs + o) = sum[i];
        }
}

const struct tile_loops *ISA_NAME(tile_loops)(void);
const struct tile_loops *ISA_NAME(tile_loops)(void)
{
    static const struct tile_loops table = {
        .transform_weights = transform_weights, .row_of_blocks = row_of_blocks, .row_of_few = row_of_few};
    return &table;
}
