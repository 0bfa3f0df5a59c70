/* Products with a batch of bytes most of which may be 0: only the others are multiplied.
 *
 * An image as data sets keep it is half zeros or more, and with the shift of its scaling taken out of the
 * product (layer_dense.c) those zeros contribute nothing. One bit says of every byte whether it is 0, and
 * the loops go from one set bit to the next; what a bit costs is one row of weights or gradients times a
 * number, held in registers and in the first-level cache. Blocks of 64 inputs (forward) or 64 samples
 * (backward) keep that cache: 64 rows of 128 floats are 32 KiB.
 *
 * The order of every sum is that of the inputs, or of the samples, whatever the instruction level. */
#include "loops/sparse.h"

#include "loops/vector_internal.h"

#include <string.h>

/* A sum of rows, so many vectors wide. */

static inline void load(int vectors, const float *from, vector *sum)
{
    FOR_VECTORS(i, vectors) sum[i] = *(const vector *)(from + i * WIDTH);
}

static inline void store(int vectors, const vector *sum, float *to)
{
    FOR_VECTORS(i, vectors) * (vector *)(to + i * WIDTH) = sum[i];
}

static inline void add_row(int vectors, float factor, const float *row, vector *sum)
{
    FOR_VECTORS(i, vectors) sum[i] = add_product(sum[i], factor, *(const vector *)(row + i * WIDTH));
}

/* Bit j of marks[b][g] says that u[b][64 g + j] is not 0. Eight bytes become eight bits of one: each byte
   leaves its own bit, and the eight are folded together. */
static void mark(ptrdiff_t B, ptrdiff_t groups, const uint8_t *u, uint64_t *marks)
{
    typedef uint8_t bytes __attribute__((vector_size(4 * WIDTH), aligned(1), may_alias));
    typedef uint64_t words __attribute__((vector_size(4 * WIDTH), may_alias));
    typedef uint8_t packed __attribute__((vector_size(WIDTH / 2), aligned(1), may_alias));
    bytes weight;
    for (int j = 0; j < 4 * WIDTH; j++)
        weight[j] = (uint8_t)(1 << j % 8);
    uint8_t *out = (uint8_t *)marks;
    for (ptrdiff_t i = 0; i < B * groups * 64; i += 4 * WIDTH) {
        bytes some = *(const bytes *)(u + i);
        words bits = (words)((bytes)(some != 0) & weight);
        bits |= bits >> 32;
        bits |= bits >> 16;
        bits |= bits >> 8;
        *(packed *)(out + i / 8) = __builtin_convertvector(bits, packed);
    }
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (ptrdiff_t i = 0; i < B * groups; i++)
        marks[i] = __builtin_bswap64(marks[i]);
#endif
}

/* Transposes 64 rows of bits at once in every group: six rounds of exchanging ever smaller blocks.
   Rows behind the last are 0. block: (64, groups), changed. */
static void transpose_block(ptrdiff_t groups, uint64_t *block)
{
    uint64_t low = 0xffffffffu;
    for (int size = 32; size; size /= 2, low ^= low << size)
        for (int k = 0; k < 64; k = ((k | size) + 1) & ~size)
            for (ptrdiff_t g = 0; g < groups; g++) {
                uint64_t *a = &block[k * groups + g], *b = &block[(k | size) * groups + g];
                uint64_t change = ((*a >> size) ^ *b) & low;
                *a ^= change << size;
                *b ^= change;
            }
}

static void transpose(ptrdiff_t B, ptrdiff_t groups, const uint64_t *marks, uint64_t *block, uint64_t *columns)
{
    ptrdiff_t blocks = (B + 63) / 64;
    for (ptrdiff_t q = 0; q < blocks; q++) {
        ptrdiff_t rows = B - 64 * q < 64 ? B - 64 * q : 64;
        memcpy(block, marks + 64 * q * groups, (size_t)(rows * groups) * sizeof *block);
        memset(block + rows * groups, 0, (size_t)((64 - rows) * groups) * sizeof *block);
        transpose_block(groups, block);
        for (ptrdiff_t g = 0; g < groups; g++)
            for (ptrdiff_t j = 0; j < 64; j++)
                columns[(64 * g + j) * blocks + q] = block[j * groups + g];
    }
}

