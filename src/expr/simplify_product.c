/* Products: mul, div, reciprocal and powers as c * f1^n1 * f2^n2 * ... / d
 *
 * Canonical form: the constant first, then learned parameters, then t, then the other factors sorted by term_compare
 * with equal ones collected into square and cube; at most one division, at the root; 1/d is reciprocal(d), and a
 * constant factor is written as a division where its reciprocal is a whole number that is not a short decimal fraction
 * (x/6, but 0.2*x). Signs go into c, and from c = -1 into a factor that can take it without growing (1-x for x-1).
 *
 * Equal as real functions wherever d is not 0 (there, numerator and divisor stay what they were).
 * Reassociation needs the factors to be bounded, except for one, which then comes last: no
 * intermediate product overflows where the original did not; one that overflowed although the whole
 * did not (x*exp(x)*0.1) may become finite. A factor cancels against the divisor only where both are
 * finite and away from 0. Results below 1e-300 may differ by underflow. */
#include "expr/simplify_internal.h"

#include <math.h>

enum { HIGHEST_POWER = 9 };

struct factor {
    int base, exponent;
};

struct product {
    double c;
    int divisor; /* 0: none */
    int count;
    bool blocked; /* it cannot be written as such a product */
    struct factor factors[TERM_LIST];
};

static bool is_unbounded(const struct terms *terms, int term)
{
    return range_magnitude(terms->items[term].near) > TERM_LIMIT;
}

static void add_constant(struct product *product, double value, int exponent)
{
    for (int i = 0; i < exponent; i++)
        product->c *= value;
    double size = fabs(product->c);
    product->blocked |= product->c != 0 && !(size >= 1 / TERM_LIMIT && size <= TERM_LIMIT);
    product->blocked |= product->c == 0 && value != 0;
}

static int rank(enum op op)
{
    return op == OP_param ? 2 : op == OP_t ? 1 : 0;
}

/* Learned parameters first, like constants, then t: p0*t*x. */
static int compare_factors(const struct terms *terms, int a, int b)
{
    int order = rank(terms->items[b].op) - rank(terms->items[a].op);
    return order ? order : term_compare(terms, a, b);
}

static void add_factor(struct terms *terms, struct product *product, int base, int exponent)
{
    int opposite = term_is_negative(terms, base) ? term_negated(terms, base) : 0;
    if (opposite) {
        product->c *= exponent % 2 ? -1 : 1;
        base = opposite;
    }
    int place = 0;
    int order = 1;
    while (place < product->count && (order = compare_factors(terms, base, product->factors[place].base)) > 0)
        place++;
    if (place < product->count && order == 0) {
        product->factors[place].exponent += exponent;
        return;
    }
    if (product->count == TERM_LIST) {
        product->blocked = true;
        return;
    }
    for (int i = product->count; i > place; i--)
        product->factors[i] = product->factors[i - 1];
    product->factors[place] = (struct factor){.base = base, .exponent = exponent};
    product->count++;
}

static void gather(struct terms *terms, struct product *product, int term, int exponent);

static void divide(struct terms *terms, struct product *product, int divisor)
{
    int rest;
    double c = term_split(terms, divisor, &rest);
    if (c == 0) {
        product->blocked = true;
        return;
    }
    add_constant(product, 1 / c, 1);
    struct term r = terms->items[rest];
    if (term_is(terms, rest, 1))
        return;
    if (r.op == OP_reciprocal && term_is_divisor(terms, r.a)) {
        gather(terms, product, r.a, 1);
        return;
    }
    if (product->divisor && term_is_divisor(terms, product->divisor) && term_is_divisor(terms, rest))
        rest = term_simple(terms, OP_mul, product->divisor, rest);
    else if (product->divisor)
        product->blocked = true;
    product->divisor = rest;
}

