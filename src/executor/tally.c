#include "executor/executor_internal.h"

#include <time.h>

double tally_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void tally_begin(struct tally *tally, int64_t workers)
{
    *tally = (struct tally){.best = TEXT_EMPTY, .began = tally_seconds()};
    tally->progress.best_ticket = -1;
    tally->progress.workers = workers;
}

void tally_release(struct tally *tally)
{
    text_release(&tally->best);
}

bool tally_add(struct tally *tally, const struct tally_item *item)
{
    struct progress *progress = &tally->progress;
    progress->tickets++;
    progress->duplicates += item->kind == TICKET_DUPLICATE;
    progress->rejected += item->kind == TICKET_REJECTED;
    if (item->kind != TICKET_TRAIN)
        return false;
    progress->trained++;
    progress->trained_now += item->now;
    progress->failed += !item->ok;
    if (!item->ok || (progress->best_ticket >= 0 && item->score <= progress->best_score))
        return false;
    progress->best_ticket = item->ticket;
    progress->best_score = item->score;
    progress->best_deviation = item->deviation;
    progress->best_seeds = item->seeds;
    return true;
}

/* Short of memory the formula is missing on the screen; that is not worth ending a run for. */
void tally_best(struct tally *tally, const char *formula)
{
    text_release(&tally->best);
    text_add(&tally->best, formula);
}

void tally_show(struct tally *tally, const struct search *search, const struct executor_options *options)
{
    if (!options->observe)
        return;
    tally->progress.to_train = search_to_train(search);
    tally->progress.account = search_account(search);
    tally->progress.seconds = tally_seconds() - tally->began;
    tally->progress.best_formula = text_string(&tally->best);
    options->observe(options->observer, &tally->progress);
}
