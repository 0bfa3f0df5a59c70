/* Free growth: all trees within a limit of depth, nodes and learned parameters.
 *
 * One table answers everything exactly. For k = 1, 2, 3 (the most arguments a primitive takes),
 * cell(k, d, n, p) stands for the ordered rows of k trees, each at most d deep, with together n nodes
 * and p learned parameters: how many there are (a big integer) and their total weight. A tree is a
 * symbol over a row of trees one level less deep, and a row is its first tree and the rest:
 *
 *   cell(1, d, n, p) = sum over symbols s  of cell(arity(s), d-1, n-1, p-parameters(s))
 *   cell(k, d, n, p) = sum over n', p'     of cell(1, d, n', p') * cell(k-1, d, n-n', p-p')
 *
 * The counts give grammar_count() and turn a number into its tree; walking the same sums by weight
 * draws a tree of given size with a probability proportional to the product of its symbols' weights,
 * the weights of each class being scaled to sum 1. Symbols alike in arity and parameters form one
 * group, so that the table does not depend on how many primitives there are. */
#include "grammar/grammar_internal.h"

#include "base/memory.h"

/* ---- the table */

static size_t cell_index(const struct growth *growth, int k, int d, int n, int p)
{
    size_t index = (size_t)(k - 1);
    index = index * (size_t)(growth->max_depth + 1) + (size_t)d;
    index = index * (size_t)(growth->max_nodes + 1) + (size_t)n;
    return index * (size_t)(growth->parameters + 1) + (size_t)p;
}

/* The empty row has one way to have no nodes, so leaves are no special case. */
const struct cell *growth_cell(const struct growth *growth, int k, int d, int n, int p)
{
    static const struct cell nothing = {.weight = 0};
    static const struct cell empty_row = {.count = {.length = 1, .limb = {1}}, .weight = 1};
    if (n < 0 || p < 0)
        return &nothing;
    if (k == 0)
        return n == 0 && p == 0 ? &empty_row : &nothing;
    return &growth->cells[cell_index(growth, k, d, n, p)];
}

const struct cell *growth_rows(const struct growth *growth, const struct group *group, int d, int n, int p)
{
    return growth_cell(growth, group->arity, d - 1, n - 1, p - group->parameters);
}

static void fill_trees(struct growth *growth, int d, int n, int p)
{
    struct cell *cell = &growth->cells[cell_index(growth, 1, d, n, p)];
    for (int i = 0; i < growth->group_count; i++) {
        const struct group *group = &growth->groups[i];
        const struct cell *rows = growth_rows(growth, group, d, n, p);
        natural_add_product(&cell->count, &group->choices, &rows->count);
        cell->weight += group->weight * rows->weight;
    }
}

static void fill_rows(struct growth *growth, int k, int d, int n, int p)
{
    struct cell *cell = &growth->cells[cell_index(growth, k, d, n, p)];
    for (int first = 1; first < n; first++)
        for (int q = 0; q <= p; q++) {
            const struct cell *tree = growth_cell(growth, 1, d, first, q);
            const struct cell *rest = growth_cell(growth, k - 1, d, n - first, p - q);
            natural_add_product(&cell->count, &tree->count, &rest->count);
            cell->weight += tree->weight * rest->weight;
        }
}

static void fill_table(struct growth *growth)
{
    for (int d = 1; d <= growth->max_depth; d++)
        for (int k = 1; k <= growth->max_arity; k++)
            for (int n = 1; n <= growth->max_nodes; n++)
                for (int p = 0; p <= growth->parameters; p++) {
                    if (k == 1)
                        fill_trees(growth, d, n, p);
                    else
                        fill_rows(growth, k, d, n, p);
                }
}

static void count_trees(struct grammar *grammar)
{
    const struct growth *growth = &grammar->growth;
    struct natural one;
    natural_set(&one, 1);
    for (int n = growth->min_nodes; n <= growth->max_nodes; n++)
        for (int p = 0; p <= growth->parameters; p++)
            natural_add_product(&grammar->total, &growth_cell(growth, 1, growth->max_depth, n, p)->count, &one);
    grammar->countable = !grammar->constants.is_range;
}

