#include "base/file.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *hint_for(int error_number)
{
    switch (error_number) {
    case ENOENT:
        return "check the path; relative paths start at the current folder";
    case EACCES:
    case EPERM:
    case EROFS:
        return "choose a folder you may write to, or change the permissions";
    case ENOSPC:
    case EDQUOT:
        return "free some space on this disk, then run the same command again";
    case EISDIR:
        return "name a file, not a folder";
    case ENOTDIR:
        return "a part of this path is a file where a folder should be";
    case ENAMETOOLONG:
        return "shorten it: a name has at most 255 bytes, a path 4,095";
    case ELOOP:
        return "follow its links by ls -l: they go in a circle";
    default:
        return NULL;
    }
}

int file_error(struct error *err, const char *path, const char *operation, int error_number)
{
    const char *where = *path ? path : "(an empty name)"; /* such as "$x" when nothing is in it */
    return error_set(err, ERROR_IO, where, hint_for(error_number), "cannot %s: %s", operation, strerror(error_number));
}

int file_read(const char *path, size_t limit, struct text *out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return file_error(err, path, "open", errno);
    int status = 0;
    char buffer[16384];
    size_t total = 0, count;
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) {
        total += count;
        if (total > limit) {
            status = error_set(err, ERROR_INPUT, path, "is this the right file?", "larger than %zu bytes", limit);
            break;
        }
        text_add_bytes(out, buffer, count);
    }
    if (!status && ferror(file))
        status = file_error(err, path, "read", errno);
    if (!status && text_failed(out))
        status = memory_error(err, path);
    fclose(file);
    return status;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        bytes += count;
        length -= (size_t)count;
    }
    return 0;
}

int file_write(const char *path, const char *bytes, size_t length, struct error *err)
{
    struct text beside = TEXT_EMPTY;
    text_addf(&beside, "%s.%ld.tmp", path, (long)getpid());
    if (text_failed(&beside)) {
        text_release(&beside);
        return memory_error(err, path);
    }
    const char *temporary = text_string(&beside);
    int failure = 0;
    const char *operation = "create";
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        failure = errno;
    } else {
        operation = "write";
        failure = write_all(fd, bytes, length);
        if (!failure && fsync(fd) != 0)
            failure = errno;
        if (close(fd) != 0 && !failure)
            failure = errno;
        if (!failure && rename(temporary, path) != 0)
            failure = errno;
        if (failure)
            unlink(temporary);
    }
    text_release(&beside);
    return failure ? file_error(err, path, operation, failure) : 0;
}

void file_beside(const char *base, const char *relative, struct text *out)
{
    const char *slash = strrchr(base, '/');
    if (relative[0] != '/' && slash)
        text_add_bytes(out, base, (size_t)(slash - base) + 1);
    text_add(out, relative);
}
