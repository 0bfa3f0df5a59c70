/* Waiting for other programs. A person may look into a database with sqlite3 or a viewer, and such a program locks it
   for as long as its transaction lasts; that passes, so it is waited for, and it is said who is waited for.

   SQLite asks its busy handler in most places, but not where it gives up a log or where two wait for each other, so
   store_step() asks once more. */
#include "store/store_internal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Of what is finished and not stored yet, this much is waited for after somebody wants the program to end. */
static const double after_stop_seconds = 2;
/* Shorter waits are everyday life where there is no log, and not worth a line. */
static const double silent_seconds = 1;

/* ---- who it is */

/* "NUMBER: POSIX ADVISORY WRITE PID MAJOR:MINOR:INODE FIRST LAST": the process, or 0. Our own counts as none. */
static long locker_in(const char *line, const struct stat *file)
{
    long pid;
    unsigned int major_number, minor_number;
    unsigned long long inode;
    if (sscanf(line, "%*s %*s %*s %*s %ld %x:%x:%llu", &pid, &major_number, &minor_number, &inode) != 4)
        return 0;
    bool same = major_number == major(file->st_dev) && minor_number == minor(file->st_dev) && inode == file->st_ino;
    return same && pid > 0 && pid != getpid() ? pid : 0;
}

/* Whoever writes rather than who reads. The system's own list is read, since closing a file of ours would let go of
   SQLite's locks on it. */
static long find_locker(const struct stat *file)
{
    char line[256];
    long found = 0;
    FILE *locks = fopen("/proc/locks", "re");
    while (locks && fgets(line, sizeof line, locks)) {
        long pid = locker_in(line, file);
        if (pid && (!found || strstr(line, " WRITE ")))
            found = pid;
    }
    if (locks)
        fclose(locks);
    return found;
}

static void name_process(long pid, char *name, size_t size)
{
    char path[40], command[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (file && fgets(command, sizeof command, file))
        command[strcspn(command, "\n")] = '\0';
    if (file)
        fclose(file);
    snprintf(name, size, *command ? "process %ld (%s)" : "process %ld", pid, command);
}

void busy_holder(const struct store *store, char *name, size_t size)
{
    static const char *const endings[] = {"-shm", ""};
    long pid = 0;
    for (int i = 0; i < 2 && !pid; i++) {
        struct stat info;
        struct text file = TEXT_EMPTY;
        text_addf(&file, "%s%s", store->path, endings[i]);
        if (!text_failed(&file) && stat(text_string(&file), &info) == 0)
            pid = find_locker(&info);
        text_release(&file);
    }
    if (pid)
        name_process(pid, name, size);
    else
        snprintf(name, size, "another program");
}

/* ---- waiting */

void busy_begin(struct busy *busy, const struct store_options *options)
{
    *busy = (struct busy){.seconds = options->busy_seconds < 0   ? 0
                                     : options->busy_seconds > 0 ? options->busy_seconds
                                                                 : STORE_BUSY_SECONDS,
                          .stop = options->stop,
                          .drop = options->drop,
                          .stopped = options->stopped,
                          .say = options->say,
                          .say_context = options->say_context};
}

static bool is_raised(const atomic_int *flag)
{
    return flag && atomic_load(flag);
}

/* Somebody wants the program to end. With results at stake, the first wish leaves a moment. */
static bool is_stopped(struct busy *busy)
{
    if (is_raised(busy->drop))
        return true;
    if (!is_raised(busy->stop) && !(busy->stopped && busy->stopped()))
        return false;
    if (busy->stopped_at <= 0)
        busy->stopped_at = clock_seconds();
    return !busy->at_stake || clock_seconds() - busy->stopped_at > after_stop_seconds;
}

static void say(const struct store *store)
{
    struct busy *busy = store->busy;
    struct text line = TEXT_EMPTY;
    char holder[80];
    busy->said = true;
    if (!busy->say)
        return;
    busy_holder(store, holder, sizeof holder);
    text_addf(&line, "%s: %s has locked the database; waiting for it, %.0f s at most", store->path, holder,
              busy->seconds);
    if (!text_failed(&line))
        busy->say(busy->say_context, text_string(&line));
    text_release(&line);
}

/* Whether to try again, after a pause. */
static bool goes_on(const struct store *store)
{
    enum { PAUSE_MS = 20 };
    struct busy *busy = store->busy;
    if (busy->since <= 0) {
        busy->since = clock_seconds();
        busy->stopped_at = 0;
        busy->said = busy->interrupted = false;
    }
    busy->waited = clock_seconds() - busy->since;
    busy->interrupted = is_stopped(busy);
    if (busy->interrupted || busy->waited >= busy->seconds)
        return false;
    if (!busy->said && busy->waited >= silent_seconds)
        say(store);
    clock_sleep(1e-3 * PAUSE_MS);
    return true;
}

static int handle(void *context, int count)
{
    const struct store *store = context;
    if (count == 0 && !store->busy->again)
        store->busy->since = 0;
    return goes_on(store);
}

void busy_install(const struct store *store)
{
    sqlite3_busy_handler(store->db, handle, (void *)store);
}

static bool is_busy(int code)
{
    int primary = code & 0xff;
    return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL;
}

int store_step(const struct store *store, sqlite3_stmt *statement)
{
    bool first = !sqlite3_stmt_busy(statement);
    store->busy->since = 0;
    int code = sqlite3_step(statement);
    store->busy->again = true;
    while (first && is_busy(code) && goes_on(store)) {
        sqlite3_reset(statement);
        code = sqlite3_step(statement);
    }
    store->busy->again = false;
    return code;
}

/* Again from the beginning only when none of its statements has done anything to the transaction. */
int store_script(const struct store *store, const char *sql)
{
    int before = sqlite3_get_autocommit(store->db);
    store->busy->since = 0;
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    store->busy->again = true;
    while (is_busy(code) && sqlite3_get_autocommit(store->db) == before && goes_on(store))
        code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    store->busy->again = false;
    return code;
}
