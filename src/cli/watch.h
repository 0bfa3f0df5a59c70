/* Watch: a thread that hears the signals of a long command and shows how it goes.
 *
 * SIGINT and SIGTERM are blocked in the whole process and taken by this thread one at a time, so no
 * code ever runs inside a signal handler. The first raises stop->drain, the second stop->abort; both
 * say so on standard error.
 *
 * Progress goes to standard error: on a terminal one line that is written over and over, in a log a
 * line every few seconds and one at the end. The observer only copies numbers. */
#ifndef ACTSEARCH_CLI_WATCH_H
#define ACTSEARCH_CLI_WATCH_H

#include "executor/executor.h"

#include <stdint.h>

struct error;
struct watch;

/* Call it before any other thread is started: they inherit the blocked signals. `quiet`: shows no
   progress. Returns owned. */
int watch_new(bool quiet, struct watch **watch, struct error *err);

/* Shows the last state, ends the thread and gives the signals back; accepts NULL. */
void watch_free(struct watch *watch);

/* Raised by the signals; lives as long as the watch. */
struct executor_stop *watch_stop(struct watch *watch);

/* For searches that go through a whole space: percentage and time left count tickets, of which
   there will be `tickets`. Before the first observation. */
void watch_expect_tickets(struct watch *watch, int64_t tickets);

/* An observer for struct executor_options, whose observer is the watch. */
void watch_observe(void *watch, const struct progress *progress);

#endif
