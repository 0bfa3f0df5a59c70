/* What the files of the export module share: expressions as straight-line code. */
#ifndef ACTSEARCH_EXPORT_EXPORT_INTERNAL_H
#define ACTSEARCH_EXPORT_EXPORT_INTERNAL_H

#include "expr/tree.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct text;

/* The floating-point type that code is written in. */
struct precision {
    const char *type;   /* "double", "float" */
    const char *suffix; /* of functions and literals: "", "f" */
};

/* The functions that a set of values has, in their order: NAME, the set's suffix, and an ending. */
enum { FUNCTIONS = 4 };
struct function_of_a_set {
    const char *ending;
    bool single, derivative;
};
extern const struct function_of_a_set functions_of_a_set[FUNCTIONS];

struct export_options;
/* Is options->name an identifier, and are it and all names that are made of it free? ERROR_USAGE. */
int names_check(const struct export_options *options, struct error *err);

/* Appends a number as a literal of that type, in the fewest digits that mean the same number; negative
   ones in brackets. */
void write_literal(double value, const struct precision *precision, struct text *out);

/* Appends one of the C texts of ops.def with a, b and v replaced by the texts given, and functions and
   literals in the precision asked for. */
void write_primitive(const char *text, const char *a, const char *b, const char *v, const struct precision *precision,
                     struct text *out);

/* The next identifier at or behind *p, its length in *length; NULL when there is none. Leaves *p behind
   it. Numbers such as 1e-3f hold no identifier. */
const char *next_word(const char **p, size_t *length);

/* Is that identifier in the code? */
bool mentions(const char *code, const char *word);

/* Appends the body of a function of x (without braces) that returns f(x), or f'(x). Learned parameters
   are taken from an array p, which the function has if `with_parameters`. The tree is without t. */
void write_body(const struct tree *tree, bool with_parameters, bool derivative, const struct precision *precision,
                struct text *out);

/* Appends those of the helper functions that the code calls. */
void write_helpers(const char *code, bool header, struct text *out);

#endif
