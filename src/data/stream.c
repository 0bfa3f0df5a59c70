/* The bytes of a file, plain or gzip; see stream_internal.h. */
#include "data/stream_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 16 };

static const char *const damaged = "the file is damaged or its download stopped early: fetch it again";

static void *allocate(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return memory_array(count, size);
}

static void release(void *unused, void *block)
{
    (void)unused;
    memory_free(block);
}

const char *stream_path(const struct stream *stream)
{
    return stream->found ? stream->found : stream->path;
}

/* Refills the empty buffer; leaves it empty at the end of the file. */
static int refill(struct stream *stream, struct error *err)
{
    size_t count = fread(stream->buffer, 1, BUFFER_SIZE, stream->file);
    if (count == 0 && ferror(stream->file))
        return file_error(err, stream_path(stream), "read", errno);
    stream->z.next_in = stream->buffer;
    stream->z.avail_in = (unsigned)count;
    return 0;
}

static int open_error(const struct stream *stream, int error_number, struct error *err)
{
    if (error_number != ENOENT)
        return file_error(err, stream_path(stream), "open", error_number);
    static const struct {
        const char *part, *hint;
    } sources[] = {
#define SOURCE(part, hint) {part, hint},
#include "data/formats.def"
    };
    const char *path = stream_path(stream);
    const char *hint = "check the path, which starts at the folder of the experiment's file";
    for (size_t i = sizeof sources / sizeof *sources; i-- > 0;)
        if (strstr(path, sources[i].part))
            hint = sources[i].hint;
    return error_set(err, ERROR_IO, path, hint, "there is no such file, nor one with .gz");
}

/* Opens the path that was found. */
static int begin(struct stream *stream, struct error *err)
{
    stream->file = fopen(stream_path(stream), "rbe");
    if (!stream->file)
        return open_error(stream, errno, err);
    stream->buffer = memory_array(BUFFER_SIZE, 1);
    if (!stream->buffer)
        return memory_error(err, stream_path(stream));
    int status = refill(stream, err);
    if (status)
        return status;
    stream->gzip = stream->z.avail_in >= 2 && stream->buffer[0] == 0x1f && stream->buffer[1] == 0x8b;
    if (!stream->gzip)
        return 0;
    if (inflateInit2(&stream->z, 15 + 16) != Z_OK)
        return memory_error(err, stream_path(stream));
    stream->inflating = true;
    return 0;
}

static struct stream at_start(const char *path)
{
    return (struct stream){.path = path, .expected = -1, .z = {.zalloc = allocate, .zfree = release}};
}

/* A file and its packed form side by side, as gunzip -k leaves them, must hold the same: nobody said
   which is meant. */
static int compare_forms(const char *path, const char *packed, struct error *err)
{
    enum { PART = 1 << 14 };
    struct stream forms[2] = {at_start(path), at_start(packed)};
    char parts[2][PART];
    size_t counts[2] = {PART, PART};
    int status = 0;
    for (int i = 0; !status && i < 2; i++)
        status = begin(&forms[i], err);
    while (!status && counts[0] == PART) {
        for (int i = 0; !status && i < 2; i++)
            status = stream_read(&forms[i], parts[i], PART, &counts[i], err);
        if (!status && (counts[0] != counts[1] || memcmp(parts[0], parts[1], counts[0]) != 0))
            status = error_set(err, ERROR_INPUT, path, "remove or rename the one that is not meant",
                               "this file and the packed one beside it (.gz) hold different data");
    }
    for (int i = 0; i < 2; i++)
        stream_close(&forms[i]);
    return status;
}

/* Finds the path itself, or its packed form. */
static int find(struct stream *stream, struct error *err)
{
    struct text packed = TEXT_EMPTY;
    text_addf(&packed, "%s.gz", stream->path);
    char *found = text_take(&packed);
    if (!found)
        return memory_error(err, stream->path);
    int status = 0;
    if (access(found, F_OK) == 0) {
        if (access(stream->path, F_OK) != 0) {
            stream->found = found;
            return 0;
        }
        status = compare_forms(stream->path, found, err);
    }
    memory_free(found);
    return status;
}

int stream_open(struct stream *stream, const char *path, struct error *err)
{
    *stream = at_start(path);
    int status = find(stream, err);
    return status ? status : begin(stream, err);
}

static int gzip_error(const struct stream *stream, const char *what, struct error *err)
{
    if (stream->expected < 0)
        return error_set(err, ERROR_INPUT, stream_path(stream), damaged, "%s after %lld unpacked bytes", what,
                         (long long)stream->total);
    return error_set(err, ERROR_INPUT, stream_path(stream), damaged, "%s: expected %lld unpacked bytes, found %lld",
                     what, (long long)stream->expected, (long long)stream->total);
}

