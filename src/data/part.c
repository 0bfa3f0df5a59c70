/* The rows of a part, whichever it is: served as batches, counted, looked up in their source. */
#include "base/error.h"
#include "data/data_internal.h"

#include <string.h>

struct data_part data_part(const struct data_set *set, enum data_split split)
{
    return (struct data_part){set, &set->rows[split]};
}

ptrdiff_t data_size(struct data_part part)
{
    return part.rows->count;
}

static void gather_classes(const struct data_part *part, ptrdiff_t i, int32_t *classes)
{
    ptrdiff_t targets = part->set->shape.targets;
    if (part->set->shape.target == DATA_TARGET_CLASS)
        *classes = part->rows->labels[i];
    if (part->set->shape.target == DATA_TARGET_NEXT)
        for (ptrdiff_t t = 0; t < targets; t++)
            classes[t] = part->rows->bytes[i * targets + t + 1];
}

static void gather_targets(const struct data_part *part, ptrdiff_t i, ptrdiff_t place, struct data_targets y)
{
    if (y.classes)
        gather_classes(part, i, y.classes + place * part->set->shape.targets);
    if (y.values && part->rows->numbers)
        y.values[place] = part->rows->numbers[i];
}

/* Writes row i as row `place` of a batch: as numbers, as bytes. */
static void gather_row(const struct data_part *part, ptrdiff_t i, ptrdiff_t place, float *x, struct data_targets y)
{
    const struct data_set *set = part->set;
    ptrdiff_t N = set->shape.features;
    x += place * N;
    if (part->rows->bytes)
        set->widen(part->rows->bytes + i * N, N, set->factor, set->shift, x);
    else
        memcpy(x, part->rows->values + i * N, (size_t)N * sizeof *x);
    gather_targets(part, i, place, y);
}

static void gather_row_bytes(const struct data_part *part, ptrdiff_t i, ptrdiff_t place, ptrdiff_t stride, uint8_t *u,
                             struct data_targets y)
{
    ptrdiff_t N = part->set->shape.features;
    u += place * stride;
    memcpy(u, part->rows->bytes + i * N, (size_t)N);
    memset(u + N, 0, (size_t)(stride - N));
    gather_targets(part, i, place, y);
}

void data_gather(struct data_part part, const int32_t *index, ptrdiff_t B, float *x, struct data_targets y)
{
    for (ptrdiff_t i = 0; i < B; i++) {
        ALWAYS(index[i] >= 0 && index[i] < part.rows->count);
        gather_row(&part, index[i], i, x, y);
    }
}

void data_gather_range(struct data_part part, ptrdiff_t first, ptrdiff_t B, float *x, struct data_targets y)
{
    ALWAYS(first >= 0 && B >= 0 && first + B <= part.rows->count);
    for (ptrdiff_t i = 0; i < B; i++)
        gather_row(&part, first + i, i, x, y);
}

struct data_bytes data_bytes(struct data_part part)
{
    const struct data_set *set = part.set;
    bool kept = part.rows->bytes && set->shape.rank == 3;
    return kept ? (struct data_bytes){set->factor, set->shift, set->zeros} : (struct data_bytes){0};
}

void data_gather_bytes(struct data_part part, const int32_t *index, ptrdiff_t B, ptrdiff_t stride, uint8_t *u,
                       struct data_targets y)
{
    ALWAYS(part.rows->bytes && stride >= part.set->shape.features);
    for (ptrdiff_t i = 0; i < B; i++) {
        ALWAYS(index[i] >= 0 && index[i] < part.rows->count);
        gather_row_bytes(&part, index[i], i, stride, u, y);
    }
}

void data_gather_bytes_range(struct data_part part, ptrdiff_t first, ptrdiff_t B, ptrdiff_t stride, uint8_t *u,
                             struct data_targets y)
{
    ALWAYS(part.rows->bytes && stride >= part.set->shape.features);
    ALWAYS(first >= 0 && B >= 0 && first + B <= part.rows->count);
    for (ptrdiff_t i = 0; i < B; i++)
        gather_row_bytes(&part, first + i, i, stride, u, y);
}

void data_prefetch(struct data_part part, const int32_t *index, ptrdiff_t B)
{
    enum { LINE = 64 };
    const struct data_rows *rows = part.rows;
    ptrdiff_t size = part.set->shape.features * (rows->bytes ? 1 : (ptrdiff_t)sizeof *rows->values);
    const char *start = rows->bytes ? (const char *)rows->bytes : (const char *)rows->values;
    for (ptrdiff_t i = 0; i < B; i++)
        for (ptrdiff_t offset = 0; offset < size; offset += LINE)
            __builtin_prefetch(start + index[i] * size + offset);
}

const int32_t *data_labels(struct data_part part)
{
    return part.rows->labels;
}

ptrdiff_t data_class_count(struct data_part part, int class)
{
    ALWAYS(class >= 0 && class < part.set->shape.classes);
    const struct data_rows *rows = part.rows;
    ptrdiff_t count = 0;
    if (rows->labels)
        for (ptrdiff_t i = 0; i < rows->count; i++)
            count += rows->labels[i] == class;
    else
        for (ptrdiff_t i = 1; i <= rows->count * part.set->shape.targets; i++)
            count += rows->bytes[i] == class;
    return count;
}

double data_target_variance(struct data_part part)
{
    const struct data_rows *rows = part.rows;
    double sum = 0, squares = 0, count = (double)rows->count;
    if (!rows->numbers || rows->count == 0)
        return 0;
    for (ptrdiff_t i = 0; i < rows->count; i++)
        sum += rows->numbers[i];
    for (ptrdiff_t i = 0; i < rows->count; i++) {
        double d = rows->numbers[i] - sum / count;
        squares += d * d;
    }
    return squares / count;
}

int32_t data_index(struct data_part part, ptrdiff_t i)
{
    ALWAYS(i >= 0 && i < part.rows->count);
    return part.rows->source[i];
}

uint64_t data_part_digest(struct data_part part)
{
    return part.rows->digest;
}
