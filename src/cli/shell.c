#include "cli/shell.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

void shell_quote(const char *word, struct text *out)
{
    text_add_shell(out, word);
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
