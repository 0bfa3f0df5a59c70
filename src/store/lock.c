/* One writer, also among hosts that share a file system.
 *
 * On a local disk an flock() on DB.lock decides: the system drops it when the process ends, however it ends. On a
 * file system that several hosts may share, flock() may be known to one host only, or not at all; there the record
 * in the file counts too. Its owner writes it anew every few seconds (file_lock_heartbeat()). Whoever finds a record
 * looks the process up where that is possible, and otherwise watches: a beat that goes on means an owner, none for
 * `stale` seconds of our own clock means that it is gone. No clocks of two hosts are compared.
 *
 * Two may break a dead lock at once, so each writes its record, waits, and owns the lock only when its token is
 * still there. And an owner that was suspended for so long that its lock was broken must not go on as if nothing had
 * happened: it looks for its token before every beat and every commit (file_lock_check()). */
#include "store/store_internal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* In small steps, so that a person who stops the program need not wait. */
static int sleep_for(const struct lock_request *request, double seconds, struct error *err)
{
    enum { STEP_MS = 50 };
    double end = clock_seconds() + seconds;
    for (double left = seconds; left > 0; left = end - clock_seconds()) {
        if (request->stop && atomic_load(request->stop))
            return error_set(err, ERROR_INTERRUPTED, request->database, "the same command waits again",
                             "stopped while another process is writing this database");
        double step = fmin(left, 1e-3 * STEP_MS);
        clock_sleep(step);
    }
    return 0;
}

/* ---- refusing */

static void describe(const struct store_lock_info *owner, char *text, size_t size)
{
    if (owner->readable)
        snprintf(text, size, "process %lld on %s", (long long)owner->pid, owner->host);
    else
        snprintf(text, size, "%.80s", *owner->host ? owner->host : "another process");
}

/* `shared`: the owner may be gone without our knowing. */
static int owned(const struct lock_request *request, const struct store_lock_info *owner, bool shared,
                 struct error *err)
{
    char who[300], age[80] = "", hint[512];
    describe(owner, who, sizeof who);
    if (!isnan(owner->age))
        snprintf(age, sizeof age, " (last heartbeat %.0f s ago%s)", owner->age, owner->here ? "" : ", as far as known");
    if (shared)
        snprintf(hint, sizeof hint, "wait for it, stop it, or if that process is certainly gone remove %.300s",
                 request->path);
    else
        snprintf(hint, sizeof hint, "wait for it to end, stop it, or name another database");
    return error_set(err, ERROR_CONFLICT, request->database, hint, "%s is writing this database%s", who, age);
}

static int owned_by_whom_it_says(const struct lock_request *request, bool shared, struct error *err)
{
    struct store_lock_info owner;
    int status = lock_info(request->path, &owner, err);
    return status ? status : owned(request, &owner, shared, err);
}

/* ---- taking */

enum verdict { VERDICT_FREE, VERDICT_BROKEN, VERDICT_AGAIN };

/* The owner cannot be looked up, so its record is read again and again: one that changes is of a living owner. */
static int await_change(const struct lock_request *request, enum verdict *verdict, struct error *err)
{
    struct lock_reading first, last;
    double began = clock_seconds();
    int status = lock_read(request->path, &first, err);
    /* Who has made the file writes into it at once; one that stays empty is of a process that was killed in between. */
    double stale = status || *first.line ? request->patience->stale : request->patience->settle;
    *verdict = VERDICT_AGAIN;
    while (!status && first.there) {
        status = sleep_for(request, request->patience->interval, err);
        if (!status)
            status = lock_read(request->path, &last, err);
        if (status || !last.there)
            break;
        if (strcmp(first.line, last.line) != 0)
            return owned_by_whom_it_says(request, true, err);
        if (clock_seconds() - began >= stale) {
            *verdict = VERDICT_BROKEN;
            break;
        }
    }
    return status;
}

