/* Tables: everything that CSV files in the wild are, good and bad. */
#include "data/files.h"

#include "base/text.h"

#include <locale.h>
#include <math.h>

#define CSV "{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\",\"train\":0.6,\"validation\":0.4"
#define RAW CSV ",\"scale\":\"none\"}"

/* A table of `rows` rows: a = row, b = 1000 - 3 row, c always 0.1, kind by row % 3. */
static void write_table(const char *line_end, int rows)
{
    static const char *const kinds[] = {"oak", "ash", "elm"};
    struct text text = TEXT_EMPTY;
    text_addf(&text, "a,b,kind,c%s", line_end);
    for (int i = 0; i < rows; i++)
        text_addf(&text, "%d,%d,%s,0.1%s", i, 1000 - 3 * i, kinds[i % 3], line_end);
    write_text("t.csv", text_string(&text));
    text_release(&text);
}

START_TEST(rows_come_back_with_their_classes)
{
    struct error err;
    struct data_set *set;
    write_table("\n", 10);
    ASSERT_OK(open_set(RAW, 3, &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.features, 3);
    ck_assert_int_eq(shape.rank, 1);
    ck_assert_int_eq(shape.size[0], 3);
    ck_assert_int_eq(shape.target, DATA_TARGET_CLASS);
    ck_assert_int_eq(shape.targets, 1);
    ck_assert_int_eq(shape.classes, 3);
    ck_assert_str_eq(data_class_name(set, 0), "ash");
    ck_assert_str_eq(data_class_name(set, 1), "elm");
    ck_assert_str_eq(data_class_name(set, 2), "oak");
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 6);
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 4);
    static const int class_of[] = {2, 0, 1};
    int seen = 0;
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
            float x[3];
            int32_t y, row = data_index(data_part(set, split), i), index = (int32_t)i;
            data_gather(data_part(set, split), &index, 1, x, CLASSES(&y));
            ck_assert_float_eq(x[0], (float)row);
            ck_assert_float_eq(x[1], (float)(1000 - 3 * row));
            ck_assert_float_eq(x[2], 0.1f);
            ck_assert_int_eq(y, class_of[row % 3]);
            ck_assert_int_eq(seen & 1 << row, 0);
            seen |= 1 << row;
        }
    ck_assert_int_eq(seen, 1023);
    struct text line = TEXT_EMPTY;
    data_describe(set, &line);
    ck_assert_str_eq(text_string(&line), "t.csv: 3 columns, 3 classes, 6 train, 4 validation, test sealed");
    text_release(&line);
    data_set_free(set);
}
END_TEST

/* The ways of writing one table give one digest. */
START_TEST(quotes_line_ends_and_blank_lines_do_not_matter)
{
    write_text("t.csv", "a,kind\n1,x y\n2.5,z\n-3e1,z\n4,x y\n");
    uint64_t expected = digest_of(RAW);
    static const char *const same[] = {
        "a,kind\r\n1,x y\r\n2.5,z\r\n-3e1,z\r\n4,x y\r\n",
        "a,kind\n1,x y\n2.5,z\n-3e1,z\n4,x y",
        "a,kind\r\n1,x y\r\n2.5,z\r\n-3e1,z\r\n4,\"x y\"\r",
        ("\xef\xbb\xbf"
         "a,kind\n1,x y\n2.5,z\n-3e1,z\n4,x y\n\n"),
        "\n  \na,kind\n1,x y\n\n2.5,z\n-3e1,z\n4,x y\n\r\n \n",
        "\"a\",\"kind\"\n\"1\",\"x y\"\n2.5,\"z\"\n-3e1,z\n4,x y\n",
        " a , kind\n 1,  x y \n2.5 , \"z\" \n+2.5,z\n4,x y\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        write_text("t.csv", same[i]);
        if (i == 6)
            ck_assert_uint_ne(digest_of(RAW), expected);
        else
            ck_assert_msg(digest_of(RAW) == expected, "variant %zu", i);
    }
    write_text("t.csv", "a;kind\n1;x y\n2.5;z\n-3e1;z\n4;x y\n");
    ck_assert_uint_eq(digest_of(CSV ",\"scale\":\"none\",\"separator\":\";\"}"), expected);
    write_text("t.csv", "a\tkind\n1\tx y\n2.5\tz\n-3e1\tz\n4\tx y\n");
    ck_assert_uint_eq(digest_of(CSV ",\"scale\":\"none\",\"separator\":\"\\t\"}"), expected);
    write_text("t.csv", "id,a,,kind\nq,1,,x y\nr,2.5,,z\ns,-3e1,7,z\n,4,,x y\n");
    ck_assert_uint_eq(digest_of(CSV ",\"scale\":\"none\",\"ignore\":[\"id\",\"\"]}"), expected);
}
END_TEST

