/* The files of MNIST, tiny ones written by hand; gathering, scaling, division. */
#include "data/files.h"

#include "base/text.h"
#include "data/sealed.h"

#include <math.h>

#define TINY "{'format':'idx','folder':'.','train':12,'validation':5"

/* What each image of the tiny set must look like, wherever it went. */
static void check_rows(const struct data_set *set, enum data_split split, int *seen)
{
    for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
        float x[PIXELS];
        int32_t y, row = data_index(data_part(set, split), i);
        data_gather_range(data_part(set, split), i, 1, x, CLASSES(&y));
        ck_assert(row >= 0 && row < TRAIN_IMAGES);
        seen[row]++;
        ck_assert_int_eq(y, row % 4);
        ck_assert_int_eq(data_labels(data_part(set, split))[i], y);
        for (int j = 0; j < PIXELS; j++)
            ck_assert_float_eq(x[j], (float)(7 * row + j));
    }
}

START_TEST(images_and_labels_stay_together)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ASSERT_OK(open_set(TINY ",'scale':'none'}", 1, &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.features, PIXELS);
    ck_assert_int_eq(shape.rank, 3);
    ck_assert_int_eq(shape.size[0], HEIGHT);
    ck_assert_int_eq(shape.size[1], WIDTH);
    ck_assert_int_eq(shape.size[2], 1);
    ck_assert_int_eq(shape.target, DATA_TARGET_CLASS);
    ck_assert_int_eq(shape.targets, 1);
    ck_assert_int_eq(shape.tokens, 0);
    ck_assert_int_eq(shape.classes, 4);
    ck_assert_str_eq(data_class_name(set, 3), "3");
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 12);
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 5);
    int seen[TRAIN_IMAGES] = {0}, total = 0;
    check_rows(set, DATA_TRAIN, seen);
    check_rows(set, DATA_VALIDATION, seen);
    for (int i = 0; i < TRAIN_IMAGES; i++) {
        ck_assert_int_le(seen[i], 1);
        total += seen[i];
    }
    ck_assert_int_eq(total, 17);
    data_set_free(set);
}
END_TEST

START_TEST(gather_follows_the_index)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ASSERT_OK(open_set(TINY ",'scale':'unit'}", 1, &set, &err));
    const int32_t index[] = {11, 0, 3, 3};
    float x[4 * PIXELS], all[12 * PIXELS];
    int32_t y[4], labels[12];
    data_gather(data_part(set, DATA_TRAIN), index, 4, x, CLASSES(y));
    data_gather_range(data_part(set, DATA_TRAIN), 0, 12, all, CLASSES(labels));
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(y[i], labels[index[i]]);
        ck_assert_mem_eq(x + i * PIXELS, all + index[i] * PIXELS, PIXELS * sizeof *x);
    }
    data_gather(data_part(set, DATA_TRAIN), index, 4, x, NO_TARGETS);
    ck_assert_float_eq(x[0], (float)(7 * data_index(data_part(set, DATA_TRAIN), 11)) * (1.0f / 255));
    data_set_free(set);
}
END_TEST

START_TEST(bytes_are_gathered_as_they_are_kept)
{
    enum { STRIDE = 64 };
    struct error err;
    struct data_set *set;
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &set, &err));
    struct data_bytes bytes = data_bytes(data_part(set, DATA_TRAIN));
    const int32_t index[] = {11, 0, 3};
    float x[3 * PIXELS];
    uint8_t u[3 * STRIDE];
    int32_t y[3], labels[3];
    int zeros = 0;
    memset(u, 0xff, sizeof u);
    data_gather(data_part(set, DATA_TRAIN), index, 3, x, CLASSES(labels));
    data_gather_bytes(data_part(set, DATA_TRAIN), index, 3, STRIDE, u, CLASSES(y));
    for (int i = 0; i < 3 * STRIDE; i++)
        if (i % STRIDE < PIXELS)
            ck_assert_float_eq(bytes.factor * (float)u[i] + bytes.shift, x[i / STRIDE * PIXELS + i % STRIDE]);
        else
            ck_assert_int_eq(u[i], 0);
    ck_assert_mem_eq(y, labels, sizeof y);
    for (int i = 0; i < 12; i++) {
        data_gather_bytes_range(data_part(set, DATA_TRAIN), i, 1, STRIDE, u, NO_TARGETS);
        for (int j = 0; j < PIXELS; j++)
            zeros += u[j] == 0;
    }
    ck_assert_double_eq(bytes.zeros, zeros / (12.0 * PIXELS));
    data_set_free(set);
}
END_TEST

