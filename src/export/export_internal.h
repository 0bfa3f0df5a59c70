/* What the files that serve all languages share. */
#ifndef ACTSEARCH_EXPORT_EXPORT_INTERNAL_H
#define ACTSEARCH_EXPORT_EXPORT_INTERNAL_H

#include "export/language.h"

/* A text of ops.def with what stands for its letters. */
struct formula {
    const char *text;
    const char *a, *b, *v;
};

/* Appends it in that language. Returns the helpers that are called, a bit each. */
unsigned write_formula(const struct formula *formula, const struct language *language,
                       const struct precision *precision, struct text *out);

/* Appends a call with two arguments, of a helper, and returns its bit. */
unsigned write_helper_call(enum export_helper helper, const char *first, const char *second,
                           const struct language *language, const struct precision *precision, struct text *out);

#endif
