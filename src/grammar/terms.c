/* The text of templates and of genomes, which is one language:
 *
 *   term = word | primitive "(" term { "," term } ")" | number
 *   word = "x" | "p" | "t"
 *
 * and in templates also "constant", "parameter" (the same as p), "leaf" (any leaf), and, in the
 * place of a primitive, "unary", "binary" or "ternary" (any of that class). */
#include "grammar/grammar_internal.h"

#include "base/error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64 };

struct reader {
    const struct grammar *grammar;
    const char *text;
    int at;
    int depth;
    struct slot *slots;
    int count;
    struct error *err;
};

enum word { WORD_UNARY, WORD_BINARY, WORD_TERNARY, WORD_X, WORD_P, WORD_PARAMETER, WORD_CONSTANT, WORD_T, WORD_LEAF };
static const char *const words[] = {"unary", "binary", "ternary", "x", "p", "parameter", "constant", "t", "leaf", NULL};

static int word_by_name(const char *name)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return i;
    return -1;
}

bool term_is_reserved(const char *name)
{
    return word_by_name(name) >= 0;
}

int name_distance(const char *a, const char *b)
{
    int row[NAME_SIZE + 1];
    int length = (int)strnlen(b, NAME_SIZE);
    for (int j = 0; j <= length; j++)
        row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            int skip = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < skip ? change : skip;
        }
    }
    return row[length];
}

__attribute__((format(printf, 4, 5))) static int fail(struct reader *reader, int at, const char *hint, const char *what,
                                                      ...)
{
    char where[32];
    snprintf(where, sizeof where, "column %d", at + 1);
    va_list args;
    va_start(args, what);
    error_setv(reader->err, ERROR_INPUT, where, hint, what, args);
    va_end(args);
    return ERROR_INPUT;
}

static void skip_space(struct reader *reader)
{
    while (isspace((unsigned char)reader->text[reader->at]))
        reader->at++;
}

static int expected(struct reader *reader, const char *what)
{
    skip_space(reader);
    char got = reader->text[reader->at];
    if (!got)
        return fail(reader, reader->at, NULL, "expected %s, but the text ends here", what);
    if (!isprint((unsigned char)got))
        return fail(reader, reader->at, NULL, "expected %s", what);
    return fail(reader, reader->at, NULL, "expected %s, got '%c'", what, got);
}

static bool accept(struct reader *reader, char c)
{
    skip_space(reader);
    if (reader->text[reader->at] != c)
        return false;
    reader->at++;
    return true;
}

static int append(struct reader *reader, const struct slot *slot)
{
    if (reader->count == GENOME_CAPACITY)
        return fail(reader, reader->at, "write it with fewer", "more than %d symbols", GENOME_CAPACITY);
    reader->slots[reader->count++] = *slot;
    return 0;
}

