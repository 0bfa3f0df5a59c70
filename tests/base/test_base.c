/* Errors, texts, JSON and files. */
#include "testing.h"

#include "base/file.h"
#include "base/isa.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(an_error_is_one_line)
{
    struct error err = ERROR_EMPTY;
    ck_assert_int_eq(error_set(&err, ERROR_INPUT, "file.json", "fix\nit", "bad\nvalue %d", 7), ERROR_INPUT);
    error_prefix(&err, "outer");
    char line[300];
    error_line(&err, line, sizeof line);
    ck_assert_str_eq(line, "outer: file.json: bad value 7; fix it");
    ck_assert_int_eq(error_set(NULL, ERROR_IO, NULL, NULL, "x"), ERROR_IO);
    ck_assert_int_eq(error_exit_status(ERROR_INTERRUPTED), 75);
    error_set(&err, ERROR_IO, NULL, NULL, "alone");
    error_line(&err, line, sizeof line);
    ck_assert_str_eq(line, "alone");
}
END_TEST

START_TEST(numbers_are_written_short_and_exact)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"}, {10, "10"},   {1e6, "1000000"},  {1e-7, "1e-07"},   {-2.5, "-2.5"},
                 {0, "0"},     {-0.0, "-0"}, {INFINITY, "inf"}, {1e300, "1e+300"}, {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = TEXT_EMPTY;
        text_add_number(&text, cases[i].value);
        ck_assert_str_eq(text_string(&text), cases[i].text);
        ck_assert_double_eq(strtod(text_string(&text), NULL), cases[i].value);
        text_release(&text);
    }
}
END_TEST

START_TEST(a_failed_text_stays_failed)
{
    struct text text = TEXT_EMPTY;
    memory_fail_at(1);
    text_add(&text, "lost");
    memory_fail_never();
    text_add(&text, "too late");
    ck_assert(text_failed(&text));
    ck_assert_str_eq(text_string(&text), "");
    ck_assert_ptr_null(text_take(&text));
}
END_TEST

START_TEST(json_errors_name_the_place)
{
    struct error err = ERROR_EMPTY;
    struct json_document *document;
    ASSERT_FAILS(json_parse("{\"a\": 1,\n \"b\" 2}", "x.json", &document, &err), ERROR_INPUT, "x.json:2:6");
    ASSERT_FAILS(json_parse("{\"a\": [1, 2", "x.json", &document, &err), ERROR_INPUT, "ends too early");
    ASSERT_FAILS(json_parse("{} x", "x.json", &document, &err), ERROR_INPUT, "x.json:1:4");
    ASSERT_OK(json_parse("{\"a\": {\"b\": [1, \"two\", 2.5]}, \"c\": true}", "x.json", &document, &err));
    struct json root = json_root(document), a = json_member(&root, "a"), b = json_member(&a, "b");
    struct json second = json_item(&b, 1), third = json_item(&b, 2), absent = json_member(&a, "z");
    int64_t integer = 5;
    double number;
    bool flag;
    ASSERT_FAILS(json_integer(second, 1, 9, &integer, &err), ERROR_INPUT,
                 "x.json: $.a.b[1]: expected an integer from 1 to 9, got \"two\"");
    ASSERT_FAILS(json_integer(third, 1, 9, &integer, &err), ERROR_INPUT, "got 2.5");
    ASSERT_FAILS(json_number(third, 3, 9, &number, &err), ERROR_INPUT, "expected a number from 3 to 9");
    ASSERT_FAILS(json_integer(absent, 1, 9, &integer, &err), ERROR_INPUT, "$.a.z: missing");
    ASSERT_OK(json_integer_or(absent, 1, 9, &integer, &err));
    ck_assert_int_eq(integer, 5);
    ASSERT_OK(json_number(third, 2.5, 2.5, &number, &err));
    ASSERT_OK(json_bool(json_member(&root, "c"), &flag, &err));
    const char *const keys[] = {"a", NULL};
    ASSERT_FAILS(json_only_keys(root, keys, &err), ERROR_INPUT, "$.c: unknown key");
    const char *const names[] = {"one", "two", NULL};
    int index = -1;
    ASSERT_OK(json_choice(second, names, &index, &err));
    ck_assert_int_eq(index, 1);
    ASSERT_FAILS(json_choice(third, names, &index, &err), ERROR_INPUT, "one of one, two");
    struct text text = TEXT_EMPTY;
    json_normal_form(root, &text);
    ck_assert_str_eq(text_string(&text), "{\"a\":{\"b\":[1,\"two\",2.5]},\"c\":true}");
    text_release(&text);
    json_document_free(document);
}
END_TEST

