/* NPY, the format of NumPy's save():
 *
 *   file   = "\x93NUMPY" major minor length header data
 *   length = 2 bytes in version 1, 4 bytes in versions 2 and 3, low byte first
 *   header = "{" { key ":" value "," } "}" spaces newline          a Python literal
 *   key    = "'descr'" | "'fortran_order'" | "'shape'"
 *   value  = string | "True" | "False" | "(" { integer "," } ")"
 *
 * Read are little-endian numbers in C order; everything else is refused by its name. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/format_internal.h"
#include "data/stream_internal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIZES = 4, LONGEST_HEADER = 1 << 16, MAX_CLASSES = 1000, WIDEST = 8 };

#define SIGN ((uint64_t)1 << 63)

enum form { FORM_UNSIGNED, FORM_SIGNED, FORM_FLOAT };

static const struct kind {
    const char *name; /* without the sign of the byte order */
    enum form form;
    int size; /* bytes */
} kinds[] = {
    {"u1", FORM_UNSIGNED, 1}, {"i1", FORM_SIGNED, 1},   {"i2", FORM_SIGNED, 2}, {"u2", FORM_UNSIGNED, 2},
    {"i4", FORM_SIGNED, 4},   {"u4", FORM_UNSIGNED, 4}, {"i8", FORM_SIGNED, 8}, {"u8", FORM_UNSIGNED, 8},
    {"f4", FORM_FLOAT, 4},    {"f8", FORM_FLOAT, 8},
};

/* An array whose header has been read; the stream stands at the first number. */
struct array {
    struct stream stream;
    const struct kind *kind;
    int rank;
    ptrdiff_t size[MOST_SIZES];
};

static const char *const save_again =
    "save it again: numpy.save(file, numpy.ascontiguousarray(a, dtype='<f4')) or another of the number types u1 i1 i2 "
    "u2 i4 u4 i8 u8 f4 f8";

static int header_error(const struct array *array, struct error *err)
{
    return error_set(err, ERROR_INPUT, stream_path(&array->stream), "write it with numpy.save()",
                     "the header is not that of an NPY file");
}

static int read_kind(struct array *array, const char *descr, struct error *err)
{
    const char *path = stream_path(&array->stream);
    if (*descr == '>')
        return error_set(err, ERROR_INPUT, path, save_again, "numbers of type %s are big endian", EXCERPT(descr, 40));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((*descr == '<' || *descr == '|' || *descr == '=') && strcmp(descr + 1, kinds[i].name) == 0)
            array->kind = &kinds[i];
    if (array->kind)
        return 0;
    return error_set(err, ERROR_INPUT, path, save_again, "values of type %s%s are not read", EXCERPT(descr, 40),
                     strchr(descr, 'O')   ? " (Python objects)"
                     : strchr(descr, '[') ? " (records)"
                                          : "");
}

static int read_sizes(struct array *array, const char **p, struct error *err)
{
    const char *path = stream_path(&array->stream);
    for (++*p; **p != ')';) {
        char *end = NULL;
        long long size = strtoll(*p, &end, 10);
        if (end == *p)
            return header_error(array, err);
        if (array->rank == MOST_SIZES)
            return error_set(err, ERROR_INPUT, path, "inputs have 2 to 4, labels and targets 1",
                             "the array has more than %d dimensions", MOST_SIZES);
        if (size < 1 || size > INT32_MAX)
            return error_set(err, ERROR_INPUT, path, "is this the right file?", "size %d of the array is %lld",
                             array->rank + 1, size);
        array->size[array->rank++] = (ptrdiff_t)size;
        for (*p = end; **p == ' ' || **p == ',' || **p == 'L';)
            ++*p;
    }
    ++*p;
    return 0;
}

/* The text between two quotes of the same kind; p behind it then. */
static bool read_string(const char **p, char *out, size_t size)
{
    char quote = **p;
    if (quote != '\'' && quote != '"')
        return false;
    const char *end = strchr(*p + 1, quote);
    if (!end || (size_t)(end - *p) > size)
        return false;
    memcpy(out, *p + 1, (size_t)(end - *p - 1));
    out[end - *p - 1] = '\0';
    *p = end + 1;
    return true;
}

static void pass_over(const char **p, const char *characters)
{
    *p += strspn(*p, characters);
}

