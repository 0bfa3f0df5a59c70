/* Files: whole-file reading and writing with errors that name the file and the hint. */
#ifndef ACTSEARCH_BASE_FILE_H
#define ACTSEARCH_BASE_FILE_H

#include <stddef.h>

struct error;
struct text;

/* Appends the file's bytes to `out`. Refuses more than `limit` bytes, and directories. */
int file_read(const char *path, size_t limit, struct text *out, struct error *err);

/* Replaces the file by `length` bytes: written beside it, synced, then renamed, so that a reader
   sees the old or the new contents, also after a crash or on a full disk. */
int file_write(const char *path, const char *bytes, size_t length, struct error *err);

/* Fills `err` from errno for an operation ("read", "create") on `path`; returns the code. */
int file_error(struct error *err, const char *path, const char *operation, int error_number);

/* Appends `relative` as seen from the folder of the file `base`; an absolute path stays as it is. */
void file_beside(const char *base, const char *relative, struct text *out);

#endif
