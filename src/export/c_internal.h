/* What the files of C as a language of export share. */
#ifndef ACTSEARCH_EXPORT_C_INTERNAL_H
#define ACTSEARCH_EXPORT_C_INTERNAL_H

#include "export/language.h"

extern const struct precision c_double, c_float;

/* The functions that a set of values has, in their order: NAME, the set's suffix, and an ending. */
enum { C_FUNCTIONS = 4 };
struct c_function {
    const char *ending;
    bool derivative;
    const struct precision *precision;
};
extern const struct c_function c_functions[C_FUNCTIONS];

/* Is options->name an identifier, and are it and all names that are made of it free? ERROR_USAGE. */
int c_check_name(const struct export_options *options, struct error *err);

/* The hooks of the same names; c_literal() uses the fewest digits that mean the same number. */
void c_literal(double value, const struct precision *precision, struct text *out);
void c_number(const char *digits, const struct precision *precision, struct text *out);
void c_call(const char *function, const char *const *arguments, int count, const struct precision *precision,
            struct text *out);

/* Appends those helper functions. */
void c_write_helpers(unsigned helpers, bool header, struct text *out);

#endif
