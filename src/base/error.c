#include "base/error.h"

#include <stdarg.h>
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

static void one_line(char *text)
{
    for (; *text; text++)
        if (*text == '\n' || *text == '\r' || *text == '\t')
            *text = ' ';
}

int error_set(struct error *err, enum error_code code, const char *where, const char *cure, const char *what, ...)
{
    if (!err)
        return code;
    err->code = code;
    snprintf(err->where, sizeof err->where, "%s", where ? where : "");
    snprintf(err->cure, sizeof err->cure, "%s", cure ? cure : "");
    va_list args;
    va_start(args, what);
    vsnprintf(err->what, sizeof err->what, what, args);
    va_end(args);
    one_line(err->where);
    one_line(err->what);
    one_line(err->cure);
    return code;
}

void error_prefix(struct error *err, const char *context)
{
    if (!err)
        return;
    char joined[2 * sizeof err->where];
    snprintf(joined, sizeof joined, "%.500s%s%s", context, *err->where ? ": " : "", err->where);
    joined[sizeof err->where - 1] = '\0';
    one_line(joined);
    memcpy(err->where, joined, sizeof err->where);
}

void error_line(const struct error *err, char *line, size_t size)
{
    snprintf(line, size, "%s%s%s%s%s", err->where, *err->where ? ": " : "", err->what, *err->cure ? "; " : "",
             err->cure);
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
