/* Rewriting the C texts of ops.def word by word. */
#include "base/text.h"
#include "export/export_internal.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What <math.h> has for all types under one name; its functions have one for each. */
static const char *const type_generic[] = {"fpclassify", "isfinite", "isinf", "isnan", "isnormal", "signbit"};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The fewest digits that read back as the same float. */
static void add_single(float value, struct text *out)
{
    char digits[32];
    for (int precision = 1; precision <= FLT_DECIMAL_DIG; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value)
            break;
    }
    text_add(out, digits);
}

void write_literal(double value, const struct precision *precision, struct text *out)
{
    bool single = *precision->suffix;
    if (single && fabs(value) > (double)FLT_MAX)
        value = copysign(INFINITY, value);
    if (signbit(value) && !isnan(value))
        text_add_char(out, '(');
    if (!isfinite(value)) {
        text_add(out, signbit(value) && !isnan(value) ? "-" : "");
        text_add(out, single ? "" : "(double)"); /* the macros are floats */
        text_add(out, isnan(value) ? "NAN" : "INFINITY");
    } else {
        size_t start = out->length;
        if (single)
            add_single((float)value, out);
        else
            text_add_number(out, value);
        if (!strpbrk(text_string(out) + start, ".e"))
            text_add(out, ".0");
        text_add(out, precision->suffix);
    }
    if (signbit(value) && !isnan(value))
        text_add_char(out, ')');
}

static bool is_type_generic(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof type_generic / sizeof *type_generic; i++)
        if (strlen(type_generic[i]) == length && memcmp(type_generic[i], word, length) == 0)
            return true;
    return false;
}

/* What has a bracket behind it is called: a helper of bessel.def or a function of <math.h>. */
static void write_word(const char *word, size_t length, const struct precision *precision, struct text *out)
{
#define HELPER(macro, function, ...)                                                                                   \
    if (strlen(#macro) == length && memcmp(#macro, word, length) == 0) {                                               \
        text_addf(out, "%s%s", #function, precision->suffix);                                                          \
        return;                                                                                                        \
    }
#include "expr/bessel.def"
#undef HELPER
    text_add_bytes(out, word, length);
    if (word[length] == '(' && !is_type_generic(word, length))
        text_add(out, precision->suffix);
}

/* Copies the number at `p` and returns what follows it. */
static const char *write_number(const char *p, const struct precision *precision, struct text *out)
{
    const char *start = p;
    bool floating = false;
    while (is_word(*p) || *p == '.' || ((*p == '-' || *p == '+') && p[-1] == 'e')) {
        floating |= *p == '.' || *p == 'e';
        p++;
    }
    text_add_bytes(out, start, (size_t)(p - start));
    if (floating)
        text_add(out, precision->suffix);
    return p;
}

void write_primitive(const char *text, const char *a, const char *b, const char *v, const struct precision *precision,
                     struct text *out)
{
    const char *p = text;
    while (*p) {
        if (isdigit((unsigned char)*p)) {
            p = write_number(p, precision, out);
            continue;
        }
        if (!is_word(*p)) {
            text_add_char(out, *p++);
            continue;
        }
        const char *start = p;
        while (is_word(*p))
            p++;
        size_t length = (size_t)(p - start);
        const char *replaced = length != 1 ? NULL : *start == 'a' ? a : *start == 'b' ? b : *start == 'v' ? v : NULL;
        if (replaced)
            text_add(out, replaced);
        else
            write_word(start, length, precision, out);
    }
}

const char *next_word(const char **p, size_t *length)
{
    const char *start = *p;
    for (;;) {
        while (*start && !is_word(*start))
            start++;
        const char *end = start;
        bool number = isdigit((unsigned char)*start);
        while (is_word(*end) || (number && *end == '.'))
            end++;
        *p = end;
        *length = (size_t)(end - start);
        if (!number)
            return *start ? start : NULL;
        start = end;
    }
}

bool mentions(const char *code, const char *word)
{
    size_t length;
    const char *found;
    while ((found = next_word(&code, &length)))
        if (strlen(word) == length && memcmp(found, word, length) == 0)
            return true;
    return false;
}
