/* Exhaustive search: every genome of a countable grammar once, in the order of its enumeration. */
#include "base/error.h"
#include "base/memory.h"
#include "search/search_internal.h"

struct exhaustive {
    const struct grammar *grammar;
    int64_t next, total;
};

static int state_new(const struct search_spec *spec, const struct grammar *grammar, void **state, struct error *err)
{
    (void)spec;
    int64_t total;
    int status = grammar_total(grammar, &total, err);
    if (status) {
        error_prefix(err, "an exhaustive search needs a grammar that can be counted");
        return status;
    }
    struct exhaustive *exhaustive = memory_array(1, sizeof *exhaustive);
    if (!exhaustive)
        return memory_error(err, "the search");
    *exhaustive = (struct exhaustive){.grammar = grammar, .total = total};
    *state = exhaustive;
    return 0;
}

static void state_free(void *state)
{
    memory_free(state);
}

static bool propose(void *state, struct rng *rng, struct proposal *out)
{
    (void)rng;
    struct exhaustive *exhaustive = state;
    if (exhaustive->next == exhaustive->total)
        return false;
    /* The index is below the total that the same grammar gave: a failure would be a defect. */
    ALWAYS(grammar_genome_at(exhaustive->grammar, exhaustive->next++, &out->genome, NULL) == 0);
    out->operator_name = "enumerate";
    return true;
}

const struct strategy strategy_exhaustive = {
    .name = "exhaustive",
    .summary = "tries every candidate of the grammar once",
    .ends = true,
    .state_new = state_new,
    .state_free = state_free,
    .propose = propose,
};
