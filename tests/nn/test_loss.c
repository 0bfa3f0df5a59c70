/* The loss against plain code in double, at every level that this processor runs. The others of its kind are held
   against the twin by test_gradient.c. */
#include "testing.h"

#include "nn/loss_internal.h"
#include "rng/rng.h"

#include <math.h>

static void fill(float *x, ptrdiff_t N, uint64_t key)
{
    struct rng rng = rng_keyed(key, 1, RNG_TEST);
    for (ptrdiff_t i = 0; i < N; i++)
        x[i] = (float)rng_normal(&rng);
}

static void assert_near(double got, double wanted, double bound)
{
    ck_assert_msg(fabs(got - wanted) <= bound * (1 + fabs(wanted)), "got %.9g, wanted %.9g", got, wanted);
}

static const struct loss plain = {.kind = &loss_softmax_cross_entropy};

/* log-sum-exp in double. */
START_TEST(softmax_cross_entropy_is_stable_and_right)
{
    enum { B = 37, C = 10 };
    float z[B * C], g[B * C], scratch[B * (C + 1)];
    int32_t y[B];
    fill(z, B * C, 9);
    for (int i = 0; i < B * C; i++)
        z[i] = z[i] * 3 + (i / C % 2 ? 1000.0f : 0) - (i % 7 == 0 ? 200.0f : 0); /* a plain exp() would overflow */
    for (int b = 0; b < B; b++)
        y[b] = b * 3 % C;
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        struct loss_sum got =
            loss_softmax_cross_entropy.run(&plain, (enum isa)isa, B, C, z, (struct targets){.classes = y}, g, scratch);
        double wanted = 0;
        int correct = 0;
        for (int b = 0; b < B; b++) {
            double top = -INFINITY, sum = 0;
            int best = 0;
            for (int c = 0; c < C; c++)
                if ((double)z[b * C + c] > top) {
                    top = (double)z[b * C + c];
                    best = c;
                }
            for (int c = 0; c < C; c++)
                sum += exp((double)z[b * C + c] - top);
            wanted += log(sum) + top - (double)z[b * C + y[b]];
            correct += best == y[b];
            for (int c = 0; c < C; c++) {
                double slope = (exp((double)z[b * C + c] - top) / sum - (c == y[b])) / B;
                ck_assert_double_le(fabs((double)g[b * C + c] - slope), 1e-6 / B);
            }
        }
        assert_near(got.loss, wanted, 1e-6);
        ck_assert_int_eq((int)got.correct, correct);
        ck_assert_int_gt(correct, 0);
        struct loss_sum alone = loss_softmax_cross_entropy.run(&plain, (enum isa)isa, B, C, z,
                                                               (struct targets){.classes = y}, NULL, scratch);
        ck_assert(alone.loss == got.loss && alone.correct == got.correct);
    }
}
END_TEST

START_TEST(a_loss_shows_what_is_not_finite)
{
    float g[3], scratch[4];
    const int32_t y[] = {1};
    const float bad[][3] = {{0, NAN, 0}, {NAN, 0, 0}, {0, 0, NAN}, {INFINITY, 0, 0}, {0, -INFINITY, 0}};
    for (int i = 0; i < 5; i++) {
        struct loss_sum sum = loss_softmax_cross_entropy.run(&plain, ISA_PORTABLE, 1, 3, bad[i],
                                                             (struct targets){.classes = y}, g, scratch);
        ck_assert(!isfinite(sum.loss));
        ck_assert_int_eq((int)sum.correct, 0);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("loss", 60, softmax_cross_entropy_is_stable_and_right, a_loss_shows_what_is_not_finite);
}