static int read_member(struct array *array, const char **p, const char *key, struct error *err)
{
    char value[64];
    if (strcmp(key, "descr") == 0) {
        if (**p == '[')
            return read_kind(array, "[...]", err);
        return read_string(p, value, sizeof value) ? read_kind(array, value, err) : header_error(array, err);
    }
    if (strcmp(key, "fortran_order") == 0 && strncmp(*p, "True", 4) == 0)
        return error_set(err, ERROR_INPUT, stream_path(&array->stream), save_again, "the array is in Fortran order");
    if (strcmp(key, "fortran_order") == 0 && strncmp(*p, "False", 5) == 0) {
        *p += 5;
        return 0;
    }
    if (strcmp(key, "shape") == 0 && **p == '(')
        return read_sizes(array, p, err);
    return header_error(array, err);
}

/* Every key must be there once. */
static int read_literal(struct array *array, const char *p, struct error *err)
{
    int members = 0;
    pass_over(&p, " {");
    while (*p && *p != '}') {
        char key[64];
        if (!read_string(&p, key, sizeof key))
            return header_error(array, err);
        pass_over(&p, " :");
        int status = read_member(array, &p, key, err);
        if (status)
            return status;
        pass_over(&p, " ,");
        members++;
    }
    return *p == '}' && members == 3 && array->kind ? 0 : header_error(array, err);
}

static int read_header(struct array *array, struct error *err)
{
    struct stream *stream = &array->stream;
    uint8_t start[12] = {0};
    stream->expected = 10;
    int status = stream_read_exactly(stream, start, 8, err);
    if (status)
        return status;
    if (memcmp(start, "\x93NUMPY", 6) != 0) {
        status = data_refuse_foreign(stream_path(stream), (const char *)start, 8, "an NPY array", err);
        return status ? status
                      : error_set(err, ERROR_INPUT, stream_path(stream), "write it with numpy.save()",
                                  "this is not an NPY file: it begins with %02x %02x %02x %02x", start[0], start[1],
                                  start[2], start[3]);
    }
    if (start[6] < 1 || start[6] > 3)
        return error_set(err, ERROR_INPUT, stream_path(stream), "write it with numpy.save()",
                         "NPY version %d.%d is not known, only 1 to 3", start[6], start[7]);
    size_t bytes = start[6] == 1 ? 2 : 4, length = 0;
    stream->expected = (int64_t)(8 + bytes);
    status = stream_read_exactly(stream, start + 8, bytes, err);
    if (status)
        return status;
    for (size_t i = bytes; i-- > 0;)
        length = length << 8 | start[8 + i];
    if (length > LONGEST_HEADER)
        return header_error(array, err);
    stream->expected += (int64_t)length;
    char *header = memory_array(length + 1, 1);
    if (!header)
        return memory_error(err, stream_path(stream));
    status = stream_read_exactly(stream, header, length, err);
    header[status ? 0 : length] = '\0';
    if (!status)
        status = read_literal(array, header, err);
    memory_free(header);
    return status;
}

/* Opens an array and reads its header. */
static int array_open(struct array *array, const char *path, struct error *err)
{
    *array = (struct array){0};
    int status = stream_open(&array->stream, path, err);
    if (!status)
        status = read_header(array, err);
    if (status)
        return status;
    double bytes = array->kind->size;
    for (int i = 0; i < array->rank; i++)
        bytes *= (double)array->size[i];
    status = data_check_memory(stream_path(&array->stream), bytes, err);
    return status ? status : stream_expect(&array->stream, array->stream.expected + (int64_t)bytes, err);
}

/* An integer, its sign in all 64 bits; of a float the bits as they are. */
static uint64_t integer_at(const struct kind *kind, const uint8_t *bytes)
{
    uint64_t bits = 0;
    for (int i = kind->size; i-- > 0;)
        bits = bits << 8 | bytes[i];
    int unused = 64 - 8 * kind->size;
    return kind->form == FORM_SIGNED ? (uint64_t)((int64_t)(bits << unused) >> unused) : bits;
}