START_TEST(files_are_replaced_whole)
{
    struct error err = ERROR_EMPTY;
    char path[] = "/tmp/actsearch-base-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ASSERT_OK(file_write(path, "first", 5, &err));
    ASSERT_OK(file_write(path, "second", 6, &err));
    struct text text = TEXT_EMPTY;
    ASSERT_OK(file_read(path, 6, &text, &err));
    ck_assert_str_eq(text_string(&text), "second");
    ASSERT_FAILS(file_read(path, 5, &text, &err), ERROR_INPUT, "larger than 5 bytes");
    text_release(&text);
    unlink(path);
    ASSERT_FAILS(file_read(path, 5, &text, &err), ERROR_IO, "cannot open: No such file");
    ASSERT_FAILS(file_read("/tmp", 5, &text, &err), ERROR_IO, "name a file, not a folder");
    ASSERT_FAILS(file_write("/nowhere/at/all", "x", 1, &err), ERROR_IO, "cannot create");
    text_release(&text);
}
END_TEST

START_TEST(paths_are_seen_from_the_file_that_names_them)
{
    struct text text = TEXT_EMPTY;
    file_beside("experiments/a.json", "../grammars/b.json", &text);
    ck_assert_str_eq(text_string(&text), "experiments/../grammars/b.json");
    text_clear(&text);
    file_beside("a.json", "b.json", &text);
    ck_assert_str_eq(text_string(&text), "b.json");
    text_clear(&text);
    file_beside("x/a.json", "/b.json", &text);
    ck_assert_str_eq(text_string(&text), "/b.json");
    text_release(&text);
}
END_TEST

START_TEST(instruction_levels_have_names)
{
    struct error err = ERROR_EMPTY;
    enum isa isa;
    for (int i = 0; i <= (int)isa_best(); i++) {
        ASSERT_OK(isa_parse(isa_name((enum isa)i), &isa, &err));
        ck_assert_int_eq(isa, i);
    }
    ASSERT_FAILS(isa_parse("sse9", &isa, &err), ERROR_USAGE, "unknown instruction level");
    if (isa_best() < ISA_V4)
        ASSERT_FAILS(isa_parse("x86-64-v4", &isa, &err), ERROR_UNSUPPORTED, "at most");
}
END_TEST

START_TEST(the_nth_allocation_fails)
{
    memory_fail_at(2);
    void *first = memory_array(1, 8), *second = memory_zeroed(1, 8), *third = memory_aligned(8);
    memory_fail_never();
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(second);
    ck_assert_ptr_null(third);
    memory_free(first);
    ck_assert_ptr_null(memory_array(SIZE_MAX / 2, 3));
    void *aligned = memory_aligned(100);
    ck_assert_uint_eq((uintptr_t)aligned % 64, 0);
    memory_free(aligned);
}
END_TEST

int main(void)
{
    return RUN_TESTS("base", 30, an_error_is_one_line, numbers_are_written_short_and_exact, a_failed_text_stays_failed,
                     json_errors_name_the_place, files_are_replaced_whole, paths_are_seen_from_the_file_that_names_them,
                     instruction_levels_have_names, the_nth_allocation_fails);
}
