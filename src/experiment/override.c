/* Setting a value of a JSON document from outside: "search.window=8", "network.layers.0.units=64".
 *
 *   setting = key { "." key } "=" value         a key of digits picks an item of an array
 *
 * The one value of the document is replaced, or added: to its object, with the objects on the way that are missing, or
 * to the end of its array. Whether anybody knows such a key is for the readers to say. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "experiment/experiment_internal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_LIMIT = 16, KEY_SIZE = 64 };

struct override {
    const char *words; /* as given, for errors */
    int depth;
    char keys[DEPTH_LIMIT][KEY_SIZE];
    struct text value; /* JSON */
};

static int malformed(const char *words, struct error *err)
{
    return error_set(err, ERROR_USAGE, "setting", "for example: search.window=8", "\"%s\" is not PATH=VALUE",
                     EXCERPT(words, 80));
}

static int read_keys(const char *words, struct override *setting, struct error *err)
{
    const char *end = strchr(words, '='), *p = words;
    if (!end || end == words)
        return malformed(words, err);
    while (p <= end) {
        size_t length = strcspn(p, ".=");
        if (length == 0 || length >= KEY_SIZE || setting->depth == DEPTH_LIMIT)
            return malformed(words, err);
        memcpy(setting->keys[setting->depth], p, length);
        setting->keys[setting->depth++][length] = '\0';
        p += length + 1;
    }
    return 0;
}

/* What reads as JSON is that, everything else a string: strategy=random needs no quotes. What begins as JSON other than
   a word or a number was meant to be it. */
static int read_value(const char *value, struct override *setting, struct error *err)
{
    struct json_document *document = NULL;
    struct error inner = ERROR_EMPTY;
    int status = json_parse(value, setting->words, &document, &inner);
    size_t bad;
    if (status == 0)
        json_normal_form(json_root(document), &setting->value);
    else if (status == ERROR_MEMORY)
        status = error_set(err, ERROR_MEMORY, inner.where, inner.hint, "%s", inner.what);
    else if (!unicode_valid(value, strlen(value), &bad))
        status = error_set(err, ERROR_USAGE, "setting", "write it as UTF-8", "\"%s\" is not UTF-8",
                           EXCERPT(setting->words, 80));
    else if (*value && strchr("{[\"", *value))
        status = error_set(err, ERROR_USAGE, "setting", inner.hint, "%s: %s", inner.where, inner.what);
    else {
        status = 0;
        json_quote(value, &setting->value);
    }
    json_document_free(document);
    return status;
}

/* ---- where it fits */

static bool is_place(const char *key)
{
    return key[strspn(key, "0123456789")] == '\0';
}

/* What a person would have to set instead: the value in the objects of its last keys. */
static void add_instead(const struct override *setting, int depth, struct text *out)
{
    for (int k = 0; k < depth; k++)
        text_addf(out, "%s%s", k ? "." : "", setting->keys[k]);
    text_add_char(out, '=');
    for (int k = depth; k < setting->depth; k++) {
        text_add_char(out, '{');
        json_quote(setting->keys[k], out);
        text_add_char(out, ':');
    }
    text_add(out, text_string(&setting->value));
    for (int k = depth; k < setting->depth; k++)
        text_add_char(out, '}');
}

static int holds_nothing(struct json value, const struct override *setting, int depth, struct error *err)
{
    struct text place = TEXT_EMPTY, hint = TEXT_EMPTY, now = TEXT_EMPTY;
    json_path(value, &place);
    json_normal_form(value, &now);
    text_add(&hint, "to replace it, set '");
    add_instead(setting, depth, &hint);
    text_add_char(&hint, '\'');
    int status =
        error_set(err, ERROR_USAGE, "setting", depth ? text_string(&hint) : "the file must hold an object { ... }",
                  "\"%s\": %s is %s, so there is no \"%s\" in it", EXCERPT(setting->words, 80), text_string(&place),
                  EXCERPT(text_string(&now), 60), setting->keys[depth]);
    text_release(&place);
    text_release(&hint);
    text_release(&now);
    return status;
}

static int not_in_array(struct json array, const struct override *setting, int depth, struct error *err)
{
    struct text place = TEXT_EMPTY;
    char hint[80];
    int length = json_length(array);
    json_path(array, &place);
    if (length > 0)
        snprintf(hint, sizeof hint, "its items are 0 to %d, and %d would be one more", length - 1, length);
    else
        snprintf(hint, sizeof hint, "it is empty, and 0 would be the first");
    int status = error_set(err, ERROR_USAGE, "setting", hint, "\"%s\": there is no item \"%s\" in the array %s",
                           EXCERPT(setting->words, 80), setting->keys[depth], text_string(&place));
    text_release(&place);
    return status;
}

