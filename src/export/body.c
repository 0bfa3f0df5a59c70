/* The statements of a function: a line of the straight-line program is at most two, one for its value and one for its
 * slope. What the result does not need is left out, and the rest is numbered: t1, d1, t2, ... */
#include "base/text.h"
#include "export/export_internal.h"
#include "expr/program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 16 };

struct body {
    const struct language *language;
    const struct exported_function *function;
    struct program program;
    struct slope slopes[TREE_CAPACITY];
    struct program_needs needs;
    int number[TREE_CAPACITY]; /* of a line that is needed */
    unsigned helpers;
};

static void add_literal(const struct body *body, double value, struct text *out)
{
    body->language->literal(value, body->function->precision, out);
}

static void add_line_name(const struct body *body, char kind, int line, struct text *out)
{
    text_addf(out, "%c%d", kind, body->number[line]);
}

static void add_value(const struct body *body, struct operand operand, struct text *out)
{
    if (operand.place == PLACE_LINE)
        add_line_name(body, 't', operand.index, out);
    else if (operand.place == PLACE_CONSTANT)
        add_literal(body, body->program.constant[operand.index], out);
    else if (operand.place == PLACE_PARAMETER)
        text_addf(out, "p%d", operand.index);
    else
        text_add(out, "x");
}

/* One of the texts of ops.def for a line. */
static void add_formula(struct body *body, const char *text, int i, struct text *out)
{
    const struct line *line = &body->program.lines[i];
    struct text a = TEXT_EMPTY, b = TEXT_EMPTY, v = TEXT_EMPTY;
    add_value(body, line->a, &a);
    add_value(body, line->b, &b);
    add_line_name(body, 't', i, &v);
    struct formula formula = {.text = text, .a = text_string(&a), .b = text_string(&b), .v = text_string(&v)};
    body->helpers |= write_formula(&formula, body->language, body->function->precision, out);
    out->failed |= text_failed(&a) || text_failed(&b) || text_failed(&v);
    text_release(&a);
    text_release(&b);
    text_release(&v);
}

/* ---- slopes */

/* factor * d3 */
static void add_scaled(const struct body *body, double factor, struct operand inner, struct text *sum)
{
    bool unit = fabs(factor) == 1;
    if (unit && factor < 0)
        text_add(sum, sum->length ? " - " : "-");
    else if (sum->length)
        text_add(sum, " + ");
    if (!unit) {
        add_literal(body, factor, sum);
        text_add(sum, " * ");
    }
    add_line_name(body, 'd', inner.index, sum);
}

/* TIMES(outer, d3) */
static void add_careful_product(struct body *body, const char *outer, struct operand inner, struct text *sum)
{
    struct text slope = TEXT_EMPTY;
    add_line_name(body, 'd', inner.index, &slope);
    text_add(sum, sum->length ? " + " : "");
    body->helpers |=
        write_helper_call(EXPORT_TIMES, outer, text_string(&slope), body->language, body->function->precision, sum);
    sum->failed |= text_failed(&slope);
    text_release(&slope);
}

/* outer * d3, with brackets where outer is more than a name and does not stand alone */
static void add_plain_product(const struct body *body, const char *outer, struct operand inner, bool bare,
                              struct text *sum)
{
    struct slope slope = program_slope(inner, body->slopes);
    bool unit = slope.kind == SLOPE_NUMBER && slope.number == 1;
    if (sum->length)
        text_add(sum, " + ");
    text_addf(sum, bare ? "%s" : "(%s)", outer);
    if (unit)
        return;
    text_add(sum, " * ");
    if (slope.kind == SLOPE_PRODUCTS)
        add_line_name(body, 'd', inner.index, sum);
    else
        add_literal(body, slope.number, sum);
}

static bool moves(const struct body *body, struct operand operand)
{
    return program_slope(operand, body->slopes).kind != SLOPE_ZERO;
}

