/* Subject: the function that a command is about, given as an expression, as the name of a known
   function, or as a database and a ticket in it; of a candidate of several functions with the number of one behind the
   ticket: 12.2. */
#ifndef ACTSEARCH_CLI_SUBJECT_H
#define ACTSEARCH_CLI_SUBJECT_H

#include "expr/activation.h"
#include "expr/tree.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct call;
struct catalogue;
struct error;

struct subject {
    struct activation activation;        /* what was written, what is trained */
    const char *name;                    /* of the catalogue, or NULL; borrowed from `catalogue` */
    struct catalogue *catalogue;         /* owned */
    struct store *store;                 /* owned; NULL for an expression */
    struct store_cursor *cursor;         /* owned */
    const struct store_ticket *stored;   /* the row; NULL for an expression */
    const struct evaluation *evaluation; /* its trainings; an empty one when there were none */
    const char *database;                /* its path as it was given */
    struct store_source source;          /* the run that it is from, borrowed from the store */
    int64_t asked;                       /* the ticket asked for: that of a duplicate of `stored`, or the same */
    int function, functions;             /* which of the candidate's, from 0, and how many there are */
    bool chosen;                         /* its number was given */
    bool trained; /* were learned parameters trained? then their means over seeds, layers and channels: */
    double parameters[TREE_PARAMETERS];
};

/* A learned parameter over the seeds and channels, in one layer or, with SUBJECT_ALL, in the whole network: what the
   layers share if they share it, else what each has. */
enum { SUBJECT_ALL = -1 };
struct subject_parameter {
    double mean, least, largest; /* NaN when it was never trained */
    int64_t count, channels;     /* trained ones; channels with a set of their own, in the widest layer; 0: none */
};
struct subject_parameter subject_parameter(const struct subject *subject, int64_t layer, int index);

/* Activation layers with learned parameters of their own, 1 + the last of them; 0 when there are none. */
int64_t subject_layers(const struct subject *subject);

/* All layers that hold the candidate have one set of learned parameters. */
bool subject_is_shared(const struct subject *subject);

/* What subject->parameters are means over, as "the seeds and the layers". */
const char *subject_average(const struct subject *subject);

/* Reads the arguments of the call: EXPRESSION, or DATABASE TICKET, where TICKET may be "best".
   A duplicate leads to the ticket that was trained. Release in every case. */
int subject_open(struct call *call, struct subject *subject, struct error *err);

/* For who speaks of one function: of several one must have been chosen, or ERROR_USAGE says how. */
int subject_check_chosen(const struct subject *subject, struct error *err);
void subject_release(struct subject *subject);

#endif
