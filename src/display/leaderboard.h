/* Leaderboard: the scored candidates of a database, highest score first. The first of many noisy scores is rather a
   lucky one than the best function, so nothing here calls it that, and a score stands beside its deviation. */
#ifndef ACTSEARCH_DISPLAY_LEADERBOARD_H
#define ACTSEARCH_DISPLAY_LEADERBOARD_H

#include "display/output.h"

#include <stdbool.h>
#include <stdint.h>

struct store;
struct text;

enum leaderboard_part { LEADERBOARD_ALL, LEADERBOARD_BASELINES };

/* Prints the first `limit` rows (-1: all): rank, ticket, score, ... */
int leaderboard_print(struct store *store, enum leaderboard_part part, int64_t limit, enum output_format format,
                      struct error *err);

/* Appends "0.8495 +- 0.0039 over 3 seeds", or "0.8495, one seed, no deviation". seeds below 1: not known. */
void leaderboard_add_score(double score, double deviation, int64_t seeds, struct text *out);

/* Appends "; the first of 224 noisy scores, not confirmed"; nothing when there is no other. */
void leaderboard_add_caution(int64_t scores, struct text *out);

/* Prints the result of a query as it comes. */
int query_print(struct store *store, const char *sql, enum output_format format, struct error *err);

#endif
