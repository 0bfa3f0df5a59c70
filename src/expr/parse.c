/* The parser: recursive descent that emits postfix straight into the tree, so that a level of
   nesting costs a few hundred bytes of stack and no copies. Each parse_ function carries out the
   production of parse.h with its name. */
#include "expr/parse.h"

#include "base/error.h"
#include "base/text.h"
#include "expr/parse_internal.h"
#include "expr/tree.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tree opens at most one bracket a node, so that no printed tree is refused. */
enum { NESTING_LIMIT = TREE_CAPACITY };

struct parser {
    const char *text;
    const char *at; /* the next byte */
    struct tree *tree;
    int arity; /* of the template; 0: a function of x */
    int depth;
    bool literal;   /* what was read last is a number and nothing else */
    unsigned used;  /* bit i: parameter i stands somewhere in the text, or was given out */
    unsigned given; /* bit i: the text says where it starts */
    double starts[TREE_PARAMETERS];
    struct error *err;
};

static int parse_sum(struct parser *p);
static int parse_signed(struct parser *p);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int word_length(const char *at)
{
    int length = 0;
    while (is_letter(at[length]) || is_digit(at[length]))
        length++;
    return length;
}

/* Length of the number at `at`, 0 if there is none. An e without digits behind it is no exponent. */
static int number_length(const char *at)
{
    const char *end = at;
    while (is_digit(*end))
        end++;
    int digits = (int)(end - at);
    if (*end == '.')
        for (end++; is_digit(*end); end++)
            digits++;
    if (digits == 0)
        return 0;
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1;
        if (*power == '+' || *power == '-')
            power++;
        if (is_digit(*power))
            for (end = power; is_digit(*end); end++)
                continue;
    }
    return (int)(end - at);
}

static char skip_space(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
    return *p->at;
}

__attribute__((format(printf, 4, 5))) static int fail(struct parser *p, const char *at, const char *hint,
                                                      const char *what, ...)
{
    char where[32];
    snprintf(where, sizeof where, "column %td", at - p->text + 1);
    va_list args;
    va_start(args, what);
    error_setv(p->err, ERROR_INPUT, where, hint, what, args);
    va_end(args);
    return ERROR_INPUT;
}

/* Fails at the next token: "expected WHAT, got TOKEN". */
static int fail_expected(struct parser *p, const char *what)
{
    unsigned char c = (unsigned char)skip_space(p);
    const char *hint = NULL;
    if (c && (c < ' ' || c > '~'))
        return fail(p, p->at, "write it in plain ASCII, as in 2*pi*x or sigmoid(-x)",
                    "expected %s, got a character outside plain ASCII (byte 0x%02X)", what, c);
    if (c == '*' && p->at > p->text && p->at[-1] == '*')
        hint = "a power is written x^2";
    else if (!c)
        return fail(p, p->at, NULL, "expected %s, got the end", what);
    int length = number_length(p->at);
    if (length == 0)
        length = word_length(p->at);
    return fail(p, p->at, hint, "expected %s, got \"%.*s\"", what, length == 0 ? 1 : length > 40 ? 40 : length, p->at);
}

static int fail_operand(struct parser *p)
{
    return fail_expected(p, p->arity > 1 ? "a number, an argument, a function name or \"(\""
                                         : "a number, x, a function name or \"(\"");
}

/* After a complete operand comes something that can neither continue nor end it here. `ends` says
   what could have ended it. */
static int fail_after_operand(struct parser *p, const char *ends)
{
    char c = skip_space(p);
    char expected[96];
    snprintf(expected, sizeof expected, "an operator or %s", ends);
    int status = fail_expected(p, expected);
    bool starts_operand = is_letter(c) || is_digit(c) || c == '.' || c == '(';
    if (p->err && starts_operand)
        snprintf(p->err->hint, sizeof p->err->hint, "a product needs its sign: 2*x, x*(x+1)");
    return status;
}

static int emit_node(struct parser *p, const char *at, struct node node)
{
    p->literal = false;
    if (p->tree->count == TREE_CAPACITY)
        return fail(p, at, "write it with fewer operations", "the expression needs more than %d nodes", TREE_CAPACITY);
    p->tree->nodes[p->tree->count++] = node;
    return 0;
}

static int emit(struct parser *p, const char *at, enum op op)
{
    return emit_node(p, at, (struct node){.op = (uint8_t)op});
}

static int emit_literal(struct parser *p, const char *at, double value)
{
    int status = emit_node(p, at, (struct node){.op = OP_const, .value = value});
    p->literal = true;
    return status;
}

static int enter(struct parser *p, const char *at)
{
    if (++p->depth <= NESTING_LIMIT)
        return 0;
    return fail(p, at, "write it with fewer brackets", "brackets nested deeper than %d levels", NESTING_LIMIT);
}

