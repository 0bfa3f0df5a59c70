/* A CSV file is cut into records and cells, in place; what a cell is, csv_internal.h says. */
#include "base/error.h"
#include "base/memory.h"
#include "base/unicode.h"
#include "data/csv_internal.h"
#include "data/data_internal.h"
#include "data/stream_internal.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 1 << 20 };

int csv_error(const struct csv *csv, long line, const char *hint, struct error *err, const char *what, ...)
{
    struct text where = TEXT_EMPTY, advice = TEXT_EMPTY;
    text_addf(&where, "%s:%ld", csv->path, line);
    if (csv_advice(csv, &advice) && !text_failed(&advice))
        hint = text_string(&advice);
    va_list args;
    va_start(args, what);
    int status = error_setv(err, ERROR_INPUT, text_string(&where), hint, what, args);
    va_end(args);
    text_release(&where);
    text_release(&advice);
    return status;
}

/* Runs of spaces separate. */
static bool by_spaces(const struct csv *csv)
{
    return csv->separator == ' ';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A space that is not a separator. */
static bool is_space(const struct csv *csv, char c)
{
    return is_blank(c) && c != csv->separator && !by_spaces(csv);
}

static bool is_separator(const struct csv *csv, char c)
{
    return by_spaces(csv) ? is_blank(c) : c == csv->separator;
}

static bool ends_line(const struct csv *csv, const char *p)
{
    return p >= csv->end || *p == '\n' || (*p == '\r' && (p[1] == '\n' || p + 1 == csv->end));
}

/* Cuts a quoted cell out, p at its opening quote; leaves p behind the closing one. */
static int cut_quoted(struct csv *csv, char **cell, struct error *err)
{
    long first_line = csv->line;
    char *out = *cell = csv->p++;
    for (; csv->p < csv->end; csv->p++) {
        if (*csv->p == '"' && csv->p[1] != '"')
            break;
        if (*csv->p == '"')
            csv->p++;
        csv->line += *csv->p == '\n';
        *out++ = *csv->p;
    }
    if (csv->p >= csv->end)
        return csv_error(csv, first_line, "write a quote inside a cell twice", err, "a quoted cell is never closed");
    *out = '\0';
    csv->p++;
    while (is_space(csv, *csv->p))
        csv->p++;
    if (csv->p < csv->end && !is_separator(csv, *csv->p) && *csv->p != '\n' && *csv->p != '\r')
        return csv_error(csv, csv->line, "write a quote inside a cell twice", err, "\"%s\" follows a closing quote",
                         EXCERPT(csv->p, 20));
    return 0;
}

static void cut_plain(struct csv *csv, char **cell, char **cell_end)
{
    *cell = csv->p;
    while (csv->p < csv->end && !is_separator(csv, *csv->p) && *csv->p != '\n')
        csv->p++;
    char *end = csv->p;
    while (end > *cell && (is_space(csv, end[-1]) || end[-1] == '\r'))
        end--;
    *cell_end = end;
}

/* Cuts the next cell; *last tells that its record ends with it. */
static int cut_cell(struct csv *csv, char **cell, bool *last, struct error *err)
{
    char *cell_end = NULL;
    while (is_space(csv, *csv->p) || (by_spaces(csv) && is_blank(*csv->p)))
        csv->p++;
    if (*csv->p == '"') {
        int status = cut_quoted(csv, cell, err);
        if (status)
            return status;
    } else {
        cut_plain(csv, cell, &cell_end);
    }
    while (by_spaces(csv) && is_blank(*csv->p) && (is_blank(csv->p[1]) || ends_line(csv, csv->p + 1)))
        csv->p++;
    if (*csv->p == '\r' && ends_line(csv, csv->p))
        csv->p++;
    *last = csv->p >= csv->end || *csv->p == '\n';
    csv->line += csv->p < csv->end && *csv->p == '\n';
    if (csv->p < csv->end)
        csv->p++;
    if (cell_end) /* only now: it may stand on the separator */
        *cell_end = '\0';
    return 0;
}

/* Passes over blank lines; true when a record follows. */
static bool has_record(struct csv *csv)
{
    for (;;) {
        char *p = csv->p;
        while (p < csv->end && (is_blank(*p) || *p == '\r') && (*p != csv->separator || by_spaces(csv)))
            p++;
        if (p >= csv->end)
            return false;
        if (*p != '\n')
            return true;
        csv->line++;
        csv->p = p + 1;
    }
}

static int skip_lines(struct csv *csv, int skip, struct error *err)
{
    for (int i = 0; i < skip; i++) {
        char *end = strchr(csv->p, '\n');
        if (!end)
            return csv_error(csv, csv->line, "lower \"skip\"", err, "the file ends within the %d lines to skip", skip);
        csv->p = end + 1;
        csv->line++;
    }
    return 0;
}

/* As many cells as the line at p can have at most. A quoted cell may hold a newline: then this count is
   too small, so the loop that cuts checks it too. */
static ptrdiff_t most_cells(const struct csv *csv)
{
    ptrdiff_t count = 1;
    for (const char *p = csv->p; *p && *p != '\n'; p++)
        count += is_separator(csv, *p);
    return count;
}

static int empty_error(const struct csv *csv, struct error *err)
{
    return error_set(err, ERROR_INPUT, csv->path,
                     csv->header ? "it needs a header line that names the columns" : "it needs a line of numbers",
                     "the file is empty");
}

/* Cuts the header, or without one the first record, which tells the number of columns. */
static int cut_first(struct csv *csv, struct error *err)
{
    const char *what = csv->header ? "header" : "first line";
    if (!has_record(csv))
        return empty_error(csv, err);
    csv->head = csv->row = csv->line;
    ptrdiff_t capacity = most_cells(csv);
    if (capacity > MAX_COLUMNS)
        return csv_error(csv, csv->line, "is this the right file?", err, "the %s has more than %d columns", what,
                         MAX_COLUMNS);
    csv->names = memory_array((size_t)capacity, sizeof *csv->names);
    csv->cells = memory_array((size_t)capacity, sizeof *csv->cells);
    if (!csv->names || !csv->cells)
        return memory_error(err, csv->path);
    for (bool last = false; !last;) {
        if (csv->columns == capacity)
            return csv_error(csv, csv->line, "keep it on one line", err, "the %s goes over several lines", what);
        int status = cut_cell(csv, &csv->names[csv->columns], &last, err);
        if (status)
            return status;
        csv->columns++;
    }
    return 0;
}

/* What was cut as names is the first record. */
static int number_columns(struct csv *csv, struct error *err)
{
    csv->own_names = data_number_names(1, (int)csv->columns);
    if (!csv->own_names)
        return memory_error(err, csv->path);
    for (ptrdiff_t j = 0; j < csv->columns; j++) {
        csv->cells[j] = csv->names[j];
        csv->names[j] = csv->own_names[j];
    }
    csv->pending = true;
    return 0;
}

/* Old systems end lines by CR alone: then there is no other line end in the file. */
static void mend_line_ends(struct csv *csv)
{
    if (memchr(csv->p, '\n', (size_t)(csv->end - csv->p)))
        return;
    for (char *p = csv->p; p < csv->end; p++)
        *p = *p == '\r' ? '\n' : *p;
}

/* The file must be text, and this program's text is UTF-8. */
static int check_bytes(struct csv *csv, struct error *err)
{
    size_t bad = 0, length = csv->text.length;
    int status = data_refuse_foreign(csv->path, csv->p, length, "a CSV table", err);
    if (status)
        return status;
    if (memchr(csv->p, 0, length))
        return error_set(err, ERROR_INPUT, csv->path, "save it as plain text, UTF-8",
                         "holds a zero byte, so it is not a CSV text");
    if (unicode_valid(csv->p, length, &bad))
        return 0;
    struct text where = TEXT_EMPTY, hint = TEXT_EMPTY;
    long line = 1;
    for (size_t i = 0; i < bad; i++)
        line += csv->p[i] == '\n';
    text_addf(&where, "%s:%ld", csv->path, line);
    text_add(&hint, "save it as UTF-8: iconv -f LATIN1 -t UTF-8 ");
    text_add_shell(&hint, csv->path);
    text_add(&hint, " > utf8.csv, and name that file");
    status = error_set(err, ERROR_INPUT, text_string(&where), text_string(&hint), "the byte %02x is not UTF-8",
                       (unsigned char)csv->p[bad]);
    text_release(&where);
    text_release(&hint);
    return status;
}

/* Keeps the first lines, whole ones where there are any. */
static void keep_sample(struct csv *csv)
{
    enum { SAMPLE = 1 << 16 };
    size_t length = (size_t)(csv->end - csv->p);
    if (length > SAMPLE) {
        const char *newline = memrchr(csv->p, '\n', SAMPLE);
        length = newline ? (size_t)(newline - csv->p) + 1 : SAMPLE;
    }
    text_add_bytes(&csv->sample, csv->p, length);
}

int csv_open(struct csv *csv, const char *path, const struct csv_form *form, struct error *err)
{
    *csv = (struct csv){.path = path,
                        .line = 1,
                        .separator = form->separator,
                        .decimal = form->decimal,
                        .header = form->header,
                        .skip = form->skip,
                        .role = form->role,
                        .predicted = form->predicted};
    int status = stream_read_all(path, &csv->text, err);
    if (status)
        return status;
    if (csv->text.length == 0)
        return empty_error(csv, err);
    csv->p = csv->text.data;
    csv->end = csv->p + csv->text.length;
    status = check_bytes(csv, err);
    if (status)
        return status;
    csv->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!csv->c_locale)
        return memory_error(err, path);
    if (csv->end - csv->p >= 3 && memcmp(csv->p, "\xef\xbb\xbf", 3) == 0)
        csv->p += 3;
    mend_line_ends(csv);
    keep_sample(csv);
    status = skip_lines(csv, form->skip, err);
    if (!status)
        status = cut_first(csv, err);
    return status || form->header ? status : number_columns(csv, err);
}

