/* Crashes: which ticket's training killed its process.
 *
 * When a training thread dies of its own doing (a segmentation fault, an illegal instruction, an arithmetic trap, an
 * abort), a signal handler appends the ticket to a note beside the database before the process is gone. The next
 * process that opens the database takes the note into the table `crash`; a ticket that has CRASHES_TO_CONDEMN rows
 * there is not trained again.
 *
 * A signal that came from another process says nothing against the candidate. So kill -9 (and the kernel's, when
 * memory runs out, which looks the same) is no evidence: else a run that was killed twice at the same moment would not
 * end like one that was not.
 *
 * The handler needs its path before anything happens, so there is one note a process. */
#ifndef ACTSEARCH_EXECUTOR_CRASH_H
#define ACTSEARCH_EXECUTOR_CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;
struct text;

enum { CRASHES_TO_CONDEMN = 2, CRASH_NO_TICKET = -1 };

/* Appends the note's path, "DB.crashed". */
void crash_path(const char *database, struct text *path);

/* From now on crashes are noted in `path` (copied). ERROR_INPUT when it is too long. */
int crash_note_in(const char *path, struct error *err);

/* What this thread is training; CRASH_NO_TICKET: nothing. */
void crash_ticket_is(int64_t ticket);

/* Takes the note into the database, if there is one, and removes it. `store` is open for writing and without an open
   group. Notes of a database that is gone are thrown away: `fresh` says that this one is new. */
int crash_collect(const char *path, bool fresh, struct store *store, struct error *err);

/* The tickets that are condemned. Starts zeroed; owns its memory. */
struct crash_list {
    int64_t *tickets; /* (count) */
    ptrdiff_t count;
};
int crash_list_read(struct store *store, struct crash_list *list, struct error *err);
bool crash_list_has(const struct crash_list *list, int64_t ticket);
void crash_list_release(struct crash_list *list);

#endif