START_TEST(packed_tables_are_read)
{
    static const char text[] = "a,kind\n1,x\n2.5,z\n-3e1,z\n4,x\n";
    write_text("t.csv", text);
    uint64_t expected = digest_of(RAW);
    write_gzip("t.csv", text, sizeof text - 1);
    ck_assert_uint_eq(digest_of(RAW), expected);
    uint8_t packed[256];
    size_t size = read_bytes("t.csv", packed, sizeof packed);
    write_file("t.csv", packed, size - 4);
    struct error err;
    struct data_set *set;
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "t.csv: the gzip data end too early after 28 unpacked");
}
END_TEST

START_TEST(a_file_and_its_packed_form_must_agree)
{
    static const char text[] = "a,kind\n1,x\n2.5,z\n-3e1,z\n4,x\n", other[] = "a,kind\n1,x\n2.5,z\n-3e1,z\n5,x\n";
    struct error err;
    struct data_set *set;
    write_text("t.csv", text);
    uint64_t expected = digest_of(RAW);
    write_gzip("t.csv.gz", text, sizeof text - 1);
    ck_assert_uint_eq(digest_of(RAW), expected);
    write_gzip("t.csv.gz", other, sizeof other - 1);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT,
                 "t.csv: this file and the packed one beside it (.gz) hold different data; remove or rename");
    write_gzip("t.csv.gz", text, sizeof text - 5);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "hold different data");
    ck_assert_int_eq(unlink(in_folder("t.csv")), 0);
    write_gzip("t.csv.gz", text, sizeof text - 1);
    ck_assert_uint_eq(digest_of(RAW), expected);
}
END_TEST

START_TEST(quoted_cells_may_hold_anything)
{
    struct error err;
    struct data_set *set;
    write_text("t.csv",
               "\"a,b\",kind\n1,\"say \"\"x\"\", y\"\n2,\"two\nlines\"\n3,\"\"\"\"\n4,\"\"\"\"\n5,plain \"q\"\n");
    ASSERT_OK(open_set(CSV "}", 1, &set, &err));
    ck_assert_int_eq(data_shape(set).classes, 4);
    ck_assert_str_eq(data_class_name(set, 0), "\"");
    ck_assert_str_eq(data_class_name(set, 1), "plain \"q\"");
    ck_assert_str_eq(data_class_name(set, 2), "say \"x\", y");
    ck_assert_str_eq(data_class_name(set, 3), "two\nlines");
    data_set_free(set);
}
END_TEST

