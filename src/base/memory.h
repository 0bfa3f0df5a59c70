/* Memory: the one place that allocates, so that tests can make the n-th allocation fail.
 *
 * Every function returns NULL when memory is short (or when a test asked for it); the caller turns
 * that into ERROR_MEMORY with memory_error(). Thread-safe. */
#ifndef ACTSEARCH_BASE_MEMORY_H
#define ACTSEARCH_BASE_MEMORY_H

#include <stddef.h>

struct error;

/* Returns owned, uninitialised memory for `count` items of `size` bytes; NULL if the product
   overflows. A count of 0 gives a valid pointer. Free with memory_free(). */
void *memory_array(size_t count, size_t size) __attribute__((warn_unused_result));

/* The same, filled with zeros. */
void *memory_zeroed(size_t count, size_t size) __attribute__((warn_unused_result));

/* Grows or shrinks *memory_array* memory; on NULL the old block is unchanged. */
void *memory_resize(void *block, size_t count, size_t size) __attribute__((warn_unused_result));

/* Returns owned memory aligned to 64 bytes (a cache line, and the widest vector). */
void *memory_aligned(size_t bytes) __attribute__((warn_unused_result));

/* Returns an owned copy of a string. */
char *memory_copy_string(const char *text) __attribute__((warn_unused_result));

/* Writes an owned copy of a string to *copy; ERROR_MEMORY, where `what` names the thing wanted, and NULL. */
int memory_keep_string(const char *text, const char *what, char **copy, struct error *err);

/* Accepts NULL and every pointer the functions above returned. */
void memory_free(void *block);

/* Fills `err` with ERROR_MEMORY and returns that code. `what` names the thing wanted. */
int memory_error(struct error *err, const char *what);

/* For tests: the n-th allocation from now on (1 = the next) fails, and all later ones too until
   memory_fail_never(). memory_allocations() counts all calls since the program started. */
void memory_fail_at(long n);
void memory_fail_never(void);
long memory_allocations(void);

#endif
