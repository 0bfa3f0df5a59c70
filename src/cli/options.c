#include "cli/options.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 64, WORD_LIMIT = 40, HELP_WIDTH = 80, HELP_INDENT = 24 };

struct given {
    const struct option *option;
    const char *text;
    double number;
    int64_t integer;
    int choice;
};

/* ---- names */

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's distance; words longer than WORD_LIMIT are near to nothing. */
static int distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    if (m > WORD_LIMIT || n > WORD_LIMIT)
        return WORD_LIMIT;
    int row[WORD_LIMIT + 1];
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

const char *nearest_name(const char *word, const char *const *names)
{
    const char *best = NULL;
    int best_distance = (int)strlen(word) / 3 + 2; /* a slip or two, more in long words */
    for (int i = 0; names[i]; i++) {
        bool beginning = strlen(word) > 1 && strncmp(names[i], word, strlen(word)) == 0;
        int d = beginning ? 1 : distance(word, names[i]);
        if (d < best_distance && d < (int)strlen(names[i])) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

/* ---- finding options */

static int option_count(const struct option *options)
{
    int count = 0;
    while (options && options[count].name)
        count++;
    return count;
}

static const struct option *find_name(const struct option *options, const char *name, size_t length)
{
    for (int i = 0; i < option_count(options); i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (int i = 0; i < option_count(options); i++)
        if (options[i].letter == letter)
            return &options[i];
    return NULL;
}

static int unknown_option(const struct option *options, const char *word, struct error *err)
{
    const char *names[MOST_OPTIONS + 2] = {"help"};
    int count = option_count(options);
    ALWAYS(count <= MOST_OPTIONS);
    for (int i = 0; i < count; i++)
        names[i + 1] = options[i].name;
    char hint[200], name[WORD_LIMIT + 1] = "";
    const char *near = NULL;
    if (strncmp(word, "--", 2) == 0) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        near = nearest_name(name, names);
    }
    if (near)
        snprintf(hint, sizeof hint, "did you mean --%s?", near);
    else
        snprintf(hint, sizeof hint, "--help lists them%s",
                 word[1] == '-' ? "" : "; write -- before an argument that begins with a minus");
    return error_set(err, ERROR_USAGE, NULL, hint, "unknown option %s", EXCERPT(word, 60));
}

/* ---- values */

static int wrong_value(const struct option *option, const char *value, const char *expected, struct error *err)
{
    char where[80];
    snprintf(where, sizeof where, "--%s", option->name);
    return error_set(err, ERROR_USAGE, where, NULL, "expected %s, got \"%s\"", expected, EXCERPT(value, 60));
}

static int read_number(const struct option *option, struct given *given, struct error *err)
{
    bool whole = option->kind == OPTION_INTEGER;
    char *end = NULL, expected[120];
    errno = 0;
    if (whole) {
        given->integer = strtoll(given->text, &end, 10);
        given->number = (double)given->integer;
    } else {
        given->number = strtod(given->text, &end);
    }
    bool fits = given->number >= option->min && given->number <= option->max;
    if (end != given->text && !*end && (!whole || errno == 0) && fits)
        return 0;
    const char *kind = whole ? "an integer" : "a number";
    if (option->max >= 1e15)
        snprintf(expected, sizeof expected, "%s from %.15g", kind, option->min);
    else
        snprintf(expected, sizeof expected, "%s from %.15g to %.15g", kind, option->min, option->max);
    return wrong_value(option, given->text, expected, err);
}

static void list_choices(const struct option *option, struct text *out)
{
    for (int i = 0; option->choices[i]; i++)
        text_addf(out, "%s%s", i == 0 ? "" : option->choices[i + 1] ? ", " : " or ", option->choices[i]);
}

static int read_choice(const struct option *option, struct given *given, struct error *err)
{
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], given->text) == 0) {
            given->choice = i;
            return 0;
        }
    struct text expected = TEXT_EMPTY;
    list_choices(option, &expected);
    int status = wrong_value(option, given->text, text_string(&expected), err);
    text_release(&expected);
    return status;
}

static int add_given(struct arguments *arguments, const struct option *option, const char *value, struct error *err)
{
    struct given *given = &arguments->given[arguments->given_count++];
    *given = (struct given){.option = option, .text = value};
    switch (option->kind) {
    case OPTION_INTEGER:
    case OPTION_NUMBER:
        return read_number(option, given, err);
    case OPTION_CHOICE:
        return read_choice(option, given, err);
    case OPTION_TEXT:
        if (!*value && strcmp(option->value, "FILE") == 0)
            return wrong_value(option, value, "the name of a file", err);
        return 0;
    case OPTION_FLAG:
    case OPTION_LIST:
        return 0;
    }
    error_impossible(__FILE__, __LINE__, "kind of an option");
}

/* ---- words */

/* The words that are still to be read. */
struct reader {
    const struct option *options;
    int count, next;
    char **words;
    struct arguments *arguments;
};

/* The value that stands behind an option: in the same word, or the next word. */
static int take_value(struct reader *reader, const struct option *option, const char *attached, struct error *err)
{
    char where[80];
    snprintf(where, sizeof where, "--%s", option->name);
    if (option->kind == OPTION_FLAG) {
        if (attached)
            return error_set(err, ERROR_USAGE, where, "leave the value out", "it takes no value");
        return add_given(reader->arguments, option, NULL, err);
    }
    if (!attached) {
        if (reader->next == reader->count)
            return error_set(err, ERROR_USAGE, where, NULL, "its value is missing: --%s %s", option->name,
                             option->value);
        attached = reader->words[reader->next++];
    }
    return add_given(reader->arguments, option, attached, err);
}

