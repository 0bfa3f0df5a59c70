/* Results: what an evaluation came to, as one value; and what "better" means.
 *
 * A result is what goes back through the doors: from a worker to the search, from a rank to the coordinator, from a
 * row of the database to a search that is resumed. It is the same on every thread and every day, its cost apart.
 *
 * Objectives are what candidates are compared by, each such that higher is better; the first is the score. Whoever
 * asks whether one result is better than another asks here and nowhere else. A result that is not ok is worse than
 * every one that is.
 *
 * An evaluation may climb several rungs, trainings from cheap to dear; then `rungs` says how many were made, and
 * `reached` the score on each. What has not been reached, measured or does not apply is NaN.
 *
 * Pure functions; values that own nothing, but for a formula that is borrowed. */
#ifndef ACTSEARCH_RESULT_RESULT_H
#define ACTSEARCH_RESULT_RESULT_H

#include <stdbool.h>
#include <stdint.h>

enum outcome {
#define OUTCOME(name, meaning) OUTCOME_##name,
#include "result/outcomes.def"
#undef OUTCOME
    OUTCOME_COUNT
};

/* "ok", "non_finite", ...; and a sentence for people. */
const char *outcome_name(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);
/* OUTCOME_COUNT when there is none of that name. */
enum outcome outcome_by_name(const char *name);

/* What was measured on the part that scores are taken from. */
struct measures {
#define MEASURE(name, ...) double name;
#include "result/measures.def"
#undef MEASURE
};
struct measures measures_none(void);

/* The entries of measures.def, for whoever handles all alike: in the order of the members of struct measures. */
enum {
#define MEASURE(name, ...) MEASURE_##name,
#include "result/measures.def"
#undef MEASURE
    MEASURES
};
enum { TARGETS_CLASS = 1, TARGETS_NUMBER = 2, TARGETS_NEXT = 4, TARGETS_ALL = 7 }; /* kinds of prediction, as a set */
struct measure {
    const char *name;
    int since, direction, targets;
    const char *shown, *meaning;
};
extern const struct measure measure_table[MEASURES];
double measure_value(const struct measures *measures, int i);

/* Mean and sample standard deviation (NaN with fewer than two) over the trainings. */
struct figure {
    double mean, deviation;
};
#define FIGURE_NONE ((struct figure){NAN, NAN})

struct measure_figures {
#define MEASURE(name, ...) struct figure name;
#include "result/measures.def"
#undef MEASURE
};

struct figure measure_figure(const struct measure_figures *figures, int i);

/* Not part of the pure result. */
struct cost {
    double wall_seconds, cpu_seconds;
};

enum {
    RESULT_OBJECTIVES = 4, /* at most */
    RESULT_RUNGS = 8,
};

struct result {
    enum outcome outcome;
    int objectives;                             /* at least 1 */
    struct figure objective[RESULT_OBJECTIVES]; /* (objectives), higher is better; NaN unless ok */
    int rungs;                                  /* climbed; at most RESULT_RUNGS */
    double reached[RESULT_RUNGS];               /* (rungs) the score on each */
    double learning_rate;                       /* that the figures are about: the best of the list */
    struct measure_figures validation;          /* NaN unless ok */
    struct figure train_loss;
    int seeds;  /* trials begun */
    int epochs; /* trained, all trials together */
    struct cost cost;
};

/* One that ended with `outcome` (not ok) and of which nothing else is known. */
struct result result_without_figures(enum outcome outcome);

/* One that is ok and has this score, or OUTCOME_non_finite if that is not finite; nothing else is known. */
struct result result_of_score(double score);

bool result_is_ok(const struct result *result);
bool result_is_aborted(const struct result *result);

/* The first objective: NaN unless ok. Higher is better. */
double result_score(const struct result *result);
double result_score_deviation(const struct result *result);

/* By the first objective: above 0 when a is better than b, below 0 when b is, 0 when neither is. */
int result_compare(const struct result *a, const struct result *b);

/* The best of the results seen so far, and whose it is. */
struct best_result {
    int64_t ticket; /* -1: none yet */
    struct result result;
    const char *formula; /* borrowed from whoever sets it; may be NULL */
};
struct best_result best_result_none(void);
/* True when this result is better than the best so far and takes its place: then the formula is the caller's to set. */
bool best_result_update(struct best_result *best, int64_t ticket, const struct result *result);

/* By all objectives: a is ok, in none of them worse than b and in one of them better; or b is not ok. */
bool result_dominates(const struct result *a, const struct result *b);

/* The same bit by bit, costs aside. */
bool result_equal(const struct result *a, const struct result *b);

/* The same bits, or both NaN: the sign of a NaN is nobody's result. */
bool same_bits(double a, double b);

#endif
