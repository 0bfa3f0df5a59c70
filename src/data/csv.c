/* CSV, as RFC 4180 describes it and as people write it:
 *
 *   table  = header { record }              one line each; blank lines are passed over
 *   record = cell { separator cell } end    end is LF, CR LF or the end of the file
 *   cell   = plain | '"' { any but '"' | '""' } '"'
 *
 * Plain cells lose spaces at both ends. A byte order mark at the start is passed over. The file is read
 * whole and cut up in place. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"
#include "data/stream_internal.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 1 << 20, MAX_CLASSES = 1000 };

/* The cells are numbers, the class, or not looked at. */
enum role { ROLE_FEATURE, ROLE_LABEL, ROLE_IGNORED };

struct csv {
    const char *path;
    char *p, *end; /* what is not read yet; *end is 0 */
    long line;     /* of p, from 1 */
    char separator;
    ptrdiff_t columns;
    char **names;     /* (columns) of the header; the strings lie in the file's text */
    char **cells;     /* (columns) of the last record */
    enum role *roles; /* (columns) */
    char **labels;    /* (rows) the label cell of each */
    locale_t c_locale;
};

static int line_error(const struct csv *csv, long line, const char *cure, struct error *err, const char *what, ...)
    __attribute__((format(printf, 5, 6)));

static int line_error(const struct csv *csv, long line, const char *cure, struct error *err, const char *what, ...)
{
    char where[512], message[1024];
    snprintf(where, sizeof where, "%.480s:%ld", csv->path, line);
    va_list args;
    va_start(args, what);
    vsnprintf(message, sizeof message, what, args);
    va_end(args);
    return error_set(err, ERROR_INPUT, where, cure, "%s", message);
}

static bool is_space(const struct csv *csv, char c)
{
    return (c == ' ' || c == '\t') && c != csv->separator;
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
        return line_error(csv, first_line, "write a quote inside a cell twice", err, "a quoted cell is never closed");
    *out = '\0';
    csv->p++;
    while (is_space(csv, *csv->p))
        csv->p++;
    if (csv->p < csv->end && *csv->p != csv->separator && *csv->p != '\n' && *csv->p != '\r')
        return line_error(csv, csv->line, "write a quote inside a cell twice", err, "\"%.20s\" follows a closing quote",
                          csv->p);
    return 0;
}

static void cut_plain(struct csv *csv, char **cell, char **cell_end)
{
    *cell = csv->p;
    while (csv->p < csv->end && *csv->p != csv->separator && *csv->p != '\n')
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
    while (is_space(csv, *csv->p))
        csv->p++;
    if (*csv->p == '"') {
        int status = cut_quoted(csv, cell, err);
        if (status)
            return status;
        if (*csv->p == '\r' && (csv->p[1] == '\n' || csv->p + 1 == csv->end))
            csv->p++;
    } else {
        cut_plain(csv, cell, &cell_end);
    }
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
        while (p < csv->end && (is_space(csv, *p) || *p == '\r'))
            p++;
        if (p >= csv->end)
            return false;
        if (*p != '\n')
            return true;
        csv->line++;
        csv->p = p + 1;
    }
}

static int read_text(const struct data_spec *spec, struct text *text, struct error *err)
{
    struct stream stream;
    const char *path = spec->files[DATA_FILE_TABLE];
    int status = stream_open(&stream, path, err);
    char part[16384];
    size_t count = sizeof part;
    while (!status && count == sizeof part) {
        status = stream_read(&stream, part, sizeof part, &count, err);
        if (!status && memchr(part, 0, count))
            status = error_set(err, ERROR_INPUT, path, "save it as plain text, UTF-8",
                               "holds a zero byte, so it is not a CSV text");
        if (!status)
            status = data_check_memory(path, 2.0 * (double)text->length, err);
        if (!status)
            text_add_bytes(text, part, count);
    }
    if (!status && text_failed(text))
        status = memory_error(err, path);
    stream_close(&stream);
    return status;
}

static int read_header(struct csv *csv, struct error *err)
{
    if (!has_record(csv))
        return error_set(err, ERROR_INPUT, csv->path, "it needs a header line that names the columns",
                         "the file is empty");
    ptrdiff_t capacity = 1;
    for (const char *p = csv->p; *p && *p != '\n'; p++)
        capacity += *p == csv->separator;
    if (capacity > MAX_COLUMNS)
        return line_error(csv, csv->line, "is this the right file?", err, "the header has more than %d columns",
                          MAX_COLUMNS);
    /* A quoted name may hold a newline: then this count is too small, so the loop checks it too. */
    csv->names = memory_array((size_t)capacity, sizeof *csv->names);
    csv->cells = memory_array((size_t)capacity, sizeof *csv->cells);
    csv->roles = memory_array((size_t)capacity, sizeof *csv->roles);
    if (!csv->names || !csv->cells || !csv->roles)
        return memory_error(err, csv->path);
    for (bool last = false; !last;) {
        if (csv->columns == capacity)
            return line_error(csv, csv->line, "keep the header on one line", err, "the header goes over several lines");
        int status = cut_cell(csv, &csv->names[csv->columns], &last, err);
        if (status)
            return status;
        csv->columns++;
    }
    return 0;
}

