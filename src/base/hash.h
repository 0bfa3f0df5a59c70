/* FNV-1a: 64-bit digests that are the same on every machine. Not against forgers, only against chance.
 *
 *     uint64_t hash = hash_bytes(HASH_START, data, size);
 *
 * Pure functions; thread-safe. */
#ifndef ACTSEARCH_BASE_HASH_H
#define ACTSEARCH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/* One step: FNV-1a feeds one byte. A caller may feed wider words, which mixes their upper bits less. */
static inline uint64_t hash_step(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = hash_step(hash, ((const unsigned char *)bytes)[i]);
    return hash;
}

#endif