START_TEST(columns_are_scaled_by_train_alone)
{
    struct error err;
    struct data_set *raw, *standard, *unit;
    write_table("\n", 10);
    ASSERT_OK(open_set(RAW, 3, &raw, &err));
    ASSERT_OK(open_set(CSV "}", 3, &standard, &err));
    ASSERT_OK(open_set(CSV ",\"scale\":\"unit\"}", 3, &unit, &err));
    float r[10][3], s[10][3], u[10][3];
    data_gather_range(data_part(raw, DATA_TRAIN), 0, 6, r[0], NO_TARGETS);
    data_gather_range(data_part(raw, DATA_VALIDATION), 0, 4, r[6], NO_TARGETS);
    data_gather_range(data_part(standard, DATA_TRAIN), 0, 6, s[0], NO_TARGETS);
    data_gather_range(data_part(standard, DATA_VALIDATION), 0, 4, s[6], NO_TARGETS);
    data_gather_range(data_part(unit, DATA_TRAIN), 0, 6, u[0], NO_TARGETS);
    data_gather_range(data_part(unit, DATA_VALIDATION), 0, 4, u[6], NO_TARGETS);
    for (int j = 0; j < 2; j++) {
        double mean = 0, squares = 0, low = INFINITY, high = -INFINITY;
        for (int i = 0; i < 6; i++) {
            mean += r[i][j] / 6;
            low = fmin(low, r[i][j]);
            high = fmax(high, r[i][j]);
        }
        for (int i = 0; i < 6; i++)
            squares += (r[i][j] - mean) * (r[i][j] - mean) / 6;
        for (int i = 0; i < 10; i++) {
            ck_assert_double_eq_tol(s[i][j], (r[i][j] - mean) / sqrt(squares), 1e-5);
            ck_assert_double_eq_tol(u[i][j], (r[i][j] - low) / (high - low), 1e-6);
        }
    }
    for (int i = 0; i < 10; i++) { /* the column that never varies */
        ck_assert_float_eq_tol(s[i][2], 0, 1e-6f);
        ck_assert_float_eq(u[i][2], 0);
    }
    ck_assert_uint_eq(data_digest(raw), data_digest(unit));
    data_set_free(raw);
    data_set_free(standard);
    data_set_free(unit);
}
END_TEST

START_TEST(broken_tables_are_refused_with_line_and_cure)
{
    static const struct {
        const char *text, *fragment;
    } cases[] = {
        {"a,b,sort\n1,2,x\n", "t.csv:1: there is no column \"kind\"; columns: a, b, sort; name one of them"},
        {"a;b;kind\n1;2;x\n", "set \"separator\": \";\""},
        {"a,kind,kind\n1,2,x\n", "t.csv:1: the header has column \"kind\" 2 times"},
        {"kind\nx\ny\n", "no column is left as a feature"},
        {"a,kind\n1,x\n\n2\n", "t.csv:4: this line has 1 cells, the header has 2"},
        {"a,kind\n1,x\n2,y,3\n", "t.csv:3: this line has 3 cells, the header has 2"},
        {"a,kind\n1,x\n2,y,\n", "t.csv:3: this line has 3 cells"},
        {"a,kind\n1,x\nred,y\n",
         "t.csv:3: column \"a\" holds \"red\", which is not a number; write a number, or name the column in "
         "\"one_hot\" or \"ignore\""},
        {"a,kind\n\"1\n2\",x\n3,y\n", "t.csv:2: column \"a\" holds \"1 2\", which is not a number"},
        {"a,kind\n1,\"two\nlines\"\n1,x\nred,y\n", "t.csv:5: column \"a\" holds \"red\""},
        {"a,kind\nnan,x\n", "holds \"nan\", which is not a number"},
        {"a,kind\ninf,x\n", "holds \"inf\""},
        {"a,kind\n0x10,x\n", "holds \"0x10\""},
        {"a,kind\n1.5.2,x\n", "holds \"1.5.2\""},
        {"a,kind\n1e39,x\n", "holds 1e39, which is too large"},
        {"a,kind\n1,x\n,y\n", "t.csv:3: the cell of column \"a\" is empty"},
        {"a,kind\n1,x\n2,\n", "t.csv:3: the label is empty"},
        {"a,kind\n1,\"x\n2,y\n", "t.csv:2: a quoted cell is never closed"},
        {"a,kind\n1,\"x\"y\n", "t.csv:2: \"y"},
        {"", "the file is empty"},
        {"\n\n", "the file is empty"},
        {"a,kind\n", "the table has no rows"},
        {"a,kind\n1,x\n2,x\n", "the label column has 1 different value, a classification needs 2 to 1000"},
        {"a,kind\n1,x\n", "the label column has 1 different value"},
        {"a,a,kind\n1,2,x\n2,3,y\n",
         "t.csv:1: the header has column \"a\" 2 times, first as column 1 and last as column 2; "},
        {",a,kind\n0,1,x\n1,2,y\n",
         "t.csv:1: column 1 has no name, as the index that pandas and R write; set \"ignore\": [\"\"]"},
        {"a,kind,\n1,x,\n2,y,\n", "column 3 has no name: the header ends with a separator; set \"ignore\": [\"\"]"},
        {"a,kind\n1,caf\xe9\n2,y\n", "t.csv:2: the byte e9 is not UTF-8; save it as UTF-8: iconv -f LATIN1 -t UTF-8 "},
        {"a,kind\n1,\xc0\xaf\n2,y\n", "t.csv:2: the byte c0 is not UTF-8"},
        {"a,kind\n1,1\n2,1.0\n",
         "column \"kind\" has one number in two spellings, \"1\" and \"1.0\"; write it in one way"},
        {"a,kind\n1,01\n2,1\n", "in two spellings, \"01\" and \"1\""},
        {"a,kind\n1,+1\n2,1e0\n3,b\n", "in two spellings, \"+1\" and \"1e0\""},
        {"a,kind\n1,100\n2,1e2\n3,b\n", "in two spellings, \"100\" and \"1e2\""},
        {"a,kind\n1,-0.50\n2,-.5\n3,b\n", "in two spellings, \"-.5\" and \"-0.50\""},
        {"a,kind\n1,0\n2,-0.0\n3,b\n", "in two spellings, \"-0.0\" and \"0\""},
        {"a,kind\n1,1152921504606846977\n2,1152921504606846977.0\n3,b\n", "in two spellings"},
    };
    struct error err;
    struct data_set *set;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_text("t.csv", cases[i].text);
        ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, cases[i].fragment);
        ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "t.csv");
        ck_assert_uint_gt(strlen(err.hint), 0);
    }
    write_file("t.csv", "a,kind\n1,\0x\n", 12);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "holds a zero byte");
    ck_assert_int_eq(unlink(in_folder("t.csv")), 0);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_IO, "t.csv: there is no such file");
}
END_TEST

