/* Statistics: counts what becomes of tickets, for whoever shows the progress. */
#ifndef ACTSEARCH_RUNNER_STATISTICS_H
#define ACTSEARCH_RUNNER_STATISTICS_H

#include "base/text.h"
#include "runner/progress.h"

struct statistics {
    struct progress progress; /* the formula of the best is set when it is shown */
    struct text formula;
    double began;
};

/* `workers` as in the progress. */
void statistics_begin(struct statistics *statistics, int64_t workers);
void statistics_release(struct statistics *statistics);

/* Counts a ticket; `result` is NULL unless it was evaluated, `now`: by this process. True when it is the best so far:
   then statistics_set_formula() wants its formula. */
bool statistics_add(struct statistics *statistics, int64_t ticket, enum ticket_kind kind, const struct result *result,
                    bool now);
void statistics_set_formula(struct statistics *statistics, const char *formula);

/* The progress, up to date but for what the search itself knows. Borrowed until the next call. */
struct progress *statistics_now(struct statistics *statistics, bool finished);

#endif
