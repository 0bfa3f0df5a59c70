/* Errors: what went wrong, where, and how to mend it.
 *
 * A function that can fail returns an `int`: 0 on success, otherwise an error code, and then it has
 * filled the caller's `struct error`. Success never touches that object. Nothing in the library
 * prints or exits; the program prints one line made by error_line(). An outcome of an experiment
 * (a diverging loss, a rejected function) is not an error.
 *
 * Thread-safe: an error object belongs to whoever declared it. */
#ifndef ACTSEARCH_BASE_ERROR_H
#define ACTSEARCH_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

enum error_code {
    ERROR_NONE = 0,
#define ERROR_CODE(name, status, meaning) ERROR_##name,
#include "base/errors.def"
#undef ERROR_CODE
    ERROR_COUNT
};

enum { ERROR_PLACE = 4608 }; /* the longest path that a system knows, and what stands behind it */

/* All three are UTF-8 without control characters: see base/unicode.h. */
struct error {
    enum error_code code;
    char where[ERROR_PLACE]; /* file, line, JSON path, column; may be empty */
    char what[1024];         /* one sentence without a full stop */
    char hint[ERROR_PLACE];  /* what the person can do; may be empty, may name the file */
};

#define ERROR_EMPTY ((struct error){.code = ERROR_NONE})

/* Fills `err` and returns `code`, so that a caller can write `return error_set(...)`. `where` and
   `hint` may be NULL. `err` may be NULL, when only the code is wanted. Newlines in the
   message become spaces: an error is one line. What is no UTF-8 or would steer a terminal becomes an escape, and what
   is too long is cut between two characters; EXCERPT() of base/unicode.h does so for an argument. */
int error_set(struct error *err, enum error_code code, const char *where, const char *hint, const char *what, ...)
    __attribute__((format(printf, 5, 6)));
int error_setv(struct error *err, enum error_code code, const char *where, const char *hint, const char *what,
               va_list args) __attribute__((format(printf, 5, 0)));

/* Puts `context` in front of where the error happened: "experiment.json: grammar.json: ...". */
void error_prefix(struct error *err, const char *context);

/* Writes "WHERE: WHAT; HINT" into `line`, always terminated. */
void error_line(const struct error *err, char *line, size_t size);

/* The program's exit status for a code, 0 for ERROR_NONE. */
int error_exit_status(enum error_code code);

/* Name ("INPUT") and meaning of a code, for the documentation that the program prints. */
const char *error_name(enum error_code code);
const char *error_meaning(enum error_code code);

/* Stops the program in every build type: for a state that would corrupt results if it went on. */
_Noreturn void error_impossible(const char *file, int line, const char *condition);
#define ALWAYS(condition) ((condition) ? (void)0 : error_impossible(__FILE__, __LINE__, #condition))

#endif
