/* One number, written in two ways, where different texts are different classes. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/data_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 6 }; /* of an exponent */

/* sign digits [ "." digits ] [ exponent ] as digits without zeros at either end and the power of ten of the last one,
   so that no digit is lost as in a double; false for what is no number. */
static bool exact_number(const char *p, struct text *out)
{
    static const char digit[] = "0123456789";
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    size_t whole = strspn(p, digit);
    const char *fraction = p[whole] == '.' ? p + whole + 1 : p + whole, *e = fraction;
    e += p[whole] == '.' ? strspn(fraction, digit) : 0;
    long power = 0;
    if (whole == 0 && e == fraction)
        return false;
    if (*e) {
        const char *number = e + 1 + (e[1] == '+' || e[1] == '-');
        size_t length = strspn(number, digit);
        if ((*e != 'e' && *e != 'E') || length == 0 || length > MOST_DIGITS || number[length])
            return false;
        power = strtol(e + 1, NULL, 10);
    }
    text_clear(out);
    text_add(out, negative ? "-" : "");
    for (const char *d = p; d < e; d++)
        if (*d != '.' && (*d != '0' || out->length > negative))
            text_add_char(out, *d);
    power -= p[whole] == '.' ? (long)(e - fraction) : 0;
    while (out->length > negative && out->data[out->length - 1] == '0') {
        out->data[--out->length] = '\0';
        power++;
    }
    if (out->length == negative) {
        text_clear(out);
        text_add(out, "0");
    } else {
        text_addf(out, "e%ld", power);
    }
    return true;
}

struct spelling {
    char *exact; /* owned */
    const char *name;
};

static int compare_spellings(const void *a, const void *b)
{
    const struct spelling *x = a, *y = b;
    int order = strcmp(x->exact, y->exact);
    return order ? order : strcmp(x->name, y->name);
}

int data_check_spelling(char *const *names, ptrdiff_t count, const char *path, const char *column, struct error *err)
{
    struct spelling *spellings = memory_array((size_t)count, sizeof *spellings);
    struct text exact = TEXT_EMPTY;
    ptrdiff_t numbers = 0;
    int status = spellings ? 0 : memory_error(err, path);
    for (ptrdiff_t i = 0; !status && i < count; i++) {
        if (!exact_number(names[i], &exact))
            continue;
        char *copy = text_failed(&exact) ? NULL : memory_copy_string(text_string(&exact));
        if (copy)
            spellings[numbers++] = (struct spelling){copy, names[i]};
        else
            status = memory_error(err, path);
    }
    if (!status)
        qsort(spellings, (size_t)numbers, sizeof *spellings, compare_spellings);
    for (ptrdiff_t i = 1; !status && i < numbers; i++)
        if (strcmp(spellings[i - 1].exact, spellings[i].exact) == 0)
            status = error_set(err, ERROR_INPUT, path,
                               "write it in one way; if they are two things, put a letter before one of them",
                               "column \"%s\" has one number in two spellings, \"%s\" and \"%s\"", EXCERPT(column, 100),
                               EXCERPT(spellings[i - 1].name, 60), EXCERPT(spellings[i].name, 60));
    for (ptrdiff_t i = 0; i < numbers; i++)
        memory_free(spellings[i].exact);
    memory_free(spellings);
    text_release(&exact);
    return status;
}
