/* A list of candidates as a source of work (executor/executor.h): each is evaluated once, in the order of the list. */
#ifndef ACTSEARCH_RUNNER_LIST_SOURCE_H
#define ACTSEARCH_RUNNER_LIST_SOURCE_H

#include "executor/executor.h"
#include "runner/progress.h"
#include "runner/statistics.h"

struct list_source {
    const struct candidate *candidates; /* (count), borrowed */
    const char *const *names;           /* (count), borrowed; for the progress */
    struct evaluation *evaluations;     /* (count), borrowed; they start as EVALUATION_EMPTY and are filled in order */
    int64_t count;
    int64_t taken, added, settled;
    struct statistics statistics;
    void (*observe)(void *observer, const struct progress *progress); /* may be NULL */
    void *observer;
};

/* Borrows the three lists. */
void list_source_init(struct list_source *source, const struct candidate *candidates, const char *const *names,
                      struct evaluation *evaluations, int64_t count, int64_t workers);
void list_source_release(struct list_source *source);

/* For executor_run(); borrows *source. */
struct source list_source_for_executor(struct list_source *source);

#endif
