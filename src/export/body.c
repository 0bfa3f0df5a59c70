/* Straight-line code for a tree: for each primitive a statement for its value and one for its slope.
 *
 * The statements are first made for all nodes, under raw names (t0, d0 for the first primitive), equal
 * values only once; then what the result does not need is left out and the rest numbered anew.
 *
 * Slopes: what does not move has none, and constant ones are multiplied here. */
#include "base/text.h"
#include "export/export_internal.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERAND_SIZE = 48, NAME_SIZE = 16 };

enum motion { STILL, STEADY, MOVING };

/* What a node is for the statements above it. */
struct operand {
    char value[OPERAND_SIZE]; /* a name or a literal */
    bool literal;
    double number; /* of a literal */
    enum motion motion;
    struct reaches reaches;
    double slope;               /* STEADY */
    char slope_name[NAME_SIZE]; /* MOVING */
};

/* `const TYPE t1 = value;` and `const TYPE d1 = slope;` */
struct line {
    struct text value, slope;
    struct operand result;
    bool value_needed, slope_needed;
    int number;
};

struct body {
    const struct precision *precision;
    bool derivative;
    bool last; /* the operation that is being written is the root */
    struct line lines[TREE_CAPACITY];
    int count;
};

/* ---- slopes */

/* The partial derivative, when it is a number: 1, -1, or a literal that is the other factor. */
static bool is_constant_slope(const char *text, const struct operand *a, const struct operand *b, double *value)
{
    const struct operand *named = strcmp(text, "a") == 0 ? a : strcmp(text, "b") == 0 ? b : NULL;
    *value = named ? named->number : strcmp(text, "-1.0") == 0 ? -1 : 1;
    return named ? named->literal : strcmp(text, "1.0") == 0 || strcmp(text, "-1.0") == 0;
}

/* factor * d3 */
static void add_scaled(const struct body *body, double factor, const char *slope, struct text *sum)
{
    bool unit = fabs(factor) == 1;
    if (unit && factor < 0)
        text_add(sum, sum->length ? " - " : "-");
    else if (sum->length)
        text_add(sum, " + ");
    if (!unit) {
        write_literal(factor, body->precision, sum);
        text_add(sum, " * ");
    }
    text_add(sum, slope);
}

/* actsearch_times(outer, d3) */
static void add_careful_product(const struct body *body, const struct text *outer, const struct operand *inner,
                                struct text *sum)
{
    text_addf(sum, "%sactsearch_times%s(%s, %s)", sum->length ? " + " : "", body->precision->suffix, text_string(outer),
              inner->slope_name);
}

/* Can 0 and infinity meet in the product of the primitive's own slope and this argument's, and be seen? For an infinite
   x the product of the root has an infinite value, or none. */
static bool is_careful(enum op op, const struct operand *inner, const struct operand *other, bool last)
{
    if (inner->motion != MOVING)
        return false;
    if (inner->reaches.slope > REACH_BOUNDED)
        return true;
    if (op < TREE_FIRST_BINARY)
        return op_info(op)->reach >= OP_GROWS;
    return op == OP_mul ? other->reaches.value > (last ? REACH_LINEAR : REACH_BOUNDED) : op == OP_div || op == OP_pow;
}

/* outer * d3 */
static void add_product(const struct body *body, const struct text *outer, const struct operand *inner, bool alone,
                        struct text *sum)
{
    const char *text = text_string(outer), *p = text;
    size_t length;
    const char *word = next_word(&p, &length);
    bool plain = word == text && !*p, unit = inner->motion == STEADY && inner->slope == 1;
    bool bare = plain || (unit && alone);
    if (sum->length)
        text_add(sum, " + ");
    text_addf(sum, bare ? "%s" : "(%s)", text);
    if (unit)
        return;
    text_add(sum, " * ");
    if (inner->motion == MOVING)
        text_add(sum, inner->slope_name);
    else
        write_literal(inner->slope, body->precision, sum);
}

