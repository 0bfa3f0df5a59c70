/* A table of numbers becomes a set: divided, scaled by its train part, digested. */
#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"

#include <math.h>
#include <string.h>

void data_table_release(struct data_table *table)
{
    memory_free(table->x);
    memory_free(table->bytes);
    memory_free(table->y);
    memory_free(table->numbers);
    data_names_free(table->class_names, table->shape.classes);
    *table = (struct data_table){0};
}

int data_table_name_classes(struct data_table *table, const char *const *names, int count, struct error *err)
{
    static const char *const what = "the class names";
    table->class_names = memory_zeroed((size_t)count, sizeof *table->class_names);
    if (!table->class_names)
        return memory_error(err, what);
    table->shape.classes = count;
    int status = 0;
    for (int i = 0; !status && i < count; i++)
        status = memory_keep_string(names[i], what, &table->class_names[i], err);
    return status;
}

/* scaled = (value - centre) * factor. Values that never vary become 0. */
struct column_scale {
    double centre, factor;
};

/* A column of a matrix: value i is x[order[i] * stride]. */
struct column {
    const double *x;
    ptrdiff_t stride;
    const int32_t *order;
    ptrdiff_t count;
};

/* What is measured together: one column of a table, all pixels of images. x: (rows, width) of `stride`. */
static struct column_scale measure_standard(const struct column *column, ptrdiff_t width)
{
    /* In two passes: values far from zero lose nothing to cancellation. */
    double sum = 0, squares = 0, count = (double)column->count * (double)width;
    for (ptrdiff_t i = 0; i < column->count; i++)
        for (ptrdiff_t j = 0; j < width; j++)
            sum += column->x[column->order[i] * column->stride + j];
    double mean = sum / count;
    for (ptrdiff_t i = 0; i < column->count; i++)
        for (ptrdiff_t j = 0; j < width; j++) {
            double d = column->x[column->order[i] * column->stride + j] - mean;
            squares += d * d;
        }
    double deviation = sqrt(squares / count);
    /* Rounding leaves a constant column such as 0.1 with a deviation near 1e-17 instead of 0. */
    bool varies = deviation > 1e-12 * fabs(mean);
    return (struct column_scale){mean, varies ? 1 / deviation : 0};
}

static struct column_scale measure_unit(const struct column *column, ptrdiff_t width)
{
    double low = INFINITY, high = -INFINITY;
    for (ptrdiff_t i = 0; i < column->count; i++)
        for (ptrdiff_t j = 0; j < width; j++) {
            low = fmin(low, column->x[column->order[i] * column->stride + j]);
            high = fmax(high, column->x[column->order[i] * column->stride + j]);
        }
    return (struct column_scale){low, high > low ? 1 / (high - low) : 0};
}

/* Measured on the `count` rows of the table that `order` names: the train part. columns: (features). */
static void measure(const struct data_table *table, enum data_scale scale, const int32_t *order, ptrdiff_t count,
                    struct column_scale *columns)
{
    ptrdiff_t features = table->shape.features, width = table->shape.rank == 1 ? 1 : features;
    for (ptrdiff_t j = 0; j < features; j++) {
        struct column column = {table->x + j, features, order, count};
        if (j % width > 0)
            columns[j] = columns[j - 1];
        else
            columns[j] = scale == DATA_SCALE_STANDARD ? measure_standard(&column, width)
                         : scale == DATA_SCALE_UNIT   ? measure_unit(&column, width)
                                                      : (struct column_scale){0, 1};
    }
}

static int measure_number(const struct data_table *table, const int32_t *order, ptrdiff_t count, const char *where,
                          struct data_number *number, struct error *err)
{
    struct column column = {table->numbers, 1, order, count};
    struct column_scale scale = measure_standard(&column, 1);
    if (scale.factor == 0)
        return error_set(err, ERROR_INPUT, where, "name another column, or a larger train part",
                         "the number to predict is %g in all %td rows of the train part", table->numbers[order[0]],
                         count);
    *number = (struct data_number){scale.centre, 1 / scale.factor};
    return 0;
}