/* Somebody's record is in the file, and flock() does not know of him. */
static int judge(const struct lock_request *request, enum verdict *verdict, struct error *err)
{
    struct store_lock_info owner;
    int status = lock_info(request->path, &owner, err);
    *verdict = owner.held ? VERDICT_FREE : VERDICT_AGAIN;
    if (status || !owner.held)
        return status;
    if (!owner.here)
        return await_change(request, verdict, err);
    return owner.alive ? owned(request, &owner, true, err) : 0;
}

static int write_record(struct file_lock *lock, struct error *err)
{
    struct text line = TEXT_EMPTY;
    utc_now(lock->record.at);
    lock_line(&lock->record, &line);
    int status = text_failed(&line) ? memory_error(err, "a file lock") : 0;
    errno = 0;
    if (!status && (pwrite(lock->fd, text_string(&line), line.length, 0) != (ssize_t)line.length ||
                    ftruncate(lock->fd, (off_t)line.length) != 0 || fdatasync(lock->fd) != 0))
        status = file_error(err, lock->path, "write", errno ? errno : ENOSPC);
    text_release(&line);
    return status;
}

static int new_record(const struct lock_request *request, struct store_lock_info *record, struct error *err)
{
    unsigned char bytes[16];
    *record = (struct store_lock_info){.progress = {.to_train = -1, .best.ticket = -1}};
    record->progress.best.result.objective[0].mean = NAN;
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return file_error(err, request->path, "create", errno);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(record->token + 2 * i, 3, "%02x", bytes[i]);
    lock_identify(record);
    utc_now(record->began);
    lock_copy(record->experiment, sizeof record->experiment, request->experiment);
    return 0;
}

/* Writes that we own it. With `settle`, another one may be doing the same in this moment: the last to write wins. */
static int claim(const struct lock_request *request, struct file_lock *lock, bool settle, struct error *err)
{
    struct lock_reading reading;
    int status = new_record(request, &lock->record, err);
    if (!status)
        status = write_record(lock, err);
    if (status || !settle)
        return status;
    status = sleep_for(request, request->patience->settle, err);
    if (!status)
        status = lock_read(request->path, &reading, err);
    if (!status && (!reading.there || !strstr(reading.line, lock->record.token)))
        status = owned_by_whom_it_says(request, true, err);
    return status;
}

/* The last owner removes the file while it holds the lock. Whoever opened it just before then locks
   a file that has no name any more, and must start again: two owners would be possible otherwise. */
static bool still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

/* *fd: the file, or -1 when it went away meanwhile. Only one can have created it, on whichever host. */
static int open_file(const struct lock_request *request, int *fd, bool *created, struct error *err)
{
    *created = true;
    *fd = open(request->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd < 0 && errno == EEXIST) {
        *created = false;
        *fd = open(request->path, O_RDWR | O_CLOEXEC);
    }
    if (*fd < 0 && (errno != ENOENT || *created))
        return file_error(err, request->database, "create a lock file beside it", errno);
    return 0;
}

/* *flocked is false where there is no such thing. */
static int try_flock(const struct lock_request *request, int fd, bool *flocked, struct error *err)
{
    *flocked = !request->patience->without_flock && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (*flocked || request->patience->without_flock)
        return 0;
    switch (errno) {
    case EWOULDBLOCK:
        return owned_by_whom_it_says(request, request->shared, err);
    case ENOLCK:
    case ENOSYS:
    case EOPNOTSUPP:
        return 0;
    default:
        return file_error(err, request->database, "lock it", errno);
    }
}

/* One attempt: lock->fd is the file that we own, or -1 to try again. */
static int try_lock(const struct lock_request *request, struct file_lock *lock, struct error *err)
{
    bool created, flocked = false;
    enum verdict verdict = VERDICT_FREE;
    int fd;
    int status = open_file(request, &fd, &created, err);
    if (status || fd < 0)
        return status;
    status = try_flock(request, fd, &flocked, err);
    lock->shared = request->shared || !flocked;
    if (!status && !still_there(fd, request->path))
        verdict = VERDICT_AGAIN;
    else if (!status && lock->shared && !created)
        status = judge(request, &verdict, err);
    if (!status && verdict != VERDICT_AGAIN) {
        lock->fd = fd;
        lock->found = !created;
        status = claim(request, lock, !created && (verdict == VERDICT_BROKEN || !flocked), err);
    }
    if (lock->fd < 0)
        close(fd);
    return status;
}

