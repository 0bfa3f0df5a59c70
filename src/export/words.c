/* Rewriting the C texts of ops.def word by word. */
#include "base/text.h"
#include "export/export_internal.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const math_functions[] = {
    "fabs", "sqrt", "exp", "expm1", "log",   "log1p", "sin",   "cos",  "sinh", "cosh",
    "tanh", "atan", "erf", "erfc",  "asinh", "pow",   "hypot", "fmax", "fmin", "copysign",
};

static const struct {
    const char *macro, *function;
} helpers[] = {
#define HELPER(macro_, function_, ...) {#macro_, #function_},
#include "expr/bessel.def"
#undef HELPER
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

void write_literal(double value, const struct precision *precision, struct text *out)
{
    bool single = *precision->suffix;
    if (single && fabs(value) > (double)FLT_MAX)
        value = copysign(INFINITY, value);
    if (signbit(value))
        text_add_char(out, '(');
    if (!isfinite(value)) {
        text_add(out, isnan(value) ? "NAN" : value > 0 ? "INFINITY" : "-INFINITY");
    } else {
        struct text digits = TEXT_EMPTY;
        if (single)
            text_addf(&digits, "%.9g", value);
        else
            text_add_number(&digits, value);
        text_add(out, text_string(&digits));
        if (!strpbrk(text_string(&digits), ".e"))
            text_add(out, ".0");
        out->failed |= text_failed(&digits);
        text_release(&digits);
        text_add(out, precision->suffix);
    }
    if (signbit(value))
        text_add_char(out, ')');
}

static void write_word(const char *word, size_t length, const struct precision *precision, struct text *out)
{
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
        if (strlen(helpers[i].macro) == length && memcmp(helpers[i].macro, word, length) == 0) {
            text_addf(out, "%s%s", helpers[i].function, precision->suffix);
            return;
        }
    text_add_bytes(out, word, length);
    for (size_t i = 0; i < sizeof math_functions / sizeof *math_functions; i++)
        if (strlen(math_functions[i]) == length && memcmp(math_functions[i], word, length) == 0)
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