/* One row of a part: scaled values, target, and its share of the digest. columns: NULL for bytes. */
static void fill_row(const struct data_table *table, const struct column_scale *columns,
                     const struct data_number *number, int32_t from, struct data_rows *rows, ptrdiff_t i)
{
    ptrdiff_t features = table->shape.features;
    int64_t bits;
    rows->source[i] = from;
    rows->digest = data_digest_integer(rows->digest, from);
    if (rows->labels) {
        rows->labels[i] = table->y[from];
        rows->digest = data_digest_integer(rows->digest, table->y[from]);
    } else {
        rows->numbers[i] = (float)((table->numbers[from] - number->mean) / number->deviation);
        memcpy(&bits, &table->numbers[from], sizeof bits);
        rows->digest = data_digest_integer(rows->digest, bits);
    }
    if (rows->bytes) {
        uint8_t *bytes = rows->bytes + i * features;
        memcpy(bytes, table->bytes + from * features, (size_t)features);
        rows->digest = hash_bytes(rows->digest, bytes, (size_t)features);
        return;
    }
    const double *x = table->x + from * features;
    for (ptrdiff_t j = 0; j < features; j++) {
        memcpy(&bits, &x[j], sizeof bits);
        rows->digest = data_digest_integer(rows->digest, bits);
        rows->values[i * features + j] = (float)((x[j] - columns[j].centre) * columns[j].factor);
    }
}

static int fill_parts(const struct data_table *table, const struct data_division *division,
                      const struct column_scale *columns, struct data_set *set, struct data_rows *test,
                      struct error *err)
{
    struct data_rows *parts[3] = {&set->rows[DATA_TRAIN], &set->rows[DATA_VALIDATION], test};
    const int32_t *from = division->order;
    for (int part = 0; part < 3 && parts[part]; part++) {
        struct data_rows *rows = parts[part];
        int status = data_rows_init(rows, &table->shape, division->count[part], table->bytes != NULL, err);
        if (status)
            return status;
        rows->digest = data_digest_start(&table->shape);
        for (ptrdiff_t i = 0; i < rows->count; i++)
            fill_row(table, columns, &set->number, *from++, rows, i);
    }
    return 0;
}

int data_table_load(const struct data_spec *spec, struct data_table *table, const char *where, uint64_t seed,
                    struct data_set *set, struct data_rows *test, struct error *err)
{
    struct data_division division = {0};
    struct column_scale *columns = memory_array((size_t)table->shape.features, sizeof *columns);
    int status = columns ? data_divide(spec, where, table->rows, seed, &division, err) : memory_error(err, where);
    if (status)
        goto done;
    ptrdiff_t train = division.count[DATA_TRAIN];
    if (table->x)
        measure(table, spec->scale, division.order, train, columns);
    if (table->numbers)
        status = measure_number(table, division.order, train, where, &set->number, err);
    if (!status)
        status = fill_parts(table, &division, columns, set, test, err);
    if (status)
        goto done;
    set->shape = table->shape;
    set->class_names = table->class_names;
    table->class_names = NULL;
    table->shape.classes = 0;
    if (table->bytes) {
        data_measure_bytes(set, spec->scale);
    } else if (set->shape.rank == 3) {
        set->factor = (float)columns[0].factor;
        set->shift = (float)(-columns[0].centre * columns[0].factor);
    }
done:
    memory_free(columns);
    memory_free(division.order);
    return status;
}

int data_table_load_all(const struct data_table *table, struct data_rows *rows, struct error *err)
{
    ALWAYS(table->bytes && table->y);
    int status = data_rows_init(rows, &table->shape, table->rows, true, err);
    if (status)
        return status;
    rows->digest = data_digest_start(&table->shape);
    for (ptrdiff_t i = 0; i < rows->count; i++)
        fill_row(table, NULL, NULL, (int32_t)i, rows, i);
    return 0;
}
