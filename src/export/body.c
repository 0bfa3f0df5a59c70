/* Straight-line code for a tree: one statement for each primitive, and one for each slope. */
#include "base/text.h"
#include "export/export_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { OPERAND_SIZE = 48 };

/* `const TYPE name = text;`, or a parameter, or the value of a tree node. */
struct statement {
    char name[8];
    struct text text;
    bool needed;
};

struct body {
    const struct precision *precision;
    struct statement statements[2 * TREE_CAPACITY + TREE_PARAMETERS];
    int count;
    bool failed;
};

/* What a node is in the code: its value, and its slope (empty: it does not move; "1": it is x). */
struct operand {
    char value[OPERAND_SIZE];
    char slope[8];
};

/* Adds a statement unless an equal one is there; the name of the statement goes to `name`. */
static void add_statement(struct body *body, char kind, struct text *text, char name[8])
{
    body->failed |= text_failed(text);
    for (int i = 0; i < body->count && kind == 't'; i++) {
        struct statement *known = &body->statements[i];
        if (known->name[0] == 't' && strcmp(text_string(&known->text), text_string(text)) == 0) {
            memcpy(name, known->name, sizeof known->name);
            text_release(text);
            return;
        }
    }
    struct statement *statement = &body->statements[body->count++];
    snprintf(statement->name, sizeof statement->name, "%c%d", kind, body->count % 1000);
    memcpy(name, statement->name, sizeof statement->name);
    statement->text = *text;
    *text = TEXT_EMPTY;
}

static void parameter_statements(struct body *body, const struct tree *tree, const double *parameters)
{
    for (int j = 0; j < tree_parameter_count(tree); j++) {
        struct statement *statement = &body->statements[body->count++];
        snprintf(statement->name, sizeof statement->name, "p%d", j % 10);
        write_literal(parameters[j], body->precision, &statement->text);
    }
}

/* slope(outer) * slope(argument), with ones left out; appended to a sum. */
static void add_term(const struct body *body, const char *outer, const struct operand *a, const struct operand *b,
                     const char *value, const char *slope, struct text *sum)
{
    bool negative = strcmp(outer, "-1.0") == 0, unit = negative || strcmp(outer, "1.0") == 0;
    bool direct = strcmp(slope, "1") == 0;
    if (sum->length)
        text_add(sum, negative ? " - " : " + ");
    else if (negative)
        text_add_char(sum, '-');
    if (unit && direct) {
        write_primitive("1.0", "", "", "", body->precision, sum);
    } else if (unit) {
        text_add(sum, slope);
    } else {
        bool simple = strlen(outer) == 1;
        text_add(sum, simple ? "" : "(");
        write_primitive(outer, a->value, b ? b->value : "", value, body->precision, sum);
        text_add(sum, simple ? "" : ")");
        if (!direct)
            text_addf(sum, " * %s", slope);
    }
}

static struct operand operation(struct body *body, enum op op, const struct operand *a, const struct operand *b,
                                bool derivative)
{
    const struct op_info *info = op_info(op);
    struct operand result = {{0}, {0}};
    struct text text = TEXT_EMPTY;
    write_primitive(info->value, a->value, b ? b->value : "", "", body->precision, &text);
    add_statement(body, 't', &text, result.value);
    if (!derivative)
        return result;
    struct text sum = TEXT_EMPTY;
    const struct operand *argument[2] = {a, b};
    for (int i = 0; i < info->arity; i++)
        if (argument[i]->slope[0] && strcmp(info->slope[i], "0.0") != 0)
            add_term(body, info->slope[i], a, b, result.value, argument[i]->slope, &sum);
    if (sum.length)
        add_statement(body, 'd', &sum, result.slope);
    text_release(&sum);
    return result;
}

static struct operand leaf(const struct node *node, const struct precision *precision)
{
    struct operand result = {{0}, {0}};
    if (node->op == OP_x) {
        strcpy(result.value, "x");
        strcpy(result.slope, "1");
    } else if (node->op == OP_param) {
        snprintf(result.value, sizeof result.value, "p%d", node->index);
    } else {
        struct text literal = TEXT_EMPTY;
        write_literal(node->value, precision, &literal);
        snprintf(result.value, sizeof result.value, "%s", text_string(&literal));
        text_release(&literal);
    }
    return result;
}

static bool mentions(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = text; (p = strstr(p, name)); p++) {
        bool starts = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_' || p[-1] == '.');
        bool ends = !(isalnum((unsigned char)p[length]) || p[length] == '_');
        if (starts && ends)
            return true;
    }
    return false;
}

/* Marks what the result needs, from the last statement to the first; true when x is among it. */
static bool mark_needed(struct body *body, const char *result)
{
    bool needs_x = mentions(result, "x");
    for (int i = body->count - 1; i >= 0; i--) {
        struct statement *statement = &body->statements[i];
        statement->needed = mentions(result, statement->name);
        for (int k = i + 1; k < body->count && !statement->needed; k++)
            statement->needed =
                body->statements[k].needed && mentions(text_string(&body->statements[k].text), statement->name);
        needs_x |= statement->needed && mentions(text_string(&statement->text), "x");
    }
    return needs_x;
}

static void write_statements(struct body *body, const char *result, struct text *out)
{
    if (!mark_needed(body, result))
        text_add(out, "    (void)x;\n");
    for (int i = 0; i < body->count; i++) {
        const struct statement *statement = &body->statements[i];
        if (statement->needed)
            text_addf(out, "    const %s %s = %s;\n", body->precision->type, statement->name,
                      text_string(&statement->text));
    }
    text_addf(out, "    return %s;\n", result);
}

void write_body(const struct tree *tree, const double *parameters, bool derivative, const struct precision *precision,
                struct text *out)
{
    struct body body = {.precision = precision};
    struct operand stack[TREE_CAPACITY];
    int top = 0;
    parameter_statements(&body, tree, parameters);
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        top -= arity;
        stack[top] = arity == 0
                         ? leaf(node, precision)
                         : operation(&body, node->op, &stack[top], arity == 2 ? &stack[top + 1] : NULL, derivative);
        top++;
    }
    const char *result = derivative ? stack[0].slope : stack[0].value;
    struct text number = TEXT_EMPTY;
    if (derivative && (strcmp(result, "1") == 0 || !*result)) {
        write_literal(*result ? 1 : 0, precision, &number);
        result = text_string(&number);
    }
    write_statements(&body, result, out);
    out->failed |= body.failed || text_failed(&number);
    text_release(&number);
    for (int i = 0; i < body.count; i++)
        text_release(&body.statements[i].text);
}
