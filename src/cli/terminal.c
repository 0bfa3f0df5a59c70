#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

int terminal_width(int fd)
{
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width >= 20)
        return width;
    struct winsize size;
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

bool terminal_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

int characters(const char *string)
{
    int count = 0;
    for (; *string; string++)
        count += begins_character(*string);
    return count;
}

size_t character_bytes(const char *string, int count)
{
    size_t i = 0;
    for (; string[i]; i++)
        if (begins_character(string[i]) && count-- == 0)
            break;
    return i;
}