/* Different numbers are different classes, however near; what is no number is a text to the letter. */
START_TEST(labels_are_classes_to_the_last_digit)
{
    static const struct {
        const char *labels[3];
    } cases[] = {
        {{"1152921504606846976", "1152921504606846977", "1152921504606846978"}},
        {{"0.1", "0.10000000000000000001", "0.2"}},
        {{"1e-400", "1e400", "2e400"}},
        {{"1", "-1", "1a"}},
        {{"NaN", "nan", "inf"}},
        {{"a", "A", "\xc3\xa4"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct data_set *set;
        struct text text = TEXT_EMPTY;
        text_add(&text, "a,kind\n");
        for (int row = 0; row < 9; row++)
            text_addf(&text, "%d,%s\n", row, cases[i].labels[row % 3]);
        write_text("t.csv", text_string(&text));
        text_release(&text);
        ASSERT_OK(open_set(RAW, 1, &set, &err));
        ck_assert_int_eq(data_shape(set).classes, 3);
        data_set_free(set);
    }
}
END_TEST

/* The same table with decimal commas; and its normal form tells the two apart, but not from before there was a choice.
 */
START_TEST(decimal_commas_are_read_where_they_are_said)
{
    struct error err;
    struct data_spec spec;
    struct text normal = TEXT_EMPTY;
    write_text("t.csv", "a;kind\n1;x y\n2.5;z\n-3e1;z\n.5;x y\n");
    uint64_t expected = digest_of(CSV ",\"scale\":\"none\",\"separator\":\";\"}");
    write_text("t.csv", "a;kind\n1;x y\n2,5;z\n-3e1;z\n,5;x y\n");
    ck_assert_uint_eq(digest_of(CSV ",\"scale\":\"none\",\"separator\":\";\",\"decimal\":\",\"}"), expected);
    ASSERT_OK(read_spec(CSV ",\"decimal\":\",\"}", &spec, &err));
    data_spec_normal_form(&spec, &normal);
    ck_assert_ptr_nonnull(strstr(text_string(&normal), ",\"decimal\":\",\""));
    data_spec_release(&spec);
    text_clear(&normal);
    ASSERT_OK(read_spec(CSV ",\"decimal\":\".\"}", &spec, &err));
    data_spec_normal_form(&spec, &normal);
    ck_assert_ptr_null(strstr(text_string(&normal), "decimal"));
    data_spec_release(&spec);
    text_release(&normal);
    ASSERT_FAILS(read_spec(CSV ",\"decimal\":\"\"}", &spec, &err), ERROR_INPUT, "$.decimal: expected \".\" or \",\"");
}
END_TEST

START_TEST(too_many_classes_are_refused)
{
    struct error err;
    struct data_set *set;
    struct text text = TEXT_EMPTY;
    text_add(&text, "a,kind\n");
    for (int i = 0; i < 1001; i++)
        text_addf(&text, "1,%d.5\n", i);
    write_text("t.csv", text_string(&text));
    text_release(&text);
    ASSERT_FAILS(open_set(RAW, 1, &set, &err), ERROR_INPUT, "1001 different values");
}
END_TEST

START_TEST(numbers_do_not_follow_the_locale)
{
    write_text("t.csv", "a,kind\n1,x\n2.5,z\n-3e1,z\n4,x\n");
    uint64_t expected = digest_of(RAW);
    /* Only where such a locale is installed can this fail. */
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        setlocale(LC_ALL, "fr_FR.UTF-8");
    ck_assert_uint_eq(digest_of(RAW), expected);
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(divisions_by_number_and_share)
{
    static const struct {
        const char *parts;
        int train, validation;
    } cases[] = {
        {"\"train\":5,\"validation\":2", 5, 2},
        {"\"train\":5,\"validation\":2,\"test\":0", 5, 2},
        {"\"train\":5,\"validation\":2,\"test\":3", 5, 2},
        {"\"train\":0.55,\"validation\":0.25,\"test\":0.2", 6, 2},
        {"\"train\":0.7,\"validation\":0.2,\"test\":0.1", 7, 2},
        {"\"train\":0.33,\"validation\":0.33,\"test\":0.34", 3, 4},
        {"\"scale\":\"unit\"", 6, 2},
    };
    struct error err;
    struct data_set *set;
    write_table("\n", 10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\",%s}", cases[i].parts);
        ASSERT_OK(open_set(text, 1, &set, &err));
        ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), cases[i].train);
        ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), cases[i].validation);
        data_set_free(set);
    }
    ASSERT_FAILS(
        open_set("{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\",\"train\":5,\"validation\":3,\"test\":3}",
                 1, &set, &err),
        ERROR_INPUT, "there are 10 rows to divide, but train 5 + validation 3 + test 3 are asked for");
}
END_TEST

