/* Output: rows and columns on standard output, as a table for people, CSV or JSON for programs.
 *
 *   output_new -> output_column, once a column -> cells, row by row -> output_finish -> output_free
 *
 * A row ends with its last cell. The table is kept until the end, since every row counts for the
 * widths, and then cut to the terminal: text columns become narrower, the widest first, numbers
 * never. CSV and JSON (an array of objects) are written row by row with every digit of a number; what
 * is missing or not finite is empty in CSV, null in JSON and "-" in a table. CSV quotes as RFC 4180 says,
 * but ends its lines as every other tool of a pipeline does, with LF; an empty text is "", so that it is
 * not taken for a missing one. All three are UTF-8, and control characters in a cell are shown as escapes (\x1b); new
 * lines and tabs stay in CSV and JSON.
 *
 * The first failure (memory, a full disk behind standard output) is kept, later calls do nothing,
 * and output_finish() reports it. */
#ifndef ACTSEARCH_DISPLAY_OUTPUT_H
#define ACTSEARCH_DISPLAY_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct output;
struct text;

enum output_format { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };
extern const char *const output_formats[]; /* their names, for OPTION_FORMAT */

/* The entry for the tables of options: -f, --format. */
#define OPTION_FORMAT                                                                                                  \
    {                                                                                                                  \
        .name = "format", .letter = 'f', .kind = OPTION_CHOICE, .value = "FORMAT", .choices = output_formats,          \
        .help = "table (the default), csv or json"                                                                     \
    }

/* Returns owned. */
int output_new(enum output_format format, struct output **output, struct error *err);
void output_free(struct output *output); /* accepts NULL */

/* Adds a column; before the first cell. The name is copied, in JSON with a number behind it if there is one like it. */
void output_column(struct output *output, const char *name);

/* The next cell. NULL is a missing text. A number that is not finite is missing. `decimals`: digits
   behind the point in a table; negative: up to 6 significant ones. */
void output_text(struct output *output, const char *string);
void output_integer(struct output *output, int64_t value);
void output_number(struct output *output, double value, int decimals);
void output_missing(struct output *output);

/* Writes what is left. ERROR_IO when standard output cannot take it; err may be NULL. */
int output_finish(struct output *output, struct error *err);

/* Writes a plain text to standard output; ERROR_IO likewise, ERROR_MEMORY when the text has failed. Names of files and
   what else comes from outside can stand in it: it becomes UTF-8 without control characters but new lines and tabs. */
int output_plain(const struct text *text, struct error *err);
/* The same to the byte: code, scripts, and what is drawn for a terminal. */
int output_exact(const struct text *text, struct error *err);

/* A line on standard error beside the work, cleaned as by output_plain(); the new line is added. */
void output_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes text to a file; NULL and "-" are standard output, which *is_file says. */
int output_file(const char *path, const struct text *text, bool *is_file, struct error *err);

#endif
