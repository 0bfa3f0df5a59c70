/* What the files of the executor share. */
#ifndef ACTSEARCH_EXECUTOR_INTERNAL_H
#define ACTSEARCH_EXECUTOR_INTERNAL_H

#include "base/text.h"
#include "executor/executor.h"
#include "store/store.h"

/* ---- record.c: between what the search and the evaluator make and what the store keeps */

/* A ticket and its evaluation as a record of the store. The memory is reused from ticket to ticket. */
struct record {
    struct store_ticket ticket; /* points into the rest */
    struct store_evaluation evaluation;
    struct store_timing timing;
    struct text genome, expression, simplified;
    struct store_trial *trials;
    struct store_epoch *epochs;
    struct store_parameter *parameters;
    struct store_look *looks;
    ptrdiff_t trial_capacity, epoch_capacity, parameter_capacity, look_capacity;
};
#define RECORD_EMPTY ((struct record){0})
void record_release(struct record *record);

/* Fills record->ticket.proposal; both arguments are borrowed for as long as the record is used. */
int record_proposal(struct record *record, const struct grammar *grammar, const struct ticket *ticket,
                    struct error *err);
/* Adds the evaluation, borrowed likewise. */
int record_evaluation(struct record *record, const struct evaluation *evaluation, struct error *err);

/* ERROR_CONFLICT, naming the ticket and the first field in which `stored` differs from `proposed`. */
int record_compare(const struct store_proposal *stored, const struct store_proposal *proposed, struct error *err);

/* ---- tally.c: what the observer is shown */

struct tally {
    struct progress progress;
    struct text best;
    double began;
};
void tally_begin(struct tally *tally);
void tally_release(struct tally *tally);

/* Counts a ticket that is now in the database; `now`: written by this process. */
void tally_add(struct tally *tally, const struct store_ticket *ticket, bool now);

/* Brings the clock, the totals and the pointers up to date, and calls the observer, if any. */
void tally_show(struct tally *tally, const struct search *search, const struct executor_options *options);

/* ---- replay.c */

/* Hands the stored tickets to the search, as if they had just been trained, and holds every proposal
   against its row. */
int replay(struct search *search, const struct grammar *grammar, struct store *store, struct tally *tally,
           struct error *err);

#endif
