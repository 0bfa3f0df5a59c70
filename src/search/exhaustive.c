/* Exhaustive search: every point of a countable space once, in the order of its enumeration. */
#include "base/error.h"
#include "base/memory.h"
#include "search/search_internal.h"

struct exhaustive {
    const struct space *space;
    int64_t next, total;
};

static int state_new(const struct search_spec *spec, const struct space *space, void **state, struct error *err)
{
    (void)spec;
    int64_t total;
    int status = space_total(space, &total, err);
    if (status) {
        error_prefix(err, "an exhaustive search needs a grammar that can be counted");
        return status;
    }
    struct exhaustive *exhaustive = memory_array(1, sizeof *exhaustive);
    if (!exhaustive)
        return memory_error(err, "the search");
    *exhaustive = (struct exhaustive){.space = space, .total = total};
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
    ALWAYS(space_point(exhaustive->space, exhaustive->next++, &out->genotype, NULL) == 0);
    out->operator_name = "enumerate";
    return true;
}

const struct strategy strategy_exhaustive = {
    .name = "exhaustive",
    .summary = "Tries every candidate of the grammar once.",
    .ends = true,
    .state_new = state_new,
    .state_free = state_free,
    .propose = propose,
};
