/* Gradients of a convolution whose values go through a 2 x 2 max pool, and so are 0 but for one number in four:
 * only those are multiplied.
 *
 * `where` says for every pooled position and channel which place of its window won (0, 1 above 2, 3), and g
 * is the gradient there. Windows of the convolution are 3 x 3 with stride 1: nine taps, each a sum in its own
 * register. A sample's image is padded, so that no window leaves it, cut into blocks of WINNER_BLOCK channels, and
 * stays in the first-level cache.
 *
 * The order of every sum is that of the positions, or of the places and then the channels, at every level. */
#include "loops/winners.h"

#include "loops/vector_internal.h"

enum { PLACES = 4 };

/* Where the windows that won begin in a block: (rows, columns, outputs). */
static void corners(const struct winner_shape *s, const int32_t *where, int32_t *corner)
{
    const int32_t row = (int32_t)s->row;
    for (ptrdiff_t i = 0; i < s->rows; i++)
        for (ptrdiff_t j = 0; j < s->columns; j++, where += s->outputs, corner += s->outputs) {
            int32_t at = (int32_t)(2 * (i * s->row + j * WINNER_BLOCK));
#pragma omp simd
            for (ptrdiff_t c = 0; c < s->outputs; c++)
                corner[c] = at + (where[c] & 1) * WINNER_BLOCK + (where[c] >> 1) * row;
        }
}

static void weights(const struct winner_shape *s, const float *x, const float *g, const int32_t *corner, float *gw)
{
    ptrdiff_t positions = s->rows * s->columns, row = s->row;
    for (ptrdiff_t c = 0; c < s->outputs; c++)
        for (ptrdiff_t k = 0; k < WINNER_BLOCK; k += WIDTH) {
            float *out = gw + c * WINNER_TAPS * WINNER_BLOCK + k;
            vector sum[WINNER_TAPS];
            FOR_VECTORS(t, WINNER_TAPS) sum[t] = *(const vector *)(out + t * WINNER_BLOCK);
            for (ptrdiff_t p = c; p < positions * s->outputs; p += s->outputs) {
                const float *at = x + k + corner[p];
                FOR_VECTORS(t, WINNER_TAPS)
                sum[t] = add_product(sum[t], g[p], *(const vector *)(at + t / 3 * row + t % 3 * WINNER_BLOCK));
            }
            FOR_VECTORS(t, WINNER_TAPS) * (vector *)(out + t * WINNER_BLOCK) = sum[t];
        }
}

/* Each lane has a winner of its own, so every place takes its turn. */
static void weights_of_one(const struct winner_shape *s, const float *x, const float *g, const int32_t *where,
                           float *gw)
{
    typedef int32_t integers __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
    for (ptrdiff_t c = 0; c < s->outputs; c += WIDTH) {
        vector sum[WINNER_TAPS];
        FOR_VECTORS(t, WINNER_TAPS) sum[t] = *(const vector *)(gw + t * s->outputs + c);
        for (ptrdiff_t i = 0, p = c; i < s->rows; i++)
            for (ptrdiff_t j = 0; j < s->columns; j++, p += s->outputs) {
                const float *corner = x + 2 * (i * s->row + j);
                FOR_VECTORS(place, PLACES)
                {
                    integers here = *(const integers *)(where + p) == place;
                    vector of_place = (vector)(here & *(const integers *)(g + p));
                    FOR_VECTORS(t, WINNER_TAPS)
                    sum[t] = add_product(sum[t], corner[(place / 2 + t / 3) * s->row + place % 2 + t % 3], of_place);
                }
            }
        FOR_VECTORS(t, WINNER_TAPS) * (vector *)(gw + t * s->outputs + c) = sum[t];
    }
}

/* A bit for each of 16 channels whose winner is at that place. */
static inline uint64_t sixteen_at(int place, const int32_t *where)
{
#if defined(__AVX512F__)
    return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(where), _mm512_set1_epi32(place));
