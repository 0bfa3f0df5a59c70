/* Setting a value of a JSON document from outside: "search.window=8", "network.layers.0.units=64".
 *
 *   setting = key { "." key } "=" value         a key of digits picks an item of an array
 *
 * The document is written anew with the one value replaced, or added to its object. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "experiment/experiment.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_LIMIT = 16, KEY_SIZE = 64 };

struct setting {
    const char *words; /* as given, for errors */
    int depth;
    char keys[DEPTH_LIMIT][KEY_SIZE];
    struct text value; /* JSON */
};

static int malformed(const char *words, struct error *err)
{
    return error_set(err, ERROR_USAGE, "--set", "for example: --set search.window=8", "\"%s\" is not PATH=VALUE",
                     EXCERPT(words, 80));
}

static int read_keys(const char *words, struct setting *setting, struct error *err)
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
static int read_value(const char *value, struct setting *setting, struct error *err)
{
    struct json_document *document = NULL;
    struct error inner = ERROR_EMPTY;
    int status = json_parse(value, setting->words, &document, &inner);
    size_t bad;
    if (status == 0)
        json_normal_form(json_root(document), &setting->value);
    else if (status == ERROR_MEMORY)
        status = error_set(err, ERROR_MEMORY, inner.where, inner.cure, "%s", inner.what);
    else if (!unicode_valid(value, strlen(value), &bad))
        status = error_set(err, ERROR_USAGE, "--set", "write it as UTF-8", "\"%s\" is not UTF-8",
                           EXCERPT(setting->words, 80));
    else if (*value && strchr("{[\"", *value))
        status = error_set(err, ERROR_USAGE, "--set", inner.cure, "%s: %s", inner.where, inner.what);
    else {
        status = 0;
        json_quote(value, &setting->value);
    }
    json_document_free(document);
    return status;
}

static int fits_nowhere(struct json value, const struct setting *setting, int depth, struct error *err)
{
    struct text place = TEXT_EMPTY;
    json_path(value, &place);
    int status = error_set(err, ERROR_USAGE, "--set", "look at the experiment file for its structure",
                           "\"%s\": there is no \"%s\" in %s", EXCERPT(setting->words, 80), setting->keys[depth],
                           text_string(&place));
    text_release(&place);
    return status;
}

/* Writes `value` with the setting applied below its keys from `depth` on. */
static int write_set(struct json value, const struct setting *setting, int depth, struct text *out, struct error *err)
{
    if (depth == setting->depth) {
        text_add(out, text_string(&setting->value));
        return 0;
    }
    const char *key = setting->keys[depth];
    bool object = json_is_object(value), last = depth + 1 == setting->depth, found = false;
    int status = 0, length = json_length(value);
    if (!object && !json_is_array(value))
        return fits_nowhere(value, setting, depth, err);
    text_add_char(out, object ? '{' : '[');
    for (int i = 0; !status && i < length; i++) {
        struct json child = object ? json_member_at(&value, i) : json_item(&value, i);
        char index[16];
        snprintf(index, sizeof index, "%d", i);
        bool here = strcmp(object ? child.key : index, key) == 0;
        text_add(out, i > 0 ? "," : "");
        if (object) {
            json_quote(child.key, out);
            text_add_char(out, ':');
        }
        if (here)
            status = write_set(child, setting, depth + 1, out, err);
        else
            json_normal_form(child, out);
        found = found || here;
    }
    if (!status && !found && !(object && last))
        return fits_nowhere(value, setting, depth, err);
    if (!status && !found) {
        text_add(out, length > 0 ? "," : "");
        json_quote(key, out);
        text_addf(out, ":%s", text_string(&setting->value));
    }
    text_add_char(out, object ? '}' : ']');
    return status;
}

int experiment_set(const char *text, const char *name, const char *words, struct text *out, struct error *err)
{
    struct setting setting = {.words = words};
    struct json_document *document = NULL;
    int status = read_keys(words, &setting, err);
    if (!status)
        status = json_parse(text, name, &document, err);
    if (!status)
        status = read_value(strchr(words, '=') + 1, &setting, err);
    if (!status)
        status = write_set(json_root(document), &setting, 0, out, err);
    if (!status && (text_failed(out) || text_failed(&setting.value)))
        status = memory_error(err, "the experiment");
    json_document_free(document);
    text_release(&setting.value);
    return status;
}
