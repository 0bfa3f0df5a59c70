/* Stream: the bytes of a file, plain or gzip, from beginning to end.
 *
 * zlib's own gzread() is not used: it passes over bytes that follow the compressed data, and it cannot
 * say how far it came. Internal to the data module. Not thread-safe: one owner each. */
#ifndef ACTSEARCH_DATA_STREAM_INTERNAL_H
#define ACTSEARCH_DATA_STREAM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

struct error;
struct text;

struct stream {
    const char *path; /* borrowed */
    char *found;      /* owned: the path with .gz, when only that exists */
    FILE *file;
    unsigned char *buffer;
    z_stream z; /* next_in, avail_in: what of the buffer is not used yet; also of a plain file */
    bool gzip, inflating, ended;
    int64_t expected; /* unpacked bytes there should be, for messages; below 0 when unknown */
    int64_t total;    /* unpacked bytes read so far */
};

/* Opens `path`, or `path`.gz when only that exists; where both do, they must hold the same (ERROR_INPUT). `path` must
   outlive the stream. ERROR_IO. */
int stream_open(struct stream *stream, const char *path, struct error *err);

/* Reads `size` bytes; *count is smaller only at the end. Damaged or truncated gzip: ERROR_INPUT. */
int stream_read(struct stream *stream, void *out, size_t size, size_t *count, struct error *err);

/* Reads `size` bytes or fails with ERROR_INPUT and stream->expected: the file ends too early. */
int stream_read_exactly(struct stream *stream, void *out, size_t size, struct error *err);

/* Says how long it should be. ERROR_INPUT when the file cannot hold as much: before memory is taken for what a header
   of a few bytes claims. */
int stream_expect(struct stream *stream, int64_t bytes, struct error *err);

/* Reads on to the end: nothing may follow after stream->expected bytes, and gzip checks its sum there. */
int stream_read_end(struct stream *stream, struct error *err);

/* Appends all that the file `path` holds. ERROR_MEMORY when that is more than a data set may be. */
int stream_read_all(const char *path, struct text *out, struct error *err);

/* The path that was opened; borrowed. */
const char *stream_path(const struct stream *stream);

/* Accepts a zeroed stream. */
void stream_close(struct stream *stream);

#endif
