/* Loops over channels, for normalisations and pools, one build for each instruction level. Sums over rows go block by
 * block, so that the error does not grow with their number; sums over columns go through lanes in a fixed order. */
#include "loops/channel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LANES = 16, COLUMNS = 32, BLOCK = 256 };

/* sum[n] = sum over the rows of a[r][n] (or of its product with b[r][n]), n in [first, first + count) */
static inline __attribute__((always_inline)) void sum_columns(ptrdiff_t R, ptrdiff_t C, ptrdiff_t first, int count,
                                                              const float *restrict a, const float *restrict b,
                                                              const float *restrict centre, float *restrict sum)
{
    double total[COLUMNS] = {0};
    for (ptrdiff_t start = 0; start < R; start += BLOCK) {
        float lane[COLUMNS] = {0};
        ptrdiff_t end = start + BLOCK < R ? start + BLOCK : R;
        for (ptrdiff_t r = start; r < end; r++)
            for (int j = 0; j < count; j++) {
                float x = a[r * C + first + j];
                if (centre)
                    x = (x - centre[first + j]) * (x - centre[first + j]);
                lane[j] += !b ? x : x == 0 ? 0 : x * b[r * C + first + j];
            }
        for (int j = 0; j < count; j++)
            total[j] += (double)lane[j];
    }
    for (int j = 0; j < count; j++)
        sum[first + j] = (float)total[j];
}

#define EVERY_COLUMN(a, b, centre, sum)                                                                                \
    do {                                                                                                               \
        ptrdiff_t n = 0;                                                                                               \
        for (; n + COLUMNS <= C; n += COLUMNS)                                                                         \
            sum_columns(R, C, n, COLUMNS, a, b, centre, sum);                                                          \
        for (; n + LANES <= C; n += LANES)                                                                             \
            sum_columns(R, C, n, LANES, a, b, centre, sum);                                                            \
        for (; n < C; n++)                                                                                             \
            sum_columns(R, C, n, 1, a, b, centre, sum);                                                                \
    } while (0)

static void column_sums(ptrdiff_t R, ptrdiff_t C, const float *g, float *sum)
{
    EVERY_COLUMN(g, NULL, NULL, sum);
}

static void column_dots(ptrdiff_t R, ptrdiff_t C, const float *a, const float *b, float *sum)
{
    EVERY_COLUMN(a, b, NULL, sum);
}

static void column_moments(ptrdiff_t R, ptrdiff_t C, const float *x, float *mean, float *variance)
{
    EVERY_COLUMN(x, NULL, NULL, mean);
    for (ptrdiff_t c = 0; c < C; c++)
        mean[c] /= (float)R;
    EVERY_COLUMN(x, NULL, mean, variance);
    for (ptrdiff_t c = 0; c < C; c++)
        variance[c] /= (float)R;
}

/* x and y may be the same array. */
static void normalise(ptrdiff_t R, ptrdiff_t C, const float *mean, const float *inverse, const float *scale,
                      const float *shift, const float *x, float *restrict xhat, float *y)
{
    for (ptrdiff_t r = 0; r < R; r++)
#pragma omp simd
        for (ptrdiff_t c = 0; c < C; c++) {
            float h = (x[r * C + c] - mean[c]) * inverse[c];
            xhat[r * C + c] = h;
            y[r * C + c] = scale[c] * h + shift[c];
        }
}

static void normalise_running(ptrdiff_t R, ptrdiff_t C, float epsilon, const float *mean, const float *variance,
                              const float *scale, const float *shift, const float *x, float *y)
{
    for (ptrdiff_t c = 0; c < C; c++) {
        float factor = scale[c] / sqrtf(variance[c] + epsilon), offset = shift[c] - mean[c] * factor;
        for (ptrdiff_t r = 0; r < R; r++)
            y[r * C + c] = x[r * C + c] * factor + offset;
    }
}

/* gy and gx may be the same array. */
static void normalise_backward(ptrdiff_t R, ptrdiff_t C, const float *xhat, const float *inverse, const float *scale,
                               const float *sum, const float *dot, const float *gy, float *gx)
{
    float share = 1 / (float)R;
    for (ptrdiff_t r = 0; r < R; r++)
#pragma omp simd
        for (ptrdiff_t c = 0; c < C; c++) {
            float g = gy[r * C + c] - share * sum[c] - xhat[r * C + c] * (share * dot[c]);
            gx[r * C + c] = scale[c] * inverse[c] * g;
        }
}

