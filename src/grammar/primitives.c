/* Reading the primitives of a grammar: known ones by their names, own ones as expressions. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/unicode.h"
#include "expr/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const class_names[GRAMMAR_ARITIES] = {"leaf", "unary", "binary", "ternary"};

static int known_arity(const char *name)
{
    enum op op = op_by_name(name);
    if (op != OP_COUNT)
        return op_info(op)->arity;
    const struct function_info *function = function_by_name(name);
    return function ? function->arity : 0;
}

static int unknown_primitive(struct json item, const char *name, struct error *err)
{
    const char *nearest = "";
    int best = 1000;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        int distance = name_distance(name, op_info((enum op)op)->name);
        if (distance < best) {
            best = distance;
            nearest = op_info((enum op)op)->name;
        }
    }
    for (int i = 0; function_at(i); i++) {
        int distance = name_distance(name, function_at(i)->name);
        if (distance < best) {
            best = distance;
            nearest = function_at(i)->name;
        }
    }
    char hint[200];
    snprintf(hint, sizeof hint, "the nearest known name is '%s'; an own primitive needs an \"expression\"", nearest);
    return json_fail(item, err, hint, "unknown primitive '%s'", EXCERPT(name, 60));
}

static int check_own_name(struct json item, const char *name, struct error *err)
{
    bool legal = isalpha((unsigned char)name[0]) && strlen(name) < 64;
    for (const char *c = name; *c; c++)
        legal = legal && (isalnum((unsigned char)*c) || *c == '_');
    if (!legal)
        return json_fail(item, err, "use letters, digits and _, at most 63, a letter first",
                         "'%s' cannot be the name of a primitive", EXCERPT(name, 80));
    if (term_is_reserved(name))
        return json_fail(item, err, "choose another name", "'%s' is a word of templates", name);
    if (known_arity(name))
        return json_fail(item, err, "leave the expression out, or choose another name",
                         "'%s' is a known primitive and cannot be defined again", name);
    return 0;
}

/* Reads the expression of a primitive that has one; the parser's place goes into the message, because
   the place in the file is the JSON path. */
static int read_body(struct json item, const char *text, int arity, struct tree *body, struct error *err)
{
    struct error inner = ERROR_EMPTY;
    int status = tree_parse_template(text, arity, body, &inner);
    if (!status)
        tree_renumber_parameters(body);
    else if (inner.code == ERROR_INPUT)
        status = json_fail(item, err, inner.hint, "%s: %s", inner.where, inner.what);
    else if (err)
        *err = inner;
    return status;
}

static int op_body(enum op op, struct tree *body, struct error *err)
{
    struct tree a = tree_argument(0), b = tree_argument(1);
    return op_info(op)->arity == 1 ? tree_unary(op, &a, body, err) : tree_binary(op, &a, &b, body, err);
}

static int resolve_primitive(struct json item, const char *name, const char *expression, int arity,
                             struct symbol *symbol, struct error *err)
{
    int status = 0;
    int known = expression ? arity : known_arity(name);
    if (expression)
        status = check_own_name(item, name, err);
    else if (!known)
        status = unknown_primitive(item, name, err);
    if (status)
        return status;
    if (known != arity) {
        char hint[64];
        snprintf(hint, sizeof hint, "move it to \"%s\"", class_names[known]);
        return json_fail(item, err, hint, "'%s' takes %d argument%s, so it is not %s", name, known,
                         known > 1 ? "s" : "", class_names[arity]);
    }
    enum op op = expression ? OP_COUNT : op_by_name(name);
    if (op != OP_COUNT)
        status = op_body(op, &symbol->body, err);
    else
        status = read_body(item, expression ? expression : function_by_name(name)->text, arity, &symbol->body, err);
    symbol->origin = expression ? SYMBOL_OWN : op != OP_COUNT ? SYMBOL_PRIMITIVE : SYMBOL_FUNCTION;
    return status;
}

