#include "executor/crash.h"

#include "base/error.h"
#include "base/host.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} fatal[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};
enum { FATAL = sizeof fatal / sizeof *fatal, LINE = 400 };

/* What the handler reads. Set once, before there are threads. */
static char note[4096];
static char host[256];
static const char *const *told_names; /* NULL: crashes are noted */
static int64_t told_count;
static _Thread_local volatile int64_t training = CRASH_NO_TICKET;

void crash_ticket_is(int64_t ticket)
{
    training = ticket;
}

/* ---- in the handler: only what POSIX calls async-signal-safe */

static size_t add_string(char line[LINE], size_t at, const char *string)
{
    while (*string && at < LINE - 1)
        line[at++] = *string++;
    return at;
}

static size_t add_number(char line[LINE], size_t at, int64_t number)
{
    char digits[24];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0 && at < LINE - 1)
        line[at++] = digits[--count];
    return at;
}

static void write_note(int64_t ticket, const char *signal_name)
{
    char line[LINE];
    size_t length = add_number(line, 0, ticket);
    length = add_string(line, length, " ");
    length = add_string(line, length, signal_name);
    length = add_string(line, length, " ");
    length = add_string(line, length, host);
    length = add_string(line, length, ":");
    length = add_number(line, length, getpid());
    length = add_string(line, length, "\n");
    int file = open(note, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    if (write(file, line, length) == (ssize_t)length)
        fsync(file);
    close(file);
}

static void write_told(int64_t ticket, const char *signal_name)
{
    char line[LINE];
    size_t length = add_string(line, 0, "actsearch: ");
    length = add_string(line, length, ticket < told_count ? told_names[ticket] : "an evaluation");
    length = add_string(line, length, " has killed the process by ");
    length = add_string(line, length, signal_name);
    length = add_string(line, length, "\n");
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody hears it */
}

/* abort() and pthread_kill() come from here, kill() by another does not. */
static bool own_doing(const siginfo_t *info)
{
    return info->si_code > 0 || info->si_pid == getpid();
}

static void handle(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (training != CRASH_NO_TICKET && own_doing(info))
        for (int i = 0; i < FATAL; i++)
            if (fatal[i].number == number)
                (told_names ? write_told : write_note)(training, fatal[i].name);
    raise(number); /* SA_RESETHAND: this time it kills */
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FATAL; i++)
        sigaction(fatal[i].number, &action, NULL);
}

int crash_note_in(const char *path, struct error *err)
{
    if (strlen(path) >= sizeof note)
        return error_set(err, ERROR_INPUT, path, "choose a shorter path", "the path is too long");
    strcpy(note, path);
    told_names = NULL;
    host_name(host, sizeof host);
    install();
    return 0;
}

void crash_tell(const char *const *names, int64_t count)
{
    told_names = names;
    told_count = count;
    install();
}
