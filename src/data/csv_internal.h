/* CSV cutting: one record after the other out of a file that is read whole and cut up in place.
 *
 * CSV, as RFC 4180 describes it and as people write it:
 *
 *   table  = { any line } [ header ] { record }   one line each; blank lines are passed over
 *   record = cell { separator cell } end          end is LF, CR LF or the end of the file; CR in a file without LF
 *   cell   = plain | '"' { any but '"' | '""' } '"'
 *
 * Plain cells lose spaces at both ends. A byte order mark at the start is passed over. When the separator
 * is a space, runs of spaces and tabs separate, and those at the ends of a line count for nothing.
 * Internal to the data module. Not thread-safe: one owner each. */
#ifndef ACTSEARCH_DATA_CSV_INTERNAL_H
#define ACTSEARCH_DATA_CSV_INTERNAL_H

#include "base/settings.h"
#include "base/text.h"

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

struct data_spec;
struct data_table;
struct error;

struct csv {
    const char *path; /* borrowed */
    struct text text;
    char *p, *end; /* what is not read yet; *end is 0 */
    long line;     /* of p, from 1 */
    char separator, decimal;
    int skip;
    const char *role, *predicted; /* borrowed: "label" or "target", and the column of that name; may be NULL */
    bool comma_seen;              /* a number with a decimal comma has been read */
    struct text sample;           /* the beginning of the file as it was, for advice */
    ptrdiff_t columns;
    bool header;
    char **names;   /* (columns) of the header, or "1", "2", ...; borrowed from the text or from own_names */
    char **cells;   /* (columns) of the last record */
    long head, row; /* lines of the header and of the last record */
    bool pending;   /* without a header: the first record is cut, but not given out */
    char **own_names;
    locale_t c_locale;
};

/* data_spec.settings. All are owned but what is predicted. */
struct csv_settings {
    char *file;
    char *label, *target, *target_file; /* one of them */
    char *predicted;                    /* the column of that name; NULL when it is another file */
    char separator;                     /* a space stands for runs of spaces */
    char decimal;                       /* of numbers: '.' or ',' */
    bool header;                        /* the file names its columns; else they are "1", "2", ... */
    int skip;                           /* lines before anything is read */
    struct settings_strings ignored;    /* columns that are not read */
    struct settings_strings one_hot;    /* columns of text that become 0/1 columns */
};

/* Reads the table and what is to be predicted, not yet divided. On failure the caller releases the table. */
int csv_read(const struct data_spec *spec, struct data_table *table, struct error *err);

/* How a CSV file is written and what is to be predicted; the strings are borrowed. */
struct csv_form {
    char separator, decimal; /* decimal: "." or "," */
    bool header;
    int skip;
    const char *role, *predicted;
};

/* Reads the file, passes over form->skip lines and cuts the header or, without one, the first record.
   On failure too csv_close() must follow. */
int csv_open(struct csv *csv, const char *path, const struct csv_form *form, struct error *err);
void csv_close(struct csv *csv);

/* No more records than this follow: the number of lines. */
size_t csv_most_rows(const struct csv *csv);

/* Cuts the next record into csv->cells; *found is false behind the last one. */
int csv_next(struct csv *csv, bool *found, struct error *err);

/* The cell of the last record as a number; hint for one that holds something else. */
int csv_number(struct csv *csv, ptrdiff_t column, const char *hint, double *value, struct error *err);

/* Looks at the beginning of the file for a way of reading it that fits better than the one that was asked for; appends
   what to set, or the command that mends the file, and returns true. False: it fits as it is. */
bool csv_advice(const struct csv *csv, struct text *hint);

/* The same for a cell that is no number as it stands, such as 7,4 or 1 234. */
bool csv_advice_number(const struct csv *csv, const char *cell, struct text *hint);

/* ERROR_INPUT at a line of the file; csv_advice() goes before `hint`. */
int csv_error(const struct csv *csv, long line, const char *hint, struct error *err, const char *what, ...)
    __attribute__((format(printf, 5, 6)));

#endif
