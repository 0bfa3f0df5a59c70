/* What is JSON and what is not, and what JSON allows but a reader would have to guess at. */
#include "testing.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

/* What the program says of a text: the error's line, or the normal form. */
static const char *told(const char *text)
{
    static char line[sizeof(struct error)];
    struct error err = ERROR_EMPTY;
    struct json_document *document;
    if (json_parse(text, "x.json", &document, &err)) {
        error_line(&err, line, sizeof line);
        return line;
    }
    struct text normal = TEXT_EMPTY;
    json_normal_form(json_root(document), &normal);
    snprintf(line, sizeof line, "%s", text_string(&normal));
    text_release(&normal);
    json_document_free(document);
    return line;
}

START_TEST(a_key_given_twice_is_refused_with_both_places)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"{\"epochs\": 1, \"epochs\": 15}",
         "x.json:1:15: $.epochs: this key is given twice, first at line 1, column 2; remove one of the two"},
        {"{\"a\": {\"b\": [1, {\n  \"c\": 1,\n  \"d\": {},\n\"c\": 1}]}}",
         "x.json:4:1: $.a.b[1].c: this key is given twice, first at line 2, column 3; remove one of the two"},
        {"{\"epochs\": 1, \"\\u0065pochs\": 15}",
         "x.json:1:15: $.epochs: this key is given twice, first at line 1, column 2; remove one of the two"},
        {"[[{\"\\u00e9\": 1, \"\xc3\xa9\": 15}]]",
         "x.json:1:17: $[0][0].\xc3\xa9: this key is given twice, first at line 1, column 4; remove one of the two"},
        {"{\"\\ud83d\\ude00\": 1, \"\xf0\x9f\x98\x80\": 15}",
         "x.json:1:21: $.\xf0\x9f\x98\x80: this key is given twice, first at line 1, column 2; remove one of the two"},
        {"{\"a/b\": 1, \"a\\/b\": 2}",
         "x.json:1:12: $.a/b: this key is given twice, first at line 1, column 2; remove one of the two"},
        {"{\"\": 1, \"x\": 2, \"\": 3}",
         "x.json:1:17: $.: this key is given twice, first at line 1, column 2; remove one of the two"},
        {"{\"z\": 1, \"a\": 2, \"a\": 3, \"z\": 4, \"a\": 5}",
         "x.json:1:18: $.a: this key is given twice, first at line 1, column 10; remove one of the two"},
        {"{\"a\\u001b[2J\": 1, \"a\\u001b[2J\": 2}",
         "x.json:1:19: $.a\\x1b[2J: this key is given twice, first at line 1, column 2; remove one of the two"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(told(cases[i].text), cases[i].line);
    ck_assert_str_eq(told("{\"a\":1,\"A\":2,\"a \":3,\"aa\":{\"a\":4},\"b\":[{\"a\":5},{\"a\":6}]}"),
                     "{\"a\":1,\"A\":2,\"a \":3,\"aa\":{\"a\":4},\"b\":[{\"a\":5},{\"a\":6}]}");
}
END_TEST

