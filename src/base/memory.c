#include "base/memory.h"

#include "base/error.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_long allocations;
static atomic_long first_failure; /* 0: never */

static int allowed(void)
{
    long n = atomic_fetch_add(&allocations, 1) + 1;
    long limit = atomic_load(&first_failure);
    return limit == 0 || n < limit;
}

static int product_fits(size_t count, size_t size)
{
    return size == 0 || count <= SIZE_MAX / size;
}

static size_t at_least_one(size_t bytes)
{
    return bytes ? bytes : 1;
}

void *memory_array(size_t count, size_t size)
{
    return allowed() && product_fits(count, size) ? malloc(at_least_one(count * size)) : NULL;
}

void *memory_zeroed(size_t count, size_t size)
{
    return allowed() && product_fits(count, size) ? calloc(at_least_one(count), at_least_one(size)) : NULL;
}

void *memory_resize(void *block, size_t count, size_t size)
{
    return allowed() && product_fits(count, size) ? realloc(block, at_least_one(count * size)) : NULL;
}

void *memory_aligned(size_t bytes)
{
    if (!allowed() || bytes > SIZE_MAX - 64)
        return NULL;
    return aligned_alloc(64, (at_least_one(bytes) + 63) / 64 * 64);
}

char *memory_copy_string(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_array(size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

int memory_keep_string(const char *text, const char *what, char **copy, struct error *err)
{
    *copy = memory_copy_string(text);
    return *copy ? 0 : memory_error(err, what);
}

void memory_free(void *block)
{
    free(block);
}

int memory_error(struct error *err, const char *what)
{
    return error_set(err, ERROR_MEMORY, NULL, "use fewer threads, a smaller network or fewer samples",
                     "not enough memory for %s", what);
}

void memory_fail_at(long n)
{
    atomic_store(&first_failure, atomic_load(&allocations) + n);
}

void memory_fail_never(void)
{
    atomic_store(&first_failure, 0);
}

long memory_allocations(void)
{
    return atomic_load(&allocations);
}