static void add_product(struct body *body, int i, const struct slope_product *product, struct text *sum)
{
    const struct line *line = &body->program.lines[i];
    const char *text = op_info(line->op)->slope[product->by];
    struct operand inner = product->by == 0 ? line->a : line->b;
    struct slope slope = program_slope(inner, body->slopes);
    bool alone = line->op < TREE_FIRST_BINARY || !moves(body, line->a) || !moves(body, line->b);
    bool unit = slope.kind == SLOPE_NUMBER && slope.number == 1, is_name = strlen(text) == 1;
    struct text outer = TEXT_EMPTY;
    if (product->scaled) {
        add_scaled(body, product->factor, inner, sum);
        return;
    }
    add_formula(body, text, i, &outer);
    if (product->careful)
        add_careful_product(body, text_string(&outer), inner, sum);
    else
        add_plain_product(body, text_string(&outer), inner, is_name || (unit && alone), sum);
    sum->failed |= text_failed(&outer);
    text_release(&outer);
}

static void add_slope(struct body *body, int i, struct text *sum)
{
    const struct slope *slope = &body->slopes[i];
    for (int k = 0; k < slope->products; k++)
        add_product(body, i, &slope->product[k], sum);
    if (slope->number != 0) {
        text_add(sum, " + ");
        add_literal(body, slope->number, sum);
    }
}

/* ---- statements */

/* The number of the line that the result is a statement of; -1: it is none. */
static int result_line(const struct body *body)
{
    struct operand result = body->program.result;
    bool computed = !body->function->derivative || program_slope(result, body->slopes).kind == SLOPE_PRODUCTS;
    return result.place == PLACE_LINE && computed ? result.index : -1;
}

static void add_statement(struct body *body, char kind, int i, struct text *out)
{
    struct text value = TEXT_EMPTY, name = TEXT_EMPTY;
    if (kind == 't')
        add_formula(body, op_info(body->program.lines[i].op)->value, i, &value);
    else
        add_slope(body, i, &value);
    if (i == result_line(body) && (kind == 'd') == body->function->derivative) {
        body->language->result(text_string(&value), out);
    } else {
        add_line_name(body, kind, i, &name);
        body->language->assign(text_string(&name), text_string(&value), body->function->precision, out);
    }
    out->failed |= text_failed(&value) || text_failed(&name);
    text_release(&value);
    text_release(&name);
}

/* A result that no line computes: an argument or a number. */
static void add_leaf_result(const struct body *body, struct text *out)
{
    struct text value = TEXT_EMPTY;
    if (body->function->derivative)
        add_literal(body, program_slope(body->program.result, body->slopes).number, &value);
    else
        add_value(body, body->program.result, &value);
    body->language->result(text_string(&value), out);
    out->failed |= text_failed(&value);
    text_release(&value);
}

static void add_arguments(const struct body *body, struct text *out)
{
    const struct language *language = body->language;
    bool any_parameter = false;
    for (int j = 0; j < TREE_PARAMETERS; j++) {
        any_parameter |= body->needs.parameters[j];
        if (body->needs.parameters[j])
            language->parameter(j, body->function->precision, out);
    }
    if (!body->needs.x && language->unused)
        language->unused("x", out);
    if (!any_parameter && body->function->with_parameters && language->unused)
        language->unused("p", out);
}

static void prepare(struct body *body)
{
    const struct exported_function *function = body->function;
    int number = 0;
    body->program.rounded = function->precision->rounded;
    body->program.as_written = true;
    program_of(function->tree, &body->program);
    program_slopes(&body->program, body->slopes);
    body->needs = program_needs(&body->program, function->derivative ? body->slopes : NULL);
    for (int i = 0; i < body->program.count; i++)
        if (body->needs.value[i] || body->needs.slope[i])
            body->number[i] = ++number;
}

unsigned export_body(const struct language *language, const struct exported_function *function, struct text *out)
{
    struct body body = {.language = language, .function = function};
    prepare(&body);
    add_arguments(&body, out);
    for (int i = 0; i < body.program.count; i++) {
        if (body.needs.value[i])
            add_statement(&body, 't', i, out);
        if (body.needs.slope[i])
            add_statement(&body, 'd', i, out);
    }
    if (result_line(&body) < 0)
        add_leaf_result(&body, out);
    return body.helpers;
}
