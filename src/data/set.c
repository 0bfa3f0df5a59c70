#include "data/data.h"

#include "base/error.h"
#include "base/isa.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <string.h>

int data_check_memory(const char *where, double bytes, struct error *err)
{
    if (bytes <= (double)DATA_MEMORY_LIMIT)
        return 0;
    return error_set(err, ERROR_MEMORY, where, "ask for fewer rows by train and validation, or use a smaller file",
                     "these data would need %.1f GiB of memory, the limit is %d GiB", bytes / (1 << 30),
                     (int)(DATA_MEMORY_LIMIT >> 30));
}

int data_rows_init(struct data_rows *rows, ptrdiff_t count, ptrdiff_t features, bool bytes, struct error *err)
{
    *rows = (struct data_rows){.count = count};
    size_t size = (size_t)count * (size_t)features;
    rows->labels = memory_array((size_t)count, sizeof *rows->labels);
    rows->source = memory_array((size_t)count, sizeof *rows->source);
    if (bytes)
        rows->bytes = memory_aligned(size);
    else
        rows->values = memory_aligned(size * sizeof *rows->values);
    if (rows->labels && rows->source && (rows->bytes || rows->values))
        return 0;
    data_rows_release(rows);
    return memory_error(err, "the data set");
}

void data_rows_release(struct data_rows *rows)
{
    memory_free(rows->bytes);
    memory_free(rows->values);
    memory_free(rows->labels);
    memory_free(rows->source);
    *rows = (struct data_rows){0};
}

void data_names_free(char **names, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; names && i < count; i++)
        memory_free(names[i]);
    memory_free(names);
}

char **data_number_names(int count)
{
    char **names = memory_zeroed((size_t)count, sizeof *names);
    for (int i = 0; names && i < count; i++) {
        struct text name = TEXT_EMPTY;
        text_addf(&name, "%d", i);
        names[i] = text_take(&name);
        if (!names[i]) {
            data_names_free(names, count);
            return NULL;
        }
    }
    return names;
}

uint64_t data_digest_bytes(uint64_t digest, const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ byte[i]) * 0x100000001b3u;
    return digest;
}

uint64_t data_digest_integer(uint64_t digest, int64_t value)
{
    for (int shift = 0; shift < 64; shift += 8)
        digest = (digest ^ ((uint64_t)value >> shift & 0xff)) * 0x100000001b3u;
    return digest;
}

static uint64_t set_digest(const struct data_set *set)
{
    uint64_t digest = data_digest_integer(DATA_DIGEST_START, set->shape.features);
    for (int i = 0; i < set->shape.classes; i++)
        digest = data_digest_bytes(digest, set->class_names[i], strlen(set->class_names[i]) + 1);
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        digest = data_digest_integer(digest, set->rows[split].count);
        digest = data_digest_integer(digest, (int64_t)set->rows[split].digest);
    }
    return digest;
}

/* What a person calls the data: the folder of an IDX file, the CSV file, the made-up set. */
static char *name_of(const struct data_spec *spec)
{
    if (spec->format == DATA_MADE_UP)
        return memory_copy_string(data_made_up_name(spec->made_up));
    const char *path = spec->files[spec->format == DATA_IDX ? DATA_FILE_TRAIN_IMAGES : DATA_FILE_TABLE];
    const char *slash = strrchr(path, '/'), *end = path + strlen(path);
    const char *start = slash ? slash + 1 : path;
    if (spec->format == DATA_IDX && slash && slash > path) {
        for (start = end = slash; start > path && start[-1] != '/';)
            start--;
    }
    struct text name = TEXT_EMPTY;
    text_add_bytes(&name, start, (size_t)(end - start));
    return text_take(&name);
}

static data_widen *best_widen(void)
{
#if defined(__x86_64__)
    static data_widen *const levels[ISA_COUNT] = {
        [ISA_PORTABLE] = data_widen_portable, [ISA_V3] = data_widen_v3, [ISA_V4] = data_widen_v4};
    return levels[isa_best()];
#else
    return data_widen_portable;
#endif
}

static int load_table(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                      struct error *err)
{
    struct data_table table = {0};
    bool csv = spec->format == DATA_CSV;
    int status = csv ? data_csv_read(spec, &table, err) : data_made_up(spec, seed, &table, err);
    if (!status)
        status = data_table_load(spec, &table, csv ? spec->files[DATA_FILE_TABLE] : data_made_up_name(spec->made_up),
                                 seed, set, test, err);
    data_table_release(&table);
    return status;
}

