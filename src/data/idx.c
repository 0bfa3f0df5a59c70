/* IDX, the format of MNIST: all numbers big-endian.
 *
 *   images: 00 00 08 03, then three 32-bit sizes (count, height, width), then one byte a pixel
 *   labels: 00 00 08 01, then one 32-bit size (count), then one byte a label
 *
 * 08 says unsigned bytes and the fourth byte is the number of sizes. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "data/stream_internal.h"

#include <limits.h>
#include <string.h>

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILES };
static const char *const names[FILES] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                         "t10k-labels-idx1-ubyte"};

struct settings {
    char *folder;       /* where files are that have no path of their own */
    char *files[FILES]; /* all, once settled */
};

enum { UNSIGNED_BYTES = 8, MAX_SIZES = 3 };

/* An image file and its label file, both open behind their headers. */
struct pair {
    struct stream images, labels;
    int64_t count, height, width;
    uint8_t *label; /* (count) owned */
};

static int wrong_file(const struct stream *stream, const char *kind, const uint8_t *magic, int sizes, struct error *err)
{
    return error_set(
        err, ERROR_INPUT, stream_path(stream),
        "give the IDX files as MNIST ships them, images and labels in their places",
        "this is not an IDX file of %s: expected it to begin with 00 00 08 %02x, found %02x %02x %02x %02x", kind,
        sizes, magic[0], magic[1], magic[2], magic[3]);
}

/* Reads magic and sizes; sets how long the file should be. size: (sizes). */
static int read_header(struct stream *stream, const char *kind, int sizes, int64_t *size, struct error *err)
{
    uint8_t magic[4], bytes[4 * MAX_SIZES];
    stream->expected = 4 + 4 * sizes;
    int status = stream_read_exactly(stream, magic, 4, err);
    if (status)
        return status;
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != UNSIGNED_BYTES || magic[3] != sizes)
        return wrong_file(stream, kind, magic, sizes, err);
    status = stream_read_exactly(stream, bytes, 4 * (size_t)sizes, err);
    if (status)
        return status;
    double length = 4 + 4 * sizes, items = 1;
    for (int i = 0; i < sizes; i++) {
        const uint8_t *b = bytes + 4 * i;
        size[i] = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
        items *= (double)size[i];
        if (size[i] < 1 || size[i] > INT32_MAX)
            return error_set(err, ERROR_INPUT, stream_path(stream), "is this the right file?",
                             "size %d in its header is %lld", i + 1, (long long)size[i]);
    }
    length += items;
    if (length > (double)INT64_MAX / 2)
        return error_set(err, ERROR_INPUT, stream_path(stream), "is this the right file?",
                         "its header asks for %.3g bytes", length);
    return stream_expect(stream, (int64_t)length, err);
}

static void pair_release(struct pair *pair)
{
    stream_close(&pair->images);
    stream_close(&pair->labels);
    memory_free(pair->label);
}

/* Opens both files, reads the headers and all labels. */
static int pair_open(struct pair *pair, const char *images, const char *labels, struct error *err)
{
    int64_t size[3], label_count[1];
    int status = stream_open(&pair->images, images, err);
    if (!status)
        status = read_header(&pair->images, "images", 3, size, err);
    if (!status)
        status = stream_open(&pair->labels, labels, err);
    if (!status)
        status = read_header(&pair->labels, "labels", 1, label_count, err);
    if (status)
        return status;
    if (label_count[0] != size[0])
        return error_set(err, ERROR_INPUT, stream_path(&pair->labels), "take both files from the same set",
                         "it has %lld labels, but %.300s has %lld images", (long long)label_count[0],
                         stream_path(&pair->images), (long long)size[0]);
    pair->count = size[0];
    pair->height = size[1];
    pair->width = size[2];
    /* labels, the order and the slots of rows that are not kept */
    status = data_check_memory(stream_path(&pair->images), 9.0 * (double)pair->count, err);
    if (status)
        return status;
    pair->label = memory_array((size_t)pair->count, 1);
    if (!pair->label)
        return memory_error(err, stream_path(&pair->labels));
    status = stream_read_exactly(&pair->labels, pair->label, (size_t)pair->count, err);
    return status ? status : stream_read_end(&pair->labels, err);
}

