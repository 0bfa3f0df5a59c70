/* Tables, CSV and JSON. */
#include "testing.h"

#include "base/memory.h"
#include "display/output.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* Two rows with everything that is difficult in one format or another. */
static int fill(struct output *output, struct error *err)
{
    output_column(output, "n");
    output_column(output, "value");
    output_column(output, "text, with \"quotes\"");
    output_integer(output, 7);
    output_number(output, 1.0 / 3, 3);
    output_text(output, "plain");
    output_integer(output, -12);
    output_number(output, NAN, 3);
    output_text(output, "a \"b\", c\nd \u00e9\u00e9");
    output_missing(output);
    output_number(output, INFINITY, 3);
    output_text(output, NULL);
    return output_finish(output, err);
}

/* What `fill` writes to standard output; the test's process is its own. */
static const char *written(enum output_format format, int (*write)(struct output *, struct error *))
{
    static char contents[4096];
    struct error err;
    struct output *output;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    ASSERT_OK(output_new(format, &output, &err));
    int status = write(output, &err);
    output_free(output);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ck_assert_int_eq(status, 0);
    rewind(file);
    contents[fread(contents, 1, sizeof contents - 1, file)] = '\0';
    fclose(file);
    return contents;
}

START_TEST(tables_are_aligned)
{
    unsetenv("COLUMNS");
    ck_assert_str_eq(written(OUTPUT_TABLE, fill), "  n  value  text, with \"quotes\"\n"
                                                  "  7  0.333  plain\n"
                                                  "-12      -  a \"b\", c\\x0ad \u00e9\u00e9\n"
                                                  "  -    inf  -\n");
}
END_TEST

START_TEST(csv_follows_rfc_4180)
{
    ck_assert_str_eq(written(OUTPUT_CSV, fill), "n,value,\"text, with \"\"quotes\"\"\"\n"
                                                "7,0.3333333333333333,plain\n"
                                                "-12,,\"a \"\"b\"\", c\nd \u00e9\u00e9\"\n"
                                                ",,\n");
}
END_TEST

START_TEST(json_has_null_for_what_it_cannot_say)
{
    ck_assert_str_eq(
        written(OUTPUT_JSON, fill),
        "[\n"
        "  {\"n\": 7, \"value\": 0.3333333333333333, \"text, with \\\"quotes\\\"\": \"plain\"},\n"
        "  {\"n\": -12, \"value\": null, \"text, with \\\"quotes\\\"\": \"a \\\"b\\\", c\\nd \u00e9\u00e9\"},\n"
        "  {\"n\": null, \"value\": null, \"text, with \\\"quotes\\\"\": null}\n"
        "]\n");
}
END_TEST

/* Whoever reads a line in a shell, with `read` or $(... | tail -1), gets the line and nothing else. */
static int difficult_texts(struct output *output, struct error *err)
{
    static const char *const texts[] = {"",      "\r", "a\rb", "a\r\nb", " blanks ",
                                        "tab\t", "#",  "'",    "\"",     "\xef\xbb\xbf"};
    output_column(output, "text");
    output_column(output, "n");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        output_text(output, texts[i]);
        output_number(output, i % 2 ? 0.1 : 1e300, 1);
    }
    return output_finish(output, err);
}

START_TEST(csv_ends_its_lines_as_a_pipeline_wants)
{
    ck_assert_str_eq(written(OUTPUT_CSV, difficult_texts),
                     "text,n\n\"\",1e+300\n\\x0d,0.1\na\\x0db,1e+300\n\"a\\x0d\nb\",0.1\n blanks ,1e+300\ntab\t,0.1\n"
                     "#,1e+300\n',0.1\n\"\"\"\",1e+300\n\\ufeff,0.1\n");
}
END_TEST

static int one_column(struct output *output, struct error *err)
{
    output_column(output, "a");
    output_text(output, "");
    output_text(output, NULL);
    output_missing(output);
    output_integer(output, 1);
    return output_finish(output, err);
}