#define TABLE "{\"format\":\"csv\",\"file\":\"t.csv\",\"train\":0.6,\"validation\":0.4"

START_TEST(numbers_to_predict_are_standardised)
{
    struct error err;
    struct data_set *set;
    write_table("\n", 10);
    ASSERT_OK(open_set(TABLE ",\"target\":\"b\",\"ignore\":[\"kind\"],\"scale\":\"none\"}", 3, &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.features, 2);
    ck_assert_int_eq(shape.classes, 0);
    ck_assert_int_eq(shape.target, DATA_TARGET_NUMBER);
    float x[6][2], y[6], v[4];
    int32_t untouched[6] = {7, 7, 7, 7, 7, 7};
    data_gather_range(data_part(set, DATA_TRAIN), 0, 6, x[0], ((struct data_targets){untouched, y}));
    ck_assert_int_eq(untouched[5], 7);
    data_gather_range(data_part(set, DATA_TRAIN), 0, 6, x[0], NO_TARGETS);
    double mean = 0, squares = 0;
    for (int i = 0; i < 6; i++)
        mean += (1000 - 3.0 * x[i][0]) / 6;
    for (int i = 0; i < 6; i++)
        squares += pow(1000 - 3.0 * x[i][0] - mean, 2) / 6;
    ck_assert_double_eq_tol(data_number(set).mean, mean, 1e-9);
    ck_assert_double_eq_tol(data_number(set).deviation, sqrt(squares), 1e-9);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol(y[i], (1000 - 3.0 * x[i][0] - mean) / sqrt(squares), 1e-6);
    data_gather_range(data_part(set, DATA_VALIDATION), 0, 4, x[0], VALUES(v));
    double middle = 0, variance = 0;
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(v[i], (1000 - 3.0 * x[i][0] - mean) / sqrt(squares), 1e-6);
        middle += v[i] / 4.0;
    }
    for (int i = 0; i < 4; i++)
        variance += pow(v[i] - middle, 2) / 4;
    ck_assert_double_eq_tol(data_target_variance(data_part(set, DATA_VALIDATION)), variance, 1e-6);
    struct text line = TEXT_EMPTY;
    data_describe(set, &line);
    ck_assert_str_eq(text_string(&line), "t.csv: 2 columns, a number to predict, 6 train, 4 validation, test sealed");
    text_release(&line);
    data_set_free(set);
    ASSERT_FAILS(open_set(TABLE ",\"target\":\"c\",\"ignore\":[\"kind\"]}", 3, &set, &err), ERROR_INPUT,
                 "the number to predict is 0.1 in all 6 rows of the train part");
    ASSERT_FAILS(open_set(TABLE ",\"target\":\"kind\"}", 3, &set, &err), ERROR_INPUT,
                 "t.csv:2: column \"kind\" holds \"oak\", which is not a number; write a number, or name the column as "
                 "\"label\"");
}
END_TEST

