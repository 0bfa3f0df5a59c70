/* What the files of the search share. */
#ifndef ACTSEARCH_SEARCH_INTERNAL_H
#define ACTSEARCH_SEARCH_INTERNAL_H

#include "search/search.h"
#include "search/strategy.h"

/* The archive: every function that was proposed, by its fingerprint, and the names of the known ones. */
struct archive;
int archive_new(struct archive **archive, struct error *err);
void archive_free(struct archive *archive);

/* Decides what becomes of ticket->expression: fills kind, assignment.candidate, judgement, judged, known_as,
   fingerprint and same_as. The function of a TICKET_TRAIN is remembered under the ticket's number. Errors: memory. */
int archive_judge(struct archive *archive, struct ticket *ticket, struct error *err);

/* The catalogue's baselines: their number, and the i-th expression (NULL behind the last). */
int archive_baselines(const struct archive *archive);
const struct tree *archive_baseline(const struct archive *archive, int i);

#endif
