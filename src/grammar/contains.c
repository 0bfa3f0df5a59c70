/* Is a genome inside its grammar? Written straight from the definition and sharing nothing with the
 * code that draws, mutates and crosses, because it is what that code is tested against. */
#include "grammar/grammar_internal.h"

static bool gene_is_legal(const struct grammar *grammar, struct gene gene)
{
    if (gene.symbol < 0 || gene.symbol >= grammar->symbol_count)
        return false;
    const struct constants *constants = &grammar->constants;
    if (gene.symbol != grammar->constant)
        return gene.value == 0;
    if (constants->is_range)
        return gene.value >= constants->low && gene.value <= constants->high;
    for (int i = 0; i < constants->count; i++)
        if (gene.value == constants->values[i])
            return true;
    return false;
}

/* What is known of a finished sub-tree. */
struct finished {
    int depth;
    double nodes; /* of the expression; a double, because repeated arguments could overflow an int */
};

/* Reads the genome as postfix; false when it is not exactly one tree. */
static bool measure(const struct grammar *grammar, const struct genome *genome, struct finished *whole)
{
    struct finished stack[GENOME_CAPACITY];
    int top = 0;
    for (int i = 0; i < genome->count; i++) {
        if (!gene_is_legal(grammar, genome->genes[i]))
            return false;
        const struct symbol *symbol = &grammar->symbols[genome->genes[i].symbol];
        if (top < symbol->arity)
            return false;
        struct finished node = {.depth = 1, .nodes = symbol->nodes};
        top -= symbol->arity;
        for (int k = 0; k < symbol->arity; k++) {
            node.depth = stack[top + k].depth >= node.depth ? stack[top + k].depth + 1 : node.depth;
            node.nodes += symbol->uses[k] * stack[top + k].nodes;
        }
        stack[top++] = node;
    }
    *whole = stack[0];
    return top == 1;
}

static bool fits_template(const struct grammar *grammar, const struct genome *genome)
{
    if (genome->shape < 0 || genome->shape >= grammar->shape_count)
        return false;
    const struct tree_shape *shape = &grammar->shapes[genome->shape];
    if (genome->count != shape->count)
        return false;
    for (int i = 0; i < shape->count; i++) {
        int symbol = genome->genes[i].symbol;
        if (symbol < shape->slots[i].range.first || symbol >= shape->slots[i].range.last)
            return false;
    }
    return true;
}

bool grammar_contains(const struct grammar *grammar, const struct genome *genome)
{
    struct finished whole;
    if (genome->count < 1 || genome->count > GENOME_CAPACITY || !measure(grammar, genome, &whole))
        return false;
    int parameters = 0;
    for (int i = 0; i < genome->count; i++)
        parameters += grammar->symbols[genome->genes[i].symbol].parameters;
    if (parameters > grammar->max_parameters || whole.nodes > TREE_CAPACITY)
        return false;
    if (grammar->shape_count)
        return fits_template(grammar, genome);
    const struct growth *growth = &grammar->growth;
    return genome->shape == -1 && genome->count >= growth->min_nodes && genome->count <= growth->max_nodes &&
           whole.depth <= growth->max_depth;
}
