/* Fingerprints: telling functions apart by their values, however they are written.
 *
 * A fingerprint holds the function's values at fixed probe points in [-8, 8]. For a function with
 * learned parameters the later points are taken with the parameters moved away from where they
 * start, so that p0*x and x differ. For a function with t (see tree.h) the points are taken at t = 0,
 * 0.5 and 1 in turn, so that being equal at the end of training is not enough. Two functions are taken to be one when
 * all values agree within FINGERPRINT_TOLERANCE relative to the value (and 1e-9 absolute): x*sigmoid(x) and x/(1 +
 * exp(-x)) are one, gelu and its tanh form are two. The relation is a tolerance, so it is not transitive: the index
 * below always answers with the *first* function that was added, which makes it deterministic.
 *
 * Pure functions; an index has one owner. */
#ifndef ACTSEARCH_EXPR_FINGERPRINT_H
#define ACTSEARCH_EXPR_FINGERPRINT_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct tree;

enum { FINGERPRINT_PROBES = 32, FINGERPRINT_LABEL = 17 };
#define FINGERPRINT_TOLERANCE 1e-6

struct fingerprint {
    int parameters; /* number of learned parameters: functions with different numbers differ */
    bool has_t;     /* t is written in it; without effect on equality */
    float values[FINGERPRINT_PROBES];
};

void fingerprint_of(const struct tree *tree, struct fingerprint *out);
bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);

/* A label for people and for grouping in SQL: 16 hexadecimal digits. Equal functions nearly always
   have equal labels; only fingerprint_equal() decides. */
void fingerprint_label(const struct fingerprint *fingerprint, char label[FINGERPRINT_LABEL]);

/* All functions seen so far, numbered 0, 1, ... in the order in which they were added. */
struct fingerprint_index;
int fingerprint_index_new(struct fingerprint_index **index, struct error *err);
void fingerprint_index_free(struct fingerprint_index *index); /* accepts NULL */

/* The number of the first equal fingerprint, -1 if there is none. */
int64_t fingerprint_index_find(const struct fingerprint_index *index, const struct fingerprint *fingerprint);

/* Adds one, equal to others or not; its number goes to *number. ERROR_MEMORY leaves the index as it was. */
int fingerprint_index_add(struct fingerprint_index *index, const struct fingerprint *fingerprint, int64_t *number,
                          struct error *err);

#endif
