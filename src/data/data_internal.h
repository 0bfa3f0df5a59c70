/* What the files of the data module share: the parts of a set, the division, the loaders.
 *
 * A loader fills a `struct data_set` and, only when `test` is not NULL, the test rows beside it. That
 * argument is the seal: data_set_open() passes NULL, and then no test row is kept or even read. */
#ifndef ACTSEARCH_DATA_DATA_INTERNAL_H
#define ACTSEARCH_DATA_DATA_INTERNAL_H

#include "data/data.h"

#include <stdbool.h>

/* Rows of one part. Exactly one of `bytes` and `values` is not NULL. Owns all four. */
struct data_rows {
    ptrdiff_t count;
    uint8_t *bytes;  /* (count, features) row-major, unscaled */
    float *values;   /* (count, features) row-major, scaled */
    int32_t *labels; /* (count) */
    int32_t *source; /* (count) place in the file */
    uint64_t digest; /* of source, labels and unscaled values */
};

/* Turns bytes into scaled floats: x[i] = factor * u[i] + shift, u and x: (N). */
typedef void data_widen(const uint8_t *u, ptrdiff_t N, float factor, float shift, float *x);

struct data_set {
    struct data_shape shape;
    char *name;
    char **class_names; /* (classes) */
    struct data_rows rows[DATA_SPLIT_COUNT];
    float factor, shift; /* of bytes */
    data_widen *widen;
    uint64_t digest;
};

/* A table before it is divided. Owns all; data_table_load() moves the class names into the set. */
struct data_table {
    ptrdiff_t rows, features;
    double *x;  /* (rows, features) row-major */
    int32_t *y; /* (rows) */
    int classes;
    char **class_names; /* (classes) */
};

/* How rows are divided: order: (rows) a permutation; the first count[0] of it are train, then
   count[1] of validation, then count[2] of test. */
struct data_division {
    int32_t *order; /* owned */
    ptrdiff_t count[3];
};

/* Draws the division of `rows` rows. ERROR_INPUT when there are too few. */
int data_divide(const struct data_spec *spec, const char *where, ptrdiff_t rows, uint64_t seed,
                struct data_division *division, struct error *err);

/* Refuses, before anything is allocated, a set that needs more than DATA_MEMORY_LIMIT bytes. A double,
   because a damaged header asks for more than 64 bits can say. */
int data_check_memory(const char *where, double bytes, struct error *err);

/* Allocates labels and source for `count` rows, and bytes or values. */
int data_rows_init(struct data_rows *rows, ptrdiff_t count, ptrdiff_t features, bool bytes, struct error *err);
void data_rows_release(struct data_rows *rows);
/* Writes row i as floats; x: (features). */
void data_rows_gather(const struct data_set *set, const struct data_rows *rows, ptrdiff_t i, float *x);

void data_table_release(struct data_table *table);
void data_names_free(char **names, ptrdiff_t count);
/* Class names "0", "1", ...; NULL when memory is short. */
char **data_number_names(int count);

/* FNV-1a, fed with integers low byte first whatever the processor. */
#define DATA_DIGEST_START 0xcbf29ce484222325u
uint64_t data_digest_bytes(uint64_t digest, const void *bytes, size_t count);
uint64_t data_digest_integer(uint64_t digest, int64_t value);

/* The loaders. They fill `set`, which is zeroed before, and `test` when it is not NULL; on failure both
   hold what was made so far and the caller releases them. `where` names the source in errors. */
int data_idx_load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                  struct error *err);
int data_csv_read(const struct data_spec *spec, struct data_table *table, struct error *err);
int data_made_up(const struct data_spec *spec, uint64_t seed, struct data_table *table, struct error *err);
int data_table_load(const struct data_spec *spec, struct data_table *table, const char *where, uint64_t seed,
                    struct data_set *set, struct data_rows *test, struct error *err);
/* The loader of the format, and then name and digest. */
int data_load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
              struct error *err);
void data_set_release(struct data_set *set);

/* The range of class counts of the i-th made-up set. */
void data_made_up_classes(int i, int *min, int *max);

data_widen data_widen_portable;
#if defined(__x86_64__)
data_widen data_widen_v3, data_widen_v4;
#endif

#endif