START_TEST(one_hot_columns_stand_where_their_column_stood)
{
    struct error err;
    struct data_set *set;
    write_text("t.csv",
               "a,colour,kind,size,b\n1,red,x,L,10\n2,blue,y,,20\n3,red,x,S,30\n4,\"\xc3\xa4\",y,L,40\n5,red,x,L,50\n");
    ASSERT_OK(
        open_set(TABLE ",\"label\":\"kind\",\"one_hot\":[\"size\",\"colour\"],\"scale\":\"none\"}", 3, &set, &err));
    /* a; blue, red, a umlaut; "", L, S; b */
    static const float expected[5][8] = {{1, 0, 1, 0, 0, 1, 0, 10},
                                         {2, 1, 0, 0, 1, 0, 0, 20},
                                         {3, 0, 1, 0, 0, 0, 1, 30},
                                         {4, 0, 0, 1, 0, 1, 0, 40},
                                         {5, 0, 1, 0, 0, 1, 0, 50}};
    ck_assert_int_eq(data_shape(set).features, 8);
    ck_assert_int_eq(data_shape(set).classes, 2);
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
            float x[8];
            int32_t y, row = data_index(data_part(set, split), i);
            data_gather_range(data_part(set, split), i, 1, x, CLASSES(&y));
            ck_assert_mem_eq(x, expected[row], sizeof x);
            ck_assert_int_eq(y, row % 2);
        }
    data_set_free(set);
    struct text text = TEXT_EMPTY;
    text_add(&text, "a,id,kind\n");
    for (int i = 0; i < 1001; i++)
        text_addf(&text, "1,n%d,%d\n", i, i % 2);
    write_text("t.csv", text_string(&text));
    text_release(&text);
    ASSERT_FAILS(
        open_set(TABLE ",\"label\":\"kind\",\"one_hot\":[\"id\"]}", 3, &set, &err), ERROR_INPUT,
        "t.csv:1: column \"id\" of \"one_hot\" has 1001 different values, the limit is 1000; name it in \"ignore\"");
}
END_TEST

