#include "executor/crash.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
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
static _Thread_local volatile int64_t training = CRASH_NO_TICKET;

void crash_ticket_is(int64_t ticket)
{
    training = ticket;
}

void crash_path(const char *database, struct text *path)
{
    text_addf(path, "%s.crashed", database);
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
                write_note(training, fatal[i].name);
    raise(number); /* SA_RESETHAND: this time it kills */
}

int crash_note_in(const char *path, struct error *err)
{
    if (strlen(path) >= sizeof note)
        return error_set(err, ERROR_INPUT, path, "choose a shorter path", "the path is too long");
    strcpy(note, path);
    if (gethostname(host, sizeof host) != 0)
        strcpy(host, "unknown");
    host[sizeof host - 1] = '\0';
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FATAL; i++)
        sigaction(fatal[i].number, &action, NULL);
    return 0;
}

/* ---- the next process */

/* A line that is none (a full disk cut it short) says nothing, and one that is known already (this process was killed
   before it could remove the note) says nothing new. */
static int collect_line(const char *line, struct store *store, struct error *err)
{
    int64_t ticket;
    char name[16], process[300];
    if (sscanf(line, "%" SCNd64 " %15s %299s", &ticket, name, process) != 3 || ticket < 0)
        return 0;
    return store_crash_add(store, ticket, name, process, err);
}

int crash_collect(const char *path, bool fresh, struct store *store, struct error *err)
{
    enum { LIMIT = 1 << 20 };
    struct text text = TEXT_EMPTY;
    if (access(path, F_OK) != 0)
        return 0;
    int status = fresh ? 0 : file_read(path, LIMIT, &text, err);
    const char *line = text_string(&text);
    for (const char *end; !status && (end = strchr(line, '\n')); line = end + 1)
        status = collect_line(line, store, err);
    text_release(&text);
    if (!status)
        unlink(path);
    return status;
}

/* ---- who is condemned */

int crash_list_read(struct store *store, struct crash_list *list, struct error *err)
{
    struct store_query *query = NULL;
    char sql[120];
    bool row = true;
    snprintf(sql, sizeof sql, "SELECT ticket FROM crash GROUP BY ticket HAVING count(*) >= %d", CRASHES_TO_CONDEMN);
    int status = store_query_new(store, sql, &query, err);
    while (!status && !(status = store_query_next(query, &row, err)) && row) {
        int64_t *longer = memory_resize(list->tickets, (size_t)list->count + 1, sizeof *longer);
        if (!longer) {
            status = memory_error(err, "the crashed tickets");
            continue;
        }
        list->tickets = longer;
        list->tickets[list->count++] = store_query_cell(query, 0).integer;
    }
    store_query_free(query);
    return status;
}

bool crash_list_has(const struct crash_list *list, int64_t ticket)
{
    for (ptrdiff_t i = 0; i < list->count; i++)
        if (list->tickets[i] == ticket)
            return true;
    return false;
}

void crash_list_release(struct crash_list *list)
{
    memory_free(list->tickets);
    *list = (struct crash_list){0};
}
