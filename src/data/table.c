#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"

#include <math.h>
#include <string.h>

void data_table_release(struct data_table *table)
{
    memory_free(table->x);
    memory_free(table->y);
    data_names_free(table->class_names, table->classes);
    *table = (struct data_table){0};
}

/* scaled = (value - centre) * factor. A column that never varies becomes 0. */
struct column_scale {
    double centre, factor;
};

/* Means and deviations in two passes: columns far from zero lose nothing to cancellation. */
static struct column_scale measure_standard(const struct data_table *table, const int32_t *order, ptrdiff_t count,
                                            ptrdiff_t column)
{
    const double *x = table->x + column;
    double sum = 0, squares = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        sum += x[order[i] * table->features];
    double mean = sum / (double)count;
    for (ptrdiff_t i = 0; i < count; i++) {
        double d = x[order[i] * table->features] - mean;
        squares += d * d;
    }
    double deviation = sqrt(squares / (double)count);
    /* Rounding leaves a constant column such as 0.1 with a deviation near 1e-17 instead of 0. */
    bool varies = deviation > 1e-12 * fabs(mean);
    return (struct column_scale){mean, varies ? 1 / deviation : 0};
}

static struct column_scale measure_unit(const struct data_table *table, const int32_t *order, ptrdiff_t count,
                                        ptrdiff_t column)
{
    const double *x = table->x + column;
    double low = INFINITY, high = -INFINITY;
    for (ptrdiff_t i = 0; i < count; i++) {
        low = fmin(low, x[order[i] * table->features]);
        high = fmax(high, x[order[i] * table->features]);
    }
    return (struct column_scale){low, high > low ? 1 / (high - low) : 0};
}

/* Measured on the `count` rows of the table that `order` names: the train part. */
static void measure(const struct data_table *table, enum data_scale scale, const int32_t *order, ptrdiff_t count,
                    struct column_scale *columns)
{
    for (ptrdiff_t j = 0; j < table->features; j++) {
        columns[j] = scale == DATA_SCALE_STANDARD ? measure_standard(table, order, count, j)
                     : scale == DATA_SCALE_UNIT   ? measure_unit(table, order, count, j)
                                                  : (struct column_scale){0, 1};
    }
}

/* One row of a part: scaled values, class, and its share of the digest. */
static void fill_row(const struct data_table *table, const struct column_scale *columns, int32_t from,
                     struct data_rows *rows, ptrdiff_t i)
{
    ptrdiff_t features = table->features;
    const double *x = table->x + from * features;
    rows->source[i] = from;
    rows->labels[i] = table->y[from];
    rows->digest = data_digest_integer(rows->digest, from);
    rows->digest = data_digest_integer(rows->digest, table->y[from]);
    for (ptrdiff_t j = 0; j < features; j++) {
        int64_t bits;
        memcpy(&bits, &x[j], sizeof bits);
        rows->digest = data_digest_integer(rows->digest, bits);
        rows->values[i * features + j] = (float)((x[j] - columns[j].centre) * columns[j].factor);
    }
}

int data_table_load(const struct data_spec *spec, struct data_table *table, const char *where, uint64_t seed,
                    struct data_set *set, struct data_rows *test, struct error *err)
{
    struct data_division division = {0};
    struct column_scale *columns = memory_array((size_t)table->features, sizeof *columns);
    int status = columns ? data_divide(spec, where, table->rows, seed, &division, err) : memory_error(err, where);
    if (status)
        goto done;
    measure(table, spec->scale, division.order, division.count[DATA_TRAIN], columns);
    struct data_rows *parts[3] = {&set->rows[DATA_TRAIN], &set->rows[DATA_VALIDATION], test};
    const int32_t *from = division.order;
    for (int part = 0; part < 3 && parts[part]; part++) {
        struct data_rows *rows = parts[part];
        status = data_rows_init(rows, division.count[part], table->features, false, err);
        if (status)
            goto done;
        rows->digest = DATA_DIGEST_START;
        for (ptrdiff_t i = 0; i < rows->count; i++)
            fill_row(table, columns, *from++, rows, i);
    }
    set->shape = (struct data_shape){.features = table->features, .classes = table->classes};
    set->class_names = table->class_names;
    table->class_names = NULL;
    table->classes = 0;
done:
    memory_free(columns);
    memory_free(division.order);
    return status;
}
