/* Data: reads a data set, divides it, scales it, and serves batches of the parts a search may see.
 *
 * An experiment describes its data by a JSON object (struct data_spec) in one of these formats: IDX
 * files as MNIST and Fashion-MNIST ship them, CIFAR-10's binary files, NPY arrays, a CSV table, a raw
 * text, or a synthetic set, made from the seed, so that a search runs on a machine without any files. All end
 * as the same thing: rows of `features` numbers with what is to be predicted (a class, a number, or the
 * symbols that follow), divided into train, validation and test. struct data_shape says which it is.
 *
 * Invariants:
 * - The same description, files and seed give the same rows in the same order, on any machine and
 *   with any number of threads.
 * - The parts are disjoint, and what scales the inputs and the numbers to predict is measured on the
 *   train part alone. Only lists of names (classes, symbols, the values of a one-hot column) come from
 *   the whole of a file.
 * - A struct data_set holds no test row, and test files of their own (IDX, CIFAR-10) are not even
 *   opened. The only way to them is data/sealed.h, which src/layers.txt forbids to the modules of the search.
 *
 * Rows of images and tables are divided at random. A text is divided into three stretches, one after
 * the other, because its samples would otherwise know their neighbours in another part.
 *
 * Images of bytes and texts stay one byte a value in memory and become floats while a batch is gathered:
 * a quarter of the memory traffic, and caches that hold four times as many samples. All else is kept as
 * scaled floats.
 *
 * A data set is immutable once open and may be read by any number of threads at once. This module
 * knows nothing of networks, losses or how an order of samples is chosen. */
#ifndef ACTSEARCH_DATA_DATA_H
#define ACTSEARCH_DATA_DATA_H

#include "base/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_format;
struct data_rows;
struct error;
struct rng;
struct text;

/* The parts of a data set that a search may see. There is no third one: see data/sealed.h. */
enum data_split { DATA_TRAIN, DATA_VALIDATION, DATA_SPLIT_COUNT };

/* What there is to predict: one of `classes`, a number, or the symbol that follows each symbol. */
enum data_target { DATA_TARGET_CLASS, DATA_TARGET_NUMBER, DATA_TARGET_NEXT };

/* STANDARD: mean 0 and variance 1; UNIT: into [0, 1]; NONE: as the file has it. Images have one
   factor for all pixels, tables one for each column, the 0/1 columns of "one_hot" like any other. */
enum data_scale { DATA_SCALE_STANDARD, DATA_SCALE_UNIT, DATA_SCALE_NONE };

/* What an experiment says about its data. Filled by data_spec_read(); read-only afterwards. */
struct data_spec {
    const struct data_format *format; /* borrowed, constant */
    enum data_scale scale;
    /* Shares of the rows when below 1, else numbers of rows; test < 0: all that are left. */
    double train, validation, test;
    enum data_target target;
    void *settings; /* owned; what only this format has */
};

/* Reads the object `data` of an experiment; the tables of the formats say what can stand in it, and
   `actsearch help experiment data` prints them. Whole numbers in train, validation and test count rows, or the samples
   of a text. Classes of a CSV file are the texts of the label column; "1" and "1.0" in one column are refused, for
   whether they are one class or two the file does not say. Relative paths start at the folder of the file in which the
   object stands. No data file is touched. ERROR_INPUT names the JSON path. On failure `spec` is released. */
int data_spec_read(struct json data, struct data_spec *spec, struct error *err);

/* Appends what the description means as JSON, defaults filled in and without paths: two specs with the
   same normal form and the same digest of their sets are the same data. */
void data_spec_normal_form(const struct data_spec *spec, struct text *out);

/* Frees the contents; accepts a zeroed spec. */
void data_spec_release(struct data_spec *spec);

/* What may stand in it, for people. */
extern const struct settings_topic data_topic;

/* The i-th synthetic set's name, NULL past the last. */
const char *data_synthetic_name(int i);

struct data_set;

/* Reads, divides and scales; returns owned in *set. Fails with ERROR_IO for a file that cannot be
   read, ERROR_INPUT for one that is not what it should be, ERROR_MEMORY before it allocates more
   than DATA_MEMORY_LIMIT. */
int data_set_open(const struct data_spec *spec, uint64_t seed, struct data_set **set, struct error *err);
#define DATA_MEMORY_LIMIT ((int64_t)8 << 30)

/* Accepts NULL. */
void data_set_free(struct data_set *set);

/* An open set as one block of bytes without pointers, which other processes of this machine can use when it lies in
   memory that they share. data_image_open() *borrows* the image, which must be aligned to 64 bytes, was written by the
   same program and must outlive the set; returns owned. ERROR_MEMORY. */
size_t data_image_size(const struct data_set *set);
void data_image_write(const struct data_set *set, void *image);
int data_image_open(const void *image, struct data_set **set, struct error *err);

struct data_shape {
    int rank;           /* 1: a table (features); 2: a text (steps, 1); 3: an image (height, width, channels) */
    ptrdiff_t size[3];  /* of a sample, the first `rank` of them, channels last */
    ptrdiff_t features; /* their product: numbers a sample */
    int classes;        /* 0 when a number is to be predicted */
    enum data_target target;
    ptrdiff_t targets; /* a sample: 1, or the steps of a text */
    int tokens;        /* of a text: the different symbols, and an input is a symbol's number as a float; else 0 */
};

