/* Random search: every proposal is drawn from the grammar afresh. The line that every other strategy
   has to beat. */
#include "search/search_internal.h"

#include <stddef.h>

static int state_new(const struct search_spec *spec, const struct grammar *grammar, void **state, struct error *err)
{
    (void)spec;
    (void)err;
    *state = (void *)grammar;
    return 0;
}

static void state_free(void *state)
{
    (void)state;
}

static bool propose(void *state, struct rng *rng, struct proposal *out)
{
    grammar_sample(state, rng, &out->genome);
    out->operator_name = "sample";
    return true;
}

const struct strategy strategy_random = {
    .name = "random",
    .summary = "draws every candidate from the grammar afresh",
    .state_new = state_new,
    .state_free = state_free,
    .propose = propose,
};
