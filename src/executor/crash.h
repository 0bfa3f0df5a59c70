/* Crashes: which ticket's evaluation killed its process.
 *
 * When a thread dies of its own doing while it evaluates (a segmentation fault, an illegal instruction, an arithmetic
 * trap, an abort), a signal handler says so before the process is gone: in a note that the next process reads
 * (runner/quarantine.h), or on standard error.
 *
 * A signal that came from another process says nothing against the candidate. So kill -9 (and the kernel's, when
 * memory runs out, which looks the same) is no evidence: else a run that was killed twice at the same moment would not
 * end like one that was not.
 *
 * The handler needs what it reads before anything happens, so there is one of them a process. */
#ifndef ACTSEARCH_EXECUTOR_CRASH_H
#define ACTSEARCH_EXECUTOR_CRASH_H

#include <stdint.h>

struct error;

enum { CRASH_NO_TICKET = -1 };

/* From now on crashes are noted in `path` (copied), a line each: TICKET SIGNAL HOST:PID. ERROR_INPUT when the path is
   too long. */
int crash_note_in(const char *path, struct error *err);

/* From now on they are told on standard error: "actsearch: NAME has killed the process by SIGNAL", with the names of
   the tickets from 0 on, `count` of them, which are borrowed until the process ends. */
void crash_tell(const char *const *names, int64_t count);

/* What this thread is evaluating; CRASH_NO_TICKET: nothing. */
void crash_ticket_is(int64_t ticket);

#endif
