/* What every entry of formats.def must do, and a format of the test's own, which no other file knows. */
#include "data/cases.h"

#include "base/text.h"
#include "data/format_internal.h"

#include <unistd.h>

static const struct data_format *format_of(int i)
{
    for (int k = 0; data_formats[k]; k++)
        if (strcmp(data_formats[k]->name, format_cases[i].format) == 0)
            return data_formats[k];
    ck_abort_msg("there is no format %s", format_cases[i].format);
    return NULL;
}

START_TEST(every_format_has_a_case)
{
    for (int k = 0; data_formats[k]; k++) {
        int found = 0;
        for (int i = 0; i < FORMAT_CASES; i++)
            found += format_of(i) == data_formats[k];
        ck_assert_msg(found > 0, "tests/data/cases.h has no case of the format %s", data_formats[k]->name);
        for (int other = 0; other < k; other++)
            ck_assert_str_ne(data_formats[k]->name, data_formats[other]->name);
        ck_assert(data_formats[k]->settings && data_formats[k]->size > 0 && data_formats[k]->summary);
        ck_assert(data_formats[k]->title && data_formats[k]->load);
        double given = data_formats[k]->train + data_formats[k]->validation;
        ck_assert(data_formats[k]->train > 0 && data_formats[k]->validation > 0);
        ck_assert(data_formats[k]->test_files ? given == 1 : given < 1);
    }
}
END_TEST

/* The seed decides about the division, and a text has none to decide about. */
START_TEST(a_seed_gives_the_same_set_again)
{
    struct error err;
    struct data_set *set[3];
    for (int i = 0; i < FORMAT_CASES; i++) {
        const char *text = begin_case(i, "");
        for (int k = 0; k < 3; k++)
            ASSERT_OK(open_set(text, k < 2 ? 11 : 12, &set[k], &err));
        ck_assert_uint_eq(data_digest(set[0]), data_digest(set[1]));
        ck_assert((data_digest(set[0]) == data_digest(set[2])) == (strcmp(format_cases[i].format, "text") == 0));
        struct text line[2] = {TEXT_EMPTY, TEXT_EMPTY};
        data_describe(set[0], &line[0]);
        data_describe(set[1], &line[1]);
        ck_assert_str_eq(text_string(&line[0]), text_string(&line[1]));
        ck_assert(strchr(text_string(&line[0]), ':') != text_string(&line[0]));
        for (int k = 0; k < 3; k++)
            data_set_free(set[k]);
        text_release(&line[0]);
        text_release(&line[1]);
    }
}
END_TEST

/* A key that is not known is refused, and the message has all that are; so are the keys that a format goes without. */
START_TEST(unknown_keys_are_refused)
{
    struct error err;
    struct data_spec spec;
    for (int i = 0; i < FORMAT_CASES; i++) {
        const struct data_format *format = format_of(i);
        ASSERT_FAILS(read_spec(begin_case(i, ",\"tarin\":0.5"), &spec, &err), ERROR_INPUT, "tarin: unknown key");
        ck_assert_ptr_nonnull(strstr(err.hint, "train, validation"));
        for (const struct setting *setting = format->settings; setting->key; setting++)
            ck_assert_ptr_nonnull(strstr(err.hint, setting->key));
        ck_assert_int_eq(strstr(err.hint, ", test") != NULL && !strstr(err.hint, ", test_"), !format->test_files);
        ck_assert_int_eq(strstr(err.hint, ", scale") != NULL, !format->unscaled);
        if (format->test_files)
            ASSERT_FAILS(read_spec(begin_case(i, ",\"test\":0.1"), &spec, &err), ERROR_INPUT, "test: unknown key");
    }
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct error err;
    struct data_set *set;
    for (int i = 0; i < FORMAT_CASES; i++) {
        if (!format_cases[i].file)
            continue;
        const char *text = begin_case(i, "");
        ck_assert_int_eq(unlink(in_folder(format_cases[i].file)), 0);
        ASSERT_FAILS(open_set(text, 1, &set, &err), ERROR_IO, format_cases[i].file);
        ck_assert_ptr_null(set);
    }
}
END_TEST

/* A normal form is JSON of this format, without a path; equal descriptions have equal ones. */
START_TEST(normal_forms_name_no_file)
{
    struct error err;
    struct data_spec spec;
    for (int i = 0; i < FORMAT_CASES; i++) {
        struct text normal = TEXT_EMPTY;
        struct json_document *document = NULL;
        const char *format = NULL;
        ASSERT_OK(read_spec(begin_case(i, ""), &spec, &err));
        data_spec_normal_form(&spec, &normal);
        ASSERT_OK(json_parse(text_string(&normal), "normal form", &document, &err));
        struct json root = json_root(document);
        ASSERT_OK(json_string(json_member(&root, "format"), &format, &err));
        ck_assert_str_eq(format, format_cases[i].format);
        ck_assert(json_exists(json_member(&root, "train")) && json_exists(json_member(&root, "scale")));
        ck_assert_ptr_null(strstr(text_string(&normal), folder));
        ck_assert(!format_cases[i].file || !strstr(text_string(&normal), format_cases[i].file));
        json_document_free(document);
        text_release(&normal);
        data_spec_release(&spec);
    }
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    for (int i = 0; i < FORMAT_CASES; i++)
        check_allocations(begin_case(i, ""), 5);
}
END_TEST

/* ---- a format of the test's own: the squares of the numbers from a file, "rows" of them */

struct squares {
    int64_t rows;
    char *start, *unit;
};

static int settle_squares(const struct json *data, struct data_spec *spec, struct error *err)
{
    const struct squares *squares = spec->settings;
    return strcmp(squares->unit, "inch") ? 0 : json_fail(json_member(data, "unit"), err, "take m", "not here");
}

