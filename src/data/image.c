/* A data set as one block of bytes without pointers, so that the processes of a machine share one:

     struct header; for each part: bytes, values, labels, numbers, source; the names, each terminated

   Every array starts at a multiple of 64 bytes, as memory_aligned() would have it. */
#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"

#include <string.h>

enum { ALIGNMENT = 64, ARRAYS = 5 };

struct header {
    uint64_t size;       /* of the whole image */
    struct data_set set; /* its pointers mean nothing, but which of them are NULL */
};

struct array {
    void **place;
    size_t size;
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The arrays of a part, with their sizes in bytes; 0 for those that it does not have. */
static void list_arrays(const struct data_set *set, struct data_rows *rows, struct array arrays[ARRAYS])
{
    size_t count = (size_t)rows->count, values = count * (size_t)set->shape.features;
    size_t one_more = set->shape.target == DATA_TARGET_NEXT;
    const struct array all[ARRAYS] = {
        {(void **)&rows->bytes, rows->bytes ? values + one_more : 0},
        {(void **)&rows->values, rows->values ? values * sizeof *rows->values : 0},
        {(void **)&rows->labels, rows->labels ? count * sizeof *rows->labels : 0},
        {(void **)&rows->numbers, rows->numbers ? count * sizeof *rows->numbers : 0},
        {(void **)&rows->source, rows->source ? count * sizeof *rows->source : 0},
    };
    memcpy(arrays, all, sizeof all);
}

static size_t names_size(const struct data_set *set)
{
    size_t size = strlen(set->name) + 1;
    for (int i = 0; i < set->shape.classes; i++)
        size += strlen(set->class_names[i]) + 1;
    return size;
}

size_t data_image_size(const struct data_set *set)
{
    struct data_set copy = *set;
    struct array arrays[ARRAYS];
    size_t size = aligned(sizeof(struct header));
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        list_arrays(&copy, &copy.rows[split], arrays);
        for (int i = 0; i < ARRAYS; i++)
            size += aligned(arrays[i].size);
    }
    return size + names_size(set);
}

static char *add_name(char *at, const char *name)
{
    size_t size = strlen(name) + 1;
    memcpy(at, name, size);
    return at + size;
}

void data_image_write(const struct data_set *set, void *image)
{
    struct header *header = image;
    struct data_set copy = *set;
    struct array arrays[ARRAYS];
    char *at = (char *)image + aligned(sizeof *header);
    *header = (struct header){.size = data_image_size(set), .set = *set};
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        list_arrays(&copy, &copy.rows[split], arrays);
        for (int i = 0; i < ARRAYS; i++) {
            if (arrays[i].size > 0)
                memcpy(at, *arrays[i].place, arrays[i].size);
            at += aligned(arrays[i].size);
        }
    }
    at = add_name(at, set->name);
    for (int i = 0; i < set->shape.classes; i++)
        at = add_name(at, set->class_names[i]);
}

/* The names are copied: they are few. */
static int copy_names(const char *at, struct data_set *set, struct error *err)
{
    int classes = set->shape.classes;
    static const char *const what = "the data set";
    set->class_names = classes > 0 ? memory_zeroed((size_t)classes, sizeof *set->class_names) : NULL;
    int status = memory_keep_string(at, what, &set->name, err);
    if (!status && classes > 0 && !set->class_names)
        status = memory_error(err, what);
    for (int i = 0; !status && i < classes; i++) {
        at += strlen(at) + 1;
        status = memory_keep_string(at, what, &set->class_names[i], err);
    }
    return status;
}

int data_image_open(const void *image, struct data_set **set, struct error *err)
{
    const struct header *header = image;
    struct array arrays[ARRAYS];
    *set = NULL;
    struct data_set *made = memory_array(1, sizeof *made);
    if (!made)
        return memory_error(err, "the data set");
    *made = header->set;
    made->in_image = true;
    made->widen = data_best_widen(); /* a function's address is that of its process */
    const char *at = (const char *)image + aligned(sizeof *header);
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        list_arrays(made, &made->rows[split], arrays);
        for (int i = 0; i < ARRAYS; i++) {
            *arrays[i].place = arrays[i].size > 0 ? (void *)at : NULL;
            at += aligned(arrays[i].size);
        }
    }
    int status = copy_names(at, made, err);
    if (status)
        data_set_free(made);
    else
        *set = made;
    return status;
}
