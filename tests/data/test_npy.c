/* Arrays as NumPy writes them, all types and versions, and what is refused. */
#include "data/files.h"

#include "base/text.h"

#include <math.h>

enum { ROWS = 10 };

#define NPY "{'format':'npy','inputs':'x.npy','labels':'y.npy','train':6,'validation':2"
#define RAW NPY ",'scale':'none'}"

static size_t put_start(uint8_t *out, int version, const char *literal)
{
    size_t length = strlen(literal), place = 8;
    memcpy(out, "\x93NUMPY", 6);
    out[6] = (uint8_t)version;
    out[7] = 0;
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        out[place++] = (uint8_t)(length >> 8 * i);
    memcpy(out + place, literal, length);
    return place + length;
}

/* Low byte first, as on the machine of the file. */
static size_t put_number(uint8_t *out, const char *descr, double value)
{
    int size = descr[2] - '0';
    uint64_t bits = (uint64_t)(int64_t)value;
    float single = (float)value;
    uint32_t half;
    memcpy(&half, &single, sizeof half);
    if (descr[1] == 'f' && size == 4)
        bits = half;
    else if (descr[1] == 'f')
        memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < size; i++)
        out[i] = (uint8_t)(bits >> 8 * i);
    return (size_t)size;
}

static size_t put_array(uint8_t *out, int version, const char *descr, const char *sizes, const double *values,
                        int count)
{
    char literal[256];
    snprintf(literal, sizeof literal, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }   \n", descr, sizes);
    size_t size = put_start(out, version, literal);
    for (int i = 0; i < count; i++)
        size += put_number(out + size, descr, values[i]);
    return size;
}

static void write_array(const char *name, int version, const char *descr, const char *sizes, const double *values,
                        int count)
{
    uint8_t bytes[4096];
    write_file(name, bytes, put_array(bytes, version, descr, sizes, values, count));
}

/* Labels 3, 5, 9, 3, ... for ten rows. */
static void write_labels(const char *descr)
{
    static const double classes[] = {3, 5, 9};
    double values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = classes[i % 3];
    write_array("y.npy", 1, descr, "10,", values, ROWS);
}

/* Value j of row i. */
static double value_of(int i, int j)
{
    return 11 * i + j;
}

static void write_inputs(int version, const char *descr, const char *sizes, int features)
{
    double values[1000];
    for (int i = 0; i < ROWS * features; i++)
        values[i] = value_of(i / features, i % features);
    write_array("x.npy", version, descr, sizes, values, ROWS * features);
}

static void check_rows(const struct data_set *set, int features)
{
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
            float x[100];
            int32_t y, row = data_index(data_part(set, split), i);
            data_gather_range(data_part(set, split), i, 1, x, CLASSES(&y));
            for (int j = 0; j < features; j++)
                ck_assert_float_eq(x[j], (float)value_of(row, j));
            ck_assert_int_eq(y, row % 3);
        }
}

START_TEST(every_type_and_version_is_read)
{
    static const char *const types[] = {"|u1", "|i1", "<i2", "<u2", "<i4", "<u4", "<i8", "<f4", "<f8"};
    struct error err;
    struct data_set *set;
    for (int version = 1; version <= 3; version++)
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            write_labels(types[i < 7 ? i : 0]);
            write_inputs(version, types[i], "10, 2", 2);
            ASSERT_OK(open_set(RAW, 1, &set, &err));
            ck_assert_int_eq(data_shape(set).rank, 1);
            ck_assert_int_eq(data_shape(set).features, 2);
            ck_assert_int_eq(data_shape(set).classes, 3);
            ck_assert_str_eq(data_class_name(set, 2), "9");
            check_rows(set, 2);
            data_set_free(set);
        }
}
END_TEST

