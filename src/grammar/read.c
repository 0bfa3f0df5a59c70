/* Reading a grammar: its names, leaves and mutation weights. The primitives are read by primitives.c,
 * the shapes by shapes.c and growth.c. */
#include "grammar/grammar_internal.h"

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

static int values_read(struct json list, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct constants *constants = object;
    int status = json_exists(list) ? json_array(list, 1, GRAMMAR_MAX_CLASS, err) : 0;
    for (int i = 0; !status && i < json_length(list); i++) {
        struct json item = json_item(&list, i);
        double value = 0;
        status = json_number(item, setting->least, setting->most, &value, err);
        for (int k = 0; !status && k < constants->count; k++)
            if (constants->values[k] == value)
                status = json_fail(item, err, "list it once", "the constant %g is listed twice", value);
        if (!status)
            constants->values[constants->count++] = value;
    }
    return status;
}
static const struct setting_type values_type = {.form = "an array of numbers", .read = values_read};

static int range_read(struct json list, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct constants *constants = object;
    if (!json_exists(list))
        return 0;
    int status = json_array(list, 2, 2, err);
    if (!status)
        status = json_number(json_item(&list, 0), setting->least, setting->most, &constants->low, err);
    if (!status)
        status = json_number(json_item(&list, 1), setting->least, setting->most, &constants->high, err);
    if (!status && !(constants->high - constants->low >= 1e-6))
        status = json_fail(list, err, "write the lower bound first, or use \"values\"",
                           "the range of constants is empty or narrower than 1e-6");
    constants->is_range = true;
    constants->count = 1;
    return status;
}
static const struct setting_type range_type = {.form = "[low, high], numbers", .read = range_read};

static const struct setting constants_settings[] = {
    {"values", SETTING_OWN(struct constants, values, values_type), .least = -1e6, .most = 1e6, .by = ""},
    {"range", SETTING_OWN(struct constants, low, range_type), .least = -1e6, .most = 1e6, .by = "",
     .means = "instead of values; then the grammar cannot be counted"},
    {"weight", GRAMMAR_WEIGHT(struct constants, weight)},
    {0}};

static int constants_read(struct json json, const struct setting *setting, void *object, void *context,
                          struct error *err)
{
    (void)setting, (void)context;
    struct grammar *grammar = object;
    const struct settings_part *part = SETTINGS(constants_settings, &grammar->constants);
    if (!json_exists(json))
        return 0;
    settings_reset(constants_settings, &grammar->constants);
    int status = settings_known(json, part, err);
    if (!status && json_exists(json_member(&json, "values")) == json_exists(json_member(&json, "range")))
        status = json_fail(json, err, "such as {\"values\": [0.5, 1, 2]} or {\"range\": [-2, 2]}",
                           "constants have either a list of values or a range");
    if (!status)
        status = settings_read(json, part, NULL, err);
    if (status)
        return status;
    grammar->constant = grammar->symbol_count;
    return add_leaf(grammar, "constant", tree_constant(0), grammar->constants.weight, err);
}
static const struct setting_type constants_type = {.form = "an object", .read = constants_read};

struct parameter {
    double start, weight;
};
static const struct setting parameter_settings[] = {
    {"start", SETTING_NUMBER(struct parameter, start, -1e6, 1e6), .usual = 1, .means = "its value before training"},
    {"weight", GRAMMAR_WEIGHT(struct parameter, weight)},
    {0}};

static int parameter_read(struct json json, const struct setting *setting, void *object, void *context,
                          struct error *err)
{
    (void)setting, (void)context;
    struct grammar *grammar = object;
    struct parameter parameter;
    if (!json_exists(json))
        return 0;
    settings_reset(parameter_settings, &parameter);
    int status = settings_read_object(json, SETTINGS(parameter_settings, &parameter), NULL, err);
    if (status)
        return status;
    grammar->parameter = grammar->symbol_count;
    return add_leaf(grammar, "p", tree_parameter(0, parameter.start), parameter.weight, err);
}
static const struct setting_type parameter_type = {.form = "an object", .read = parameter_read};

/* A weight alone: of x, which is always there (a function without it is not an activation), and of t. */
static int x_read(struct json json, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct grammar *grammar = object;
    double weight = setting->usual;
    int status = json_number_or(json, setting->least, setting->most, &weight, err);
    grammar->x = grammar->symbol_count;
    return status ? status : add_leaf(grammar, "x", tree_x(), weight, err);
}
static const struct setting_type x_type = {.form = "a weight", .read = x_read};

static int t_read(struct json json, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct grammar *grammar = object;
    double weight = setting->usual;
    if (!json_exists(json))
        return 0;
    int status = json_number(json, setting->least, setting->most, &weight, err);
    grammar->t = grammar->symbol_count;
    return status ? status : add_leaf(grammar, "t", tree_progress(), weight, err);
}
static const struct setting_type t_type = {.form = "a weight", .read = t_read};

/* In the order in which they become symbols. */
static const struct setting leaves_settings[] = {
    {"x", SETTING_OWN(struct grammar, x, x_type), .least = 0.001, .most = 1000, .usual = 1, .by = "1",
     .means = "the argument, which is always among them"},
    {"constants", SETTING_OWN(struct grammar, constant, constants_type), .by = "none", .object = constants_settings},
    {"parameter", SETTING_OWN(struct grammar, parameter, parameter_type), .by = "none",
     .means = "a number that is trained with the weights", .object = parameter_settings},
    {"t", SETTING_OWN(struct grammar, t, t_type), .least = 0.001, .most = 1000, .usual = 1, .by = "none",
     .means = "the progress of training, from 0 to 1"},
    {0}};

