/* What the files of a merge share; merge.c tells how it goes. */
#ifndef ACTSEARCH_STORE_MERGE_INTERNAL_H
#define ACTSEARCH_STORE_MERGE_INTERNAL_H

#include "store/store_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statements on the merged database. The class of a run is the first run that measures as it does. */
enum statement {
    FIND_CLASS,
    FIND_SESSION,
    END_SESSION,
    FIND_TICKET,
    FIND_MEASURED,
    ADD_MEASURED,
    FIND_SCORE,
    STATEMENT_COUNT
};

/* From the number of a row in the input to that in the merged database. */
struct link {
    int64_t from, to;
    int64_t class;  /* of a run */
    ptrdiff_t part; /* of a run: of the report */
};

struct links {
    struct link *items; /* by .from, owned */
    ptrdiff_t count, capacity;
};

/* A ticket of the input. */
struct place {
    const struct link *run;
    int64_t run_ticket;
    int64_t ticket; /* in the merged database; STORE_NONE: not there yet */
    int64_t home;   /* there; itself unless it is a duplicate */
};

struct places {
    struct place *items; /* by ticket, owned */
    ptrdiff_t count, capacity;
};

struct input {
    int number;
    struct store *store;
    struct links runs, sessions;
    struct places places;
};

struct merge {
    struct store *store;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    sqlite3_stmt *find_run;
    struct store_merge *report;
    ptrdiff_t part_capacity;
    const struct store_options *options; /* may be NULL */
};

/* Room for one more: the items where they are then, or NULL. */
void *merge_room(void *items, ptrdiff_t count, ptrdiff_t *capacity, size_t size);
int merge_add_link(struct links *links, struct link link, struct error *err);
/* The links must have been added in the order of .from. NULL: there is none. */
const struct link *merge_find_link(const struct links *links, int64_t from);
/* A statement on the merged database with its first parameters; those that it has not are left out. */
sqlite3_stmt *merge_bound(const struct merge *merge, enum statement which, int64_t first, int64_t second);
/* Runs a statement that has at most one row; *found tells whether it has. It must be reset before it is bound again. */
int merge_look_up(const struct merge *merge, sqlite3_stmt *statement, bool *found, struct error *err);
/* Calls `take` for each row of a query on the input. */
int merge_each_row(struct merge *merge, struct input *input, const char *sql,
                   int (*take)(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err),
                   struct error *err);

/* ---- merge_runs.c: who made the tickets. Rows that the merged database has not are added, and all are linked. */
int merge_prepare_runs(struct merge *merge, struct error *err);
int merge_take_runs(struct merge *merge, struct input *input, struct error *err);
int merge_take_sessions(struct merge *merge, struct input *input, struct error *err);

/* ---- merge_tickets.c: after those. First where the input's tickets are, then those that are nowhere yet. */
int merge_take_places(struct merge *merge, struct input *input, struct error *err);
int merge_add_tickets(struct merge *merge, struct input *input, struct error *err);

#endif
