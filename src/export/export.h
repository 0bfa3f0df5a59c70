/* Export: code in another language for an activation function, its derivative included.
 *
 * Each line of the code is one primitive, in the words of ops.def: in C the same text that is compiled into actsearch
 * as its double reference. Sub-expressions that occur twice are computed once; the derivative is carried along (forward
 * mode) and what it does not need is left out. An exact zero wins over an infinite slope here, too, by a helper that is
 * called where the two can meet. So code in double agrees with tree_eval() to the last bits that a compiler's
 * contractions leave; only where the value is not finite, one of the two slopes may be NaN and the other a number. Code
 * in float is the same text in float: it loses accuracy where the expression cancels, and overflows where a part of it
 * is beyond float.
 *
 * The tree is taken as it stands: who has an expression and wants what is trained asks expr/activation.h first.
 *
 * The code is for inference: t, the progress of training, is 1 in it, and what that makes constant is worked
 * out first (tree_settle); the comment at its top says so.
 *
 * Pure functions; thread-safe. */
#ifndef ACTSEARCH_EXPORT_EXPORT_H
#define ACTSEARCH_EXPORT_EXPORT_H

#include "expr/tree.h"

#include <stdbool.h>

struct error;
struct language;
struct text;

/* Values for the learned parameters, and the functions that get them: NAME followed by `suffix`. */
struct export_set {
    const char *suffix; /* "" or "_layer2": must make an identifier of NAME, and not be "_p" */
    const char *remark; /* one line for the comment above the functions, or NULL */
    double values[TREE_PARAMETERS];
};

struct export_options {
    const char *name;              /* an identifier of the language that nobody has */
    const char *const *provenance; /* lines for the comment at the top, ended by NULL; may be NULL */
    const struct export_set *sets; /* NULL: one set, with the values at which the parameters start */
    int set_count;                 /* a function without learned parameters has one set */
    bool header;                   /* static inline functions for a header, instead of external ones */
};

/* The language of that name, or number i of them; NULL if there is none. What it is, language.h says. */
const struct language *export_language(const char *name);
const struct language *export_language_at(int i);

/* Appends a complete source file. In C ("c") that is C99 which needs nothing but <math.h> and has, for each set, the
   functions
     double NAME(double x); double NAME_derivative(double x);
     float NAMEf(float x);  float NAMEf_derivative(float x);
   and, when there are learned parameters, the same with any values of them:
     double NAME_p(double x, const double *p); ... float NAME_pf_derivative(float x, const float *p);
   A comment at the top says the formula, then the provenance.
   ERROR_USAGE when the name will not do; ERROR_MEMORY. */
int export_code(const struct language *language, const struct tree *tree, const struct export_options *options,
                struct text *out, struct error *err);

/* ---- names of functions in C */

/* Who owns a name (reserved.def), as "<math.h>"; NULL when it is free. Names in which C or C++ keep a place for
   compilers, with a leading underscore or two of them in a row, are not asked for here. */
const char *export_name_owner(const char *name);

/* Are the name and all that is made of it (NAMEf, NAME_derivative, ...) free? */
bool export_name_is_free(const char *name);

/* The name that functions get for what people know as `known`, which is an identifier: that, or with _activation
   behind it where it is taken: abs_activation. */
enum { EXPORT_NAME_SIZE = 64 };
void export_name_for(const char *known, char name[EXPORT_NAME_SIZE]);

#endif
