/* Lineage: where a candidate comes from. */
#ifndef ACTSEARCH_DISPLAY_LINEAGE_H
#define ACTSEARCH_DISPLAY_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;
struct text;

struct ancestor {
    int64_t ticket, generation; /* generation 0: the candidate itself */
    int64_t parents[2];         /* STORE_NONE: there is none */
    char *operator, * function; /* owned */
    double score;               /* NaN: it has none */
};

struct lineage {
    struct ancestor *ancestors; /* owned: (count), by generation, then ticket */
    ptrdiff_t count;
};
#define LINEAGE_EMPTY ((struct lineage){0})

/* The candidate and its ancestors, at most some hundreds, the nearest. Release in every case. */
int lineage_read(struct store *store, int64_t ticket, struct lineage *lineage, struct error *err);
void lineage_release(struct lineage *lineage);

/* An indented tree for people, parents under their children; nothing for a candidate without parents. */
void lineage_add_tree(const struct lineage *lineage, bool utf8, struct text *out);

/* A JSON array. */
void lineage_add_json(const struct lineage *lineage, struct text *out);

#endif
