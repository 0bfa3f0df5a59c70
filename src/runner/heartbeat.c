#include "cli/heartbeat.h"

#include "cli/watch.h"
#include "store/store.h"

#include <math.h>

enum { BEAT_SECONDS = 5 };

static struct store_beat beat_of(const struct heartbeat *heartbeat, const struct progress *progress)
{
    struct store_beat beat = {.tickets = heartbeat->stored,
                              .trained = -1,
                              .to_train = -1,
                              .failed = -1,
                              .workers = heartbeat->workers,
                              .ranks = heartbeat->ranks,
                              .best_ticket = -1,
                              .best_score = NAN,
                              .best_deviation = NAN,
                              .best_seeds = -1};
    if (!progress)
        return beat;
    beat.tickets = progress->tickets;
    beat.trained = progress->trained;
    beat.to_train = progress->to_train;
    beat.trained_now = progress->trained_now;
    beat.failed = progress->failed;
    beat.seconds = progress->seconds;
    if (progress->best_ticket >= 0) {
        beat.best_ticket = progress->best_ticket;
        beat.best_score = progress->best_score;
        beat.best_deviation = progress->best_deviation;
        beat.best_seeds = progress->best_seeds;
        beat.best_formula = progress->best_formula;
    }
    return beat;
}

/* A beat that could not be written for another reason than a conflict is tried again. Until the stored tickets are
   taken up there is no progress to tell of. */
static void beat(void *context, const struct progress *progress)
{
    struct heartbeat *heartbeat = context;
    struct store_beat sign = beat_of(heartbeat, progress);
    struct error err = ERROR_EMPTY;
    if (heartbeat->status)
        return;
    if (store_is_in_place(heartbeat->store)) {
        if (store_beat(heartbeat->store, &sign, &err) != ERROR_CONFLICT)
            return;
        heartbeat->status = ERROR_CONFLICT;
        heartbeat->err = err;
    }
    atomic_store(&watch_stop(heartbeat->watch)->abort, 1);
}

void heartbeat_start(struct heartbeat *heartbeat, struct watch *watch, struct store *store, int64_t workers,
                     int64_t ranks)
{
    *heartbeat = (struct heartbeat){
        .store = store, .watch = watch, .workers = workers, .ranks = ranks, .stored = store_count(store)};
    watch_every(watch, BEAT_SECONDS, beat, heartbeat);
}