/* Objects that were not there, one in the other, and null for the value. An array that is not there has a
   first item. */
static int write_missing(const struct override *setting, int depth, struct text *out, struct error *err)
{
    if (depth == setting->depth) {
        text_add(out, "null");
        return 0;
    }
    const char *key = setting->keys[depth];
    bool item = is_place(key);
    if (item && strcmp(key, "0") != 0)
        return error_set(err, ERROR_USAGE, "setting", "set the whole array: PATH=[...]",
                         "\"%s\": there is no array yet that could have an item %s", EXCERPT(setting->words, 80), key);
    text_add_char(out, item ? '[' : '{');
    if (!item) {
        json_quote(key, out);
        text_add_char(out, ':');
    }
    int status = write_missing(setting, depth + 1, out, err);
    text_add_char(out, item ? ']' : '}');
    return status;
}

static bool is_null(struct json value)
{
    struct text text = TEXT_EMPTY;
    json_normal_form(value, &text);
    bool null = strcmp(text_string(&text), "null") == 0;
    text_release(&text);
    return null;
}

/* What the key names in an object or an array. */
static struct json child_of(const struct json *value, const char *key)
{
    if (json_is_object(*value))
        return json_member(value, key);
    for (int i = 0; i < json_length(*value); i++) {
        char index[16];
        snprintf(index, sizeof index, "%d", i);
        if (strcmp(index, key) == 0)
            return json_item(value, i);
    }
    return (struct json){.file = value->file};
}

/* Puts what a text says in the place of `old`, or, when that does not exist, behind what is in `container`. */
static int put_text(struct json_document *document, struct json old, struct json container, const char *key,
                    const struct text *text, struct error *err)
{
    struct json_document *made = NULL;
    int status = text_failed(text) ? memory_error(err, "the experiment")
                                   : json_parse(text_string(text), "the setting", &made, err);
    if (!status)
        status = json_exists(old) ? json_replace(document, old, json_root(made), err)
                                  : json_append(document, container, key, json_root(made), err);
    json_document_free(made);
    return status;
}

/* Makes what is missing below the key of that depth, so that there is something at the end of all keys. */
static int make_way(struct json_document *document, struct json value, const struct override *setting, int depth,
                    struct error *err)
{
    struct text chain = TEXT_EMPTY;
    const char *key = setting->keys[depth];
    bool nothing = is_null(value), object = json_is_object(value);
    char next[16];
    snprintf(next, sizeof next, "%d", json_length(value));
    if (!nothing && !object && strcmp(key, next) != 0)
        return not_in_array(value, setting, depth, err);
    int status = write_missing(setting, nothing ? depth : depth + 1, &chain, err);
    if (!status)
        status = put_text(document, nothing ? value : (struct json){0}, value, object ? key : NULL, &chain, err);
    text_release(&chain);
    return status;
}

/* Goes down along the keys, and puts the value in the place of what is there. */
static int put(struct json_document *document, const struct override *setting, struct error *err)
{
    struct json way[DEPTH_LIMIT + 1] = {json_root(document)};
    int status = 0;
    for (int depth = 0; !status && depth < setting->depth; depth++) {
        struct json *value = &way[depth], child = {0};
        if (!is_null(*value) && !json_is_object(*value) && !json_is_array(*value))
            return holds_nothing(*value, setting, depth, err);
        child = child_of(value, setting->keys[depth]);
        if (!json_exists(child))
            status = make_way(document, *value, setting, depth, err);
        *value = depth ? child_of(value - 1, setting->keys[depth - 1]) : json_root(document);
        way[depth + 1] = child_of(value, setting->keys[depth]);
    }
    return status ? status : put_text(document, way[setting->depth], way[0], NULL, &setting->value, err);
}

int experiment_override(struct json_document *document, const char *words, struct error *err)
{
    struct override setting = {.words = words};
    int status = read_keys(words, &setting, err);
    if (!status)
        status = read_value(strchr(words, '=') + 1, &setting, err);
    if (!status)
        status = put(document, &setting, err);
    text_release(&setting.value);
    return status;
}

int experiment_set(const char *text, const char *name, const char *words, struct text *out, struct error *err)
{
    struct json_document *document = NULL;
    int status = json_parse(text, name, &document, err);
    if (!status)
        status = experiment_override(document, words, err);
    if (!status)
        json_normal_form(json_root(document), out);
    if (!status && text_failed(out))
        status = memory_error(err, "the experiment");
    json_document_free(document);
    return status;
}
