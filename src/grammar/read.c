/* Reading a grammar: its names, leaves and mutation weights. The primitives are read by primitives.c,
 * the shapes by shapes.c and growth.c. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/* ---- leaves */

static int add_leaf(struct grammar *grammar, const char *name, struct tree body, double weight, struct error *err)
{
    struct symbol *symbol = &grammar->symbols[grammar->symbol_count];
    symbol->origin = SYMBOL_LEAF;
    symbol->body = body;
    return symbol_add(grammar, name, weight, err);
}

static int read_values(struct json list, struct constants *constants, struct error *err)
{
    int status = json_array(list, 1, GRAMMAR_MAX_CLASS, err);
    for (int i = 0; !status && i < json_length(list); i++) {
        struct json item = json_item(&list, i);
        double value = 0;
        status = json_number(item, -1e6, 1e6, &value, err);
        for (int k = 0; !status && k < constants->count; k++)
            if (constants->values[k] == value)
                status = json_fail(item, err, "list it once", "the constant %g is listed twice", value);
        if (!status)
            constants->values[constants->count++] = value;
    }
    return status;
}

static int read_range(struct json list, struct constants *constants, struct error *err)
{
    int status = json_array(list, 2, 2, err);
    if (!status)
        status = json_number(json_item(&list, 0), -1e6, 1e6, &constants->low, err);
    if (!status)
        status = json_number(json_item(&list, 1), -1e6, 1e6, &constants->high, err);
    if (!status && !(constants->high - constants->low >= 1e-6))
        status = json_fail(list, err, "write the lower bound first, or use \"values\"",
                           "the range of constants is empty or narrower than 1e-6");
    constants->is_range = true;
    constants->count = 1;
    return status;
}

static int read_constants(struct grammar *grammar, struct json json, struct error *err)
{
    static const char *const keys[] = {"values", "range", "weight", NULL};
    double weight = 1;
    int status = json_only_keys(json, keys, err);
    struct json values = json_member(&json, "values"), range = json_member(&json, "range");
    if (!status && json_exists(values) == json_exists(range))
        status = json_fail(json, err, "such as {\"values\": [0.5, 1, 2]} or {\"range\": [-2, 2]}",
                           "constants have either a list of values or a range");
    if (!status)
        status = json_exists(values) ? read_values(values, &grammar->constants, err)
                                     : read_range(range, &grammar->constants, err);
    if (!status)
        status = weight_read(json_member(&json, "weight"), &weight, err);
    if (status)
        return status;
    grammar->constant = grammar->symbol_count;
    return add_leaf(grammar, "constant", tree_constant(0), weight, err);
}

static int read_parameter(struct grammar *grammar, struct json json, struct error *err)
{
    static const char *const keys[] = {"start", "weight", NULL};
    double weight = 1, start = 1;
    int status = json_only_keys(json, keys, err);
    if (!status)
        status = json_number_or(json_member(&json, "start"), -1e6, 1e6, &start, err);
    if (!status)
        status = weight_read(json_member(&json, "weight"), &weight, err);
    if (status)
        return status;
    grammar->parameter = grammar->symbol_count;
    return add_leaf(grammar, "p", tree_parameter(0, start), weight, err);
}

static int read_progress(struct grammar *grammar, struct json json, struct error *err)
{
    double weight = 1;
    int status = weight_read(json, &weight, err);
    if (status)
        return status;
    grammar->t = grammar->symbol_count;
    return add_leaf(grammar, "t", tree_progress(), weight, err);
}

/* x is always there: a function without it is not an activation. */
static int read_leaves(struct grammar *grammar, struct json leaves, struct error *err)
{
    static const char *const keys[] = {"x", "constants", "parameter", "t", NULL};
    double weight = 1;
    grammar->classes[0].first = grammar->symbol_count;
    grammar->x = grammar->symbol_count;
    int status = json_exists(leaves) ? json_only_keys(leaves, keys, err) : 0;
    struct json constants = json_member(&leaves, "constants"), parameter = json_member(&leaves, "parameter");
    struct json t = json_member(&leaves, "t");
    if (!status)
        status = weight_read(json_member(&leaves, "x"), &weight, err);
    if (!status)
        status = add_leaf(grammar, "x", tree_x(), weight, err);
    if (!status && json_exists(constants))
        status = read_constants(grammar, constants, err);
    if (!status && json_exists(parameter))
        status = read_parameter(grammar, parameter, err);
    if (!status && json_exists(t))
        status = read_progress(grammar, t, err);
    grammar->classes[0].last = grammar->symbol_count;
    return status;
}

/* ---- the rest */

