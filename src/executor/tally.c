#include "executor/executor_internal.h"

#include <string.h>
#include <time.h>

/* Seconds of a clock that is never set back; for people only, no result depends on it. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void tally_begin(struct tally *tally)
{
    *tally = (struct tally){.best = TEXT_EMPTY, .began = seconds()};
    tally->progress.best_ticket = -1;
}

void tally_release(struct tally *tally)
{
    text_release(&tally->best);
}

void tally_add(struct tally *tally, const struct store_ticket *ticket, bool now)
{
    struct progress *progress = &tally->progress;
    const struct store_evaluation *evaluation = ticket->evaluation;
    progress->tickets++;
    progress->duplicates += strcmp(ticket->proposal.outcome, STORE_DUPLICATE) == 0;
    progress->rejected += strcmp(ticket->proposal.outcome, STORE_REJECTED) == 0;
    if (!evaluation)
        return;
    progress->trained++;
    progress->trained_now += now;
    if (strcmp(evaluation->outcome, STORE_OK) != 0) {
        progress->failed++;
    } else if (progress->best_ticket < 0 || evaluation->score > progress->best_score) {
        progress->best_ticket = ticket->proposal.ticket;
        progress->best_score = evaluation->score;
        /* Short of memory the formula is missing on the screen; that is not worth ending a run for. */
        text_release(&tally->best);
        text_add(&tally->best, ticket->proposal.simplified);
    }
}

void tally_show(struct tally *tally, const struct search *search, const struct executor_options *options)
{
    if (!options->observe)
        return;
    tally->progress.to_train = search_to_train(search);
    tally->progress.seconds = seconds() - tally->began;
    tally->progress.best_formula = text_string(&tally->best);
    options->observe(options->observer, &tally->progress);
}
