/* The names of the language, shared by functions.c (the tables) and parse.c (their only reader). */
#ifndef ACTSEARCH_EXPR_PARSE_INTERNAL_H
#define ACTSEARCH_EXPR_PARSE_INTERNAL_H

#include "expr/parse.h"
#include "expr/tree.h"

#include <stdbool.h>

enum { NAME_SIZE = 32 }; /* bytes for a name and its terminator; longer names are unknown ones */

/* What stands before a bracket: a primitive or a function. */
struct callee {
    const char *name;
    enum op op;                           /* when it is a primitive */
    const struct function_info *function; /* otherwise; NULL for a primitive */
    int min_arguments, max_arguments;
};

/* Finds a primitive, a function or an alias of one. */
bool callee_by_name(const char *name, struct callee *callee);

/* pi, e, inf, nan. */
bool constant_by_name(const char *name, double *value);

/* The known name that differs least from `name`, upper and lower case being the same; NULL when
   none is near enough to be what was meant. */
const char *name_nearest(const char *name);

#endif