/* The column called `name`; there must be exactly one. */
static int find_column(const struct csv *csv, const char *name, ptrdiff_t *column, struct error *err)
{
    int found = 0;
    for (ptrdiff_t j = 0; j < csv->columns; j++) {
        if (strcmp(csv->names[j], name) != 0)
            continue;
        *column = j;
        found++;
    }
    if (found == 1)
        return 0;
    if (found > 1)
        return line_error(csv, 1, "give the columns different names", err, "the header has column \"%s\" %d times",
                          name, found);
    struct text present = TEXT_EMPTY;
    for (ptrdiff_t j = 0; j < csv->columns && present.length < 600; j++)
        text_addf(&present, "%s%.60s", j ? ", " : "", csv->names[j]);
    bool semicolons = csv->columns == 1 && csv->separator != ';' && strchr(csv->names[0], ';');
    int status =
        line_error(csv, 1, semicolons ? "set \"separator\": \";\"" : "name one of them in the experiment's data", err,
                   "there is no column \"%s\"; columns: %s", name, text_string(&present));
    text_release(&present);
    return status;
}

static int give_roles(struct csv *csv, const struct data_spec *spec, ptrdiff_t *features, struct error *err)
{
    for (ptrdiff_t j = 0; j < csv->columns; j++)
        csv->roles[j] = ROLE_FEATURE;
    for (int i = 0; i <= spec->ignored_count; i++) {
        bool label = i == spec->ignored_count;
        ptrdiff_t column = 0;
        int status = find_column(csv, label ? spec->label : spec->ignored[i], &column, err);
        if (status)
            return status;
        csv->roles[column] = label ? ROLE_LABEL : ROLE_IGNORED;
    }
    *features = 0;
    for (ptrdiff_t j = 0; j < csv->columns; j++)
        *features += csv->roles[j] == ROLE_FEATURE;
    return *features ? 0
                     : line_error(csv, 1, "a table needs a column of numbers", err, "no column is left as a feature");
}

/* Digits, sign, point and exponent only: strtod alone would also take "nan", "inf" and "0x10". */
static int read_number(const struct csv *csv, long line, ptrdiff_t column, double *value, struct error *err)
{
    const char *cell = csv->cells[column], *cure = "write a number, or name the column in \"ignore\"";
    if (*cell == '\0')
        return line_error(csv, line, "fill it in, or leave the row out", err, "the cell of column \"%.100s\" is empty",
                          csv->names[column]);
    char *end = NULL;
    *value = strtod_l(cell, &end, csv->c_locale);
    if (*end || strspn(cell, "0123456789.eE+-") != strlen(cell))
        return line_error(csv, line, cure, err, "column \"%.100s\" holds \"%.40s\", which is not a number",
                          csv->names[column], cell);
    if (fabs(*value) > FLT_MAX)
        return line_error(csv, line, cure, err, "column \"%.100s\" holds %.40s, which is too large", csv->names[column],
                          cell);
    return 0;
}

/* Cuts one record into csv->cells. */
static int read_record(struct csv *csv, struct error *err)
{
    ptrdiff_t count = 0;
    long line = csv->line;
    for (bool last = false; !last; count++) {
        char *cell;
        int status = cut_cell(csv, &cell, &last, err);
        if (status)
            return status;
        if (count < csv->columns)
            csv->cells[count] = cell;
    }
    if (count != csv->columns)
        return line_error(csv, line, "every line needs as many cells as the header", err,
                          "this line has %td cells, the header has %td", count, csv->columns);
    return 0;
}

static int read_rows(struct csv *csv, struct data_table *table, struct error *err)
{
    while (has_record(csv)) {
        long line = csv->line;
        int status = read_record(csv, err);
        double *x = table->x + table->rows * table->features;
        for (ptrdiff_t j = 0; !status && j < csv->columns; j++) {
            if (csv->roles[j] == ROLE_FEATURE)
                status = read_number(csv, line, j, x++, err);
            else if (csv->roles[j] == ROLE_LABEL && *csv->cells[j] == '\0')
                status = line_error(csv, line, "fill it in, or leave the row out", err, "the label is empty");
            else if (csv->roles[j] == ROLE_LABEL)
                csv->labels[table->rows] = csv->cells[j];
        }
        if (status)
            return status;
        table->rows++;
    }
    return 0;
}