int data_load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
              struct error *err)
{
    set->widen = best_widen();
    int status =
        spec->format == DATA_IDX ? data_idx_load(spec, seed, set, test, err) : load_table(spec, seed, set, test, err);
    if (status)
        return status;
    set->digest = set_digest(set);
    set->name = name_of(spec);
    return set->name ? 0 : memory_error(err, "the data set");
}

void data_set_release(struct data_set *set)
{
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        data_rows_release(&set->rows[split]);
    data_names_free(set->class_names, set->shape.classes);
    memory_free(set->name);
    *set = (struct data_set){0};
}

int data_set_open(const struct data_spec *spec, uint64_t seed, struct data_set **set, struct error *err)
{
    *set = NULL;
    struct data_set *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "the data set");
    int status = data_load(spec, seed, result, NULL, err);
    if (status)
        data_set_free(result);
    else
        *set = result;
    return status;
}

void data_set_free(struct data_set *set)
{
    if (set)
        data_set_release(set);
    memory_free(set);
}

struct data_shape data_shape(const struct data_set *set)
{
    return set->shape;
}

const char *data_class_name(const struct data_set *set, int class)
{
    ALWAYS(class >= 0 && class < set->shape.classes);
    return set->class_names[class];
}

ptrdiff_t data_size(const struct data_set *set, enum data_split split)
{
    return set->rows[split].count;
}

void data_rows_gather(const struct data_set *set, const struct data_rows *rows, ptrdiff_t i, float *x)
{
    ptrdiff_t N = set->shape.features;
    if (rows->bytes)
        set->widen(rows->bytes + i * N, N, set->factor, set->shift, x);
    else
        memcpy(x, rows->values + i * N, (size_t)N * sizeof *x);
}

void data_prefetch(const struct data_set *set, enum data_split split, const int32_t *index, ptrdiff_t B)
{
    enum { LINE = 64 };
    const struct data_rows *rows = &set->rows[split];
    ptrdiff_t size = set->shape.features * (rows->bytes ? 1 : (ptrdiff_t)sizeof *rows->values);
    const char *start = rows->bytes ? (const char *)rows->bytes : (const char *)rows->values;
    for (ptrdiff_t i = 0; i < B; i++)
        for (ptrdiff_t offset = 0; offset < size; offset += LINE)
            __builtin_prefetch(start + index[i] * size + offset);
}

void data_gather(const struct data_set *set, enum data_split split, const int32_t *index, ptrdiff_t B, float *x,
                 int32_t *y)
{
    const struct data_rows *rows = &set->rows[split];
    for (ptrdiff_t i = 0; i < B; i++) {
        ALWAYS(index[i] >= 0 && index[i] < rows->count);
        data_rows_gather(set, rows, index[i], x + i * set->shape.features);
        if (y)
            y[i] = rows->labels[index[i]];
    }
}

void data_gather_range(const struct data_set *set, enum data_split split, ptrdiff_t first, ptrdiff_t B, float *x,
                       int32_t *y)
{
    const struct data_rows *rows = &set->rows[split];
    ALWAYS(first >= 0 && B >= 0 && first + B <= rows->count);
    for (ptrdiff_t i = 0; i < B; i++)
        data_rows_gather(set, rows, first + i, x + i * set->shape.features);
    if (y)
        memcpy(y, rows->labels + first, (size_t)B * sizeof *y);
}

const int32_t *data_labels(const struct data_set *set, enum data_split split)
{
    return set->rows[split].labels;
}

int32_t data_split_index(const struct data_set *set, enum data_split split, ptrdiff_t i)
{
    ALWAYS(i >= 0 && i < set->rows[split].count);
    return set->rows[split].source[i];
}

uint64_t data_digest(const struct data_set *set)
{
    return set->digest;
}

/* 12345 as "12,345". */
static void add_count(ptrdiff_t count, struct text *out)
{
    if (count >= 1000) {
        add_count(count / 1000, out);
        text_addf(out, ",%03d", (int)(count % 1000));
    } else {
        text_addf(out, "%d", (int)count);
    }
}

void data_describe(const struct data_set *set, struct text *out)
{
    const struct data_shape *shape = &set->shape;
    text_addf(out, "%s: ", set->name);
    if (shape->channels > 1)
        text_addf(out, "%dx%dx%d uint8", shape->height, shape->width, shape->channels);
    else if (shape->channels == 1)
        text_addf(out, "%dx%d uint8", shape->height, shape->width);
    else
        text_addf(out, "%td column%s", shape->features, shape->features == 1 ? "" : "s");
    text_addf(out, ", %d classes, ", shape->classes);
    add_count(set->rows[DATA_TRAIN].count, out);
    text_add(out, " train, ");
    add_count(set->rows[DATA_VALIDATION].count, out);
    text_add(out, " validation, test sealed");
}