static const char *squares_title(const struct data_spec *spec)
{
    return ((const struct squares *)spec->settings)->start;
}

static int load_squares(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                        struct error *err)
{
    const struct squares *squares = spec->settings;
    struct data_table table = {.shape = data_shape_table(1, DATA_TARGET_NUMBER), .rows = (ptrdiff_t)squares->rows};
    int start = 0, found = 0;
    FILE *file = fopen(squares->start, "r");
    if (!file)
        return error_set(err, ERROR_IO, squares->start, NULL, "there is no such file");
    found = fscanf(file, "%d", &start);
    fclose(file);
    table.x = memory_array((size_t)table.rows, sizeof *table.x);
    table.numbers = memory_array((size_t)table.rows, sizeof *table.numbers);
    int status = found == 1 && table.x && table.numbers ? 0 : memory_error(err, "the squares");
    for (int i = 0; !status && i < (int)table.rows; i++) {
        table.x[i] = start + i;
        table.numbers[i] = (start + i) * (start + i);
    }
    if (!status)
        status = data_table_load(spec, &table, squares->start, seed, set, test, err);
    data_table_release(&table);
    return status;
}

static const struct setting squares_settings[] = {{"start", SETTING_PATH(struct squares, start), .required = true},
                                                  {"rows", SETTING_INTEGER(struct squares, rows, 3, 100), .usual = 20},
                                                  {"unit", SETTING_STRING(struct squares, unit), .required = true},
                                                  {0}};

static const struct data_format squares = {
    .name = "squares",
    .summary = "Squares.",
    .settings = squares_settings,
    .size = sizeof(struct squares),
    .train = 0.5,
    .validation = 0.25,
    .target = DATA_TARGET_NUMBER,
    .settle = settle_squares,
    .title = squares_title,
    .titled_by_folder = true,
    .load = load_squares,
};

static int read_as_squares(const char *text, struct data_spec *spec, struct error *err)
{
    struct json_document *document;
    *spec = (struct data_spec){0};
    int status = parse_json(text, in_folder("experiment.json"), &document, err);
    if (!status)
        status = data_spec_read_as(&squares, json_root(document), spec, err);
    json_document_free(document);
    return status;
}

START_TEST(a_format_is_its_descriptor)
{
    static const char *const text =
        "{\"format\":\"squares\",\"start\":\"set/s.txt\",\"unit\":\"m\",\"scale\":\"none\"}";
    struct error err;
    struct data_spec spec;
    struct data_set *set;
    struct data_sealed *sealed;
    struct text out = TEXT_EMPTY;
    ASSERT_OK(read_as_squares(text, &spec, &err));
    data_spec_normal_form(&spec, &out);
    ck_assert_str_eq(text_string(&out), "{\"format\":\"squares\",\"rows\":20,\"unit\":\"m\",\"train\":0.5,"
                                        "\"validation\":0.25,\"scale\":\"none\"}");
    ASSERT_FAILS(data_set_open(&spec, 1, &set, &err), ERROR_IO, "set/s.txt: there is no such file");
    char command[256];
    snprintf(command, sizeof command, "mkdir %s/set && echo 5 >%s/set/s.txt", folder, folder);
    ck_assert_int_eq(system(command), 0);
    ASSERT_OK(data_set_open(&spec, 1, &set, &err));
    ASSERT_OK(data_sealed_open(&spec, 1, &sealed, &err));
    struct data_part parts[] = {data_part(set, DATA_TRAIN), data_part(set, DATA_VALIDATION), data_sealed_part(sealed)};
    static const int sizes[] = {10, 5, 5};
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(data_size(parts[k]), sizes[k]);
        for (int i = 0; i < sizes[k]; i++) {
            float x, y;
            data_gather_range(parts[k], i, 1, &x, VALUES(&y));
            ck_assert_float_eq(x, (float)(5 + data_index(parts[k], i)));
            struct data_number number = data_number(set);
            ck_assert_double_eq_tol(number.mean + number.deviation * (double)y, (double)x * (double)x, 1e-4);
        }
    }
    text_clear(&out);
    data_describe(set, &out);
    ck_assert_str_eq(text_string(&out), "set: 1 column, a number to predict, 10 train, 5 validation, test sealed");
    data_set_free(set);
    data_sealed_free(sealed);
    data_spec_release(&spec);
    text_release(&out);
    ASSERT_FAILS(
        read_as_squares("{\"format\":\"squares\",\"start\":\"a\",\"unit\":\"m\",\"folder\":\"b\"}", &spec, &err),
        ERROR_INPUT, "folder: unknown key; known keys here: format, start, rows, unit, train, validation, test, scale");
    /* What was read before the mistake is given back. */
    ASSERT_FAILS(read_as_squares("{\"format\":\"squares\",\"start\":\"a\",\"unit\":\"m\",\"train\":2.5}", &spec, &err),
                 ERROR_INPUT, "2.5 rows cannot be");
    ck_assert_ptr_null(spec.settings);
    ASSERT_FAILS(read_as_squares("{'format':'squares','start':'a','unit':'inch'}", &spec, &err), ERROR_INPUT,
                 "unit: not here; take m");
    ASSERT_FAILS(read_spec(text, &spec, &err), ERROR_INPUT, "expected one of idx, csv, ");
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data formats", every_format_has_a_case, a_seed_gives_the_same_set_again,
                                unknown_keys_are_refused, a_missing_file_is_named, normal_forms_name_no_file,
                                every_failing_allocation_is_reported, a_format_is_its_descriptor);
}
