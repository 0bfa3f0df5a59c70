/* Mutation: a child that differs from its parent in one way and is inside the grammar. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "rng/rng.h"

#include <string.h>

/* ---- change: another symbol of the same class */

/* Can `symbol` replace the one at `at`, as far as learned parameters go? `spare` is how many more of
   them the genome may have. */
static bool may_replace(const struct grammar *grammar, int old, int symbol, int spare)
{
    return symbol != old && grammar->symbols[symbol].parameters - grammar->symbols[old].parameters <= spare;
}

static int spare_parameters(const struct grammar *grammar, const struct genome *genome)
{
    return grammar->max_parameters - genome_parameters(grammar, genome, 0, genome->count);
}

static bool change(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    int places[GENOME_CAPACITY], count = 0;
    int spare = spare_parameters(grammar, parent);
    for (int i = 0; i < parent->count; i++) {
        struct symbol_range range = range_at(grammar, parent, i);
        bool possible = false;
        for (int s = range.first; s < range.last && !possible; s++)
            possible = may_replace(grammar, parent->genes[i].symbol, s, spare);
        if (possible)
            places[count++] = i;
    }
    if (count == 0)
        return false;
    int at = places[rng_below(rng, (uint64_t)count)];
    struct symbol_range range = range_at(grammar, parent, at);
    double weights[GRAMMAR_MAX_CLASS];
    for (int s = range.first; s < range.last; s++)
        weights[s - range.first] = may_replace(grammar, parent->genes[at].symbol, s, spare) ? grammar->weights[s] : 0;
    int symbol = range.first + (int)rng_weighted(rng, weights, range.last - range.first);
    *out = *parent;
    out->genes[at] = gene_with_value(grammar, symbol, rng);
    return true;
}

/* ---- constant: a step within the range, or another value of the list */

static double other_constant(const struct constants *constants, double value, struct rng *rng)
{
    if (!constants->is_range) {
        int old = 0;
        while (old < constants->count - 1 && constants->values[old] != value)
            old++;
        int index = (int)rng_below(rng, (uint64_t)constants->count - 1);
        return constants->values[index + (index >= old)];
    }
    double step = 0.1 * (constants->high - constants->low);
    for (int attempt = 0; attempt < 64; attempt++) {
        double moved = constant_snap(constants, value + step * rng_normal(rng));
        if (moved != value)
            return moved;
    }
    return value == constants->low ? constants->high : constants->low;
}

static bool perturb(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    int places[GENOME_CAPACITY], count = 0;
    for (int i = 0; i < parent->count; i++)
        if (parent->genes[i].symbol == grammar->constant)
            places[count++] = i;
    if (count == 0 || (!grammar->constants.is_range && grammar->constants.count < 2))
        return false;
    int at = places[rng_below(rng, (uint64_t)count)];
    *out = *parent;
    out->genes[at].value = other_constant(&grammar->constants, parent->genes[at].value, rng);
    return true;
}

/* ---- regrow: a sub-tree drawn afresh, at the root the whole genome, its shape included */

static void redraw(const struct grammar *grammar, const struct genome *parent, int root, struct rng *rng,
                   struct genome *out)
{
    struct layout layout;
    if (root == parent->count - 1) {
        grammar_sample(grammar, rng, out);
        return;
    }
    layout_genome(grammar, parent, &layout);
    int start = layout.start[root], rest = parent->count - (root - start + 1);
    if (grammar->shape_count) {
        *out = *parent;
        shape_draw(grammar, &grammar->shapes[parent->shape], start, root + 1, rng, out);
        return;
    }
    struct genome fresh = {.count = 0};
    const struct growth *growth = &grammar->growth;
    int spare = spare_parameters(grammar, parent) + genome_parameters(grammar, parent, start, root + 1);
    /* The old sub-tree is within these limits, so there is at least one to draw. */
    ALWAYS(growth_draw(grammar, growth->max_depth - layout.level[root] + 1, growth->min_nodes - rest,
                       growth->max_nodes - rest, spare, rng, &fresh));
    genome_splice(parent, start, root + 1, fresh.genes, fresh.count, out);
}

/* Any other genome of the grammar, of which there are at least two. By number where that is possible:
   drawing by weight could meet the parent again and again. */