START_TEST(negative_numbers_keep_their_sign)
{
    static const char *const types[] = {"|i1", "<i2", "<i4", "<i8", "<f4", "<f8"};
    double signs[ROWS] = {-128, 127, -1, 0, 5, -77, 1, 2, 3, 4};
    struct error err;
    struct data_set *set;
    write_labels("<i4");
    for (size_t type = 0; type < sizeof types / sizeof types[0]; type++) {
        for (int i = 0; type == 1 && i < ROWS; i++) /* from here on more than a byte */
            signs[i] *= 250;
        write_array("x.npy", 1, types[type], "10,1", signs, ROWS);
        ASSERT_OK(open_set(RAW, 1, &set, &err));
        for (int i = 0; i < 6; i++) {
            float x;
            data_gather_range(data_part(set, DATA_TRAIN), i, 1, &x, NO_TARGETS);
            ck_assert_float_eq(x, (float)signs[data_index(data_part(set, DATA_TRAIN), i)]);
        }
        data_set_free(set);
    }
}
END_TEST

START_TEST(images_keep_their_shape)
{
    static const struct {
        const char *descr, *sizes, *description;
        int size[3];
    } cases[] = {
        {"|u1", "10, 3, 2", "x.npy: 3x2 uint8, 3 classes, 6 train, 2 validation, test sealed", {3, 2, 1}},
        {"|u1", "10, 2, 1, 3", "x.npy: 2x1x3 uint8, 3 classes, 6 train, 2 validation, test sealed", {2, 1, 3}},
        {"<f4", "10, 3, 2", "x.npy: 3x2 float, 3 classes, 6 train, 2 validation, test sealed", {3, 2, 1}},
    };
    struct error err;
    struct data_set *set;
    uint64_t digest[3];
    write_labels("<i4");
    for (int i = 0; i < 3; i++) {
        struct text line = TEXT_EMPTY;
        write_inputs(1, cases[i].descr, cases[i].sizes, 6);
        ASSERT_OK(open_set(RAW, 1, &set, &err));
        ck_assert_int_eq(data_shape(set).rank, 3);
        for (int d = 0; d < 3; d++)
            ck_assert_int_eq(data_shape(set).size[d], cases[i].size[d]);
        check_rows(set, 6);
        data_describe(set, &line);
        ck_assert_str_eq(text_string(&line), cases[i].description);
        text_release(&line);
        digest[i] = data_digest(set);
        data_set_free(set);
    }
    ck_assert_uint_ne(digest[0], digest[1]); /* only the shape differs */
}
END_TEST

/* One factor for all pixels, and the same whether they are kept as bytes or as floats. */
START_TEST(images_are_scaled_as_a_whole)
{
    struct error err;
    float x[2][2][36];
    static const char *const types[] = {"|u1", "<f8"}, *const scales[] = {"standard", "unit"};
    write_labels("<i4");
    for (int type = 0; type < 2; type++)
        for (int scale = 0; scale < 2; scale++) {
            struct data_set *set;
            char text[256];
            write_inputs(1, types[type], "10, 3, 2", 6);
            snprintf(text, sizeof text, NPY ",'scale':'%s'}", scales[scale]);
            ASSERT_OK(open_set(text, 1, &set, &err));
            data_gather_range(data_part(set, DATA_TRAIN), 0, 6, x[type][scale], NO_TARGETS);
            data_set_free(set);
        }
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
    for (int i = 0; i < 36; i++) {
        ck_assert_float_eq_tol(x[0][0][i], x[1][0][i], 1e-5f);
        sum += x[1][0][i] / 36;
        squares += x[1][0][i] * x[1][0][i] / 36;
        low = fmin(low, x[1][1][i]);
        high = fmax(high, x[1][1][i]);
    }
    ck_assert_double_eq_tol(sum, 0, 1e-5);
    ck_assert_double_eq_tol(squares, 1, 1e-5);
    ck_assert_double_eq(low, 0);
    ck_assert_double_eq(high, 1);
}
END_TEST

