/* Loops over the C channels of R positions (channel_isa.c), for norms and pools. Arrays of channels: (C); x, y, xhat,
   gy, gx: (R, C). */
#ifndef ACTSEARCH_LOOPS_CHANNEL_H
#define ACTSEARCH_LOOPS_CHANNEL_H

#include "base/isa.h"

#include <stddef.h>
#include <stdint.h>

struct pool_window {
    ptrdiff_t rows, columns; /* places inside the image */
    ptrdiff_t row;           /* numbers from one row of the image to the next */
};
struct channel_loops {
    /* sums over the positions: of g, and of a b */
    void (*column_sums)(ptrdiff_t R, ptrdiff_t C, const float *g, float *sum);
    void (*column_dots)(ptrdiff_t R, ptrdiff_t C, const float *a, const float *b, float *sum);
    /* mean and variance (over R) of every channel */
    void (*column_moments)(ptrdiff_t R, ptrdiff_t C, const float *x, float *mean, float *variance);
    /* xhat = (x - mean) inverse, y = scale xhat + shift; y may be x */
    void (*normalise)(ptrdiff_t R, ptrdiff_t C, const float *mean, const float *inverse, const float *scale,
                      const float *shift, const float *x, float *xhat, float *y);
    void (*normalise_running)(ptrdiff_t R, ptrdiff_t C, float epsilon, const float *mean, const float *variance,
                              const float *scale, const float *shift, const float *x, float *y);
    /* gx = scale inverse (gy - sum / R - xhat dot / R); gx may be gy */
    void (*normalise_backward)(ptrdiff_t R, ptrdiff_t C, const float *xhat, const float *inverse, const float *scale,
                               const float *sum, const float *dot, const float *gy, float *gx);
    /* The same for each position over its channels; xhat and inverses (R) may be NULL. */
    void (*normalise_rows)(ptrdiff_t R, ptrdiff_t C, float epsilon, const float *scale, const float *shift,
                           const float *x, float *xhat, float *inverses, float *y);
    void (*normalise_rows_backward)(ptrdiff_t R, ptrdiff_t C, const float *xhat, const float *inverses,
                                    const float *scale, const float *gy, float *gx);
    /* One window of a pool; x and gx point to its first place. best, where, y, gy: (C). */
    /* best: the largest number of each channel; where (or NULL): at which place of the window it is */
    void (*pool_largest)(ptrdiff_t C, const struct pool_window *window, const float *x, float *best, int32_t *where);
    /* adds gy, the gradient of `best`, to gx at the places of `where` */
    void (*pool_largest_backward)(ptrdiff_t C, const struct pool_window *window, const float *gy, const int32_t *where,
                                  float *gx);
    /* A row of windows of 2 x 2 places, side by side, over f: the largest number of each channel, its place, and what x
       is there; f is finite. best, where, taken: (windows, C); where may be NULL, and then taken is not written. */
    void (*pool_row)(ptrdiff_t C, ptrdiff_t windows, ptrdiff_t row, const float *f, const float *x, float *best,
                     int32_t *where, float *taken);
    /* y = factor times the sum of each channel over the window */
    void (*pool_sum)(ptrdiff_t C, const struct pool_window *window, float factor, const float *x, float *y);
    /* adds factor times gy to every place of gx */
    void (*pool_sum_backward)(ptrdiff_t C, const struct pool_window *window, float factor, const float *gy, float *gx);
};
const struct channel_loops *channel_loops_for(enum isa isa);

#endif
