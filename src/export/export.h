/* Export: C99 code for an activation function, its derivative included, in double and in float.
 *
 * The code needs nothing but <math.h>. Each line is one primitive, in the words of ops.def: the same
 * text that is compiled into actsearch as its double reference. Sub-expressions that occur twice are
 * computed once; the derivative is carried along (forward mode) and what it does not need is left out.
 *
 * Pure functions; thread-safe. */
#ifndef ACTSEARCH_EXPORT_EXPORT_H
#define ACTSEARCH_EXPORT_EXPORT_H

#include "expr/tree.h"

#include <stdbool.h>

struct error;
struct text;

/* Values for the learned parameters, and the functions that get them: NAME followed by `suffix`. */
struct export_set {
    const char *suffix; /* "" or "_act2": must make an identifier of NAME */
    const char *remark; /* one line for the comment above the functions, or NULL */
    double values[TREE_PARAMETERS];
};

struct export_options {
    const char *name;              /* a C identifier */
    const char *const *provenance; /* lines for the comment at the top, ended by NULL; may be NULL */
    const struct export_set *sets; /* NULL: one set, with the values at which the parameters start */
    int set_count;
    bool header; /* static inline functions for a header, instead of external ones */
};

/* Appends a complete source file with, for each set, the functions
     double NAME(double x); double NAME_derivative(double x);
     float NAMEf(float x);  float NAMEf_derivative(float x);
   ERROR_USAGE when the name is no identifier; ERROR_MEMORY. */
int export_c(const struct tree *tree, const struct export_options *options, struct text *out, struct error *err);

#endif