START_TEST(standard_scale_is_measured_on_train_alone)
{
    struct error err;
    struct data_set *set, *raw;
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 5, &set, &err));
    ASSERT_OK(open_set(TINY ",'scale':'none'}", 5, &raw, &err));
    enum { N = 12 * PIXELS, NV = 5 * PIXELS };
    float x[N], u[N], v[NV], w[NV];
    data_gather_range(data_part(set, DATA_TRAIN), 0, 12, x, NO_TARGETS);
    data_gather_range(data_part(raw, DATA_TRAIN), 0, 12, u, NO_TARGETS);
    data_gather_range(data_part(set, DATA_VALIDATION), 0, 5, v, NO_TARGETS);
    data_gather_range(data_part(raw, DATA_VALIDATION), 0, 5, w, NO_TARGETS);
    double mean = 0, squares = 0;
    for (int i = 0; i < N; i++)
        mean += u[i] / N;
    for (int i = 0; i < N; i++)
        squares += (u[i] - mean) * (u[i] - mean) / N;
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol(x[i], (u[i] - mean) / sqrt(squares), 1e-5);
    for (int i = 0; i < NV; i++)
        ck_assert_double_eq_tol(v[i], (w[i] - mean) / sqrt(squares), 1e-5);
    data_set_free(set);
    data_set_free(raw);
}
END_TEST

START_TEST(all_equal_images_become_zero)
{
    struct error err;
    struct data_set *set;
    uint8_t bytes[512] = {0};
    write_idx_set();
    size_t size = put_images(bytes, TRAIN_IMAGES, 0);
    memset(bytes + 16, 37, size - 16);
    write_gzip("train-images-idx3-ubyte.gz", bytes, size);
    ASSERT_OK(open_set(TINY "}", 1, &set, &err));
    float x[PIXELS];
    data_gather_range(data_part(set, DATA_TRAIN), 0, 1, x, NO_TARGETS);
    for (int j = 0; j < PIXELS; j++)
        ck_assert_float_eq(x[j], 0);
    data_set_free(set);
}
END_TEST

START_TEST(the_seed_fixes_division_and_digest)
{
    struct error err;
    struct data_set *a, *b, *c;
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &a, &err));
    ASSERT_OK(open_set(TINY "}", 1, &b, &err));
    ASSERT_OK(open_set(TINY "}", 2, &c, &err));
    int moved = 0;
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(data_index(data_part(a, DATA_TRAIN), i), data_index(data_part(b, DATA_TRAIN), i));
        moved += data_index(data_part(a, DATA_TRAIN), i) != data_index(data_part(c, DATA_TRAIN), i);
    }
    ck_assert_int_gt(moved, 3);
    ck_assert_uint_eq(data_digest(a), data_digest(b));
    ck_assert_uint_ne(data_digest(a), data_digest(c));
    data_set_free(b);
    data_set_free(c);
    /* One bit of one pixel of a row in use. */
    uint8_t bytes[512] = {0};
    size_t size = put_images(bytes, TRAIN_IMAGES, 0);
    bytes[16 + PIXELS * data_index(data_part(a, DATA_VALIDATION), 4) + PIXELS - 1] ^= 1;
    write_gzip("train-images-idx3-ubyte.gz", bytes, size);
    ASSERT_OK(open_set(TINY "}", 1, &b, &err));
    ck_assert_uint_ne(data_digest(a), data_digest(b));
    data_set_free(a);
    data_set_free(b);
}
END_TEST

/* Pinned, because stored results depend on it: the same on every machine and in every version. */
START_TEST(digest_and_division_are_pinned)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &set, &err));
    ck_assert_uint_eq(data_digest(set), 6118871067304341967u);
    static const int32_t rows[] = {6, 17, 19, 4, 8};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(data_index(data_part(set, DATA_VALIDATION), i), rows[i]);
    data_set_free(set);
}
END_TEST

START_TEST(description_is_one_line)
{
    struct error err;
    struct data_set *set;
    struct text line = TEXT_EMPTY;
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &set, &err));
    data_describe(set, &line);
    const char *tail = ": 3x2 uint8, 4 classes, 12 train, 5 validation, test sealed";
    ck_assert_ptr_nonnull(strstr(text_string(&line), tail));
    text_release(&line);
    data_set_free(set);
}
END_TEST

