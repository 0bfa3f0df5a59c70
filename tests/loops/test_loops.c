/* The vector loops against plain ones, at every level that this processor runs. */
#include "loops_testing.h"

#include "loops/array.h"
#include "loops/channel.h"

#include <float.h>

enum { MOST = 3000 };
static const ptrdiff_t lengths[] = {0, 1, 7, 15, 16, 17, 31, 33, 64, 100, 1000, MOST};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void assert_near(double got, double wanted, double bound)
{
    ck_assert_msg(fabs(got - wanted) <= bound * (1 + fabs(wanted)), "got %.9g, wanted %.9g", got, wanted);
}

START_TEST(bias_and_column_sums)
{
    static float g[MOST], y[MOST], bias[MOST], sum[MOST];
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (ptrdiff_t N = 1; N <= 100; N += 9) {
            const struct array_loops *loops = array_loops_for((enum isa)isa);
            const struct channel_loops *channels = channel_loops_for((enum isa)isa);
            ptrdiff_t B = 29;
            fill(g, B * N, 1);
            fill(bias, N, 2);
            memcpy(y, g, sizeof g);
            loops->bias_add(B, N, bias, y);
            channels->column_sums(B, N, g, sum);
            for (ptrdiff_t n = 0; n < N; n++) {
                float wanted = 0;
                for (ptrdiff_t b = 0; b < B; b++) {
                    wanted += g[b * N + n];
                    ck_assert(y[b * N + n] == g[b * N + n] + bias[n]);
                }
                /* the order is fixed: row after row, so every level gives the same bits */
                ck_assert(sum[n] == wanted);
            }
        }
}
END_TEST

/* Sums of hundreds of rows, by blocks: as exact as the plain sums in double, in every column. */
START_TEST(sums_over_many_rows)
{
    enum { R = 700, C = 55 };
    static float a[R * C], b[R * C];
    float sum[C], dot[C], mean[C], variance[C];
    fill(a, R * C, 11);
    fill(b, R * C, 12);
    for (int i = 0; i < R * C; i++)
        a[i] += 100;
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        const struct channel_loops *channels = channel_loops_for((enum isa)isa);
        channels->column_sums(R, C, a, sum);
        channels->column_dots(R, C, a, b, dot);
        channels->column_moments(R, C, a, mean, variance);
        for (int c = 0; c < C; c++) {
            double wanted = 0, product = 0, square = 0;
            for (int r = 0; r < R; r++) {
                wanted += (double)a[r * C + c];
                product += (double)a[r * C + c] * (double)b[r * C + c];
            }
            for (int r = 0; r < R; r++)
                square += pow((double)a[r * C + c] - wanted / R, 2);
            assert_near((double)sum[c], wanted, 1e-6);
            assert_near((double)dot[c], product, 1e-4);
            assert_near((double)mean[c], wanted / R, 1e-6);
            assert_near((double)variance[c], square / R, 1e-5);
        }
    }
}
END_TEST

/* Every size of window: the first of the largest numbers wins, and NaN wins wherever it is. */
START_TEST(pools_find_the_largest)
{
    enum { C = 19, SIDE = 3 };
    float x[SIDE * SIDE * C], best[C], again[C];
    int32_t where[C];
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int trial = 0; trial < 40; trial++) {
            const struct channel_loops *channels = channel_loops_for((enum isa)isa);
            struct pool_window window = {1 + trial % SIDE, 1 + trial / SIDE % SIDE, SIDE * C};
            fill(x, SIDE * SIDE * C, (uint64_t)trial);
            for (int i = 0; i < SIDE * SIDE * C; i++)
                x[i] = i * (trial + 7) % 31 == 0 ? NAN : roundf(x[i]);
            channels->pool_largest(C, &window, x, best, where);
            channels->pool_largest(C, &window, x, again, NULL);
            for (int c = 0; c < C; c++) {
                int wanted = -1;
                float largest = 0;
                for (int p = 0; p < window.rows * window.columns; p++) {
                    float at = x[p / window.columns * window.row + p % window.columns * C + c];
                    if (wanted < 0 || (!isnan(largest) && (isnan(at) || at > largest))) {
                        wanted = p;
                        largest = at;
                    }
                }
                bool same =
                    isnan(largest) ? isnan(best[c]) && isnan(again[c]) : best[c] == largest && again[c] == largest;
                if ((where[c] != wanted && !isnan(largest)) || !same)
                    ck_abort_msg("%td x %td, channel %d: place %d, expected %d", window.rows, window.columns, c,
                                 where[c], wanted);
            }
        }
}
END_TEST

START_TEST(multiply_and_dot)
{
    static float a[MOST], b[MOST], product[MOST];
    fill(a, MOST, 3);
    fill(b, MOST, 4);
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int l = 0; l < LENGTHS; l++) {
            const struct array_loops *loops = array_loops_for((enum isa)isa);
            ptrdiff_t N = lengths[l];
            double wanted = 0;
            for (ptrdiff_t i = 0; i < N; i++)
                wanted += (double)a[i] * (double)b[i];
            assert_near(loops->dot(N, a, b), wanted, 1e-12);
            memcpy(product, b, sizeof b);
            loops->multiply(N, a, product);
            for (ptrdiff_t i = 0; i < MOST; i++)
                ck_assert(product[i] == (i < N ? a[i] * b[i] : b[i]));
        }
}
END_TEST

