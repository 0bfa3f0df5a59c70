/* CIFAR-10 as its authors ship it ("binary version"): five files for training and one for the test, of
 * records without a header:
 *
 *   record = label { red } { green } { blue }     1 byte, then three planes of 32 x 32 bytes by rows
 *
 * The planes become channels, which stand last in this module. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "data/stream_internal.h"

#include <string.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, CHANNELS = 3, IMAGE = PIXELS * CHANNELS, RECORD = 1 + IMAGE };

static const char *const class_names[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                          "dog",      "frog",       "horse", "ship", "truck"};
enum { CLASSES = (int)(sizeof class_names / sizeof class_names[0]) };

static const char *const train_files[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                          "data_batch_4.bin", "data_batch_5.bin"};

struct settings {
    char *folder;
};

/* Makes room for one more row. */
static int grow(struct data_table *table, ptrdiff_t *capacity, const char *where, struct error *err)
{
    if (table->rows < *capacity)
        return 0;
    ptrdiff_t larger = *capacity < 1024 ? 1024 : 2 * *capacity;
    int status = data_check_memory(where, (double)larger * (IMAGE + 8), err);
    if (status)
        return status;
    uint8_t *bytes = memory_resize(table->bytes, (size_t)larger, IMAGE);
    if (bytes)
        table->bytes = bytes;
    int32_t *y = memory_resize(table->y, (size_t)larger, sizeof *y);
    if (y)
        table->y = y;
    if (!bytes || !y)
        return memory_error(err, where);
    *capacity = larger;
    return 0;
}

static int add_record(struct data_table *table, const struct stream *stream, const uint8_t *record, ptrdiff_t index,
                      struct error *err)
{
    if (record[0] >= CLASSES)
        return error_set(err, ERROR_INPUT, stream_path(stream), "give the files of CIFAR-10's binary version",
                         "record %td, at byte %td, has label %d, CIFAR-10 ends at %d", index, index * RECORD, record[0],
                         CLASSES - 1);
    uint8_t *image = table->bytes + table->rows * IMAGE;
    for (int channel = 0; channel < CHANNELS; channel++)
        for (int pixel = 0; pixel < PIXELS; pixel++)
            image[pixel * CHANNELS + channel] = record[1 + channel * PIXELS + pixel];
    table->y[table->rows++] = record[0];
    return 0;
}

static int read_records(struct stream *stream, struct data_table *table, ptrdiff_t *capacity, struct error *err)
{
    uint8_t record[RECORD];
    size_t count = RECORD;
    int status = 0;
    for (ptrdiff_t index = 0; !status && count == RECORD; index++) {
        status = stream_read(stream, record, RECORD, &count, err);
        if (!status && count == RECORD)
            status = grow(table, capacity, stream_path(stream), err);
        if (!status && count == RECORD)
            status = add_record(table, stream, record, index, err);
    }
    if (!status && (count > 0 || stream->total == 0))
        status = error_set(err, ERROR_INPUT, stream_path(stream),
                           "the file is damaged or its download stopped early: fetch it again",
                           "expected whole records of %d bytes, 30,730,000 bytes for 10,000 images, found %lld bytes",
                           RECORD, (long long)stream->total);
    return status;
}

/* Appends the images of one file. */
static int read_file(const char *folder, const char *name, struct data_table *table, ptrdiff_t *capacity,
                     struct error *err)
{
    struct text path = TEXT_EMPTY;
    struct stream stream = {0};
    text_addf(&path, "%s/%s", folder, name);
    int status = text_failed(&path) ? memory_error(err, folder) : stream_open(&stream, text_string(&path), err);
    if (!status)
        status = read_records(&stream, table, capacity, err);
    stream_close(&stream);
    text_release(&path);
    return status;
}

/* All five files have as many images as the first: one that was cut between two records is noticed. */
static int read_train(const char *folder, struct data_table *table, struct error *err)
{
    ptrdiff_t capacity = 0, first = 0;
    for (size_t i = 0; i < sizeof train_files / sizeof train_files[0]; i++) {
        ptrdiff_t before = table->rows;
        int status = read_file(folder, train_files[i], table, &capacity, err);
        if (status)
            return status;
        if (i == 0)
            first = table->rows;
        if (table->rows - before != first)
            return error_set(err, ERROR_INPUT, folder,
                             "the file is damaged or its download stopped early: fetch it again",
                             "%s: expected %td bytes as in %s, found %td", train_files[i], first * RECORD,
                             train_files[0], (table->rows - before) * RECORD);
    }
    return 0;
}

static int load_test(const char *folder, struct data_rows *test, struct error *err)
{
    ptrdiff_t capacity = 0;
    struct data_table table = {.shape = data_shape_image(SIDE, SIDE, CHANNELS, DATA_TARGET_CLASS)};
    int status = read_file(folder, "test_batch.bin", &table, &capacity, err);
    if (!status)
        status = data_table_load_all(&table, test, err);
    data_table_release(&table);
    return status;
}

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return settings->folder;
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    const char *folder = title(spec);
    struct data_table table = {.shape = data_shape_image(SIDE, SIDE, CHANNELS, DATA_TARGET_CLASS)};
    int status = read_train(folder, &table, err);
    if (!status)
        status = data_table_name_classes(&table, class_names, CLASSES, err);
    if (!status)
        status = data_table_load(spec, &table, folder, seed, set, NULL, err);
    data_table_release(&table);
    return status || !test ? status : load_test(folder, test, err);
}

static const struct setting settings[] = {
    {"folder", SETTING_PATH(struct settings, folder), .required = true,
     .means = "of data_batch_1.bin to data_batch_5.bin and test_batch.bin, plain or gzip"},
    {0}};

const struct data_format data_format_cifar10 = {
    .name = "cifar10",
    .summary = "The binary files of CIFAR-10.",
    .settings = settings,
    .size = sizeof(struct settings),
    .test_files = true,
    .train = 5 / 6.0,
    .validation = 1 / 6.0,
    .target = DATA_TARGET_CLASS,
    .title = title,
    .load = load,
};
