/* What the files of this module share. */
#ifndef ACTSEARCH_EXPERIMENT_INTERNAL_H
#define ACTSEARCH_EXPERIMENT_INTERNAL_H

#include "experiment/experiment.h"

extern const struct setting experiment_settings[]; /* the members of an experiment */

#endif
