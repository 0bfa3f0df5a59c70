/* Search: which candidate comes next.
 *
 * A search is a state machine without threads, clocks or files. Candidates are numbered by tickets
 * 0, 1, 2, ... The caller asks search_next() for the next ticket and later hands its result to
 * search_tell(). The second law of the design lives here: ticket k is proposed when exactly the
 * results of the tickets below k - window have been applied, in ticket order, no matter how many
 * others have arrived. So the sequence of proposals depends on the results only, never on who
 * computed them, how many at a time, or when.
 *
 * The first tickets are the baselines (when asked for); then come the strategy's. A proposal whose
 * function was seen before (same fingerprint) is a duplicate of the first such ticket and needs no
 * training, and so is one whose functions were all seen together; a function that cannot work (properties.h) is
 * rejected with its reason. Both are tickets of their own, stored like the others, but do not count against the budget
 * of evaluations.
 *
 * Not thread-safe: the executor calls it under a lock. */
#ifndef ACTSEARCH_SEARCH_SEARCH_H
#define ACTSEARCH_SEARCH_SEARCH_H

#include "base/settings.h"
#include "candidate/assignment.h"
#include "expr/activation.h"
#include "expr/fingerprint.h"
#include "result/result.h"
#include "search/space.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct text;
struct search;

#define SEARCH_UNLIMITED INT64_MAX

/* The `search` object of an experiment: {"strategy": NAME, "evaluations": 200, ...}; the table of search_spec.c says
   what may stand in it. What a strategy has of its own stands beside the others, in that strategy's own table and struct. */
struct search_spec {
    const struct strategy *strategy; /* an entry of the table in search/strategy.h */
    int64_t evaluations;             /* budget: candidates to train, baselines not counted; SEARCH_UNLIMITED: all */
    int64_t proposals;               /* stop after so many of the strategy's tickets even if fewer were trained */
    int64_t window;                  /* see above; 1 .. 1,000,000 */
    bool baselines;                  /* evaluate the catalogue's baselines first */
    bool seeded;                     /* a seed of its own was given; otherwise the experiment's counts */
    uint64_t seed;                   /* of the proposals; what is trained draws from the experiment's */
    struct settings_room options;    /* the struct that the strategy's table fills */
};

/* All but the budget by default. */
struct search_spec search_spec_default(const struct strategy *strategy);

/* `strategy` must be given, and `evaluations` too unless the strategy comes to an end by itself. Without a `seed` that
   of the experiment is to be filled in: two searches that differ in it alone train alike, and propose
   different functions. Keys of another strategy are refused like unknown ones. */
int search_spec_read(struct json json, struct search_spec *spec, struct error *err);

/* Appends the JSON with every default written out. */
void search_spec_normal_form(const struct search_spec *spec, struct text *out);

/* What can be written, for people; its parts are the strategies. */
extern const struct settings_topic search_topic;

enum { SEARCH_FINGERPRINT = CANDIDATE_FUNCTIONS * FINGERPRINT_LABEL }; /* of several functions: all, ";" between */

enum ticket_kind {
    TICKET_TRAIN,     /* must be evaluated, then search_tell() */
    TICKET_DUPLICATE, /* same function as ticket `same_as`; nothing to do */
    TICKET_REJECTED,  /* cannot work, see `judgement`; nothing to do */
};

struct ticket {
    struct assignment assignment; /* its number, and what is trained */
    enum ticket_kind kind;
    bool baseline;
    const char *operator_name;            /* "sample", "mutate:change", "cross", "enumerate", "baseline"; static */
    int64_t parents[2];                   /* tickets, -1 for none */
    struct genotype genotype;             /* of no genomes for a baseline */
    struct candidate expression;          /* what the genotype stands for; assignment.candidate is its canonical form */
    struct judgement judgement;           /* why it was rejected, if it was */
    int judged;                           /* which of its functions that is about */
    const char *known_as;                 /* catalogue name or NULL; borrowed from the search */
    char fingerprint[SEARCH_FINGERPRINT]; /* label of the function, for people */
    int64_t same_as;                      /* of a duplicate, else -1 */
};

/* The grammar of `space` is borrowed, *spec and *space are copied. Returns owned in *search. Errors: a strategy that
   cannot work with this space (exhaustive over an uncountable one). */
int search_new(const struct search_spec *spec, const struct space *space, uint64_t seed, struct search **search,
               struct error *err);
void search_free(struct search *search);

/* What it moves in; borrowed. */
const struct space *search_space(const struct search *search);

enum search_state {
    SEARCH_TICKET, /* *ticket is the next one */
    SEARCH_WAIT,   /* the window is full: tell a result first (the oldest open one is needed) */
    SEARCH_DONE,   /* nothing more will be proposed; open tickets may still be told */
};

/* Makes the next ticket. When *state is not SEARCH_TICKET, *ticket means nothing. ERROR_MEMORY is
   possible; after an error only search_free() may be called. */
int search_next(struct search *search, struct ticket *ticket, enum search_state *state, struct error *err);

/* The result of a TICKET_TRAIN ticket, in any order; each exactly once. Of it the outcome and the objectives count. */
void search_tell(struct search *search, int64_t ticket, const struct result *result);

/* Why nothing more is proposed. */
enum search_end {
    SEARCH_GOES_ON,
    SEARCH_BUDGET,    /* as many candidates were trained as `evaluations` says */
    SEARCH_PROPOSALS, /* as many were proposed as `proposals` says */
    SEARCH_SPACE,     /* the strategy came to an end: there is nothing else in the grammar */
};

/* What a search was allowed and what it has used up, baselines not counted. It follows from the rows of a database as
   well, so that a search that has ended can be asked later. */
struct search_account {
    int64_t evaluations, proposals; /* allowed; SEARCH_UNLIMITED */
    int64_t trained, proposed;      /* so far */
    bool exhausted;                 /* the strategy has nothing more */
    int64_t candidates;             /* of the grammar; below 1: nobody has counted them */
};
struct search_account search_account(const struct search *search);
enum search_end search_end(const struct search_account *account);

/* Appends the reason in a few words, with the figures: "all 30 evaluations of the budget are made"; nothing while it
   goes on. */
void search_end_describe(const struct search_account *account, struct text *out);

/* Appends a remark in one line when there are more workers than a window can keep busy: the ticket that is waited for,
   and those that the window lets past it. Nothing otherwise. */
void search_window_remark(int64_t window, int64_t workers, struct text *out);

/* Known functions that are evaluated first. */
int64_t search_baselines(const struct search *search);

/* For progress: tickets made; candidates to be trained among them; the number that the budget allows
   in all (baselines included), which falls when a baseline needs no training; -1 when not known
   beforehand. */
int64_t search_proposed(const struct search *search);
int64_t search_trained(const struct search *search);
int64_t search_to_train(const struct search *search);

#endif
