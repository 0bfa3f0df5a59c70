/* Assignments: what a worker is asked to do, complete and for good.
 *
 * An assignment is a candidate and the trainings that it is to climb, rungs, from cheap to dear; the last is the real
 * one. Above a rung it goes on only when its score there is at least the rung's reference. References are taken from
 * results that the ticket may know (search/search.h) and travel with it, so that an evaluation is a pure function of
 * its assignment, wherever and whenever it is made.
 *
 * A value: assignment copies it, its used bytes can be sent as they lie. Pure functions, thread-safe. */
#ifndef ACTSEARCH_CANDIDATE_ASSIGNMENT_H
#define ACTSEARCH_CANDIDATE_ASSIGNMENT_H

#include "candidate/candidate.h"
#include "result/result.h"

#include <stdint.h>

struct assignment {
    int64_t ticket;                      /* 0, 1, ...: its number */
    int rungs;                           /* 1 .. RESULT_RUNGS */
    double references[RESULT_RUNGS - 1]; /* (rungs - 1), each for the step above that rung; NaN: it always goes on */
    struct candidate candidate;          /* last, since only part of it is used */
};

/* Of one training, or of several that nothing stops. */
struct assignment assignment_of(int64_t ticket, const struct candidate *candidate, int rungs);

/* With this score on rung `rung`: is the next one climbed? Not above the last rung, nor with a score that is none. */
bool assignment_goes_on(const struct assignment *assignment, int rung, double score);

bool assignment_equal(const struct assignment *a, const struct assignment *b);

/* The first bytes of it mean something; as those of a candidate. */
size_t assignment_bytes(const struct assignment *assignment);
bool assignment_unpack(const void *bytes, size_t length, struct assignment *assignment);

#endif
