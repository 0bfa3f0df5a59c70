/* Whether the answers are right, before anybody measures how long they take. */
#ifndef ACTSEARCH_BENCH_VERIFY_H
#define ACTSEARCH_BENCH_VERIFY_H

#include <stdbool.h>

struct evaluation;
struct subject;

/* Prints a line for each check, and ends the program with status 1 at the first that fails. Leaves an evaluation of
   the candidate in *result, which starts as EVALUATION_EMPTY. */
void verify_training(const struct subject *subject, struct evaluation *result);

/* Prints "verify WHAT ok" with the figure behind it, or WRONG and ends the program. */
void verify(bool right, const char *what, double figure);

#endif
