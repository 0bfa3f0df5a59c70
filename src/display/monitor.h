/* Monitor: a thread that hears the signals of a long command and shows how it goes.
 *
 * The signals that stand for a stop are blocked in the whole process and taken by this thread one at a time, so no
 * code ever runs inside a signal handler. The first raises stop->drain, the second stop->abort; both
 * say so on standard error. SIGINT is a person, who can send another; SIGQUIT a person who cannot wait; all others are
 * a scheduler, a terminal that goes away or a limit, which will kill the process soon: after a grace period stop->abort
 * is raised without a second signal. SIGHUP is not heard when it was ignored at the start (nohup).
 *
 * The signals stay blocked until the process ends: one that comes when everything is done must not change the exit
 * status. srun kills what is left of a job as soon as one of its processes has ended with an error, and its own exit
 * status, by which a batch script decides what to do, is the greatest of theirs.
 *
 * Progress goes to standard error: on a terminal one line that is written over and over, in a log a
 * line every few seconds and one at the end. The observer only copies numbers. */
#ifndef ACTSEARCH_DISPLAY_MONITOR_H
#define ACTSEARCH_DISPLAY_MONITOR_H

#include "executor/executor.h"
#include "runner/progress.h"

#include <signal.h>
#include <stdint.h>

struct error;
struct monitor;

enum { MONITOR_GRACE_SECONDS = 20 }; /* when nobody says otherwise: below the 30 s that Slurm waits before it kills */

/* Call it before any other thread is started: they inherit the blocked signals. `quiet`: shows no
   progress. Returns owned. */
int monitor_new(bool quiet, double grace_seconds, struct monitor **monitor, struct error *err);

/* The signals that it hears, for a command that is stopped by them otherwise. */
void monitor_signals(sigset_t *set);

/* Writes a line of its own to standard error, beside the progress; the context is the monitor. From any thread. */
void monitor_say(void *monitor, const char *line);

/* Says nothing any more: another process of the same run does. */
void monitor_mute(struct monitor *monitor);

/* Ends the thread, and shows the last state. Accepts NULL. */
void monitor_end(struct monitor *monitor);

/* Does that if it was not done; accepts NULL. */
void monitor_free(struct monitor *monitor);

/* Raised by the signals; lives as long as the monitor. */
struct executor_stop *monitor_stop(struct monitor *monitor);

/* An observer for struct runner_options, whose context is the monitor. */
void monitor_observe(void *monitor, const struct progress *progress);

#endif
