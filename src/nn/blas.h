/* Matrix products: the one door to the numerical library (oneDNN), and its plain twin.
 *
 * Everything is single precision and row-major. The same call gives the same bits on every thread,
 * every time and for every alignment of the buffers, as long as the thread was prepared by
 * blas_thread_init() and the instruction level is the same; tests/nn/test_blas.c holds that.
 * Different processors of one level may block a product differently, so a database names the
 * processor as well.
 *
 * Nothing but blas.c, convolution.c and onednn_*.c includes the library's header, and only the last know which major
 * version it is. */
#ifndef ACTSEARCH_NN_BLAS_H
#define ACTSEARCH_NN_BLAS_H

#include "base/isa.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

/* Limits the library to the instruction level, for the whole process. Call it once, before the
   first product: the library fixes its level at first use, and asking for another one afterwards is
   ERROR_UNSUPPORTED (asking for the same one again is fine). */
int blas_limit_isa(enum isa isa, struct error *err);

/* Prepares the calling thread: its products run on that thread alone. Every thread that works with
   a network calls it first; without it the library opens a team of threads inside each worker. */
void blas_thread_init(void);

/* Writes "oneDNN 2.6.3", for the database, into `buffer` and returns it. */
const char *blas_version(char buffer[32]);

/* C = alpha op(A) op(B) + beta C, where op transposes when asked.
   op(A): (M, K), op(B): (K, N), C: (M, N), all row-major with leading dimensions lda, ldb, ldc (of
   the matrices as stored). With beta 0, C is not read. No overlap. */
void blas_gemm(bool transpose_a, bool transpose_b, ptrdiff_t M, ptrdiff_t N, ptrdiff_t K, float alpha, const float *A,
               ptrdiff_t lda, const float *B, ptrdiff_t ldb, float beta, float *C, ptrdiff_t ldc);

/* The same by three loops, summing in double; for tests. */
void blas_reference_gemm(bool transpose_a, bool transpose_b, ptrdiff_t M, ptrdiff_t N, ptrdiff_t K, float alpha,
                         const float *A, ptrdiff_t lda, const float *B, ptrdiff_t ldb, float beta, float *C,
                         ptrdiff_t ldc);

/* Convolutions of images, channels last, as networks mean the word (a correlation).
   x: (B, height, width, inputs), w: (window height, window width, inputs, outputs), or (height, width,
   channels) when depthwise, b: (outputs) or NULL, y: (B, out height, out width, outputs). */
struct blas_convolution_shape {
    ptrdiff_t in[3], out[3];                    /* height, width, channels */
    ptrdiff_t window[2], stride[2], padding[2]; /* padding above and on the left; on the other sides as `out` needs */
    bool depthwise;                             /* each channel by itself: in[2] == out[2] */
    bool bias;
};

/* What the library prepares for one convolution: for each batch size it meets, when it first meets it. One
   owner at a time; the thread was prepared by blas_thread_init(). */
struct blas_convolution;
int blas_convolution_new(const struct blas_convolution_shape *shape, struct blas_convolution **convolution,
                         struct error *err);
void blas_convolution_free(struct blas_convolution *convolution); /* accepts NULL */

void blas_convolution_forward(struct blas_convolution *convolution, ptrdiff_t B, const float *x, const float *w,
                              const float *b, float *y);
void blas_convolution_backward_data(struct blas_convolution *convolution, ptrdiff_t B, const float *gy, const float *w,
                                    float *gx);
/* gw and gb (NULL without bias) are written, not added to. */
void blas_convolution_backward_weights(struct blas_convolution *convolution, ptrdiff_t B, const float *x,
                                       const float *gy, float *gw, float *gb);

#endif