/* Of f(c) for c < C, in lanes. */
#define ROW_SUM(total, expression)                                                                                     \
    do {                                                                                                               \
        float lane[LANES] = {0};                                                                                       \
        ptrdiff_t c = 0;                                                                                               \
        for (; c + LANES <= C; c += LANES)                                                                             \
            for (int j = 0; j < LANES; j++) {                                                                          \
                const ptrdiff_t k = c + j;                                                                             \
                lane[j] += (expression);                                                                               \
            }                                                                                                          \
        for (int j = 0; c + j < C; j++) {                                                                              \
            const ptrdiff_t k = c + j;                                                                                 \
            lane[j] += (expression);                                                                                   \
        }                                                                                                              \
        for (int j = 0; j < LANES; j++)                                                                                \
            total += lane[j];                                                                                          \
    } while (0)

static void normalise_rows(ptrdiff_t R, ptrdiff_t C, float epsilon, const float *scale, const float *shift,
                           const float *x, float *xhat, float *inverses, float *y)
{
    for (ptrdiff_t r = 0; r < R; r++, x += C, y += C) {
        float mean = 0, variance = 0;
        ROW_SUM(mean, x[k]);
        mean /= (float)C;
        ROW_SUM(variance, (x[k] - mean) * (x[k] - mean));
        float inverse = 1 / sqrtf(variance / (float)C + epsilon);
        if (inverses)
            inverses[r] = inverse;
        for (ptrdiff_t c = 0; c < C; c++) {
            float h = (x[c] - mean) * inverse;
            if (xhat)
                xhat[r * C + c] = h;
            y[c] = scale[c] * h + shift[c];
        }
    }
}

/* gx = inverse (g - mean(g) - xhat mean(g xhat)) with g = scale gy, means over the channels. */
static void normalise_rows_backward(ptrdiff_t R, ptrdiff_t C, const float *xhat, const float *inverses,
                                    const float *scale, const float *gy, float *gx)
{
    for (ptrdiff_t r = 0; r < R; r++, xhat += C, gy += C, gx += C) {
        float sum = 0, dot = 0, share = 1 / (float)C;
        ROW_SUM(sum, scale[k] * gy[k]);
        ROW_SUM(dot, scale[k] * gy[k] * xhat[k]);
        for (ptrdiff_t c = 0; c < C; c++)
            gx[c] = inverses[r] * (scale[c] * gy[c] - share * sum - xhat[c] * (share * dot));
    }
}

/* ---- pools: a window at a time, its places one after the other, over the channels */

/* Whether `new` takes the place of `old`: the first of equal ones stays, and NaN wins, so that it is seen. All ones
   or zeros, because as a mask it lets the loops be vectorised. */
static inline int32_t beats(float new, float old)
{
    return -(int32_t)((new > old) | (new != new));
}

static inline float choose(int32_t mask, float new, float old)
{
    int32_t a, b;
    memcpy(&a, &new, sizeof a);
    memcpy(&b, &old, sizeof b);
    b = (mask & a) | (~mask & b);
    memcpy(&old, &b, sizeof old);
    return old;
}

static inline void keep_larger(ptrdiff_t C, const float *restrict x, int32_t place, float *restrict best,
                               int32_t *restrict where)
{
    for (ptrdiff_t c = 0; c < C; c++) {
        float old = best[c], new = x[c];
        int32_t better = beats(new, old);
        best[c] = choose(better, new, old);
        where[c] = (better & place) | (~better & where[c]);
    }
}

static inline void keep_larger_value(ptrdiff_t C, const float *restrict x, float *restrict best)
{
    for (ptrdiff_t c = 0; c < C; c++)
        best[c] = choose(beats(x[c], best[c]), x[c], best[c]);
}

/* Windows of 2 x 2, as nearly all are, in one pass: a, b above c, d. */
static void largest_of_four(ptrdiff_t C, const float *restrict a, const float *restrict b, const float *restrict c,
                            const float *restrict d, float *restrict best, int32_t *restrict where)
{
    for (ptrdiff_t i = 0; i < C; i++) {
        int32_t right = beats(b[i], a[i]), lower_right = beats(d[i], c[i]);
        float upper = choose(right, b[i], a[i]), lower = choose(lower_right, d[i], c[i]);
        int32_t below = beats(lower, upper);
        best[i] = choose(below, lower, upper);
        where[i] = (below & (2 - lower_right)) | (~below & -right);
    }
}