START_TEST(numbers_are_predicted_from_a_target)
{
    struct error err;
    struct data_set *set;
    double values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = 0.5 * i - 2;
    write_inputs(1, "<f4", "10, 2", 2);
    write_array("y.npy", 2, "<f8", "10, 1", values, ROWS);
    ASSERT_OK(open_set("{'format':'npy','inputs':'x.npy','target':'y.npy'}", 1, &set, &err));
    ck_assert_int_eq(data_shape(set).target, DATA_TARGET_NUMBER);
    struct data_number number = data_number(set);
    for (int i = 0; i < 6; i++) {
        float x[2], y;
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, VALUES(&y));
        ck_assert_double_eq_tol(number.mean + number.deviation * y, values[data_index(data_part(set, DATA_TRAIN), i)],
                                1e-6);
    }
    data_set_free(set);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "y.npy: labels are integers, these are of type f8");
}
END_TEST

START_TEST(packed_arrays_and_other_spellings_are_read)
{
    uint8_t bytes[4096], packed[4096];
    write_labels("<i8");
    write_inputs(1, "<i2", "10, 2", 2);
    uint64_t expected = digest_of(RAW);
    write_gzip("x.npy", bytes, read_bytes("x.npy", bytes, sizeof bytes));
    ck_assert_uint_eq(digest_of(RAW), expected);
    size_t header = put_array(bytes, 1, "<i2", "10, 2", NULL, 0);
    size_t data = put_array(packed, 1, "<i2", "10, 2", (double[20]){0}, 20) - header;
    write_inputs(1, "<i2", "10, 2", 2);
    read_bytes("x.npy", packed, sizeof packed);
    size_t size = put_start(bytes, 1, "{'shape':(10L, 2L),'fortran_order':False,'descr':'<i2'}\n");
    memcpy(bytes + size, packed + header, data);
    write_file("x.npy", bytes, size + data);
    ck_assert_uint_eq(digest_of(RAW), expected);
}
END_TEST

START_TEST(wrong_arrays_are_refused_by_name)
{
    static const struct {
        const char *literal, *fragment;
    } cases[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (10, 2), }", "numbers of type >f4 are big endian; save"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (10, 2), }", "the array is in Fortran order; save it again"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (10, 2), }", "type |O (Python objects) are not read"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (10, 2), }", "type <f2 are not read"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (10, 2), }", "type <c8 are not read"},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (10, 2), }", "type |b1 are not read"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (10,), }", "(records) are not read"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10, 1, 1, 1, 2), }", "more than 4 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10, 0), }", "size 2 of the array is 0"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }", "the inputs have 1 dimension, expected 2 to 4"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "the inputs have 0 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, }", "the header is not that of an NPY file"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (10, 2), }", "the header is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10, x), }", "the header is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10, 2", "the header is not"},
        {"{'descr': '<f4", "the header is not"},
        {"", "the header is not"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000), }", "GiB of memory"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }",
         "ends too early: expected 190 bytes, found 150"},
    };
    struct error err;
    struct data_set *set;
    uint8_t bytes[1024] = {0};
    write_labels("<i4");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file("x.npy", bytes, put_start(bytes, 1, cases[i].literal) + 80);
        ASSERT_FAILS(open_set(RAW, 1, &set, &err), i == 17 ? ERROR_MEMORY : ERROR_INPUT, cases[i].fragment);
        ASSERT_FAILS(open_set(RAW, 1, &set, &err), i == 17 ? ERROR_MEMORY : ERROR_INPUT, "x.npy: ");
        ck_assert_uint_gt(strlen(err.hint), 0);
    }
    write_file("x.npy", "PK\3\4 and more", 13);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT,
                 "this is a zip archive, but an NPY array was expected; unpack it: unzip ");
    write_file("x.npy", "PLAIN text", 10);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "not an NPY file: it begins with 50 4c 41 49");
    write_file("x.npy", "\x93NUMPY\x04\0zz", 10);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "NPY version 4.0 is not known");
    write_file("x.npy", "\x93NUM", 4);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "ends too early");
    write_inputs(1, "|u1", "10, 2", 2);
    size_t size = read_bytes("x.npy", bytes, sizeof bytes);
    write_file("x.npy", bytes, size + 1);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "the file is too long");
    double values[20] = {0};
    values[7] = NAN;
    write_array("x.npy", 1, "<f4", "10, 2", values, 20);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "x.npy: number 1 of row 3 is not a number");
    values[7] = 1e39;
    write_array("x.npy", 1, "<f8", "10, 2", values, 20);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "number 1 of row 3 is too large");
    write_inputs(1, "|u1", "10, 2", 2);
    write_array("y.npy", 1, "<i4", "9,", values, 9);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "y.npy: it has 9 numbers, but ");
    write_array("y.npy", 1, "<i4", "10, 2", values, 20);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "expected one number a row, found 2 dimensions");
    write_array("y.npy", 1, "|i1", "10,", (double[ROWS]){0}, ROWS);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "the labels have 1 different value");
}
END_TEST