static int unknown_name(struct reader *reader, int at, const char *name)
{
    const char *nearest = "x";
    int best = NAME_SIZE;
    for (int i = 0; i < reader->grammar->symbol_count; i++) {
        int distance = name_distance(name, reader->grammar->symbols[i].name);
        if (distance < best) {
            best = distance;
            nearest = reader->grammar->symbols[i].name;
        }
    }
    for (int i = 0; words[i]; i++) {
        int distance = name_distance(name, words[i]);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    char hint[NAME_SIZE * 2];
    snprintf(hint, sizeof hint, "the nearest name is '%s'", nearest);
    return fail(reader, at, hint, "'%s' is not in this grammar", name);
}

static int leaf_slot(struct reader *reader, int at, const char *name, int symbol, struct slot *slot)
{
    if (symbol < 0)
        return fail(reader, at, "add it to \"leaves\"", "'%s', but the grammar's leaves have none", name);
    slot->range = (struct symbol_range){symbol, symbol + 1};
    return 0;
}

static int resolve_word(struct reader *reader, int at, enum word word, struct slot *slot)
{
    const struct grammar *grammar = reader->grammar;
    switch (word) {
    case WORD_X:
        return leaf_slot(reader, at, words[word], grammar->x, slot);
    case WORD_P:
    case WORD_PARAMETER:
        return leaf_slot(reader, at, words[word], grammar->parameter, slot);
    case WORD_T:
        return leaf_slot(reader, at, words[word], grammar->t, slot);
    case WORD_CONSTANT:
        slot->is_class = true;
        return leaf_slot(reader, at, words[word], grammar->constant, slot);
    case WORD_LEAF:
        slot->is_class = true;
        slot->range = grammar->classes[0];
        return 0;
    default:
        break;
    }
    slot->is_class = true;
    slot->arity = (int)word - WORD_UNARY + 1;
    slot->range = grammar->classes[slot->arity];
    if (slot->range.first == slot->range.last)
        return fail(reader, at, "list some, or take another template", "'%s', but the grammar lists no %s primitives",
                    words[word], words[word]);
    return 0;
}

static int resolve(struct reader *reader, int at, const char *name, struct slot *slot)
{
    int word = word_by_name(name);
    if (word >= 0)
        return resolve_word(reader, at, (enum word)word, slot);
    for (int i = 0; i < reader->grammar->classes[0].first; i++)
        if (strcmp(reader->grammar->symbols[i].name, name) == 0) {
            slot->range = (struct symbol_range){i, i + 1};
            slot->arity = reader->grammar->symbols[i].arity;
            return 0;
        }
    return unknown_name(reader, at, name);
}

static bool starts_number(const char *text)
{
    text += *text == '-';
    text += *text == '.';
    return isdigit((unsigned char)*text);
}

static int parse_number(struct reader *reader)
{
    char *end;
    const char *begin = reader->text + reader->at;
    double value = strtod(begin, &end);
    int at = reader->at;
    reader->at += (int)(end - begin);
    struct slot slot = {.is_number = true, .value = value};
    int status = leaf_slot(reader, at, "a number", reader->grammar->constant, &slot);
    return status ? status : append(reader, &slot);
}

static int read_name(struct reader *reader, char name[NAME_SIZE])
{
    int length = 0;
    skip_space(reader);
    const char *begin = reader->text + reader->at;
    if (!isalpha((unsigned char)*begin))
        return expected(reader, "a primitive or a leaf");
    while (isalnum((unsigned char)begin[length]) || begin[length] == '_')
        length++;
    if (length >= NAME_SIZE)
        return fail(reader, reader->at, NULL, "a name of more than %d letters", NAME_SIZE - 1);
    memcpy(name, begin, (size_t)length);
    name[length] = '\0';
    reader->at += length;
    return 0;
}

static int parse_term(struct reader *reader);

static int parse_arguments(struct reader *reader, const char *name, int arity)
{
    if (!accept(reader, '('))
        return expected(reader, "'(' and its arguments");
    for (int i = 0; i < arity; i++) {
        if (i > 0 && !accept(reader, ',')) {
            char what[NAME_SIZE * 2];
            snprintf(what, sizeof what, "',' (%s takes %d arguments)", name, arity);
            return expected(reader, what);
        }
        int status = parse_term(reader);
        if (status)
            return status;
    }
    if (accept(reader, ')'))
        return 0;
    char what[NAME_SIZE * 2];
    snprintf(what, sizeof what, "')' (%s takes %d argument%s)", name, arity, arity > 1 ? "s" : "");
    return expected(reader, what);
}

static int parse_term(struct reader *reader)
{
    char name[NAME_SIZE];
    struct slot slot = {0};
    skip_space(reader);
    if (starts_number(reader->text + reader->at))
        return parse_number(reader);
    /* Nested calls are appended on the way back, so the depth needs its own limit. */
    if (reader->depth == GENOME_CAPACITY)
        return fail(reader, reader->at, "write it with fewer", "more than %d brackets in each other", GENOME_CAPACITY);
    int status = read_name(reader, name);
    if (!status)
        status = resolve(reader, reader->at - (int)strlen(name), name, &slot);
    if (!status && slot.arity > 0) {
        reader->depth++;
        status = parse_arguments(reader, name, slot.arity);
        reader->depth--;
    }
    return status ? status : append(reader, &slot);
}

int terms_parse(const struct grammar *grammar, const char *text, struct slot *slots, int *count, struct error *err)
{
    struct reader reader = {.grammar = grammar, .text = text, .slots = slots, .err = err};
    int status = parse_term(&reader);
    skip_space(&reader);
    if (!status && text[reader.at])
        status = expected(&reader, "the end");
    *count = reader.count;
    return status;
}