void csv_close(struct csv *csv)
{
    if (csv->c_locale)
        freelocale(csv->c_locale);
    memory_free(csv->names);
    memory_free(csv->cells);
    if (csv->own_names)
        data_names_free(csv->own_names, csv->columns);
    text_release(&csv->text);
    text_release(&csv->sample);
    *csv = (struct csv){0};
}

size_t csv_most_rows(const struct csv *csv)
{
    size_t lines = 1 + csv->pending;
    for (const char *p = csv->p; (p = strchr(p, '\n')); p++)
        lines++;
    return lines;
}

static int cut_record(struct csv *csv, struct error *err)
{
    ptrdiff_t count = 0;
    csv->row = csv->line;
    for (bool last = false; !last; count++) {
        char *cell;
        int status = cut_cell(csv, &cell, &last, err);
        if (status)
            return status;
        if (count < csv->columns)
            csv->cells[count] = cell;
    }
    const char *first = csv->header ? "header" : "first line";
    if (count != csv->columns)
        return csv_error(csv, csv->row,
                         csv->header ? "every line needs as many cells as the header"
                                     : "every line needs as many cells as the first; lines before it can be skipped by "
                                       "\"skip\", another character between cells is given by \"separator\"",
                         err, "this line has %td cells, the %s has %td", count, first, csv->columns);
    return 0;
}

