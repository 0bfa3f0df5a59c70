/* Numbers and calls in C. */
#include "base/text.h"
#include "export/c_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All that <math.h> of C99 has for all types under one name; its functions have one for each. */
static const char *const type_generic[] = {"fpclassify",  "isfinite",       "isinf",       "isnan",
                                           "isnormal",    "signbit",        "isgreater",   "isless",
                                           "isunordered", "isgreaterequal", "islessequal", "islessgreater"};

static double rounded_double(double number)
{
    return isnan(number) ? (double)NAN : number;
}

static double rounded_float(double number)
{
    if (isnan(number))
        return (double)NAN;
    return fabs(number) > (double)FLT_MAX ? copysign(INFINITY, number) : (double)(float)number;
}

const struct precision c_double = {"double", "", rounded_double}, c_float = {"float", "f", rounded_float};

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

void c_literal(double value, const struct precision *precision, struct text *out)
{
    bool single = *precision->suffix, negative = signbit(value) && !isnan(value);
    value = precision->rounded(value);
    if (negative)
        text_add_char(out, '(');
    if (!isfinite(value)) {
        text_add(out, negative ? "-" : "");
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
    if (negative)
        text_add_char(out, ')');
}

void c_number(const char *digits, const struct precision *precision, struct text *out)
{
    text_addf(out, "%s%s", digits, strpbrk(digits, ".e") ? precision->suffix : "");
}

static bool is_type_generic(const char *function)
{
    for (size_t i = 0; i < sizeof type_generic / sizeof *type_generic; i++)
        if (strcmp(type_generic[i], function) == 0)
            return true;
    return false;
}

static const char *helper_in_c(const char *function)
{
#define HELPER(macro, name, ...)                                                                                       \
    if (strcmp(function, #macro) == 0)                                                                                 \
        return #name;
#include "expr/bessel.def"
#undef HELPER
    return strcmp(function, export_helper_name(EXPORT_TIMES)) == 0 ? "actsearch_times" : NULL;
}

void c_call(const char *function, const char *const *arguments, int count, const struct precision *precision,
            struct text *out)
{
    const char *helper = helper_in_c(function);
    text_addf(out, "%s%s(", helper ? helper : function, is_type_generic(function) ? "" : precision->suffix);
    for (int i = 0; i < count; i++)
        text_addf(out, "%s%s", i ? ", " : "", arguments[i]);
    text_add_char(out, ')');
}