/* Each is refused with the place and a hint; cJSON takes most of them. */
START_TEST(what_is_not_json_is_refused)
{
    static const struct {
        const char *text, *place, *hint;
    } cases[] = {
        {"", "x.json: the file is empty", "right file"},
        {" \n\t ", "x.json: the file is empty", "right file"},
        {"{} {}", "x.json:1:4: text follows the end", "closes too early"},
        {"{\"a\": 1} // one", "x.json:1:10: text follows", ""},
        {"{ // one\n\"a\": 1}", "x.json:1:3: a comment", "remove it"},
        {"{\"a\": 1, /* one */ \"b\": 2}", "x.json:1:10: a comment", "remove it"},
        {"# one\n{}", "x.json:1:1: a comment", "remove it"},
        {"{\"a\": 1,}", "x.json:1:8: a comma stands before a closing }", "remove the comma"},
        {"[1, 2,\n]", "x.json:1:6: a comma stands before a closing ]", "remove the comma"},
        {"[,1]", "x.json:1:2", ""},
        {"{'a': 1}", "x.json:1:2: a string stands between double quotes", "write \""},
        {"{a: 1}", "x.json:1:2: not valid JSON near \"a: 1}\"", ""},
        {"{\"a\" 1}", "x.json:1:6", "missing comma"},
        {"{\"a\": }", "x.json:1:7", ""},
        {"{\"a\": 1", "x.json:1:8: the JSON text ends too early", ""},
        {"[1, \"two", "x.json:1:5: the JSON text ends too early", "at its end"},
        {"[+1]", "x.json:1:2", "plus"},
        {"[.5]", "x.json:1:2", "0 before the point"},
        {"[-.5]", "x.json:1:2", "0 before the point"},
        {"[1.]", "x.json:1:2", "0 behind the point"},
        {"[01]", "x.json:1:2: a number with leading zeros", ""},
        {"[-007]", "x.json:1:2: a number with leading zeros", ""},
        {"[0x10]", "x.json:1:2: a hexadecimal number", ""},
        {"[1e]", "x.json:1:2: the exponent", ""},
        {"[1 000]", "x.json:1:4", ""},
        {"[NaN]", "x.json:1:2: NaN", "write a number"},
        {"[-Infinity]", "x.json:1:2: Infinity", "write a number"},
        {"[True]", "x.json:1:2: True", "write true"},
        {"[None]", "x.json:1:2: None", "write null"},
        {"[1e999]", "x.json:1:2: the number 1e999 is too large", ""},
        {"[-1e999]", "x.json:1:2: the number -1e999 is too large", ""},
        {"[1e-999]", "x.json:1:2: the number 1e-999 is too small", "write 0"},
        {"[9007199254740993]", "would become 9007199254740992", "exact up to 9007199254740992"},
        {"[12345678901234567890123]", "x.json:1:2: the integer 12345678901234567890123 cannot be kept", ""},
        {"[15.00000000000000000001]", "would become 15", "fewer digits"},
        {"[0.99999999999999999999]", "would become 1", "fewer digits"},
        {"[9007199254740992.5]", "would become 9007199254740992", ""},
        {"[0.1234567890123456789012345678901234567890123456789012345678901234567890]", "x.json:1:2", "17 digits"},
        {"[\"a\nb\"]", "x.json:1:4: a string holds the control character \\x0a", "closing quote"},
        {"[\"a\tb\"]", "x.json:1:4: a string holds the control character \\x09", "\\t"},
        {"[\"a\x1b[2J\"]", "x.json:1:4: a string holds the control character \\x1b", "\\u001b"},
        {"[\"a\\u0000b\"]", "x.json:1:4: a text cannot hold a zero", ""},
        {"[\"\\ud83d\"]", "x.json:1:3: \\ud83d is half a character", ""},
        {"[\"\\ude00\\ud83d\"]", "x.json:1:3: \\ude00 is half a character", ""},
        {"[\"\\u12g4\"]", "x.json:1:3: \\u needs four", ""},
        {"[\"C:\\data\"]", "x.json:1:5: \"\\d\" is no escape", "backslash twice"},
        {"[\"\xe9\"]", "x.json:1:3: the byte e9 is not UTF-8", "iconv -f LATIN1"},
        {"[\"\xc0\xaf\"]", "x.json:1:3: the byte c0 is not UTF-8", ""},
        {"[\"\xed\xa0\x80\"]", "x.json:1:3: the byte ed is not UTF-8", ""},
        {"[\"\xf4\x90\x80\x80\"]", "x.json:1:3: the byte f4 is not UTF-8", ""},
        {"[\"\xe2\x82\"]", "x.json:1:3: the byte e2 is not UTF-8", ""},
        {"\xff\xfe{", "x.json: this is UTF-16", "iconv -f UTF-16 -t UTF-8 x.json > "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *line = told(cases[i].text);
        ck_assert_msg(strstr(line, cases[i].place) && strstr(line, cases[i].hint), "%s: %s", cases[i].text, line);
        ck_assert_msg(strncmp(line, "x.json:", 7) == 0, "%s: %s", cases[i].text, line);
    }
}
END_TEST

START_TEST(what_is_json_is_read)
{
    static const char *const same[] = {
        "0", "-1.5", "true", "null", "\"\"", "[]", "{}", "[1,-0.5,1e+30,9007199254740992,1e-07,1152921504606846976]",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (!strstr(same[i], "1152921504606846976"))
            ck_assert_str_eq(told(same[i]), same[i]);
    ck_assert_str_eq(told("\xef\xbb\xbf{\"a\" :\r\n1E2, \"b\": 10e-1, \"c\": 0e-5, \"d\": 0.00, \"e\": 1.50e1}"),
                     "{\"a\":100,\"b\":1,\"c\":0,\"d\":0,\"e\":15}");
    ck_assert_str_eq(told("[\"\\u00e9\\n\\\"\\\\\\/\\ud83d\\ude00\"]"), "[\"\xc3\xa9\\n\\\"\\\\/\xf0\x9f\x98\x80\"]");
    char deep[300] = "";
    for (int i = 0; i < 100; i++)
        strcat(deep, "[");
    for (int i = 0; i < 100; i++)
        strcat(deep, "]");
    ck_assert_str_eq(told(deep), deep);
    memmove(deep + 1, deep, strlen(deep) + 1);
    ck_assert_ptr_nonnull(strstr(told(deep), "x.json:1:101: brackets are nested more than 100 deep"));
}
END_TEST

/* A text of a file may hold zero bytes, which a string cannot show. */
START_TEST(bytes_of_a_file_are_looked_at)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *told;
    } cases[] = {{"{\"a\": 1}\0{\"a\": 2}", 17, ":1:9: holds a zero byte"},
                 {"{\"a\0\": 1}", 9, ":1:4: holds a zero byte"},
                 {"\xff\xfe{\0}\0", 6, ": this is UTF-16"},
                 {"\xfe\xff\0{\0}", 6, ": this is UTF-16"},
                 {"{\0}\0", 4, ": this is UTF-16"},
                 {"\0{\0}", 4, ": this is UTF-16"}};
    char path[] = "/tmp/actsearch-json-XXXXXX";
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct json_document *document;
        FILE *file = fopen(path, "wb");
        fwrite(cases[i].bytes, 1, cases[i].length, file);
        fclose(file);
        ASSERT_FAILS(json_read(path, &document, &err), ERROR_INPUT, cases[i].told);
    }
    unlink(path);
}
END_TEST

