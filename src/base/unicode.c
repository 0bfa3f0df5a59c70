#include "base/unicode.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The code points that take this many bytes and what they begin with. */
static const struct form {
    int bytes;
    uint8_t mask, lead;
    uint32_t first, last;
} forms[] = {{1, 0x80, 0x00, 0, 0x7f},
             {2, 0xe0, 0xc0, 0x80, 0x7ff},
             {3, 0xf0, 0xe0, 0x800, 0xffff},
             {4, 0xf8, 0xf0, 0x10000, 0x10ffff}};

/* Characters that cannot be seen but change what is seen around them. */
static const struct {
    uint32_t first, last;
} unseen[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200b}, {0x200e, 0x200f},
              {0x2028, 0x202e}, {0x2060, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}};

/* The form of the well-formed character at `bytes`, or NULL; *code gets its number. */
static const struct form *decode(const char *bytes, size_t left, uint32_t *code)
{
    const uint8_t *p = (const uint8_t *)bytes;
    for (size_t i = 0; left > 0 && i < sizeof forms / sizeof *forms; i++) {
        const struct form *form = &forms[i];
        if ((p[0] & form->mask) != form->lead)
            continue;
        if ((size_t)form->bytes > left)
            return NULL;
        *code = p[0] & (uint8_t)~form->mask;
        for (int k = 1; k < form->bytes; k++) {
            if ((p[k] & 0xc0) != 0x80)
                return NULL;
            *code = *code << 6 | (p[k] & 0x3f);
        }
        bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
        return *code >= form->first && *code <= form->last && !surrogate ? form : NULL;
    }
    return NULL;
}

int unicode_length(const char *bytes, size_t left)
{
    uint32_t code;
    const struct form *form = decode(bytes, left, &code);
    return form ? form->bytes : 0;
}

bool unicode_valid(const char *bytes, size_t length, size_t *bad)
{
    for (size_t i = 0; i < length;) {
        int step = (bytes[i] & 0x80) == 0 ? 1 : unicode_length(bytes + i, length - i);
        if (step == 0) {
            *bad = i;
            return false;
        }
        i += (size_t)step;
    }
    return true;
}

static bool can_be_seen(uint32_t code)
{
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (code >= unseen[i].first && code <= unseen[i].last)
            return false;
    return true;
}

size_t unicode_show(const char *bytes, size_t left, char shown[UNICODE_SHOWN])
{
    uint32_t code;
    const struct form *form = decode(bytes, left, &code);
    if (!form || (form->bytes == 1 && !can_be_seen(code))) {
        snprintf(shown, UNICODE_SHOWN, "\\x%02x", (unsigned char)*bytes);
        return 1;
    }
    if (can_be_seen(code)) {
        memcpy(shown, bytes, (size_t)form->bytes);
        shown[form->bytes] = '\0';
    } else {
        snprintf(shown, UNICODE_SHOWN, "\\u%04x", (unsigned)code & 0xffff);
    }
    return (size_t)form->bytes;
}

size_t unicode_cut(const char *bytes, size_t length, size_t limit)
{
    if (length <= limit)
        return length;
    size_t start = limit; /* of the character that the cut would go through */
    while (start > 0 && limit - start < 3 && (bytes[start] & 0xc0) == 0x80)
        start--;
    int whole = unicode_length(bytes + start, length - start);
    return start < limit && start + (size_t)whole > limit ? start : limit;
}

const char *unicode_excerpt(const char *string, size_t limit, char *buffer)
{
    size_t length = strnlen(string, limit + 4);
    size_t cut = unicode_cut(string, length, limit);
    memcpy(buffer, string, cut);
    strcpy(buffer + cut, cut < length ? "..." : "");
    return buffer;
}
