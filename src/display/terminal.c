#include "display/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_WIDTH = 80, GREATEST_WIDTH = 4096 };

/* The variable's value; NULL when it is unset or empty, which mean the same. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int limited(long width)
{
    return width < GREATEST_WIDTH ? (int)width : GREATEST_WIDTH;
}

int terminal_width(int fd)
{
    const char *columns = variable("COLUMNS");
    char *end = NULL;
    long width = columns ? strtol(columns, &end, 10) : 0;
    if (width > 0 && !*end)
        return limited(width);
    struct winsize size;
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? limited(size.ws_col) : USUAL_WIDTH;
}

int terminal_plot_width(int fd)
{
    enum { LEAST = 20 };
    int width = terminal_width(fd);
    if (width == 0 || width > USUAL_WIDTH)
        return USUAL_WIDTH;
    return width < LEAST ? LEAST : width;
}

bool terminal_rewrites(int fd)
{
    static const char *const dumb[] = {"dumb", "unknown", "network", "dialup", "lpr", "printer", "emacs"};
    const char *kind = variable("TERM");
    bool able = kind && isatty(fd);
    for (size_t i = 0; able && i < sizeof dumb / sizeof *dumb; i++)
        able = strcmp(kind, dumb[i]) != 0;
    return able;
}

bool terminal_has_colours(int fd)
{
    static const char *const other[] = {"vt52", "adm", "wy", "tvi", "tek", "hp", "ibm3", "3270", "h19"};
    const char *wish = variable("CLICOLOR"), *kind = variable("TERM");
    bool wanted = !variable("NO_COLOR") && !(wish && strcmp(wish, "0") == 0);
    bool able = wanted && terminal_rewrites(fd);
    for (size_t i = 0; able && i < sizeof other / sizeof *other; i++)
        able = strncmp(kind, other[i], strlen(other[i])) != 0;
    return able;
}

/* LANG=de_DE.UTF-8@euro: the character set stands between the dot and the @. */
bool terminal_is_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; !locale && i < sizeof variables / sizeof *variables; i++)
        locale = variable(variables[i]);
    const char *set = locale ? strchr(locale, '.') : NULL;
    set = set ? set + 1 : locale ? locale : "";
    size_t length = strcspn(set, "@");
    return (length == 5 && strncasecmp(set, "utf-8", length) == 0) ||
           (length == 4 && strncasecmp(set, "utf8", length) == 0);
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
