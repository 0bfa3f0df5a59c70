/* The test part: nothing but data/sealed.h leads to it. */
#include "data/files.h"

#include "base/isa.h"
#include "data/data_internal.h"
#include "data/sealed.h"

#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TINY "{'format':'idx','folder':'.','train':12,'validation':5"

START_TEST(idx_test_rows_are_the_test_files)
{
    struct error err;
    struct data_sealed *sealed;
    struct data_set *set;
    write_idx_set();
    ASSERT_OK(open_sealed(TINY ",'scale':'none'}", 1, &sealed, &err));
    ASSERT_OK(open_set(TINY ",'scale':'none'}", 1, &set, &err));
    ck_assert_int_eq(data_size(data_sealed_part(sealed)), TEST_IMAGES);
    ck_assert_uint_eq(data_digest(data_sealed_part(sealed).set), data_digest(set));
    float x[TEST_IMAGES * PIXELS];
    int32_t y[TEST_IMAGES];
    data_gather_range(data_sealed_part(sealed), 0, TEST_IMAGES, x, CLASSES(y));
    for (int i = 0; i < TEST_IMAGES; i++) {
        ck_assert_int_eq(data_index(data_sealed_part(sealed), i), i);
        ck_assert_int_eq(y[i], i % 4);
        ck_assert_int_eq(data_labels(data_sealed_part(sealed))[i], i % 4);
        for (int j = 0; j < PIXELS; j++)
            ck_assert_float_eq(x[i * PIXELS + j], (float)(100 + 7 * i + j));
    }
    data_sealed_free(sealed);
    data_set_free(set);
}
END_TEST

START_TEST(idx_test_files_must_fit)
{
    struct error err;
    struct data_sealed *sealed;
    uint8_t bytes[512];
    write_idx_set();
    size_t size = put_labels(bytes, TEST_IMAGES);
    bytes[size - 1] = 4;
    write_file("t10k-labels-idx1-ubyte", bytes, size);
    ASSERT_FAILS(open_sealed(TINY "}", 1, &sealed, &err), ERROR_INPUT,
                 "label 7 is class 4, but the training file ends at 3");
    size = put_images(bytes, TEST_IMAGES, 0);
    put_header(bytes, 8, 3, (const uint32_t[]){TEST_IMAGES, WIDTH, HEIGHT});
    write_file("t10k-images-idx3-ubyte", bytes, size);
    ASSERT_FAILS(open_sealed(TINY "}", 1, &sealed, &err), ERROR_INPUT,
                 "its images are 2x3, those of the training file 3x2");
}
END_TEST

/* Train, validation and test of a table are disjoint, together everything, and scaled alike. */
START_TEST(table_test_rows_are_the_rest)
{
    struct error err;
    struct data_sealed *sealed;
    struct data_set *set;
    const char *text = "{'format':'made_up','name':'moons','samples':100,'scale':'none'}";
    ASSERT_OK(open_sealed(text, 7, &sealed, &err));
    ASSERT_OK(open_set(text, 7, &set, &err));
    int seen[100] = {0};
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++)
            seen[data_index(data_part(set, split), i)]++;
    ck_assert_int_eq(data_size(data_sealed_part(sealed)), 20);
    for (ptrdiff_t i = 0; i < 20; i++)
        seen[data_index(data_sealed_part(sealed), i)]++;
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert_uint_eq(data_digest(data_sealed_part(sealed).set), data_digest(set));
    ck_assert_uint_ne(data_part_digest(data_sealed_part(sealed)), 0);
    data_set_free(set);
    /* Standard scaling uses the means of train: undo it with two known rows of train. */
    struct data_sealed *scaled;
    struct data_set *scaled_set;
    text = "{'format':'made_up','name':'moons','samples':100}";
    ASSERT_OK(open_sealed(text, 7, &scaled, &err));
    ASSERT_OK(open_set("{'format':'made_up','name':'moons','samples':100,'scale':'none'}", 7, &set, &err));
    ASSERT_OK(open_set(text, 7, &scaled_set, &err));
    float raw[4], out[4], raw_test[40], out_test[40];
    data_gather_range(data_part(set, DATA_TRAIN), 0, 2, raw, NO_TARGETS);
    data_gather_range(data_part(scaled_set, DATA_TRAIN), 0, 2, out, NO_TARGETS);
    data_gather_range(data_sealed_part(sealed), 0, 20, raw_test, NO_TARGETS);
    data_gather_range(data_sealed_part(scaled), 0, 20, out_test, NO_TARGETS);
    for (int j = 0; j < 2; j++) {
        double slope = (out[2 + j] - out[j]) / ((double)raw[2 + j] - raw[j]);
        for (int i = 0; i < 20; i++)
            ck_assert_double_eq_tol(out_test[2 * i + j], out[j] + slope * (raw_test[2 * i + j] - raw[j]), 1e-4);
    }
    data_set_free(set);
    data_set_free(scaled_set);
    data_sealed_free(sealed);
    data_sealed_free(scaled);
}
END_TEST

