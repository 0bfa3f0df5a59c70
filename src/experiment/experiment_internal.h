/* What the files of this module share. */
#ifndef ACTSEARCH_EXPERIMENT_INTERNAL_H
#define ACTSEARCH_EXPERIMENT_INTERNAL_H

#include "experiment/experiment.h"

extern const struct setting experiment_settings[]; /* the members of an experiment */

/* Applies one "path=value" to a document. */
int experiment_override(struct json_document *document, const char *words, struct error *err);

#endif