/* Labels next to each other that a double, or 63 bits, takes for one. */
START_TEST(labels_of_64_bits_keep_their_last_bit)
{
    static const struct {
        const char *descr;
        uint64_t labels[3];
        const char *names[3]; /* in their order */
    } cases[] = {
        {"<i8", {UINT64_C(1) << 60, (UINT64_C(1) << 60) + 1, 7}, {"7", "1152921504606846976", "1152921504606846977"}},
        {"<i8",
         {UINT64_C(0x8000000000000000), UINT64_C(0x8000000000000001), UINT64_C(0x7fffffffffffffff)},
         {"-9223372036854775808", "-9223372036854775807", "9223372036854775807"}},
        {"<u8",
         {UINT64_C(0xffffffffffffffff), UINT64_C(0xfffffffffffffffe), UINT64_C(0x8000000000000000)},
         {"9223372036854775808", "18446744073709551614", "18446744073709551615"}},
        {"<i8", {UINT64_MAX, 0, 1}, {"-1", "0", "1"}},
    };
    write_inputs(1, "<f4", "10, 2", 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct data_set *set;
        uint8_t bytes[512];
        char literal[100];
        snprintf(literal, sizeof literal, "{'descr': '%s', 'fortran_order': False, 'shape': (10,), }\n",
                 cases[i].descr);
        size_t size = put_start(bytes, 1, literal);
        for (int row = 0; row < ROWS; row++)
            for (int byte = 0; byte < 8; byte++)
                bytes[size++] = (uint8_t)(cases[i].labels[row % 3] >> 8 * byte);
        write_file("y.npy", bytes, size);
        ASSERT_OK(open_set(RAW, 1, &set, &err));
        ck_assert_int_eq(data_shape(set).classes, 3);
        for (int class = 0; class < 3; class ++)
            ck_assert_str_eq(data_class_name(set, class), cases[i].names[class]);
        for (ptrdiff_t k = 0; k < data_size(data_part(set, DATA_TRAIN)); k++) {
            float x[2];
            int32_t y;
            char name[24];
            data_gather_range(data_part(set, DATA_TRAIN), k, 1, x, CLASSES(&y));
            uint64_t label = cases[i].labels[data_index(data_part(set, DATA_TRAIN), k) % 3];
            if (cases[i].descr[1] == 'i')
                snprintf(name, sizeof name, "%lld", (long long)label);
            else
                snprintf(name, sizeof name, "%llu", (unsigned long long)label);
            ck_assert_str_eq(data_class_name(set, y), name);
        }
        data_set_free(set);
    }
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    write_labels("<i4");
    write_inputs(1, "|u1", "10, 3, 2", 6);
    check_allocations(RAW, 20);
    write_inputs(1, "<f4", "10, 3, 2", 6);
    check_allocations("{'format':'npy','inputs':'x.npy','target':'y.npy'}", 15);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES(
        "data npy", every_type_and_version_is_read, negative_numbers_keep_their_sign, images_keep_their_shape,
        images_are_scaled_as_a_whole, numbers_are_predicted_from_a_target, packed_arrays_and_other_spellings_are_read,
        wrong_arrays_are_refused_by_name, labels_of_64_bits_keep_their_last_bit, every_failing_allocation_is_reported);
}