/* NaN is not looked for here: who calls has seen it, and gives the pass up. */
static inline __attribute__((always_inline)) void four_of(int count, ptrdiff_t C, ptrdiff_t row,
                                                          const float *restrict f, const float *restrict x,
                                                          float *restrict best, int32_t *restrict where,
                                                          float *restrict taken)
{
#pragma omp simd /* nothing overlaps: without this every call would look */
    for (int i = 0; i < count; i++) {
        float a = f[i], b = f[C + i], c = f[row + i], d = f[row + C + i];
        bool right = b > a, lower_right = d > c;
        float upper = right ? b : a, lower = lower_right ? d : c;
        bool below = lower > upper;
        best[i] = below ? lower : upper;
        if (where) {
            float x_upper = right ? x[C + i] : x[i], x_lower = lower_right ? x[row + C + i] : x[row + i];
            int32_t place_upper = right ? 1 : 0, place_lower = lower_right ? 3 : 2;
            where[i] = below ? place_lower : place_upper;
            taken[i] = below ? x_lower : x_upper;
        }
    }
}

static void pool_row(ptrdiff_t C, ptrdiff_t windows, ptrdiff_t row, const float *f, const float *x, float *best,
                     int32_t *where, float *taken)
{
    for (ptrdiff_t w = 0; w < windows; w++) {
        ptrdiff_t in = 2 * w * C, out = w * C, end = in + C;
        for (; in + LANES <= end; in += LANES, out += LANES)
            if (where)
                four_of(LANES, C, row, f + in, x + in, best + out, where + out, taken + out);
            else
                four_of(LANES, C, row, f + in, x + in, best + out, NULL, NULL);
        for (; in < end; in++, out++)
            four_of(1, C, row, f + in, x + in, best + out, where ? where + out : NULL, taken + out);
    }
}

static void pool_largest(ptrdiff_t C, const struct pool_window *window, const float *x, float *best, int32_t *where)
{
    const struct pool_window w = *window;
    if (where && w.rows == 2 && w.columns == 2) {
        largest_of_four(C, x, x + C, x + w.row, x + w.row + C, best, where);
        return;
    }
    memcpy(best, x, (size_t)C * sizeof *best);
    if (where)
        memset(where, 0, (size_t)C * sizeof *where);
    for (ptrdiff_t r = 0; r < w.rows; r++)
        for (ptrdiff_t k = r == 0; k < w.columns; k++) {
            if (where)
                keep_larger(C, x + r * w.row + k * C, (int32_t)(r * w.columns + k), best, where);
            else
                keep_larger_value(C, x + r * w.row + k * C, best);
        }
}

static inline void give_where(ptrdiff_t C, const float *restrict gy, const int32_t *restrict where, int32_t place,
                              float *restrict gx)
{
    for (ptrdiff_t c = 0; c < C; c++)
        gx[c] += where[c] == place ? gy[c] : 0;
}

static void pool_largest_backward(ptrdiff_t C, const struct pool_window *window, const float *gy, const int32_t *where,
                                  float *gx)
{
    const struct pool_window w = *window;
    for (ptrdiff_t r = 0; r < w.rows; r++)
        for (ptrdiff_t k = 0; k < w.columns; k++)
            give_where(C, gy, where, (int32_t)(r * w.columns + k), gx + r * w.row + k * C);
}

static inline void add_scaled(ptrdiff_t C, float factor, const float *restrict x, float *restrict y)
{
    for (ptrdiff_t c = 0; c < C; c++)
        y[c] += factor * x[c];
}

static void pool_sum(ptrdiff_t C, const struct pool_window *window, float factor, const float *x, float *y)
{
    const struct pool_window w = *window;
    memset(y, 0, (size_t)C * sizeof *y);
    for (ptrdiff_t r = 0; r < w.rows; r++)
        for (ptrdiff_t k = 0; k < w.columns; k++)
            add_scaled(C, factor, x + r * w.row + k * C, y);
}

static void pool_sum_backward(ptrdiff_t C, const struct pool_window *window, float factor, const float *gy, float *gx)
{
    const struct pool_window w = *window;
    for (ptrdiff_t r = 0; r < w.rows; r++)
        for (ptrdiff_t k = 0; k < w.columns; k++)
            add_scaled(C, factor, gy, gx + r * w.row + k * C);
}

const struct channel_loops *ISA_NAME(channel_loops)(void);
const struct channel_loops *ISA_NAME(channel_loops)(void)
{
    static const struct channel_loops table = {
        .column_sums = column_sums,
        .column_dots = column_dots,
        .column_moments = column_moments,
        .normalise = normalise,
        .normalise_running = normalise_running,
        .normalise_backward = normalise_backward,
        .normalise_rows = normalise_rows,
        .normalise_rows_backward = normalise_rows_backward,
        .pool_largest = pool_largest,
        .pool_largest_backward = pool_largest_backward,
        .pool_row = pool_row,
        .pool_sum = pool_sum,
        .pool_sum_backward = pool_sum_backward,
    };
    return &table;
}