START_TEST(plain_and_packed_files_are_the_same)
{
    struct error err;
    struct data_set *packed, *plain;
    uint8_t bytes[512] = {0};
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &packed, &err));
    write_file("images", bytes, put_images(bytes, TRAIN_IMAGES, 0));
    write_gzip("labels.gz", bytes, put_labels(bytes, TRAIN_IMAGES));
    ASSERT_OK(open_set("{'format':'idx','train_images':'images','train_labels':'labels.gz',"
                       "'test_images':'no','test_labels':'no','train':12,'validation':5}",
                       1, &plain, &err));
    ck_assert_uint_eq(data_digest(packed), data_digest(plain));
    data_set_free(packed);
    data_set_free(plain);
}
END_TEST

START_TEST(gzip_of_two_members_is_read)
{
    struct error err;
    struct data_set *one, *two;
    uint8_t bytes[512] = {0}, packed[1024];
    write_idx_set();
    ASSERT_OK(open_set(TINY "}", 1, &one, &err));
    size_t size = put_images(bytes, TRAIN_IMAGES, 0);
    write_gzip("a.gz", bytes, 40);
    write_gzip("b.gz", bytes + 40, size - 40);
    size_t packed_size = read_bytes("a.gz", packed, 512);
    packed_size += read_bytes("b.gz", packed + packed_size, 512);
    write_file("train-images-idx3-ubyte.gz", packed, packed_size);
    ASSERT_OK(open_set(TINY "}", 1, &two, &err));
    ck_assert_uint_eq(data_digest(one), data_digest(two));
    data_set_free(one);
    data_set_free(two);
}
END_TEST

static void check_refused(enum error_code code, const char *fragment)
{
    struct error err;
    struct data_set *set;
    ASSERT_FAILS(open_set(TINY "}", 1, &set, &err), code, fragment);
    ck_assert_ptr_null(set);
    ASSERT_FAILS(open_set(TINY "}", 1, &set, &err), code, folder);
    char line[2200];
    error_line(&err, line, sizeof line);
    ck_assert_ptr_null(strchr(line, 10));
    ck_assert_uint_gt(strlen(err.hint), 0);
}

START_TEST(damaged_gzip_is_refused)
{
    uint8_t bytes[512] = {0}, packed[512];
    write_idx_set();
    size_t size = read_bytes("train-images-idx3-ubyte.gz", packed, sizeof packed);
    put_images(bytes, TRAIN_IMAGES, 0);
    write_file("train-images-idx3-ubyte.gz", packed, size - 30);
    check_refused(ERROR_INPUT, "the gzip data end too early: expected 136 unpacked bytes, found ");
    write_file("train-images-idx3-ubyte.gz", packed, size - 1);
    check_refused(ERROR_INPUT, "end too early: expected 136 unpacked bytes, found 136");
    packed[size - 6] ^= 1; /* in the check sum */
    write_file("train-images-idx3-ubyte.gz", packed, size);
    check_refused(ERROR_INPUT, "incorrect data check");
    packed[size - 6] ^= 1;
    packed[size] = 'x';
    write_file("train-images-idx3-ubyte.gz", packed, size + 1);
    check_refused(ERROR_INPUT, "foreign bytes follow the gzip data: expected 136 unpacked bytes, found 136");
    packed[12] ^= 0xff;
    write_file("train-images-idx3-ubyte.gz", packed, size);
    check_refused(ERROR_INPUT, "fetch it again");
    write_file("train-images-idx3-ubyte.gz", packed, 2);
    check_refused(ERROR_INPUT, "end too early: expected 16 unpacked bytes, found 0");
}
END_TEST

