/* From a genome to the expression that is trained, and to text and back. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "base/text.h"
#include "base/unicode.h"

/* The roots of the arguments of the gene at `root`, first argument first. */
static void find_arguments(const struct grammar *grammar, const struct genome *genome, const struct layout *layout,
                           int root, int arguments[TREE_ARGUMENTS])
{
    int at = root - 1;
    for (int k = grammar->symbols[genome->genes[root].symbol].arity; k-- > 0;) {
        arguments[k] = at;
        at = layout->start[at] - 1;
    }
}

struct expansion {
    const struct grammar *grammar;
    const struct genome *genome;
    struct layout layout;
    /* The number that a learned parameter of a gene got, plus 1. A gene that is written twice, because
       the primitive above repeats its argument, has the same parameters both times. */
    uint8_t numbers[GENOME_CAPACITY][TREE_PARAMETERS];
    int parameters;
    struct tree *out;
};

/* Writes the body of the gene at `root`, its arguments put in. Numbers parameters by first use. */
static void expand(struct expansion *expansion, int root)
{
    struct gene gene = expansion->genome->genes[root];
    const struct symbol *symbol = &expansion->grammar->symbols[gene.symbol];
    int arguments[TREE_ARGUMENTS];
    find_arguments(expansion->grammar, expansion->genome, &expansion->layout, root, arguments);
    for (int i = 0; i < symbol->body.count; i++) {
        struct node node = symbol->body.nodes[i];
        if (node.op == OP_arg) {
            expand(expansion, arguments[node.index]);
            continue;
        }
        if (node.op == OP_param) {
            uint8_t *number = &expansion->numbers[root][node.index];
            if (*number == 0)
                *number = (uint8_t)++expansion->parameters;
            node.index = (uint8_t)(*number - 1);
        }
        if (gene.symbol == expansion->grammar->constant)
            node.value = gene.value;
        ALWAYS(expansion->out->count < TREE_CAPACITY);
        expansion->out->nodes[expansion->out->count++] = node;
    }
}

void genome_express(const struct grammar *grammar, const struct genome *genome, struct tree *out)
{
    struct expansion expansion = {.grammar = grammar, .genome = genome, .out = out};
    layout_genome(grammar, genome, &expansion.layout);
    out->count = 0;
    expand(&expansion, genome->count - 1);
    ALWAYS(expansion.parameters <= TREE_PARAMETERS);
}

static void print(const struct grammar *grammar, const struct genome *genome, const struct layout *layout, int root,
                  struct text *out)
{
    const struct symbol *symbol = &grammar->symbols[genome->genes[root].symbol];
    int arguments[TREE_ARGUMENTS];
    if (genome->genes[root].symbol == grammar->constant) {
        text_add_number(out, genome->genes[root].value);
        return;
    }
    text_add(out, symbol->name);
    if (symbol->arity == 0)
        return;
    find_arguments(grammar, genome, layout, root, arguments);
    for (int k = 0; k < symbol->arity; k++) {
        text_add(out, k ? ", " : "(");
        print(grammar, genome, layout, arguments[k], out);
    }
    text_add_char(out, ')');
}

void genome_print(const struct grammar *grammar, const struct genome *genome, struct text *out)
{
    struct layout layout;
    layout_genome(grammar, genome, &layout);
    print(grammar, genome, &layout, genome->count - 1, out);
}

/* The template that the genome follows. There is at most one, because overlapping ones are refused. */
static void find_shape(const struct grammar *grammar, struct genome *genome)
{
    genome->shape = -1;
    for (int i = 0; i < grammar->shape_count; i++) {
        genome->shape = (int16_t)i;
        if (grammar_contains(grammar, genome))
            return;
    }
}

int genome_parse(const struct grammar *grammar, const char *text, struct genome *out, struct error *err)
{
    struct slot slots[GENOME_CAPACITY];
    struct genome genome = {.count = 0};
    int count = 0;
    int status = terms_parse(grammar, text, slots, &count, err);
    for (int i = 0; !status && i < count; i++) {
        if (slots[i].is_class)
            return error_set(err, ERROR_INPUT, NULL, "write one primitive or leaf in its place",
                             "'%s' holds a word that stands for a whole class", EXCERPT(text, 60));
        genome_append(&genome, (struct gene){.symbol = (int16_t)slots[i].range.first, .value = slots[i].value});
    }
    if (status)
        return status;
    find_shape(grammar, &genome);
    if (!grammar_contains(grammar, &genome))
        return error_set(err, ERROR_INPUT, grammar->name, "see the shapes, limits and constants of the grammar",
                         "'%s' is made of the grammar's symbols, but is not one of its trees", EXCERPT(text, 200));
    *out = genome;
    return 0;
}
