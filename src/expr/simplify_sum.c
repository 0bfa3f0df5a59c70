/* Sums: add, sub and neg as one linear combination k + c1*t1 + c2*t2 + ...
 *
 * Canonical form: summands sorted by term_compare, like ones collected, the constant last; a summand
 * with a positive coefficient first, so that no neg is needed; where all are negative, the constant
 * or a summand with a coefficient of its own leads, else the whole is -(t1 + t2 + ...).
 *
 * Equal as real functions for all x. Reassociation needs that no intermediate sum overflows where
 * the original did not: see is_free(). A summand that cancels must be finite. */
#include "expr/simplify_internal.h"

#include <math.h>

struct summand {
    double c;
    int base; /* without a constant factor, and not negative */
};

struct sum {
    double constant;
    double largest; /* magnitude among the constants added up, for the rounding error of `constant` */
    int count;
    bool blocked; /* it cannot be written as such a combination */
    struct summand summands[TERM_LIST];
};

static void add_constant(struct sum *sum, double value)
{
    sum->constant += value;
    sum->largest = fmax(sum->largest, fabs(value));
    /* 0.1 + 0.2 - 0.3: what is left is rounding */
    if (fabs(sum->constant) <= 4e-16 * sum->largest)
        sum->constant = 0;
}

static void add_summand(struct terms *terms, struct sum *sum, double c, int base)
{
    int place = 0;
    int order = 1;
    while (place < sum->count && (order = term_compare(terms, base, sum->summands[place].base)) > 0)
        place++;
    if (place < sum->count && order == 0) {
        double *held = &sum->summands[place].c;
        /* Inf - Inf must stay */
        bool bounded = range_magnitude(terms->items[base].near) <= TERM_LIMIT;
        sum->blocked |= !bounded && (*held < 0) != (c < 0);
        double total = *held + c;
        *held = fabs(total) <= 4e-16 * fmax(fabs(*held), fabs(c)) ? 0 : total;
        return;
    }
    if (sum->count == TERM_LIST) {
        sum->blocked = true;
        return;
    }
    for (int i = sum->count; i > place; i--)
        sum->summands[i] = sum->summands[i - 1];
    sum->summands[place] = (struct summand){.c = c, .base = base};
    sum->count++;
}

/* Adds sign * term. `flat`: sums inside are taken apart. */
static void collect(struct terms *terms, struct sum *sum, double sign, int term, bool flat)
{
    struct term t = terms->items[term];
    bool is_sum = t.op == OP_add || t.op == OP_sub || t.op == OP_neg;
    if (t.op == OP_const && fabs(t.value) <= TERM_LIMIT) {
        add_constant(sum, sign * t.value);
    } else if (is_sum && flat) {
        collect(terms, sum, t.op == OP_neg ? -sign : sign, t.a, true);
        if (t.op != OP_neg)
            collect(terms, sum, t.op == OP_sub ? -sign : sign, t.b, true);
    } else {
        int base = term;
        double c = t.op == OP_const || (is_sum && t.op != OP_neg) ? 1 : term_split(terms, term, &base);
        add_summand(terms, sum, sign * c, base);
    }
}

/* May the summands be added in any order? Bounded ones (all together below TERM_LIMIT) always. An
   unbounded one swallows them: where it overflows so does every order. Two unbounded ones must not
   work against each other: exp(x) - exp(2*x) + 1 stays as it is. */
static bool is_free(const struct terms *terms, const struct sum *sum)
{
    double bounded = fabs(sum->constant);
    bool up = false, down = false;
    int unbounded = 0;
    for (int i = 0; i < sum->count; i++) {
        const struct range *near = &terms->items[sum->summands[i].base].near;
        double c = sum->summands[i].c;
        if (range_magnitude(*near) * fabs(c) <= TERM_LIMIT) {
            bounded += range_magnitude(*near) * fabs(c);
            continue;
        }
        unbounded++;
        up |= (c > 0 ? near->high : -near->low) > TERM_LIMIT / fabs(c);
        down |= (c > 0 ? near->low : -near->high) < -TERM_LIMIT / fabs(c);
    }
    return !sum->blocked && bounded <= TERM_LIMIT && (unbounded <= 1 || !(up && down));
}

/* Cancelled summands must be finite everywhere near; coefficients must be moderate. */
static bool drop_cancelled(const struct terms *terms, struct sum *sum)
{
    int kept = 0;
    for (int i = 0; i < sum->count; i++) {
        struct summand s = sum->summands[i];
        if (s.c == 0 && !term_is_finite(terms, s.base))
            return false;
        if (s.c != 0 && (fabs(s.c) > TERM_LIMIT || fabs(s.c) < 1 / TERM_LIMIT))
            return false;
        if (s.c != 0)
            sum->summands[kept++] = s;
    }
    sum->count = kept;
    return sum->constant == 0 || fabs(sum->constant) >= 1 / TERM_LIMIT;
}

/* Nodes of c * base. */
static int scaled_size(const struct terms *terms, double c, int base)
{
    return terms->items[base].size + (fabs(c) == 1 ? 0 : 2);
}

static void remove_summands(struct sum *sum, int i, int j)
{
    int kept = 0;
    for (int k = 0; k < sum->count; k++)
        if (k != i && k != j)
            sum->summands[kept++] = sum->summands[k];
    sum->count = kept;
    if (j < 0)
        sum->constant = 0;
}

