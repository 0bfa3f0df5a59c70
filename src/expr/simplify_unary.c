/* The unary primitives that are neither sums nor products nor orders: signs and constant factors move out of even, odd
 * and homogeneous functions. */
#include "expr/simplify_internal.h"

#include <math.h>

bool op_is_odd(enum op op)
{
    return op_info(op)->parity == OP_ODD && op != OP_neg && op != OP_reciprocal;
}

static bool op_is_even(enum op op)
{
    return op_info(op)->parity == OP_EVEN;
}

/* abs(c*a) = |c|*abs(a), square(c*a) = c^2*square(a), cube(c*a) = c^3*cube(a): exact where nothing
   overflows; sign(c*a) = sign(a) and step(c*a) = step(a) for c > 0: for all a of at least 1e-270 in
   magnitude and 0. */
static int without_factor(struct terms *terms, enum op op, int a)
{
    int rest;
    double c = term_split(terms, a, &rest);
    if (c == 1 || c == 0 || !term_is_finite(terms, a) || !term_is_finite(terms, rest))
        return 0;
    if ((op == OP_sign || op == OP_step) && c > 0)
        return term_simple(terms, op, rest, 0);
    if (op != OP_abs && op != OP_square && op != OP_cube)
        return 0;
    double scale = op == OP_abs ? fabs(c) : op == OP_square ? c * c : c * c * c;
    int power = term_simple(terms, op, rest, 0);
    bool moderate = fabs(scale) >= 1 / TERM_LIMIT && fabs(scale) <= TERM_LIMIT;
    if (!moderate || !term_is_finite(terms, power) ||
        range_magnitude(terms->items[power].near) * fabs(scale) > TERM_LIMIT)
        return 0;
    return term_scaled(terms, scale, power);
}

/* square(abs(a)) = square(a), abs(a) = a for a >= 0, abs(a) = -a for a <= 0: for all a. */
static int without_sign(struct terms *terms, enum op op, int a)
{
    struct term t = terms->items[a];
    if (op_is_even(op) && t.op == OP_abs)
        return term_simple(terms, op, t.a, 0);
    if (op == OP_abs && t.everywhere.low >= 0)
        return a;
    if (op == OP_abs && t.everywhere.high <= 0)
        return term_simple(terms, OP_neg, a, 0);
    if (op_is_even(op) && term_is_negative(terms, a)) {
        int opposite = term_negated(terms, a);
        return opposite ? term_simple(terms, op, opposite, 0) : 0;
    }
    if (op_is_odd(op) && t.op == OP_neg)
        return term_simple(terms, OP_neg, term_simple(terms, op, t.a, 0), 0);
    return 0;
}

/* cube(square(a)) is written square(cube(a)), so that powers of powers have one form. */
static int ordered_powers(struct terms *terms, enum op op, int a)
{
    struct term t = terms->items[a];
    if (op != OP_cube || t.op != OP_square)
        return 0;
    return term_simple(terms, OP_square, term_simple(terms, OP_cube, t.a, 0), 0);
}

int term_unary(struct terms *terms, enum op op, int a)
{
    int (*const rules[])(struct terms *, enum op, int) = {without_sign, without_factor, ordered_powers, rule_unary};
    for (int i = 0; i < (int)(sizeof rules / sizeof *rules); i++) {
        int result = rules[i](terms, op, a);
        if (result)
            return result;
    }
    return term_raw(terms, op, a, 0);
}
