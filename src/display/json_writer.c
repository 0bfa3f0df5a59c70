#include "display/json_writer.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>

void member_separator(struct text *out)
{
    char last = out->length ? text_string(out)[out->length - 1] : '{';
    if (last != '{' && last != '[')
        text_add(out, ", ");
}

void member_key(struct text *out, const char *key)
{
    member_separator(out);
    json_quote(key, out);
    text_add(out, ": ");
}

void member_text(struct text *out, const char *key, const char *string)
{
    member_key(out, key);
    if (string)
        json_quote(string, out);
    else
        text_add(out, "null");
}

void member_number(struct text *out, const char *key, double value)
{
    member_key(out, key);
    if (isfinite(value))
        text_add_number(out, value);
    else
        text_add(out, "null");
}

void member_integer(struct text *out, const char *key, int64_t value)
{
    member_key(out, key);
    text_addf(out, "%lld", (long long)value);
}

void member_bool(struct text *out, const char *key, bool value)
{
    member_key(out, key);
    text_add(out, value ? "true" : "false");
}
