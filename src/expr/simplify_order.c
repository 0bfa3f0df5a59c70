/* max, min and relu: chains flattened, sorted, without doubles, constants collected into one behind
 * the others; max(x, 0) is relu(x); a clamp is min(max(x, low), high).
 *
 * All of it is exact for all x, NaN included: max and min give NaN when either argument is NaN, in
 * any order. An operand that can never win is dropped: a constant always, another one only where it
 * is finite for sure (its NaN or infinity would be hidden). */
#include "expr/simplify_internal.h"

#include <math.h>

struct chain {
    enum op op; /* OP_max or OP_min */
    bool has_constant;
    double constant;
    int count;
    bool blocked; /* too long, or a constant that is NaN */
    int items[TERM_LIST];
};

static double better(const struct chain *chain, double a, double b)
{
    return chain->op == OP_max ? fmax(a, b) : fmin(a, b);
}

static void add_constant(struct chain *chain, double value)
{
    chain->blocked |= isnan(value);
    chain->constant = chain->has_constant ? better(chain, chain->constant, value) : value;
    chain->has_constant = true;
}

static void collect(struct terms *terms, struct chain *chain, int term)
{
    struct term t = terms->items[term];
    if (t.op == chain->op || (t.op == OP_relu && chain->op == OP_max)) {
        collect(terms, chain, t.a);
        if (t.op == OP_relu)
            add_constant(chain, 0);
        else
            collect(terms, chain, t.b);
        return;
    }
    if (t.op == OP_const) {
        add_constant(chain, t.value);
        return;
    }
    int place = 0;
    int order = 1;
    while (place < chain->count && (order = term_compare(terms, term, chain->items[place])) > 0)
        place++;
    if (place < chain->count && order == 0)
        return;
    if (chain->count == TERM_LIST) {
        chain->blocked = true;
        return;
    }
    for (int i = chain->count; i > place; i--)
        chain->items[i] = chain->items[i - 1];
    chain->items[place] = term;
    chain->count++;
}

/* Is every value of `winner` at least as good as every value of `loser`? */
static bool dominates(const struct chain *chain, struct range winner, struct range loser)
{
    return chain->op == OP_max ? winner.low >= loser.high : winner.high <= loser.low;
}

static void remove_item(struct chain *chain, int i)
{
    chain->count--;
    for (int k = i; k < chain->count; k++)
        chain->items[k] = chain->items[k + 1];
}

static void drop_losers(const struct terms *terms, struct chain *chain)
{
    struct range constant = {.low = chain->constant, .high = chain->constant};
    for (int i = 0; i < chain->count && chain->has_constant; i++)
        if (dominates(chain, terms->items[chain->items[i]].everywhere, constant))
            chain->has_constant = false;
    for (int i = 0; i < chain->count; i++) {
        struct range loser = terms->items[chain->items[i]].everywhere;
        bool loses = chain->has_constant && dominates(chain, constant, loser);
        for (int j = 0; j < chain->count && !loses; j++)
            loses = j != i && dominates(chain, terms->items[chain->items[j]].everywhere, loser);
        if (loses && term_is_finite(terms, chain->items[i]))
            remove_item(chain, i--);
    }
}

/* max(a, -a) = |a|, min(a, -a) = -|a|, for all a. */
static void pair_opposites(struct terms *terms, struct chain *chain)
{
    for (int i = 0; i < chain->count; i++)
        for (int j = 0; j < chain->count; j++) {
            struct term t = terms->items[chain->items[j]];
            if (t.op != OP_neg || term_compare(terms, t.a, chain->items[i]) != 0)
                continue;
            int abs = term_simple(terms, OP_abs, t.a, 0);
            remove_item(chain, i > j ? i : j);
            remove_item(chain, i > j ? j : i);
            collect(terms, chain, chain->op == OP_max ? abs : term_simple(terms, OP_neg, abs, 0));
            return;
        }
}

/* Clamps: max(min(a, high), low) = min(max(a, low), high) for low <= high. */
static int build_clamp(struct terms *terms, const struct chain *chain)
{
    struct term t = terms->items[chain->items[0]];
    if (chain->op != OP_max || chain->count != 1 || !chain->has_constant || t.op != OP_min)
        return 0;
    if (!term_is_constant(terms, t.b) || terms->items[t.b].value < chain->constant)
        return 0;
    int inner = term_simple(terms, OP_max, t.a, term_constant(terms, chain->constant));
    return term_simple(terms, OP_min, inner, t.b);
}

static int build(struct terms *terms, const struct chain *chain)
{
    if (chain->count == 0)
        return term_constant(terms, chain->constant);
    int clamp = build_clamp(terms, chain);
    if (clamp)
        return clamp;
    int result = chain->items[0];
    for (int i = 1; i < chain->count; i++)
        result = term_raw(terms, chain->op, result, chain->items[i]);
    if (!chain->has_constant)
        return result;
    if (chain->op == OP_max && chain->constant == 0)
        return term_raw(terms, OP_relu, result, 0);
    return term_raw(terms, chain->op, result, term_constant(terms, chain->constant));
}

/* relu(c*a) = c * relu(a) for c > 0, where c*a does not overflow. */
static int relu_of_scaled(struct terms *terms, int a)
{
    int rest;
    double c = term_split(terms, a, &rest);
    if (c <= 0 || c == 1 || !term_is_finite(terms, a) || !term_is_finite(terms, rest))
        return 0;
    return term_scaled(terms, c, term_simple(terms, OP_relu, rest, 0));
}

int term_order(struct terms *terms, enum op op, int a, int b)
{
    int scaled = op == OP_relu ? relu_of_scaled(terms, a) : 0;
    if (scaled)
        return scaled;
    struct chain chain;
    chain.op = op == OP_min ? OP_min : OP_max;
    chain.has_constant = chain.blocked = false;
    chain.constant = 0;
    chain.count = 0;
    collect(terms, &chain, a);
    if (op == OP_relu)
        add_constant(&chain, 0);
    else
        collect(terms, &chain, b);
    if (chain.blocked)
        return term_raw(terms, op, a, b);
    pair_opposites(terms, &chain);
    drop_losers(terms, &chain);
    return build(terms, &chain);
}
