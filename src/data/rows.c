/* The rows of one part: memory, names, digests, and the scale of bytes. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <math.h>
#include <string.h>

int data_check_memory(const char *where, double bytes, struct error *err)
{
    if (bytes <= (double)DATA_MEMORY_LIMIT)
        return 0;
    return error_set(err, ERROR_MEMORY, where, "ask for fewer rows by train and validation, or use a smaller file",
                     "these data would need %.1f GiB of memory, the limit is %d GiB", bytes / (1 << 30),
                     (int)(DATA_MEMORY_LIMIT >> 30));
}

struct data_shape data_shape_table(ptrdiff_t features, enum data_target target)
{
    return (struct data_shape){.rank = 1, .size = {features}, .features = features, .target = target, .targets = 1};
}

struct data_shape data_shape_image(ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, enum data_target target)
{
    return (struct data_shape){.rank = 3,
                               .size = {height, width, channels},
                               .features = height * width * channels,
                               .target = target,
                               .targets = 1};
}

int data_rows_init(struct data_rows *rows, const struct data_shape *shape, ptrdiff_t count, bool bytes,
                   struct error *err)
{
    *rows = (struct data_rows){.count = count};
    bool one_more = shape->target == DATA_TARGET_NEXT;
    size_t size = (size_t)count * (size_t)shape->features + one_more;
    bool complete = (rows->source = memory_array((size_t)count, sizeof *rows->source));
    if (shape->target == DATA_TARGET_CLASS)
        complete &= (rows->labels = memory_array((size_t)count, sizeof *rows->labels)) != NULL;
    if (shape->target == DATA_TARGET_NUMBER)
        complete &= (rows->numbers = memory_array((size_t)count, sizeof *rows->numbers)) != NULL;
    if (bytes)
        complete &= (rows->bytes = memory_aligned(size)) != NULL;
    else
        complete &= (rows->values = memory_aligned(size * sizeof *rows->values)) != NULL;
    if (complete)
        return 0;
    data_rows_release(rows);
    return memory_error(err, "the data set");
}

void data_rows_release(struct data_rows *rows)
{
    memory_free(rows->bytes);
    memory_free(rows->values);
    memory_free(rows->labels);
    memory_free(rows->numbers);
    memory_free(rows->source);
    *rows = (struct data_rows){0};
}

void data_names_free(char **names, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; names && i < count; i++)
        memory_free(names[i]);
    memory_free(names);
}

char **data_number_names(int first, int count)
{
    char **names = memory_zeroed((size_t)count, sizeof *names);
    for (int i = 0; names && i < count; i++) {
        struct text name = TEXT_EMPTY;
        text_addf(&name, "%d", first + i);
        names[i] = text_take(&name);
        if (!names[i]) {
            data_names_free(names, count);
            return NULL;
        }
    }
    return names;
}

uint64_t data_digest_integer(uint64_t digest, int64_t value)
{
    for (int shift = 0; shift < 64; shift += 8)
        digest = hash_step(digest, (uint64_t)value >> shift & 0xff);
    return digest;
}

uint64_t data_digest_start(const struct data_shape *shape)
{
    uint64_t digest = HASH_START;
    if (shape->rank == 1 && shape->target == DATA_TARGET_CLASS)
        return digest;
    digest = data_digest_integer(digest, shape->target);
    for (int i = 0; i < shape->rank; i++)
        digest = data_digest_integer(digest, shape->size[i]);
    return digest;
}

/* The sums are of integers, so exact in any order. Images that never vary become 0. */
void data_measure_bytes(struct data_set *set, enum data_scale scale)
{
    const struct data_rows *train = &set->rows[DATA_TRAIN];
    ptrdiff_t N = train->count * set->shape.features;
    uint64_t sum = 0, squares = 0, zeros = 0;
    for (ptrdiff_t i = 0; i < N; i++) {
        sum += train->bytes[i];
        squares += (uint64_t)train->bytes[i] * train->bytes[i];
        zeros += train->bytes[i] == 0;
    }
    set->zeros = (double)zeros / (double)N;
    set->factor = scale == DATA_SCALE_UNIT ? 1.0f / 255 : 1;
    set->shift = 0;
    if (scale != DATA_SCALE_STANDARD)
        return;
    double mean = (double)sum / (double)N;
    double spread = (double)((unsigned __int128)squares * (uint64_t)N - (unsigned __int128)sum * sum);
    double factor = spread > 0 ? (double)N / sqrt(spread) : 0;
    set->factor = (float)factor;
    set->shift = (float)(-mean * factor);
}
