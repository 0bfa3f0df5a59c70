/* A CSV table becomes rows of numbers: which column is what, classes, 0/1 columns, a second file of
 * numbers to predict. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/csv_internal.h"
#include "data/data_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CLASSES = 1000 };

/* The cells are numbers, the class, the number to predict, text for 0/1 columns, or not looked at. */
enum role { ROLE_FEATURE, ROLE_LABEL, ROLE_TARGET, ROLE_ONE_HOT, ROLE_IGNORED };

struct reader {
    struct csv csv;
    enum role *roles;  /* (columns) */
    ptrdiff_t numbers; /* columns of numbers */
    ptrdiff_t kept;    /* columns whose cells are kept as text: one_hot and the label */
    char **texts;      /* (rows, kept) row-major, borrowed from the file's text */
};

static int twice(const struct csv *csv, const char *name, struct error *err)
{
    ptrdiff_t place[2] = {0}, count = 0;
    for (ptrdiff_t j = 0; j < csv->columns; j++)
        if (strcmp(csv->names[j], name) == 0) {
            place[count < 2 ? count : 1] = j + 1;
            count++;
        }
    struct text hint = TEXT_EMPTY;
    text_addf(&hint,
              "give the columns different names, or set \"skip\": %ld and \"header\": false and name them by number",
              csv->head);
    int status = csv_error(csv, csv->head, text_string(&hint), err,
                           "the header has column \"%s\" %td times, first as column %td and last as column %td",
                           EXCERPT(name, 100), count, place[0], place[1]);
    text_release(&hint);
    return status;
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
        return twice(csv, name, err);
    struct text present = TEXT_EMPTY;
    for (ptrdiff_t j = 0; j < csv->columns && present.length < 600; j++)
        text_addf(&present, "%s%s", j ? ", " : "", EXCERPT(csv->names[j], 60));
    int status = csv_error(csv, csv->head, "name one of them in the experiment's data", err,
                           "there is no column \"%s\"; columns: %s", EXCERPT(name, 100), text_string(&present));
    text_release(&present);
    return status;
}

/* Every unnamed column is meant by "" in "ignore"; no other list can name several. */
static void ignore_unnamed(struct reader *reader)
{
    for (ptrdiff_t j = 0; j < reader->csv.columns; j++)
        if (!*reader->csv.names[j])
            reader->roles[j] = ROLE_IGNORED;
}

static int give_role(struct reader *reader, char *const *names, int count, enum role role, struct error *err)
{
    for (int i = 0; i < count; i++) {
        ptrdiff_t column = 0;
        if (role == ROLE_IGNORED && !*names[i]) {
            ignore_unnamed(reader);
            continue;
        }
        int status = find_column(&reader->csv, names[i], &column, err);
        if (status)
            return status;
        reader->roles[column] = role;
    }
    return 0;
}

static int compare_names(const void *a, const void *b);

/* The names must differ, and a column without one is no feature: it is the index that pandas and R write. */
static int check_names(const struct reader *reader, struct error *err)
{
    const struct csv *csv = &reader->csv;
    int status = 0;
    for (ptrdiff_t j = 0; j < csv->columns; j++)
        if (!*csv->names[j] && reader->roles[j] == ROLE_FEATURE)
            return csv_error(csv, csv->head, "set \"ignore\": [\"\"], or give it a name in the header", err,
                             "column %td has no name%s", j + 1,
                             j == 0                  ? ", as the index that pandas and R write"
                             : j == csv->columns - 1 ? ": the header ends with a separator"
                                                     : "");
    char **sorted = memory_array((size_t)csv->columns, sizeof *sorted);
    if (!sorted)
        return memory_error(err, csv->path);
    memcpy(sorted, csv->names, (size_t)csv->columns * sizeof *sorted);
    qsort(sorted, (size_t)csv->columns, sizeof *sorted, compare_names);
    for (ptrdiff_t j = 1; !status && j < csv->columns; j++)
        if (*sorted[j] && strcmp(sorted[j - 1], sorted[j]) == 0)
            status = twice(csv, sorted[j], err);
    memory_free(sorted);
    return status;
}