/* Writes the slope of op(a, b) behind the line of its value. */
static void find_slope(struct body *body, enum op op, const struct operand *a, const struct operand *b,
                       struct line *line)
{
    const struct op_info *info = op_info(op);
    const struct operand *arguments[2] = {a, b};
    bool alone = info->arity == 1 || a->motion == STILL || b->motion == STILL;
    double constant = 0;
    for (int i = 0; i < info->arity; i++) {
        const struct operand *inner = arguments[i];
        double factor;
        if (inner->motion == STILL || strcmp(info->slope[i], "0.0") == 0)
            continue;
        if (is_constant_slope(info->slope[i], a, b, &factor)) {
            if (inner->motion == STEADY)
                constant += factor * inner->slope;
            else
                add_scaled(body, factor, inner->slope_name, &line->slope);
            continue;
        }
        struct text outer = TEXT_EMPTY;
        write_primitive(info->slope[i], a->value, b ? b->value : "", line->result.value, body->precision, &outer);
        if (is_careful(op, inner, b ? arguments[1 - i] : NULL, body->last))
            add_careful_product(body, &outer, inner, &line->slope);
        else
            add_product(body, &outer, inner, alone, &line->slope);
        line->slope.failed |= text_failed(&outer);
        text_release(&outer);
    }
    if (line->slope.length && constant != 0) {
        text_add(&line->slope, " + ");
        write_literal(constant, body->precision, &line->slope);
    }
    line->result.motion = line->slope.length ? MOVING : constant != 0 ? STEADY : STILL;
    line->result.slope = constant;
}

/* ---- nodes */

static struct operand leaf(const struct node *node, const struct precision *precision)
{
    struct operand result = {.motion = STILL, .reaches = leaf_reaches(node->op)};
    if (node->op == OP_x) {
        strcpy(result.value, "x");
        result.motion = STEADY;
        result.slope = 1;
    } else if (node->op == OP_param) {
        snprintf(result.value, sizeof result.value, "p%d", node->index);
    } else {
        struct text literal = TEXT_EMPTY;
        write_literal(node->value, precision, &literal);
        snprintf(result.value, sizeof result.value, "%s", text_string(&literal));
        result.literal = true;
        result.number = node->value;
        text_release(&literal);
    }
    return result;
}

/* Adds the line of op(a, b), unless its value is there already. */
static struct operand operation(struct body *body, enum op op, const struct operand *a, const struct operand *b)
{
    struct line *line = &body->lines[body->count];
    *line = (struct line){.value = TEXT_EMPTY};
    write_primitive(op_info(op)->value, a->value, b ? b->value : "", "", body->precision, &line->value);
    for (int i = 0; i < body->count && !text_failed(&line->value); i++)
        if (strcmp(text_string(&body->lines[i].value), text_string(&line->value)) == 0) {
            text_release(&line->value);
            return body->lines[i].result;
        }
    line->result.reaches = op_reaches(op, a->reaches, b ? b->reaches : a->reaches);
    snprintf(line->result.value, NAME_SIZE, "t%d", body->count);
    snprintf(line->result.slope_name, NAME_SIZE, "d%d", body->count);
    if (body->derivative)
        find_slope(body, op, a, b, line);
    body->count++;
    return line->result;
}

static struct operand all_operations(struct body *body, const struct tree *tree)
{
    struct operand stack[TREE_CAPACITY];
    int top = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        top -= arity;
        body->last = i == tree->count - 1;
        if (arity == 0)
            stack[top] = leaf(node, body->precision);
        else
            stack[top] = operation(body, node->op, &stack[top], arity == 2 ? &stack[top + 1] : NULL);
        top++;
    }
    return stack[0];
}

/* ---- the text of a function */

struct needs {
    bool x, parameters[TREE_PARAMETERS];
};