/* At the end of a member: nothing more, or another member as gzip allows, or something foreign. */
static int next_member(struct stream *stream, struct error *err)
{
    if (stream->z.avail_in == 0) {
        int status = refill(stream, err);
        if (status)
            return status;
    }
    if (stream->z.avail_in == 0)
        stream->ended = true;
    else if (stream->z.next_in[0] == 0x1f)
        inflateReset(&stream->z);
    else
        return gzip_error(stream, "foreign bytes follow the gzip data", err);
    return 0;
}

/* Unpacks into z.next_out until it is full or the data end. */
static int unpack(struct stream *stream, struct error *err)
{
    z_stream *z = &stream->z;
    while (z->avail_out > 0 && !stream->ended) {
        if (z->avail_in == 0) {
            int status = refill(stream, err);
            if (status)
                return status;
        }
        bool dry = z->avail_in == 0;
        unsigned before = z->avail_out;
        int result = inflate(z, Z_NO_FLUSH);
        stream->total += before - z->avail_out;
        if (result == Z_MEM_ERROR)
            return memory_error(err, stream_path(stream));
        if (result == Z_STREAM_END) {
            int status = next_member(stream, err);
            if (status)
                return status;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return gzip_error(stream, z->msg ? z->msg : "invalid gzip data", err);
        } else if (dry && before == z->avail_out) {
            return gzip_error(stream, "the gzip data end too early", err);
        }
    }
    return 0;
}

static int copy(struct stream *stream, struct error *err)
{
    z_stream *z = &stream->z;
    while (z->avail_out > 0) {
        int status = z->avail_in == 0 ? refill(stream, err) : 0;
        if (status)
            return status;
        if (z->avail_in == 0)
            return 0;
        unsigned count = z->avail_in < z->avail_out ? z->avail_in : z->avail_out;
        memcpy(z->next_out, z->next_in, count);
        z->next_in += count;
        z->avail_in -= count;
        z->next_out += count;
        z->avail_out -= count;
        stream->total += count;
    }
    return 0;
}

int stream_read(struct stream *stream, void *out, size_t size, size_t *count, struct error *err)
{
    *count = 0;
    while (*count < size) {
        size_t left = size - *count;
        unsigned part = left < (1u << 30) ? (unsigned)left : 1u << 30;
        stream->z.next_out = (unsigned char *)out + *count;
        stream->z.avail_out = part;
        int status = stream->gzip ? unpack(stream, err) : copy(stream, err);
        if (status)
            return status;
        *count += part - stream->z.avail_out;
        if (stream->z.avail_out > 0)
            break;
    }
    return 0;
}

static int too_short(const struct stream *stream, int64_t found, struct error *err)
{
    return error_set(err, ERROR_INPUT, stream_path(stream), damaged,
                     "the file ends too early: expected %lld bytes, found %lld", (long long)stream->expected,
                     (long long)found);
}

int stream_expect(struct stream *stream, int64_t bytes, struct error *err)
{
    enum { DEFLATE_MOST = 1032 }; /* the manual of zlib: no byte of its format becomes more */
    struct stat info;
    stream->expected = bytes;
    if (fstat(fileno(stream->file), &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    if (!stream->gzip)
        return info.st_size < bytes ? too_short(stream, info.st_size, err) : 0;
    if (info.st_size >= bytes / DEFLATE_MOST)
        return 0;
    return error_set(err, ERROR_INPUT, stream_path(stream), damaged,
                     "its header asks for %lld bytes, which %lld packed ones cannot hold", (long long)bytes,
                     (long long)info.st_size);
}

int stream_read_exactly(struct stream *stream, void *out, size_t size, struct error *err)
{
    size_t count;
    int status = stream_read(stream, out, size, &count, err);
    if (!status && count < size)
        status = too_short(stream, stream->total, err);
    return status;
}

int stream_read_end(struct stream *stream, struct error *err)
{
    uint8_t rest[4096];
    size_t count;
    int status;
    do
        status = stream_read(stream, rest, sizeof rest, &count, err);
    while (!status && count == sizeof rest);
    if (!status && stream->total > stream->expected)
        status = error_set(err, ERROR_INPUT, stream_path(stream), "is this the right file, and whole? fetch it again",
                           "the file is too long: expected %lld bytes, found %lld", (long long)stream->expected,
                           (long long)stream->total);
    return status;
}

int stream_read_all(const char *path, struct text *out, struct error *err)
{
    struct stream stream;
    int status = stream_open(&stream, path, err);
    char part[16384];
    size_t count = sizeof part;
    while (!status && count == sizeof part) {
        status = stream_read(&stream, part, sizeof part, &count, err);
        if (!status)
            status = data_check_memory(path, 2.0 * (double)out->length, err);
        if (!status)
            text_add_bytes(out, part, count);
    }
    if (!status && text_failed(out))
        status = memory_error(err, path);
    stream_close(&stream);
    return status;
}

void stream_close(struct stream *stream)
{
    if (stream->inflating)
        inflateEnd(&stream->z);
    if (stream->file)
        fclose(stream->file);
    memory_free(stream->buffer);
    memory_free(stream->found);
    *stream = (struct stream){0};
}