int csv_next(struct csv *csv, bool *found, struct error *err)
{
    if (csv->pending) {
        csv->pending = false;
        *found = true;
        return 0;
    }
    *found = has_record(csv);
    return *found ? cut_record(csv, err) : 0;
}

/* The cell with a point where the file has a decimal comma; returns `buffer` or, unchanged, `cell`. */
static const char *with_point(const struct csv *csv, const char *cell, char *buffer, size_t size)
{
    size_t length = strlen(cell);
    if (csv->decimal != ',' || length >= size || strchr(cell, '.'))
        return cell;
    memcpy(buffer, cell, length + 1);
    char *comma = strchr(buffer, ',');
    if (comma)
        *comma = '.';
    return buffer;
}

static int not_a_number(const struct csv *csv, ptrdiff_t column, const char *hint, struct error *err)
{
    struct text advice = TEXT_EMPTY;
    const char *cell = csv->cells[column];
    if (csv_advice_number(csv, cell, &advice) && !text_failed(&advice))
        hint = text_string(&advice);
    int status = csv_error(csv, csv->row, hint, err, "column \"%s\" holds \"%s\", which is not a number",
                           EXCERPT(csv->names[column], 100), EXCERPT(cell, 40));
    text_release(&advice);
    return status;
}

/* Digits, sign, point and exponent only: strtod alone would also take "nan", "inf" and "0x10". */
int csv_number(struct csv *csv, ptrdiff_t column, const char *hint, double *value, struct error *err)
{
    enum { LONGEST = 400 };
    char buffer[LONGEST];
    if (*csv->cells[column] == '\0')
        return csv_error(csv, csv->row, "fill it in, leave the row out, or name the column in \"ignore\"", err,
                         "the cell of column \"%s\" is empty", EXCERPT(csv->names[column], 100));
    const char *cell = with_point(csv, csv->cells[column], buffer, sizeof buffer);
    char *end = NULL;
    *value = strtod_l(cell, &end, csv->c_locale);
    bool point = csv->decimal == ',' && cell != buffer && strchr(cell, '.'); /* 1.234 may be a thousand there */
    if (*end || point || strspn(cell, "0123456789.eE+-") != strlen(cell))
        return not_a_number(csv, column, hint, err);
    if (fabs(*value) > (double)FLT_MAX)
        return csv_error(csv, csv->row, hint, err, "column \"%s\" holds %s, which is too large",
                         EXCERPT(csv->names[column], 100), EXCERPT(cell, 40));
    csv->comma_seen = csv->comma_seen || strchr(csv->cells[column], ',');
    return 0;
}
