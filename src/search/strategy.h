/* Strategies: how a search chooses the next candidate.
 *
 * A strategy is one const descriptor, one file and one line in the table of strategy.c. It sees
 * neither the seed nor the archive nor a thread: for each ticket it is handed that ticket's own
 * random stream, and it hears the results of older tickets in ticket order, exactly as many as the
 * window of search.h allows. So it cannot break the second law even by mistake.
 *
 * Its state belongs to one search and is not thread-safe. */
#ifndef ACTSEARCH_SEARCH_STRATEGY_H
#define ACTSEARCH_SEARCH_STRATEGY_H

#include "result/result.h"
#include "search/space.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct rng;
struct search_spec;
struct setting;

struct proposal {
    struct genotype genotype;
    const char *operator_name; /* static */
    int64_t parents[2];        /* tickets, -1 for none */
    int rungs;                 /* trainings that it is to climb, 1 unless the strategy says more; and what it must reach
                                  on them (candidate/assignment.h), from results that the strategy has heard */
    double references[RESULT_RUNGS - 1];
};

/* What a strategy hears of one of its tickets. */
struct news {
    int64_t ticket;
    const struct genotype *genotype; /* borrowed during the call */
    int64_t function; /* the first ticket that has the same function (functions): of a duplicate an older one */
    const struct result *result; /* outcome and objectives alone, of a duplicate those of its first ticket; not ok:
                                    turned away, or failed in training. Borrowed during the call */
};

struct strategy {
    const char *name;
    const char *summary;           /* a sentence for people */
    const struct setting *options; /* its own settings in the `search` object, of a struct that fits into
                                      search_spec.options; NULL: it has none */
    bool ends;                     /* comes to an end by itself, so the budget may be left out */

    /* Returns owned state in *state; spec and space are borrowed and outlive it. Everything that the
       strategy needs is allocated here. Errors: memory; a space it cannot work with. */
    int (*state_new)(const struct search_spec *spec, const struct space *space, void **state, struct error *err);
    void (*state_free)(void *state);

    /* Fills *out, which has no parents and one rung yet; false when there is nothing more to propose. */
    bool (*propose)(void *state, struct rng *rng, struct proposal *out);

    /* Hears a result; NULL when it does not care. */
    void (*tell)(void *state, const struct news *news);
};

/* The i-th strategy, NULL behind the last. */
const struct strategy *strategy_at(int i);

/* NULL if there is none of that name. */
const struct strategy *strategy_by_name(const char *name);

#endif