/* Borrowed from the JSON. */
struct primitive {
    const char *name, *expression;
    double weight;
};

static int text_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    const char **text = setting_member(setting, object);
    return setting->required ? json_string(value, text, err) : json_string_or(value, text, err);
}
static const struct setting_type name_type = {.read = text_read};
static const struct setting_type text_type = {.form = "a string", .read = text_read};

/* Of all that are known; NULL behind the last. */
static const char *known_name(int i)
{
    enum { OPS = OP_COUNT - TREE_FIRST_UNARY };
    if (i < OPS)
        return op_info((enum op)(TREE_FIRST_UNARY + i))->name;
    const struct function_info *function = function_at(i - OPS);
    return function ? function->name : NULL;
}

/* The weight is read last. */
const struct setting primitive_settings[] = {
    {"name", SETTING_OWN(struct primitive, name, name_type), .name_at = known_name, .required = true,
     .means = "a known one, or with an expression an own one"},
    {"weight", GRAMMAR_WEIGHT(struct primitive, weight), .turn = 1,
     .means = "how often it is drawn, among those of its arity"},
    {"expression", SETTING_OWN(struct primitive, expression, text_type), .by = "",
     .means = "what an own one stands for: x its argument, or a, b, c several; p or p{0.5} a learned parameter, t the "
              "progress of training"},
    {0}};

/* A name, or an object. */
static int read_words(struct json item, struct primitive *primitive, struct error *err)
{
    *primitive = (struct primitive){0};
    settings_reset(primitive_settings, primitive);
    if (json_is_string(item))
        return json_string(item, &primitive->name, err);
    if (!json_is_object(item))
        return json_fail(item, err, "such as \"tanh\" or {\"name\": \"tanh\", \"weight\": 2}",
                         "a primitive is a name or an object with a name");
    return settings_read_object(item, SETTINGS(primitive_settings, primitive), NULL, err);
}

static int read_primitive(struct grammar *grammar, struct json item, int arity, struct error *err)
{
    struct primitive primitive;
    int status = read_words(item, &primitive, err);
    if (status)
        return status;
    for (int i = 0; i < grammar->symbol_count; i++)
        if (strcmp(grammar->symbols[i].name, primitive.name) == 0)
            return json_fail(item, err, "list it once, with a weight", "'%s' is listed twice", primitive.name);
    struct symbol *symbol = &grammar->symbols[grammar->symbol_count];
    symbol->arity = arity;
    status = resolve_primitive(item, primitive.name, primitive.expression, arity, symbol, err);
    return status ? status : symbol_add(grammar, primitive.name, primitive.weight, err);
}

static int read_class(struct grammar *grammar, struct json json, int arity, struct error *err)
{
    struct json list = json_member(&json, class_names[arity]);
    grammar->classes[arity].first = grammar->symbol_count;
    int status = json_exists(list) ? json_array(list, 1, GRAMMAR_MAX_CLASS, err) : 0;
    for (int i = 0; !status && i < json_length(list); i++)
        status = read_primitive(grammar, json_item(&list, i), arity, err);
    grammar->classes[arity].last = grammar->symbol_count;
    return status;
}

static int allocate_symbols(struct grammar *grammar, struct json json, struct error *err)
{
    size_t capacity = GRAMMAR_LEAVES;
    for (int arity = 1; arity < GRAMMAR_ARITIES; arity++)
        capacity += (size_t)json_length(json_member(&json, class_names[arity]));
    grammar->symbols = memory_zeroed(capacity, sizeof *grammar->symbols);
    grammar->weights = memory_zeroed(capacity, sizeof *grammar->weights);
    return grammar->symbols && grammar->weights ? 0 : memory_error(err, "the primitives of a grammar");
}

int primitives_read(struct grammar *grammar, struct json json, struct error *err)
{
    int status = allocate_symbols(grammar, json, err);
    for (int arity = 1; !status && arity < GRAMMAR_ARITIES; arity++)
        status = read_class(grammar, json, arity, err);
    return status;
}