/* Steps over the bracket that closes the one at `open`. */
static int close_bracket(struct parser *p, const char *open, const char *ends)
{
    if (skip_space(p) != ')') {
        char what[64];
        snprintf(what, sizeof what, "%s for the \"(\" at column %td", ends, open - p->text + 1);
        return fail_after_operand(p, what);
    }
    p->at++;
    p->depth--;
    p->literal = false;
    return 0;
}

static int read_number(struct parser *p, double *value)
{
    const char *start = p->at;
    p->at += number_length(start);
    /* strtod would take 0x10 for a number. */
    *value = p->at == start + 1 ? start[0] - '0' : strtod(start, NULL);
    bool is_zero = true;
    for (const char *c = start; c < p->at && *c != 'e' && *c != 'E'; c++)
        is_zero = is_zero && (*c == '0' || *c == '.');
    if (isinf(*value))
        return fail(p, start, "numbers reach to 1.8e308; write inf for infinity", "the number is out of range");
    if (*value == 0 && !is_zero)
        return fail(p, start, "the smallest number is 4.9e-324; write 0", "the number is too close to 0");
    return 0;
}

/* Parameters. */

/* A name that can only be a parameter's: p, or p and digits. */
static bool is_parameter(const char *word, int length)
{
    if (length == 0 || word[0] != 'p')
        return false;
    for (int i = 1; i < length; i++)
        if (!is_digit(word[i]))
            return false;
    return true;
}

/* Which of p0, p1, ... the text names, so that a p without a number can keep out of their way. */
static unsigned named_parameters(const char *text)
{
    unsigned named = 0;
    while (*text) {
        int length = is_letter(*text) ? word_length(text) : 0;
        if (length == 2 && is_parameter(text, length) && text[1] - '0' < TREE_PARAMETERS)
            named |= 1u << (text[1] - '0');
        text += length ? length : 1;
    }
    return named;
}

static int take_fresh_parameter(struct parser *p, const char *at, int *index)
{
    for (int i = 0; i < TREE_PARAMETERS; i++)
        if (!(p->used & 1u << i)) {
            p->used |= 1u << i;
            *index = i;
            return 0;
        }
    return fail(p, at, "use fewer of them", "more than %d learned parameters in one expression", TREE_PARAMETERS);
}

/* "{" ["-"] number "}" */
static int read_start(struct parser *p, double *value)
{
    p->at++;
    bool negative = skip_space(p) == '-';
    p->at += negative;
    skip_space(p);
    int length = word_length(p->at);
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%.*s", length, p->at);
    if (number_length(p->at)) {
        int status = read_number(p, value);
        if (status)
            return status;
    } else if (length && constant_by_name(name, value)) {
        p->at += length;
    } else {
        return fail_expected(p, "the number where the parameter starts");
    }
    *value = negative ? -*value : *value;
    if (skip_space(p) != '}')
        return fail_expected(p, "\"}\"");
    p->at++;
    return 0;
}

/* As tree_equal() sees it. */
static bool same_number(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : a == b && !signbit(a) == !signbit(b);
}

/* The node gets its start at the end of the text, where all of them are known. */
static int parse_parameter(struct parser *p, const char *word, int length)
{
    int index = length == 2 ? word[1] - '0' : TREE_PARAMETERS;
    if (length == 1) {
        int status = take_fresh_parameter(p, word, &index);
        if (status)
            return status;
    }
    if (index >= TREE_PARAMETERS)
        return fail(p, word, NULL, "no parameter \"%.*s\": they are called p0 to p%d, or p for a fresh one",
                    length > 40 ? 40 : length, word, TREE_PARAMETERS - 1);
    if (skip_space(p) == '{') {
        double start = 0;
        int status = read_start(p, &start);
        if (status)
            return status;
        if (p->given & 1u << index && !same_number(start, p->starts[index]))
            return fail(p, word, "say once where it starts, or use two parameters",
                        "p%d starts at two different values", index);
        p->given |= 1u << index;
        p->starts[index] = start;
    }
    return emit_node(p, word, (struct node){.op = OP_param, .index = (uint8_t)index});
}

static void set_starts(struct parser *p)
{
    for (int i = 0; i < p->tree->count; i++)
        if (p->tree->nodes[i].op == OP_param)
            p->tree->nodes[i].value = p->starts[p->tree->nodes[i].index];
}

/* Calls. */

static int parse_text(const char *text, int arity, int depth, struct tree *tree, struct error *err);

/* Replaces the arguments at the end of the tree by the function's text around them. starts[i] is
   where argument i starts, the last one is the end. Not inlined: its trees would otherwise lie on
   the stack at every level of nesting. */