/* ---- preparing */

static struct group *find_group(struct growth *growth, int arity, int parameters)
{
    for (int i = 0; i < growth->group_count; i++)
        if (growth->groups[i].arity == arity && growth->groups[i].parameters == parameters)
            return &growth->groups[i];
    struct group *group = &growth->groups[growth->group_count++];
    group->arity = arity;
    group->parameters = parameters;
    return group;
}

static double class_weight(const struct grammar *grammar, int arity)
{
    double sum = 0;
    for (int s = grammar->classes[arity].first; s < grammar->classes[arity].last; s++)
        sum += grammar->weights[s];
    return sum;
}

static void fill_members(struct grammar *grammar, struct group *group, int first)
{
    struct growth *growth = &grammar->growth;
    struct symbol_range range = grammar->classes[group->arity];
    int64_t choices = 0;
    double sum = 0;
    group->first = first;
    for (int s = range.first; s < range.last; s++)
        if (grammar->symbols[s].parameters == group->parameters) {
            growth->group_members[first + group->count] = s;
            growth->group_weights[first + group->count++] = grammar->weights[s];
            sum += grammar->weights[s];
            choices += gene_choices(grammar, (struct symbol_range){s, s + 1});
        }
    group->weight = sum / class_weight(grammar, group->arity);
    natural_set(&group->choices, (uint64_t)choices);
}

