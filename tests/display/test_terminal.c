/* Width, colours and characters of a terminal. */
#include "testing.h"

#include "display/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Does this system give out terminals? A bare root folder without /dev/pts does not. */
static bool there_are_terminals(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int fd = master < 0 || grantpt(master) || unlockpt(master) ? -1 : open(ptsname(master), O_RDWR | O_NOCTTY);
    if (fd < 0)
        printf("skipped: terminals (%s)\n", strerror(errno));
    close(fd);
    close(master);
    return fd >= 0;
}

/* A terminal without anybody before it. */
static int terminal(int columns)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    int fd = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = 24};
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ioctl(fd, TIOCSWINSZ, &size), 0);
    return fd;
}

static int a_pipe(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    return ends[1];
}

static void set(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

START_TEST(the_width_is_asked_for)
{
    if (!there_are_terminals())
        return;
    static const int widths[] = {1, 2, 19, 20, 80, 500, 4096};
    unsetenv("COLUMNS");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        ck_assert_int_eq(terminal_width(terminal(widths[i])), widths[i]);
    ck_assert_int_eq(terminal_width(terminal(0)), 80); /* one that does not know */
    ck_assert_int_eq(terminal_width(terminal(65535)), 4096);
    ck_assert_int_eq(terminal_width(a_pipe()), 0);
}
END_TEST

START_TEST(columns_go_first)
{
    if (!there_are_terminals())
        return;
    static const struct {
        const char *columns;
        int width;
    } cases[] = {{"40", 40},   {"1", 1},    {"99999999999999999999", 4096},
                 {"0", 70},    {"-5", 70},  {"", 70},
                 {"many", 70}, {"40x", 70}, {"4 0", 70},
                 {"40 ", 70}};
    int fd = terminal(70);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set("COLUMNS", cases[i].columns);
        ck_assert_msg(terminal_width(fd) == cases[i].width, "COLUMNS=%s: %d", cases[i].columns, terminal_width(fd));
        int piped = cases[i].width == 70 ? 0 : cases[i].width;
        ck_assert_int_eq(terminal_width(a_pipe()), piped);
    }
    unsetenv("COLUMNS");
}
END_TEST

START_TEST(plots_stay_readable)
{
    if (!there_are_terminals())
        return;
    unsetenv("COLUMNS");
    ck_assert_int_eq(terminal_plot_width(terminal(1)), 20);
    ck_assert_int_eq(terminal_plot_width(terminal(50)), 50);
    ck_assert_int_eq(terminal_plot_width(terminal(4000)), 80);
    ck_assert_int_eq(terminal_plot_width(a_pipe()), 80);
}
END_TEST

START_TEST(a_terminal_may_be_dumb)
{
    if (!there_are_terminals())
        return;
    static const struct {
        const char *term;
        bool rewrites, colours;
    } cases[] = {
        {"xterm", true, true},     {"xterm-256color", true, true}, {"screen", true, true}, {"linux", true, true},
        {"foot", true, true},      {"vt220", true, true},          {"vt52", true, false},  {"adm3a", true, false},
        {"dumb", false, false},    {"unknown", false, false},      {"", false, false},     {NULL, false, false},
        {"printer", false, false}, {"network", false, false}};
    int fd = terminal(80), none = a_pipe();
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = cases[i].term ? cases[i].term : "(unset)";
        set("TERM", cases[i].term);
        ck_assert_msg(terminal_rewrites(fd) == cases[i].rewrites, "TERM=%s: lines", name);
        ck_assert_msg(terminal_has_colours(fd) == cases[i].colours, "TERM=%s: colours", name);
        ck_assert_msg(!terminal_rewrites(none) && !terminal_has_colours(none), "TERM=%s: a pipe", name);
    }
}
END_TEST

START_TEST(colours_may_be_refused)
{
    if (!there_are_terminals())
        return;
    static const struct {
        const char *no_color, *clicolor;
        bool colours;
    } cases[] = {{NULL, NULL, true},  {"", NULL, true},   {"1", NULL, false}, {"0", NULL, false},
                 {"yes", "1", false}, {NULL, "0", false}, {NULL, "1", true},  {NULL, "", true}};
    int fd = terminal(80);
    set("TERM", "xterm");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set("NO_COLOR", cases[i].no_color);
        set("CLICOLOR", cases[i].clicolor);
        ck_assert_msg(terminal_has_colours(fd) == cases[i].colours, "case %zu", i);
        ck_assert(terminal_rewrites(fd));
    }
}
END_TEST

START_TEST(the_character_set_is_the_locale_s)
{
    static const struct {
        const char *all, *ctype, *lang;
        bool utf8;
    } cases[] = {{NULL, NULL, NULL, false},
                 {NULL, NULL, "C", false},
                 {NULL, NULL, "POSIX", false},
                 {NULL, NULL, "C.UTF-8", true},
                 {NULL, NULL, "de_DE.utf8", true},
                 {NULL, NULL, "ca_ES.UTF-8@valencia", true},
                 {NULL, NULL, "de_DE@euro", false},
                 {NULL, NULL, "de_DE.ISO-8859-15@utf8", false},
                 {NULL, NULL, "utf8_XX.ISO-8859-1", false},
                 {NULL, NULL, "en_US.UTF-16", false},
                 {NULL, "UTF-8", "C", true},
                 {NULL, "C", "en_US.UTF-8", false},
                 {"C", "en_US.UTF-8", "en_US.UTF-8", false},
                 {"", "", "en_US.UTF-8", true},
                 {"en_US.utf8", "C", "C", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set("LC_ALL", cases[i].all);
        set("LC_CTYPE", cases[i].ctype);
        set("LANG", cases[i].lang);
        ck_assert_msg(terminal_is_utf8() == cases[i].utf8, "case %zu", i);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("terminal", 10, the_width_is_asked_for, columns_go_first, plots_stay_readable,
                     a_terminal_may_be_dumb, colours_may_be_refused, the_character_set_is_the_locale_s);
}