/* Of a product, a quotient or a reciprocal. */
static void gather_parts(struct terms *terms, struct product *product, const struct term *t)
{
    if (t->op != OP_reciprocal)
        gather(terms, product, t->a, 1);
    if (t->op == OP_mul)
        gather(terms, product, t->b, 1);
    else
        divide(terms, product, t->op == OP_div ? t->b : t->a);
}

static void gather(struct terms *terms, struct product *product, int term, int exponent)
{
    struct term t = terms->items[term];
    switch ((enum op)t.op) {
    case OP_const:
        if (isfinite(t.value))
            add_constant(product, t.value, exponent);
        else
            product->blocked = true;
        return;
    case OP_square:
    case OP_cube:
        if (is_unbounded(terms, t.a)) {
            add_factor(terms, product, term, exponent);
            return;
        }
        gather(terms, product, t.a, exponent * (t.op == OP_square ? 2 : 3));
        return;
    case OP_neg:
        product->c *= exponent % 2 ? -1 : 1;
        gather(terms, product, t.a, exponent);
        return;
    case OP_mul:
    case OP_div:
    case OP_reciprocal:
        break;
    default:
        add_factor(terms, product, term, exponent);
        return;
    }
    if (exponent == 1)
        gather_parts(terms, product, &t);
    else
        add_factor(terms, product, term, exponent);
}

/* Takes one power of factor i out; -1: the divisor. */
static void remove_one(struct product *product, int i)
{
    if (i < 0)
        product->divisor = 0;
    else if (--product->factors[i].exponent == 0) {
        product->count--;
        for (int k = i; k < product->count; k++)
            product->factors[k] = product->factors[k + 1];
    }
}

static void cancel(struct terms *terms, struct product *product)
{
    if (!product->divisor || !term_is_divisor(terms, product->divisor))
        return;
    for (int i = 0; i < product->count; i++) {
        struct factor *f = &product->factors[i];
        if (term_compare(terms, f->base, product->divisor) != 0)
            continue;
        remove_one(product, -1);
        remove_one(product, i);
        return;
    }
}

/* May the factors be multiplied in any order, the unbounded one last? */
static bool is_free(const struct terms *terms, const struct product *product, bool divides_last)
{
    double bounded = fmax(1, fabs(product->c));
    int unbounded = 0;
    for (int i = 0; i < product->count; i++) {
        const struct factor *f = &product->factors[i];
        if (is_unbounded(terms, f->base))
            unbounded += f->exponent;
        else
            bounded *= pow(fmax(1, range_magnitude(terms->items[f->base].near)), f->exponent);
    }
    bool divisor_is_harmless = !product->divisor || unbounded == 0 || divides_last;
    return !product->blocked && bounded <= TERM_LIMIT && unbounded <= 1 && divisor_is_harmless;
}

static struct product parse(struct terms *terms, int term)
{
    struct product product;
    product.c = 1;
    product.divisor = 0;
    product.count = 0;
    product.blocked = false;
    gather(terms, &product, term, 1);
    cancel(terms, &product);
    return product;
}

/* base^n as squares and cubes; n in 1..HIGHEST_POWER without 5 and 7, which are two factors. */
static int power(struct terms *terms, int base, int n)
{
    static const enum op steps[HIGHEST_POWER + 1][3] = {
        [2] = {OP_square},          [3] = {OP_cube},          [4] = {OP_square, OP_square},
        [6] = {OP_cube, OP_square}, [9] = {OP_cube, OP_cube}, [8] = {OP_square, OP_square, OP_square},
    };
    for (int i = 0; i < 3 && steps[n][i]; i++)
        base = term_raw(terms, steps[n][i], base, 0);
    return base;
}

static int multiply(struct terms *terms, int left, int right)
{
    return left ? term_raw(terms, OP_mul, left, right) : right;
}

static int multiply_powers(struct terms *terms, int left, struct factor f)
{
    while (f.exponent > 0) {
        int part = f.exponent > HIGHEST_POWER ? HIGHEST_POWER : f.exponent;
        if (part == 5 || part == 7)
            part = 1;
        left = multiply(terms, left, power(terms, f.base, part));
        f.exponent -= part;
    }
    return left;
}

