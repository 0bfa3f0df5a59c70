/* A data set: opened by its format, named, digested, released. */
#include "data/data.h"

#include "base/error.h"
#include "base/isa.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/format_internal.h"

#include <string.h>

static uint64_t set_digest(const struct data_set *set)
{
    uint64_t digest = data_digest_integer(HASH_START, set->shape.features);
    for (int i = 0; i < set->shape.classes; i++)
        digest = hash_bytes(digest, set->class_names[i], strlen(set->class_names[i]) + 1);
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        digest = data_digest_integer(digest, set->rows[split].count);
        digest = data_digest_integer(digest, (int64_t)set->rows[split].digest);
    }
    return digest;
}

/* The last part of a path; "/" and "/." at its end do not count. */
static char *last_part(const char *path, size_t length)
{
    while (length > 1 && (path[length - 1] == '/' || (path[length - 1] == '.' && path[length - 2] == '/')))
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    struct text name = TEXT_EMPTY;
    text_add_shown(&name, path + start, length - start, "");
    return text_take(&name);
}

/* What a person calls the data; returns owned. */
static char *name_of(const struct data_spec *spec)
{
    const struct data_format *format = spec->format;
    const char *path = format->title(spec);
    const char *slash = strrchr(path, '/');
    bool in_folder = format->titled_by_folder && slash && slash > path;
    return last_part(path, in_folder ? (size_t)(slash - path) : strlen(path));
}

data_widen *data_best_widen(void)
{
#if defined(__x86_64__)
    static data_widen *const levels[ISA_COUNT] = {
        [ISA_PORTABLE] = data_widen_portable, [ISA_V3] = data_widen_v3, [ISA_V4] = data_widen_v4};
    return levels[isa_best()];
#else
    return data_widen_portable;
#endif
}

int data_load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
              struct error *err)
{
    set->widen = data_best_widen();
    set->number.deviation = 1;
    int status = spec->format->load(spec, seed, set, test, err);
    if (status)
        return status;
    set->digest = set_digest(set);
    set->name = name_of(spec);
    return set->name ? 0 : memory_error(err, "the data set");
}

void data_set_release(struct data_set *set)
{
    for (int split = 0; split < DATA_SPLIT_COUNT && !set->in_image; split++)
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

struct data_number data_number(const struct data_set *set)
{
    return set->number;
}

uint64_t data_digest(const struct data_set *set)
{
    return set->digest;
}
