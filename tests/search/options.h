/* Setting what a strategy has of its own: its struct is nobody else's business, its table is known. */
#ifndef ACTSEARCH_TESTS_SEARCH_OPTIONS_H
#define ACTSEARCH_TESTS_SEARCH_OPTIONS_H

#include "search/search.h"
#include "search/strategy.h"

#include <string.h>

static inline int64_t *option_integer(struct search_spec *spec, const char *key)
{
    const struct setting *setting = settings_find(spec->strategy->options, key);
    return setting && setting->kind == SETTING_IS_INTEGER ? setting_member(setting, &spec->options) : NULL;
}

static inline double *option_number(struct search_spec *spec, const char *key)
{
    const struct setting *setting = settings_find(spec->strategy->options, key);
    return setting && setting->kind == SETTING_IS_NUMBER ? setting_member(setting, &spec->options) : NULL;
}

/* Even out of its range; a strategy that has no such option stays as it is. */
static inline void set_option(struct search_spec *spec, const char *key, double value)
{
    if (option_integer(spec, key))
        *option_integer(spec, key) = (int64_t)value;
    else if (option_number(spec, key))
        *option_number(spec, key) = value;
}

#endif
