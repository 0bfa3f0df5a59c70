/* The normal form of an experiment: what two runs must share to be one. Paths stay out: the same
   experiment gives the same text wherever its files are, and the digest vouches for the data. */
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "experiment/experiment.h"
#include "nn/network.h"
#include "search/strategy.h"

#include <string.h>

static void add_number(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

/* The strategy's own options, by the names in its table. */
static void add_option(const struct search_spec *search, const char *key, struct text *out)
{
    const struct {
        const char *key;
        double value;
    } values[] = {{"population", (double)search->population},
                  {"tournament", (double)search->tournament},
                  {"crossover", search->crossover}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].key, key) == 0) {
            add_number(key, values[i].value, out);
            return;
        }
    ALWAYS(!"an option of a strategy that the normal form does not know");
}

static void add_limit(const char *key, int64_t value, struct text *out)
{
    if (value == SEARCH_UNLIMITED)
        text_addf(out, ",\"%s\":null", key);
    else
        text_addf(out, ",\"%s\":%lld", key, (long long)value);
}

static void add_search(const struct search_spec *search, struct text *out)
{
    text_addf(out, "{\"strategy\":\"%s\"", search->strategy->name);
    add_limit("evaluations", search->evaluations, out);
    add_limit("proposals", search->proposals, out);
    text_addf(out, ",\"window\":%lld,\"baselines\":%s", (long long)search->window,
              search->baselines ? "true" : "false");
    for (int i = 0; i < STRATEGY_OPTIONS && search->strategy->options[i]; i++)
        add_option(search, search->strategy->options[i], out);
    if (search->seeded) /* written only then, so that databases from before there was one go on */
        text_addf(out, ",\"seed\":%llu", (unsigned long long)search->seed);
    text_add_char(out, '}');
}

void experiment_normal_form(const struct experiment *experiment, struct text *out)
{
    text_add(out, "{\"data\":");
    data_spec_normal_form(&experiment->data, out);
    text_add(out, ",\"network\":");
    network_normal_form(experiment->network, out);
    text_add(out, ",\"search\":");
    add_search(&experiment->search, out);
    text_addf(out, ",\"seed\":%llu}", (unsigned long long)experiment->seed);
}