static void mark_words(struct body *body, const char *code, struct needs *needs)
{
    size_t length;
    const char *word;
    while ((word = next_word(&code, &length))) {
        bool numbered = length > 1 && isdigit((unsigned char)word[1]);
        int number = numbered ? atoi(word + 1) : 0;
        if (*word == 'x' && length == 1)
            needs->x = true;
        else if (*word == 'p' && numbered)
            needs->parameters[number] = true;
        else if (*word == 't' && numbered)
            body->lines[number].value_needed = true;
        else if (*word == 'd' && numbered)
            body->lines[number].slope_needed = true;
    }
}

/* Marks what the result needs, from the last line to the first, and numbers what is left. */
static struct needs mark_needed(struct body *body, const char *result)
{
    struct needs needs = {.x = false};
    mark_words(body, result, &needs);
    for (int i = body->count - 1; i >= 0; i--) {
        struct line *line = &body->lines[i];
        if (line->slope_needed)
            mark_words(body, text_string(&line->slope), &needs);
        if (line->value_needed)
            mark_words(body, text_string(&line->value), &needs);
    }
    int number = 0;
    for (int i = 0; i < body->count; i++)
        if (body->lines[i].value_needed || body->lines[i].slope_needed)
            body->lines[i].number = ++number;
    return needs;
}

/* The code with the final numbers in its names. */
static void write_renamed(const struct body *body, const char *code, struct text *out)
{
    const char *p = code, *word;
    size_t length;
    while ((word = next_word(&p, &length))) {
        text_add_bytes(out, code, (size_t)(word - code));
        if ((*word == 't' || *word == 'd') && length > 1 && isdigit((unsigned char)word[1]))
            text_addf(out, "%c%d", *word, body->lines[atoi(word + 1)].number);
        else
            text_add_bytes(out, word, length);
        code = p;
    }
    text_add(out, code);
}

static void write_statement(const struct body *body, char kind, int i, const char *result, struct text *out)
{
    const struct line *line = &body->lines[i];
    const struct text *code = kind == 't' ? &line->value : &line->slope;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%c%d", kind, i);
    if (strcmp(name, result) == 0)
        text_add(out, "    return ");
    else
        text_addf(out, "    const %s %c%d = ", body->precision->type, kind, line->number);
    write_renamed(body, text_string(code), out);
    text_add(out, ";\n");
    out->failed |= text_failed(code);
}

/* The last statement needed is the result itself, unless that is no statement at all. */
static void write_statements(struct body *body, bool with_parameters, const char *result, struct text *out)
{
    struct needs needs = mark_needed(body, result);
    bool any_parameter = false, is_statement = false;
    for (int j = 0; j < TREE_PARAMETERS; j++) {
        any_parameter |= needs.parameters[j];
        if (needs.parameters[j])
            text_addf(out, "    const %s p%d = p[%d];\n", body->precision->type, j, j);
    }
    if (!needs.x)
        text_add(out, "    (void)x;\n");
    if (!any_parameter && with_parameters)
        text_add(out, "    (void)p;\n");
    for (int i = 0; i < body->count; i++) {
        const struct line *line = &body->lines[i];
        is_statement |= strcmp(line->result.value, result) == 0 || strcmp(line->result.slope_name, result) == 0;
        if (line->value_needed)
            write_statement(body, 't', i, result, out);
        if (line->slope_needed)
            write_statement(body, 'd', i, result, out);
    }
    if (!is_statement)
        text_addf(out, "    return %s;\n", result);
}

void write_body(const struct tree *tree, bool with_parameters, bool derivative, const struct precision *precision,
                struct text *out)
{
    struct body body = {.precision = precision, .derivative = derivative};
    struct operand root = all_operations(&body, tree);
    struct text number = TEXT_EMPTY;
    write_literal(root.motion == STEADY ? root.slope : 0, precision, &number);
    const char *slope = root.motion == MOVING ? root.slope_name : text_string(&number);
    write_statements(&body, with_parameters, derivative ? slope : root.value, out);
    out->failed |= text_failed(&number);
    text_release(&number);
    for (int i = 0; i < body.count; i++) {
        out->failed |= text_failed(&body.lines[i].value) || text_failed(&body.lines[i].slope);
        text_release(&body.lines[i].value);
        text_release(&body.lines[i].slope);
    }
}