START_TEST(one_bad_number_anywhere_is_seen)
{
    static float x[100];
    static const float bad[] = {INFINITY, -INFINITY, NAN, -NAN}, good[] = {0, -0.0f, FLT_MAX, -FLT_MAX, 1e-45f};
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 100; i++) {
            const struct array_loops *loops = array_loops_for((enum isa)isa);
            memset(x, 0, sizeof x);
            for (int j = 0; j < 5; j++) {
                x[i] = good[j];
                ck_assert(loops->all_finite(100, x));
            }
            for (int j = 0; j < 4; j++) {
                x[i] = bad[j];
                ck_assert(!loops->all_finite(100, x));
                ck_assert(loops->all_finite(i, x));
            }
        }
}
END_TEST

START_TEST(adam_and_momentum_match_plain_ones)
{
    static float g[MOST], w[MOST], m[MOST], v[MOST], w0[MOST], m0[MOST], v0[MOST];
    const struct adam_step adam = {
        .beta1 = 0.9f, .beta2 = 0.999f, .rate = 0.01f, .epsilon = 1e-6f, .decay = 0.1f, .scale = 0.5f};
    fill(g, MOST, 5);
    fill(w0, MOST, 6);
    fill(m0, MOST, 7);
    fill(v0, MOST, 8);
    for (int i = 0; i < MOST; i++)
        v0[i] *= v0[i];
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int l = 0; l < LENGTHS; l++) {
            const struct array_loops *loops = array_loops_for((enum isa)isa);
            ptrdiff_t N = lengths[l];
            memcpy(w, w0, sizeof w);
            memcpy(m, m0, sizeof m);
            memcpy(v, v0, sizeof v);
            loops->adam(N, &adam, g, w, m, v);
            for (ptrdiff_t i = 0; i < N; i++) {
                double gradient = (double)g[i] * 0.5 + 0.1f * (double)w0[i];
                double first = 0.9f * (double)m0[i] + (1 - 0.9f) * gradient;
                double second = 0.999f * (double)v0[i] + (1 - 0.999f) * gradient * gradient;
                assert_near((double)m[i], first, 4e-7);
                assert_near((double)v[i], second, 4e-7);
                assert_near((double)w[i], (double)w0[i] - 0.01f * first / (sqrt(second) + 1e-6), 4e-7);
            }
            ck_assert(N == MOST || (w[N] == w0[N] && m[N] == m0[N] && v[N] == v0[N]));
            for (int nesterov = 0; nesterov < 2; nesterov++) {
                struct momentum_step step = {
                    .momentum = 0.9f, .rate = 0.01f, .decay = 0.1f, .scale = 0.5f, .nesterov = nesterov};
                memcpy(w, w0, sizeof w);
                memcpy(v, m0, sizeof v);
                loops->momentum(N, &step, g, w, v);
                for (ptrdiff_t i = 0; i < N; i++) {
                    double gradient = (double)g[i] * 0.5 + 0.1f * (double)w0[i];
                    double velocity = 0.9f * (double)m0[i] + gradient;
                    double move = nesterov ? gradient + 0.9f * velocity : velocity;
                    assert_near((double)v[i], velocity, 4e-7);
                    assert_near((double)w[i], (double)w0[i] - 0.01f * move, 4e-7);
                }
            }
        }
}
END_TEST

/* A gradient of 0 stays so beside an infinite slope; NaN in it is not hidden. */
START_TEST(no_gradient_is_no_gradient)
{
    enum { R = 40, C = 33 };
    static float slopes[R * C], g[R * C];
    float sum[C];
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        const struct array_loops *loops = array_loops_for((enum isa)isa);
        const struct channel_loops *channels = channel_loops_for((enum isa)isa);
        for (int i = 0; i < R * C; i++) {
            g[i] = i % 3 ? 0 : 2;
            slopes[i] = i % 3 == 1 ? INFINITY : i % 3 == 2 ? NAN : 0.5f;
        }
        ck_assert_double_eq(loops->dot(R * C, g, slopes), R * C / 3.0);
        channels->column_dots(R, C, g, slopes, sum);
        for (int c = 0; c < C; c++)
            ck_assert(sum[c] == (c % 3 ? 0 : R));
        loops->multiply_slopes(R * C, slopes, g);
        for (int i = 0; i < R * C; i++)
            ck_assert(g[i] == (i % 3 ? 0 : 1));
        g[5] = NAN;
        g[7] = 1;
        loops->multiply_slopes(R * C, slopes, g);
        ck_assert(isnan(g[5]) && isinf(g[7]));
        g[5] = 1;
        slopes[5] = 2;
        g[4] = NAN;
        ck_assert(isnan(loops->dot(R * C, g, slopes)));
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("loops", 60, no_gradient_is_no_gradient, bias_and_column_sums, sums_over_many_rows,
                     pools_find_the_largest, multiply_and_dot, one_bad_number_anywhere_is_seen,
                     adam_and_momentum_match_plain_ones);
}