static int take(const struct lock_request *request, struct file_lock *lock, struct error *err)
{
    enum { ATTEMPTS = 100 };
    int status = 0;
    *lock = FILE_LOCK_EMPTY;
    lock->path = memory_copy_string(request->path);
    if (!lock->path)
        return memory_error(err, "a file lock");
    pthread_mutex_init(&lock->mutex, NULL);
    for (int i = 0; i < ATTEMPTS && !status && lock->fd < 0; i++)
        status = try_lock(request, lock, err);
    if (!status && lock->fd < 0)
        status = error_set(err, ERROR_CONFLICT, request->database, "start one process for a database",
                           "many processes want it");
    if (status)
        file_lock_release(lock);
    return status;
}

int file_lock_acquire(const struct lock_request *request, struct file_lock *lock, struct error *err)
{
    struct error refusal = ERROR_EMPTY;
    double end = clock_seconds() + request->wait_seconds;
    int status = take(request, lock, &refusal);
    while (status == ERROR_CONFLICT && clock_seconds() < end) {
        status = sleep_for(request, fmin(request->patience->interval, end - clock_seconds()), &refusal);
        if (!status)
            status = take(request, lock, &refusal);
    }
    if (status && err)
        *err = refusal;
    return status;
}

/* ---- owning */

/* With the mutex held. */
static int find_token(struct file_lock *lock, const char *database, struct error *err)
{
    struct lock_reading reading;
    int status = lock->lost ? 0 : lock_read(lock->path, &reading, err);
    if (status)
        return status;
    if (!lock->lost && reading.there && strstr(reading.line, lock->record.token))
        return 0;
    lock->lost = true;
    return error_set(err, ERROR_CONFLICT, database,
                     "let the other one go on, or run the same command when it has ended",
                     "another process took over the database while this one was suspended");
}

int file_lock_check(struct file_lock *lock, const char *database, struct error *err)
{
    pthread_mutex_lock(&lock->mutex);
    int status = lock->shared || lock->lost ? find_token(lock, database, err) : 0;
    pthread_mutex_unlock(&lock->mutex);
    return status;
}

int file_lock_heartbeat(struct file_lock *lock, const char *database, const struct store_heartbeat *heartbeat,
                        struct error *err)
{
    pthread_mutex_lock(&lock->mutex);
    int status = find_token(lock, database, err);
    if (!status) {
        struct store_lock_info *record = &lock->record;
        record->beat++;
        record->progress = *heartbeat;
        if (heartbeat->experiment)
            lock_copy(record->experiment, sizeof record->experiment, heartbeat->experiment);
        lock_copy(record->formula, sizeof record->formula, heartbeat->best.formula ? heartbeat->best.formula : "");
        record->progress.experiment = record->progress.best.formula = NULL;
        status = write_record(lock, err);
    }
    pthread_mutex_unlock(&lock->mutex);
    return status;
}

/* Its folder was renamed: the system knows the name of an open file. */
static void remove_elsewhere(int fd)
{
    char descriptor[40], name[PATH_MAX] = "";
    snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", fd);
    if (readlink(descriptor, name, sizeof name - 1) > 0 && still_there(fd, name))
        unlink(name);
}

void file_lock_release(struct file_lock *lock)
{
    if (lock->fd >= 0) {
        struct lock_reading reading = {.there = false};
        if (!lock->lost && lock_read(lock->path, &reading, NULL) == 0 && reading.there &&
            (!reading.line[0] || strstr(reading.line, lock->record.token)))
            unlink(lock->path); /* unless it is another's by now */
        else if (!lock->lost && !reading.there)
            remove_elsewhere(lock->fd);
        close(lock->fd);
    }
    if (lock->path)
        pthread_mutex_destroy(&lock->mutex);
    memory_free(lock->path);
    *lock = FILE_LOCK_EMPTY;
}
