/* The real training as an evaluator (executor/executor.h). */
#ifndef ACTSEARCH_RUNNER_EVALUATOR_H
#define ACTSEARCH_RUNNER_EVALUATOR_H

#include "executor/executor.h"

struct fitness;

/* Borrows the fitness. */
struct evaluator evaluator_of(const struct fitness *fitness);

#endif
