#include "rng/rng.h"

#include "base/error.h"

#include <math.h>

static const uint64_t multiplier64 = 6364136223846793005u;

static unsigned __int128 join(uint64_t high, uint64_t low)
{
    return (unsigned __int128)high << 64 | low;
}

static uint32_t rotate32(uint32_t value, unsigned count)
{
    return value >> count | value << (-count & 31);
}

static uint64_t rotate64(uint64_t value, unsigned count)
{
    return value >> count | value << (-count & 63);
}

struct rng32 rng32_seeded(uint64_t seed, uint64_t stream)
{
    struct rng32 rng = {.state = 0, .increment = stream << 1 | 1};
    rng32_next(&rng);
    rng.state += seed;
    rng32_next(&rng);
    return rng;
}

uint32_t rng32_next(struct rng32 *rng)
{
    uint64_t old = rng->state;
    rng->state = old * multiplier64 + rng->increment;
    uint32_t shifted = (uint32_t)((old >> 18 ^ old) >> 27);
    return rotate32(shifted, (unsigned)(old >> 59));
}

struct rng rng_seeded(unsigned __int128 seed, unsigned __int128 stream)
{
    struct rng rng = {.state = 0, .increment = stream << 1 | 1};
    rng_next(&rng);
    rng.state += seed;
    rng_next(&rng);
    return rng;
}

uint64_t rng_next(struct rng *rng)
{
    /* Step first, output after: the order the reference uses for 128 bits of state. */
    rng->state = rng->state * join(2549297995355413924u, 4865540595714422341u) + rng->increment;
    uint64_t high = (uint64_t)(rng->state >> 64), low = (uint64_t)rng->state;
    return rotate64(high ^ low, (unsigned)(high >> 58));
}

/* One step of the SplitMix64 finaliser (Steele, Lea, Flood 2014): a bijection that spreads every
   input bit over the whole word. */
static uint64_t mix(uint64_t word)
{
    word += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}

struct rng rng_keyed(uint64_t seed, uint64_t candidate, enum rng_purpose purpose)
{
    uint64_t a = mix(seed);
    uint64_t b = mix(a ^ candidate);
    uint64_t c = mix(b ^ (uint64_t)purpose);
    uint64_t d = mix(c ^ seed);
    return rng_seeded(join(c, d), join(b ^ mix(d), mix(c + candidate)));
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *rng)
{
    for (;;) {
        double u = 2 * rng_uniform(rng) - 1;
        double v = 2 * rng_uniform(rng) - 1;
        double s = u * u + v * v;
        if (s > 0 && s < 1)
            return u * sqrt(-2 * log(s) / s);
    }
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    ALWAYS(bound > 0);
    unsigned __int128 product = (unsigned __int128)rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (unsigned __int128)rng_next(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

void rng_shuffle(struct rng *rng, int32_t *items, ptrdiff_t count)
{
    for (ptrdiff_t i = count - 1; i > 0; i--) {
        ptrdiff_t j = (ptrdiff_t)rng_below(rng, (uint64_t)i + 1);
        int32_t other = items[j];
        items[j] = items[i];
        items[i] = other;
    }
}

ptrdiff_t rng_weighted(struct rng *rng, const double *weights, ptrdiff_t count)
{
    double total = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        total += weights[i];
    ALWAYS(total > 0);
    double left = rng_uniform(rng) * total;
    ptrdiff_t last = -1;
    for (ptrdiff_t i = 0; i < count; i++) {
        if (weights[i] <= 0)
            continue;
        last = i;
        left -= weights[i];
        if (left < 0)
            break;
    }
    return last;
}