static int read_mutation(struct grammar *grammar, struct json json, struct error *err)
{
    static const double usual[MUTATION_COUNT] = {
        [MUTATE_CHANGE] = 4, [MUTATE_INSERT] = 2, [MUTATE_REMOVE] = 2, [MUTATE_REGROW] = 1, [MUTATE_CONSTANT] = 2};
    const char *keys[MUTATION_COUNT + 1] = {NULL};
    double total = 0;
    for (int i = 0; i < MUTATION_COUNT; i++) {
        keys[i] = mutation_name((enum mutation)i);
        grammar->mutation_weights[i] = json_exists(json) ? 0 : usual[i];
    }
    int status = json_exists(json) ? json_only_keys(json, keys, err) : 0;
    for (int i = 0; !status && i < MUTATION_COUNT; i++) {
        status = json_number_or(json_member(&json, keys[i]), 0, 1000, &grammar->mutation_weights[i], err);
        total += grammar->mutation_weights[i];
    }
    if (!status && !(total > 0))
        status = json_fail(json, err, "give at least one kind a weight, or leave \"mutation\" out",
                           "no kind of mutation has a weight");
    return status;
}

static int read_texts(struct grammar *grammar, struct json json, struct error *err)
{
    const char *name = NULL, *description = NULL, *source = NULL;
    struct json place = json_member(&json, "name");
    struct text normal = TEXT_EMPTY;
    int status = json_string(place, &name, err);
    if (!status && !*name)
        status = json_fail(place, err, "such as \"swish2017\"", "the name is empty");
    if (!status)
        status = json_string_or(json_member(&json, "description"), &description, err);
    if (!status)
        status = json_string_or(json_member(&json, "source"), &source, err);
    if (!status)
        status = memory_keep_string(name, "a grammar", &grammar->name, err);
    if (!status && description)
        status = memory_keep_string(description, "a grammar", &grammar->description, err);
    if (!status && source)
        status = memory_keep_string(source, "a grammar", &grammar->source, err);
    json_normal_form(json, &normal);
    if (!status && !(grammar->text = text_take(&normal)))
        status = memory_error(err, "a grammar");
    text_release(&normal);
    return status;
}

/* A single tree leaves nothing to search, and mutation could not make a child that differs. */
static int check_size(const struct grammar *grammar, struct json json, struct error *err)
{
    if (natural_is_zero(&grammar->total))
        return json_fail(json, err, "widen the limits or list more primitives", "the grammar allows no tree at all");
    if (grammar->countable && natural_fits(&grammar->total) && natural_value(&grammar->total) == 1)
        return json_fail(json, err, "list more primitives or shapes", "the grammar allows only one tree");
    return 0;
}

static int fill(struct grammar *grammar, struct json json, struct error *err)
{
    static const char *const keys[] = {"name",    "description", "source", "unary",    "binary",
                                       "ternary", "leaves",      "shapes", "mutation", NULL};
    grammar->constant = grammar->parameter = grammar->t = -1;
    int status = json_only_keys(json, keys, err);
    if (!status)
        status = read_texts(grammar, json, err);
    if (!status)
        status = primitives_read(grammar, json, err);
    if (!status)
        status = read_leaves(grammar, json_member(&json, "leaves"), err);
    if (!status)
        status = shapes_read(grammar, json, err);
    if (!status)
        status = read_mutation(grammar, json_member(&json, "mutation"), err);
    return status ? status : check_size(grammar, json, err);
}

int grammar_parse(struct json json, struct grammar **grammar, struct error *err)
{
    *grammar = NULL;
    struct grammar *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "a grammar");
    int status = fill(result, json, err);
    if (status)
        grammar_free(result);
    else
        *grammar = result;
    return status;
}

int grammar_read(const char *path, struct grammar **grammar, struct error *err)
{
    *grammar = NULL;
    struct json_document *document = NULL;
    int status = json_read(path, &document, err);
    if (!status)
        status = grammar_parse(json_root(document), grammar, err);
    json_document_free(document);
    return status;
}

void grammar_free(struct grammar *grammar)
{
    if (!grammar)
        return;
    for (int i = 0; grammar->symbols && i < grammar->symbol_count; i++)
        memory_free(grammar->symbols[i].name);
    for (int i = 0; grammar->shapes && i < grammar->shape_count; i++)
        memory_free(grammar->shapes[i].text);
    growth_release(&grammar->growth);
    memory_free(grammar->symbols);
    memory_free(grammar->weights);
    memory_free(grammar->shapes);
    memory_free(grammar->shape_weights);
    memory_free(grammar->shape_totals);
    memory_free(grammar->moves);
    memory_free(grammar->name);
    memory_free(grammar->description);
    memory_free(grammar->source);
    memory_free(grammar->text);
    memory_free(grammar);
}

const char *grammar_name(const struct grammar *grammar)
{
    return grammar->name;
}

const char *grammar_text(const struct grammar *grammar)
{
    return grammar->text;
}
