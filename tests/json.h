/* JSON that is readable in C: single quotes stand for double ones. */
#ifndef ACTSEARCH_TESTS_JSON_H
#define ACTSEARCH_TESTS_JSON_H

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

/* As json_parse(), of a text with quotes of either kind. */
static inline int parse_json(const char *text, const char *name, struct json_document **document, struct error *err)
{
    char *json = strdup(text);
    if (!json)
        abort();
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    int status = json_parse(json, name, document, err);
    free(json);
    return status;
}

#endif