/* Applies the table of identities to pairs of summands, and of a summand and the constant. */
static bool apply_rule(struct terms *terms, struct sum *sum)
{
    for (int i = 0; i < sum->count; i++) {
        for (int j = -1; j < sum->count; j++) {
            struct summand p = sum->summands[i];
            struct summand q = j < 0 ? (struct summand){.c = sum->constant} : sum->summands[j];
            if (j == i || q.c == 0)
                continue;
            double scale = 1;
            int result = rule_sum(terms, p.base, q.c / p.c, q.base, &scale);
            int before = scaled_size(terms, p.c, p.base) + 1 + (j < 0 ? 1 : scaled_size(terms, q.c, q.base));
            if (!result || scaled_size(terms, p.c * scale, result) > before)
                continue;
            remove_summands(sum, i, j);
            collect(terms, sum, p.c * scale, result, true);
            return true;
        }
    }
    return false;
}

static int first_summand(const struct sum *sum)
{
    for (int i = 0; i < sum->count; i++)
        if (sum->summands[i].c > 0)
            return i;
    if (sum->constant != 0)
        return -1;
    for (int i = 0; i < sum->count; i++)
        if (sum->summands[i].c != -1)
            return i;
    return -1;
}

static int build(struct terms *terms, const struct sum *sum)
{
    if (sum->count == 0)
        return term_constant(terms, sum->constant);
    int lead = first_summand(sum);
    bool all_minus_one = lead < 0 && sum->constant == 0;
    if (all_minus_one && sum->count == 1)
        return term_scaled(terms, -1, sum->summands[0].base);
    double sign = all_minus_one ? -1 : 1;
    if (all_minus_one)
        lead = 0;
    int result = lead < 0 ? term_constant(terms, sum->constant)
                          : term_scaled(terms, sign * sum->summands[lead].c, sum->summands[lead].base);
    for (int i = 0; i < sum->count; i++) {
        double c = sign * sum->summands[i].c;
        if (i != lead)
            result =
                term_raw(terms, c > 0 ? OP_add : OP_sub, result, term_scaled(terms, fabs(c), sum->summands[i].base));
    }
    if (lead >= 0 && sum->constant != 0)
        result =
            term_raw(terms, sum->constant > 0 ? OP_add : OP_sub, result, term_constant(terms, fabs(sum->constant)));
    return all_minus_one ? term_raw(terms, OP_neg, result, 0) : result;
}

static void collect_all(struct terms *terms, struct sum *sum, enum op op, int a, int b, bool flat)
{
    *sum = (struct sum){.constant = 0};
    collect(terms, sum, op == OP_neg ? -1 : 1, a, flat);
    if (op != OP_neg)
        collect(terms, sum, op == OP_sub ? -1 : 1, b, flat);
}

int term_sum(struct terms *terms, enum op op, int a, int b)
{
    struct sum sum;
    collect_all(terms, &sum, op, a, b, true);
    if (!is_free(terms, &sum)) {
        /* Two summands as they stand: a + b = b + a and a + (-b) = a - b are exact in any case. */
        collect_all(terms, &sum, op, a, b, false);
        struct term t = terms->items[a];
        if (op == OP_neg)
            return t.op == OP_sub ? term_sum(terms, OP_sub, t.b, t.a) : term_raw(terms, OP_neg, a, 0);
        if (sum.blocked || !drop_cancelled(terms, &sum))
            return term_raw(terms, op, a, b);
        return build(terms, &sum);
    }
    if (!drop_cancelled(terms, &sum))
        return term_raw(terms, op, a, b);
    while (apply_rule(terms, &sum))
        if (!drop_cancelled(terms, &sum))
            return term_raw(terms, op, a, b);
    return build(terms, &sum);
}

/* A sum is negative when its first summand is; but of 1-t and t-1 it is the one whose values are. */
static bool sum_is_negative(struct terms *terms, int term)
{
    struct sum sum;
    struct term t = terms->items[term];
    collect_all(terms, &sum, t.op, t.a, t.b, true);
    if (!is_free(terms, &sum) || sum.count == 0)
        return false;
    if (terms->items[sum.summands[0].base].op == OP_t && (t.everywhere.low >= 0 || t.everywhere.high <= 0))
        return t.everywhere.high <= 0;
    return sum.summands[0].c < 0;
}

static bool find_negative(struct terms *terms, int term)
{
    struct term t = terms->items[term];
    int rest;
    switch ((enum op)t.op) {
    case OP_const:
        return t.value < 0;
    case OP_neg:
        return true;
    case OP_add:
    case OP_sub:
        return sum_is_negative(terms, term);
    case OP_mul:
    case OP_div:
        return term_split(terms, term, &rest) < 0;
    default:
        return op_is_odd(t.op) && term_is_negative(terms, t.a) && term_negated(terms, t.a);
    }
}

bool term_is_negative(struct terms *terms, int term)
{
    if (terms->items[term].negative == 0) {
        int8_t found = find_negative(terms, term) ? 1 : -1;
        terms->items[term].negative = found;
    }
    return terms->items[term].negative > 0;
}

static int find_opposite(struct terms *terms, int term)
{
    struct term t = terms->items[term];
    int result = 0;
    if (t.op == OP_neg)
        result = t.a;
    else if (t.op == OP_const)
        result = term_constant(terms, -t.value);
    else if (t.op == OP_add || t.op == OP_sub)
        result = term_sum(terms, OP_neg, term, 0);
    else if (t.op == OP_mul || t.op == OP_div)
        result = term_product(terms, OP_neg, term, 0);
    else if (op_is_odd(t.op)) {
        int a = term_negated(terms, t.a);
        result = a ? term_raw(terms, t.op, a, 0) : 0;
    }
    return result && terms->items[result].size <= t.size ? result : 0;
}

int term_negated(struct terms *terms, int term)
{
    if (terms->items[term].opposite == 0) {
        int found = find_opposite(terms, term);
        terms->items[term].opposite = found ? found : -1;
    }
    return terms->items[term].opposite > 0 ? terms->items[term].opposite : 0;
}
