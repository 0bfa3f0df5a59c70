/* What DB.lock says: one line of JSON about its owner, written by lock.c, and whether that owner still lives. */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/host.h"
#include "base/json.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const struct lock_patience lock_patience_usual = {.interval = 1, .stale = STORE_STALE_SECONDS, .settle = 2};

enum field_kind { FIELD_TEXT, FIELD_INTEGER, FIELD_INT, FIELD_REAL }; /* char[], int64_t, int, double */

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset, size;
};
#define FIELD(kind, name, member)                                                                                      \
    {                                                                                                                  \
#name, kind, offsetof(struct store_lock_info, member), sizeof((struct store_lock_info *)0)->member             \
    }
#define COUNT(name) FIELD(FIELD_INTEGER, name, progress.name)

static const struct field fields[] = {
    FIELD(FIELD_TEXT, host, host),
    FIELD(FIELD_INTEGER, pid, pid),
    FIELD(FIELD_TEXT, place, place),
    FIELD(FIELD_INTEGER, process_start, process_start),
    FIELD(FIELD_TEXT, token, token),
    FIELD(FIELD_TEXT, began, began),
    FIELD(FIELD_INTEGER, beat, beat),
    FIELD(FIELD_TEXT, at, at),
    COUNT(tickets),
    COUNT(trained),
    COUNT(to_train),
    COUNT(trained_now),
    COUNT(failed),
    COUNT(workers),
    COUNT(ranks),
    FIELD(FIELD_REAL, seconds, progress.seconds),
    FIELD(FIELD_INTEGER, best_ticket, progress.best.ticket),
    FIELD(FIELD_REAL, best_score, progress.best.result.objective[0].mean),
    FIELD(FIELD_REAL, best_deviation, progress.best.result.objective[0].deviation),
    FIELD(FIELD_INT, best_seeds, progress.best.result.seeds),
    FIELD(FIELD_TEXT, experiment, experiment),
    FIELD(FIELD_TEXT, best_formula, formula),
};
enum { FIELDS = sizeof fields / sizeof *fields };

struct store_heartbeat store_heartbeat_unknown(void)
{
    struct store_heartbeat unknown = {.trained = -1, .to_train = -1, .failed = -1, .best = best_result_none()};
    unknown.best.result.seeds = -1;
    return unknown;
}

void lock_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);
    while (length > 0 && from[length] && ((unsigned char)from[length] & 0xc0) == 0x80)
        length--; /* not in the middle of a character */
    memmove(to, from, length);
    to[length] = '\0';
}

static void add_field(const struct field *field, const char *member, struct text *line)
{
    int64_t integer = 0;
    int small;
    double real = 0;
    if (field->kind == FIELD_REAL)
        memcpy(&real, member, sizeof real);
    if (!isfinite(real) || (field->kind == FIELD_TEXT && !*member))
        return;
    text_addf(line, "%s\"%s\":", line->length > 1 ? "," : "", field->name);
    if (field->kind == FIELD_TEXT) {
        json_quote(member, line);
    } else if (field->kind == FIELD_REAL) {
        text_add_number(line, real);
    } else if (field->kind == FIELD_INT) {
        memcpy(&small, member, sizeof small);
        text_addf(line, "%d", small);
    } else {
        memcpy(&integer, member, sizeof integer);
        text_addf(line, "%lld", (long long)integer);
    }
}

/* The formula goes when escapes make the line too long for one block of a disk. */
void lock_line(const struct store_lock_info *record, struct text *line)
{
    int count = FIELDS;
    do {
        text_clear(line);
        text_add_char(line, '{');
        for (int i = 0; i < count; i++)
            add_field(&fields[i], (const char *)record + fields[i].offset, line);
        text_add(line, "}\n");
    } while (line->length >= LOCK_LINE && --count > 0);
}

static int read_field(const struct json *root, const struct field *field, char *member)
{
    struct json value = json_member(root, field->name);
    const char *string = "";
    int status;
    if (field->kind == FIELD_REAL) {
        double real = NAN;
        status = json_number_or(value, -INFINITY, INFINITY, &real, NULL);
        memcpy(member, &real, sizeof real);
    } else if (field->kind == FIELD_INTEGER || field->kind == FIELD_INT) {
        int64_t integer = -1;
        status = json_integer_or(value, -1, field->kind == FIELD_INT ? INT_MAX : INT64_C(1) << 53, &integer, NULL);
        int small = (int)integer;
        memcpy(member, field->kind == FIELD_INT ? (void *)&small : &integer, field->size);
    } else {
        status = json_string_or(value, &string, NULL);
        lock_copy(member, field->size, string);
    }
    return status;
}

/* Fills in what the line says; *readable: it is one of ours. */
static int parse(const char *line, struct store_lock_info *record, bool *readable, struct error *err)
{
    struct json_document *document = NULL;
    *readable = false;
    int status = json_parse(line, "DB.lock", &document, NULL);
    if (status == ERROR_MEMORY)
        return memory_error(err, "a file lock");
    if (status)
        return 0;
    struct json root = json_root(document);
    bool sound = json_is_object(root);
    for (int i = 0; i < FIELDS && sound; i++)
        sound = read_field(&root, &fields[i], (char *)record + fields[i].offset) == 0;
    *readable = sound && *record->host && *record->token && record->pid > 0 && record->pid <= INT32_MAX;
    json_document_free(document);
    return 0;
}