static int read_long(struct reader *reader, const char *word, struct error *err)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = find_name(reader->options, name, length);
    if (!option && strcmp(name, "help") == 0) {
        reader->arguments->help = true;
        return 0;
    }
    return option ? take_value(reader, option, equals ? equals + 1 : NULL, err)
                  : unknown_option(reader->options, word, err);
}

/* One word of letters: the first that takes a value takes the rest of the word. */
static int read_letters(struct reader *reader, const char *word, struct error *err)
{
    int status = 0;
    for (const char *p = word + 1; *p && !status && !reader->arguments->help; p++) {
        const struct option *option = find_letter(reader->options, *p);
        if (!option && *p == 'h') {
            reader->arguments->help = true;
        } else if (!option) {
            status = unknown_option(reader->options, word, err);
        } else if (option->kind == OPTION_FLAG) {
            status = take_value(reader, option, NULL, err);
        } else {
            return take_value(reader, option, p[1] ? p + 1 : NULL, err);
        }
    }
    return status;
}

static bool is_number(const char *word)
{
    char *end;
    strtod(word, &end);
    return end != word && !*end;
}

int arguments_parse(const struct option *options, int word_count, char **words, struct arguments *arguments,
                    struct error *err)
{
    *arguments = (struct arguments){.options = options};
    arguments->items = memory_array((size_t)word_count, sizeof *arguments->items);
    /* A word of letters can hold several flags, so the bound is the number of characters. */
    size_t most = 0;
    for (int i = 0; i < word_count; i++)
        most += strlen(words[i]);
    arguments->given = memory_array(most, sizeof *arguments->given);
    if (!arguments->items || !arguments->given)
        return memory_error(err, "the command line");
    struct reader reader = {options, word_count, 0, words, arguments};
    bool ended = false;
    int status = 0;
    while (!status && !arguments->help && reader.next < word_count) {
        char *word = words[reader.next++];
        if (ended || word[0] != '-' || !word[1] || is_number(word))
            arguments->items[arguments->count++] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            status = read_long(&reader, word, err);
        else
            status = read_letters(&reader, word, err);
    }
    return status;
}

void arguments_release(struct arguments *arguments)
{
    memory_free(arguments->items);
    memory_free(arguments->given);
    *arguments = (struct arguments){0};
}

/* ---- what was given */

static const struct given *last_given(const struct arguments *arguments, const char *name, enum option_kind kind)
{
    const struct option *option = find_name(arguments->options, name, strlen(name));
    ALWAYS(option && option->kind == kind);
    for (int i = arguments->given_count - 1; i >= 0; i--)
        if (arguments->given[i].option == option)
            return &arguments->given[i];
    return NULL;
}

bool arguments_flag(const struct arguments *arguments, const char *name)
{
    return last_given(arguments, name, OPTION_FLAG) != NULL;
}

int64_t arguments_integer(const struct arguments *arguments, const char *name, int64_t otherwise)
{
    const struct given *given = last_given(arguments, name, OPTION_INTEGER);
    return given ? given->integer : otherwise;
}

double arguments_number(const struct arguments *arguments, const char *name, double otherwise)
{
    const struct given *given = last_given(arguments, name, OPTION_NUMBER);
    return given ? given->number : otherwise;
}

const char *arguments_text(const struct arguments *arguments, const char *name, const char *otherwise)
{
    const struct given *given = last_given(arguments, name, OPTION_TEXT);
    return given ? given->text : otherwise;
}

int arguments_choice(const struct arguments *arguments, const char *name, int otherwise)
{
    const struct given *given = last_given(arguments, name, OPTION_CHOICE);
    return given ? given->choice : otherwise;
}

const char *arguments_list(const struct arguments *arguments, const char *name, int i)
{
    if (!last_given(arguments, name, OPTION_LIST))
        return NULL;
    for (int k = 0; k < arguments->given_count; k++)
        if (strcmp(arguments->given[k].option->name, name) == 0 && i-- == 0)
            return arguments->given[k].text;
    return NULL;
}

/* ---- help */

/* Appends words, going to a new line with HELP_INDENT spaces before HELP_WIDTH is passed. */
static void add_wrapped(const char *string, int column, struct text *out)
{
    while (*string) {
        int length = (int)strcspn(string, " ");
        if (column + 1 + length > HELP_WIDTH) {
            text_addf(out, "\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        } else if (column > HELP_INDENT) {
            text_add_char(out, ' ');
            column++;
        }
        text_add_bytes(out, string, (size_t)length);
        column += length;
        string += length;
        string += strspn(string, " ");
    }
    text_add_char(out, '\n');
}

static void describe_option(const struct option *option, struct text *out)
{
    char head[80];
    int length = 0;
    if (option->letter)
        length = snprintf(head, sizeof head, "  -%c, --%s", option->letter, option->name);
    else
        length = snprintf(head, sizeof head, "      --%s", option->name);
    if (option->value)
        length += snprintf(head + length, sizeof head - (size_t)length, " %s", option->value);
    text_add(out, head);
    if (length + 2 > HELP_INDENT)
        text_addf(out, "\n%*s", HELP_INDENT, "");
    else
        text_addf(out, "%*s", HELP_INDENT - length, "");
    add_wrapped(option->help, HELP_INDENT, out);
}

void options_describe(const struct option *options, struct text *out)
{
    static const struct option help = {.name = "help", .letter = 'h', .help = "print this"};
    for (int i = 0; i < option_count(options); i++)
        describe_option(&options[i], out);
    describe_option(&help, out);
}