static double number_at(const struct kind *kind, const uint8_t *bytes)
{
    uint64_t bits = integer_at(kind, bytes);
    if (kind->form == FORM_UNSIGNED)
        return (double)bits;
    if (kind->form == FORM_SIGNED)
        return (double)(int64_t)bits;
    if (kind->size == 8) {
        double number;
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    uint32_t half = (uint32_t)bits;
    float number;
    memcpy(&number, &half, sizeof number);
    return (double)number;
}

/* Reads all `count` labels and the end of the file; out: (count), in an order in which negative ones come first. As
   integers: a double would make one class of 2^60 and 2^60 + 1. */
static int array_read_labels(struct array *array, ptrdiff_t count, uint64_t *out, struct error *err)
{
    uint64_t sign = array->kind->form == FORM_SIGNED ? SIGN : 0;
    uint8_t bytes[WIDEST];
    for (ptrdiff_t i = 0; i < count; i++) {
        int status = stream_read_exactly(&array->stream, bytes, (size_t)array->kind->size, err);
        if (status)
            return status;
        out[i] = integer_at(array->kind, bytes) ^ sign;
    }
    return stream_read_end(&array->stream, err);
}

/* Reads all `count` numbers and the end of the file; out: (count). */
static int array_read(struct array *array, ptrdiff_t count, double *out, struct error *err)
{
    enum { PART = 1024 };
    uint8_t part[PART * WIDEST];
    struct stream *stream = &array->stream;
    for (ptrdiff_t first = 0; first < count; first += PART) {
        ptrdiff_t length = count - first < PART ? count - first : PART;
        int status = stream_read_exactly(stream, part, (size_t)(length * array->kind->size), err);
        if (status)
            return status;
        for (ptrdiff_t i = 0; i < length; i++) {
            double number = out[first + i] = number_at(array->kind, part + i * array->kind->size);
            if (!(fabs(number) <= (double)FLT_MAX))
                return error_set(err, ERROR_INPUT, stream_path(stream), "leave such rows out, or fill them in",
                                 "number %td of row %td is %s", (first + i) % (count / array->size[0]),
                                 (first + i) / (count / array->size[0]),
                                 isnan(number)   ? "not a number"
                                 : isinf(number) ? "infinite"
                                                 : "too large");
        }
    }
    return stream_read_end(stream, err);
}

static int read_inputs(struct array *array, enum data_target target, struct data_table *table, struct error *err)
{
    const char *path = stream_path(&array->stream);
    const ptrdiff_t *size = array->size;
    if (array->rank < 2)
        return error_set(err, ERROR_INPUT, path, "shape it (rows, features), or (rows, height, width, channels)",
                         "the inputs have %d dimension%s, expected 2 to 4", array->rank, array->rank == 1 ? "" : "s");
    table->rows = size[0];
    table->shape = array->rank == 2 ? data_shape_table(size[1], target)
                                    : data_shape_image(size[1], size[2], array->rank == 4 ? size[3] : 1, target);
    ptrdiff_t count = table->rows * table->shape.features;
    bool bytes = array->rank > 2 && strcmp(array->kind->name, "u1") == 0;
    int status = data_check_memory(path, (double)count * (bytes ? 2 : 8 + 4) + 20.0 * (double)table->rows, err);
    if (status)
        return status;
    if (bytes)
        table->bytes = memory_array((size_t)count, 1);
    else
        table->x = memory_array((size_t)count, sizeof *table->x);
    if (!table->bytes && !table->x)
        return memory_error(err, path);
    if (!bytes)
        return array_read(array, count, table->x, err);
    status = stream_read_exactly(&array->stream, table->bytes, (size_t)count, err);
    return status ? status : stream_read_end(&array->stream, err);
}

/* One number a row: (rows), or (rows, 1). */
static int check_targets(const struct array *array, enum data_target target, const char *inputs,
                         const struct data_table *table, struct error *err)
{
    const char *path = stream_path(&array->stream);
    if (array->rank != 1 && !(array->rank == 2 && array->size[1] == 1))
        return error_set(err, ERROR_INPUT, path, "shape it (rows)", "expected one number a row, found %d dimensions",
                         array->rank);
    if (array->size[0] != table->rows)
        return error_set(err, ERROR_INPUT, path, "take both files from the same set",
                         "it has %td numbers, but %s has %td rows", array->size[0], EXCERPT(inputs, 300), table->rows);
    if (target == DATA_TARGET_CLASS && array->kind->form == FORM_FLOAT)
        return error_set(err, ERROR_INPUT, path,
                         "save them as '<i4', or name the file as \"target\" to predict numbers",
                         "labels are integers, these are of type %s", array->kind->name);
    return 0;
}

static int compare_labels(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int name_classes(struct data_table *table, const uint64_t *labels, int count, bool is_signed, struct error *err)
{
    table->class_names = memory_zeroed((size_t)count, sizeof *table->class_names);
    table->shape.classes = table->class_names ? count : 0;
    for (int i = 0; i < table->shape.classes; i++) {
        struct text name = TEXT_EMPTY;
        if (is_signed)
            text_addf(&name, "%lld", (long long)(labels[i] ^ SIGN));
        else
            text_addf(&name, "%llu", (unsigned long long)labels[i]);
        if (!(table->class_names[i] = text_take(&name)))
            return memory_error(err, "the class names");
    }
    return table->class_names ? 0 : memory_error(err, "the class names");
}

/* The different labels become classes in their order, so that 1 .. K or -1 and 1 will do as well. */
static int number_classes(const struct array *array, const uint64_t *labels, struct data_table *table,
                          struct error *err)
{
    const char *path = stream_path(&array->stream);
    size_t rows = (size_t)table->rows;
    uint64_t *sorted = memory_array(rows, sizeof *sorted);
    table->y = memory_array(rows, sizeof *table->y);
    int status = sorted && table->y ? 0 : memory_error(err, path);
    if (status)
        goto done;
    memcpy(sorted, labels, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, compare_labels);
    ptrdiff_t count = 0;
    for (size_t i = 0; i < rows; i++)
        if (i == 0 || sorted[i] != sorted[count - 1])
            sorted[count++] = sorted[i];
    if (count < 2 || count > MAX_CLASSES)
        status = error_set(err, ERROR_INPUT, path, "name the file as \"target\" if numbers are to be predicted",
                           "the labels have %td different value%s, a classification needs 2 to %d", count,
                           count == 1 ? "" : "s", MAX_CLASSES);
    else
        status = name_classes(table, sorted, (int)count, array->kind->form == FORM_SIGNED, err);
    for (size_t i = 0; !status && i < rows; i++) {
        const uint64_t *found = bsearch(&labels[i], sorted, (size_t)count, sizeof *sorted, compare_labels);
        table->y[i] = (int32_t)(found - sorted);
    }
done:
    memory_free(sorted);
    return status;
}

static int read_labels(struct array *array, struct data_table *table, struct error *err)
{
    uint64_t *labels = memory_array((size_t)table->rows, sizeof *labels);
    int status =
        labels ? array_read_labels(array, table->rows, labels, err) : memory_error(err, stream_path(&array->stream));
    if (!status)
        status = number_classes(array, labels, table, err);
    memory_free(labels);
    return status;
}

static int read_numbers(struct array *array, struct data_table *table, struct error *err)
{
    table->numbers = memory_array((size_t)table->rows, sizeof *table->numbers);
    return table->numbers ? array_read(array, table->rows, table->numbers, err)
                          : memory_error(err, stream_path(&array->stream));
}

static int read_targets(const char *path, enum data_target target, const char *inputs, struct data_table *table,
                        struct error *err)
{
    struct array array;
    int status = array_open(&array, path, err);
    if (!status)
        status = check_targets(&array, target, inputs, table, err);
    if (!status)
        status = target == DATA_TARGET_CLASS ? read_labels(&array, table, err) : read_numbers(&array, table, err);
    stream_close(&array.stream);
    return status;
}

struct settings {
    char *inputs;
    char *labels, *target; /* one of them */
};

static int read_table(const struct data_spec *spec, struct data_table *table, struct error *err)
{
    struct array inputs;
    const struct settings *settings = spec->settings;
    const char *path = settings->inputs;
    int status = array_open(&inputs, path, err);
    if (!status)
        status = read_inputs(&inputs, spec->target, table, err);
    stream_close(&inputs.stream);
    if (!status)
        status = read_targets(settings->labels ? settings->labels : settings->target, spec->target, path, table, err);
    return status;
}

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return settings->inputs;
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    struct data_table table = {0};
    int status = read_table(spec, &table, err);
    if (!status)
        status = data_table_load(spec, &table, title(spec), seed, set, test, err);
    data_table_release(&table);
    return status;
}

static int settle(const struct json *data, struct data_spec *spec, struct error *err)
{
    static const char *const targets[] = {"labels", "target", NULL};
    int chosen = 0;
    int status =
        settings_alternative(data, targets, "only one thing can be predicted",
                             "name a file of integers as \"labels\", or one of numbers as \"target\"", &chosen, err);
    spec->target = chosen == 0 ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    return status;
}

static const struct setting settings[] = {
    {"inputs", SETTING_PATH(struct settings, inputs), .required = true,
     .means = "of an array (N, features), (N, height, width) or (N, height, width, channels)"},
    {"labels", SETTING_PATH(struct settings, labels), .mentioned = true, .by = "",
     .means = "of integers (N): classes to predict; or:"},
    {"target", SETTING_PATH(struct settings, target), .mentioned = true, .by = "",
     .means = "of numbers (N) to predict"},
    {0}};

const struct data_format data_format_npy = {
    .name = "npy",
    .summary = "Arrays of NumPy.",
    .settings = settings,
    .size = sizeof(struct settings),
    .train = 0.6,
    .validation = 0.2,
    .settle = settle,
    .title = title,
    .load = load,
};