static int give_roles(struct reader *reader, const struct data_spec *spec, struct error *err)
{
    const struct csv *csv = &reader->csv;
    const struct csv_settings *settings = spec->settings;
    reader->roles = memory_array((size_t)csv->columns, sizeof *reader->roles);
    if (!reader->roles)
        return memory_error(err, csv->path);
    for (ptrdiff_t j = 0; j < csv->columns; j++)
        reader->roles[j] = ROLE_FEATURE;
    int status = give_role(reader, settings->ignored.items, settings->ignored.count, ROLE_IGNORED, err);
    if (!status)
        status = give_role(reader, settings->one_hot.items, settings->one_hot.count, ROLE_ONE_HOT, err);
    if (!status && settings->predicted)
        status = give_role(reader, &settings->predicted, 1,
                           spec->target == DATA_TARGET_CLASS ? ROLE_LABEL : ROLE_TARGET, err);
    for (ptrdiff_t j = 0; j < csv->columns; j++) {
        reader->numbers += reader->roles[j] == ROLE_FEATURE;
        reader->kept += reader->roles[j] == ROLE_ONE_HOT || reader->roles[j] == ROLE_LABEL;
    }
    if (!status)
        status = check_names(reader, err);
    if (!status && reader->numbers + settings->one_hot.count == 0)
        status = csv_error(csv, csv->head, "a table needs a column of numbers", err, "no column is left as a feature");
    return status;
}

static int read_cell(struct reader *reader, struct data_table *table, ptrdiff_t column, double **x, char ***text,
                     struct error *err)
{
    struct csv *csv = &reader->csv;
    switch (reader->roles[column]) {
    case ROLE_FEATURE:
        return csv_number(csv, column, "write a number, or name the column in \"one_hot\" or \"ignore\"", (*x)++, err);
    case ROLE_TARGET:
        return csv_number(csv, column, "write a number, or name the column as \"label\" to predict classes",
                          &table->numbers[table->rows], err);
    case ROLE_LABEL:
        if (*csv->cells[column] == '\0')
            return csv_error(csv, csv->row, "fill it in, or leave the row out", err, "the label is empty");
        *(*text)++ = csv->cells[column];
        return 0;
    case ROLE_ONE_HOT:
        *(*text)++ = csv->cells[column];
        return 0;
    case ROLE_IGNORED:
        return 0;
    }
    return 0;
}

static int read_rows(struct reader *reader, struct data_table *table, struct error *err)
{
    for (;;) {
        bool found;
        int status = csv_next(&reader->csv, &found, err);
        if (status || !found)
            return status;
        double *x = table->x + table->rows * reader->numbers;
        char **text = reader->texts + table->rows * reader->kept;
        for (ptrdiff_t j = 0; !status && j < reader->csv.columns; j++)
            status = read_cell(reader, table, j, &x, &text, err);
        if (status)
            return status;
        table->rows++;
    }
}

