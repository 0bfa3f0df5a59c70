/* The expansion of ops.def: the table of facts, and the double-precision reference. */
#include "expr/tree.h"

#include <math.h>
#include <string.h>

#define HELPER(macro, name, ...) static double name(double x) __VA_ARGS__
#include "expr/bessel.def"
#undef HELPER
#define I0E(x) actsearch_i0e(x)
#define I1E(x) actsearch_i1e(x)

static const struct op_info table[OP_COUNT] = {
#define OP_LEAF(name_) [OP_##name_] = {.name = #name_, .arity = 0},
#define OP_UNARY(name_, cost_, domain_, value_, derivative_, symbolic_)                                                \
    [OP_##name_] = {.name = #name_,                                                                                    \
                    .arity = 1,                                                                                        \
                    .cost = cost_,                                                                                     \
                    .domain = domain_,                                                                                 \
                    .value = #value_,                                                                                  \
                    .slope = {#derivative_},                                                                           \
                    .symbolic = {symbolic_}},
#define OP_BINARY(name_, infix_, cost_, domain_, value_, by_a_, by_b_, symbolic_a_, symbolic_b_)                       \
    [OP_##name_] = {.name = #name_,                                                                                    \
                    .arity = 2,                                                                                        \
                    .infix = infix_,                                                                                   \
                    .cost = cost_,                                                                                     \
                    .domain = domain_,                                                                                 \
                    .value = #value_,                                                                                  \
                    .slope = {#by_a_, #by_b_},                                                                         \
                    .symbolic = {symbolic_a_, symbolic_b_}},
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
};

const struct op_info *op_info(enum op op)
{
    return &table[op];
}

enum op op_by_name(const char *name)
{
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++)
        if (strcmp(table[op].name, name) == 0)
            return (enum op)op;
    return OP_COUNT;
}

double op_value(enum op op, double a, double b)
{
    switch (op) {
#define OP_LEAF(name) case OP_##name:
#define OP_UNARY(name, cost, domain, value, ...)                                                                       \
    case OP_##name:                                                                                                    \
        return value;
#define OP_BINARY(name, infix, cost, domain, value, ...)                                                               \
    case OP_##name:                                                                                                    \
        return value;
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
    case OP_COUNT:
        break;
    }
    return NAN;
}

double op_slope(enum op op, double a, double b, int by)
{
    return op_slope_at(op, a, b, op_value(op, a, b), by);
}

double op_slope_at(enum op op, double a, double b, double v, int by)
{
    switch (op) {
#define OP_LEAF(name) case OP_##name:
#define OP_UNARY(name, cost, domain, value, derivative, symbolic)                                                      \
    case OP_##name:                                                                                                    \
        return derivative;
#define OP_BINARY(name, infix, cost, domain, value, by_a, by_b, symbolic_a, symbolic_b)                                \
    case OP_##name:                                                                                                    \
        return by == 0 ? (by_a) : (by_b);
#include "expr/ops.def"
#undef OP_LEAF
#undef OP_UNARY
#undef OP_BINARY
    case OP_COUNT:
        break;
    }
    return NAN;
}
