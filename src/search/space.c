#include "search/space.h"

#include "base/error.h"
#include "base/text.h"
#include "expr/tree.h"
#include "rng/rng.h"

int space_total(const struct space *space, int64_t *total, struct error *err)
{
    int64_t genomes;
    int status = grammar_total(space->grammar, &genomes, err);
    *total = 1;
    for (int i = 0; !status && i < space->functions; i++)
        if (__builtin_mul_overflow(*total, genomes, total))
            status =
                error_set(err, ERROR_INPUT, NULL, "a smaller grammar, or fewer functions",
                          "%d functions of this grammar have more combinations than can be numbered", space->functions);
    return status;
}

int space_point(const struct space *space, int64_t index, struct genotype *out, struct error *err)
{
    int64_t genomes;
    int status = grammar_total(space->grammar, &genomes, err);
    out->count = space->functions;
    for (int i = 0; !status && i < space->functions; i++) {
        status = grammar_genome_at(space->grammar, index % genomes, &out->genome[i], err);
        index /= genomes;
    }
    return status;
}

void space_sample(const struct space *space, struct rng *rng, struct genotype *out)
{
    out->count = space->functions;
    for (int i = 0; i < space->functions; i++)
        grammar_sample(space->grammar, rng, &out->genome[i]);
}

/* One of the functions; with one there is nothing to draw. */
static int draw_function(const struct space *space, struct rng *rng)
{
    return space->functions > 1 ? (int)rng_below(rng, (uint64_t)space->functions) : 0;
}

void space_mutate(const struct space *space, const struct genotype *parent, struct rng *rng, struct genotype *out,
                  enum mutation *kind)
{
    int i = draw_function(space, rng);
    *out = *parent;
    grammar_mutate(space->grammar, &parent->genome[i], rng, &out->genome[i], kind);
}

bool space_cross(const struct space *space, const struct genotype *a, const struct genotype *b, struct rng *rng,
                 struct genotype *out)
{
    int i = draw_function(space, rng);
    *out = *a;
    return grammar_cross(space->grammar, &a->genome[i], &b->genome[i], rng, &out->genome[i]);
}

bool space_contains(const struct space *space, const struct genotype *genotype)
{
    bool contains = genotype->count == space->functions;
    for (int i = 0; contains && i < genotype->count; i++)
        contains = grammar_contains(space->grammar, &genotype->genome[i]);
    return contains;
}

bool genotype_equal(const struct genotype *a, const struct genotype *b)
{
    bool equal = a->count == b->count;
    for (int i = 0; equal && i < a->count; i++)
        equal = genome_equal(&a->genome[i], &b->genome[i]);
    return equal;
}

void space_express(const struct space *space, const struct genotype *genotype, struct candidate *out)
{
    *out = CANDIDATE_EMPTY;
    for (int i = 0; i < genotype->count; i++) {
        struct tree expression;
        genome_express(space->grammar, &genotype->genome[i], &expression);
        ALWAYS(candidate_add(out, &expression, NULL) == 0);
    }
}

void space_print(const struct space *space, const struct genotype *genotype, struct text *out)
{
    for (int i = 0; i < genotype->count; i++) {
        text_add(out, i ? "; " : "");
        genome_print(space->grammar, &genotype->genome[i], out);
    }
}
