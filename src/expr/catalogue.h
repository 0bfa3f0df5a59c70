/* The catalogue: calling functions by the names that people know them by. */
#ifndef ACTSEARCH_EXPR_CATALOGUE_H
#define ACTSEARCH_EXPR_CATALOGUE_H

#include "expr/fingerprint.h"
#include "expr/tree.h"

#include <stdbool.h>

struct catalogue;

/* An entry of catalogue.def. Static strings. */
struct known {
    const char *name, *text, *remark;
    bool baseline;
    struct tree tree;
};

/* Returns owned; immutable afterwards, so threads may share it. ERROR_MEMORY. */
int catalogue_new(struct catalogue **catalogue, struct error *err);
void catalogue_free(struct catalogue *catalogue); /* accepts NULL */

int catalogue_count(const struct catalogue *catalogue);
const struct known *catalogue_at(const struct catalogue *catalogue, int i);

/* The entry of that name, or NULL. */
const struct known *catalogue_by_name(const struct catalogue *catalogue, const char *name);

/* The entry that is the same function, or NULL. A function that is written with t has no such name. */
const struct known *catalogue_of(const struct catalogue *catalogue, const struct tree *tree);
const struct known *catalogue_of_fingerprint(const struct catalogue *catalogue, const struct fingerprint *fingerprint);

#endif
