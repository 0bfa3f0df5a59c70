/* Random search: every proposal is drawn from the grammar afresh. The line that every other strategy
   has to beat. */
#include "search/search_internal.h"

#include <stddef.h>

static int state_new(const struct search_spec *spec, const struct space *space, void **state, struct error *err)
{
    (void)spec;
    (void)err;
    *state = (void *)space;
    return 0;
}

static void state_free(void *state)
{
    (void)state;
}

static bool propose(void *state, struct rng *rng, struct proposal *out)
{
    space_sample(state, rng, &out->genotype);
    out->operator_name = "sample";
    return true;
}

const struct strategy strategy_random = {
    .name = "random",
    .summary = "Draws every candidate from the grammar afresh.",
    .state_new = state_new,
    .state_free = state_free,
    .propose = propose,
};
