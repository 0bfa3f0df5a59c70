/* Single genes: drawing one of a range of symbols, and numbering them. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "rng/rng.h"

#include <math.h>

/* Rounds to about four digits of the range's width, so that people can read the constants. */
double constant_snap(const struct constants *constants, double value)
{
    double digits = pow(10, 3 - floor(log10(constants->high - constants->low)));
    value = digits >= 1 ? round(value * digits) / digits : round(value * digits) * round(1 / digits);
    return fmin(fmax(value, constants->low), constants->high);
}

struct gene gene_with_value(const struct grammar *grammar, int symbol, struct rng *rng)
{
    const struct constants *constants = &grammar->constants;
    struct gene gene = {.symbol = (int16_t)symbol};
    if (symbol != grammar->constant)
        return gene;
    if (constants->is_range)
        gene.value = constant_snap(constants, constants->low + rng_uniform(rng) * (constants->high - constants->low));
    else
        gene.value = constants->values[rng_below(rng, (uint64_t)constants->count)];
    return gene;
}

struct gene gene_draw(const struct grammar *grammar, struct symbol_range range, struct rng *rng)
{
    int symbol = range.first;
    if (range.last - range.first > 1)
        symbol += (int)rng_weighted(rng, grammar->weights + range.first, range.last - range.first);
    return gene_with_value(grammar, symbol, rng);
}

int64_t gene_choices(const struct grammar *grammar, struct symbol_range range)
{
    int64_t choices = range.last - range.first;
    if (grammar->constant >= 0 && range_has(range, grammar->constant))
        choices += grammar->constants.count - 1;
    return choices;
}

struct gene gene_at(const struct grammar *grammar, struct symbol_range range, int64_t index)
{
    for (int symbol = range.first; symbol < range.last; symbol++) {
        int64_t choices = gene_choices(grammar, (struct symbol_range){symbol, symbol + 1});
        if (index < choices) {
            struct gene gene = {.symbol = (int16_t)symbol};
            if (symbol == grammar->constant)
                gene.value = grammar->constants.values[index];
            return gene;
        }
        index -= choices;
    }
    ALWAYS(!"a choice beyond the range");
    return (struct gene){0};
}