static int read_leaves(struct grammar *grammar, struct json leaves, struct error *err)
{
    const struct settings_part *part = SETTINGS(leaves_settings, grammar);
    grammar->classes[0].first = grammar->symbol_count;
    int status = json_exists(leaves) ? settings_known(leaves, part, err) : 0;
    if (!status)
        status = settings_read(leaves, part, NULL, err);
    grammar->classes[0].last = grammar->symbol_count;
    return status;
}

/* ---- the rest */

#define PRIMITIVES "an array of names of primitives, or objects"

#define MUTATION(which) SETTING_NUMBER(struct grammar, mutation_weights[which], 0, 1000)
static const struct setting mutation_settings[] = {
    [MUTATE_CHANGE] = {"change", MUTATION(MUTATE_CHANGE), .usual = 4, .means = "another symbol in one place"},
    [MUTATE_INSERT] = {"insert", MUTATION(MUTATE_INSERT), .usual = 2, .means = "a symbol more"},
    [MUTATE_REMOVE] = {"remove", MUTATION(MUTATE_REMOVE), .usual = 2, .means = "a symbol less"},
    [MUTATE_REGROW] = {"regrow", MUTATION(MUTATE_REGROW), .usual = 1, .means = "a branch is drawn anew"},
    [MUTATE_CONSTANT] = {"constant", MUTATION(MUTATE_CONSTANT), .usual = 2, .means = "another value of a constant"},
    [MUTATION_COUNT] = {0}};
#undef MUTATION

/* Kinds that a list leaves out are not used. */
static int read_mutation(struct grammar *grammar, struct json json, struct error *err)
{
    double total = 0;
    settings_reset(mutation_settings, grammar);
    if (!json_exists(json))
        return 0;
    for (int i = 0; i < MUTATION_COUNT; i++)
        grammar->mutation_weights[i] = 0;
    int status = settings_read_object(json, SETTINGS(mutation_settings, grammar), NULL, err);
    for (int i = 0; i < MUTATION_COUNT; i++)
        total += grammar->mutation_weights[i];
    if (!status && !(total > 0))
        status = json_fail(json, err, "give at least one kind a weight, or leave \"mutation\" out",
                           "no kind of mutation has a weight");
    return status;
}

static int check_name(struct json place, void *object, struct error *err)
{
    const struct grammar *grammar = object;
    return *grammar->name ? 0 : json_fail(place, err, "such as \"swish2017\"", "the name is empty");
}

/* The rest is read by those who know the order in which symbols are numbered. */
static const struct setting members[] = {
    {"name", SETTING_STRING(struct grammar, name), .required = true, .check = check_name},
    {"description", SETTING_STRING(struct grammar, description), .means = "for people"},
    {"source", SETTING_STRING(struct grammar, source), .means = "where it comes from"},
    {"unary", SETTING_ELSEWHERE, .form = PRIMITIVES, .by = "none", .means = "of one argument; see below"},
    {"binary", SETTING_ELSEWHERE, .form = PRIMITIVES, .by = "none", .means = "of two arguments"},
    {"ternary", SETTING_ELSEWHERE, .form = PRIMITIVES, .by = "none", .means = "of three arguments"},
    {"leaves", SETTING_ELSEWHERE, .form = "an object", .by = "x alone", .means = "what trees end in; see below"},
    {"shapes", SETTING_ELSEWHERE, .form = "an object", .required = true, .means = "which trees there are; see below"},
    {"mutation", SETTING_ELSEWHERE, .form = "an object", .by = "the weights below",
     .means = "how often aging evolution takes each kind of step; kinds that the object leaves out are not used"},
    {0}};

static int read_texts(struct grammar *grammar, struct json json, struct error *err)
{
    struct text normal = TEXT_EMPTY;
    int status = settings_read(json, SETTINGS(members, grammar), NULL, err);
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
    grammar->constant = grammar->parameter = grammar->t = -1;
    int status = settings_known(json, SETTINGS(members, grammar), err);
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

/* ---- words for people */

const char *mutation_name(enum mutation mutation)
{
    return mutation_settings[mutation].key;
}

static bool grammar_part(int i, struct settings_topic *out)
{
    static const struct settings_topic parts[] = {
        {.name = "primitives",
         .about = "A primitive is a name, \"tanh\", or an object, {\"name\": \"tanh\", \"weight\": 2}.",
         .settings = {primitive_settings}},
        {.name = "leaves", .about = "What trees end in.", .settings = {leaves_settings}},
        {.name = "shapes",
         .about = "Which trees there are: either templates or free growth. No two templates may allow the same tree.",
         .settings = {shapes_settings}},
        {.name = "mutation", .about = "Weights of the kinds of steps.", .settings = {mutation_settings}}};
    const int count = (int)(sizeof parts / sizeof *parts);
    if (i < count)
        *out = parts[i];
    return i < count;
}

const struct settings_topic grammar_topic = {
    .name = "grammar",
    .about =
        "A grammar says which functions a search may propose: the primitives, each with a weight, the leaves, and the "
        "shapes of trees that are made of them. It stands in a file of its own or in the experiment.",
    .settings = {members},
    .part = grammar_part,
    .example = "{\n"
               "  \"name\": \"small\",\n"
               "  \"unary\": [\"tanh\", {\"name\": \"sigmoid\", \"weight\": 2},\n"
               "            {\"name\": \"bump\", \"expression\": \"p*exp(-x^2)\"}],\n"
               "  \"binary\": [\"add\", \"mul\"],\n"
               "  \"leaves\": {\"x\": 4, \"constants\": {\"values\": [0.5, 1, 2]}},\n"
               "  \"shapes\": {\"templates\": [\"binary(x, unary(x))\",\n"
               "                           \"binary(unary(x), unary(leaf))\"]}\n"
               "}\n",
};
