/* Leaderboard: the scored candidates of a database, best first. */
#ifndef ACTSEARCH_CLI_LEADERBOARD_H
#define ACTSEARCH_CLI_LEADERBOARD_H

#include "cli/output.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

enum leaderboard_part { LEADERBOARD_ALL, LEADERBOARD_BASELINES };

/* Prints the first `limit` rows (-1: all): rank, ticket, score, ... */
int leaderboard_print(struct store *store, enum leaderboard_part part, int64_t limit, enum output_format format,
                      struct error *err);

/* Prints the result of a query as it comes. */
int query_print(struct store *store, const char *sql, enum output_format format, struct error *err);

#endif
