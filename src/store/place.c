/* Where the database is while it is written. A file that was removed or moved takes everything that is written to it
   along, and nobody would notice before the end; so its name is looked at before each commit and with each beat. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same(const struct stat *info, const struct file_place *place)
{
    return info->st_dev == place->device && info->st_ino == place->inode;
}

int place_remember(struct store *store, struct error *err)
{
    struct stat info;
    if (stat(store->path, &info) != 0)
        return file_error(err, store->path, "open", errno);
    store->place = (struct file_place){.known = true, .device = info.st_dev, .inode = info.st_ino};
    return 0;
}

/* What cannot be looked at in this moment (a server that does not answer) is not gone. */
static bool is_gone(const struct store *store, bool *replaced)
{
    struct stat info;
    *replaced = false;
    if (!store->place.known)
        return false;
    if (stat(store->path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    *replaced = !is_same(&info, &store->place);
    return *replaced;
}

bool store_is_in_place(const struct store *store)
{
    bool replaced;
    return !is_gone(store, &replaced);
}

/* Where our open file is now. */
struct whereabouts {
    bool removed; /* it has no name any more */
    char path[PATH_MAX];
};

/* The system tells the name of an open file; it is believed when it leads to that file. */
static bool take_name(const char *descriptor, const struct file_place *place, struct whereabouts *found)
{
    struct stat info;
    if (stat(descriptor, &info) != 0 || !is_same(&info, place))
        return false;
    ssize_t length = readlink(descriptor, found->path, sizeof found->path - 1);
    found->removed = info.st_nlink == 0;
    found->path[length > 0 ? length : 0] = '\0';
    if (stat(found->path, &info) != 0 || !is_same(&info, place))
        found->path[0] = '\0';
    return true;
}

static void find_open_file(const struct file_place *place, struct whereabouts *found)
{
    *found = (struct whereabouts){.removed = false};
    DIR *open_files = opendir("/proc/self/fd");
    bool known = false;
    for (const struct dirent *entry; open_files && !known && (entry = readdir(open_files));) {
        char descriptor[64];
        snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%.20s", entry->d_name);
        known = entry->d_name[0] != '.' && take_name(descriptor, place, found);
    }
    if (open_files)
        closedir(open_files);
}

/* What it holds, and what was finished but is not in it. */
static void add_tickets(const struct store *store, const char *where, struct text *out)
{
    int64_t lost = store->count - store->durable;
    text_addf(out, "; %s its %" PRId64 " ticket%s", where, store->durable, store->durable == 1 ? "" : "s");
    if (lost > 0)
        text_addf(out, ", without %" PRId64 " that %s finished since", lost, lost == 1 ? "was" : "were");
}

int store_check_place(const struct store *store, struct error *err)
{
    bool replaced;
    struct whereabouts found;
    struct text what = TEXT_EMPTY, hint = TEXT_EMPTY;
    if (!is_gone(store, &replaced))
        return 0;
    find_open_file(&store->place, &found);
    const char *instead = replaced ? ", and another file is in its place" : "";
    if (found.removed) {
        text_addf(&what, "the database was removed while it was written%s", instead);
        add_tickets(store, "lost are", &what);
        text_add(&hint, replaced ? "name another database (--db), or remove that file, and begin anew"
                                 : "put back a copy, or begin anew with the same command");
    } else if (*found.path) {
        text_addf(&what, "the database was moved to %.400s while it was written%s", found.path, instead);
        add_tickets(store, "there are", &what);
        text_addf(&hint, "to go on, move it back%s, or name it there (--db %.300s)",
                  replaced ? " when that file is out of the way" : "", found.path);
    } else {
        text_addf(&what, "the database is not found under this name any more%s", instead);
        add_tickets(store, "in it are", &what);
        text_add(&hint, "bring it back (was it moved, or its disk unmounted?), then run the same command again");
    }
    int status = text_failed(&what) || text_failed(&hint)
                     ? memory_error(err, "the database")
                     : error_set(err, ERROR_IO, store->path, text_string(&hint), "%s", text_string(&what));
    text_release(&what);
    text_release(&hint);
    return status;
}

/* SQLite leaves the log alone when the file has moved away, and its rows would be missing there. It is emptied into
   the open file; then nothing is lost with it. Files of these names belong to another database if there is one. */
void place_fold(const struct store *store)
{
    static const char *const endings[] = {"-wal", "-shm"};
    bool replaced;
    char sql[80];
    snprintf(sql, sizeof sql, "UPDATE session SET ending = 'failed' WHERE id = %" PRId64, store->session);
    sqlite3_exec(store->db, sql, NULL, NULL, NULL); /* best effort: without a log SQLite refuses */
    int emptied = sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    if (emptied != SQLITE_OK || !is_gone(store, &replaced) || replaced)
        return;
    for (int i = 0; i < 2; i++) {
        char name[PATH_MAX + 16];
        struct stat info;
        snprintf(name, sizeof name, "%s%s", store->path, endings[i]);
        if (stat(name, &info) == 0 && (i > 0 || info.st_size == 0))
            unlink(name);
    }
}
