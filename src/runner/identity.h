/* The identity of a run: what its database holds it against, and what the processes of one run must agree in. Its
 * entries are the table store/run.def. */
#ifndef ACTSEARCH_RUNNER_IDENTITY_H
#define ACTSEARCH_RUNNER_IDENTITY_H

#include "base/isa.h"
#include "base/text.h"
#include "fitness/fitness.h"
#include "store/store.h"

struct communicator;
struct error;
struct experiment;

/* `run` points into the rest and the experiment. */
struct identity {
    struct store_run run;
    struct text experiment, protocol, data;
    char library[32], digest[32], arithmetic[FITNESS_DIGEST], metric[40];
};

/* Of an open experiment, which is borrowed. Takes the time of some steps of training. Release in every case. */
int identity_init(const struct experiment *experiment, enum isa isa, struct identity *identity, struct error *err);
void identity_release(struct identity *identity);

/* Collective: ERROR_CONFLICT when the ranks would not train the same thing. */
int identity_agree(const struct identity *identity, struct communicator *communicator, struct error *err);

#endif
