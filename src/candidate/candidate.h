/* Candidates: what a search proposes, an evaluation trains, and ranks send to each other.
 *
 * A candidate is one or several functions. The layers of a network that hold no function of their own are its slots,
 * and each slot has a number: function i of the candidate is what stands in the slots with number i. A network whose
 * slots all have number 0 takes candidates of one function.
 *
 * The functions lie one after the other in one flat array, so that a candidate is a value: assignment copies it, its
 * used bytes can be sent as they lie, nothing is owned. Functions are the trained forms (expr/activation.h): whoever
 * makes a candidate has asked there.
 *
 * Pure functions, thread-safe. */
#ifndef ACTSEARCH_CANDIDATE_CANDIDATE_H
#define ACTSEARCH_CANDIDATE_CANDIDATE_H

#include "expr/tree.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

enum {
    CANDIDATE_FUNCTIONS = 4, /* at most, in a candidate */
    CANDIDATE_NODES = CANDIDATE_FUNCTIONS * TREE_CAPACITY,
};

struct candidate {
    int count;                          /* of functions; 0: none yet */
    int end[CANDIDATE_FUNCTIONS];       /* function i: nodes end[i - 1] (0 for the first) to end[i] - 1 */
    struct node nodes[CANDIDATE_NODES]; /* (end[count - 1]) of them are used */
};
#define CANDIDATE_EMPTY ((struct candidate){.count = 0})

/* The candidate that is this one function. */
struct candidate candidate_of(const struct tree *function);

/* Adds a function behind the others. ERROR_INPUT when there are as many as there can be. */
int candidate_add(struct candidate *candidate, const struct tree *function, struct error *err);

/* The function of slot number `slot`, below the count. */
struct tree candidate_function(const struct candidate *candidate, int slot);

/* Nodes of all its functions. */
int candidate_nodes(const struct candidate *candidate);

bool candidate_equal(const struct candidate *a, const struct candidate *b);

/* Appends the functions as text, in the order of their slots: "relu(x)", "relu(x); tanh(x)"; and reads it back, each
   as it is written. ERROR_INPUT names the place. */
void candidate_print(const struct candidate *candidate, struct text *out);
int candidate_parse(const char *text, struct candidate *candidate, struct error *err);

/* The bytes of a candidate that mean something, for another process of the same program: its head, then its nodes. */
size_t candidate_bytes(const struct candidate *candidate);
/* Whether `bytes` begin with a whole candidate; then it is copied and *size is what it took. */
bool candidate_unpack(const void *bytes, size_t length, struct candidate *candidate, size_t *size);

#endif