/* ---- columns n .. n + vectors WIDTH - 1 of a product */

static inline __attribute__((always_inline)) void forward_part(int vectors, ptrdiff_t B, ptrdiff_t K, ptrdiff_t N,
                                                               const struct byte_rows *rows, const float *w, float *y,
                                                               float *total)
{
    vector all[8] = {0};
    for (ptrdiff_t g = 0; g < rows->groups; g++) {
        ptrdiff_t first = 64 * g, inputs = K - first < 64 ? K - first : 64;
        for (ptrdiff_t k = 0; k < inputs; k++)
            add_row(vectors, 1, w + (first + k) * N, all);
        for (ptrdiff_t b = 0; b < B; b++) {
            vector sum[8] = {0};
            uint64_t bits = rows->marks[b * rows->groups + g];
            const uint8_t *u = rows->u + 64 * (b * rows->groups + g);
            if (g > 0)
                load(vectors, y + b * N, sum);
            while (bits) {
                int k = next_bit(&bits);
                add_row(vectors, rows->value[u[k]], w + (first + k) * N, sum);
            }
            store(vectors, sum, y + b * N);
        }
    }
    store(vectors, all, total);
}

static inline __attribute__((always_inline)) void backward_part(int vectors, ptrdiff_t B, ptrdiff_t K, ptrdiff_t N,
                                                                const struct byte_rows *rows, const float *gy,
                                                                const float *start, float *gw)
{
    ptrdiff_t blocks = (B + 63) / 64, stride = 64 * rows->groups;
    for (ptrdiff_t q = 0; q < blocks; q++)
        for (ptrdiff_t k = 0; k < K; k++) {
            vector sum[8];
            uint64_t bits = rows->columns[k * blocks + q];
            const uint8_t *u = rows->u + 64 * q * stride + k;
            const float *g = gy + 64 * q * N;
            load(vectors, q ? gw + k * N : start, sum);
            while (bits) {
                int b = next_bit(&bits);
                add_row(vectors, rows->value[u[b * stride]], g + b * N, sum);
            }
            store(vectors, sum, gw + k * N);
        }
}

/* Wide parts first. What is left of N is done by vectors of which the last overlaps the one before. */
static void forward(ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, const struct byte_rows *rows, const float *w, float *y,
                    float *total)
{
    ptrdiff_t n = 0;
    for (; n + 8 * WIDTH <= N; n += 8 * WIDTH)
        forward_part(8, B, K, N, rows, w + n, y + n, total + n);
    for (; n + 4 * WIDTH <= N; n += 4 * WIDTH)
        forward_part(4, B, K, N, rows, w + n, y + n, total + n);
    for (; n < N; n += WIDTH) {
        n = n + WIDTH > N ? N - WIDTH : n;
        forward_part(1, B, K, N, rows, w + n, y + n, total + n);
    }
}

static void backward(ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, const struct byte_rows *rows, const float *gy,
                     const float *start, float *gw)
{
    ptrdiff_t n = 0;
    for (; n + 8 * WIDTH <= N; n += 8 * WIDTH)
        backward_part(8, B, K, N, rows, gy + n, start + n, gw + n);
    for (; n + 4 * WIDTH <= N; n += 4 * WIDTH)
        backward_part(4, B, K, N, rows, gy + n, start + n, gw + n);
    for (; n < N; n += WIDTH) {
        n = n + WIDTH > N ? N - WIDTH : n;
        backward_part(1, B, K, N, rows, gy + n, start + n, gw + n);
    }
}

const struct sparse_loops *ISA_NAME(sparse_loops)(void);
const struct sparse_loops *ISA_NAME(sparse_loops)(void)
{
    static const struct sparse_loops table = {
        .mark = mark, .transpose = transpose, .forward = forward, .backward = backward};
    return &table;
}