/* The whole number n for which c = 1/n should be written as a division, otherwise 0. */
static double whole_divisor(double c)
{
    double n = nearbyint(1 / c);
    if (n == 0 || fabs(n) < 3 || fabs(n) > 1000 || 1 / n != c)
        return 0;
    double odd = fabs(n);
    while (fmod(odd, 2) == 0)
        odd /= 2;
    while (fmod(odd, 5) == 0)
        odd /= 5;
    return odd == 1 ? 0 : n;
}

/* A negative c goes into a factor where that costs nothing. */
static void place_sign(struct terms *terms, struct product *product)
{
    for (int odd = 0; odd < (product->c == -1 ? 2 : 1); odd++)
        for (int i = 0; i < product->count && product->c < 0; i++) {
            struct factor *f = &product->factors[i];
            int op = terms->items[f->base].op;
            bool wanted = odd ? op_is_odd(op) : op == OP_add || op == OP_sub;
            int opposite = wanted && f->exponent == 1 ? term_negated(terms, f->base) : 0;
            if (opposite) {
                f->base = opposite;
                product->c = -product->c;
            }
        }
}

static int build(struct terms *terms, struct product *product)
{
    if (product->c < 0)
        place_sign(terms, product);
    double c = product->c;
    int result = 0;
    double quotient = product->divisor || product->count == 0 ? 0 : whole_divisor(c);
    bool alone = product->count == 0 && (!product->divisor || c != 1);
    if (alone || (fabs(c) != 1 && !quotient))
        result = term_constant(terms, c);
    for (int unbounded = 0; unbounded < 2; unbounded++)
        for (int i = 0; i < product->count; i++)
            if (is_unbounded(terms, product->factors[i].base) == unbounded)
                result = multiply_powers(terms, result, product->factors[i]);
    if (product->divisor)
        result = result ? term_raw(terms, OP_div, result, product->divisor)
                        : term_raw(terms, OP_reciprocal, product->divisor, 0);
    if (quotient)
        result = term_raw(terms, OP_div, result, term_constant(terms, quotient));
    return c == -1 && !alone ? term_raw(terms, OP_neg, result, 0) : result;
}

static int constant_size(double c)
{
    return c == 1 ? 0 : c == -1 ? 1 : 2;
}

/* Applies the table of identities to factor i (-1: none) and factor j (-1: the divisor). */
static bool apply_rule_to(struct terms *terms, struct product *product, int i, int j)
{
    int p = i < 0 ? 0 : product->factors[i].base;
    int q = j < 0 ? product->divisor : product->factors[j].base;
    double scale = 1;
    int result = rule_product(terms, p, q, j < 0, &scale);
    if (!result)
        return false;
    int before = constant_size(product->c) + (p ? terms->items[p].size : 0) + 1 + terms->items[q].size;
    if (constant_size(product->c * scale) + terms->items[result].size >= before)
        return false;
    remove_one(product, i > j ? i : j);
    if (i >= 0 || j >= 0)
        remove_one(product, i > j ? j : i);
    add_constant(product, scale, 1);
    gather(terms, product, result, 1);
    return true;
}

static bool apply_rule(struct terms *terms, struct product *product)
{
    for (int j = product->divisor ? -1 : 0; j < product->count; j++)
        for (int i = -1; i < product->count; i++)
            if ((i != j || j < 0) && (i >= 0 || j < 0) && apply_rule_to(terms, product, i, j))
                return true;
    return false;
}

/* 0 * e is 0 only where e is finite for sure. */
static int zero_times(struct terms *terms, const struct product *product)
{
    for (int i = 0; i < product->count; i++)
        if (!term_is_finite(terms, product->factors[i].base))
            return 0;
    if (product->divisor && !term_is_divisor(terms, product->divisor))
        return 0;
    return term_constant(terms, 0);
}

