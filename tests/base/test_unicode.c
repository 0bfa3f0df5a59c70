/* What is well formed, what is shown of the rest, where texts are cut. */
#include "testing.h"

#include "base/text.h"
#include "base/unicode.h"

#include <stdio.h>

START_TEST(only_what_is_well_formed_is_a_character)
{
    static const struct {
        const char *bytes;
        int length;
    } cases[] = {{"a", 1},
                 {"\xc3\xa9", 2},
                 {"\xe2\x82\xac", 3},
                 {"\xf0\x9f\x98\x80", 4},
                 {"\xf4\x8f\xbf\xbf", 4},
                 {"\xef\xbf\xbf", 3},
                 {"", 0}, /* nothing is left */
                 {"\xe9", 0},
                 {"\xe9t\xe9", 0},
                 {"\xc0\x80", 0},
                 {"\xc1\xbf", 0},
                 {"\xe0\x9f\xbf", 0},
                 {"\xf0\x8f\xbf\xbf", 0},
                 {"\xed\xa0\x80", 0},
                 {"\xf4\x90\x80\x80", 0},
                 {"\xf8\x88\x80\x80\x80", 0},
                 {"\x80", 0},
                 {"\xe2\x82", 0},
                 {"\xff", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(unicode_length(cases[i].bytes, strlen(cases[i].bytes)) == cases[i].length, "case %zu", i);
    size_t bad = 99;
    ck_assert(unicode_valid("a\0\xc3\xa9", 4, &bad));
    ck_assert(!unicode_valid("ab\xe9z", 4, &bad));
    ck_assert_uint_eq(bad, 2);
}
END_TEST

START_TEST(control_characters_and_foreign_bytes_are_shown)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
        {"caf\xe9!", "caf\\xe9!"},
        {"\x1b[2J", "\\x1b[2J"},
        {"\a\r\x7f", "\\x07\\x0d\\x7f"},
        {"\xc2\x9b"
         "2J",
         "\\u009b2J"},
        {"\x9b"
         "2J",
         "\\x9b2J"},
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6",
         "a\\u202eb\\u2066"},
        {"\xe2\x80\xa8", "\\u2028"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"\xe2\x82", "\\xe2\\x82"},
        {"kept\n\t", "kept\n\t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = TEXT_EMPTY;
        text_add_shown(&out, cases[i].text, strlen(cases[i].text), "\n\t");
        ck_assert_str_eq(text_string(&out), cases[i].shown);
        text_release(&out);
    }
}
END_TEST

START_TEST(a_cut_goes_between_two_characters)
{
    ck_assert_str_eq(EXCERPT("short", 10), "short");
    ck_assert_str_eq(EXCERPT("exactly", 7), "exactly");
    ck_assert_str_eq(EXCERPT("too long", 3), "too...");
    ck_assert_str_eq(EXCERPT("\xc3\xa9\xc3\xa9\xc3\xa9", 3), "\xc3\xa9...");
    ck_assert_str_eq(EXCERPT("\xc3\xa9\xc3\xa9\xc3\xa9", 4), "\xc3\xa9\xc3\xa9...");
    ck_assert_str_eq(EXCERPT("a\xf0\x9f\x98\x80z", 4), "a...");
    ck_assert_str_eq(EXCERPT("a\xf0\x9f\x98\x80z", 5), "a\xf0\x9f\x98\x80...");
    ck_assert_str_eq(EXCERPT("\xe9\xe9\xe9\xe9", 2), "\xe9\xe9..."); /* no character is cut where there is none */
}
END_TEST

/* Whatever an error is made of, and however long: one line of UTF-8 without control characters. */
START_TEST(an_error_is_text)
{
    static const char *const pieces[] = {"\xc3\xa9", "\xe9", "\x1b[2J", "\xf0\x9f\x98\x80", "\xe2\x80\xae", "a", "\n"};
    static char line[sizeof(struct error)], shorter[100];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        for (size_t length = 0; length < 3 * sizeof(struct error) / 2; length += 1 + length / 3) {
            struct error err = ERROR_EMPTY;
            struct text long_one = TEXT_EMPTY;
            for (size_t k = 0; k < length % 5; k++)
                text_add(&long_one, ".");
            while (long_one.length < length)
                text_add(&long_one, pieces[i]);
            const char *text = text_string(&long_one);
            error_set(&err, ERROR_INPUT, text, text, "%s", text);
            error_prefix(&err, text);
            error_line(&err, line, sizeof line);
            error_line(&err, shorter, sizeof shorter);
            const char *const lines[] = {err.where, err.what, err.hint, line, shorter};
            for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
                size_t bad = 0;
                ck_assert_msg(unicode_valid(lines[k], strlen(lines[k]), &bad), "piece %zu, length %zu, line %zu at %zu",
                              i, length, k, bad);
                ck_assert_ptr_null(strpbrk(lines[k], "\x1b\n\r\t"));
                ck_assert_ptr_null(strstr(lines[k], "\xe2\x80\xae"));
            }
            text_release(&long_one);
        }
    struct error err = ERROR_EMPTY;
    error_set(&err, ERROR_IO, "new\nline", "mend\nit", "bad\nvalue");
    ck_assert_str_eq(err.where, "new\\x0aline");
    ck_assert_str_eq(err.what, "bad value");
    /* A field of the error itself may be an argument. */
    error_set(&err, ERROR_IO, err.hint, err.where, "%s twice", err.what);
    error_line(&err, line, sizeof line);
    ck_assert_str_eq(line, "mend it: bad value twice; new\\x0aline");
}
END_TEST

int main(void)
{
    return RUN_TESTS("unicode", 30, only_what_is_well_formed_is_a_character,
                     control_characters_and_foreign_bytes_are_shown, a_cut_goes_between_two_characters,
                     an_error_is_text);
}
