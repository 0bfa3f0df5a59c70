/* What the files of the executor share. */
#ifndef ACTSEARCH_EXECUTOR_INTERNAL_H
#define ACTSEARCH_EXECUTOR_INTERNAL_H

/* ThreadSanitizer does not see libgomp hand its threads the work and wait for them, so we tell it. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define HAND_OVER(object) __tsan_release(object)
#define TAKE_OVER(object) __tsan_acquire(object)
#define UNSEEN __attribute__((no_sanitize_thread))
#else
#define HAND_OVER(object) ((void)0)
#define TAKE_OVER(object) ((void)0)
#define UNSEEN
#endif

#include "base/text.h"
#include "executor/executor.h"
#include "store/store.h"

/* ---- record.c: between what the search and the evaluator make and what the store keeps */

/* A ticket and its evaluation as a record of the store. The memory is reused from ticket to ticket. */
struct record {
    struct store_ticket ticket; /* points into the rest */
    struct store_timing timing;
    struct text genome, expression, simplified, reason;
    struct store_rung rungs[RESULT_RUNGS];
};
#define RECORD_EMPTY ((struct record){0})
void record_release(struct record *record);

/* Fills what is known of record->ticket before it is evaluated; both arguments are borrowed for as long as the record
 * is used. */
int record_proposal(struct record *record, const struct space *space, const struct ticket *ticket, struct error *err);
/* Adds the evaluation, borrowed likewise. */
void record_evaluation(struct record *record, const struct evaluation *evaluation);

/* ERROR_CONFLICT, naming the ticket and the first field in which `stored` differs from `proposed`. */
int record_compare(const struct store_ticket *stored, const struct store_ticket *proposed, struct error *err);

/* ---- tally.c: what the observer is shown */

struct tally {
    struct progress progress;
    struct text best;
    double began;
};
void tally_begin(struct tally *tally, int64_t workers);
void tally_release(struct tally *tally);

/* What a ticket that is in the database counts as. */
struct tally_item {
    int64_t ticket;
    enum ticket_kind kind;
    bool ok; /* trained, with a score */
    double score, deviation;
    int64_t seeds;
    bool now; /* written by this process */
};
/* Counts it; true when its score is the highest so far: then tally_best() wants its formula. */
bool tally_add(struct tally *tally, const struct tally_item *item);
void tally_best(struct tally *tally, const char *formula);

/* Seconds of a clock that is never set back; for people and for patience, no result depends on it. */
double tally_seconds(void);

/* Brings the clock, the totals and the pointers up to date, and calls the observer, if any. */
void tally_show(struct tally *tally, const struct search *search, const struct executor_options *options);

/* ---- timekeeper.c: the clock over the evaluations of a process */

enum { STUCK_SECONDS = 60 }; /* over the limit, and it does not stop when it is told to */

struct timekeeper;
/* For evaluations at `places` places (threads), watched from a thread of its own. limit_seconds 0: *keeper is NULL.
   `abort` is passed on to all of them. */
int timekeeper_new(int places, double limit_seconds, const atomic_int *abort, struct timekeeper **keeper,
                   struct error *err);
void timekeeper_free(struct timekeeper *keeper); /* accepts NULL */
/* This thread begins an evaluation at `place`; returns the flag for it. */
const atomic_int *timekeeper_begin(struct timekeeper *keeper, int place);
/* It has ended; true when it was told to because it took too long. */
bool timekeeper_end(struct timekeeper *keeper, int place);

/* ---- post.c: the post of a training thread, here or in another process */

struct post {
    const struct evaluator *evaluator;
    struct timekeeper *keeper; /* may be NULL */
    int place;
    const atomic_int *abort;
    void *worker;
    bool open;
};
/* Made, used and closed by its thread. */
int post_open(struct post *post, const struct evaluator *evaluator, struct timekeeper *keeper, int place,
              const atomic_int *abort, struct error *err);
void post_close(struct post *post); /* accepts one that was not opened */

/* Evaluates; *out starts as EVALUATION_EMPTY. The outcome is "aborted" only when *abort was raised. */
int post_evaluate(struct post *post, const struct assignment *assignment, struct evaluation *out, struct error *err);

/* ---- threads.c */

/* Makes OpenMP start as many threads as it is asked for, whatever OMP_DYNAMIC and the like say: with fewer, one that
   others wait for might be missing. ERROR_USAGE when that is more than OMP_THREAD_LIMIT. */
int threads_can_start(int threads, struct error *err);

/* ---- courier.c: what a thread does that has nothing to do but to look whether something has come */

/* Looks often while something happens and ever more seldom when nothing does, so that it costs the training threads
   next to nothing. */
struct rest {
    long microseconds;
};
void rest_after(struct rest *rest, bool something_happened);

/* ---- replay.c */

/* Hands the stored tickets to the search, as if they had just been trained, and holds every proposal
   against its row. */
int replay(struct search *search, struct store *store, struct tally *tally, struct error *err);

#endif
