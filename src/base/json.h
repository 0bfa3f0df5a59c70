/* JSON reading, with errors that name the file and the path: "exp.json: $.search.window: ...".
 *
 * cJSON parses; this module gives every value a path, checks types and ranges, and refuses keys
 * that nobody asked for, because a misspelt optional key is otherwise silently ignored.
 *
 * A `struct json` is a borrowed view, valid until json_document_free() of its document, and is
 * passed by value. A view of a child refers to its parent view, so the parent must live longer:
 * keep it in the calling function. Reading is thread-safe. */
#ifndef ACTSEARCH_BASE_JSON_H
#define ACTSEARCH_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct text;
struct json_document;

struct json {
    const void *node;          /* NULL: the value is absent */
    const struct json *parent; /* NULL: the root */
    const char *key;           /* its name in the parent object; NULL inside an array */
    int index;                 /* its place in the parent array */
    const char *file;
};

/* Reads a file (at most 16 MiB) or a text; `name` stands for the file in errors. Returns owned in
 *document. A syntax error names line and column. Comments are not JSON and are refused. */
int json_read(const char *path, struct json_document **document, struct error *err);
int json_parse(const char *text, const char *name, struct json_document **document, struct error *err);
void json_document_free(struct json_document *document);
struct json json_root(const struct json_document *document);

/* Changes a document, before anybody but the caller has views of it: puts a copy of `value` in the place of `old`, or
   behind the last in an object (under `key`) or an array (NULL). Views of what was replaced are no longer valid. */
int json_replace(struct json_document *document, struct json old, struct json value, struct error *err);
int json_append(struct json_document *document, struct json container, const char *key, struct json value,
                struct error *err);

/* Appends the document in a normal form (no white space, keys in their order): two texts with the
   same normal form mean the same. */
void json_normal_form(struct json value, struct text *out);

bool json_exists(struct json value);
bool json_is_string(struct json value);
bool json_is_number(struct json value);
bool json_is_array(struct json value);
bool json_is_object(struct json value);

/* The member of an object. Absent members give a view for which json_exists() is false. */
struct json json_member(const struct json *object, const char *key);
/* The i-th item of an array, 0 <= i < json_length(). */
struct json json_item(const struct json *array, int i);
/* Number of items or members; 0 for other kinds. */
int json_length(struct json value);
/* The i-th member of an object, whose name is then in .key. */
struct json json_member_at(const struct json *object, int i);

/* The readers below fail with ERROR_INPUT when the value is absent, of another type or out of
   range. Bounds are inclusive. Strings are borrowed from the document. */
int json_object(struct json value, struct error *err);
int json_array(struct json value, int min_length, int max_length, struct error *err);
int json_string(struct json value, const char **out, struct error *err);
int json_bool(struct json value, bool *out, struct error *err);
int json_number(struct json value, double min, double max, double *out, struct error *err);
int json_integer(struct json value, int64_t min, int64_t max, int64_t *out, struct error *err);

/* The same, but an absent value leaves *out as it is: the default. */
int json_string_or(struct json value, const char **out, struct error *err);
int json_bool_or(struct json value, bool *out, struct error *err);
int json_number_or(struct json value, double min, double max, double *out, struct error *err);
int json_integer_or(struct json value, int64_t min, int64_t max, int64_t *out, struct error *err);

/* Reads a string that must be one of `names` (ended by NULL); *index gets its place. */
int json_choice(struct json value, const char *const *names, int *index, struct error *err);

/* Refuses members of `object` that are not in `keys` (ended by NULL), naming the nearest key. */
int json_only_keys(struct json object, const char *const *keys, struct error *err);

/* An error at this value: the file and path become `where`. Returns the code ERROR_INPUT. */
int json_fail(struct json value, struct error *err, const char *hint, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends the path of a value: $.network.layers[2].units */
void json_path(struct json value, struct text *out);

/* Appends `string` quoted and escaped as JSON; for writers. */
void json_quote(const char *string, struct text *out);

#endif