START_TEST(wrong_lengths_are_refused)
{
    uint8_t bytes[512] = {0};
    write_idx_set();
    size_t size = put_images(bytes, TRAIN_IMAGES, 0);
    write_file("train-images-idx3-ubyte", bytes, size - 1);
    check_refused(ERROR_INPUT, "too early: expected 136 bytes, found 135");
    write_file("train-images-idx3-ubyte", bytes, size + 3);
    check_refused(ERROR_INPUT, "too long: expected 136 bytes, found 139");
    write_file("train-images-idx3-ubyte", bytes, 9);
    check_refused(ERROR_INPUT, "too early: expected 16 bytes, found 9");
    write_file("train-images-idx3-ubyte", bytes, 0);
    check_refused(ERROR_INPUT, "found 0");
    write_gzip("train-images-idx3-ubyte", bytes, size - 1);
    check_refused(ERROR_INPUT, "too early: expected 136 bytes, found 135");
    /* A header that claims what no machine has: the file cannot hold it, so nobody asks whether the memory can. */
    bytes[8] = bytes[12] = 0x10;
    write_file("train-images-idx3-ubyte", bytes, size);
    check_refused(ERROR_INPUT, "too early: expected ");
    write_gzip("train-images-idx3-ubyte", bytes, size);
    check_refused(ERROR_INPUT, "packed ones cannot hold");
    bytes[8] = bytes[12] = 0;
    write_file("train-images-idx3-ubyte", bytes, size);
    size = put_labels(bytes, TRAIN_IMAGES);
    write_file("train-labels-idx1-ubyte", bytes, size - 2);
    check_refused(ERROR_INPUT, "train-labels-idx1-ubyte: the file ends too early: expected 28 bytes, found 26");
    write_file("train-labels-idx1-ubyte", bytes, size + 1);
    check_refused(ERROR_INPUT, "expected 28 bytes, found 29");
}
END_TEST

START_TEST(wrong_headers_are_refused)
{
    uint8_t bytes[512] = {0};
    write_idx_set();
    write_file("train-images-idx3-ubyte", bytes, put_labels(bytes, TRAIN_IMAGES));
    check_refused(ERROR_INPUT, "expected it to begin with 00 00 08 03, found 00 00 08 01");
    write_file("train-images-idx3-ubyte", "P5 3 2 255 and more", 19);
    check_refused(ERROR_INPUT, "found 50 35 20 33");
    size_t size = put_images(bytes, TRAIN_IMAGES, 0);
    bytes[2] = 13; /* floats */
    write_file("train-images-idx3-ubyte", bytes, size);
    check_refused(ERROR_INPUT, "found 00 00 0d 03");
    put_header(bytes, 8, 3, (const uint32_t[]){TRAIN_IMAGES, 0, WIDTH});
    write_file("train-images-idx3-ubyte", bytes, size);
    check_refused(ERROR_INPUT, "size 2 in its header is 0");
    write_file("train-images-idx3-ubyte", bytes, put_images(bytes, TRAIN_IMAGES - 1, 0));
    check_refused(ERROR_INPUT, "it has 20 labels, but ");
}
END_TEST

/* The header alone must be enough to refuse: nothing of that size is allocated or read. */
/* A header with as many bytes behind it as it asks for, none of which takes room on the disk. */
static void write_hollow(const char *name, const uint8_t *header, off_t size)
{
    write_file(name, header, 100);
    ck_assert_int_eq(truncate(in_folder(name), size), 0);
}

START_TEST(too_large_sets_are_refused_before_allocating)
{
    struct error err;
    struct data_set *set;
    uint8_t bytes[512] = {0};
    write_idx_set();
    put_header(bytes, 8, 3, (const uint32_t[]){TRAIN_IMAGES, 40000, 40000});
    write_hollow("train-images-idx3-ubyte", bytes, 16 + TRAIN_IMAGES * (off_t)40000 * 40000);
    check_refused(ERROR_MEMORY, "GiB of memory, the limit is 8 GiB");
    put_header(bytes, 8, 3, (const uint32_t[]){0x7fffffff, 0x7fffffff, 0x7fffffff});
    write_file("train-images-idx3-ubyte", bytes, 100);
    check_refused(ERROR_INPUT, "asks for 9.9e+27 bytes");
    put_header(bytes, 8, 3, (const uint32_t[]){0x7fffffff, 1, 1});
    write_hollow("train-images-idx3-ubyte", bytes, 16 + (off_t)0x7fffffff);
    put_header(bytes, 8, 1, (const uint32_t[]){0x7fffffff});
    write_hollow("train-labels-idx1-ubyte", bytes, 8 + (off_t)0x7fffffff);
    ASSERT_FAILS(open_set(TINY "}", 1, &set, &err), ERROR_MEMORY, "GiB");
}
END_TEST

START_TEST(missing_files_and_folders_are_refused)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ck_assert_int_eq(unlink(in_folder("train-labels-idx1-ubyte")), 0);
    check_refused(ERROR_IO, "train-labels-idx1-ubyte: there is no such file, nor one with .gz");
    ASSERT_FAILS(open_set("{'format':'idx','folder':'.','train_images':'.'}", 1, &set, &err), ERROR_IO,
                 "Is a directory");
}
END_TEST

