/* Natural numbers of up to 1,024 bits, for counting trees exactly.
 *
 * 63 symbols, each one of about 1,000, in one of at most 3^63 tree shapes: below 2^740. A result
 * beyond 1,024 bits is an impossible state and stops the program. Values, nothing is owned. */
#ifndef ACTSEARCH_GRAMMAR_NATURAL_H
#define ACTSEARCH_GRAMMAR_NATURAL_H

#include <stdbool.h>
#include <stdint.h>

struct text;

enum { NATURAL_LIMBS = 32 };

struct natural {
    int length;                   /* limbs in use, 0 for zero */
    uint32_t limb[NATURAL_LIMBS]; /* least significant first; those behind `length` are not set */
};

void natural_set(struct natural *n, uint64_t value);
bool natural_is_zero(const struct natural *n);

/* sum += a * b. `sum` must be another object than a and b. */
void natural_add_product(struct natural *sum, const struct natural *a, const struct natural *b);

/* Is it below 2^63? Then natural_value() gives it. */
bool natural_fits(const struct natural *n);
int64_t natural_value(const struct natural *n);

/* Appends the decimal digits; `separator` (such as ",") stands between groups of three, "" for none. */
void natural_print(const struct natural *n, const char *separator, struct text *out);

#endif
