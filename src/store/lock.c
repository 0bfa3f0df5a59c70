/* One writer: an flock() on a side file. The system drops it when the process ends, however it ends,
   so there is no stale lock; what the file says (host and process) is only for the message. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void host_name(char *name, size_t size)
{
    if (gethostname(name, size) != 0)
        snprintf(name, size, "unknown");
    name[size - 1] = '\0';
}

static int owned_by_another(int fd, const char *database, struct error *err)
{
    char owner[300] = "";
    ssize_t length = pread(fd, owner, sizeof owner - 1, 0);
    owner[length > 0 ? length : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    return error_set(err, ERROR_CONFLICT, database, "wait for it to end, stop it, or name another database",
                     "%s is writing this database", *owner ? owner : "another process");
}

static int write_owner(int fd)
{
    char host[256], line[300];
    host_name(host, sizeof host);
    int length = snprintf(line, sizeof line, "process %ld on %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, line, (size_t)length, 0) != length)
        return errno ? errno : ENOSPC;
    return 0;
}

/* The last owner removes the file while it holds the lock. Whoever opened it just before then locks
   a file that has no name any more, and must start again: two owners would be possible otherwise. */
static bool still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

/* One attempt: *fd is the locked file, or -1 to try again. */
static int try_lock(const char *path, const char *database, int *fd, struct error *err)
{
    int status = 0;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return file_error(err, database, "create a lock file beside it", errno);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        if (still_there(file, path)) {
            *fd = file;
            return 0;
        }
    } else if (errno == EWOULDBLOCK) {
        status = owned_by_another(file, database, err);
    } else if (errno != EINTR) {
        status = file_error(err, database, "lock it", errno);
    }
    close(file);
    return status;
}

int file_lock_acquire(const char *path, const char *database, struct file_lock *lock, struct error *err)
{
    enum { ATTEMPTS = 100 };
    int status = 0;
    *lock = FILE_LOCK_EMPTY;
    lock->path = memory_copy_string(path);
    if (!lock->path)
        return memory_error(err, "a file lock");
    for (int i = 0; i < ATTEMPTS && !status && lock->fd < 0; i++)
        status = try_lock(path, database, &lock->fd, err);
    if (!status && lock->fd < 0)
        status = error_set(err, ERROR_CONFLICT, database, "start one process for a database", "many processes want it");
    if (!status) {
        errno = 0;
        int failure = write_owner(lock->fd);
        if (failure)
            status = file_error(err, database, "write a lock file beside it", failure);
    }
    if (status)
        file_lock_release(lock);
    return status;
}

void file_lock_release(struct file_lock *lock)
{
    if (lock->fd >= 0) {
        unlink(lock->path);
        close(lock->fd);
    }
    memory_free(lock->path);
    *lock = FILE_LOCK_EMPTY;
}
