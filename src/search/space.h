/* Spaces: what a search moves in. A point of it is a genotype: one genome of the grammar for each function that a
 * candidate has. What is drawn, changed or counted for a genome (grammar/grammar.h) is so here for all of them; with
 * one function it is the same, random numbers included.
 *
 * A child by mutation differs from its parent in one of the functions, one by crossover takes part of one function
 * from the other parent.
 *
 * A space is a value that borrows its grammar; pure functions, thread-safe. */
#ifndef ACTSEARCH_SEARCH_SPACE_H
#define ACTSEARCH_SEARCH_SPACE_H

#include "candidate/candidate.h"
#include "grammar/grammar.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct rng;
struct text;

struct space {
    const struct grammar *grammar;
    int functions; /* 1 .. CANDIDATE_FUNCTIONS */
};

struct genotype {
    int count; /* of genomes; 0: what no genome stands for, as a known function */
    struct genome genome[CANDIDATE_FUNCTIONS];
};

/* How many points there are, when that fits into 63 bits, and the one of number `index`. ERROR_INPUT otherwise, or
   when they cannot be counted. */
int space_total(const struct space *space, int64_t *total, struct error *err);
int space_point(const struct space *space, int64_t index, struct genotype *out, struct error *err);

void space_sample(const struct space *space, struct rng *rng, struct genotype *out);
void space_mutate(const struct space *space, const struct genotype *parent, struct rng *rng, struct genotype *out,
                  enum mutation *kind);
bool space_cross(const struct space *space, const struct genotype *a, const struct genotype *b, struct rng *rng,
                 struct genotype *out);

/* Whether the genotype is a point of the space. */
bool space_contains(const struct space *space, const struct genotype *genotype);

bool genotype_equal(const struct genotype *a, const struct genotype *b);

/* The expressions that the genotype stands for. */
void space_express(const struct space *space, const struct genotype *genotype, struct candidate *out);

/* Appends the genomes in the grammar's own words, "; " between them. */
void space_print(const struct space *space, const struct genotype *genotype, struct text *out);

#endif
