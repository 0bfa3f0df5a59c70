/* The C texts of ops.def, read and written again in the words of a language.
 *
 *     choice  = chain ["?" choice ":" choice]
 *     chain   = operand {operator operand}
 *     operand = "-" operand | number | letter | name "(" choice {"," choice} ")" | "(" choice ")"
 *
 * Operators need no precedence: a chain is written as it is read. The texts are compiled into the reference, so what
 * does not follow this grammar is a construct that it lacks, and stops the program. */
#include "base/error.h"
#include "base/text.h"
#include "export/export_internal.h"

#include <ctype.h>
#include <string.h>

enum { MOST_ARGUMENTS = 3, WORD_SIZE = 32 };

struct reader {
    const char *p;
    const struct formula *formula;
    const struct language *language;
    const struct precision *precision;
    unsigned helpers;
};

const char *export_helper_name(enum export_helper helper)
{
    static const char *const names[] = {
        "TIMES",
#define HELPER(macro, ...) #macro,
#include "expr/bessel.def"
#undef HELPER
    };
    return names[helper];
}

static void write_choice(struct reader *reader, struct text *out);

static bool take(struct reader *reader, char c)
{
    while (*reader->p == ' ')
        reader->p++;
    if (*reader->p != c)
        return false;
    reader->p++;
    return true;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static void read_number(struct reader *reader, char digits[WORD_SIZE])
{
    size_t length = 0;
    const char *p = reader->p;
    for (; is_word(*p) || *p == '.' || ((*p == '-' || *p == '+') && p[-1] == 'e'); p++) {
        ALWAYS(length < WORD_SIZE - 1);
        digits[length++] = *p;
    }
    digits[length] = '\0';
    reader->p = p;
}

static void read_word(struct reader *reader, char word[WORD_SIZE])
{
    size_t length = 0;
    for (; is_word(*reader->p); reader->p++) {
        ALWAYS(length < WORD_SIZE - 1);
        word[length++] = *reader->p;
    }
    ALWAYS(length > 0);
    word[length] = '\0';
}

static void mark_helper(struct reader *reader, const char *function)
{
    for (int i = 0; i < EXPORT_HELPERS; i++)
        if (strcmp(export_helper_name((enum export_helper)i), function) == 0)
            reader->helpers |= 1u << i;
}

/* Behind the bracket. */
static void write_call(struct reader *reader, const char *function, struct text *out)
{
    struct text texts[MOST_ARGUMENTS] = {{0}};
    const char *arguments[MOST_ARGUMENTS];
    int count = 0;
    do {
        ALWAYS(count < MOST_ARGUMENTS);
        write_choice(reader, &texts[count]);
        arguments[count] = text_string(&texts[count]);
        count++;
    } while (take(reader, ','));
    ALWAYS(take(reader, ')'));
    mark_helper(reader, function);
    reader->language->call(function, arguments, count, reader->precision, out);
    for (int i = 0; i < count; i++) {
        out->failed |= text_failed(&texts[i]);
        text_release(&texts[i]);
    }
}

static const char *letter(const struct formula *formula, const char *word)
{
    ALWAYS(strlen(word) == 1 && strchr("abv", *word));
    return *word == 'a' ? formula->a : *word == 'b' ? formula->b : formula->v;
}

static void write_operand(struct reader *reader, struct text *out)
{
    char word[WORD_SIZE];
    if (take(reader, '-')) {
        text_add_char(out, '-');
        write_operand(reader, out);
    } else if (take(reader, '(')) {
        text_add_char(out, '(');
        write_choice(reader, out);
        text_add_char(out, ')');
        ALWAYS(take(reader, ')'));
    } else if (isdigit((unsigned char)*reader->p)) {
        read_number(reader, word);
        reader->language->number(word, reader->precision, out);
    } else {
        read_word(reader, word);
        if (take(reader, '('))
            write_call(reader, word, out);
        else
            text_add(out, letter(reader->formula, word));
    }
}

/* False where none is next. */
static bool read_operator(struct reader *reader, char sign[3])
{
    int length = 0;
    while (*reader->p == ' ')
        reader->p++;
    while (length < 2 && *reader->p && strchr(length == 0 ? "+-*/<>=!&|" : "=&|", *reader->p))
        sign[length++] = *reader->p++;
    sign[length] = '\0';
    return length > 0;
}

static void write_chain(struct reader *reader, struct text *out)
{
    const struct language *language = reader->language;
    char sign[3];
    write_operand(reader, out);
    while (read_operator(reader, sign)) {
        text_addf(out, " %s ", language->sign ? language->sign(sign) : sign);
        write_operand(reader, out);
    }
}

static void write_choice(struct reader *reader, struct text *out)
{
    struct text condition = TEXT_EMPTY, yes = TEXT_EMPTY, no = TEXT_EMPTY;
    write_chain(reader, &condition);
    if (take(reader, '?')) {
        write_choice(reader, &yes);
        ALWAYS(take(reader, ':'));
        write_choice(reader, &no);
        reader->language->choice(text_string(&condition), text_string(&yes), text_string(&no), out);
    } else {
        text_add(out, text_string(&condition));
    }
    out->failed |= text_failed(&condition) || text_failed(&yes) || text_failed(&no);
    text_release(&condition);
    text_release(&yes);
    text_release(&no);
}

unsigned write_formula(const struct formula *formula, const struct language *language,
                       const struct precision *precision, struct text *out)
{
    struct reader reader = {.p = formula->text, .formula = formula, .language = language, .precision = precision};
    write_choice(&reader, out);
    ALWAYS(!*reader.p);
    return reader.helpers;
}

unsigned write_helper_call(enum export_helper helper, const char *first, const char *second,
                           const struct language *language, const struct precision *precision, struct text *out)
{
    const char *const arguments[] = {first, second};
    language->call(export_helper_name(helper), arguments, 2, precision, out);
    return 1u << helper;
}
