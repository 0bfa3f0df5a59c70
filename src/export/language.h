/* A language that functions are exported in: a descriptor, made known by a line in languages.def.
 *
 * What is the same in all of them is done once. A tree becomes a straight-line program (expr/program.h), body.c makes
 * the statements of a function of it, and formula.c reads what a primitive is from its C text in ops.def; both ask the
 * descriptor how each piece is written. `file` writes what stands around the bodies, in whatever order the language
 * wants, and gets the bodies from export_body().
 *
 * An expression may stand in a larger one as ops.def has it: operators bind as in C, and its brackets are kept. The
 * hooks append to a text and cannot fail; what they append must depend on their arguments only. */
#ifndef ACTSEARCH_EXPORT_LANGUAGE_H
#define ACTSEARCH_EXPORT_LANGUAGE_H

#include "export/export.h"

#include <stdbool.h>

/* A floating-point type that code is written in. */
struct precision {
    const char *type;                 /* "double", "float" */
    const char *suffix;               /* of functions and literals: "", "f" */
    double (*rounded)(double number); /* what a literal of it says: numbers for which that is the same are the same */
};

/* Functions that <math.h> lacks, with the names under which they are called. */
enum export_helper {
    EXPORT_TIMES, /* TIMES(outer, inner): chain_product() */
#define HELPER(macro, ...) EXPORT_##macro,
#include "expr/bessel.def"
#undef HELPER
    EXPORT_HELPERS
};
const char *export_helper_name(enum export_helper helper); /* "TIMES", "I0E" */

/* What a file is made for. */
struct exported {
    const struct tree *written; /* as it was asked for */
    const struct tree *tree;    /* as it is at t = 1, without t; it may have fewer learned parameters */
    int parameters;             /* of `written` */
    const struct export_options *options;
    const struct export_set *sets; /* (set_count), at least one */
    int set_count;
};

struct language {
    const char *name;   /* as it is asked for: "c" */
    const char *ending; /* of a file's name: ".c" */

    int (*check_name)(const struct export_options *options, struct error *err); /* ERROR_USAGE: it will not do */
    void (*file)(const struct exported *exported, struct text *out);

    /* Expressions. A literal is in brackets when it is negative; digits are as ops.def has them: 2, 0.5, 1e3. A
       function is one of <math.h>, or the name of a helper. Of a choice all parts are expressions. */
    void (*literal)(double value, const struct precision *precision, struct text *out);
    void (*number)(const char *digits, const struct precision *precision, struct text *out);
    void (*call)(const char *function, const char *const *arguments, int count, const struct precision *precision,
                 struct text *out);
    void (*choice)(const char *condition, const char *yes, const char *no, struct text *out);
    const char *(*sign)(const char *in_c); /* what an operator of C is here; NULL: all are as in C */

    /* Statements of a function of x and, where it has them, of learned parameters p. */
    void (*parameter)(int index, const struct precision *precision, struct text *out); /* makes p1 known, for index 1 */
    void (*unused)(const char *argument, struct text *out); /* "x" or "p" is not used; may be NULL */
    void (*assign)(const char *name, const char *value, const struct precision *precision, struct text *out);
    void (*result)(const char *value, struct text *out); /* of the function; comes last, and once */
};

/* What a function computes. */
struct exported_function {
    const struct tree *tree; /* without t */
    bool derivative;
    bool with_parameters; /* it has p beside x */
    const struct precision *precision;
};

/* Appends the statements. Bit i of what it returns: helper i is called. */
unsigned export_body(const struct language *language, const struct exported_function *function, struct text *out);

#define LANGUAGE(name) extern const struct language language_##name;
#include "export/languages.def"
#undef LANGUAGE

#endif
