#include "cli/shell.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

void shell_quote(const char *word, struct text *out)
{
    size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%");
    if (*word && !word[plain]) {
        text_add(out, word);
        return;
    }
    text_add_char(out, '\'');
    for (; *word; word++)
        text_addf(out, *word == '\'' ? "'\\''" : "%c", *word);
    text_add_char(out, '\'');
}

void shell_escape(const char *word, struct text *out)
{
    for (; *word; word++) {
        bool variable = *word == '$' && (isalpha((unsigned char)word[1]) || word[1] == '_' || word[1] == '{');
        if (strchr("\"\\`$", *word) && !variable)
            text_add_char(out, '\\');
        text_add_char(out, *word);
    }
}
