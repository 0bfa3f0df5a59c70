/* What is left of a function when t has become a number.
 *
 * Value and slope are the same at every |x| <= TERM_RADIUS, also at kinks: what is trained keeps t to the end, and what
 * is deployed must not differ from it. So constants are folded as the reference works them out, and only two kinds of
 * rules are here: a neutral 0 or 1 is dropped, and the product of an exact 0 and something finite is 0. */
#include "expr/simplify_internal.h"

#include <math.h>

static int fold(struct terms *terms, enum op op, int a, int b)
{
    if (!term_is_constant(terms, a) || (op_info(op)->arity == 2 && !term_is_constant(terms, b)))
        return 0;
    double value = op_value(op, terms->items[a].value, op_info(op)->arity == 2 ? terms->items[b].value : 0);
    return isfinite(value) ? term_constant(terms, value) : 0;
}

static int settled_product(struct terms *terms, enum op op, int a, int b)
{
    if (term_is(terms, b, 1))
        return a;
    if (op == OP_mul && term_is(terms, a, 1))
        return b;
    if (term_is(terms, a, 0) && (op == OP_mul ? term_is_finite(terms, b) : term_is_divisor(terms, b)))
        return a;
    if (op == OP_mul && term_is(terms, b, 0) && term_is_finite(terms, a))
        return b;
    return 0;
}

static int settled_sum(struct terms *terms, enum op op, int a, int b)
{
    if (term_is(terms, b, 0))
        return a;
    if (term_is(terms, a, 0))
        return op == OP_add ? b : term_raw(terms, OP_neg, b, 0);
    return 0;
}

int term_settled(struct terms *terms, enum op op, int a, int b)
{
    int result = fold(terms, op, a, b);
    if (!result && (op == OP_mul || op == OP_div))
        result = settled_product(terms, op, a, b);
    if (!result && (op == OP_add || op == OP_sub))
        result = settled_sum(terms, op, a, b);
    if (!result && op == OP_pow && term_is(terms, b, 1))
        result = a;
    return result ? result : term_raw(terms, op, a, b);
}
