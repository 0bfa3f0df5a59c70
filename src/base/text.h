/* Text: a string that grows.
 *
 * Starts as TEXT_EMPTY, which owns nothing; text_release() accepts that. A failed allocation makes
 * the text `failed`, later additions do nothing, and whoever finishes asks text_failed() once
 * instead of checking every addition. Always terminated: text_string() is never NULL. */
#ifndef ACTSEARCH_BASE_TEXT_H
#define ACTSEARCH_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

#define TEXT_EMPTY ((struct text){0})

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Adds `value` in the shortest decimal form that reads back as the same double: 0.1, 1e-07, inf. */
void text_add_number(struct text *text, double value);

/* Adds a word so that a shell reads it as it is: between quotes where it must be. */
void text_add_shell(struct text *text, const char *word);

/* Adds bytes as they may be shown (base/unicode.h). `kept`: control characters that stay
   as they are, such as "\n\t". */
void text_add_shown(struct text *text, const char *bytes, size_t length, const char *kept);

/* Adds a formatted text that becomes one line: no control character stays. */
void text_add_line(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Forgets the contents, keeps the memory. */
void text_clear(struct text *text);
void text_release(struct text *text);

/* Borrowed, terminated; "" when empty. */
const char *text_string(const struct text *text);
bool text_failed(const struct text *text);

/* Gives the string away: returns owned (memory_free), NULL when the text failed; leaves it empty. */
char *text_take(struct text *text);

#endif
