#include "display/output.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "display/terminal.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NARROWEST = 8, GAP = 2 };

const char *const output_formats[] = {[OUTPUT_TABLE] = "table", [OUTPUT_CSV] = "csv", [OUTPUT_JSON] = "json", NULL};

struct column {
    char *name;
    int width;    /* characters of the widest cell, the name among them */
    bool numeric; /* no cell is a text: set to the right, never cut */
};

/* A cell of a table that waits for its widths. */
struct cell {
    char *string;
    int width;
};

struct output {
    enum output_format format;
    struct column *columns;
    int column_count;
    struct cell *cells; /* row by row; tables only */
    ptrdiff_t cell_count, cell_capacity;
    int next;           /* column of the next cell */
    int64_t rows;       /* finished */
    struct text buffer; /* of CSV and JSON, up to the end of a row */
    struct error err;   /* the first failure */
};

int output_new(enum output_format format, struct output **output, struct error *err)
{
    *output = memory_zeroed(1, sizeof **output);
    if (!*output)
        return memory_error(err, "the output");
    (*output)->format = format;
    return 0;
}

void output_free(struct output *output)
{
    if (!output)
        return;
    for (int i = 0; i < output->column_count; i++)
        memory_free(output->columns[i].name);
    for (ptrdiff_t i = 0; i < output->cell_count; i++)
        memory_free(output->cells[i].string);
    memory_free(output->columns);
    memory_free(output->cells);
    text_release(&output->buffer);
    memory_free(output);
}

static void fail_memory(struct output *output)
{
    if (!output->err.code)
        memory_error(&output->err, "the output");
}

static int write_text(const struct text *text, struct error *err)
{
    errno = 0;
    if (text_failed(text))
        return memory_error(err, "the output");
    size_t written = fwrite(text_string(text), 1, text->length, stdout);
    if (written == text->length && fflush(stdout) == 0)
        return 0;
    /* Whoever read it has read enough. */
    return errno == EPIPE ? 0 : file_error(err, "standard output", "write", errno);
}

int output_exact(const struct text *text, struct error *err)
{
    return write_text(text, err);
}

int output_plain(const struct text *text, struct error *err)
{
    struct text clean = TEXT_EMPTY;
    text_add_shown(&clean, text_string(text), text->length, "\n\t");
    clean.failed = clean.failed || text_failed(text);
    int status = write_text(&clean, err);
    text_release(&clean);
    return status;
}

void output_remark(const char *format, ...)
{
    struct text line = TEXT_EMPTY;
    va_list args;
    va_start(args, format);
    text_add_line(&line, format, args);
    va_end(args);
    fprintf(stderr, "%s\n", text_string(&line));
    text_release(&line);
}

int output_file(const char *path, const struct text *text, bool *is_file, struct error *err)
{
    *is_file = path && strcmp(path, "-") != 0;
    if (!*is_file)
        return output_exact(text, err);
    return text_failed(text) ? memory_error(err, "the output") : file_write(path, text_string(text), text->length, err);
}

/* ---- CSV and JSON */

/* NULL is a missing value. An empty line would be skipped by many a reader, so it is not one in a single column. */
static void add_csv(const char *string, bool alone, struct text *out)
{
    if (!string && !alone)
        return;
    struct text clean = TEXT_EMPTY;
    text_add_shown(&clean, string ? string : "", string ? strlen(string) : 0, "\n\t");
    string = text_string(&clean);
    bool quoted = !*string || string[strcspn(string, ",\"\n")];
    text_add(out, quoted ? "\"" : "");
    for (const char *p = string; *p; p++)
        text_addf(out, quoted && *p == '"' ? "\"\"" : "%c", *p);
    text_add(out, quoted ? "\"" : "");
    out->failed = out->failed || text_failed(&clean);
    text_release(&clean);
}

static void add_csv_header(struct output *output)
{
    for (int i = 0; i < output->column_count; i++) {
        if (i > 0)
            text_add_char(&output->buffer, ',');
        add_csv(output->columns[i].name, false, &output->buffer);
    }
    text_add_char(&output->buffer, '\n');
}