START_TEST(no_test_rows_is_an_error)
{
    struct error err;
    struct data_sealed *sealed;
    ASSERT_FAILS(open_sealed("{'format':'made_up','name':'moons','train':0.5,'validation':0.5}", 1, &sealed, &err),
                 ERROR_INPUT, "moons: train and validation leave no row for the test part");
    ck_assert_ptr_null(sealed);
}
END_TEST

/* A tiny tree: data with its sealed header, search above it, and one include line under test. */
static int check_tree(const char *module, const char *include)
{
    char command[512], path[96];
    snprintf(path, sizeof path, "src/%s/it.c", module);
    write_text(path, include);
    snprintf(command, sizeof command, "%s/tests/check_layers.sh %s/src >%s/out 2>&1", SOURCE_DIR, folder, folder);
    int status = system(command);
    ck_assert_int_eq(unlink(in_folder(path)), 0);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(the_layer_check_keeps_the_door_shut)
{
    static const char *const folders[] = {"src", "src/data", "src/search", "src/cli"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(mkdir(in_folder(folders[i]), 0777), 0);
    write_text("src/layers.txt", "0 data:\n1 search: data\n2 cli: search data\nsealed data/sealed.h: data cli\n");
    write_text("src/data/data.h", "#include <stddef.h>\n");
    write_text("src/data/sealed.h", "#include \"data/data.h\"\n");
    ck_assert_int_eq(check_tree("search", "#include \"data/data.h\"\n"), 0);
    ck_assert_int_eq(check_tree("cli", "#include \"data/sealed.h\"\n"), 0);
    ck_assert_int_eq(check_tree("data", "#include \"data/sealed.h\"\n"), 0);
    char said[512] = "";
    ck_assert_int_eq(check_tree("search", "#include \"data/sealed.h\"\n"), 1);
    ck_assert_uint_gt(read_bytes("out", said, sizeof said - 1), 0);
    ck_assert_ptr_nonnull(strstr(said, "search/it.c:1:"));
    ck_assert_ptr_nonnull(strstr(said, "data/sealed.h is sealed for search"));
    ck_assert_int_eq(check_tree("search", "int a;\n\t# include\t\"data/sealed.h\" // why\n"), 1);
    ck_assert_int_eq(check_tree("search", "#include <data/sealed.h>\n"), 1);
    ck_assert_int_eq(check_tree("search", "#include \"data//sealed.h\"\n"), 1);
    ck_assert_int_eq(check_tree("search", "#include \"../data/sealed.h\"\n"), 1);
    ck_assert_int_eq(check_tree("search", "#define H \"data/sealed.h\"\n#include H\n"), 1);
    write_text("src/layers.txt", "0 data:\n1 search: data\nsealed data/seeled.h: data\n");
    ck_assert_int_eq(check_tree("search", "#include \"data/data.h\"\n"), 1);
}
END_TEST

/* The real table must seal the real header, and the search and the trainer must be outside. */
START_TEST(the_real_table_seals_the_test_part)
{
    FILE *file = fopen(SOURCE_DIR "/src/layers.txt", "r");
    ck_assert_ptr_nonnull(file);
    char line[512];
    int seals = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "sealed data/sealed.h:", 21) != 0)
            continue;
        seals++;
        static const char *const outside[] = {"search", "fitness", "nn", "executor"};
        for (int i = 0; i < 4; i++)
            ck_assert_ptr_null(strstr(line + 21, outside[i]));
    }
    fclose(file);
    ck_assert_int_eq(seals, 1);
}
END_TEST

/* The plain twin of data_widen at every byte, for lengths that leave every kind of tail. */
START_TEST(all_instruction_levels_widen_alike)
{
    data_widen *const levels[] = {
        data_widen_portable,
#if defined(__x86_64__)
        isa_best() >= ISA_V3 ? data_widen_v3 : data_widen_portable,
        isa_best() >= ISA_V4 ? data_widen_v4 : data_widen_portable,
#endif
    };
    uint8_t u[256 + 7];
    for (int i = 0; i < 263; i++)
        u[i] = (uint8_t)(i * 37);
    const float factor = 0.0110631f, shift = -0.8102f;
    for (size_t level = 0; level < sizeof levels / sizeof levels[0]; level++)
        for (int length = 0; length <= 263; length += length < 80 ? 1 : 61) {
            float x[264];
            x[length] = 12345;
            levels[level](u, length, factor, shift, x);
            for (int i = 0; i < length; i++) {
                volatile float product = factor * (float)u[i];
                float expected = product + shift;
                ck_assert_mem_eq(&x[i], &expected, sizeof expected);
            }
            ck_assert_float_eq(x[length], 12345);
        }
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data sealed", idx_test_rows_are_the_test_files, idx_test_files_must_fit,
                                table_test_rows_are_the_rest, no_test_rows_is_an_error,
                                the_layer_check_keeps_the_door_shut, the_real_table_seals_the_test_part,
                                all_instruction_levels_widen_alike);
}