/* Every record ends a line, so there are at most as many rows as lines. */
static int allocate_rows(struct reader *reader, struct data_table *table, struct error *err)
{
    const struct csv *csv = &reader->csv;
    size_t lines = csv_most_rows(csv);
    double row = (double)reader->numbers * (8 + 4) + (double)(reader->kept + 1) * sizeof *reader->texts + 28;
    int status = data_check_memory(csv->path, (double)lines * row + (double)csv->text.length, err);
    if (status)
        return status;
    if (lines > INT32_MAX)
        return error_set(err, ERROR_INPUT, csv->path, "use a part of it", "more than %d lines", INT32_MAX);
    table->x = memory_array(lines * (size_t)reader->numbers, sizeof *table->x);
    table->numbers = memory_array(lines, sizeof *table->numbers);
    reader->texts = memory_array(lines * (size_t)reader->kept, sizeof *reader->texts);
    return table->x && table->numbers && reader->texts ? 0 : memory_error(err, csv->path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The different texts of a kept column, in the order of their bytes; returns owned in *names. */
static int find_different(const struct reader *reader, ptrdiff_t place, ptrdiff_t rows, char ***names, ptrdiff_t *count,
                          struct error *err)
{
    char **sorted = *names = memory_array((size_t)rows, sizeof *sorted);
    if (!sorted)
        return memory_error(err, reader->csv.path);
    for (ptrdiff_t i = 0; i < rows; i++)
        sorted[i] = reader->texts[i * reader->kept + place];
    qsort(sorted, (size_t)rows, sizeof *sorted, compare_names);
    *count = 0;
    for (ptrdiff_t i = 0; i < rows; i++)
        if (i == 0 || strcmp(sorted[i], sorted[*count - 1]) != 0)
            sorted[(*count)++] = sorted[i];
    return 0;
}

static ptrdiff_t place_of(char *const *text, char *const *names, ptrdiff_t count)
{
    char *const *found = bsearch(text, names, (size_t)count, sizeof *names, compare_names);
    return found - names;
}

/* Numbers the different labels. All rows count, those of the test part too: only the list of names becomes
   known, not which row has which. place: of the label among the kept columns. */
static int number_classes(const struct reader *reader, ptrdiff_t place, struct data_table *table, struct error *err)
{
    char **names = NULL;
    ptrdiff_t count = 0;
    int status = find_different(reader, place, table->rows, &names, &count, err);
    if (!status && (count < 2 || count > MAX_CLASSES))
        status = error_set(err, ERROR_INPUT, reader->csv.path,
                           "name a column of classes as \"label\", or one of numbers to predict as \"target\"",
                           "the label column has %td different value%s, a classification needs 2 to %d", count,
                           count == 1 ? "" : "s", MAX_CLASSES);
    if (!status)
        status = data_check_spelling(names, count, reader->csv.path, reader->csv.predicted, err);
    if (!status)
        status = data_table_name_classes(table, (const char *const *)names, (int)count, err);
    if (!status && !(table->y = memory_array((size_t)table->rows, sizeof *table->y)))
        status = memory_error(err, reader->csv.path);
    for (ptrdiff_t i = 0; !status && i < table->rows; i++)
        table->y[i] = (int32_t)place_of(&reader->texts[i * reader->kept + place], names, count);
    memory_free(names);
    return status;
}

/* The different texts of the one_hot columns, in the order of the columns. */
struct categories {
    char **names;
    ptrdiff_t count;
};

static int find_categories(const struct reader *reader, ptrdiff_t rows, struct categories *categories,
                           ptrdiff_t *features, struct error *err)
{
    const struct csv *csv = &reader->csv;
    *features = reader->numbers;
    for (ptrdiff_t j = 0, place = 0; j < csv->columns; j++) {
        if (reader->roles[j] == ROLE_ONE_HOT) {
            struct categories *found = &categories[place];
            int status = find_different(reader, place, rows, &found->names, &found->count, err);
            if (status)
                return status;
            if (found->count > MAX_CLASSES)
                return csv_error(csv, csv->head, "name it in \"ignore\"", err,
                                 "column \"%s\" of \"one_hot\" has %td different values, the limit is %d",
                                 EXCERPT(csv->names[j], 100), found->count, MAX_CLASSES);
            status = data_check_spelling(found->names, found->count, csv->path, csv->names[j], err);
            if (status)
                return status;
            *features += found->count;
        }
        place += reader->roles[j] == ROLE_ONE_HOT || reader->roles[j] == ROLE_LABEL;
    }
    return 0;
}

/* One row with its 0/1 columns, each block in the place of its column. from: (numbers); to: (features), zeros. */
static void expand_row(const struct reader *reader, const struct categories *categories, char *const *texts,
                       const double *from, double *to)
{
    for (ptrdiff_t j = 0, place = 0; j < reader->csv.columns; j++) {
        if (reader->roles[j] == ROLE_FEATURE)
            *to++ = *from++;
        if (reader->roles[j] == ROLE_ONE_HOT) {
            to[place_of(&texts[place], categories[place].names, categories[place].count)] = 1;
            to += categories[place].count;
        }
        place += reader->roles[j] == ROLE_ONE_HOT || reader->roles[j] == ROLE_LABEL;
    }
}

/* Replaces table->x by one that has the 0/1 columns too. */
static int expand(const struct reader *reader, struct data_table *table, ptrdiff_t *features, struct error *err)
{
    double *x = NULL;
    struct categories *categories = memory_zeroed((size_t)reader->kept, sizeof *categories);
    int status = categories ? find_categories(reader, table->rows, categories, features, err)
                            : memory_error(err, reader->csv.path);
    if (!status)
        status = data_check_memory(reader->csv.path, (double)table->rows * (double)*features * (8 + 4), err);
    if (!status && !(x = memory_zeroed((size_t)table->rows * (size_t)*features, sizeof *x)))
        status = memory_error(err, reader->csv.path);
    for (ptrdiff_t i = 0; !status && i < table->rows; i++)
        expand_row(reader, categories, reader->texts + i * reader->kept, table->x + i * reader->numbers,
                   x + i * *features);
    if (!status) {
        memory_free(table->x);
        table->x = x;
    }
    for (ptrdiff_t k = 0; categories && k < reader->kept; k++)
        memory_free(categories[k].names);
    memory_free(categories);
    return status;
}

/* The numbers to predict from their own file, one a line and as many as the table has rows. */
static int read_target_file(const char *path, const char *table_path, struct data_table *table, struct error *err)
{
    struct csv csv;
    ptrdiff_t count = 0;
    bool found = true;
    int status = csv_open(&csv, path, &(struct csv_form){.separator = ',', .decimal = '.'}, err);
    if (!status && csv.columns != 1)
        status = csv_error(&csv, csv.head, "write one number a line", err, "this line has %td cells", csv.columns);
    while (!status && found) {
        status = csv_next(&csv, &found, err);
        double number = 0;
        if (!status && found)
            status = csv_number(&csv, 0, "write one number a line", &number, err);
        if (!status && found && count < table->rows)
            table->numbers[count] = number;
        count += found;
    }
    if (!status && count != table->rows)
        status = error_set(err, ERROR_INPUT, path, "take both files from the same set",
                           "it has %td numbers, but %s has %td rows", count, EXCERPT(table_path, 300), table->rows);
    csv_close(&csv);
    return status;
}

static int read_targets(const struct reader *reader, const struct data_spec *spec, struct data_table *table,
                        struct error *err)
{
    const struct csv_settings *settings = spec->settings;
    const char *file = settings->target_file;
    if (spec->target == DATA_TARGET_NUMBER)
        return file ? read_target_file(file, reader->csv.path, table, err) : 0;
    ptrdiff_t place = 0;
    for (ptrdiff_t j = 0; reader->roles[j] != ROLE_LABEL; j++)
        place += reader->roles[j] == ROLE_ONE_HOT;
    memory_free(table->numbers);
    table->numbers = NULL;
    return number_classes(reader, place, table, err);
}

int csv_read(const struct data_spec *spec, struct data_table *table, struct error *err)
{
    struct reader reader = {0};
    const struct csv_settings *settings = spec->settings;
    const char *path = settings->file;
    ptrdiff_t features = 0;
    const struct csv_form form = {.separator = settings->separator,
                                  .decimal = settings->decimal,
                                  .header = settings->header,
                                  .skip = settings->skip,
                                  .role = spec->target == DATA_TARGET_CLASS ? "label" : "target",
                                  .predicted = settings->predicted};
    int status = csv_open(&reader.csv, path, &form, err);
    if (!status)
        status = give_roles(&reader, spec, err);
    if (!status)
        status = allocate_rows(&reader, table, err);
    if (!status)
        status = read_rows(&reader, table, err);
    if (!status && table->rows == 0)
        status = error_set(err, ERROR_INPUT, path, "add rows below the header", "the table has no rows");
    features = reader.numbers;
    if (!status && settings->one_hot.count > 0)
        status = expand(&reader, table, &features, err);
    if (!status) {
        table->shape = data_shape_table(features, spec->target);
        status = read_targets(&reader, spec, table, err);
    }
    memory_free(reader.roles);
    memory_free(reader.texts);
    csv_close(&reader.csv);
    return status;
}