static void draw_other(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    int64_t total = 0;
    bool numbered = grammar_total(grammar, &total, NULL) == 0;
    do {
        if (numbered)
            grammar_genome_at(grammar, (int64_t)rng_below(rng, (uint64_t)total), out, NULL);
        else
            grammar_sample(grammar, rng, out);
    } while (genome_equal(out, parent));
}

static bool regrow(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out)
{
    for (int attempt = 0; attempt < 32; attempt++) {
        redraw(grammar, parent, (int)rng_below(rng, (uint64_t)parent->count), rng, out);
        if (!genome_equal(out, parent))
            return true;
    }
    draw_other(grammar, parent, rng, out);
    return true;
}

/* ---- insert and remove between two templates */

static bool segment_fits(const struct tree_shape *shape, int at, const struct gene *genes, int count)
{
    for (int i = 0; i < count; i++)
        if (!range_has(shape->slots[at + i].range, genes[i].symbol))
            return false;
    return true;
}

static bool move_fits(const struct grammar *grammar, const struct move *move, const struct genome *parent, bool insert)
{
    if (parent->shape != (insert ? move->small : move->large))
        return false;
    const struct tree_shape *target = &grammar->shapes[insert ? move->large : move->small];
    const int *from = insert ? move->small_at : move->large_at;
    const int *to = insert ? move->large_at : move->small_at;
    for (int i = 0; i < 3; i++)
        if (!segment_fits(target, to[i], parent->genes + from[i], move->length[i]))
            return false;
    return true;
}

static void make_move(const struct grammar *grammar, const struct move *move, const struct genome *parent, bool insert,
                      struct rng *rng, struct genome *out)
{
    int shape = insert ? move->large : move->small;
    const int *from = insert ? move->small_at : move->large_at;
    const int *to = insert ? move->large_at : move->small_at;
    out->shape = (int16_t)shape;
    out->count = (int16_t)grammar->shapes[shape].count;
    for (int i = 0; i < 3; i++)
        memcpy(out->genes + to[i], parent->genes + from[i], (size_t)move->length[i] * sizeof *out->genes);
    for (int i = 0; i < 2; i++)
        shape_draw(grammar, &grammar->shapes[shape], to[i] + move->length[i], to[i + 1], rng, out);
}

static bool move_between(const struct grammar *grammar, const struct genome *parent, bool insert, struct rng *rng,
                         struct genome *out)
{
    uint64_t possible = 0;
    for (int i = 0; i < grammar->move_count; i++)
        possible += move_fits(grammar, &grammar->moves[i], parent, insert);
    if (possible == 0)
        return false;
    uint64_t chosen = rng_below(rng, possible);
    for (int i = 0;; i++)
        if (move_fits(grammar, &grammar->moves[i], parent, insert) && chosen-- == 0) {
            make_move(grammar, &grammar->moves[i], parent, insert, rng, out);
            return true;
        }
}

/* ---- */

bool grammar_mutate_as(const struct grammar *grammar, enum mutation kind, const struct genome *parent, struct rng *rng,
                       struct genome *out)
{
    switch (kind) {
    case MUTATE_CHANGE:
        return change(grammar, parent, rng, out);
    case MUTATE_INSERT:
        return grammar->shape_count ? move_between(grammar, parent, true, rng, out)
                                    : growth_insert(grammar, parent, rng, out);
    case MUTATE_REMOVE:
        return grammar->shape_count ? move_between(grammar, parent, false, rng, out)
                                    : growth_remove(grammar, parent, rng, out);
    case MUTATE_REGROW:
        return regrow(grammar, parent, rng, out);
    case MUTATE_CONSTANT:
        return perturb(grammar, parent, rng, out);
    case MUTATION_COUNT:
        break;
    }
    return false;
}

void grammar_mutate(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out,
                    enum mutation *kind)
{
    double weights[MUTATION_COUNT], left = 0;
    for (int i = 0; i < MUTATION_COUNT; i++)
        left += weights[i] = grammar->mutation_weights[i];
    while (left > 0) {
        *kind = (enum mutation)rng_weighted(rng, weights, MUTATION_COUNT);
        if (grammar_mutate_as(grammar, *kind, parent, rng, out))
            return;
        weights[*kind] = 0;
        left = 0;
        for (int i = 0; i < MUTATION_COUNT; i++)
            left += weights[i];
    }
    *kind = MUTATE_REGROW;
    regrow(grammar, parent, rng, out);
}
