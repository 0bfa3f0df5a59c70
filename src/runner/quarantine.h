/* Quarantine: tickets that are not evaluated any more, because that has killed the process.
 *
 * What a process notes when it dies (executor/crash.h) lies beside the database. The next process that opens the
 * database takes the note into the table `crash`; a ticket that has CRASHES_TO_QUARANTINE rows there is passed over. */
#ifndef ACTSEARCH_RUNNER_QUARANTINE_H
#define ACTSEARCH_RUNNER_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;
struct text;

enum { CRASHES_TO_QUARANTINE = 2 };

/* Appends the note's path, "DB.crashed". */
void quarantine_path(const char *database, struct text *path);

/* Takes the note into the database, if there is one, and removes it. `store` is open for writing and without an open
   group. Notes of a database that is gone are thrown away: `fresh` says that this one is new. */
int quarantine_collect(const char *path, bool fresh, struct store *store, struct error *err);

/* The tickets that are passed over. Starts zeroed; owns its memory. */
struct quarantine {
    int64_t *tickets; /* (count) */
    ptrdiff_t count;
};
int quarantine_read(struct store *store, struct quarantine *quarantine, struct error *err);
bool quarantine_has(const struct quarantine *quarantine, int64_t ticket);
void quarantine_release(struct quarantine *quarantine);

#endif
