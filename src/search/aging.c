/* Aging evolution (Real, Aggarwal, Huang, Le 2019, "Regularized Evolution for Image Classifier
 * Architecture Search", arXiv 1802.01548).
 *
 * The population is a queue: who enters last pushes out the oldest, however good it is, so that a
 * lucky score is forgotten unless its kin confirm it. A parent is the best of a tournament; its child
 * is a mutation of it or, with a given probability, a crossover with the winner of another
 * tournament. Until the population is full, candidates are drawn from the grammar.
 *
 * Real trains every child. Here a child whose function is known costs nothing, which needs a rule:
 * a duplicate enters with the score of its function, unless that function is in the population
 * already. Then a good function that died of age can come back, but no function can fill the
 * population with its copies and freeze the search. What was turned away or failed in training never
 * enters. */
#include "base/memory.h"
#include "rng/rng.h"
#include "search/search_internal.h"

struct aging_options {
    int64_t population, tournament;
    double crossover; /* share of children made by crossover */
};
SETTINGS_FIT(struct aging_options);

struct member {
    int64_t ticket, function;
    struct result result;
    struct genotype genotype;
};

struct aging {
    const struct aging_options *options; /* borrowed, as is the space */
    const struct space *space;
    int64_t count, oldest; /* a ring of options->population places */
    struct member *members;
};

static const char *const operators[MUTATION_COUNT] = {
    [MUTATE_CHANGE] = "mutate:change", [MUTATE_INSERT] = "mutate:insert",     [MUTATE_REMOVE] = "mutate:remove",
    [MUTATE_REGROW] = "mutate:regrow", [MUTATE_CONSTANT] = "mutate:constant",
};

/* By default no larger than the population. */
static int check_tournament(struct json value, void *object, struct error *err)
{
    struct aging_options *options = object;
    if (!json_exists(value) && options->tournament > options->population)
        options->tournament = options->population;
    if (options->tournament <= options->population)
        return 0;
    return json_fail(value, err, "make it at most the population", "a tournament of %lld in a population of %lld",
                     (long long)options->tournament, (long long)options->population);
}

static const struct setting options[] = {
    {"population", SETTING_INTEGER(struct aging_options, population, 2, 1000 * 1000), .usual = 64,
     .means = "candidates that live at a time"},
    {"tournament", SETTING_INTEGER(struct aging_options, tournament, 1, 1000 * 1000), .usual = 16,
     .by = "16, or the population if that is smaller", .check = check_tournament,
     .means = "candidates that are drawn to find a parent, the best of them; at most the population"},
    {"crossover", SETTING_NUMBER(struct aging_options, crossover, 0, 1), .usual = 0.1,
     .means = "share of the children that are made from two parents"},
    {0}};

static void state_free(void *state)
{
    struct aging *aging = state;
    memory_free(aging->members);
    memory_free(aging);
}

static int state_new(const struct search_spec *spec, const struct space *space, void **state, struct error *err)
{
    struct aging *aging = memory_array(1, sizeof *aging);
    if (!aging)
        return memory_error(err, "the search");
    *aging = (struct aging){.options = (const void *)&spec->options, .space = space};
    aging->members = memory_array((size_t)aging->options->population, sizeof *aging->members);
    if (!aging->members) {
        state_free(aging);
        return memory_error(err, "the population");
    }
    *state = aging;
    return 0;
}

/* The best of `tournament` members drawn with replacement; of equals the first drawn. */
static const struct member *tournament(const struct aging *aging, struct rng *rng)
{
    const struct member *best = NULL;
    for (int64_t i = 0; i < aging->options->tournament; i++) {
        const struct member *drawn = &aging->members[rng_below(rng, (uint64_t)aging->count)];
        if (!best || result_compare(&drawn->result, &best->result) > 0)
            best = drawn;
    }
    return best;
}

static bool propose(void *state, struct rng *rng, struct proposal *out)
{
    const struct aging *aging = state;
    if (aging->count < aging->options->population) {
        space_sample(aging->space, rng, &out->genotype);
        out->operator_name = "sample";
        return true;
    }
    const struct member *parent = tournament(aging, rng);
    out->parents[0] = parent->ticket;
    if (rng_uniform(rng) < aging->options->crossover) {
        const struct member *other = tournament(aging, rng);
        if (other != parent && space_cross(aging->space, &parent->genotype, &other->genotype, rng, &out->genotype)) {
            out->parents[1] = other->ticket;
            out->operator_name = "cross";
            return true;
        }
    }
    enum mutation kind;
    space_mutate(aging->space, &parent->genotype, rng, &out->genotype, &kind);
    out->operator_name = operators[kind];
    return true;
}

static bool lives(const struct aging *aging, int64_t function)
{
    for (int64_t i = 0; i < aging->count; i++)
        if (aging->members[i].function == function)
            return true;
    return false;
}

static void tell(void *state, const struct news *news)
{
    struct aging *aging = state;
    if (!result_is_ok(news->result) || (news->function != news->ticket && lives(aging, news->function)))
        return;
    struct member *place;
    if (aging->count < aging->options->population) {
        place = &aging->members[aging->count++];
    } else {
        place = &aging->members[aging->oldest];
        aging->oldest = (aging->oldest + 1) % aging->count;
    }
    *place = (struct member){news->ticket, news->function, *news->result, *news->genotype};
}

const struct strategy strategy_aging = {
    .name = "aging",
    .summary = "Evolution: mutates the best of small tournaments, and the oldest die (Real et al. 2019).",
    .options = options,
    .state_new = state_new,
    .state_free = state_free,
    .propose = propose,
    .tell = tell,
};