/* Whatever stands before the value of a cell. */
static void begin_cell(struct output *output)
{
    struct text *out = &output->buffer;
    if (output->format == OUTPUT_CSV) {
        if (output->next > 0)
            text_add_char(out, ',');
        return;
    }
    if (output->next == 0)
        text_add(out, output->rows == 0 ? "[\n  {" : ",\n  {");
    else
        text_add(out, ", ");
    json_quote(output->columns[output->next].name, out);
    text_add(out, ": ");
}

static void end_row(struct output *output)
{
    if (output->format == OUTPUT_CSV)
        text_add_char(&output->buffer, '\n');
    if (output->format == OUTPUT_JSON)
        text_add_char(&output->buffer, '}');
    output->rows++;
    output->next = 0;
    if (output->format != OUTPUT_TABLE && output->buffer.length > 1 << 16) {
        write_text(&output->buffer, &output->err);
        text_clear(&output->buffer);
    }
}

/* ---- tables */

/* Returns owned, NULL when memory is short. */
static char *visible(const char *string)
{
    struct text text = TEXT_EMPTY;
    text_add_shown(&text, string, strlen(string), "");
    return text_take(&text);
}

static void add_table_cell(struct output *output, const char *string, bool numeric)
{
    if (output->cell_count == output->cell_capacity) {
        ptrdiff_t capacity = output->cell_capacity ? 2 * output->cell_capacity : 256;
        struct cell *cells = memory_resize(output->cells, (size_t)capacity, sizeof *cells);
        if (!cells) {
            fail_memory(output);
            return;
        }
        output->cells = cells;
        output->cell_capacity = capacity;
    }
    char *copy = visible(string);
    if (!copy) {
        fail_memory(output);
        return;
    }
    struct column *column = &output->columns[output->next];
    int width = characters(copy);
    output->cells[output->cell_count++] = (struct cell){copy, width};
    column->width = width > column->width ? width : column->width;
    column->numeric = column->numeric && numeric;
}

/* Makes the widest text column narrower until the line fits, or none can be. */
static void fit_widths(struct output *output, int limit)
{
    for (;;) {
        int total = 0;
        struct column *widest = NULL;
        for (int i = 0; i < output->column_count; i++) {
            struct column *column = &output->columns[i];
            total += column->width + (i > 0 ? GAP : 0);
            bool can = !column->numeric && column->width > NARROWEST;
            if (can && (!widest || column->width >= widest->width))
                widest = column;
        }
        if (limit == 0 || total <= limit || !widest)
            return;
        widest->width--;
    }
}

static void add_padded(const struct column *column, const char *string, int width, bool last, struct text *out)
{
    const char *more = terminal_is_utf8() ? "\u2026" : "..";
    if (width > column->width) {
        int kept = column->width - characters(more);
        text_add_bytes(out, string, character_bytes(string, kept));
        text_add(out, more);
        width = column->width;
    } else {
        if (column->numeric)
            text_addf(out, "%*s", column->width - width, "");
        text_add(out, string);
    }
    if (last)
        return;
    text_addf(out, "%*s", GAP + (column->numeric ? 0 : column->width - width), "");
}

static void add_table(struct output *output)
{
    struct text *out = &output->buffer;
    fit_widths(output, terminal_width(STDOUT_FILENO));
    int columns = output->column_count;
    for (int i = 0; i < columns; i++) {
        const struct column *column = &output->columns[i];
        add_padded(column, column->name, characters(column->name), i == columns - 1, out);
    }
    text_add_char(out, '\n');
    for (ptrdiff_t i = 0; i < output->cell_count; i++) {
        int place = (int)(i % columns);
        const struct cell *cell = &output->cells[i];
        add_padded(&output->columns[place], cell->string, cell->width, place == columns - 1, out);
        if (place == columns - 1)
            text_add_char(out, '\n');
    }
}

