/* Subject: the function that a command is about, given as an expression, as the name of a known
   function, or as a database and a ticket in it. */
#ifndef ACTSEARCH_CLI_SUBJECT_H
#define ACTSEARCH_CLI_SUBJECT_H

#include "expr/tree.h"
#include "store/store.h"

struct call;
struct catalogue;
struct error;

struct subject {
    struct tree tree;                  /* what is or was trained: the canonical form when it comes from a database */
    const char *name;                  /* of the catalogue, or NULL; borrowed from `catalogue` */
    struct catalogue *catalogue;       /* owned */
    struct store *store;               /* owned; NULL for an expression */
    struct store_cursor *cursor;       /* owned */
    const struct store_ticket *stored; /* the row; NULL for an expression */
    const char *database;              /* its path as it was given */
};

/* Reads the arguments of the call: EXPRESSION, or DATABASE TICKET, where TICKET may be "best".
   A duplicate leads to the ticket that was trained. Release in every case. */
int subject_open(struct call *call, struct subject *subject, struct error *err);
void subject_release(struct subject *subject);

#endif
