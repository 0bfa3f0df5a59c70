#include "base/json.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json_internal.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FILE_LIMIT = 16 << 20 };

struct json_document {
    cJSON *root;
    char *name;
};

static const cJSON *node_of(struct json value)
{
    return value.node;
}

/* text[length] is 0. A byte order mark, as editors of other systems write it, says nothing. */
static int parse_bytes(const char *text, size_t length, const char *name, struct json_document **document,
                       struct error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    *document = NULL;
    if (strncmp(text, mark, strlen(mark)) == 0) {
        text += strlen(mark);
        length -= strlen(mark);
    }
    int status = json_scan(text, length, name, err);
    if (status)
        return status;
    struct json_document *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, name);
    result->name = memory_copy_string(name);
    result->root = cJSON_ParseWithOpts(text, NULL, 1);
    if (!result->name || !result->root) { /* whatever json_scan() lets pass is JSON to cJSON too */
        json_document_free(result);
        return memory_error(err, name);
    }
    *document = result;
    return 0;
}

int json_parse(const char *text, const char *name, struct json_document **document, struct error *err)
{
    return parse_bytes(text, strlen(text), name, document, err);
}

int json_read(const char *path, struct json_document **document, struct error *err)
{
    *document = NULL;
    struct text text = TEXT_EMPTY;
    int status = file_read(path, FILE_LIMIT, &text, err);
    if (!status)
        status = parse_bytes(text_string(&text), text.length, path, document, err);
    text_release(&text);
    return status;
}

void json_document_free(struct json_document *document)
{
    if (!document)
        return;
    cJSON_Delete(document->root);
    memory_free(document->name);
    memory_free(document);
}

struct json json_root(const struct json_document *document)
{
    return (struct json){.node = document->root, .file = document->name};
}

int json_replace(struct json_document *document, struct json old, struct json value, struct error *err)
{
    cJSON *copy = cJSON_Duplicate(node_of(value), 1);
    if (!copy)
        return memory_error(err, document->name);
    bool done = true;
    if (!old.parent) {
        cJSON_Delete(document->root);
        document->root = copy;
    } else if (old.key) {
        done = cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)node_of(*old.parent), old.key, copy);
    } else {
        done = cJSON_ReplaceItemInArray((cJSON *)node_of(*old.parent), old.index, copy);
    }
    return done ? 0 : memory_error(err, document->name);
}

int json_append(struct json_document *document, struct json container, const char *key, struct json value,
                struct error *err)
{
    cJSON *copy = cJSON_Duplicate(node_of(value), 1), *into = (cJSON *)node_of(container);
    bool done = copy && (key ? cJSON_AddItemToObject(into, key, copy) : cJSON_AddItemToArray(into, copy));
    if (!done)
        cJSON_Delete(copy);
    return done ? 0 : memory_error(err, document->name);
}

static void add_number(double number, struct text *out)
{
    if (number == floor(number) && fabs(number) < 1e15)
        text_addf(out, "%.0f", number);
    else
        text_add_number(out, number);
}

