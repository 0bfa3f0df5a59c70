/* Insertion and removal under free growth, where only the limits decide what is possible. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "rng/rng.h"

enum { FRESH_NODES = 3 }; /* a sub-tree that an insertion brings along is at most this large */

/* A place and a number: which child stays, or how many arguments the new symbol has. */
struct option {
    int16_t at, number;
};

/* ---- remove: a node gives way to one of its children */

bool growth_remove(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    struct layout layout;
    struct option options[GENOME_CAPACITY];
    int count = 0;
    layout_genome(grammar, parent, &layout);
    for (int child = 0; child < parent->count - 1; child++) {
        int above = layout.parent[child];
        int lost = (above - layout.start[above]) - (child - layout.start[child]);
        if (parent->count - lost >= grammar->growth.min_nodes)
            options[count++] = (struct option){.at = (int16_t)above, .number = (int16_t)child};
    }
    if (count == 0)
        return false;
    struct option option = options[rng_below(rng, (uint64_t)count)];
    int start = layout.start[option.number];
    genome_splice(parent, layout.start[option.at], option.at + 1, parent->genes + start, option.number - start + 1,
                  out);
    return true;
}

/* ---- insert: a sub-tree becomes an argument of a new symbol, the others are small fresh trees */

static int fewest_parameters(const struct grammar *grammar, int arity)
{
    int fewest = TREE_PARAMETERS + 1;
    for (int s = grammar->classes[arity].first; s < grammar->classes[arity].last; s++)
        if (grammar->symbols[s].parameters < fewest)
            fewest = grammar->symbols[s].parameters;
    return fewest;
}

static int draw_symbol(const struct grammar *grammar, int arity, int parameters, struct rng *rng)
{
    struct symbol_range range = grammar->classes[arity];
    double weights[GRAMMAR_MAX_CLASS];
    for (int s = range.first; s < range.last; s++)
        weights[s - range.first] = grammar->symbols[s].parameters <= parameters ? grammar->weights[s] : 0;
    return range.first + (int)rng_weighted(rng, weights, range.last - range.first);
}

static int list_insertions(const struct grammar *grammar, const struct genome *parent, const struct layout *layout,
                           int spare, struct option *options)
{
    int count = 0;
    for (int arity = 1; arity < GRAMMAR_ARITIES; arity++) {
        if (parent->count + arity > grammar->growth.max_nodes || fewest_parameters(grammar, arity) > spare)
            continue;
        for (int at = 0; at < parent->count; at++)
            if (layout->level[at] + layout->height[at] <= grammar->growth.max_depth)
                options[count++] = (struct option){.at = (int16_t)at, .number = (int16_t)arity};
    }
    return count;
}

bool growth_insert(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    struct layout layout;
    struct option options[GENOME_CAPACITY * GRAMMAR_ARITIES];
    layout_genome(grammar, parent, &layout);
    int spare = grammar->max_parameters - genome_parameters(grammar, parent, 0, parent->count);
    int count = list_insertions(grammar, parent, &layout, spare, options);
    if (count == 0)
        return false;
    struct option option = options[rng_below(rng, (uint64_t)count)];
    int arity = option.number, start = layout.start[option.at];
    int symbol = draw_symbol(grammar, arity, spare, rng);
    int kept = (int)rng_below(rng, (uint64_t)arity);
    int room = grammar->growth.max_nodes - parent->count - 1; /* for all the fresh trees */
    struct genome fresh = {.count = 0};
    spare -= grammar->symbols[symbol].parameters;
    for (int k = 0; k < arity; k++) {
        if (k == kept) {
            for (int i = start; i <= option.at; i++)
                genome_append(&fresh, parent->genes[i]);
            continue;
        }
        /* One node is left for each argument still to come: a single x fits always. */
        int later = arity - 1 - k - (k < kept);
        int most = room - later < FRESH_NODES ? room - later : FRESH_NODES;
        int before = fresh.count;
        ALWAYS(growth_draw(grammar, grammar->growth.max_depth - layout.level[option.at], 1, most, spare, rng, &fresh));
        room -= fresh.count - before;
        spare -= genome_parameters(grammar, &fresh, before, fresh.count);
    }
    genome_append(&fresh, (struct gene){.symbol = (int16_t)symbol});
    genome_splice(parent, start, option.at + 1, fresh.genes, fresh.count, out);
    return true;
}