/* What can be done to products of several unbounded factors: exact whatever overflows. */
static int product_as_it_stands(struct terms *terms, enum op op, int a, int b)
{
    struct term first = terms->items[a], second = terms->items[b];
    if (op == OP_mul && term_compare(terms, a, b) == 0)
        return term_raw(terms, OP_square, a, 0);
    if (op == OP_neg && first.op == OP_neg)
        return first.a;
    if (op == OP_mul && term_is(terms, a, 1))
        return b;
    if ((op == OP_mul || op == OP_div) && term_is(terms, b, 1))
        return a;
    if (op == OP_mul && second.op == OP_const && first.op != OP_const)
        return term_simple(terms, op, b, a);
    if (op == OP_mul && first.op == OP_const && second.op == OP_mul && terms->items[second.a].op == OP_const) {
        double outer = first.value, inner = terms->items[second.a].value, c = outer * inner;
        bool exact = fabs(inner) <= 1 || fabs(outer) >= 1;
        if (exact && fabs(c) >= 1 / TERM_LIMIT && fabs(c) <= TERM_LIMIT)
            return term_simple(terms, OP_mul, term_constant(terms, c), second.b);
    }
    if (op == OP_mul && first.op != OP_const && compare_factors(terms, a, b) > 0)
        return term_raw(terms, op, b, a);
    return term_raw(terms, op, a, b);
}

int term_product(struct terms *terms, enum op op, int a, int b)
{
    struct product product = parse(terms, a);
    bool divides_last = op == OP_div && !product.divisor;
    if (op == OP_mul)
        gather(terms, &product, b, 1);
    else if (op == OP_neg)
        product.c = -product.c;
    else if (op == OP_reciprocal || op == OP_div) {
        double before = product.c;
        if (op == OP_reciprocal) {
            product = (struct product){.c = 1};
            before = 1;
            divide(terms, &product, a);
        } else {
            divide(terms, &product, b);
        }
        divides_last &= fabs(product.c) == fabs(before);
    }
    cancel(terms, &product);
    if (product.c == 0 && !product.blocked) {
        int zero = zero_times(terms, &product);
        return zero ? zero : term_raw(terms, op, a, b);
    }
    if (!is_free(terms, &product, divides_last))
        return product_as_it_stands(terms, op, a, b);
    while (apply_rule(terms, &product)) {
        cancel(terms, &product);
        if (!is_free(terms, &product, divides_last))
            return product_as_it_stands(terms, op, a, b);
    }
    return build(terms, &product);
}

double term_split(struct terms *terms, int term, int *rest)
{
    struct term t = terms->items[term];
    *rest = term;
    bool may_have_one = t.op == OP_mul || t.op == OP_div || t.op == OP_neg || t.op == OP_const || op_is_odd(t.op) ||
                        t.op == OP_add || t.op == OP_sub;
    if (!may_have_one)
        return 1;
    struct product product = parse(terms, term);
    if (!is_free(terms, &product, false) || product.c == 0) {
        if (t.op == OP_neg)
            *rest = t.a;
        else if (t.op == OP_mul && terms->items[t.a].op == OP_const && terms->items[t.a].value != 0)
            *rest = t.b;
        return t.op == OP_neg ? -1 : *rest == term ? 1 : terms->items[t.a].value;
    }
    double c = product.c;
    if (c == 1)
        return 1;
    product.c = 1;
    *rest = build(terms, &product);
    return c;
}

int term_scaled(struct terms *terms, double c, int term)
{
    if (c == 1)
        return term;
    struct product product = parse(terms, term);
    add_constant(&product, c, 1);
    if (is_free(terms, &product, false))
        return build(terms, &product);
    if (c == -1)
        return term_raw(terms, OP_neg, term, 0);
    return term_raw(terms, OP_mul, term_constant(terms, c), term);
}
