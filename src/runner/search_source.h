/* A search and its database as a source of work (executor/executor.h).
 *
 * A ticket is in the database, and on the disk, before the search is told its result; so the database holds tickets
 * 0 .. n-1 completely at any instant. A database that has tickets already is replayed first: the search makes each of
 * them again, every proposal is held against its row, and hears its result as if it had just come. So a run that was
 * stopped anywhere and resumed ends with the same rows as one that was not. */
#ifndef ACTSEARCH_RUNNER_SEARCH_SOURCE_H
#define ACTSEARCH_RUNNER_SEARCH_SOURCE_H

#include "executor/executor.h"
#include "runner/progress.h"
#include "runner/quarantine.h"
#include "runner/record.h"
#include "runner/statistics.h"

struct search_source {
    struct search *search; /* borrowed, and so is the store */
    struct store *store;
    struct quarantine quarantine;
    struct statistics statistics;
    void (*observe)(void *observer, const struct progress *progress); /* may be NULL */
    void *observer;
    struct ticket ticket; /* the one that is being made */
};

/* `search` is new; `store` is open for writing and may hold the first tickets of this very run: ERROR_CONFLICT when
   they are not what the search proposes. Release in every case. */
int search_source_init(struct search_source *source, struct search *search, struct store *store, int64_t workers,
                       struct error *err);
void search_source_release(struct search_source *source);

/* For executor_run(); borrows *source. */
struct source search_source_for_executor(struct search_source *source);

#endif
