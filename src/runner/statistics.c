#include "runner/statistics.h"

#include "base/clock.h"

void statistics_begin(struct statistics *statistics, int64_t workers)
{
    *statistics = (struct statistics){.formula = TEXT_EMPTY, .began = clock_seconds()};
    statistics->progress = (struct progress){.best = best_result_none(), .tickets_expected = -1, .workers = workers};
}

void statistics_release(struct statistics *statistics)
{
    text_release(&statistics->formula);
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
    return best_result_update(&progress->best, ticket, result);
}

/* Short of memory the formula is missing on the screen; that is not worth ending a run for. */
void statistics_set_formula(struct statistics *statistics, const char *formula)
{
    text_release(&statistics->formula);
    text_add(&statistics->formula, formula);
}

struct progress *statistics_now(struct statistics *statistics, bool finished)
{
    struct progress *progress = &statistics->progress;
    progress->seconds = clock_seconds() - statistics->began;
    progress->best.formula = text_string(&statistics->formula);
    progress->finished = finished;
    return progress;
}