int lock_read(const char *path, struct lock_reading *reading, struct error *err)
{
    *reading = (struct lock_reading){.there = false};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ESTALE ? 0 : file_error(err, path, "open", errno);
    struct stat info = {0};
    ssize_t length = pread(fd, reading->line, sizeof reading->line - 1, 0);
    int failure = length < 0 || fstat(fd, &info) != 0 ? errno : 0;
    close(fd);
    if (failure)
        return failure == ESTALE ? 0 : file_error(err, path, "read", failure);
    reading->there = true;
    reading->written = (double)info.st_mtim.tv_sec + 1e-9 * (double)info.st_mtim.tv_nsec;
    reading->line[length] = '\0';
    reading->line[strcspn(reading->line, "\n")] = '\0'; /* behind it may be the rest of a longer one */
    return 0;
}

/* Places and processes --------------------------------------------------------------------------- */

/* State and field 22 of /proc/PID/stat. The name in field 2 may hold anything, so count from its ')'. */
static bool read_process(const char *pid, char *state, int64_t *start)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    char *rest = strrchr(text, ')');
    if (!rest || !rest[1] || !rest[2])
        return false;
    *state = rest[2];
    for (int field = 2; field < 22 && rest; field++)
        rest = strchr(rest + 1, ' ');
    *start = rest ? strtoll(rest, NULL, 10) : 0;
    return rest != NULL;
}

bool lock_process_lives(int64_t pid, int64_t process_start)
{
    char name[24], state;
    int64_t start;
    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return false;
    snprintf(name, sizeof name, "%lld", (long long)pid);
    if (!read_process(name, &state, &start))
        return true; /* it is there, and hidden from us */
    return state != 'Z' && state != 'X' && start == process_start;
}

/* The place is where a process number means the same: this start of this system, and this space of numbers. It
   stays empty where /proc belongs to another space. */
void lock_identify(struct store_lock_info *record)
{
    char self[24] = "", boot[40] = "", state;
    struct stat space;
    ssize_t length = readlink("/proc/self", self, sizeof self - 1);
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t boot_length = fd >= 0 ? read(fd, boot, sizeof boot - 1) : -1;
    if (fd >= 0)
        close(fd);
    boot[boot_length > 0 ? boot_length : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    host_name(record->host, sizeof record->host);
    record->pid = getpid();
    record->place[0] = '\0';
    bool known = length > 0 && strtoll(self, NULL, 10) == record->pid && *boot &&
                 stat("/proc/self/ns/pid", &space) == 0 && read_process("self", &state, &record->process_start);
    if (known)
        snprintf(record->place, sizeof record->place, "%s/%llu", boot, (unsigned long long)space.st_ino);
}

bool lock_same_place(const struct store_lock_info *a, const struct store_lock_info *b)
{
    return *a->place && strcmp(a->place, b->place) == 0;
}

/* What it says, judged ---------------------------------------------------------------------------- */

static double seconds_of(const char *utc)
{
    struct tm time = {0};
    int milliseconds = 0;
    const char *rest = strptime(utc, "%Y-%m-%dT%H:%M:%S", &time);
    if (!rest)
        return NAN;
    sscanf(rest, ".%3dZ", &milliseconds);
    return (double)timegm(&time) + 1e-3 * milliseconds;
}

/* A moment in the future comes from a clock that is not ours, and tells nothing. */
static double age_at(double now, double then)
{
    double age = now - then;
    return age < -5 ? NAN : age > 0 ? age : 0;
}

/* By the owner's clock and by that of the file server; the younger counts. */
static double age_of(const struct lock_reading *reading, const struct store_lock_info *info)
{
    double now = clock_date();
    return fmin(age_at(now, reading->written), age_at(now, seconds_of(info->at)));
}

static void forget(struct store_lock_info *info)
{
    *info = (struct store_lock_info){.age = NAN, .progress = store_heartbeat_unknown()};
}

/* Does the owner live, and when did it last say so? */
static void judge_life(const struct lock_reading *reading, struct store_lock_info *info)
{
    struct store_lock_info us = {.pid = 0};
    lock_identify(&us);
    info->here = lock_same_place(info, &us);
    info->age = age_of(reading, info);
    info->alive =
        info->here ? lock_process_lives(info->pid, info->process_start) : !(info->age >= lock_patience_usual.stale);
}

/* What is no record may be one that is being written anew in this moment: it is looked at again, a few times. */
static int read_patiently(const char *path, struct lock_reading *reading, struct store_lock_info *info,
                          struct error *err)
{
    enum { LOOKS = 4 };
    int status = 0;
    for (int i = 0; i < LOOKS && !status && !info->readable; i++) {
        if (i > 0)
            clock_sleep(0.01);
        status = lock_read(path, reading, err);
        if (status || !reading->there)
            break;
        status = parse(reading->line, info, &info->readable, err);
    }
    return status;
}

int lock_info(const char *path, struct store_lock_info *info, struct error *err)
{
    struct lock_reading reading;
    forget(info);
    int status = read_patiently(path, &reading, info, err);
    if (status || !info->readable)
        forget(info);
    info->held = reading.there;
    if (status || !reading.there)
        return status;
    if (info->readable)
        judge_life(&reading, info);
    else
        lock_copy(info->host, sizeof info->host, reading.line);
    info->progress.experiment = info->experiment;
    info->progress.best.formula = *info->formula ? info->formula : NULL;
    if (info->progress.best.ticket >= 0)
        info->progress.best.result.outcome = OUTCOME_ok;
    return status;
}
