/* A page about a grammar for people. */
#include "grammar/grammar_internal.h"

#include "base/text.h"
#include "expr/parse.h"
#include "rng/rng.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = 12, WIDTH = 96, EXAMPLES = 6 };

/* Appends words to a paragraph that hangs behind a label. */
struct paragraph {
    struct text *out;
    int column;
};

static struct paragraph paragraph_open(struct text *out, const char *label)
{
    text_addf(out, "%-*s", LABEL, label);
    return (struct paragraph){out, LABEL};
}

static void paragraph_add(struct paragraph *paragraph, const char *word)
{
    int length = (int)strlen(word);
    if (paragraph->column > LABEL && paragraph->column + 1 + length > WIDTH) {
        text_addf(paragraph->out, "\n%*s", LABEL, "");
        paragraph->column = LABEL;
    }
    if (paragraph->column > LABEL) {
        text_add_char(paragraph->out, ' ');
        paragraph->column++;
    }
    text_add(paragraph->out, word);
    paragraph->column += length;
}

static void paragraph_close(struct paragraph *paragraph)
{
    text_add_char(paragraph->out, '\n');
}

/* Adds a sentence word by word. */
static void paragraph_add_words(struct paragraph *paragraph, const char *sentence)
{
    struct text word = TEXT_EMPTY;
    while (*sentence) {
        size_t length = strcspn(sentence, " \n\t");
        text_clear(&word);
        text_add_bytes(&word, sentence, length);
        if (length)
            paragraph_add(paragraph, text_string(&word));
        sentence += length + (sentence[length] != '\0');
    }
    text_release(&word);
}

static void add_sentence(struct text *out, const char *label, const char *sentence)
{
    struct paragraph paragraph = paragraph_open(out, label);
    paragraph_add_words(&paragraph, sentence);
    paragraph_close(&paragraph);
}

static bool is_used(const struct grammar *grammar, int symbol)
{
    for (int i = 0; i < grammar->shape_count; i++)
        for (int k = 0; k < grammar->shapes[i].count; k++)
            if (range_has(grammar->shapes[i].slots[k].range, symbol))
                return true;
    return grammar->shape_count == 0;
}

static void add_weight(double weight, struct text *word)
{
    if (weight == 1)
        return;
    text_add(word, " (");
    text_add_number(word, weight);
    text_add_char(word, ')');
}

static void add_class(const struct grammar *grammar, int arity, const char *name, struct text *out)
{
    struct symbol_range range = grammar->classes[arity];
    struct text word = TEXT_EMPTY;
    bool used = false;
    if (range.first == range.last)
        return;
    text_addf(&word, "%d %s", range.last - range.first, name);
    struct paragraph paragraph = paragraph_open(out, text_string(&word));
    for (int s = range.first; s < range.last; s++) {
        text_clear(&word);
        text_add(&word, grammar->symbols[s].name);
        add_weight(grammar->weights[s], &word);
        text_add(&word, s + 1 < range.last ? "," : "");
        paragraph_add(&paragraph, text_string(&word));
        used = used || is_used(grammar, s);
    }
    if (!used)
        paragraph_add_words(&paragraph, "- but no template uses them");
    paragraph_close(&paragraph);
    text_release(&word);
}

static void add_constants(const struct grammar *grammar, struct text *word)
{
    const struct constants *constants = &grammar->constants;
    if (constants->is_range) {
        text_add(word, "a constant from ");
        text_add_number(word, constants->low);
        text_add(word, " to ");
        text_add_number(word, constants->high);
        return;
    }
    text_add(word, constants->count > 1 ? "one of the constants" : "the constant");
    for (int i = 0; i < constants->count; i++) {
        text_add(word, i ? ", " : " ");
        text_add_number(word, constants->values[i]);
    }
}

static void add_leaves(const struct grammar *grammar, struct text *out)
{
    struct symbol_range range = grammar->classes[0];
    struct text sentence = TEXT_EMPTY;
    for (int s = range.first; s < range.last; s++) {
        text_add(&sentence, s > range.first ? "; " : "");
        if (s == grammar->constant) {
            add_constants(grammar, &sentence);
        } else if (s == grammar->parameter) {
            text_add(&sentence, "p, a learned parameter that starts at ");
            text_add_number(&sentence, grammar->symbols[s].body.nodes[0].value);
        } else if (s == grammar->t) {
            text_add(&sentence, "t, the progress of training from 0 to 1");
        } else {
            text_add(&sentence, grammar->symbols[s].name);
        }
        add_weight(grammar->weights[s], &sentence);
        if (!is_used(grammar, s))
            text_add(&sentence, " - but no template uses it");
    }
    add_sentence(out, "leaves", text_string(&sentence));
    text_release(&sentence);
}

static void add_templates(const struct grammar *grammar, struct text *out)
{
    struct text line = TEXT_EMPTY;
    for (int i = 0; i < grammar->shape_count; i++) {
        text_clear(&line);
        text_add(&line, grammar->shapes[i].text);
        add_weight(grammar->shape_weights[i], &line);
        text_addf(out, "%-*s%-52s ", LABEL, i ? "" : "templates", text_string(&line));
        natural_print(&grammar->shape_totals[i], ",", out);
        text_add(out, " trees\n");
    }
    text_release(&line);
}