/* Every record ends a line, so there are at most as many rows as lines. */
static int allocate_rows(struct csv *csv, struct data_table *table, struct error *err)
{
    size_t lines = 1;
    for (const char *p = csv->p; (p = strchr(p, '\n')); p++)
        lines++;
    double row = (double)table->features * (8 + 4) + sizeof *csv->labels * 2 + 20;
    int status = data_check_memory(csv->path, (double)lines * row + (double)(csv->end - csv->p), err);
    if (status)
        return status;
    if (lines > INT32_MAX)
        return error_set(err, ERROR_INPUT, csv->path, "use a part of it", "more than %d lines", INT32_MAX);
    table->x = memory_array(lines * (size_t)table->features, sizeof *table->x);
    table->y = memory_array(lines, sizeof *table->y);
    csv->labels = memory_array(lines, sizeof *csv->labels);
    return table->x && table->y && csv->labels ? 0 : memory_error(err, csv->path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int copy_names(struct data_table *table, char *const *names, int count, struct error *err)
{
    table->class_names = memory_zeroed((size_t)count, sizeof *table->class_names);
    table->classes = table->class_names ? count : 0;
    for (int i = 0; i < table->classes; i++) {
        table->class_names[i] = memory_copy_string(names[i]);
        if (!table->class_names[i])
            return memory_error(err, "the class names");
    }
    return table->class_names ? 0 : memory_error(err, "the class names");
}

/* Numbers the different labels in the order of their bytes. All rows count, those of the test part too:
   only the list of names becomes known, not which row has which. */
static int number_classes(const struct csv *csv, struct data_table *table, struct error *err)
{
    char **sorted = memory_array((size_t)table->rows, sizeof *sorted);
    if (!sorted)
        return memory_error(err, csv->path);
    memcpy(sorted, csv->labels, (size_t)table->rows * sizeof *sorted);
    qsort(sorted, (size_t)table->rows, sizeof *sorted, compare_names);
    ptrdiff_t count = 0;
    for (ptrdiff_t i = 0; i < table->rows; i++)
        if (i == 0 || strcmp(sorted[i], sorted[count - 1]) != 0)
            sorted[count++] = sorted[i];
    int status = 0;
    if (count < 2 || count > MAX_CLASSES)
        status = error_set(err, ERROR_INPUT, csv->path, "name a column of classes as \"label\"",
                           "the label column has %td different value%s, a classification needs 2 to %d", count,
                           count == 1 ? "" : "s", MAX_CLASSES);
    else
        status = copy_names(table, sorted, (int)count, err);
    for (ptrdiff_t i = 0; !status && i < table->rows; i++) {
        char **found = bsearch(&csv->labels[i], sorted, (size_t)count, sizeof *sorted, compare_names);
        table->y[i] = (int32_t)(found - sorted);
    }
    memory_free(sorted);
    return status;
}

static int read_table(struct csv *csv, const struct data_spec *spec, struct data_table *table, struct error *err)
{
    if (csv->end - csv->p >= 3 && memcmp(csv->p, "\xef\xbb\xbf", 3) == 0)
        csv->p += 3;
    int status = read_header(csv, err);
    if (!status)
        status = give_roles(csv, spec, &table->features, err);
    if (!status)
        status = allocate_rows(csv, table, err);
    if (!status)
        status = read_rows(csv, table, err);
    if (!status && table->rows == 0)
        status = error_set(err, ERROR_INPUT, csv->path, "add rows below the header", "the table has no rows");
    return status ? status : number_classes(csv, table, err);
}

int data_csv_read(const struct data_spec *spec, struct data_table *table, struct error *err)
{
    struct text text = TEXT_EMPTY;
    struct csv csv = {.path = spec->files[DATA_FILE_TABLE], .line = 1, .separator = spec->separator};
    int status = read_text(spec, &text, err);
    if (status)
        goto done;
    csv.p = text.data ? text.data : (char[]){""};
    csv.end = csv.p + text.length;
    csv.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    status = csv.c_locale ? read_table(&csv, spec, table, err) : memory_error(err, csv.path);
done:
    if (csv.c_locale)
        freelocale(csv.c_locale);
    memory_free(csv.names);
    memory_free(csv.cells);
    memory_free(csv.roles);
    memory_free(csv.labels);
    text_release(&text);
    return status;
}
