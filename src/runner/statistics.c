#include "runner/statistics.h"

#include "base/clock.h"

void statistics_begin(struct statistics *statistics, int64_t workers)
{
    *statistics = (struct statistics){.best = TEXT_EMPTY, .began = clock_seconds()};
    statistics->progress = (struct progress){
        .best_ticket = -1, .best = result_without_figures(OUTCOME_aborted), .tickets_expected = -1, .workers = workers};
}

void statistics_release(struct statistics *statistics)
{
    text_release(&statistics->best);
}

bool statistics_add(struct statistics *statistics, int64_t ticket, enum ticket_kind kind, const struct result *result,
                    bool now)
{
    struct progress *progress = &statistics->progress;
    progress->tickets++;
    progress->duplicates += kind == TICKET_DUPLICATE;
    progress->rejected += kind == TICKET_REJECTED;
    if (!result)
        return false;
    progress->trained++;
    progress->trained_now += now;
    progress->failed += !result_is_ok(result);
    if (!result_is_ok(result) || result_compare(result, &progress->best) <= 0)
        return false;
    progress->best_ticket = ticket;
    progress->best = *result;
    return true;
}

/* Short of memory the formula is missing on the screen; that is not worth ending a run for. */
void statistics_best(struct statistics *statistics, const char *formula)
{
    text_release(&statistics->best);
    text_add(&statistics->best, formula);
}

struct progress *statistics_now(struct statistics *statistics, bool finished)
{
    struct progress *progress = &statistics->progress;
    progress->seconds = clock_seconds() - statistics->began;
    progress->best_formula = text_string(&statistics->best);
    progress->finished = finished;
    return progress;
}