static void add_growth(const struct grammar *grammar, struct text *out)
{
    const struct growth *growth = &grammar->growth;
    struct text line = TEXT_EMPTY;
    text_addf(&line, "free growth: %d to %d symbols, at most %d levels", growth->min_nodes, growth->max_nodes,
              growth->max_depth);
    if (growth->parameters)
        text_addf(&line, " and %d learned parameters", growth->parameters);
    add_sentence(out, "shape", text_string(&line));
    text_release(&line);
}

/* Is there any genome for which this kind is possible? */
static bool is_possible(const struct grammar *grammar, enum mutation kind)
{
    const struct constants *constants = &grammar->constants;
    switch (kind) {
    case MUTATE_INSERT:
    case MUTATE_REMOVE:
        return grammar->shape_count ? grammar->move_count > 0 : grammar->growth.min_nodes < grammar->growth.max_nodes;
    case MUTATE_CONSTANT:
        return grammar->constant >= 0 && is_used(grammar, grammar->constant) &&
               (constants->is_range || constants->count > 1);
    default:
        return true;
    }
}

static void add_mutation(const struct grammar *grammar, struct text *out)
{
    struct text line = TEXT_EMPTY;
    double weights[MUTATION_COUNT], sum = 0;
    for (int i = 0; i < MUTATION_COUNT; i++) {
        weights[i] = is_possible(grammar, (enum mutation)i) ? grammar->mutation_weights[i] : 0;
        sum += weights[i];
    }
    for (int i = 0; i < MUTATION_COUNT; i++)
        if (weights[i] > 0)
            text_addf(&line, "%s%s %.0f%%", line.length ? ", " : "", mutation_name((enum mutation)i),
                      100 * weights[i] / sum);
    if (sum <= 0)
        text_add(&line, "regrow 100%, because no kind that has a weight is possible here");
    add_sentence(out, "mutation", text_string(&line));
    text_release(&line);
}

static void add_total(const struct grammar *grammar, struct text *out)
{
    text_addf(out, "%-*s", LABEL, "trees");
    natural_print(&grammar->total, ",", out);
    if (!grammar->countable)
        text_add(out, " when all constants of the range count as one");
    text_add(out, "\n");
}

static bool has_weights(const struct grammar *grammar)
{
    for (int s = 0; s < grammar->symbol_count; s++)
        if (grammar->weights[s] != 1)
            return true;
    for (int i = 0; i < grammar->shape_count; i++)
        if (grammar->shape_weights[i] != 1)
            return true;
    return false;
}

static struct tree with_arguments_named(const struct symbol *symbol)
{
    struct tree tree = symbol->body;
    for (int i = 0; symbol->arity == 1 && i < tree.count; i++)
        if (tree.nodes[i].op == OP_arg)
            tree.nodes[i].op = OP_x;
    return tree;
}

/* Primitives that are not one operation, as expressions: names like gate or scale explain nothing. */
static void add_definitions(const struct grammar *grammar, struct text *out)
{
    static const char *const arguments[GRAMMAR_ARITIES] = {"", "x", "a, b", "a, b, c"};
    const char *title =
        "\nSome of these are short for an expression (p is a learned parameter that starts at 1, p{0} at 0):\n";
    for (int s = 0; s < grammar->symbol_count; s++) {
        const struct symbol *symbol = &grammar->symbols[s];
        if (symbol->origin != SYMBOL_FUNCTION && symbol->origin != SYMBOL_OWN)
            continue;
        char call[96];
        snprintf(call, sizeof call, "%s(%s)", symbol->name, arguments[symbol->arity]);
        text_add(out, title);
        text_addf(out, "  %-22s = ", call);
        struct tree body = with_arguments_named(symbol);
        tree_print(&body, out);
        text_add_char(out, '\n');
        title = "";
    }
}

static void add_examples(const struct grammar *grammar, struct text *out)
{
    struct text name = TEXT_EMPTY;
    text_add(out, "\nA few trees of this grammar, drawn by the weights, and what they compute:\n");
    for (uint64_t i = 0; i < EXAMPLES; i++) {
        struct rng rng = rng_keyed(1, i, RNG_PROPOSAL);
        struct genome genome;
        struct tree tree;
        grammar_sample(grammar, &rng, &genome);
        genome_express(grammar, &genome, &tree);
        text_clear(&name);
        genome_print(grammar, &genome, &name);
        text_addf(out, "  %-44s = ", text_string(&name));
        tree_print(&tree, out);
        text_add_char(out, '\n');
    }
    text_release(&name);
}

void grammar_describe(const struct grammar *grammar, struct text *out)
{
    add_sentence(out, "grammar", grammar->name);
    if (grammar->description)
        add_sentence(out, "", grammar->description);
    if (grammar->source)
        add_sentence(out, "source", grammar->source);
    text_add_char(out, '\n');
    add_class(grammar, 1, "unary", out);
    add_class(grammar, 2, "binary", out);
    add_class(grammar, 3, "ternary", out);
    add_leaves(grammar, out);
    if (grammar->shape_count)
        add_templates(grammar, out);
    else
        add_growth(grammar, out);
    add_mutation(grammar, out);
    if (has_weights(grammar))
        add_sentence(out, "(weights)",
                     "how often something is drawn beside others of its class; 1 where none is given");
    add_total(grammar, out);
    add_definitions(grammar, out);
    add_examples(grammar, out);
}
