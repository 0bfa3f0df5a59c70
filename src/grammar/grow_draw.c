/* Free growth: drawing a tree by weight, and turning a number into its tree. Both walk the sums of the
 * table in growth.c backwards, from the root to the leaves. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "rng/rng.h"

/* ---- drawing */

struct draw {
    const struct grammar *grammar;
    struct rng *rng;
    struct genome *out;
};

/* Takes `part` out of what is left of a drawn number; true when it falls into this part. */
static bool falls(double part, double *left)
{
    *left -= part;
    return *left < 0;
}

static void draw_tree(struct draw *draw, int d, int n, int p);

/* A row of k trees. The last part that can be chosen catches what rounding leaves over. */
static void draw_row(struct draw *draw, int k, int d, int n, int p)
{
    const struct growth *growth = &draw->grammar->growth;
    while (k > 1) {
        double left = rng_uniform(draw->rng) * growth_cell(growth, k, d, n, p)->weight;
        int nodes = 0, parameters = 0;
        bool done = false;
        for (int first = 1; first < n && !done; first++)
            for (int q = 0; q <= p && !done; q++) {
                double part = growth_cell(growth, 1, d, first, q)->weight *
                              growth_cell(growth, k - 1, d, n - first, p - q)->weight;
                if (part <= 0)
                    continue;
                nodes = first;
                parameters = q;
                done = falls(part, &left);
            }
        draw_tree(draw, d, nodes, parameters);
        n -= nodes;
        p -= parameters;
        k--;
    }
    if (k == 1)
        draw_tree(draw, d, n, p);
}

static void draw_tree(struct draw *draw, int d, int n, int p)
{
    const struct growth *growth = &draw->grammar->growth;
    const struct group *chosen = NULL;
    double left = rng_uniform(draw->rng) * growth_cell(growth, 1, d, n, p)->weight;
    for (int i = 0; i < growth->group_count; i++) {
        double part = growth->groups[i].weight * growth_rows(growth, &growth->groups[i], d, n, p)->weight;
        if (part <= 0)
            continue;
        chosen = &growth->groups[i];
        if (falls(part, &left))
            break;
    }
    ALWAYS(chosen);
    draw_row(draw, chosen->arity, d - 1, n - 1, p - chosen->parameters);
    int member = chosen->first;
    if (chosen->count > 1)
        member += (int)rng_weighted(draw->rng, growth->group_weights + chosen->first, chosen->count);
    genome_append(draw->out, gene_with_value(draw->grammar, growth->group_members[member], draw->rng));
}

static double weight_up_to(const struct growth *growth, int depth, int nodes, int parameters, double *by_parameters)
{
    double sum = 0;
    for (int p = 0; p <= growth->parameters && p <= parameters; p++)
        sum += by_parameters[p] = growth_cell(growth, 1, depth, nodes, p)->weight;
    return sum;
}

bool growth_draw(const struct grammar *grammar, int depth, int min_nodes, int max_nodes, int parameters,
                 struct rng *rng, struct genome *out)
{
    struct draw draw = {grammar, rng, out};
    int sizes[GENOME_CAPACITY], count = 0;
    double by_parameters[TREE_PARAMETERS + 1];
    if (depth < 1 || parameters < 0)
        return false;
    for (int n = min_nodes > 1 ? min_nodes : 1; n <= max_nodes; n++)
        if (weight_up_to(&grammar->growth, depth, n, parameters, by_parameters) > 0)
            sizes[count++] = n;
    if (count == 0)
        return false;
    int nodes = sizes[rng_below(rng, (uint64_t)count)];
    weight_up_to(&grammar->growth, depth, nodes, parameters, by_parameters);
    int limit = parameters < grammar->growth.parameters ? parameters : grammar->growth.parameters;
    int p = limit ? (int)rng_weighted(rng, by_parameters, limit + 1) : 0;
    draw_tree(&draw, depth, nodes, p);
    return true;
}

/* ---- numbering: every part is at most the total, so it fits into 63 bits */

struct numbering {
    const struct grammar *grammar;
    struct genome *out;
};

static int64_t count_of(const struct cell *cell)
{
    return natural_value(&cell->count);
}

static struct gene group_gene(const struct grammar *grammar, const struct group *group, int64_t index)
{
    for (int i = 0;; i++) {
        int symbol = grammar->growth.group_members[group->first + i];
        struct symbol_range range = {symbol, symbol + 1};
        int64_t choices = gene_choices(grammar, range);
        if (index < choices)
            return gene_at(grammar, range, index);
        index -= choices;
    }
}

static void number_tree(struct numbering *numbering, int d, int n, int p, int64_t index);

static void number_row(struct numbering *numbering, int k, int d, int n, int p, int64_t index)
{
    const struct growth *growth = &numbering->grammar->growth;
    if (k == 0)
        return;
    if (k == 1) {
        number_tree(numbering, d, n, p, index);
        return;
    }
    for (int first = 1; first < n; first++)
        for (int q = 0; q <= p; q++) {
            const struct cell *tree = growth_cell(growth, 1, d, first, q);
            const struct cell *rest = growth_cell(growth, k - 1, d, n - first, p - q);
            if (natural_is_zero(&tree->count) || natural_is_zero(&rest->count))
                continue;
            int64_t rests = count_of(rest), part = count_of(tree) * rests;
            if (index < part) {
                number_tree(numbering, d, first, q, index / rests);
                number_row(numbering, k - 1, d, n - first, p - q, index % rests);
                return;
            }
            index -= part;
        }
    ALWAYS(!"an index beyond the count");
}

static void number_tree(struct numbering *numbering, int d, int n, int p, int64_t index)
{
    const struct growth *growth = &numbering->grammar->growth;
    for (int i = 0; i < growth->group_count; i++) {
        const struct group *group = &growth->groups[i];
        const struct cell *rows = growth_rows(growth, group, d, n, p);
        if (natural_is_zero(&rows->count))
            continue;
        int64_t below = count_of(rows), part = natural_value(&group->choices) * below;
        if (index < part) {
            number_row(numbering, group->arity, d - 1, n - 1, p - group->parameters, index % below);
            genome_append(numbering->out, group_gene(numbering->grammar, group, index / below));
            return;
        }
        index -= part;
    }
    ALWAYS(!"an index beyond the count");
}

void growth_at(const struct grammar *grammar, int64_t index, struct genome *out)
{
    const struct growth *growth = &grammar->growth;
    struct numbering numbering = {grammar, out};
    for (int n = growth->min_nodes; n <= growth->max_nodes; n++)
        for (int p = 0; p <= growth->parameters; p++) {
            int64_t part = count_of(growth_cell(growth, 1, growth->max_depth, n, p));
            if (index < part) {
                number_tree(&numbering, growth->max_depth, n, p, index);
                return;
            }
            index -= part;
        }
    ALWAYS(!"an index beyond the count");
}