/* Other ways of writing the same numbers give the same digest. */
START_TEST(tables_without_header_are_read)
{
    struct error err;
    struct data_set *set;
#define BARE TABLE ",\"header\":false,\"target\":\"2\""
    write_text("t.csv", "1,2,3\n4,5,6\n7,8,9\n10,11,12\n");
    uint64_t expected = digest_of(BARE "}");
    write_text("t.csv", "a,2,c\n1,2,3\n4,5,6\n7,8,9\n10,11,12\n");
    ck_assert_uint_eq(digest_of(TABLE ",\"target\":\"2\"}"), expected);
    write_text("t.csv", "\xef\xbb\xbf 12 columns \n\n\n1,2,3\r\n4,5,6\r\n7,8,9\r\n10,11,12");
    ck_assert_uint_eq(digest_of(BARE ",\"skip\":1}"), expected);
    static const char *const spaced[] = {
        "1 2 3\n4 5 6\n7 8 9\n10 11 12\n",
        "  1  2 3 \n 4\t5   6\t\n\n   \n7 8 9\n10 11 12",
        "1 2 3 \r\n4 \"5\" 6\r\n  \r\n7 8 \"9\" \r\n10 11 12  \r\n",
        "1 2 3\n4 5 6\n7 8 9\n10 11 12   ",
    };
    for (size_t i = 0; i < sizeof spaced / sizeof spaced[0]; i++) {
        write_text("t.csv", spaced[i]);
        ck_assert_msg(digest_of(BARE ",\"separator\":\" \"}") == expected, "variant %zu", i);
    }
    write_text("t.csv", "1 3\n4 6\n7 9\n10 12\n");
    write_gzip("y", "2\n5\n\n8\n1.1e1\n", 13);
    ck_assert_uint_eq(digest_of(TABLE ",\"header\":false,\"separator\":\" \",\"target_file\":\"y\"}"), expected);
    static const struct {
        const char *more, *fragment;
    } cases[] = {
        {",\"target\":\"1\",\"skip\":9}", "t.csv:5: the file ends within the 9 lines to skip; lower \"skip\""},
        {",\"target\":\"4\"}", "t.csv:1: there is no column \"4\"; columns: 1, 2"},
        {",\"target\":\"1\",\"ignore\":[\"0\"]}", "there is no column \"0\""},
        {",\"target_file\":\"short\"}", "short: it has 3 numbers, but "},
        {",\"target_file\":\"wide\"}", "wide:1: this line has 2 cells; write one number a line"},
        {",\"target_file\":\"odd\"}", "odd:3: this line has 2 cells, the first line has 1"},
        {",\"target_file\":\"word\"}",
         "word:2: column \"1\" holds \"x\", which is not a number; write one number a line"},
        {",\"target_file\":\"empty\"}", "empty: the file is empty"},
        {",\"target_file\":\"none\"}", "none: there is no such file"},
    };
    write_text("short", "1\n2\n3\n");
    write_text("wide", "1,2\n");
    write_text("odd", "1\n2\n3,4\n");
    write_text("word", "1\nx\n");
    write_text("empty", "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s%s", TABLE ",\"header\":false,\"separator\":\" \"", cases[i].more);
        ASSERT_FAILS(open_set(text, 1, &set, &err), i == 8 ? ERROR_IO : ERROR_INPUT, cases[i].fragment);
        ck_assert_uint_gt(strlen(err.hint), 0);
    }
    write_text("t.csv", "569,30,malignant\n1,2,3,x\n4,5,6,y\n");
    ASSERT_FAILS(
        open_set(TABLE ",\"header\":false,\"label\":\"3\"}", 1, &set, &err), ERROR_INPUT,
        "t.csv:2: this line has 4 cells, the first line has 3; the table begins further down: set \"skip\": 1");
}
END_TEST

/* The test part of numbers: turned back with the numbers of train, and none of it is in the search's set. */
START_TEST(test_rows_of_numbers_are_sealed)
{
    struct error err;
    struct data_set *set;
    struct data_sealed *sealed;
    const char *text =
        "{\"format\":\"csv\",\"file\":\"t.csv\",\"target\":\"b\",\"ignore\":[\"kind\"],\"scale\":\"none\"}";
    write_table("\n", 20);
    ASSERT_OK(open_set(text, 3, &set, &err));
    ASSERT_OK(open_sealed(text, 3, &sealed, &err));
    ck_assert_uint_eq(data_digest(data_sealed_part(sealed).set), data_digest(set));
    ck_assert_int_eq(data_size(data_sealed_part(sealed)), 4);
    struct data_number number = data_number(data_sealed_part(sealed).set);
    ck_assert_double_eq(number.mean, data_number(set).mean);
    float x[4][2], y[4];
    data_gather_range(data_sealed_part(sealed), 0, 4, x[0], VALUES(y));
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq(x[i][0], (float)data_index(data_sealed_part(sealed), i));
        ck_assert_double_eq_tol(number.mean + number.deviation * y[i], 1000 - 3.0 * x[i][0], 1e-3);
    }
    ck_assert_ptr_null(data_labels(data_sealed_part(sealed)));
    ck_assert_double_gt(data_target_variance(data_sealed_part(sealed)), 0);
    data_set_free(set);
    data_sealed_free(sealed);
}
END_TEST

