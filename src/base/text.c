#include "base/text.h"

#include "base/memory.h"
#include "base/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct text *text, size_t extra)
{
    if (text->failed)
        return false;
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = needed < 64 ? 64 : needed + needed / 2;
    char *data = memory_resize(text->data, capacity, 1);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    if (count)
        memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_addv(text, format, args);
    va_end(args);
}

void text_addv(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_add_number(struct text *text, double value)
{
    char digits[40];
    if (fabs(value) < 1e15 && value == floor(value) && !(value == 0 && signbit(value))) {
        text_addf(text, "%.0f", value); /* %g would write 10 as 1e+01 */
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (isnan(value) || strtod(digits, NULL) == value)
            break;
    }
    text_add(text, digits);
}

void text_add_shell(struct text *text, const char *word)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%");
    if (*word && !word[plain]) {
        text_add(text, word);
        return;
    }
    text_add_char(text, '\'');
    for (; *word; word++)
        text_addf(text, *word == '\'' ? "'\\''" : "%c", *word);
    text_add_char(text, '\'');
}

void text_add_shown(struct text *out, const char *bytes, size_t length, const char *kept)
{
    char shown[UNICODE_SHOWN];
    for (size_t i = 0; i < length;) {
        if (bytes[i] && strchr(kept, bytes[i])) {
            text_add_char(out, bytes[i++]);
            continue;
        }
        i += unicode_show(bytes + i, length - i, shown);
        text_add(out, shown);
    }
}

void text_add_line(struct text *out, const char *format, va_list args)
{
    struct text line = TEXT_EMPTY;
    text_addv(&line, format, args);
    text_add_shown(out, text_string(&line), line.length, "");
    out->failed = out->failed || text_failed(&line);
    text_release(&line);
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data)
        text->data[0] = '\0';
}

void text_release(struct text *text)
{
    memory_free(text->data);
    *text = TEXT_EMPTY;
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

bool text_failed(const struct text *text)
{
    return text->failed;
}

char *text_take(struct text *text)
{
    if (text->failed) {
        text_release(text);
        return NULL;
    }
    char *data = text->data ? text->data : memory_copy_string("");
    *text = TEXT_EMPTY;
    return data;
}
