/* Data: reads a data set, divides it, scales it, and serves batches of the parts a search may see.
 *
 * An experiment describes its data by a JSON object (struct data_spec) in one of three formats:
 * IDX files as MNIST and Fashion-MNIST ship them, a CSV table with a header, or a set made up from
 * the seed, so that a search runs on a machine without any files. All end as the same thing: rows
 * of `features` numbers with a class, divided into train, validation and test.
 *
 * Invariants:
 * - The same description, files and seed give the same rows in the same order, on any machine and
 *   with any number of threads.
 * - The parts are disjoint, and what scales the inputs is measured on the train part alone.
 * - A struct data_set holds no test row, and for IDX the test files are not even opened. The only way
 *   to them is data/sealed.h, which src/layers.txt forbids to the modules of the search.
 *
 * Images stay one byte a pixel in memory and become floats while a batch is gathered: a quarter of
 * the memory traffic, and caches that hold four times as many samples. Tables are kept as scaled floats.
 *
 * A data set is immutable once open and may be read by any number of threads at once. This module
 * knows nothing of networks, losses or how an order of samples is chosen.
 *
 * Only classification for now. A number to predict would be a second kind of target beside the
 * labels of struct data_rows, with its own gather; features, splits and scaling would not change. */
#ifndef ACTSEARCH_DATA_DATA_H
#define ACTSEARCH_DATA_DATA_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct json;
struct text;

/* The parts of a data set that a search may see. There is no third one: see data/sealed.h. */
enum data_split { DATA_TRAIN, DATA_VALIDATION, DATA_SPLIT_COUNT };

enum data_format { DATA_IDX, DATA_CSV, DATA_MADE_UP };

/* STANDARD: mean 0 and variance 1; UNIT: into [0, 1]; NONE: as the file has it. Images have one
   factor for all pixels, tables one for each column. */
enum data_scale { DATA_SCALE_STANDARD, DATA_SCALE_UNIT, DATA_SCALE_NONE };

enum data_file {
    DATA_FILE_TRAIN_IMAGES,
    DATA_FILE_TRAIN_LABELS,
    DATA_FILE_TEST_IMAGES,
    DATA_FILE_TEST_LABELS,
    DATA_FILE_TABLE,
    DATA_FILE_COUNT
};

/* What an experiment says about its data. Filled by data_spec_read(); read-only afterwards. */
struct data_spec {
    enum data_format format;
    enum data_scale scale;
    /* Shares of the rows when below 1, else numbers of rows; test < 0: all that are left. */
    double train, validation, test;
    char *files[DATA_FILE_COUNT]; /* owned; those that the format uses */
    char separator;               /* of a CSV file */
    char *label;                  /* owned; its label column */
    char **ignored;               /* owned; columns that are not read */
    int ignored_count;
    int made_up; /* which made-up set: data_made_up_name() */
    ptrdiff_t samples;
    double noise;
    int classes;
};

/* Reads the object `data` of an experiment:
     {"format": "idx", "folder": F | "train_images": ..., "train_labels": ..., "test_images": ..., "test_labels": ...,
      "train": 10000, "validation": 5000, "scale": "standard"}
     {"format": "csv", "file": F, "label": COLUMN, "ignore": [COLUMN, ...], "separator": ",",
      "train": 0.6, "validation": 0.2, "test": 0.2, "scale": "standard"}
     {"format": "made_up", "name": "spirals", "samples": 1000, "noise": 0.05, "classes": 2, ...as for csv}
   Relative paths start at the folder of `experiment_path`. No data file is touched. ERROR_INPUT
   names the JSON path. On failure `spec` is released. */
int data_spec_read(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err);

/* Frees the contents; accepts a zeroed spec. */
void data_spec_release(struct data_spec *spec);

/* The i-th made-up set's name, NULL past the last; for help texts. */
const char *data_made_up_name(int i);

struct data_set;

/* Reads, divides and scales; returns owned in *set. Fails with ERROR_IO for a file that cannot be
   read, ERROR_INPUT for one that is not what it should be, ERROR_MEMORY before it allocates more
   than DATA_MEMORY_LIMIT. */
int data_set_open(const struct data_spec *spec, uint64_t seed, struct data_set **set, struct error *err);
#define DATA_MEMORY_LIMIT ((int64_t)8 << 30)

/* Accepts NULL. */
void data_set_free(struct data_set *set);

struct data_shape {
    ptrdiff_t features;          /* numbers a sample */
    int height, width, channels; /* of an image, features = height * width * channels; 0 for a table */
    int classes;
};

struct data_shape data_shape(const struct data_set *set);

/* Borrowed; 0 <= class < classes. */
const char *data_class_name(const struct data_set *set, int class);

/* Number of rows in a part, at least 1. */
ptrdiff_t data_size(const struct data_set *set, enum data_split split);

/* Gathers rows of a part into a batch. index: (B), each in [0, data_size), borrowed. x: (B, features)
   row-major; y: (B) classes, or NULL. An index out of range stops the program. */
void data_gather(const struct data_set *set, enum data_split split, const int32_t *index, ptrdiff_t B, float *x,
                 int32_t *y);

/* Asks the memory for rows that will be gathered soon, and returns at once: rows in random order come
   from the far caches, and to wait for them takes longer than to widen them. */
void data_prefetch(const struct data_set *set, enum data_split split, const int32_t *index, ptrdiff_t B);

/* Gathers the rows first .. first + B - 1. */
void data_gather_range(const struct data_set *set, enum data_split split, ptrdiff_t first, ptrdiff_t B, float *x,
                       int32_t *y);

/* Classes of a whole part: (data_size), borrowed from the set. */
const int32_t *data_labels(const struct data_set *set, enum data_split split);

/* Where row i of a part stands in its source: the image of the training file, or the row of the table
   not counting the header and blank lines; from 0. With it another program can use the same division. */
int32_t data_split_index(const struct data_set *set, enum data_split split, ptrdiff_t i);

/* 64 bits (FNV-1a) over the division, the classes and the unscaled values of train and validation,
   the same on every machine: tells a resumed run that its data changed. */
uint64_t data_digest(const struct data_set *set);

/* Appends one line without a newline: "fashion-mnist: 28x28 uint8, 10 classes, 10,000 train,
   5,000 validation, test sealed". */
void data_describe(const struct data_set *set, struct text *out);

#endif
