#include "expr/program.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

/* ---- lines */

static bool same_number(const struct program *program, double a, double b)
{
    if (program->rounded) {
        a = program->rounded(a);
        b = program->rounded(b);
    }
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool is_number(const struct program *program, struct operand operand, double number)
{
    return operand.place == PLACE_CONSTANT && same_number(program, program->constant[operand.index], number);
}

static bool same_operand(const struct program *program, struct operand a, struct operand b)
{
    if (a.place == b.place && a.index == b.index)
        return true;
    return b.place == PLACE_CONSTANT && is_number(program, a, program->constant[b.index]);
}

/* The same spelled as a product or a quotient. */
static bool is_spelled_out(const struct program *program, const struct line *unary, const struct line *binary)
{
    if (!same_operand(program, unary->a, binary->b))
        return false;
    if (unary->op == OP_square)
        return binary->op == OP_mul && same_operand(program, unary->a, binary->a);
    return unary->op == OP_reciprocal && binary->op == OP_div && is_number(program, binary->a, 1);
}

static bool same_line(const struct program *program, const struct line *p, const struct line *q)
{
    if (p->op == q->op)
        return same_operand(program, p->a, q->a) && same_operand(program, p->b, q->b);
    return program->as_written && (is_spelled_out(program, p, q) || is_spelled_out(program, q, p));
}

uint16_t leaf_moves(struct operand leaf)
{
    return leaf.place == PLACE_X ? MOVES_WITH_X : leaf.place == PLACE_PARAMETER ? (uint16_t)(2u << leaf.index) : 0;
}

static uint16_t moves(const struct program *program, struct operand operand)
{
    return operand.place == PLACE_LINE ? program->lines[operand.index].moves : leaf_moves(operand);
}

static struct reaches reaches_of(const struct program *program, struct operand operand)
{
    static const enum op leaves[] = {
        [PLACE_X] = OP_x, [PLACE_T] = OP_t, [PLACE_CONSTANT] = OP_const, [PLACE_PARAMETER] = OP_param};
    return operand.place == PLACE_LINE ? program->lines[operand.index].reaches : leaf_reaches(leaves[operand.place]);
}

struct operand program_constant(struct program *program, double value)
{
    int i = 0;
    while (i < program->constants && memcmp(&program->constant[i], &value, sizeof value) != 0)
        i++;
    if (i == program->constants)
        program->constant[program->constants++] = value;
    return (struct operand){PLACE_CONSTANT, (uint8_t)i};
}

struct operand program_add(struct program *program, enum op op, struct operand a, struct operand b)
{
    struct line line = {.op = (uint8_t)op, .a = a, .b = b};
    int i = 0;
    while (i < program->count && !same_line(program, &program->lines[i], &line))
        i++;
    if (i < program->count)
        return (struct operand){PLACE_LINE, (uint8_t)i};
    line.moves = moves(program, a);
    if (op >= TREE_FIRST_BINARY)
        line.moves |= moves(program, b);
    line.reaches = op_reaches(op, reaches_of(program, a), reaches_of(program, b));
    program->lines[program->count++] = line;
    return (struct operand){PLACE_LINE, (uint8_t)i};
}

static struct operand leaf(struct program *program, const struct node *node)
{
    switch ((enum op)node->op) {
    case OP_x:
        return (struct operand){PLACE_X, 0};
    case OP_t:
        return (struct operand){PLACE_T, 0};
    case OP_param:
        return (struct operand){PLACE_PARAMETER, node->index};
    default:
        return program_constant(program, node->value);
    }
}

void program_of(const struct tree *tree, struct program *program)
{
    struct operand stack[TREE_CAPACITY];
    int top = 0;
    program->count = program->constants = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        switch (op_info(node->op)->arity) {
        case 0:
            stack[top++] = leaf(program, node);
            break;
        case 1:
            stack[top - 1] = program_add(program, node->op, stack[top - 1], (struct operand){0});
            break;
        default:
            top--;
            stack[top - 1] = program_add(program, node->op, stack[top - 1], stack[top]);
        }
    }
    ALWAYS(top == 1);
    program->result = stack[0];
}

/* ---- slopes */

/* The primitive's own slope when it is a number: 1, -1, or a constant that is the other factor. */
static bool is_constant_slope(const struct program *program, const struct line *line, const char *text, double *value)
{
    bool is_a = strcmp(text, "a") == 0, is_b = strcmp(text, "b") == 0, minus = strcmp(text, "-1.0") == 0;
    struct operand named = is_a ? line->a : line->b;
    if (!is_a && !is_b) {
        *value = minus ? -1 : 1;
        return minus || strcmp(text, "1.0") == 0;
    }
    if (named.place != PLACE_CONSTANT)
        return false;
    *value = program->constant[named.index];
    return true;
}

