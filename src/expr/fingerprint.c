#include "expr/fingerprint.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Width of a cell of the index, far above what the tolerance can move a projection (32 * 1.5e-6). */
#define CELL 1e-3

/* Probe i: the golden ratio spreads the points evenly; every other one within [-2, 2], where
   networks live. None is a round number, at which kinks would stand. */
static double probe(int i)
{
    double share = (i + 1) * 0.61803398874989485;
    share -= floor(share);
    return (2 * share - 1) * (i % 2 ? 8 : 2);
}

void fingerprint_of(const struct tree *tree, struct fingerprint *out)
{
    double starts[TREE_PARAMETERS], moved[TREE_PARAMETERS];
    tree_parameter_starts(tree, starts);
    for (int j = 0; j < TREE_PARAMETERS; j++)
        moved[j] = starts[j] + 0.37 + 0.11 * j;
    out->parameters = tree_parameter_count(tree);
    int unmoved = out->parameters ? FINGERPRINT_PROBES / 2 : FINGERPRINT_PROBES;
    for (int i = 0; i < FINGERPRINT_PROBES; i++)
        out->values[i] = (float)tree_eval(tree, probe(i), i < unmoved ? starts : moved).value;
}

static bool same_value(double a, double b)
{
    if (!isfinite(a) || !isfinite(b))
        return a == b || (isnan(a) && isnan(b));
    return fabs(a - b) <= FINGERPRINT_TOLERANCE * fmax(fabs(a), fabs(b)) + 1e-9;
}

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b)
{
    if (a->parameters != b->parameters)
        return false;
    for (int i = 0; i < FINGERPRINT_PROBES; i++)
        if (!same_value(a->values[i], b->values[i]))
            return false;
    return true;
}

/* asinh is a logarithm that knows signs and zero: a relative tolerance of the value becomes an
   absolute one, and nothing gets too large. */
static double flattened(float value)
{
    return isnan(value) ? 100 : isinf(value) ? copysign(90, value) : asinh(value);
}

void fingerprint_label(const struct fingerprint *fingerprint, char label[FINGERPRINT_LABEL])
{
    uint64_t hash = 14695981039346656037u + (uint64_t)fingerprint->parameters;
    for (int i = 0; i < FINGERPRINT_PROBES; i++) {
        /* the offset keeps the common values 0 and 1 away from the edges of rounding */
        int64_t rounded = (int64_t)floor(flattened(fingerprint->values[i]) * 1000 + 0.3172);
        hash = (hash ^ (uint64_t)rounded) * 1099511628211u;
        hash ^= hash >> 29;
    }
    snprintf(label, FINGERPRINT_LABEL, "%016llx", (unsigned long long)hash);
}

static int64_t cell_of(const struct fingerprint *fingerprint)
{
    double sum = 0;
    for (int i = 0; i < FINGERPRINT_PROBES; i++)
        sum += flattened(fingerprint->values[i]) * (0.5 + 0.031 * i);
    return (int64_t)floor(sum / CELL);
}

/* A hash table of cells; each cell is a chain of fingerprints. */
struct entry {
    struct fingerprint fingerprint;
    int64_t cell, next; /* next: of the same bucket, added earlier; -1 at the end */
};

struct fingerprint_index {
    struct entry *entries;
    int64_t *buckets; /* number of the newest entry, or -1 */
    int64_t count, capacity, bucket_count;
};

static int64_t bucket_of(const struct fingerprint_index *index, int64_t cell)
{
    return (int64_t)((uint64_t)cell * 0x9e3779b97f4a7c15u >> 20) & (index->bucket_count - 1);
}

static int grow(struct fingerprint_index *index, struct error *err)
{
    int64_t capacity = index->capacity ? 2 * index->capacity : 256;
    struct entry *entries = memory_resize(index->entries, (size_t)capacity, sizeof *entries);
    if (!entries)
        return memory_error(err, "the index of functions");
    index->entries = entries;
    int64_t *buckets = memory_array((size_t)capacity, sizeof *buckets);
    if (!buckets)
        return memory_error(err, "the index of functions");
    memory_free(index->buckets);
    index->buckets = buckets;
    index->bucket_count = index->capacity = capacity;
    for (int64_t i = 0; i < capacity; i++)
        buckets[i] = -1;
    for (int64_t i = 0; i < index->count; i++) {
        int64_t bucket = bucket_of(index, entries[i].cell);
        entries[i].next = buckets[bucket];
        buckets[bucket] = i;
    }
    return 0;
}

int fingerprint_index_new(struct fingerprint_index **index, struct error *err)
{
    *index = memory_zeroed(1, sizeof **index);
    int status = *index ? grow(*index, err) : memory_error(err, "the index of functions");
    if (status) {
        fingerprint_index_free(*index);
        *index = NULL;
    }
    return status;
}

void fingerprint_index_free(struct fingerprint_index *index)
{
    if (!index)
        return;
    memory_free(index->entries);
    memory_free(index->buckets);
    memory_free(index);
}

int64_t fingerprint_index_find(const struct fingerprint_index *index, const struct fingerprint *fingerprint)
{
    int64_t first = -1, middle = cell_of(fingerprint);
    for (int64_t cell = middle - 1; cell <= middle + 1; cell++)
        for (int64_t i = index->buckets[bucket_of(index, cell)]; i >= 0; i = index->entries[i].next)
            if (index->entries[i].cell == cell && (first < 0 || i < first) &&
                fingerprint_equal(&index->entries[i].fingerprint, fingerprint))
                first = i;
    return first;
}

int fingerprint_index_add(struct fingerprint_index *index, const struct fingerprint *fingerprint, int64_t *number,
                          struct error *err)
{
    if (index->count == index->capacity) {
        int status = grow(index, err);
        if (status)
            return status;
    }
    int64_t i = index->count++, cell = cell_of(fingerprint), bucket = bucket_of(index, cell);
    index->entries[i] = (struct entry){.fingerprint = *fingerprint, .cell = cell, .next = index->buckets[bucket]};
    index->buckets[bucket] = i;
    *number = i;
    return 0;
}