static void add_normal(const cJSON *node, struct text *out)
{
    if (cJSON_IsString(node)) {
        json_quote(node->valuestring, out);
    } else if (cJSON_IsNumber(node)) {
        add_number(node->valuedouble, out);
    } else if (cJSON_IsArray(node) || cJSON_IsObject(node)) {
        bool object = cJSON_IsObject(node);
        text_add_char(out, object ? '{' : '[');
        for (const cJSON *child = node->child; child; child = child->next) {
            if (child != node->child)
                text_add_char(out, ',');
            if (object) {
                json_quote(child->string, out);
                text_add_char(out, ':');
            }
            add_normal(child, out);
        }
        text_add_char(out, object ? '}' : ']');
    } else {
        text_add(out, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
    }
}

void json_normal_form(struct json value, struct text *out)
{
    add_normal(node_of(value), out);
}

bool json_exists(struct json value)
{
    return value.node != NULL;
}

bool json_is_string(struct json value)
{
    return cJSON_IsString(node_of(value));
}

bool json_is_number(struct json value)
{
    return cJSON_IsNumber(node_of(value));
}

bool json_is_array(struct json value)
{
    return cJSON_IsArray(node_of(value));
}

bool json_is_object(struct json value)
{
    return cJSON_IsObject(node_of(value));
}

struct json json_member(const struct json *object, const char *key)
{
    return (struct json){.node = cJSON_GetObjectItemCaseSensitive(node_of(*object), key),
                         .parent = object,
                         .key = key,
                         .file = object->file};
}

struct json json_item(const struct json *array, int i)
{
    return (struct json){
        .node = cJSON_GetArrayItem(node_of(*array), i), .parent = array, .index = i, .file = array->file};
}

struct json json_member_at(const struct json *object, int i)
{
    const cJSON *node = cJSON_GetArrayItem(node_of(*object), i);
    return (struct json){.node = node, .parent = object, .key = node ? node->string : "", .file = object->file};
}

int json_length(struct json value)
{
    return json_is_array(value) || json_is_object(value) ? cJSON_GetArraySize(node_of(value)) : 0;
}

void json_path(struct json value, struct text *out)
{
    if (!value.parent) {
        text_add_char(out, '$');
        return;
    }
    json_path(*value.parent, out);
    if (value.key)
        text_addf(out, ".%s", value.key);
    else
        text_addf(out, "[%d]", value.index);
}

int json_fail(struct json value, struct error *err, const char *hint, const char *what, ...)
{
    struct text where = TEXT_EMPTY;
    text_addf(&where, "%s: ", value.file);
    json_path(value, &where);
    va_list args;
    va_start(args, what);
    int status = error_setv(err, ERROR_INPUT, text_string(&where), hint, what, args);
    va_end(args);
    text_release(&where);
    return status;
}

/* "got ...": what stands there instead of what was expected, cut short. */
static int expected(struct json value, struct error *err, const char *what)
{
    if (!json_exists(value))
        return json_fail(value, err, NULL, "missing; expected %s", what);
    struct text got = TEXT_EMPTY;
    add_normal(node_of(value), &got);
    int status = json_fail(value, err, NULL, "expected %s, got %s", what, EXCERPT(text_string(&got), 60));
    text_release(&got);
    return status;
}

int json_object(struct json value, struct error *err)
{
    return json_is_object(value) ? 0 : expected(value, err, "an object { ... }");
}

int json_array(struct json value, int min_length, int max_length, struct error *err)
{
    int length = json_length(value);
    if (json_is_array(value) && length >= min_length && length <= max_length)
        return 0;
    char what[96];
    snprintf(what, sizeof what, "an array of %d to %d items", min_length, max_length);
    return expected(value, err, what);
}

int json_string(struct json value, const char **out, struct error *err)
{
    if (!json_is_string(value))
        return expected(value, err, "a string");
    *out = node_of(value)->valuestring;
    return 0;
}

int json_bool(struct json value, bool *out, struct error *err)
{
    if (!cJSON_IsBool(node_of(value)))
        return expected(value, err, "true or false");
    *out = cJSON_IsTrue(node_of(value));
    return 0;
}

int json_number(struct json value, double min, double max, double *out, struct error *err)
{
    const cJSON *node = node_of(value);
    if (!cJSON_IsNumber(node) || !(node->valuedouble >= min && node->valuedouble <= max)) {
        char what[96];
        snprintf(what, sizeof what, "a number from %g to %g", min, max);
        return expected(value, err, what);
    }
    *out = node->valuedouble;
    return 0;
}

int json_integer(struct json value, int64_t min, int64_t max, int64_t *out, struct error *err)
{
    const cJSON *node = node_of(value);
    /* Above 2^53 a double skips integers: such a number was not read as it was written. */
    bool whole = cJSON_IsNumber(node) && node->valuedouble == floor(node->valuedouble) &&
                 fabs(node->valuedouble) <= 9007199254740992.0;
    if (!whole || node->valuedouble < (double)min || node->valuedouble > (double)max) {
        char what[96];
        snprintf(what, sizeof what, "an integer from %lld to %lld", (long long)min, (long long)max);
        return expected(value, err, what);
    }
    *out = (int64_t)node->valuedouble;
    return 0;
}

int json_string_or(struct json value, const char **out, struct error *err)
{
    return json_exists(value) ? json_string(value, out, err) : 0;
}

int json_bool_or(struct json value, bool *out, struct error *err)
{
    return json_exists(value) ? json_bool(value, out, err) : 0;
}

int json_number_or(struct json value, double min, double max, double *out, struct error *err)
{
    return json_exists(value) ? json_number(value, min, max, out, err) : 0;
}

int json_integer_or(struct json value, int64_t min, int64_t max, int64_t *out, struct error *err)
{
    return json_exists(value) ? json_integer(value, min, max, out, err) : 0;
}

static int is_one_of(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

static void list_names(const char *const *names, struct text *out)
{
    for (int i = 0; names[i]; i++)
        text_addf(out, "%s%s", i ? ", " : "", names[i]);
}

int json_choice(struct json value, const char *const *names, int *index, struct error *err)
{
    const char *name = NULL;
    if (json_is_string(value))
        name = node_of(value)->valuestring;
    int found = name ? is_one_of(name, names) : -1;
    if (found >= 0) {
        *index = found;
        return 0;
    }
    struct text what = TEXT_EMPTY;
    text_add(&what, "one of ");
    list_names(names, &what);
    int status = expected(value, err, text_string(&what));
    text_release(&what);
    return status;
}

int json_only_keys(struct json object, const char *const *keys, struct error *err)
{
    int status = json_object(object, err);
    for (int i = 0; !status && i < json_length(object); i++) {
        struct json member = json_member_at(&object, i);
        if (is_one_of(member.key, keys) >= 0)
            continue;
        struct text hint = TEXT_EMPTY;
        text_add(&hint, "known keys here: ");
        list_names(keys, &hint);
        status = json_fail(member, err, text_string(&hint), "unknown key");
        text_release(&hint);
    }
    return status;
}

/* What is no character, or would steer a terminal, becomes an escape: one of JSON where JSON has one, else as text. */
void json_quote(const char *string, struct text *out)
{
    char shown[UNICODE_SHOWN];
    size_t left = strlen(string);
    text_add_char(out, '"');
    for (const char *p = string; left > 0;) {
        size_t step = unicode_show(p, left, shown);
        bool same = strncmp(shown, p, step) == 0;
        if (*p == '"' || *p == '\\')
            text_addf(out, "\\%c", *p);
        else if (*p == '\n')
            text_add(out, "\\n");
        else if (*p == '\t')
            text_add(out, "\\t");
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            text_addf(out, "\\u%04x", *p);
        else if (!same && step == 1) /* a byte that is no character */
            text_addf(out, "\\%s", shown);
        else
            text_add(out, shown);
        p += step;
        left -= step;
    }
    text_add_char(out, '"');
}