/* Reads all images; image i goes to destination[i], or nowhere when that is NULL. */
static int pair_read(struct pair *pair, uint8_t *const *destination, struct error *err)
{
    size_t size = (size_t)(pair->height * pair->width);
    uint8_t *passed_over = memory_array(size, 1);
    int status = passed_over ? 0 : memory_error(err, stream_path(&pair->images));
    for (int64_t i = 0; !status && i < pair->count; i++)
        status = stream_read_exactly(&pair->images, destination[i] ? destination[i] : passed_over, size, err);
    memory_free(passed_over);
    return status ? status : stream_read_end(&pair->images, err);
}

static struct data_shape shape_of(const struct pair *pair)
{
    return data_shape_image((ptrdiff_t)pair->height, (ptrdiff_t)pair->width, 1, DATA_TARGET_CLASS);
}

/* Prepares `rows` for the images order[0 .. count - 1] and enters where each of them is to be read. */
static int claim_rows(const struct pair *pair, const int32_t *order, ptrdiff_t count, struct data_rows *rows,
                      uint8_t **destination, struct error *err)
{
    struct data_shape shape = shape_of(pair);
    int status = data_rows_init(rows, &shape, count, true, err);
    for (ptrdiff_t i = 0; !status && i < count; i++) {
        rows->source[i] = order[i];
        rows->labels[i] = pair->label[order[i]];
        destination[order[i]] = rows->bytes + i * shape.features;
    }
    return status;
}

static void digest_rows(struct data_rows *rows, ptrdiff_t features)
{
    rows->digest = HASH_START;
    for (ptrdiff_t i = 0; i < rows->count; i++) {
        rows->digest = data_digest_integer(rows->digest, rows->source[i]);
        rows->digest = data_digest_integer(rows->digest, rows->labels[i]);
    }
    rows->digest = hash_bytes(rows->digest, rows->bytes, (size_t)(rows->count * features));
}

static int load_train(const struct data_spec *spec, uint64_t seed, struct pair *pair, struct data_set *set,
                      struct error *err)
{
    const struct settings *settings = spec->settings;
    struct data_division division = {0};
    uint8_t **destination = NULL;
    const char *where = settings->files[TRAIN_IMAGES];
    int status = pair_open(pair, where, settings->files[TRAIN_LABELS], err);
    if (!status)
        status = data_divide(spec, where, pair->count, seed, &division, err);
    if (status)
        goto done;
    ptrdiff_t features = (ptrdiff_t)(pair->height * pair->width);
    const ptrdiff_t *count = division.count;
    status =
        data_check_memory(where, (double)(count[0] + count[1]) * (double)features + 20.0 * (double)pair->count, err);
    if (status)
        goto done;
    destination = memory_zeroed((size_t)pair->count, sizeof *destination);
    status = destination ? 0 : memory_error(err, where);
    if (!status)
        status = claim_rows(pair, division.order, count[0], &set->rows[DATA_TRAIN], destination, err);
    if (!status)
        status = claim_rows(pair, division.order + count[0], count[1], &set->rows[DATA_VALIDATION], destination, err);
    if (!status)
        status = pair_read(pair, destination, err);
done:
    memory_free(destination);
    memory_free(division.order);
    return status;
}

static int set_shape(const struct pair *pair, struct data_set *set, struct error *err)
{
    int classes = 0;
    for (int64_t i = 0; i < pair->count; i++)
        classes = pair->label[i] >= classes ? pair->label[i] + 1 : classes;
    set->class_names = data_number_names(0, classes);
    if (!set->class_names)
        return memory_error(err, stream_path(&pair->labels));
    set->shape = shape_of(pair);
    set->shape.classes = classes;
    return 0;
}

