/* What the files of the data module share: the parts of a set, the division, tables.
 *
 * A format (format_internal.h) fills a `struct data_set` and, only when `test` is not NULL, the test rows beside it.
 * That argument is the seal: data_set_open() passes NULL, and then no test row is kept or even read. */
#ifndef ACTSEARCH_DATA_DATA_INTERNAL_H
#define ACTSEARCH_DATA_DATA_INTERNAL_H

#include "base/hash.h"
#include "data/data.h"

enum { DATA_MOST_STEPS = 65536 }; /* symbols of a sample */

/* Rows of one part. Exactly one of `bytes` and `values` is not NULL; of `labels` and `numbers` the one
   that the target asks for, and none for a text, whose targets are its inputs one step on. Owns all. */
struct data_rows {
    ptrdiff_t count;
    uint8_t *bytes;  /* (count, features) row-major, unscaled; of a text one more, which follows the last */
    float *values;   /* (count, features) row-major, scaled */
    int32_t *labels; /* (count) */
    float *numbers;  /* (count) standardised */
    int32_t *source; /* (count) place in the file */
    uint64_t digest; /* of source, targets and unscaled values */
};

/* Turns bytes into scaled floats: x[i] = factor * u[i] + shift, u and x: (N). */
typedef void data_widen(const uint8_t *u, ptrdiff_t N, float factor, float shift, float *x);

struct data_set {
    struct data_shape shape;
    char *name;
    char **class_names; /* (classes) */
    struct data_rows rows[DATA_SPLIT_COUNT];
    float factor, shift; /* of bytes and of images: served = factor * value + shift */
    double zeros;        /* of bytes of images: share of the train part that is 0 */
    struct data_number number;
    data_widen *widen;
    uint64_t digest;
    bool in_image; /* the arrays of the rows are borrowed */
};

/* The best that this processor can run: the result is the same with all. */
data_widen *data_best_widen(void);

/* Rows before they are divided, a sample of rank 1 or 3. Owns all; data_table_load() moves the class
   names into the set. */
struct data_table {
    struct data_shape shape; /* features, classes and all */
    ptrdiff_t rows;
    double *x;          /* (rows, features) row-major; or: */
    uint8_t *bytes;     /* (rows, features) of an image */
    int32_t *y;         /* (rows) classes; or: */
    double *numbers;    /* (rows) */
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
/* Only the sizes of the parts. */
int data_divide_count(const struct data_spec *spec, const char *where, ptrdiff_t rows, ptrdiff_t count[3],
                      struct error *err);

/* Refuses, before anything is allocated, a set that needs more than DATA_MEMORY_LIMIT bytes. A double,
   because a damaged header asks for more than 64 bits can say. */
int data_check_memory(const char *where, double bytes, struct error *err);

/* Allocates `count` rows of samples of this shape, with bytes or values. */
int data_rows_init(struct data_rows *rows, const struct data_shape *shape, ptrdiff_t count, bool bytes,
                   struct error *err);
void data_rows_release(struct data_rows *rows);
/* Sets factor, shift and zeros for the bytes of the train part. */
void data_measure_bytes(struct data_set *set, enum data_scale scale);

/* A row of numbers or images with a class: rank 1 with `features` columns, or rank 3. */
struct data_shape data_shape_table(ptrdiff_t features, enum data_target target);
struct data_shape data_shape_image(ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels, enum data_target target);

void data_table_release(struct data_table *table);
/* Gives it `count` classes; the names are copied. */
int data_table_name_classes(struct data_table *table, const char *const *names, int count, struct error *err);
void data_names_free(char **names, ptrdiff_t count);
/* The names of `count` numbers from `first` on: "0", "1", ...; NULL when memory is short. */
char **data_number_names(int first, int count);

/* Refuses (ERROR_INPUT) the file `path` if its first bytes are those of a known kind of file, with a hint at how to
   convert it; 0 when they are of no such kind. bytes[length] is 0. expected: "a CSV table". */
int data_refuse_foreign(const char *path, const char *bytes, size_t length, const char *expected, struct error *err);

/* Refuses different texts of a column that are one number, as "1" and "1.0" are: whether they are one class or two the
   file does not say. Exact: numbers beyond 2^53 that a double takes for one are two. */
int data_check_spelling(char *const *names, ptrdiff_t count, const char *path, const char *column, struct error *err);

/* Digests (base/hash.h) are fed with integers low byte first whatever the processor. */
uint64_t data_digest_integer(uint64_t digest, int64_t value);
/* What the digest of a part starts from: the shape. Stored digests of plain tables with classes, which
   are older than shapes, stay as they are. */
uint64_t data_digest_start(const struct data_shape *shape);

/* Divides and scales a table; `where` names the source in errors. On failure `set` and `test` hold what was made so
   far. `test` NULL: its rows are dropped. */
int data_table_load(const struct data_spec *spec, struct data_table *table, const char *where, uint64_t seed,
                    struct data_set *set, struct data_rows *test, struct error *err);
/* All rows of a table of bytes, in their order: the test part of a set, where it has files of its own. */
int data_table_load_all(const struct data_table *table, struct data_rows *rows, struct error *err);
/* Divides `length` symbols into samples of `steps`; likewise. */
int data_symbols_load(const struct data_spec *spec, ptrdiff_t steps, const uint8_t *symbols, ptrdiff_t length,
                      const char *where, struct data_set *set, struct data_rows *test, struct error *err);
/* What the format loads, and then name and digest. */
int data_load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
              struct error *err);
void data_set_release(struct data_set *set);

data_widen data_widen_portable;
#if defined(__x86_64__)
data_widen data_widen_v3, data_widen_v4;
#endif

#endif
