#include "search/strategy.h"

#include "search/search_internal.h"

#include <string.h>

/* STRATEGY(name) for the descriptor strategy_NAME of a file src/search/NAME.c, in the order in which messages list
 * them. */
#define STRATEGIES STRATEGY(random) STRATEGY(exhaustive) STRATEGY(aging)

#define STRATEGY(name) extern const struct strategy strategy_##name;
STRATEGIES
#undef STRATEGY

static const struct strategy *const table[] = {
#define STRATEGY(name) &strategy_##name,
    STRATEGIES
#undef STRATEGY
};

const struct strategy *strategy_at(int i)
{
    return i >= 0 && i < (int)(sizeof table / sizeof *table) ? table[i] : NULL;
}

const struct strategy *strategy_by_name(const char *name)
{
    const struct strategy *strategy;
    for (int i = 0; (strategy = strategy_at(i)); i++)
        if (strcmp(strategy->name, name) == 0)
            return strategy;
    return NULL;
}
