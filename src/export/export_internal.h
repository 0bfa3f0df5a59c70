/* What the files of the export module share: expressions as straight-line code. */
#ifndef ACTSEARCH_EXPORT_EXPORT_INTERNAL_H
#define ACTSEARCH_EXPORT_EXPORT_INTERNAL_H

#include "expr/tree.h"

#include <stdbool.h>

struct text;

/* The floating-point type that code is written in. */
struct precision {
    const char *type;   /* "double", "float" */
    const char *suffix; /* of functions and literals: "", "f" */
};

/* Appends a number as a literal of that type; negative ones in brackets. */
void write_literal(double value, const struct precision *precision, struct text *out);

/* Appends one of the C texts of ops.def with a, b and v replaced by the texts given, and functions and
   literals in the precision asked for. */
void write_primitive(const char *text, const char *a, const char *b, const char *v, const struct precision *precision,
                     struct text *out);

/* Appends the body of a function of x (without braces) that returns f(x), or f'(x).
   parameters: (TREE_PARAMETERS). */
void write_body(const struct tree *tree, const double *parameters, bool derivative, const struct precision *precision,
                struct text *out);

/* Appends the helper functions of bessel.def that the tree or its derivative needs. */
void write_helpers(const struct tree *tree, struct text *out);

#endif