START_TEST(what_is_quoted_is_json_whatever_it_was)
{
    static const struct {
        const char *text, *quoted;
    } cases[] = {{"a\"b\\c\n\t", "\"a\\\"b\\\\c\\n\\t\""},
                 {"\x1b[2J\x7f", "\"\\u001b[2J\\u007f\""},
                 {"caf\xe9", "\"caf\\\\xe9\""},
                 {"\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\""},
                 {"\xc3\xa9", "\"\xc3\xa9\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = TEXT_EMPTY;
        json_quote(cases[i].text, &text);
        ck_assert_str_eq(text_string(&text), cases[i].quoted);
        ck_assert_str_eq(told(text_string(&text)), cases[i].quoted);
        text_release(&text);
    }
}
END_TEST

START_TEST(memory_may_be_short_at_any_point)
{
    struct error err;
    struct json_document *document = NULL;
    int status = 1;
    for (long n = 1; status; n++) {
        memory_fail_at(n);
        status = json_parse("{\"name\": {\"a\": [1, \"two\"], \"b\": 3}, \"c\": \"d\"}", "x.json", &document, &err);
        memory_fail_never();
        ck_assert_msg(status == 0 || (status == ERROR_MEMORY && !document), "allocation %ld: status %d", n, status);
    }
    json_document_free(document);
}
END_TEST

START_TEST(documents_can_be_changed)
{
    struct error err = ERROR_EMPTY;
    struct json_document *document, *other;
    struct text out = TEXT_EMPTY;
    ck_assert_int_eq(json_parse("{\"a\": [1, 2], \"b\": 3}", "x", &document, &err), 0);
    ck_assert_int_eq(json_parse("{\"c\": null}", "y", &other, &err), 0);
    struct json root = json_root(document), array = json_member(&root, "a"), what = json_root(other);
    ck_assert_int_eq(json_replace(document, json_item(&array, 0), what, &err), 0);
    ck_assert_int_eq(json_append(document, array, NULL, what, &err), 0);
    ck_assert_int_eq(json_replace(document, json_member(&root, "b"), what, &err), 0);
    ck_assert_int_eq(json_append(document, root, "d", json_member(&root, "b"), &err), 0);
    json_normal_form(json_root(document), &out);
    ck_assert_str_eq(text_string(&out), "{\"a\":[{\"c\":null},2,{\"c\":null}],\"b\":{\"c\":null},\"d\":{\"c\":null}}");
    ck_assert_int_eq(json_replace(document, json_root(document), what, &err), 0);
    text_clear(&out);
    json_normal_form(json_root(document), &out);
    ck_assert_str_eq(text_string(&out), "{\"c\":null}");
    json_document_free(document);
    json_document_free(other);
    text_release(&out);
}
END_TEST

int main(void)
{
    return RUN_TESTS("json", 30, documents_can_be_changed, a_key_given_twice_is_refused_with_both_places,
                     what_is_not_json_is_refused, what_is_json_is_read, bytes_of_a_file_are_looked_at,
                     what_is_quoted_is_json_whatever_it_was, memory_may_be_short_at_any_point);
}
