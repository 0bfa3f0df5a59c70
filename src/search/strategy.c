#include "search/strategy.h"

#include "search/search_internal.h"

#include <string.h>

static const struct strategy *const table[] = {&strategy_random, &strategy_exhaustive, &strategy_aging};

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
