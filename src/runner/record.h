/* Records: between what a search and an evaluator make and what the store keeps. */
#ifndef ACTSEARCH_RUNNER_RECORD_H
#define ACTSEARCH_RUNNER_RECORD_H

#include "base/text.h"
#include "search/search.h"
#include "store/store.h"

/* A ticket as a record of the store. Starts as RECORD_EMPTY; its memory is reused from ticket to ticket. */
struct record {
    struct store_ticket ticket; /* points into the rest */
    struct store_timing timing;
    struct text genome, expression, simplified, reason, fingerprint;
    struct store_rung rungs[RESULT_RUNGS];
};
#define RECORD_EMPTY ((struct record){.rungs = {{0, 0, 0}}})
void record_release(struct record *record);

/* Fills what is known of record->ticket before it is evaluated. Nothing of the ticket is borrowed but its catalogue
   name, which is the search's. */
int record_proposal(struct record *record, const struct space *space, const struct ticket *ticket, struct error *err);

/* Adds the evaluation, which is borrowed for as long as the record is used. */
void record_evaluation(struct record *record, const struct evaluation *evaluation);

/* ERROR_CONFLICT, naming the ticket and the first field in which `stored` differs from `proposed`. */
int record_compare(const struct store_ticket *stored, const struct store_ticket *proposed, struct error *err);

#endif