__attribute__((noinline)) static int expand(struct parser *p, const char *at, const struct function_info *function,
                                            const int starts[TREE_ARGUMENTS + 1])
{
    struct tree body, arguments = *p->tree;
    struct error inner;
    if (parse_text(function->text, function->arity, p->depth, &body, &inner))
        return fail(p, at, inner.hint, "%s: %s", function->name, inner.what);
    int fresh[TREE_PARAMETERS];
    for (int i = 0; i < TREE_PARAMETERS; i++)
        fresh[i] = -1;
    p->tree->count = starts[0];
    int status = 0;
    for (int i = 0; i < body.count && !status; i++) {
        struct node node = body.nodes[i];
        if (node.op == OP_arg) {
            for (int j = starts[node.index]; j < starts[node.index + 1] && !status; j++)
                status = emit_node(p, at, arguments.nodes[j]);
            continue;
        }
        if (node.op == OP_param) {
            int *index = &fresh[node.index];
            if (*index < 0 && (status = take_fresh_parameter(p, at, index)))
                break;
            p->given |= 1u << *index;
            p->starts[*index] = node.value;
            node.index = (uint8_t)*index;
        }
        status = emit_node(p, at, node);
    }
    return status;
}

static int fail_too_few(struct parser *p, const struct callee *callee, int count)
{
    return fail(p, p->at, NULL, "%s takes %d argument%s%s, got %d", callee->name, callee->min_arguments,
                callee->min_arguments == 1 ? "" : "s", callee->max_arguments > callee->min_arguments ? " or more" : "",
                count);
}

static int fail_too_many(struct parser *p, const struct callee *callee)
{
    return fail(p, p->at, NULL, "%s takes %d argument%s, got more", callee->name, callee->max_arguments,
                callee->max_arguments == 1 ? "" : "s");
}

/* name "(" sum { "," sum } ")" ; `start` is the name, p->at the bracket. Binary primitives are
   emitted behind their second argument and every further one, which nests them to the left. */
static int parse_call(struct parser *p, const char *start, const struct callee *callee)
{
    int starts[TREE_ARGUMENTS + 1];
    int count = 0;
    const char *open = p->at;
    int status = enter(p, open);
    do {
        p->at++;
        if (status == 0 && count == 0 && skip_space(p) == ')')
            return fail_too_few(p, callee, count);
        if (count < TREE_ARGUMENTS)
            starts[count] = p->tree->count;
        if (status || (status = parse_sum(p)))
            return status;
        if (++count <= TREE_ARGUMENTS)
            starts[count] = p->tree->count;
        if (!callee->function && callee->min_arguments == 2 && count >= 2 && (status = emit(p, start, callee->op)))
            return status;
        if (skip_space(p) == ',' && count == callee->max_arguments)
            return fail_too_many(p, callee);
    } while (*p->at == ',');
    if (*p->at == ')' && count < callee->min_arguments)
        return fail_too_few(p, callee, count);
    status = close_bracket(p, open, count < callee->max_arguments ? "\",\" or \")\"" : "\")\"");
    if (status)
        return status;
    if (callee->function)
        return expand(p, start, callee->function, starts);
    return callee->min_arguments == 1 ? emit(p, start, callee->op) : 0;
}

/* Atoms. */

static int fail_unknown(struct parser *p, const char *start, const char *name)
{
    const char *nearest = name_nearest(name);
    const char *kind = skip_space(p) == '(' ? "function" : "name";
    char hint[96];
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean %s?", nearest);
    else if (*p->at == '(')
        snprintf(hint, sizeof hint, "the functions are the likes of tanh(x), max(x, 0), sigmoid(x)");
    else if (p->arity > 1)
        snprintf(hint, sizeof hint, "the arguments are called %s", p->arity == 2 ? "a and b" : "a, b and c");
    else
        snprintf(hint, sizeof hint, "the input is called x, learned parameters p0 to p%d", TREE_PARAMETERS - 1);
    return fail(p, start, hint, "unknown %s \"%s\"", kind, name);
}

/* The input, an argument of the template, or t. */
static bool variable_by_name(const struct parser *p, const char *name, struct node *node)
{
    if (!*name || name[1])
        return false;
    if (*name == 't') {
        *node = (struct node){.op = OP_t};
        return true;
    }
    if (p->arity <= 1) {
        *node = (struct node){.op = p->arity ? OP_arg : OP_x};
        return *name == 'x';
    }
    *node = (struct node){.op = OP_arg, .index = (uint8_t)(*name - 'a')};
    return *name >= 'a' && *name < 'a' + p->arity;
}

