/* Reading the `search` object of an experiment. */
#include "base/error.h"
#include "search/search_internal.h"

#include <string.h>

enum { MOST_KEYS = 32, MOST_STRATEGIES = 16 };

static const char *const common_keys[] = {"strategy", "evaluations", "proposals", "window", "baselines", "seed", NULL};

static bool owns(const struct strategy *strategy, const char *key)
{
    for (int i = 0; i < STRATEGY_OPTIONS && strategy->options[i]; i++)
        if (strcmp(strategy->options[i], key) == 0)
            return true;
    return false;
}

static bool common(const char *key)
{
    for (int i = 0; common_keys[i]; i++)
        if (strcmp(common_keys[i], key) == 0)
            return true;
    return false;
}

/* A key of another strategy gets its own message: it is not misspelt, it would have no effect. */
static int refuse_foreign_keys(struct json json, const struct strategy *strategy, struct error *err)
{
    const char *known[MOST_KEYS + 1] = {0};
    int count = 0;
    for (int i = 0; common_keys[i]; i++)
        known[count++] = common_keys[i];
    for (int i = 0; i < STRATEGY_OPTIONS && strategy->options[i]; i++)
        known[count++] = strategy->options[i];
    for (int i = 0; i < json_length(json); i++) {
        struct json member = json_member_at(&json, i);
        if (common(member.key) || owns(strategy, member.key))
            continue;
        const struct strategy *other;
        for (int k = 0; (other = strategy_at(k)); k++)
            if (owns(other, member.key))
                return json_fail(member, err, "leave it out", "an option of the strategy \"%s\", not of \"%s\"",
                                 other->name, strategy->name);
    }
    return json_only_keys(json, known, err);
}

static int read_strategy(struct json value, const struct strategy **strategy, struct error *err)
{
    const char *names[MOST_STRATEGIES + 1] = {0};
    for (int i = 0; i < MOST_STRATEGIES && strategy_at(i); i++)
        names[i] = strategy_at(i)->name;
    int index;
    int status = json_choice(value, names, &index, err);
    if (!status)
        *strategy = strategy_at(index);
    return status;
}

/* How many candidates to train, and how many tickets to make at most. A strategy that ends by itself
   needs neither. The default limit of tickets ends a run in a space that holds fewer functions than
   the budget asks for. */
static int read_budget(struct json json, struct search_spec *spec, struct error *err)
{
    enum { MOST = 1000 * 1000 * 1000 };
    struct json evaluations = json_member(&json, "evaluations"), proposals = json_member(&json, "proposals");
    spec->evaluations = spec->proposals = SEARCH_UNLIMITED;
    int status = spec->strategy->ends ? json_integer_or(evaluations, 1, MOST, &spec->evaluations, err)
                                      : json_integer(evaluations, 1, MOST, &spec->evaluations, err);
    if (status)
        return status;
    if (!spec->strategy->ends)
        spec->proposals = 50 * spec->evaluations + 1000;
    return json_integer_or(proposals, 1, INT64_C(1000) * MOST, &spec->proposals, err);
}

static int read_seed(struct json value, struct search_spec *spec, struct error *err)
{
    int64_t seed = 0;
    int status = json_integer_or(value, 0, INT64_C(9007199254740992), &seed, err);
    spec->seeded = json_exists(value);
    spec->seed = (uint64_t)seed;
    return status;
}

int search_spec_read(struct json json, struct search_spec *spec, struct error *err)
{
    *spec = (struct search_spec){.window = 16, .baselines = true, .population = 64, .tournament = 16, .crossover = 0.1};
    int status = json_object(json, err);
    if (!status)
        status = read_strategy(json_member(&json, "strategy"), &spec->strategy, err);
    if (!status)
        status = refuse_foreign_keys(json, spec->strategy, err);
    if (!status)
        status = read_budget(json, spec, err);
    if (!status)
        status = json_integer_or(json_member(&json, "window"), 1, 1000 * 1000, &spec->window, err);
    if (!status)
        status = json_bool_or(json_member(&json, "baselines"), &spec->baselines, err);
    if (!status)
        status = read_seed(json_member(&json, "seed"), spec, err);
    if (!status && spec->strategy->read)
        status = spec->strategy->read(json, spec, err);
    return status;
}
