#include "base/error.h"

#include "base/unicode.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
    const char *meaning;
} codes[ERROR_COUNT] = {
    [ERROR_NONE] = {"NONE", 0, "success"},
#define ERROR_CODE(name, status, meaning) [ERROR_##name] = {#name, status, meaning},
#include "base/errors.def"
#undef ERROR_CODE
};

/* Copies what may come from outside into a field of an error: UTF-8, one line, no control characters, and where it is
   too long cut at a character. A new line within a message is only its layout, but in a path it is a part of it. */
static void fill(char *field, size_t size, const char *text, bool layout)
{
    enum { DOTS = 3 };
    size_t length = strlen(text), used = 0, cut = 0;
    char shown[UNICODE_SHOWN];
    for (size_t i = 0; i < length;) {
        bool blank = layout && strchr("\n\r\t", text[i]);
        size_t step = blank ? 1 : unicode_show(text + i, length - i, shown), bytes = blank ? 1 : strlen(shown);
        if (used + bytes >= size) {
            memcpy(field + cut, "...", DOTS + 1);
            return;
        }
        memcpy(field + used, blank ? " " : shown, bytes);
        used += bytes;
        cut = used + DOTS < size ? used : cut;
        i += step;
    }
    field[used] = '\0';
}

int error_setv(struct error *err, enum error_code code, const char *where, const char *hint, const char *what,
               va_list args)
{
    if (!err)
        return code;
    char message[2 * sizeof err->what], mend[sizeof err->hint], place[sizeof err->where];
    int length = vsnprintf(message, sizeof message, what, args);
    if (length >= (int)sizeof message) /* what vsnprintf() cut in two */
        message[unicode_cut(message, sizeof message, sizeof message - 5)] = '\0';
    /* The arguments may be fields of this very error. */
    snprintf(place, sizeof place, "%s", where ? where : "");
    snprintf(mend, sizeof mend, "%s", hint ? hint : "");
    err->code = code;
    fill(err->where, sizeof err->where, place, false);
    fill(err->what, sizeof err->what, message, true);
    fill(err->hint, sizeof err->hint, mend, true);
    return code;
}

int error_set(struct error *err, enum error_code code, const char *where, const char *hint, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    error_setv(err, code, where, hint, what, args);
    va_end(args);
    return code;
}

void error_prefix(struct error *err, const char *context)
{
    if (!err)
        return;
    char joined[2 * sizeof err->where + 2];
    snprintf(joined, sizeof joined, "%.*s%s%s", (int)sizeof err->where - 1, context, *err->where ? ": " : "",
             err->where);
    fill(err->where, sizeof err->where, joined, false);
}

void error_line(const struct error *err, char *line, size_t size)
{
    int length = snprintf(line, size, "%s%s%s%s%s", err->where, *err->where ? ": " : "", err->what,
                          *err->hint ? "; " : "", err->hint);
    if (length >= (int)size && size > 0)
        line[unicode_cut(line, size - 1, size > 4 ? size - 4 : 0)] = '\0';
}

int error_exit_status(enum error_code code)
{
    return codes[code].status;
}

const char *error_name(enum error_code code)
{
    return codes[code].name;
}

const char *error_meaning(enum error_code code)
{
    return codes[code].meaning;
}

_Noreturn void error_impossible(const char *file, int line, const char *condition)
{
    fprintf(stderr, "actsearch: %s:%d: impossible state: !(%s); this is a defect, please report it\n", file, line,
            condition);
    abort();
}