static int parse_name(struct parser *p)
{
    const char *start = p->at;
    int length = word_length(start);
    p->at += length;
    if (is_parameter(start, length))
        return parse_parameter(p, start, length);
    char name[NAME_SIZE + 12];
    snprintf(name, sizeof name, "%.*s", length, start);
    struct callee callee;
    struct node node;
    double value;
    bool is_call = skip_space(p) == '(';
    if (callee_by_name(name, &callee)) {
        if (is_call)
            return parse_call(p, start, &callee);
        char what[sizeof name + 24];
        snprintf(what, sizeof what, "\"(\" after the function %s", name);
        return fail_expected(p, what);
    }
    if (variable_by_name(p, name, &node))
        return emit_node(p, start, node);
    if (constant_by_name(name, &value))
        return emit_literal(p, start, value);
    return fail_unknown(p, start, name);
}

static int parse_atom(struct parser *p)
{
    char c = skip_space(p);
    const char *start = p->at;
    if (c == '(') {
        int status = enter(p, start);
        p->at++;
        if (!status)
            status = parse_sum(p);
        return status ? status : close_bracket(p, start, "\")\"");
    }
    if (number_length(start)) {
        double value = 0;
        int status = read_number(p, &value);
        return status ? status : emit_literal(p, start, value);
    }
    return is_letter(c) ? parse_name(p) : fail_operand(p);
}

/* Operators. */

static int parse_power(struct parser *p)
{
    int status = parse_atom(p);
    if (status || skip_space(p) != '^')
        return status;
    const char *sign = p->at++;
    int exponent = p->tree->count;
    if ((status = enter(p, sign)) || (status = parse_signed(p)))
        return status;
    p->depth--;
    enum op op = OP_pow;
    const struct node *last = &p->tree->nodes[exponent];
    if (p->tree->count == exponent + 1 && last->op == OP_const && (last->value == 2 || last->value == 3)) {
        op = last->value == 2 ? OP_square : OP_cube;
        p->tree->count = exponent;
    }
    return emit(p, sign, op);
}

static int parse_signed(struct parser *p)
{
    int minuses = 0;
    skip_space(p);
    const char *start = p->at;
    for (; *p->at == '-' || *p->at == '+'; skip_space(p))
        minuses += *p->at++ == '-';
    int status = parse_power(p);
    if (!status && minuses > 0 && p->literal) {
        struct node *number = &p->tree->nodes[p->tree->count - 1];
        number->value = -number->value;
        minuses--;
    }
    for (; minuses > 0 && !status; minuses--)
        status = emit(p, start, OP_neg);
    return status;
}

static int parse_product(struct parser *p)
{
    int status = parse_signed(p);
    while (!status && (skip_space(p) == '*' || *p->at == '/')) {
        const char *sign = p->at++;
        status = parse_signed(p);
        if (!status)
            status = emit(p, sign, *sign == '*' ? OP_mul : OP_div);
    }
    return status;
}

static int parse_sum(struct parser *p)
{
    int status = parse_product(p);
    while (!status && (skip_space(p) == '+' || *p->at == '-')) {
        const char *sign = p->at++;
        status = parse_product(p);
        if (!status)
            status = emit(p, sign, *sign == '+' ? OP_add : OP_sub);
    }
    return status;
}

/* The whole text. */

static int parse_end(struct parser *p)
{
    switch (skip_space(p)) {
    case '\0':
        return 0;
    case ')':
        return fail(p, p->at, "remove it, or open a bracket before it", "\")\" without a \"(\"");
    case ',':
        return fail(p, p->at, "a comma stands between the arguments of a function, as in max(x, 0)",
                    "\",\" outside of a function's brackets");
    default:
        return fail_after_operand(p, "the end");
    }
}

static int parse_text(const char *text, int arity, int depth, struct tree *tree, struct error *err)
{
    struct parser p = {.text = text, .at = text, .tree = tree, .arity = arity, .depth = depth, .err = err};
    p.used = named_parameters(text);
    for (int i = 0; i < TREE_PARAMETERS; i++)
        p.starts[i] = 1;
    tree->count = 0;
    int status;
    if (!skip_space(&p))
        status = fail(&p, text, "write a function of x, as in x*sigmoid(x)", "the expression is empty");
    else if (!(status = parse_sum(&p)) && !(status = parse_end(&p)))
        set_starts(&p);
    if (status)
        tree->count = 0;
    return status;
}

int tree_parse(const char *text, struct tree *tree, struct error *err)
{
    return parse_text(text, 0, 0, tree, err);
}

int tree_parse_template(const char *text, int arity, struct tree *tree, struct error *err)
{
    ALWAYS(arity >= 1 && arity <= TREE_ARGUMENTS);
    return parse_text(text, arity, 0, tree, err);
}
