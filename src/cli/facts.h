/* Facts: all that can be said of a function itself, without training. */
#ifndef ACTSEARCH_CLI_FACTS_H
#define ACTSEARCH_CLI_FACTS_H

#include "base/text.h"
#include "expr/activation.h"
#include "kernel/moments.h"

struct error;
struct subject;

struct facts {
    struct text formula, simplified, derivative; /* as written, as trained; empty when it is too long */
    bool has_t;                                  /* the function changes in training: */
    struct text first, last;                     /* what it is at t = 0 and at t = 1 */
    struct properties properties;
    struct moments moments; /* under N(0,1) */
    double gain;            /* 1/sqrt(E f^2): times sqrt(1/fan-in), the deviation of moment-matched weights */
    struct text rejection;  /* why a search turns it away; empty when it does not */
    int cost;
    int parameters; /* learned ones */
    double starts[TREE_PARAMETERS];
};
#define FACTS_EMPTY ((struct facts){.formula = TEXT_EMPTY})

/* Works them out for what is trained, with learned parameters where they start and t = 1. Release in every case. */
int facts_find(const struct activation *activation, struct facts *facts, struct error *err);
void facts_release(struct facts *facts);

/* The reason, or NULL. */
const char *facts_rejection(const struct facts *facts);

/* Name and formulas; then everything else: lines for a person. */
void facts_add_formulas(const struct facts *facts, const struct subject *subject, struct text *out);
void facts_add_lines(const struct facts *facts, struct text *out);

/* Members of a JSON object. */
void facts_add_members(const struct facts *facts, const struct subject *subject, struct text *out);

#endif
