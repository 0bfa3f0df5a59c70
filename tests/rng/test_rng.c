/* PCG against published outputs, and streams that do not meet. */
#include "testing.h"

#include "rng/rng.h"

#include <math.h>
#include <string.h>

START_TEST(pcg32_gives_the_published_outputs)
{
    static const uint32_t published[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct rng32 rng = rng32_seeded(42, 54);
    for (int i = 0; i < 6; i++)
        ck_assert_uint_eq(rng32_next(&rng), published[i]);
}
END_TEST

/* Published with the reference implementation (pcg-random.org, check-pcg64): seed 42, stream 54. */
START_TEST(pcg64_gives_the_published_outputs)
{
    static const uint64_t published[] = {0x86b1da1d72062b68, 0x1304aa46c9853d39, 0xa3670e9e0dd50358,
                                         0xf9090e529a7dae00, 0xc85b9fd837996f2c, 0x606121f8e3919196};
    struct rng rng = rng_seeded(42, 54);
    for (int i = 0; i < 6; i++)
        ck_assert_uint_eq(rng_next(&rng), published[i]);
}
END_TEST

START_TEST(streams_differ_in_every_part_of_the_key)
{
    uint64_t first[4];
    struct rng streams[] = {rng_keyed(1, 2, RNG_WEIGHTS), rng_keyed(2, 2, RNG_WEIGHTS), rng_keyed(1, 3, RNG_WEIGHTS),
                            rng_keyed(1, 2, RNG_SHUFFLE)};
    for (int i = 0; i < 4; i++)
        first[i] = rng_next(&streams[i]);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(first[i], first[j]);
    struct rng again = rng_keyed(1, 2, RNG_WEIGHTS);
    ck_assert_uint_eq(rng_next(&again), first[0]);
}
END_TEST

/* Neighbouring keys must look independent: correlation of 4,096 streams' first draws. */
START_TEST(neighbouring_streams_are_uncorrelated)
{
    enum { COUNT = 4096 };
    double sum_xy = 0, previous = 0.5;
    for (int i = 0; i < COUNT; i++) {
        struct rng rng = rng_keyed(7, (uint64_t)i, RNG_PROPOSAL);
        double u = rng_uniform(&rng);
        sum_xy += (u - 0.5) * (previous - 0.5) * 12;
        previous = u;
    }
    ck_assert_double_lt(fabs(sum_xy / sqrt(COUNT)), 4);
}
END_TEST

START_TEST(uniform_and_normal_have_their_moments)
{
    enum { COUNT = 200000 };
    struct rng rng = rng_keyed(1, 1, RNG_TEST);
    double mean = 0, square = 0, fourth = 0, uniform = 0;
    for (int i = 0; i < COUNT; i++) {
        double z = rng_normal(&rng), u = rng_uniform(&rng);
        ck_assert(u >= 0 && u < 1);
        mean += z;
        square += z * z;
        fourth += z * z * z * z;
        uniform += u;
    }
    /* five standard errors each: sd of z is 1, of z^2 sqrt(2), of z^4 sqrt(96), of u sqrt(1/12) */
    ck_assert_double_lt(fabs(mean / COUNT), 5 / sqrt(COUNT));
    ck_assert_double_lt(fabs(square / COUNT - 1), 5 * sqrt(2) / sqrt(COUNT));
    ck_assert_double_lt(fabs(fourth / COUNT - 3), 5 * sqrt(96) / sqrt(COUNT));
    ck_assert_double_lt(fabs(uniform / COUNT - 0.5), 5 * sqrt(1 / 12.0) / sqrt(COUNT));
}
END_TEST

START_TEST(bounded_integers_have_no_bias)
{
    /* A bound of 3 * 2^62: plain modulo would give the lower third twice the share of the rest. */
    const uint64_t bound = (uint64_t)3 << 62;
    enum { COUNT = 30000 };
    struct rng rng = rng_keyed(3, 0, RNG_TEST);
    int lower_third = 0;
    for (int i = 0; i < COUNT; i++) {
        uint64_t value = rng_below(&rng, bound);
        ck_assert_uint_lt(value, bound);
        lower_third += value < (uint64_t)1 << 62;
    }
    ck_assert_double_lt(fabs(lower_third - COUNT / 3.0), 5 * sqrt(COUNT * 2 / 9.0));
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(shuffle_reaches_every_order_equally)
{
    enum { COUNT = 24000 };
    int seen[27] = {0};
    struct rng rng = rng_keyed(4, 0, RNG_TEST);
    for (int i = 0; i < COUNT; i++) {
        int32_t items[] = {0, 1, 2};
        rng_shuffle(&rng, items, 3);
        seen[items[0] * 9 + items[1] * 3 + items[2]]++;
    }
    int orders = 0;
    for (int i = 0; i < 27; i++) {
        orders += seen[i] > 0;
        if (seen[i])
            ck_assert_double_lt(fabs(seen[i] - COUNT / 6.0), 5 * sqrt(COUNT * 5 / 36.0));
    }
    ck_assert_int_eq(orders, 6);
}
END_TEST

START_TEST(weighted_choice_follows_the_weights)
{
    enum { COUNT = 40000 };
    const double weights[] = {0, 1, 3, 0};
    int seen[4] = {0};
    struct rng rng = rng_keyed(5, 0, RNG_TEST);
    for (int i = 0; i < COUNT; i++)
        seen[rng_weighted(&rng, weights, 4)]++;
    ck_assert_int_eq(seen[0] + seen[3], 0);
    ck_assert_double_lt(fabs(seen[1] - COUNT / 4.0), 5 * sqrt(COUNT * 3 / 16.0));
}
END_TEST

int main(void)
{
    return RUN_TESTS("rng", 30, pcg32_gives_the_published_outputs, pcg64_gives_the_published_outputs,
                     streams_differ_in_every_part_of_the_key, neighbouring_streams_are_uncorrelated,
                     uniform_and_normal_have_their_moments, bounded_integers_have_no_bias,
                     shuffle_reaches_every_order_equally, weighted_choice_follows_the_weights);
}