static int check_test(const struct pair *pair, const struct data_set *set, struct error *err)
{
    if (pair->height != set->shape.size[0] || pair->width != set->shape.size[1])
        return error_set(err, ERROR_INPUT, stream_path(&pair->images), "take both files from the same set",
                         "its images are %lldx%lld, those of the training file %tdx%td", (long long)pair->height,
                         (long long)pair->width, set->shape.size[0], set->shape.size[1]);
    for (int64_t i = 0; i < pair->count; i++)
        if (pair->label[i] >= set->shape.classes)
            return error_set(err, ERROR_INPUT, stream_path(&pair->labels), "take both files from the same set",
                             "label %lld is class %d, but the training file ends at %d", (long long)i, pair->label[i],
                             set->shape.classes - 1);
    return 0;
}

/* All images of the test files, in their order. */
static int load_test(const struct data_spec *spec, const struct data_set *set, struct data_rows *test,
                     struct error *err)
{
    const struct settings *settings = spec->settings;
    struct pair pair = {0};
    int32_t *order = NULL;
    uint8_t **destination = NULL;
    const char *where = settings->files[TEST_IMAGES];
    int status = pair_open(&pair, where, settings->files[TEST_LABELS], err);
    if (!status)
        status = check_test(&pair, set, err);
    if (!status)
        status = data_check_memory(where, (double)pair.count * (double)(set->shape.features + 20), err);
    if (status)
        goto done;
    order = memory_array((size_t)pair.count, sizeof *order);
    destination = memory_zeroed((size_t)pair.count, sizeof *destination);
    if (!order || !destination) {
        status = memory_error(err, where);
        goto done;
    }
    for (int64_t i = 0; i < pair.count; i++)
        order[i] = (int32_t)i;
    status = claim_rows(&pair, order, (ptrdiff_t)pair.count, test, destination, err);
    if (!status)
        status = pair_read(&pair, destination, err);
    if (!status)
        digest_rows(test, set->shape.features);
done:
    memory_free(order);
    memory_free(destination);
    pair_release(&pair);
    return status;
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    struct pair pair = {0};
    int status = load_train(spec, seed, &pair, set, err);
    if (!status)
        status = set_shape(&pair, set, err);
    pair_release(&pair);
    if (status)
        return status;
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        digest_rows(&set->rows[split], set->shape.features);
    data_measure_bytes(set, spec->scale);
    return test ? load_test(spec, set, test, err) : 0;
}

#define FILE_SETTING(key, place)                                                                                       \
    {                                                                                                                  \
        key, SETTING_PATH(struct settings, files[place]), .by = ""                                                     \
    }
static const struct setting lines[] = {{"folder", SETTING_PATH(struct settings, folder), .by = "",
                                        .means = "of the four files of MNIST, under their names; or each by itself:"},
                                       FILE_SETTING("train_images", TRAIN_IMAGES),
                                       FILE_SETTING("train_labels", TRAIN_LABELS),
                                       FILE_SETTING("test_images", TEST_IMAGES),
                                       FILE_SETTING("test_labels", TEST_LABELS),
                                       {0}};

/* A file without a path of its own has its usual name in the folder. */
static int settle(const struct json *data, struct data_spec *spec, struct error *err)
{
    struct settings *settings = spec->settings;
    const char *given = NULL;
    for (int i = 0; i < FILES; i++) {
        if (settings->files[i])
            continue;
        if (!settings->folder)
            return json_string(json_member(data, lines[1 + i].key), &given, err);
        struct text path = TEXT_EMPTY;
        bool ends = settings->folder[strlen(settings->folder) - 1] == '/';
        text_addf(&path, "%s%s%s", settings->folder, ends ? "" : "/", names[i]);
        if (!(settings->files[i] = text_take(&path)))
            return memory_error(err, names[i]);
    }
    return 0;
}

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return settings->files[TRAIN_IMAGES];
}

const struct data_format data_format_idx = {
    .name = "idx",
    .summary = "Images with labels, as MNIST and Fashion-MNIST come.",
    .settings = lines,
    .size = sizeof(struct settings),
    .test_files = true,
    .train = 5 / 6.0,
    .validation = 1 / 6.0,
    .target = DATA_TARGET_CLASS,
    .settle = settle,
    .title = title,
    .titled_by_folder = true,
    .load = load,
};