/* ---- for the commands */

static bool has_column(const struct output *output, const char *name)
{
    for (int i = 0; i < output->column_count; i++)
        if (strcmp(output->columns[i].name, name) == 0)
            return true;
    return false;
}

/* Of two members with one name most readers of JSON keep one: the second column is called NAME_2. Returns owned. */
static char *column_name(const struct output *output, const char *name)
{
    struct text unique = TEXT_EMPTY;
    text_add_shown(&unique, name, strlen(name), "");
    for (int n = 2; output->format == OUTPUT_JSON && has_column(output, text_string(&unique)); n++) {
        text_clear(&unique);
        text_add_shown(&unique, name, strlen(name), "");
        text_addf(&unique, "_%d", n);
    }
    return text_take(&unique);
}

void output_column(struct output *output, const char *name)
{
    ALWAYS(output->rows == 0 && output->next == 0);
    struct column *grown = memory_resize(output->columns, (size_t)output->column_count + 1, sizeof *output->columns);
    if (!grown) {
        fail_memory(output);
        return;
    }
    output->columns = grown;
    char *copy = column_name(output, name);
    if (!copy) {
        fail_memory(output);
        return;
    }
    output->columns[output->column_count++] = (struct column){copy, characters(copy), true};
}

/* One cell: as a table shows it, as a program reads it. `plain` is NULL when the value is missing. */
static void add_cell(struct output *output, const char *shown, const char *plain, bool numeric)
{
    if (output->err.code)
        return;
    ALWAYS(output->next < output->column_count);
    if (output->format == OUTPUT_TABLE) {
        add_table_cell(output, shown, numeric || !plain);
    } else {
        if (output->format == OUTPUT_CSV && output->rows == 0 && output->next == 0)
            add_csv_header(output);
        begin_cell(output);
        if (output->format == OUTPUT_CSV)
            add_csv(plain, output->column_count == 1, &output->buffer);
        else if (!plain || numeric)
            text_add(&output->buffer, plain ? plain : "null");
        else
            json_quote(plain, &output->buffer);
    }
    if (++output->next == output->column_count)
        end_row(output);
}

void output_text(struct output *output, const char *string)
{
    add_cell(output, string ? string : "-", string, false);
}

void output_integer(struct output *output, int64_t value)
{
    char string[24];
    snprintf(string, sizeof string, "%lld", (long long)value);
    add_cell(output, string, string, true);
}

void output_number(struct output *output, double value, int decimals)
{
    char shown[400];
    if (!isfinite(value)) {
        snprintf(shown, sizeof shown, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
        add_cell(output, shown, NULL, true);
        return;
    }
    if (decimals < 0)
        snprintf(shown, sizeof shown, "%.6g", value);
    else
        snprintf(shown, sizeof shown, "%.*f", decimals, value);
    if (decimals >= 0 && shown[0] == '-' && !shown[strspn(shown, "-0.")]) /* rounded, nothing is left of it */
        memmove(shown, shown + 1, strlen(shown));
    struct text exact = TEXT_EMPTY;
    text_add_number(&exact, value);
    if (text_failed(&exact))
        fail_memory(output);
    add_cell(output, shown, text_string(&exact), true);
    text_release(&exact);
}

void output_missing(struct output *output)
{
    add_cell(output, "-", NULL, true);
}

int output_finish(struct output *output, struct error *err)
{
    if (!output->err.code) {
        ALWAYS(output->next == 0);
        if (output->format == OUTPUT_TABLE)
            add_table(output);
        else if (output->format == OUTPUT_CSV && output->rows == 0)
            add_csv_header(output);
        else if (output->format == OUTPUT_JSON)
            text_add(&output->buffer, output->rows == 0 ? "[]\n" : "\n]\n");
        write_text(&output->buffer, &output->err);
        text_clear(&output->buffer);
    }
    if (output->err.code && err)
        *err = output->err;
    return (int)output->err.code;
}