static const char sklearn[] = "/usr/lib/python3/dist-packages/sklearn/datasets/data";

/* ACTSEARCH_SKLEARN names the folder when the package is not installed but unpacked. */
START_TEST(scikit_learns_tables_open)
{
    static const struct {
        const char *rest, *description;
    } cases[] = {
        {"breast_cancer.csv\",\"skip\":1,\"header\":false,\"label\":\"31\"}",
         "breast_cancer.csv: 30 columns, 2 classes, 341 train, 114 validation, test sealed"},
        {"digits.csv.gz\",\"header\":false,\"label\":\"65\"}",
         "digits.csv.gz: 64 columns, 10 classes, 1,078 train, 360 validation, test sealed"},
        {"diabetes_data_raw.csv.gz\",\"header\":false,\"separator\":\" "
         "\",\"target_file\":\"%s/diabetes_target.csv.gz\"}",
         "diabetes_data_raw.csv.gz: 10 columns, a number to predict, 265 train, 89 validation, test sealed"},
    };
    const char *place = getenv("ACTSEARCH_SKLEARN") ? getenv("ACTSEARCH_SKLEARN") : sklearn;
    if (access(place, R_OK) != 0) {
        printf("skipped: there is no %s (Debian: python3-sklearn)\n", place);
        return;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;
        struct data_set *set;
        struct text line = TEXT_EMPTY, text = TEXT_EMPTY;
        text_addf(&text, "{\"format\":\"csv\",\"file\":\"%s/", place);
        const char *hole = strstr(cases[i].rest, "%s");
        text_add_bytes(&text, cases[i].rest, hole ? (size_t)(hole - cases[i].rest) : strlen(cases[i].rest));
        if (hole)
            text_addf(&text, "%s%s", place, hole + 2);
        ASSERT_OK(open_set(text_string(&text), 1, &set, &err));
        data_describe(set, &line);
        ck_assert_str_eq(text_string(&line), cases[i].description);
        text_release(&line);
        text_release(&text);
        data_set_free(set);
    }
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    write_table("\n", 10);
    check_allocations("{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\",\"one_hot\":[\"a\"]}", 20);
    check_allocations("{\"format\":\"csv\",\"file\":\"t.csv\",\"target\":\"b\",\"one_hot\":[\"kind\"]}", 20);
    write_text("y.csv", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    check_allocations("{\"format\":\"csv\",\"file\":\"t.csv\",\"target_file\":\"y.csv\",\"ignore\":[\"kind\"]}", 20);
    write_text("t.csv", "1 2\n3 4\n5 6\n7 8\n9 10\n");
    check_allocations("{\"format\":\"csv\",\"file\":\"t.csv\",\"target\":\"2\",\"header\":false,\"separator\":\" \"}",
                      15);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES(
        "data csv", rows_come_back_with_their_classes, quotes_line_ends_and_blank_lines_do_not_matter,
        packed_tables_are_read, a_file_and_its_packed_form_must_agree, quoted_cells_may_hold_anything,
        columns_are_scaled_by_train_alone, broken_tables_are_refused_with_line_and_cure, too_many_classes_are_refused,
        labels_are_classes_to_the_last_digit, decimal_commas_are_read_where_they_are_said,
        numbers_do_not_follow_the_locale, divisions_by_number_and_share, numbers_to_predict_are_standardised,
        one_hot_columns_stand_where_their_column_stood, tables_without_header_are_read, test_rows_of_numbers_are_sealed,
        scikit_learns_tables_open, every_failing_allocation_is_reported);
}
