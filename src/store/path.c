/* Names of databases: where a path leads, and whether a database is there. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *take_path(struct text *path, char *resolved)
{
    if (!resolved)
        return NULL;
    text_add(path, resolved);
    free(resolved); /* realpath() allocates by itself */
    return text_take(path);
}

/* The path of a file that may not exist yet: its folder must. */
static int resolve_new(const char *path, char **resolved, struct error *err)
{
    struct stat link;
    if (lstat(path, &link) == 0) /* otherwise the lock would stand beside the link, not beside the file */
        return error_set(err, ERROR_IO, path, "name the file itself", "a link to a file that does not exist");
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!*name)
        return file_error(err, path, "open", *path ? EISDIR : ENOENT);
    struct text folder = TEXT_EMPTY;
    text_add_bytes(&folder, slash ? path : "./", slash ? (size_t)(slash - path) + 1 : 2);
    int status = 0;
    char *real = text_failed(&folder) ? NULL : realpath(text_string(&folder), NULL);
    if (text_failed(&folder))
        status = memory_error(err, path);
    else if (!real)
        status = file_error(err, path, "create it in this folder", errno);
    text_release(&folder);
    if (status)
        return status;
    struct text joined = TEXT_EMPTY;
    text_addf(&joined, "%s/", strcmp(real, "/") == 0 ? "" : real);
    text_add(&joined, name);
    free(real);
    *resolved = text_take(&joined);
    return *resolved ? 0 : memory_error(err, path);
}

static int resolve_name(const char *path, bool may_be_new, char **resolved, struct error *err)
{
    struct stat info;
    char *real = realpath(path, NULL);
    if (!real)
        return errno == ENOENT && may_be_new ? resolve_new(path, resolved, err) : file_error(err, path, "open", errno);
    mode_t mode = stat(real, &info) == 0 ? info.st_mode : S_IFREG;
    if (!S_ISREG(mode)) {
        free(real);
        return S_ISDIR(mode) ? file_error(err, path, "open", EISDIR)
                             : error_set(err, ERROR_INPUT, path, "a database is a file on a disk: name one",
                                         "this is a %s, not a file", S_ISFIFO(mode) ? "pipe" : "device");
    }
    struct text copy = TEXT_EMPTY;
    *resolved = take_path(&copy, real);
    return *resolved ? 0 : memory_error(err, path);
}

/* SQLite says "no such file" of a path beyond this, which is a bound of its own and far below that of the system. */
int store_resolve(const char *path, bool may_be_new, char **resolved, struct error *err)
{
    enum { LONGEST = 503 };
    int status = resolve_name(path, may_be_new, resolved, err);
    if (status || strlen(*resolved) <= LONGEST)
        return status;
    status = error_set(err, ERROR_IO, *resolved, "keep the database in a folder with a shorter path: --db PATH",
                       "the path is too long for a database: %zu bytes from the root, the limit of SQLite is %d",
                       strlen(*resolved), LONGEST);
    memory_free(*resolved);
    *resolved = NULL;
    return status;
}

bool store_is_database(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char start[sizeof magic] = "";
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_one =
        file >= 0 && read(file, start, sizeof start) == sizeof start && memcmp(start, magic, sizeof start) == 0;
    if (file >= 0)
        close(file);
    return is_one;
}
