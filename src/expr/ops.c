/* The expansion of ops.def: the table of facts, and the double-precision reference. */
#include "expr/tree.h"

#include <math.h>
#include <string.h>

#define HELPER(macro, name, ...) static double name(double x) __VA_ARGS__
#include "expr/bessel.def"
#undef HELPER
#define I0E(x) actsearch_i0e(x)
#define I1E(x) actsearch_i1e(x)
#define I01E(x) actsearch_i01e(x)

/* The shapes with their numbers. */
#define SHAPE_ANY .shape = OP_SHAPE_ANY
#define SHAPE_RISING .shape = OP_SHAPE_RISING
#define SHAPE_FALLING .shape = OP_SHAPE_FALLING
#define SHAPE_VALLEY .shape = OP_SHAPE_VALLEY
#define SHAPE_HILL .shape = OP_SHAPE_HILL
#define SHAPE_HOOK(low_) .shape = OP_SHAPE_HOOK, .low = low_
#define SHAPE_RISING_FROM(low_) .shape = OP_SHAPE_RISING_FROM, .low = low_
#define SHAPE_POLE_AT_0 .shape = OP_SHAPE_POLE_AT_0
#define SHAPE_WAVE(low_, high_) .shape = OP_SHAPE_WAVE, .low = low_, .high = high_

static const struct op_info table[OP_COUNT] = {
#define OP_LEAF(name_) [OP_##name_] = {.name = #name_, .arity = 0},
#define OP_UNARY(name_, cost_, reach_, parity_, shape_, domain_, value_, derivative_, symbolic_)                       \
    [OP_##name_] = {.name = #name_,                                                                                    \
                    .arity = 1,                                                                                        \
                    .cost = cost_,                                                                                     \
                    .reach = OP_##reach_,                                                                              \
                    .parity = OP_##parity_,                                                                            \
                    SHAPE_##shape_,                                                                                    \
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
#define OP_UNARY(name, cost, reach, parity, shape, domain, value, ...)                                                 \
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
#define OP_UNARY(name, cost, reach, parity, shape, domain, value, derivative, symbolic)                                \
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

static enum reach larger(enum reach a, enum reach b)
{
    return a > b ? a : b;
}

/* Of a product: x times something bounded grows like x, x times x already faster. */
static enum reach product(enum reach a, enum reach b)
{
    return a + b > REACH_WITH_VALUE ? REACH_WITH_VALUE : (enum reach)(a + b);
}

static struct reaches unary_reaches(enum op op, struct reaches a)
{
    bool tame = a.slope <= REACH_LINEAR;
    switch (table[op].reach) {
    case OP_SATURATES:
        return (struct reaches){REACH_BOUNDED, tame ? a.slope : REACH_FAR, true};
    case OP_FOLLOWS: /* relu, for one, makes 0 of -Inf, neg hides nothing */
        return (struct reaches){a.value, tame || op == OP_neg ? a.slope : REACH_FAR, true};
    case OP_GROWS:
        return (struct reaches){REACH_WITH_VALUE, tame ? REACH_WITH_VALUE : REACH_FAR, true};
    default:
        return (struct reaches){REACH_WITH_VALUE, REACH_FAR, true};
    }
}

static struct reaches product_reaches(struct reaches a, struct reaches b)
{
    enum reach by_a = a.moves ? product(b.value, a.slope) : REACH_BOUNDED;
    enum reach by_b = b.moves ? product(a.value, b.slope) : REACH_BOUNDED;
    bool far = a.slope == REACH_FAR || b.slope == REACH_FAR;
    return (struct reaches){product(a.value, b.value), far ? REACH_FAR : larger(by_a, by_b), true};
}

struct reaches op_reaches(enum op op, struct reaches a, struct reaches b)
{
    if (op < TREE_FIRST_BINARY)
        return a.moves ? unary_reaches(op, a) : leaf_reaches(OP_const);
    if (!a.moves && !b.moves)
        return leaf_reaches(OP_const);
    struct reaches both = {larger(a.value, b.value), larger(a.slope, b.slope), true};
    switch (op) {
    case OP_add:
    case OP_sub:
        return both;
    case OP_max: /* hide an infinite argument */
    case OP_min:
        both.slope = both.slope > REACH_LINEAR ? REACH_FAR : both.slope;
        return both;
    case OP_mul:
        return product_reaches(a, b);
    case OP_div:
        return b.moves ? (struct reaches){REACH_WITH_VALUE, REACH_FAR, true} : a;
    default:
        return (struct reaches){REACH_WITH_VALUE, REACH_FAR, true};
    }
}

struct reaches leaf_reaches(enum op leaf)
{
    bool is_x = leaf == OP_x;
    return (struct reaches){is_x ? REACH_LINEAR : REACH_BOUNDED, REACH_BOUNDED, is_x || leaf == OP_param};
}
