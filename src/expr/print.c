/* The printer, and the caret under a parser's error. */
#include "expr/parse.h"

#include "base/error.h"
#include "base/text.h"
#include "base/unicode.h"
#include "expr/tree.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a printed node looks like from outside, loosest first: a place that asks for a level gets
   brackets around everything looser. */
enum level { LEVEL_SUM, LEVEL_PRODUCT, LEVEL_SIGNED, LEVEL_POWER, LEVEL_ATOM };

static bool is_number(const struct node *node, double value)
{
    return node->op == OP_const && node->value == value;
}

/* pow(e, 2) cannot be written e^2, which is a primitive of its own. */
static bool is_infix_pow(const struct tree *tree, int root)
{
    const struct node *exponent = &tree->nodes[root - 1];
    return tree->nodes[root].op == OP_pow && !is_number(exponent, 2) && !is_number(exponent, 3);
}

static enum level level_of(const struct tree *tree, int root)
{
    const struct node *node = &tree->nodes[root];
    switch (node->op) {
    case OP_add:
    case OP_sub:
        return LEVEL_SUM;
    case OP_mul:
    case OP_div:
        return LEVEL_PRODUCT;
    case OP_neg:
        return LEVEL_SIGNED;
    case OP_const:
        return signbit(node->value) && !isnan(node->value) ? LEVEL_SIGNED : LEVEL_ATOM;
    case OP_square:
    case OP_cube:
        return LEVEL_POWER;
    case OP_pow:
        return is_infix_pow(tree, root) ? LEVEL_POWER : LEVEL_ATOM;
    default:
        return LEVEL_ATOM;
    }
}

static void print_node(const struct tree *tree, int root, struct text *out);

static void print_bracketed(const struct tree *tree, int root, struct text *out)
{
    text_add_char(out, '(');
    print_node(tree, root, out);
    text_add_char(out, ')');
}

static void print_at(const struct tree *tree, int root, enum level least, struct text *out)
{
    if (level_of(tree, root) < least)
        print_bracketed(tree, root, out);
    else
        print_node(tree, root, out);
}

static void print_number(double value, struct text *out)
{
    if (isnan(value)) /* C prints its sign, which does not count here */
        text_add(out, "nan");
    else if (fabs(value) < 1e6 && value == floor(value))
        text_addf(out, "%.0f", value);
    else
        text_add_number(out, value);
}

static void print_leaf(const struct node *node, struct text *out)
{
    switch (node->op) {
    case OP_x:
        text_add(out, "x");
        break;
    case OP_t:
        text_add_char(out, 't');
        break;
    case OP_const:
        print_number(node->value, out);
        break;
    case OP_param:
        text_addf(out, "p%d", node->index);
        if (node->value != 1) {
            text_add_char(out, '{');
            print_number(node->value, out);
            text_add_char(out, '}');
        }
        break;
    default:
        text_add_char(out, (char)('a' + node->index));
    }
}

/* Children a and b around the sign. A left operand of the same level needs no brackets because the
   operators group to the left; a right one does. */
static void print_infix(const struct tree *tree, int root, int a, int b, struct text *out)
{
    enum level level = level_of(tree, root);
    print_at(tree, a, level, out);
    text_addf(out, level == LEVEL_SUM ? " %s " : "%s", op_info(tree->nodes[root].op)->infix);
    print_at(tree, b, level + 1, out);
}

/* Behind a minus sign a bare number would become a negative number. */
static void print_negated(const struct tree *tree, int a, struct text *out)
{
    bool is_bare = tree->nodes[a].op == OP_const && level_of(tree, a) == LEVEL_ATOM;
    text_add_char(out, '-');
    if (is_bare)
        print_bracketed(tree, a, out);
    else
        print_at(tree, a, LEVEL_SIGNED, out);
}

static void print_call(const struct tree *tree, int root, int a, int b, struct text *out)
{
    text_addf(out, "%s(", op_info(tree->nodes[root].op)->name);
    print_node(tree, a, out);
    if (b >= 0) {
        text_add(out, ", ");
        print_node(tree, b, out);
    }
    text_add_char(out, ')');
}

static void print_node(const struct tree *tree, int root, struct text *out)
{
    const struct node *node = &tree->nodes[root];
    int a = -1, b = -1;
    tree_children(tree, root, &a, &b);
    if (a < 0) {
        print_leaf(node, out);
    } else if (node->op == OP_neg) {
        print_negated(tree, a, out);
    } else if (node->op == OP_square || node->op == OP_cube) {
        print_at(tree, a, LEVEL_ATOM, out);
        text_add(out, node->op == OP_square ? "^2" : "^3");
    } else if (is_infix_pow(tree, root)) {
        print_at(tree, a, LEVEL_ATOM, out);
        text_add_char(out, '^');
        print_at(tree, b, LEVEL_SIGNED, out);
    } else if (level_of(tree, root) < LEVEL_SIGNED) {
        print_infix(tree, root, a, b, out);
    } else {
        print_call(tree, root, a, b, out);
    }
}

void tree_print(const struct tree *tree, struct text *out)
{
    if (tree->count > 0)
        print_node(tree, tree->count - 1, out);
}

/* 1-based; 0 when the error names none. */
static size_t column_of(const struct error *err)
{
    const char *found = NULL;
    for (const char *next = err->where; (next = strstr(next, "column ")); next++)
        found = next + strlen("column ");
    return found ? (size_t)strtoul(found, NULL, 10) : 0;
}

/* A byte inside a character of several bytes: it takes no column on the screen. */
static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void parse_caret(const char *text, const struct error *err, struct text *out)
{
    enum { WIDTH = 76, DOTS = 3 };
    size_t length = strlen(text), column = column_of(err);
    if (column == 0 || column > length + 1)
        return;
    size_t needed = column > length ? column : length;
    size_t begin = column > WIDTH / 2 ? column - WIDTH / 2 : 0;
    if (needed <= WIDTH)
        begin = 0;
    else if (begin + WIDTH > needed)
        begin = needed - WIDTH;
    size_t end = begin + WIDTH < length ? begin + WIDTH : length;
    size_t first = begin ? begin + DOTS : 0, last = end < length ? end - DOTS : end;
    while (first < last && is_continuation(text[first]))
        first++;
    while (last > first && last < length && is_continuation(text[last]))
        last--;
    size_t blanks = begin ? DOTS : 0;
    text_add(out, begin ? "..." : "");
    /* One place on the line for each character: what cannot be shown as itself is a blank or a question mark. */
    char shown[UNICODE_SHOWN];
    for (size_t i = first; i < last;) {
        bool control = (unsigned char)text[i] < ' ' || text[i] == 0x7F;
        size_t bytes = unicode_show(text + i, last - i, shown);
        bool same = strncmp(shown, text + i, bytes) == 0 && shown[bytes] == '\0';
        text_add(out, same ? shown : control ? " " : "?");
        blanks += i + 1 < column;
        i += bytes;
    }
    text_add(out, end < length ? "...\n" : "\n");
    while (blanks--)
        text_add_char(out, ' ');
    text_add(out, "^\n");
}
