/* Progress: what is known while a run goes on. */
#ifndef ACTSEARCH_RUNNER_PROGRESS_H
#define ACTSEARCH_RUNNER_PROGRESS_H

#include "result/result.h"
#include "search/search.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
    int64_t tickets, trained, to_train; /* to_train: -1 when not known */
    int64_t duplicates, rejected, failed;
    int64_t trained_now;      /* since this process started */
    int64_t tickets_expected; /* of a search that goes through its whole space; -1: nobody knows */
    int64_t workers;          /* candidates that can be in training at once, in all processes */
    double seconds;           /* since this process started */
    struct best_result best;  /* its formula is borrowed until the observer returns */
    bool finished;
    struct search_account account; /* says why, when it is finished */
};

#endif
