/* What leaves and primitives have in common when a grammar is read: a name, a weight, and a body that is measured. */
#include "grammar/grammar_internal.h"

#include "base/memory.h"

/* Fills what is counted from the body: parameters, nodes, uses. */
static void measure(struct symbol *symbol)
{
    symbol->parameters = tree_parameter_count(&symbol->body);
    for (int i = 0; i < symbol->body.count; i++) {
        if (symbol->body.nodes[i].op == OP_arg)
            symbol->uses[symbol->body.nodes[i].index]++;
        else
            symbol->nodes++;
    }
}

int symbol_add(struct grammar *grammar, const char *name, double weight, struct error *err)
{
    struct symbol *symbol = &grammar->symbols[grammar->symbol_count];
    int status = memory_keep_string(name, "a grammar", &symbol->name, err);
    if (status)
        return status;
    measure(symbol);
    grammar->weights[grammar->symbol_count++] = weight;
    return 0;
}
