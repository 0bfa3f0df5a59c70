/* Which file systems several hosts may share. There a write-ahead log cannot be: its readers and its writer meet in
   shared memory, which ends at the host; and a lock of the system may hold on one host alone. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/vfs.h>

/* What statfs() calls them. The numbers of those that Linux does not bring along are their makers'. FUSE may be sshfs
   or a bucket as well as a local disk, and does not tell. An overlay counts as local, since its upper floor is. */
static const struct {
    uint32_t type;
    const char *name;
} shared[] = {
    {0x00006969, "NFS"},
    {0x0000517b, "SMB"},
    {0xfe534d42, "SMB"},
    {0xff534d42, "CIFS"},
    {0x0bd00bd0, "Lustre"},
    {0x47504653, "GPFS"},
    {0x19830326, "BeeGFS"},
    {0x00c36400, "CephFS"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x73757245, "Coda"},
    {0x65735546, "FUSE"},
    {0x01021997, "9p"},
    {0xaad7aaea, "Panasas"},
    {0x20030528, "OrangeFS"},
    {0x7461636f, "OCFS2"},
    {0x01161970, "GFS2"},
    {0x61636673, "ACFS"},
    {0xbeefdead, "StorNext"},
    {0x013111a8, "Ibrix"},
    {0xa501fcf5, "VxFS"},
    {0x0000564c, "NetWare"},
    {0xbacbacbc, "a VMware folder"},
    {0x786f4256, "a VirtualBox folder"},
    {0x7c7c6673, "a Parallels folder"},
};

const char *file_system_shared(int64_t type)
{
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (shared[i].type == (uint32_t)type) /* some systems extend the sign */
            return shared[i].name;
    return NULL;
}

int file_system_of(const char *path, const char **shared_as, struct error *err)
{
    struct statfs info;
    struct text folder = TEXT_EMPTY;
    const char *slash = strrchr(path, '/');
    text_add_bytes(&folder, slash ? path : "./", slash ? (size_t)(slash - path) + 1 : 2);
    int status = 0;
    if (text_failed(&folder))
        status = memory_error(err, path);
    else if (statfs(text_string(&folder), &info) != 0)
        status = file_error(err, path, "ask for its file system", errno);
    else
        *shared_as = file_system_shared((int64_t)info.f_type);
    text_release(&folder);
    return status;
}
