/* What the tests of the search share: small grammars, made-up scores, and a driver that tells
   results in an order of its own. */
#ifndef ACTSEARCH_TESTS_SEARCH_TOY_H
#define ACTSEARCH_TESTS_SEARCH_TOY_H

#include "search/options.h"
#include "testing.h"

#include "base/json.h"
#include "rng/rng.h"
#include "search/search.h"
#include "search/strategy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* 8 * 8 * 4 = 256 genomes, among them many that stand for the same function, constants, and others
   that cannot work. */
static const char toy_small[] =
    "{\"name\": \"small\","
    " \"unary\": [\"tanh\", \"relu\", \"sigmoid\", \"exp\", \"identity\", \"negative\", \"zero\", \"abs\"],"
    " \"binary\": [\"add\", \"mul\", \"max\", \"sub\"],"
    " \"shapes\": {\"templates\": [\"binary(unary(x), unary(x))\"]}}";

/* Free growth: far more functions than any test proposes. */
static const char toy_wide[] =
    "{\"name\": \"wide\","
    " \"unary\": [\"tanh\", \"relu\", \"sigmoid\", \"sin\", \"negative\", \"erf\", \"softplus\", \"atan\"],"
    " \"binary\": [\"add\", \"mul\", \"max\", \"min\", \"sub\"],"
    " \"leaves\": {\"constants\": {\"values\": [-1, 0.5, 1, 2]}},"
    " \"shapes\": {\"grow\": {\"max_depth\": 6, \"max_nodes\": 12}}}";

static inline struct grammar *toy_grammar(const char *text)
{
    struct error err;
    struct json_document *document;
    struct grammar *grammar;
    ASSERT_OK(json_parse(text, "toy.json", &document, &err));
    ASSERT_OK(grammar_parse(json_root(document), &grammar, &err));
    json_document_free(document);
    return grammar;
}

static inline int toy_spec_read(const char *text, struct search_spec *spec, struct error *err)
{
    struct json_document *document;
    int status = json_parse(text, "toy.json", &document, err);
    if (!status)
        status = search_spec_read(json_root(document), spec, err);
    json_document_free(document);
    return status;
}

static inline struct search_spec toy_spec(const char *strategy, int evaluations, int window)
{
    struct error err;
    struct search_spec spec;
    char text[256];
    snprintf(text, sizeof text,
             "{\"strategy\": \"%s\", \"evaluations\": %d, \"window\": %d, \"proposals\": %d, \"baselines\": false}",
             strategy, evaluations, window, 4 * evaluations + 50);
    ASSERT_OK(toy_spec_read(text, &spec, &err));
    set_option(&spec, "population", 20); /* of a strategy that has one */
    set_option(&spec, "tournament", 6);
    return spec;
}

/* A smooth landscape: how near a function is to mish, x*tanh(softplus(x)). At most 1. */
static inline double toy_score(const struct tree *tree)
{
    double sum = 0;
    enum { POINTS = 33 };
    for (int i = 0; i < POINTS; i++) {
        double x = -4 + 8.0 * i / (POINTS - 1);
        double distance = tree_eval(tree, x, NULL).value - x * tanh(log1p(exp(x)));
        sum += fmin(distance * distance, 100);
    }
    return 1 / (1 + sqrt(sum / POINTS));
}

/* The mean of a candidate's functions. */
static inline double toy_score_of(const struct ticket *ticket)
{
    const struct candidate *candidate = &ticket->assignment.candidate;
    double sum = 0;
    for (int i = 0; i < candidate->count; i++) {
        struct tree function = candidate_function(candidate, i);
        sum += toy_score(&function);
    }
    return sum / candidate->count;
}

/* What a test remembers of a ticket. */
struct seen {
    struct genotype genotype;
    enum ticket_kind kind;
    const char *operator_name;
    int64_t parents[2], same_as;
    bool ok;
    double score;
};
struct history {
    int64_t count;
    struct seen *seen;
};

static inline bool seen_equal(const struct seen *a, const struct seen *b)
{
    return genotype_equal(&a->genotype, &b->genotype) && a->kind == b->kind && a->same_as == b->same_as &&
           strcmp(a->operator_name, b->operator_name) == 0 && a->parents[0] == b->parents[0] &&
           a->parents[1] == b->parents[1];
}

/* Scores as a driver hears them: some candidates fail, and from ticket `changed` on all is different. */
static inline void toy_evaluate(struct seen *seen, const struct ticket *ticket, int64_t changed)
{
    struct rng rng = rng_keyed(5, (uint64_t)ticket->assignment.ticket, RNG_TEST);
    seen->ok = rng_below(&rng, 8) != 0;
    seen->score = toy_score_of(ticket);
    if (ticket->assignment.ticket >= changed) {
        seen->ok = rng_below(&rng, 3) != 0;
        seen->score = rng_uniform(&rng);
    }
}

enum toy_order {
    TOY_AT_ONCE, /* each result is told before the next ticket is asked for */
    TOY_LATE,    /* only when the search waits, the newest first */
    TOY_SHUFFLED /* any time, any order; + a seed */
};

/* Runs a search for so many functions a candidate to its end. Returns owned history.seen (free). */
static inline struct history toy_run_for(const struct search_spec *spec, const struct space *space, int order,
                                         int64_t changed)
{
    struct error err;
    struct search *search;
    struct history history = {0, malloc(sizeof *history.seen * 4000)};
    int64_t *open = malloc(sizeof *open * 4000), opened = 0;
    struct rng rng = rng_keyed((uint64_t)order, 0, RNG_TEST);
    ASSERT_OK(search_new(spec, space, 11, &search, &err));
    for (bool done = false; !done || opened;) {
        static struct ticket ticket;
        enum search_state state = SEARCH_DONE;
        if (!done)
            ASSERT_OK(search_next(search, &ticket, &state, &err));
        done = state == SEARCH_DONE;
        if (state == SEARCH_TICKET) {
            ck_assert_int_eq(ticket.assignment.ticket, history.count);
            ck_assert_int_lt(history.count, 4000);
            struct seen *seen = &history.seen[history.count++];
            *seen = (struct seen){ticket.genotype, ticket.kind, ticket.operator_name, {0}, ticket.same_as, false, 0};
            memcpy(seen->parents, ticket.parents, sizeof seen->parents);
            if (ticket.kind == TICKET_TRAIN) {
                toy_evaluate(seen, &ticket, changed);
                open[opened++] = ticket.assignment.ticket;
            }
        }
        bool must = state != SEARCH_TICKET; /* waiting, or nothing left to ask for */
        ck_assert(!must || opened || done);
        while (opened && (must || order == TOY_AT_ONCE || (order >= TOY_SHUFFLED && rng_below(&rng, 3) == 0))) {
            int64_t i = order >= TOY_SHUFFLED ? (int64_t)rng_below(&rng, (uint64_t)opened) : opened - 1;
            struct result result = result_of_score(history.seen[open[i]].ok ? history.seen[open[i]].score : NAN);
            search_tell(search, open[i], &result);
            open[i] = open[--opened];
            must = false;
        }
    }
    search_free(search);
    free(open);
    return history;
}

static inline struct history toy_run(const struct search_spec *spec, const struct grammar *grammar, int order,
                                     int64_t changed)
{
    return toy_run_for(spec, &(struct space){grammar, 1}, order, changed);
}

#endif
