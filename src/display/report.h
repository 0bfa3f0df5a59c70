/* The report at the end of a run. */
#ifndef ACTSEARCH_DISPLAY_REPORT_H
#define ACTSEARCH_DISPLAY_REPORT_H

#include <stdbool.h>

struct error;
struct store;

/* Prints what became of the candidates, the first ten rows of the leaderboard and how far to trust the first of them,
   the places of the known functions, and what to type next. `database` is its path; `resumed`: some of it was there
   before. */
int report_print(struct store *store, const char *database, bool resumed, struct error *err);

#endif