static int fill_groups(struct grammar *grammar, struct error *err)
{
    struct growth *growth = &grammar->growth;
    size_t count = (size_t)grammar->symbol_count;
    growth->groups = memory_zeroed(count, sizeof *growth->groups);
    growth->group_members = memory_zeroed(count, sizeof *growth->group_members);
    growth->group_weights = memory_zeroed(count, sizeof *growth->group_weights);
    if (!growth->groups || !growth->group_members || !growth->group_weights)
        return memory_error(err, "the primitives of a grammar");
    int most = 0;
    for (int s = 0; s < grammar->symbol_count; s++) {
        const struct symbol *symbol = &grammar->symbols[s];
        find_group(growth, symbol->arity, symbol->parameters);
        growth->max_arity = symbol->arity > growth->max_arity ? symbol->arity : growth->max_arity;
        most = symbol->parameters > most ? symbol->parameters : most;
    }
    growth->max_arity = growth->max_arity ? growth->max_arity : 1;
    growth->parameters = most ? grammar->max_parameters : 0;
    for (int i = 0, first = 0; i < growth->group_count; i++) {
        fill_members(grammar, &growth->groups[i], first);
        first += growth->groups[i].count;
    }
    return 0;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The most nodes that an expression can have: size[d][n] over all genomes of exactly n symbols and at
   most d levels, -1 where there is none. Refusing a grammar that can outgrow a tree keeps the limit
   out of counting, drawing and mutation. A double, because repeated arguments multiply. */
static double largest_over(const struct symbol *symbol, const double *below, int left)
{
    double best = -1;
    if (symbol->arity == 0)
        return left == 0 ? symbol->nodes : -1;
    if (symbol->arity == 1)
        return below[left] < 0 ? -1 : symbol->nodes + symbol->uses[0] * below[left];
    for (int a = 1; a < left; a++) {
        if (symbol->arity == 2 && below[a] >= 0 && below[left - a] >= 0)
            best = larger(best, symbol->uses[0] * below[a] + symbol->uses[1] * below[left - a]);
        for (int b = 1; symbol->arity == 3 && b < left - a; b++)
            if (below[a] >= 0 && below[b] >= 0 && below[left - a - b] >= 0)
                best = larger(best, symbol->uses[0] * below[a] + symbol->uses[1] * below[b] +
                                        symbol->uses[2] * below[left - a - b]);
    }
    return best < 0 ? -1 : best + symbol->nodes;
}

static double largest_expression(const struct grammar *grammar)
{
    const struct growth *growth = &grammar->growth;
    double below[GENOME_CAPACITY + 1], here[GENOME_CAPACITY + 1], best = 0;
    for (int n = 0; n <= growth->max_nodes; n++)
        below[n] = -1;
    for (int d = 1; d <= growth->max_depth && best <= TREE_CAPACITY; d++) {
        for (int n = 0; n <= growth->max_nodes; n++) {
            here[n] = -1;
            for (int s = 0; n > 0 && s < grammar->symbol_count; s++)
                here[n] = larger(here[n], largest_over(&grammar->symbols[s], below, n - 1));
            best = larger(best, here[n]);
        }
        for (int n = 0; n <= growth->max_nodes; n++)
            below[n] = here[n];
    }
    return best;
}

static int check_expansion(const struct grammar *grammar, struct json json, struct error *err)
{
    double largest = largest_expression(grammar);
    if (largest > TREE_CAPACITY)
        return json_fail(json, err, "lower max_depth or max_nodes, or drop primitives that repeat their argument",
                         "an expression can have %.0f nodes or more, but %d is the limit", largest, TREE_CAPACITY);
    return 0;
}

/* By default 2, or all there may be; the range depends on "max_nodes". */
static int min_nodes_read(struct json value, const struct setting *setting, void *object, void *context,
                          struct error *err)
{
    (void)setting, (void)context;
    struct growth *growth = &((struct grammar *)object)->growth;
    int64_t least = growth->max_nodes < 2 ? growth->max_nodes : 2;
    int status = json_integer_or(value, 1, growth->max_nodes, &least, err);
    growth->min_nodes = (int)least;
    return status;
}
static const struct setting_type min_nodes_type = {.form = "an integer from 1 to max_nodes", .read = min_nodes_read};

const struct setting growth_settings[] = {
    {"max_depth", SETTING_INTEGER(struct grammar, growth.max_depth, 1, GRAMMAR_MAX_DEPTH), .required = true,
     .means = "levels of a tree"},
    {"max_nodes", SETTING_INTEGER(struct grammar, growth.max_nodes, 1, GENOME_CAPACITY), .required = true,
     .means = "symbols of a tree"},
    {"min_nodes", SETTING_OWN(struct grammar, growth.min_nodes, min_nodes_type), .by = "2"},
    {"max_parameters", SETTING_INTEGER(struct grammar, max_parameters, 0, TREE_PARAMETERS), .usual = TREE_PARAMETERS,
     .means = "learned parameters of a tree"},
    {0}};

/* Weights far apart could multiply to zero, and then a tree that is counted could not be drawn. */
static int check_weights(const struct growth *growth, size_t cells, struct json json, struct error *err)
{
    for (size_t i = 0; i < cells; i++)
        if (!natural_is_zero(&growth->cells[i].count) && growth->cells[i].weight < 1e-280)
            return json_fail(json, err, "bring the weights closer together, or lower max_nodes",
                             "the weights of the primitives are too far apart for trees of this size");
    return 0;
}

int growth_prepare(struct grammar *grammar, struct json json, struct error *err)
{
    struct growth *growth = &grammar->growth;
    int status = settings_read_object(json, SETTINGS(growth_settings, grammar), NULL, err);
    if (!status)
        status = fill_groups(grammar, err);
    if (!status)
        status = check_expansion(grammar, json, err);
    if (status)
        return status;
    size_t cells = cell_index(growth, growth->max_arity + 1, 0, 0, 0);
    growth->cells = memory_zeroed(cells, sizeof *growth->cells);
    if (!growth->cells)
        return memory_error(err, "counting the trees of a grammar");
    fill_table(growth);
    count_trees(grammar);
    return check_weights(growth, cells, json, err);
}

void growth_release(struct growth *growth)
{
    memory_free(growth->groups);
    memory_free(growth->group_members);
    memory_free(growth->group_weights);
    memory_free(growth->cells);
}
