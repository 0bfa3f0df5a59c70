/* Crossover: a sub-tree of one parent takes the place of one of the other. */
#include "grammar/grammar_internal.h"

#include "rng/rng.h"

/* Both parents, and where their sub-trees are. */
struct couple {
    const struct grammar *grammar;
    const struct genome *a, *b;
    struct layout in_a, in_b;
    int spare; /* learned parameters that a child may have beyond those of a */
};

static bool fits_template(const struct couple *couple, int at, int from)
{
    const struct tree_shape *shape = &couple->grammar->shapes[couple->a->shape];
    int start_a = couple->in_a.start[at], start_b = couple->in_b.start[from];
    if (at - start_a != from - start_b)
        return false;
    for (int i = 0; i <= at - start_a; i++)
        if (!range_has(shape->slots[start_a + i].range, couple->b->genes[start_b + i].symbol))
            return false;
    return true;
}

static bool fits_growth(const struct couple *couple, int at, int from)
{
    const struct growth *growth = &couple->grammar->growth;
    int start_a = couple->in_a.start[at], start_b = couple->in_b.start[from];
    int nodes = couple->a->count - (at - start_a) + (from - start_b);
    int parameters = genome_parameters(couple->grammar, couple->b, start_b, from + 1) -
                     genome_parameters(couple->grammar, couple->a, start_a, at + 1);
    return nodes >= growth->min_nodes && nodes <= growth->max_nodes && parameters <= couple->spare &&
           couple->in_a.level[at] + couple->in_b.height[from] - 1 <= growth->max_depth;
}

static void join(const struct couple *couple, int at, int from, struct genome *out)
{
    int start = couple->in_b.start[from];
    genome_splice(couple->a, couple->in_a.start[at], at + 1, couple->b->genes + start, from - start + 1, out);
}

/* The root of a stays: a child that is all b is no child of a. */
bool grammar_cross(const struct grammar *grammar, const struct genome *a, const struct genome *b, struct rng *rng,
                   struct genome *out)
{
    struct couple couple = {.grammar = grammar, .a = a, .b = b};
    uint8_t places[GENOME_CAPACITY * GENOME_CAPACITY][2];
    uint64_t count = 0;
    layout_genome(grammar, a, &couple.in_a);
    layout_genome(grammar, b, &couple.in_b);
    couple.spare = grammar->max_parameters - genome_parameters(grammar, a, 0, a->count);
    for (int at = 0; at < a->count - 1; at++)
        for (int from = 0; from < b->count; from++) {
            if (!(grammar->shape_count ? fits_template(&couple, at, from) : fits_growth(&couple, at, from)))
                continue;
            join(&couple, at, from, out);
            if (genome_equal(out, a) || genome_equal(out, b))
                continue;
            places[count][0] = (uint8_t)at;
            places[count++][1] = (uint8_t)from;
        }
    if (count == 0)
        return false;
    uint64_t chosen = rng_below(rng, count);
    join(&couple, places[chosen][0], places[chosen][1], out);
    return true;
}