/* Can 0 and infinity meet in the product of the primitive's own slope and this argument's, and be seen? Where the root
   is x times something, they meet only at an infinite x, where the value is infinite or NaN itself. */
static bool is_careful(const struct program *program, const struct line *line, int by, enum slope_kind inner)
{
    struct operand own = by == 0 ? line->a : line->b, other = by == 0 ? line->b : line->a;
    bool root = line == &program->lines[program->count - 1];
    if (inner != SLOPE_PRODUCTS)
        return false;
    if (reaches_of(program, own).slope > REACH_BOUNDED)
        return true;
    if (line->op < TREE_FIRST_BINARY)
        return op_info(line->op)->reach >= OP_GROWS;
    if (line->op == OP_mul)
        return reaches_of(program, other).value > (root ? REACH_LINEAR : REACH_BOUNDED);
    return line->op == OP_div || line->op == OP_pow;
}

static struct slope slope_of(const struct program *program, const struct line *line, const struct slope *slopes)
{
    const struct op_info *info = op_info(line->op);
    struct slope slope = {.kind = SLOPE_ZERO};
    for (int i = 0; i < info->arity; i++) {
        struct slope inner = program_slope(i == 0 ? line->a : line->b, slopes);
        double factor = 0;
        if (inner.kind == SLOPE_ZERO || strcmp(info->slope[i], "0.0") == 0)
            continue;
        bool scaled = is_constant_slope(program, line, info->slope[i], &factor);
        if (scaled && inner.kind == SLOPE_NUMBER)
            slope.number += factor * inner.number;
        else
            slope.product[slope.products++] =
                (struct slope_product){.by = (uint8_t)i,
                                       .scaled = scaled,
                                       .careful = !scaled && is_careful(program, line, i, inner.kind),
                                       .factor = factor};
    }
    slope.kind = slope.products ? SLOPE_PRODUCTS : slope.number != 0 ? SLOPE_NUMBER : SLOPE_ZERO;
    return slope;
}

void program_slopes(const struct program *program, struct slope *slopes)
{
    for (int i = 0; i < program->count; i++)
        slopes[i] = slope_of(program, &program->lines[i], slopes);
}

struct slope program_slope(struct operand operand, const struct slope *slopes)
{
    if (operand.place == PLACE_LINE)
        return slopes[operand.index];
    bool is_x = operand.place == PLACE_X;
    return (struct slope){.kind = is_x ? SLOPE_NUMBER : SLOPE_ZERO, .number = is_x};
}

/* ---- what is needed */

/* Does a text of ops.def name its argument a, b or v? */
static bool names(const char *text, char argument)
{
    for (const char *p = text; *p; p++) {
        const char *word = p;
        while (isalnum((unsigned char)*p) || *p == '_' || *p == '.')
            p++;
        if (p == word + 1 && *word == argument)
            return true;
        if (!*p)
            break;
    }
    return false;
}

static void need_value(struct program_needs *needs, struct operand operand)
{
    if (operand.place == PLACE_X)
        needs->x = true;
    else if (operand.place == PLACE_PARAMETER)
        needs->parameters[operand.index] = true;
    else if (operand.place == PLACE_LINE)
        needs->value[operand.index] = true;
}

/* What a text of ops.def asks for as the value or a slope of line i. */
static void need_named(const struct program *program, int i, const char *text, struct program_needs *needs)
{
    const struct line *line = &program->lines[i];
    if (names(text, 'a'))
        need_value(needs, line->a);
    if (names(text, 'b'))
        need_value(needs, line->b);
    if (names(text, 'v'))
        needs->value[i] = true;
}

static void need_slope(struct program_needs *needs, struct operand operand, const struct slope *slopes)
{
    if (program_slope(operand, slopes).kind == SLOPE_PRODUCTS)
        needs->slope[operand.index] = true;
}

struct program_needs program_needs(const struct program *program, const struct slope *slopes)
{
    struct program_needs needs = {.x = false};
    if (slopes)
        need_slope(&needs, program->result, slopes);
    else
        need_value(&needs, program->result);
    for (int i = program->count - 1; i >= 0; i--) {
        const struct line *line = &program->lines[i];
        const struct op_info *info = op_info(line->op);
        for (int k = 0; needs.slope[i] && k < slopes[i].products; k++) {
            const struct slope_product *product = &slopes[i].product[k];
            need_slope(&needs, product->by == 0 ? line->a : line->b, slopes);
            if (!product->scaled)
                need_named(program, i, info->slope[product->by], &needs);
        }
        if (needs.value[i])
            need_named(program, i, info->value, &needs);
    }
    return needs;
}