struct data_shape data_shape(const struct data_set *set);

/* Borrowed; 0 <= class < classes. The symbols of a text are called "a", "\\n", "0x80". */
const char *data_class_name(const struct data_set *set, int class);

/* One part of a set, as a value: all that follows takes any of them, the test part too, which data/sealed.h has for
   those who may know it. *Borrows* its set and lives as long. */
struct data_part {
    const struct data_set *set; /* for shape, names, scaling and digest */
    const struct data_rows *rows;
};
struct data_part data_part(const struct data_set *set, enum data_split split);

/* Number of rows, at least 1. */
ptrdiff_t data_size(struct data_part part);

/* Where a gather writes what is to be predicted; NULL: not wanted. For numbers only `values` is written,
   otherwise only `classes`. */
struct data_targets {
    int32_t *classes; /* (B, targets) row-major */
    float *values;    /* (B) standardised: see data_number() */
};

/* Gathers rows into a batch. index: (B), each in [0, data_size), borrowed. x: (B, features)
   row-major. An index out of range stops the program. */
void data_gather(struct data_part part, const int32_t *index, ptrdiff_t B, float *x, struct data_targets y);

/* Gathers the rows first .. first + B - 1. */
void data_gather_range(struct data_part part, ptrdiff_t first, ptrdiff_t B, float *x, struct data_targets y);

/* What the bytes of images stand for, as they are served: factor byte + shift. zeros: the share of the train part's
   bytes that are 0; of data that are not kept as bytes of images it is 0, and so is the factor. */
struct data_bytes {
    float factor, shift;
    double zeros;
};
struct data_bytes data_bytes(struct data_part part);

/* As data_gather() and data_gather_range() for images of bytes, as they are kept. u: (B, stride), stride >= features;
   what is behind the features of a row becomes 0. */
void data_gather_bytes(struct data_part part, const int32_t *index, ptrdiff_t B, ptrdiff_t stride, uint8_t *u,
                       struct data_targets y);
void data_gather_bytes_range(struct data_part part, ptrdiff_t first, ptrdiff_t B, ptrdiff_t stride, uint8_t *u,
                             struct data_targets y);

/* Asks the memory for rows that will be gathered soon, and returns at once: rows in random order come
   from the far caches, and to wait for them takes longer than to widen them. */
void data_prefetch(struct data_part part, const int32_t *index, ptrdiff_t B);

/* Classes of all rows: (data_size), borrowed from the set; NULL unless a class is to be predicted. */
const int32_t *data_labels(struct data_part part);

/* How many targets are of this class (symbol); 0 <= class < classes. */
ptrdiff_t data_class_count(struct data_part part, int class);

/* Numbers to predict are served standardised: (number - mean) / deviation, both of the train part.
   deviation > 0. {0, 1} when no number is to be predicted. */
struct data_number {
    double mean, deviation;
};
struct data_number data_number(const struct data_set *set);

/* Variance of the numbers to predict, as they are served, around their own mean: what the
   mean squared error is compared with to get R^2. 0 when no number is to be predicted. */
double data_target_variance(struct data_part part);

/* Where row i stands in its source, from 0: the image of the training files (of the test part, of the test files), the
   row of the array, the row of the table not counting the header and blank lines, the byte of the text. With it
   another program can use the same division. */
int32_t data_index(struct data_part part, ptrdiff_t i);

/* 64 bits (FNV-1a) over the shape, the division, the names of the classes and the unscaled values and
   targets of train and validation, the same on every machine: tells a resumed run that its data changed. */
uint64_t data_digest(const struct data_set *set);

/* The same kind of digest, of the rows of one part. */
uint64_t data_part_digest(struct data_part part);

/* Appends one line without a newline: "fashion-mnist: 28x28 uint8, 10 classes, 10,000 train,
   5,000 validation, test sealed". */
void data_describe(const struct data_set *set, struct text *out);

/* Augmentation: images of a training batch are moved and mirrored at random. */
struct data_augmentation {
    int shift; /* at most so many pixels in both directions; 0: not moved */
    bool flip; /* left and right are exchanged with probability 1/2 */
};

/* {"shift": 2, "flip": true}; zeroed: no augmentation. */
extern const struct setting data_augmentation_settings[];

/* Refuses (ERROR_INPUT at `where`) an augmentation of data that are no images, or by the whole of one. No
   augmentation fits everything. */
int data_augmentation_check(const struct data_shape *shape, const struct data_augmentation *augmentation,
                            const char *where, struct error *err);

/* Mirrors and then moves every image of a gathered batch; what comes in from outside is the pixel value 0
   as it is served. Draws three random numbers an image whatever is asked for, so that candidates and
   settings see the same stream. x: (B, features); scratch: (features), its contents are lost. The check
   above must have passed. */
void data_augment(const struct data_set *set, const struct data_augmentation *augmentation, struct rng *rng,
                  ptrdiff_t B, float *x, float *scratch);

#endif