START_TEST(more_rows_than_there_are_is_refused)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ASSERT_FAILS(open_set("{'format':'idx','folder':'.','train':16,'validation':5}", 1, &set, &err), ERROR_INPUT,
                 "there are 20 rows to divide, but train 16 + validation 5 are asked for");
    ASSERT_FAILS(open_set("{'format':'idx','folder':'.','train':0.9,'validation':0.01}", 1, &set, &err), ERROR_INPUT,
                 "of 20 rows, 18 are for train and 0 for validation");
    ASSERT_OK(open_set("{'format':'idx','folder':'.'}", 1, &set, &err));
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 17);
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 3);
    data_set_free(set);
}
END_TEST

START_TEST(the_search_path_does_not_open_the_test_files)
{
    struct error err;
    struct data_set *set;
    write_idx_set();
    ck_assert_int_eq(unlink(in_folder("t10k-images-idx3-ubyte.gz")), 0);
    ck_assert_int_eq(unlink(in_folder("t10k-labels-idx1-ubyte")), 0);
    ASSERT_OK(open_set(TINY "}", 1, &set, &err));
    data_set_free(set);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    struct error err;
    struct data_spec spec;
    write_idx_set();
    ASSERT_OK(read_spec(TINY "}", &spec, &err));
    long failures = 0;
    for (int status = 1; status; failures++) {
        struct data_set *set;
        memory_fail_at(failures + 1);
        status = data_set_open(&spec, 1, &set, &err);
        memory_fail_never();
        ck_assert_msg(status == 0 || (status == ERROR_MEMORY && !set), "allocation %ld: status %d", failures, status);
        data_set_free(set);
    }
    ck_assert_int_gt(failures, 15);
    for (int status = 1; status;) {
        struct data_sealed *sealed;
        memory_fail_at(++failures - 15);
        status = data_sealed_open(&spec, 1, &sealed, &err);
        memory_fail_never();
        ck_assert(status == 0 || (status == ERROR_MEMORY && !sealed));
        data_sealed_free(sealed);
    }
    data_spec_release(&spec);
}
END_TEST

static const char fashion[] = "/usr/share/datasets/fashion-mnist";

START_TEST(fashion_mnist_opens)
{
    struct error err;
    struct data_set *set;
    if (access(fashion, R_OK) != 0) {
        printf("skipped: there is no %s (Debian: dataset-fashion-mnist)\n", fashion);
        return;
    }
    char text[256];
    snprintf(text, sizeof text, "{'format':'idx','folder':'%s','train':10000,'validation':5000}", fashion);
    ASSERT_OK(open_set(text, 1, &set, &err));
    struct text line = TEXT_EMPTY;
    data_describe(set, &line);
    ck_assert_str_eq(text_string(&line),
                     "fashion-mnist: 28x28 uint8, 10 classes, 10,000 train, 5,000 validation, test sealed");
    text_release(&line);
    int classes[10] = {0};
    for (int i = 0; i < 10000; i++)
        classes[data_labels(data_part(set, DATA_TRAIN))[i]]++;
    for (int i = 0; i < 10; i++) /* 1,000 each, give or take five deviations */
        ck_assert_int_le(abs(classes[i] - 1000), 150);
    enum { B = 128, N = B * 784 };
    float *x = memory_array(N, sizeof *x);
    double sum = 0, squares = 0;
    for (int first = 0; first + B <= 10000; first += B) {
        data_gather_range(data_part(set, DATA_TRAIN), first, B, x, NO_TARGETS);
        for (int i = 0; i < N; i++) {
            sum += x[i];
            squares += (double)x[i] * x[i];
        }
    }
    ck_assert_double_eq_tol(sum / (78.0 * N), 0, 0.01);
    ck_assert_double_eq_tol(squares / (78.0 * N), 1, 0.01);
    memory_free(x);
    data_set_free(set);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES(
        "data idx", images_and_labels_stay_together, gather_follows_the_index, bytes_are_gathered_as_they_are_kept,
        standard_scale_is_measured_on_train_alone, all_equal_images_become_zero, the_seed_fixes_division_and_digest,
        digest_and_division_are_pinned, description_is_one_line, plain_and_packed_files_are_the_same,
        gzip_of_two_members_is_read, damaged_gzip_is_refused, wrong_lengths_are_refused, wrong_headers_are_refused,
        too_large_sets_are_refused_before_allocating, missing_files_and_folders_are_refused,
        more_rows_than_there_are_is_refused, the_search_path_does_not_open_the_test_files,
        every_failing_allocation_is_reported, fashion_mnist_opens);
}
