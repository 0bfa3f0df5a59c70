/* Random numbers: the PCG family (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient
 * Statistically Good Algorithms for Random Number Generation", pcg-random.org).
 *
 * Two generators: `rng32` is pcg32 (XSH-RR 64/32), kept as the reference that everybody knows;
 * `rng` is pcg64 (XSL-RR 128/64), which everything in actsearch draws from.
 *
 * A stream is keyed by (seed, candidate, purpose), never by a thread, a rank or the time. Two
 * streams with different keys are independent for all practical ends. A generator is a value:
 * copying it copies its future. Not thread-safe: one owner each. */
#ifndef ACTSEARCH_RNG_RNG_H
#define ACTSEARCH_RNG_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng32 {
    uint64_t state, increment;
};

struct rng {
    unsigned __int128 state, increment;
};

/* What a stream is used for. The values are part of every stored result: append, never renumber. */
enum rng_purpose {
    RNG_SPLIT = 1,     /* dividing data into train, validation and test */
    RNG_SYNTHETIC = 2, /* samples of a synthetic data set */
    RNG_WEIGHTS = 3,   /* initial weights */
    RNG_SHUFFLE = 4,   /* order of the samples in an epoch */
    RNG_PROPOSAL = 5,  /* what the search proposes for a ticket */
    RNG_DROPOUT = 6,   /* what dropout drops */
    RNG_AUGMENT = 7,   /* how images are shifted and mirrored */
    RNG_TEST = 99,     /* tests of the program itself */
};

/* pcg32 as in the paper: `stream` selects one of 2^63 sequences. */
struct rng32 rng32_seeded(uint64_t seed, uint64_t stream);
uint32_t rng32_next(struct rng32 *rng);

/* pcg64 with a raw state and stream, as the reference implementations seed it. */
struct rng rng_seeded(unsigned __int128 seed, unsigned __int128 stream);

/* The stream of a key. Keys differing in any part give unrelated streams. */
struct rng rng_keyed(uint64_t seed, uint64_t candidate, enum rng_purpose purpose);

/* 64 uniform bits. */
uint64_t rng_next(struct rng *rng);

/* Uniform in [0, 1), a multiple of 2^-53. */
double rng_uniform(struct rng *rng);

/* Normal with mean 0 and variance 1, by the polar method of Marsaglia; uses a varying number of draws. */
double rng_normal(struct rng *rng);

/* Uniform integer in [0, bound) without bias, by Lemire's multiplication (2019) with rejection;
   bound must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Fisher-Yates: every order equally likely. items: (count), owned by the caller. */
void rng_shuffle(struct rng *rng, int32_t *items, ptrdiff_t count);

/* Picks i with probability weights[i] / sum; weights: (count), none negative, sum above 0. */
ptrdiff_t rng_weighted(struct rng *rng, const double *weights, ptrdiff_t count);

#endif
