/* Options and arguments as they are written, and what help says of them. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/options.h"
#include "display/output.h"

#include <stdio.h>

static const struct option table[] = {
    {"limit", 'n', OPTION_INTEGER, "N", "how many", .min = 1, .max = 100},
    {"noise", 0, OPTION_NUMBER, "X", "how loud", .min = 0, .max = 1},
    {"name", 'o', OPTION_TEXT, "NAME", .help = "what to call it"},
    {"set", 's', OPTION_LIST, "PATH=VALUE",
     .help = "a long explanation that does not fit into one line of help, "
             "since it goes on and on"},
    {"quiet", 'q', OPTION_FLAG, .help = "say nothing"},
    {"verbose", 'v', OPTION_FLAG, .help = "say all"},
    OPTION_FORMAT,
    OPTION_END,
};

enum { MOST_WORDS = 16 };

/* Splits at blanks; the words live as long as the arguments. */
static int parse(const char *line, struct arguments *arguments, struct error *err)
{
    static char copy[256];
    static char *words[MOST_WORDS];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    return arguments_parse(table, count, words, arguments, err);
}

START_TEST(every_way_to_write_an_option)
{
    static const char *const lines[] = {"--limit 5 a -q b", "a --limit=5 b --quiet", "-n 5 -q -- a b", "-qn5 a b",
                                        "a b -qn 5",        "-n 7 a b -n 5 -q"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct error err;
        struct arguments arguments;
        ASSERT_OK(parse(lines[i], &arguments, &err));
        ck_assert_int_eq(arguments_integer(&arguments, "limit", 1), 5);
        ck_assert(arguments_flag(&arguments, "quiet"));
        ck_assert(!arguments_flag(&arguments, "verbose"));
        ck_assert_int_eq(arguments.count, 2);
        ck_assert_str_eq(arguments.items[0], "a");
        ck_assert_str_eq(arguments.items[1], "b");
        arguments_release(&arguments);
    }
}
END_TEST

START_TEST(what_is_not_given_has_its_default)
{
    struct error err;
    struct arguments arguments;
    ASSERT_OK(parse("", &arguments, &err));
    ck_assert_int_eq(arguments_integer(&arguments, "limit", 17), 17);
    ck_assert_double_eq(arguments_number(&arguments, "noise", 0.5), 0.5);
    ck_assert_ptr_null(arguments_text(&arguments, "name", NULL));
    ck_assert_int_eq(arguments_choice(&arguments, "format", OUTPUT_TABLE), OUTPUT_TABLE);
    ck_assert_ptr_null(arguments_list(&arguments, "set", 0));
    ck_assert_int_eq(arguments.count, 0);
    arguments_release(&arguments);
}
END_TEST

START_TEST(values_of_every_kind)
{
    struct error err;
    struct arguments arguments;
    ASSERT_OK(parse("--noise 1e-3 --name=a=b -s x=1 --format json -s y=2 --set=z=3", &arguments, &err));
    ck_assert_double_eq(arguments_number(&arguments, "noise", 0), 1e-3);
    ck_assert_str_eq(arguments_text(&arguments, "name", ""), "a=b");
    ck_assert_int_eq(arguments_choice(&arguments, "format", OUTPUT_TABLE), OUTPUT_JSON);
    ck_assert_str_eq(arguments_list(&arguments, "set", 0), "x=1");
    ck_assert_str_eq(arguments_list(&arguments, "set", 1), "y=2");
    ck_assert_str_eq(arguments_list(&arguments, "set", 2), "z=3");
    ck_assert_ptr_null(arguments_list(&arguments, "set", 3));
    arguments_release(&arguments);
}
END_TEST

START_TEST(numbers_are_arguments)
{
    struct error err;
    struct arguments arguments;
    ASSERT_OK(parse("-1 -.5e3 -inf - +3 -- -x", &arguments, &err));
    ck_assert_int_eq(arguments.count, 6);
    ck_assert_str_eq(arguments.items[1], "-.5e3");
    ck_assert_str_eq(arguments.items[3], "-");
    ck_assert_str_eq(arguments.items[5], "-x");
    arguments_release(&arguments);
}
END_TEST

START_TEST(help_stops_everything)
{
    static const char *const lines[] = {"--help", "-h --limit x", "a -qh --nonsense", "-n 5 --help b"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct error err;
        struct arguments arguments;
        ASSERT_OK(parse(lines[i], &arguments, &err));
        ck_assert(arguments.help);
        arguments_release(&arguments);
    }
}
END_TEST

START_TEST(mistakes_are_explained)
{
    static const struct {
        const char *line, *fragment;
    } cases[] = {
        {"--limt 5", "did you mean --limit?"},
        {"--lim=5", "did you mean --limit?"},
        {"--nothing-like-it", "--help lists them"},
        {"-x", "write -- before"},
        {"-qx", "unknown option -qx"},
        {"--limit", "value is missing: --limit N"},
        {"-n", "value is missing"},
        {"--limit 0", "an integer from 1 to 100, got \"0\""},
        {"--limit 101", "from 1 to 100"},
        {"--limit 5x", "got \"5x\""},
        {"--limit 2.5", "got \"2.5\""},
        {"--limit 99999999999999999999", "from 1 to 100"},
        {"--limit=", "got \"\""},
        {"--noise nan", "a number from 0 to 1"},
        {"--noise 1.5", "a number from 0 to 1"},
        {"--quiet=yes", "takes no value"},
        {"--format xml", "expected table, csv or json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct arguments arguments;
        ASSERT_FAILS(parse(cases[i].line, &arguments, &err), ERROR_USAGE, cases[i].fragment);
        arguments_release(&arguments);
    }
}
END_TEST

START_TEST(help_is_80_columns_wide)
{
    struct text help = TEXT_EMPTY;
    options_describe(table, &help);
    ck_assert_ptr_nonnull(strstr(text_string(&help), "  -n, --limit N         how many\n"));
    ck_assert_ptr_nonnull(strstr(text_string(&help), "      --noise X         how loud\n"));
    ck_assert_ptr_nonnull(strstr(text_string(&help), "  -h, --help            print this\n"));
    for (const char *line = text_string(&help); *line; line += strcspn(line, "\n") + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 80);
    text_release(&help);
}
END_TEST

START_TEST(nearest_names)
{
    static const char *const names[] = {"run", "grammar", "export", "eval", NULL};
    ck_assert_str_eq(nearest_name("gramar", names), "grammar");
    ck_assert_str_eq(nearest_name("exprot", names), "export");
    ck_assert_str_eq(nearest_name("rum", names), "run");
    ck_assert_ptr_null(nearest_name("zzzzzz", names));
    ck_assert_ptr_null(nearest_name("", names));
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    for (int n = 1; n <= 2; n++) {
        struct error err = ERROR_EMPTY;
        struct arguments arguments;
        memory_fail_at(n);
        int status = parse("--limit 5 a", &arguments, &err);
        memory_fail_never();
        ck_assert_int_eq(status, ERROR_MEMORY);
        arguments_release(&arguments);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("options", 10, every_way_to_write_an_option, what_is_not_given_has_its_default,
                     values_of_every_kind, numbers_are_arguments, help_stops_everything, mistakes_are_explained,
                     help_is_80_columns_wide, nearest_names, short_memory_is_an_error);
}
