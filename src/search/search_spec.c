/* The `search` object of an experiment: what all strategies share, and beside it the strategy's own settings. */
#include "base/text.h"
#include "search/search_internal.h"

static const char *strategy_name(int i)
{
    const struct strategy *strategy = strategy_at(i);
    return strategy ? strategy->name : NULL;
}

/* ---- types */

static int evaluations_read(struct json value, const struct setting *setting, void *object, void *context,
                            struct error *err)
{
    (void)context;
    struct search_spec *spec = object;
    int64_t least = (int64_t)setting->least, most = (int64_t)setting->most;
    spec->evaluations = SEARCH_UNLIMITED;
    return spec->strategy->ends ? json_integer_or(value, least, most, &spec->evaluations, err)
                                : json_integer(value, least, most, &spec->evaluations, err);
}

/* The default ends a run in a space that holds fewer functions than the budget asks for. A strategy that ends by itself
   needs none. */
static int proposals_read(struct json value, const struct setting *setting, void *object, void *context,
                          struct error *err)
{
    (void)context;
    struct search_spec *spec = object;
    spec->proposals = spec->strategy->ends ? SEARCH_UNLIMITED : 50 * spec->evaluations + 1000;
    return json_integer_or(value, (int64_t)setting->least, (int64_t)setting->most, &spec->proposals, err);
}

static void limit_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    const int64_t *limit = setting_member_of(setting, object);
    if (*limit == SEARCH_UNLIMITED)
        text_add(out, "null");
    else
        text_addf(out, "%lld", (long long)*limit);
}
static const struct setting_type evaluations_type = {
    .form = "an integer", .read = evaluations_read, .write = limit_write};
static const struct setting_type proposals_type = {.form = "an integer", .read = proposals_read, .write = limit_write};

static int seed_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct search_spec *spec = object;
    int64_t seed = 0;
    int status = json_integer_or(value, (int64_t)setting->least, (int64_t)setting->most, &seed, err);
    spec->seeded = json_exists(value);
    spec->seed = (uint64_t)seed;
    return status;
}

static void seed_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    const struct search_spec *spec = object;
    text_addf(out, "%llu", (unsigned long long)spec->seed);
}

/* Databases from before there was one go on. */
static bool seed_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)context;
    const struct search_spec *spec = object;
    return spec->seeded;
}
static const struct setting_type seed_type = {
    .form = "an integer", .read = seed_read, .write = seed_write, .says = seed_says};

/* ---- tables */

static const struct setting shared[] = {
    {"strategy", SETTING_DESCRIPTOR(struct search_spec, strategy), .name_at = strategy_name, .required = true,
     .means = "how candidates are chosen"},
    {"evaluations", SETTING_OWN(struct search_spec, evaluations, evaluations_type), .least = 1, .most = 1e9,
     .by = "none; must be given, unless the strategy comes to an end by itself",
     .means = "the budget: candidates that are trained, baselines not counted"},
    {"proposals", SETTING_OWN(struct search_spec, proposals, proposals_type), .least = 1, .most = 1e12,
     .by = "50 * evaluations + 1000, or no limit if the strategy ends by itself",
     .means = "stop after so many candidates of the strategy, even if fewer were trained because the others were known "
              "or turned away"},
    {"window", SETTING_INTEGER(struct search_spec, window, 1, 1000 * 1000), .usual = 16,
     .means = "proposal k is made from the results below k - window: no less than there are threads, and the smaller, "
              "the better informed"},
    {"baselines", SETTING_BOOL(struct search_spec, baselines), .usual = true,
     .means = "evaluate the known activation functions first"},
    {0}};

/* By itself, because messages list it before the strategy's own and the normal form has it behind them. */
static const struct setting seeding[] = {
    {"seed", SETTING_OWN(struct search_spec, seed, seed_type), .most = 9007199254740992.0,
     .by = "that of the experiment",
     .means = "of the proposals alone: searches that differ in it train alike and propose other functions"},
    {0}};

/* ---- reading and writing */

struct search_spec search_spec_default(const struct strategy *strategy)
{
    struct search_spec spec = {.strategy = strategy};
    settings_reset(shared, &spec);
    settings_reset(strategy->options, &spec.options);
    return spec;
}

/* A key of another strategy gets its own message: it is not misspelt, it would have no effect. */
static int refuse_foreign_keys(struct json json, const struct strategy *strategy, struct error *err)
{
    for (int i = 0; i < json_length(json); i++) {
        struct json member = json_member_at(&json, i);
        if (settings_find(shared, member.key) || settings_find(seeding, member.key) ||
            settings_find(strategy->options, member.key))
            continue;
        const struct strategy *other;
        for (int k = 0; (other = strategy_at(k)); k++)
            if (settings_find(other->options, member.key))
                return json_fail(member, err, "leave it out", "an option of the strategy \"%s\", not of \"%s\"",
                                 other->name, strategy->name);
    }
    return 0;
}

int search_spec_read(struct json json, struct search_spec *spec, struct error *err)
{
    int which = 0;
    int status = json_object(json, err);
    if (!status)
        status = settings_choose(json_member(&json, "strategy"), strategy_name, &which, err);
    const struct strategy *strategy = strategy_at(which);
    *spec = search_spec_default(strategy);
    const struct settings_part parts[] = {
        {shared, spec, false}, {seeding, spec, false}, {strategy->options, &spec->options, true}};
    if (!status)
        status = refuse_foreign_keys(json, strategy, err);
    return status ? status : settings_read_object(json, parts, NULL, err);
}

void search_spec_normal_form(const struct search_spec *spec, struct text *out)
{
    struct search_spec copy = *spec;
    const struct settings_part parts[] = {
        {shared, &copy, false}, {copy.strategy->options, &copy.options, false}, {seeding, &copy, true}};
    settings_write_object(parts, NULL, out);
}

/* ---- help */

static bool strategy_topic(int i, struct settings_topic *out)
{
    const struct strategy *strategy = strategy_at(i);
    if (strategy)
        *out = (struct settings_topic){
            .name = strategy->name, .about = strategy->summary, .settings = {strategy->options}};
    return strategy != NULL;
}

const struct settings_topic search_topic = {
    .name = "search",
    .about = "Which candidates are tried, and how many. A strategy's own settings stand beside those of all.",
    .settings = {shared, seeding},
    .part = strategy_topic,
};
