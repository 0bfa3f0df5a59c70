/* Files for the data tests: a temporary folder, IDX and gzip files written by hand, experiments as text. */
#ifndef ACTSEARCH_TESTS_DATA_FILES_H
#define ACTSEARCH_TESTS_DATA_FILES_H

#include "base/json.h"
#include "base/memory.h"
#include "data/data.h"
#include "data/sealed.h"
#include "json.h"
#include "testing.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#define NO_TARGETS ((struct data_targets){0})
#define CLASSES(y) ((struct data_targets){.classes = (y)})
#define VALUES(y) ((struct data_targets){.values = (y)})

/* The folder of this test, made and removed by the fixture. */
static char folder[64];

static inline const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/actsearch-data-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void remove_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A packed form of it from before goes: the two would have to agree. */
static inline void write_file(const char *name, const void *bytes, size_t size)
{
    char packed[264];
    snprintf(packed, sizeof packed, "%s.gz", in_folder(name));
    unlink(packed);
    FILE *file = fopen(in_folder(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void write_text(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

/* The file's bytes; returns how many; at most `limit`. */
static inline size_t read_bytes(const char *name, void *bytes, size_t limit)
{
    FILE *file = fopen(in_folder(name), "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, limit, file);
    ck_assert_int_eq(fclose(file), 0);
    return size;
}

static inline void write_gzip(const char *name, const void *bytes, size_t size)
{
    gzFile file = gzopen(in_folder(name), "wb9");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static inline size_t put_header(uint8_t *out, int kind, int sizes, const uint32_t *size)
{
    const uint8_t magic[] = {0, 0, (uint8_t)kind, (uint8_t)sizes};
    memcpy(out, magic, 4);
    for (int i = 0; i < sizes; i++)
        for (int byte = 0; byte < 4; byte++)
            out[4 + 4 * i + byte] = (uint8_t)(size[i] >> (24 - 8 * byte));
    return 4 + 4 * (size_t)sizes;
}

/* A tiny set: image i is 3 x 2 pixels, pixel j has the value 7 i + j (+ 100 in the test file), label i % 4. */
enum { HEIGHT = 3, WIDTH = 2, PIXELS = HEIGHT * WIDTH, TRAIN_IMAGES = 20, TEST_IMAGES = 8 };

static inline size_t put_images(uint8_t *out, int count, int offset)
{
    size_t size = put_header(out, 8, 3, (const uint32_t[]){(uint32_t)count, HEIGHT, WIDTH});
    for (int i = 0; i < count; i++)
        for (int j = 0; j < PIXELS; j++)
            out[size++] = (uint8_t)(7 * i + j + offset);
    return size;
}

static inline size_t put_labels(uint8_t *out, int count)
{
    size_t size = put_header(out, 8, 1, (const uint32_t[]){(uint32_t)count});
    for (int i = 0; i < count; i++)
        out[size++] = (uint8_t)(i % 4);
    return size;
}

/* The four files under their standard names, the images packed. */
static inline void write_idx_set(void)
{
    uint8_t bytes[512];
    write_gzip("train-images-idx3-ubyte.gz", bytes, put_images(bytes, TRAIN_IMAGES, 0));
    write_file("train-labels-idx1-ubyte", bytes, put_labels(bytes, TRAIN_IMAGES));
    write_gzip("t10k-images-idx3-ubyte.gz", bytes, put_images(bytes, TEST_IMAGES, 100));
    write_file("t10k-labels-idx1-ubyte", bytes, put_labels(bytes, TEST_IMAGES));
}

/* Reads a description given as JSON text, as if it stood in FOLDER/experiment.json. */
static inline int read_spec(const char *text, struct data_spec *spec, struct error *err)
{
    struct json_document *document;
    *spec = (struct data_spec){0};
    int status = parse_json(text, in_folder("experiment.json"), &document, err);
    if (!status)
        status = data_spec_read(json_root(document), spec, err);
    json_document_free(document);
    return status;
}

static inline int open_set(const char *text, uint64_t seed, struct data_set **set, struct error *err)
{
    struct data_spec spec;
    *set = NULL;
    int status = read_spec(text, &spec, err);
    if (!status)
        status = data_set_open(&spec, seed, set, err);
    data_spec_release(&spec);
    return status;
}

static inline int open_sealed(const char *text, uint64_t seed, struct data_sealed **sealed, struct error *err)
{
    struct data_spec spec;
    *sealed = NULL;
    int status = read_spec(text, &spec, err);
    if (!status)
        status = data_sealed_open(&spec, seed, sealed, err);
    data_spec_release(&spec);
    return status;
}

static inline uint64_t digest_of(const char *text)
{
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set(text, 3, &set, &err));
    uint64_t digest = data_digest(set);
    data_set_free(set);
    return digest;
}

/* Makes each allocation of opening a set, with and without its test part, fail once; there must be more than `least`.
 */
static inline void check_allocations(const char *text, long least)
{
    struct error err;
    struct data_spec spec;
    ASSERT_OK(read_spec(text, &spec, &err));
    long n = 0;
    for (int status = 1; status; n++) {
        struct data_set *set;
        memory_fail_at(n + 1);
        status = data_set_open(&spec, 1, &set, &err);
        memory_fail_never();
        ck_assert_msg(status == 0 || (status == ERROR_MEMORY && !set), "allocation %ld: status %d", n, status);
        data_set_free(set);
    }
    ck_assert_int_gt(n, least);
    n = 0;
    for (int status = 1; status; n++) {
        struct data_sealed *sealed;
        memory_fail_at(n + 1);
        status = data_sealed_open(&spec, 1, &sealed, &err);
        memory_fail_never();
        ck_assert_msg(status == 0 || (status == ERROR_MEMORY && !sealed), "allocation %ld: status %d", n, status);
        data_sealed_free(sealed);
    }
    ck_assert_int_gt(n, least);
    data_spec_release(&spec);
}

/* As run_tests(), with a folder for each test. */
static inline int run_tests_with_files(const char *name, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
#define RUN_TESTS_WITH_FILES(name, ...) run_tests_with_files(name, (const TTest *const[]){__VA_ARGS__, NULL})

#endif