/* An empty line is no row to many readers. */
START_TEST(a_single_column_has_no_empty_lines)
{
    ck_assert_str_eq(written(OUTPUT_CSV, one_column), "a\n\"\"\n\"\"\n\"\"\n1\n");
}
END_TEST

static int same_names(struct output *output, struct error *err)
{
    static const char *const names[] = {"a", "a_2", "a", "a", "b"};
    for (int i = 0; i < 5; i++)
        output_column(output, names[i]);
    for (int i = 0; i < 5; i++)
        output_integer(output, i);
    return output_finish(output, err);
}

START_TEST(members_have_names_of_their_own)
{
    ck_assert_str_eq(written(OUTPUT_JSON, same_names),
                     "[\n  {\"a\": 0, \"a_2\": 1, \"a_3\": 2, \"a_4\": 3, \"b\": 4}\n]\n");
    ck_assert_str_eq(written(OUTPUT_CSV, same_names), "a,a_2,a,a,b\n0,1,2,3,4\n");
}
END_TEST

static int no_rows(struct output *output, struct error *err)
{
    output_column(output, "a");
    output_column(output, "b");
    return output_finish(output, err);
}

START_TEST(no_rows_are_well_formed_too)
{
    ck_assert_str_eq(written(OUTPUT_TABLE, no_rows), "a  b\n");
    ck_assert_str_eq(written(OUTPUT_CSV, no_rows), "a,b\n");
    ck_assert_str_eq(written(OUTPUT_JSON, no_rows), "[]\n");
}
END_TEST

static int long_row(struct output *output, struct error *err)
{
    output_column(output, "rank");
    output_column(output, "short");
    output_column(output, "long");
    output_integer(output, 123456);
    output_text(output, "0123456789");
    output_text(output, "\u00e9123456789012345678901234567890");
    return output_finish(output, err);
}

START_TEST(tables_are_cut_to_the_terminal)
{
    setenv("COLUMNS", "30", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    ck_assert_str_eq(written(OUTPUT_TABLE, long_row), "  rank  short       long\n"
                                                      "123456  0123456789  \u00e912345678\u2026\n");
    setenv("LC_ALL", "C", 1);
    ck_assert_ptr_nonnull(strstr(written(OUTPUT_TABLE, long_row), ".."));
    setenv("COLUMNS", "20", 1); /* too narrow: numbers stay, texts keep 8 characters */
    ck_assert_str_eq(written(OUTPUT_TABLE, long_row), "  rank  short     long\n"
                                                      "123456  012345..  \u00e912345..\n");
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct error err = ERROR_EMPTY;
    struct output *output;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
    ASSERT_OK(output_new(OUTPUT_CSV, &output, &err));
    int status = fill(output, &err);
    output_free(output);
    dup2(kept, STDOUT_FILENO);
    ck_assert_int_eq(status, ERROR_IO);
    ck_assert_str_eq(err.where, "standard output");
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    int status = ERROR_MEMORY;
    long n;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    for (n = 1; status == ERROR_MEMORY && n < 200; n++) {
        struct error err = ERROR_EMPTY;
        struct output *output = NULL;
        memory_fail_at(n);
        status = output_new(OUTPUT_TABLE, &output, &err);
        if (!status)
            status = fill(output, &err);
        memory_fail_never();
        output_free(output);
    }
    dup2(kept, STDOUT_FILENO);
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(n, 10);
}
END_TEST

int main(void)
{
    return RUN_TESTS("output", 10, tables_are_aligned, csv_follows_rfc_4180, json_has_null_for_what_it_cannot_say,
                     csv_ends_its_lines_as_a_pipeline_wants, a_single_column_has_no_empty_lines,
                     members_have_names_of_their_own, no_rows_are_well_formed_too, tables_are_cut_to_the_terminal,
                     a_full_disk_is_an_error, short_memory_is_an_error);
}