#else
    uint64_t bits = 0;
#if defined(__AVX2__)
    for (int half = 0; half < 2; half++) {
        __m256i eight = _mm256_loadu_si256((const __m256i *)(where + 8 * half));
        __m256i equal = _mm256_cmpeq_epi32(eight, _mm256_set1_epi32(place));
        bits |= (uint64_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal)) << (8 * half);
    }
#else
    for (int c = 0; c < WINNER_BLOCK; c++)
        bits |= (uint64_t)(where[c] == place) << c;
#endif
    return bits;
#endif
}

/* A bit for each of 16 channels that send something back: where f' is 0 there is nothing to do. */
static inline uint64_t sixteen_alive(const float *g)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask(_mm512_loadu_ps(g), _mm512_setzero_ps(), _CMP_NEQ_UQ);
#else
    uint64_t bits = 0;
#if defined(__AVX2__)
    for (int half = 0; half < 2; half++) {
        __m256 alive = _mm256_cmp_ps(_mm256_loadu_ps(g + 8 * half), _mm256_setzero_ps(), _CMP_NEQ_UQ);
        bits |= (uint64_t)_mm256_movemask_ps(alive) << (8 * half);
    }
#else
    for (int c = 0; c < WINNER_BLOCK; c++)
        bits |= (uint64_t)(g[c] != 0) << c;
#endif
    return bits;
#endif
}

/* The 4 x 4 pixels that a pooled position reaches are sums in registers; a channel adds to the nine under the
   window that won, and so the channels go place by place. At most 64 channels. */
static inline void add_position(const struct winner_shape *s, ptrdiff_t channels, const float *w, const float *g,
                                const int32_t *where, float *gx)
{
    uint64_t at[PLACES] = {0};
    for (ptrdiff_t c = 0; c < channels; c += WINNER_BLOCK) {
        uint64_t alive = sixteen_alive(g + c);
        FOR_VECTORS(place, PLACES) at[place] |= (sixteen_at(place, where + c) & alive) << c;
    }
    for (ptrdiff_t k = 0; k < WINNER_BLOCK; k += WIDTH) {
        vector sum[16];
        FOR_VECTORS(i, 16) sum[i] = *(const vector *)(gx + i / 4 * s->row + i % 4 * WINNER_BLOCK + k);
        FOR_VECTORS(place, PLACES)
        {
            uint64_t bits = at[place];
            while (bits) {
                int c = next_bit(&bits);
                const float *of_channel = w + c * WINNER_TAPS * WINNER_BLOCK + k;
                FOR_VECTORS(t, WINNER_TAPS)
                {
                    vector *pixel = &sum[(place / 2 + t / 3) * 4 + place % 2 + t % 3];
                    *pixel = add_product(*pixel, g[c], *(const vector *)(of_channel + t * WINNER_BLOCK));
                }
            }
        }
        FOR_VECTORS(i, 16) * (vector *)(gx + i / 4 * s->row + i % 4 * WINNER_BLOCK + k) = sum[i];
    }
}

static void data(const struct winner_shape *s, const float *w, const float *g, const int32_t *where, float *gx)
{
    enum { MOST = 64 };
    for (ptrdiff_t c = 0; c < s->outputs; c += MOST)
        for (ptrdiff_t i = 0, p = c; i < s->rows; i++)
            for (ptrdiff_t j = 0; j < s->columns; j++, p += s->outputs)
                add_position(s, s->outputs - c < MOST ? s->outputs - c : MOST, w + c * WINNER_TAPS * WINNER_BLOCK,
                             g + p, where + p, gx + 2 * (i * s->row + j * WINNER_BLOCK));
}

const struct winner_loops *ISA_NAME(winner_loops)(void);
const struct winner_loops *ISA_NAME(winner_loops)(void)
{
    static const struct winner_loops table = {
        .corners = corners, .weights = weights, .weights_of_one = weights_of_one, .data = data};
    return &table;
}
