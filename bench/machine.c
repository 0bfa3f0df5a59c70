#include "machine.h"

#include "base/memory.h"
#include "timing.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SUMS = 12, ROUNDS = 25 };
static const double round_seconds = 0.004;

/* One instruction level: how wide its vectors are, SUMS sums that live in registers, and the triad. */
struct level {
    ptrdiff_t width;
    float (*multiply_add)(ptrdiff_t turns, float factor, float term);
    void (*triad)(ptrdiff_t count, float factor, float *a, const float *b, const float *c);
};

/* Twelve sums, each waiting for itself alone, keep the units of every processor busy: latency times units is 8 to 10
   today. Every sum starts elsewhere, or the compiler would see that they are all the same. */
#define LEVEL(name, attribute, vector, all, multiply_add)                                                              \
    attribute static float sums_##name(ptrdiff_t turns, float factor, float term)                                      \
    {                                                                                                                  \
        vector f = all(factor), t = all(term), s0 = t, s1 = s0 + t, s2 = s1 + t, s3 = s2 + t, s4 = s3 + t,             \
               s5 = s4 + t, s6 = s5 + t, s7 = s6 + t, s8 = s7 + t, s9 = s8 + t, s10 = s9 + t, s11 = s10 + t;           \
        for (; turns > 0; turns--) {                                                                                   \
            s0 = multiply_add(s0, f, t), s1 = multiply_add(s1, f, t), s2 = multiply_add(s2, f, t);                     \
            s3 = multiply_add(s3, f, t), s4 = multiply_add(s4, f, t), s5 = multiply_add(s5, f, t);                     \
            s6 = multiply_add(s6, f, t), s7 = multiply_add(s7, f, t), s8 = multiply_add(s8, f, t);                     \
            s9 = multiply_add(s9, f, t), s10 = multiply_add(s10, f, t), s11 = multiply_add(s11, f, t);                 \
        }                                                                                                              \
        vector sum = s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;                                      \
        return sum[0];                                                                                                 \
    }                                                                                                                  \
    attribute static void triad_##name(ptrdiff_t count, float factor, float *a, const float *b, const float *c)        \
    {                                                                                                                  \
        const ptrdiff_t width = sizeof(vector) / sizeof(float);                                                        \
        vector f = all(factor);                                                                                        \
        for (ptrdiff_t i = 0; i < count; i += width)                                                                   \
            *(vector *)(a + i) = multiply_add(*(const vector *)(c + i), f, *(const vector *)(b + i));                  \
    }

/* Four floats are what every processor of today has. */
typedef float four_floats __attribute__((vector_size(16), may_alias));
#define ALL_FOUR(x) ((four_floats){(x), (x), (x), (x)})
#define TIMES_PLUS(s, f, t) ((s) * (f) + (t))
LEVEL(portable, , four_floats, ALL_FOUR, TIMES_PLUS)
#if defined(__x86_64__)
LEVEL(v3, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps)
LEVEL(v4, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps)
#endif

static const struct level *level_of(enum isa isa)
{
    static const struct level levels[ISA_COUNT] = {
        [ISA_PORTABLE] = {4, sums_portable, triad_portable},
#if defined(__x86_64__)
        [ISA_V3] = {8, sums_v3, triad_v3},
        [ISA_V4] = {16, sums_v4, triad_v4},
#endif
    };
    return &levels[isa];
}

double machine_peak(enum isa isa)
{
    const struct level *level = level_of(isa);
    /* Not known when this is compiled; the sums go to 1 and stay there. */
    volatile float factor = 0.5f, term = 0.5f, sink = 0;
    double best = 0, seconds = 0;
    ptrdiff_t turns = 1 << 12;
    for (int r = 0; r < ROUNDS; r++) {
        double start = now();
        sink = level->multiply_add(turns, factor, term);
        (void)sink;
        seconds = now() - start;
        if (seconds < round_seconds / 2) {
            turns *= 2;
            r--;
            continue;
        }
        double rate = 2.0 * SUMS * (double)(level->width * turns) / seconds;
        best = rate > best ? rate : best;
    }
    return best;
}

static double time_triads(const struct level *level, ptrdiff_t count, int turns, float *a, float *b, float *c)
{
    volatile float factor = 0.5f;
    double start = now();
    for (int i = 0; i < turns; i++)
        level->triad(count, factor, a, b, c);
    return now() - start;
}

double machine_bandwidth(enum isa isa, size_t bytes)
{
    const struct level *level = level_of(isa);
    ptrdiff_t count = (ptrdiff_t)(bytes / (3 * 64)) * 16, turns = 1;
    float *a = memory_aligned(3 * (size_t)count * sizeof *a), *b = a + count, *c = b + count;
    double best = 0;
    if (!a || !count) {
        memory_free(a);
        return 0;
    }
    for (ptrdiff_t i = 0; i < 3 * count; i++)
        a[i] = 1;
    while (time_triads(level, count, (int)turns, a, b, c) < round_seconds / 2)
        turns *= 2;
    for (int r = 0; r < ROUNDS; r++) {
        double rate = 12.0 * (double)(count * turns) / time_triads(level, count, (int)turns, a, b, c);
        best = rate > best ? rate : best;
    }
    memory_free(a);
    return best;
}
