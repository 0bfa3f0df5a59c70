/* JSON writer: objects whose members are not rows and columns, written one after the other.
 *
 *   text_add(&out, "{"); member_text(&out, "name", name); member_number(&out, "score", score); ... "}"
 *
 * Numbers keep every digit; what is missing or not finite is null. */
#ifndef ACTSEARCH_DISPLAY_JSON_WRITER_H
#define ACTSEARCH_DISPLAY_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/* The key alone, with a comma in front unless it is the first; the value is the caller's. */
void member_key(struct text *out, const char *key);

void member_text(struct text *out, const char *key, const char *string); /* NULL: missing */
void member_number(struct text *out, const char *key, double value);
void member_integer(struct text *out, const char *key, int64_t value);
void member_bool(struct text *out, const char *key, bool value);

/* A comma unless the array or object has just been opened. */
void member_separator(struct text *out);

#endif
