/* The files of CIFAR-10, small ones written by hand. */
#include "data/files.h"

#include "base/text.h"

enum { PIXELS_EACH = 1024, IMAGE = 3 * PIXELS_EACH, RECORD = 1 + IMAGE, BATCH = 6, TEST = 4 };

#define CIFAR "{'format':'cifar10','folder':'.','train':20,'validation':8"

/* Channel c of pixel p of image n. */
static uint8_t pixel(int n, int p, int c)
{
    return (uint8_t)(11 * n + 3 * p + p / 100 + 70 * c);
}

static size_t put_batch(uint8_t *out, int first, int count)
{
    uint8_t *start = out;
    for (int n = first; n < first + count; n++) {
        *out++ = (uint8_t)(n % 10);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < PIXELS_EACH; p++)
                *out++ = pixel(n, p, c);
    }
    return (size_t)(out - start);
}

/* Batch 2 and the test batch are packed, batch 2 under the plain name. */
static void write_cifar(void)
{
    static uint8_t bytes[BATCH * RECORD];
    for (int batch = 0; batch < 5; batch++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", batch + 1);
        size_t size = put_batch(bytes, BATCH * batch, BATCH);
        if (batch == 1)
            write_gzip(name, bytes, size);
        else
            write_file(name, bytes, size);
    }
    write_gzip("test_batch.bin.gz", bytes, put_batch(bytes, 100, TEST));
}

static void check_image(const float *x, int n)
{
    for (int p = 0; p < PIXELS_EACH; p++)
        for (int c = 0; c < 3; c++)
            ck_assert_float_eq(x[3 * p + c], (float)pixel(n, p, c));
}

START_TEST(planes_become_channels)
{
    struct error err;
    struct data_set *set;
    write_cifar();
    ASSERT_OK(open_set(CIFAR ",'scale':'none'}", 1, &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.rank, 3);
    ck_assert_int_eq(shape.size[0], 32);
    ck_assert_int_eq(shape.size[1], 32);
    ck_assert_int_eq(shape.size[2], 3);
    ck_assert_int_eq(shape.features, IMAGE);
    ck_assert_int_eq(shape.classes, 10);
    ck_assert_str_eq(data_class_name(set, 1), "automobile");
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 20);
    int seen = 0;
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
            static float x[2][IMAGE];
            int32_t y[2], place[2] = {0, (int32_t)i}, n = data_index(data_part(set, split), i);
            data_prefetch(data_part(set, split), place, 2);
            data_gather(data_part(set, split), place, 2, x[0], CLASSES(y));
            check_image(x[1], n);
            ck_assert_int_eq(y[1], n % 10);
            ck_assert_int_eq(seen & 1 << n, 0);
            seen |= 1 << n;
        }
    struct text line = TEXT_EMPTY;
    data_describe(set, &line);
    ck_assert_ptr_nonnull(
        strstr(text_string(&line), ": 32x32x3 uint8, 10 classes, 20 train, 8 validation, test sealed"));
    ck_assert_int_eq(strncmp(text_string(&line), "actsearch-data-", 15), 0);
    text_release(&line);
    data_set_free(set);
}
END_TEST

START_TEST(the_test_batch_is_sealed)
{
    struct error err;
    struct data_set *set;
    struct data_sealed *sealed;
    write_cifar();
    ASSERT_OK(open_sealed(CIFAR ",'scale':'none'}", 1, &sealed, &err));
    ck_assert_int_eq(data_size(data_sealed_part(sealed)), TEST);
    static float x[TEST][IMAGE];
    int32_t y[TEST];
    data_gather_range(data_sealed_part(sealed), 0, TEST, x[0], CLASSES(y));
    for (int i = 0; i < TEST; i++) {
        check_image(x[i], 100 + i);
        ck_assert_int_eq(y[i], i);
        ck_assert_int_eq(data_index(data_sealed_part(sealed), i), i);
    }
    ck_assert_int_eq(unlink(in_folder("test_batch.bin.gz")), 0);
    ASSERT_OK(open_set(CIFAR "}", 1, &set, &err));
    ck_assert_uint_eq(data_digest(data_sealed_part(sealed).set), data_digest(set));
    data_set_free(set);
    data_sealed_free(sealed);
    ASSERT_FAILS(open_sealed(CIFAR "}", 1, &sealed, &err), ERROR_IO, "test_batch.bin: there is no such file");
}
END_TEST

START_TEST(wrong_files_are_refused)
{
    struct error err;
    struct data_set *set;
    static uint8_t bytes[(BATCH + 1) * RECORD];
    write_cifar();
    size_t size = put_batch(bytes, 0, BATCH + 1);
    write_file("data_batch_3.bin", bytes, size - RECORD - 7);
    ASSERT_FAILS(open_set(CIFAR "}", 1, &set, &err), ERROR_INPUT,
                 "data_batch_3.bin: expected whole records of 3073 bytes, 30,730,000 bytes for 10,000 images, found "
                 "18431 bytes; the file is damaged");
    write_file("data_batch_3.bin", bytes, size);
    ASSERT_FAILS(open_set(CIFAR "}", 1, &set, &err), ERROR_INPUT,
                 "data_batch_3.bin: expected 18438 bytes as in data_batch_1.bin, found 21511");
    write_file("data_batch_3.bin", bytes, 0);
    ASSERT_FAILS(open_set(CIFAR "}", 1, &set, &err), ERROR_INPUT, "found 0 bytes");
    bytes[2 * RECORD] = 10;
    write_file("data_batch_3.bin", bytes, size - RECORD);
    ASSERT_FAILS(open_set(CIFAR "}", 1, &set, &err), ERROR_INPUT,
                 "record 2, at byte 6146, has label 10, CIFAR-10 ends at 9");
    ck_assert_int_eq(unlink(in_folder("data_batch_3.bin")), 0);
    ASSERT_FAILS(open_set(CIFAR "}", 1, &set, &err), ERROR_IO, "data_batch_3.bin: there is no such file");
}
END_TEST

START_TEST(the_digest_covers_every_pixel_in_use)
{
    struct error err;
    struct data_set *set;
    static uint8_t bytes[BATCH * RECORD];
    write_cifar();
    uint64_t expected = digest_of(CIFAR "}");
    ck_assert_uint_eq(digest_of(CIFAR ",'scale':'unit'}"), expected);
    ASSERT_OK(open_set(CIFAR "}", 3, &set, &err));
    int32_t n = data_index(data_part(set, DATA_VALIDATION), 7);
    data_set_free(set);
    char name[32];
    snprintf(name, sizeof name, "data_batch_%d.bin", n / BATCH + 1);
    size_t size = put_batch(bytes, n / BATCH * BATCH, BATCH);
    bytes[n % BATCH * RECORD + RECORD - 1] ^= 1;
    write_file(name, bytes, size);
    ck_assert_uint_ne(digest_of(CIFAR "}"), expected);
    bytes[n % BATCH * RECORD + RECORD - 1] ^= 1;
    write_file(name, bytes, size);
    ck_assert_uint_eq(digest_of(CIFAR "}"), expected);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    write_cifar();
    check_allocations(CIFAR "}", 30);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data cifar10", planes_become_channels, the_test_batch_is_sealed,
                                wrong_files_are_refused, the_digest_covers_every_pixel_in_use,
                                every_failing_allocation_is_reported);
}
