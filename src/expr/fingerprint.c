#include "expr/fingerprint.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "expr/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The index sorts fingerprints into cells by three weighted sums of their values. Equal fingerprints
   differ by less than REACH in each (32 values, weights of at most 1.5, 1e-6 each); cells are much
   wider, so that mostly one cell has to be searched, and at most eight. */
enum { SUMS = 3 };
#define REACH 5e-5
#define CELL 4e-3

/* Probe i: the golden ratio spreads the points evenly; every other one within [-2, 2], where
   networks live. None is a round number, at which kinks would stand. */
static double probe(int i)
{
    double share = (i + 1) * 0.61803398874989485;
    share -= floor(share);
    return (2 * share - 1) * (i % 2 ? 8 : 2);
}

/* What else probe i is taken with. Three stages and two kinds of probe: they meet in all pairs. */
static struct surroundings surroundings_of(int i, bool has_t, const double *parameters)
{
    return (struct surroundings){parameters, has_t ? tree_stage(i % TREE_STAGES) : 1};
}

/* asinh is a logarithm that knows signs and zero: a relative tolerance of the value becomes an
   absolute one, and nothing gets too large. */
static double flattened(float value)
{
    return isnan(value) ? 100 : isinf(value) ? copysign(90, value) : asinh(value);
}

/* What moving parameter j alone does to the function, as one number. */
static double effect_of(const struct tree *tree, bool has_t, const double starts[TREE_PARAMETERS], int j)
{
    double moved[TREE_PARAMETERS], effect = 0;
    memcpy(moved, starts, sizeof moved);
    moved[j] += 0.29;
    for (int i = 0; i < 4; i++)
        effect += flattened((float)tree_value_at(tree, probe(i), surroundings_of(i, has_t, moved))) * (1 + 0.3 * i);
    return effect;
}

/* Moves every parameter by another amount. The amounts go by the parameters' effects, not by their
   numbers, which are only names: p0*x + p1 is p1*x + p0. */
static void move_parameters(const struct tree *tree, bool has_t, int count, const double starts[TREE_PARAMETERS],
                            double moved[TREE_PARAMETERS])
{
    double effects[TREE_PARAMETERS];
    for (int j = 0; j < count; j++)
        effects[j] = effect_of(tree, has_t, starts, j);
    for (int j = 0; j < count; j++) {
        int rank = 0;
        for (int k = 0; k < count; k++)
            rank += effects[k] < effects[j] || (effects[k] == effects[j] && k < j);
        moved[j] = starts[j] + 0.37 + 0.11 * rank;
    }
}

void fingerprint_of(const struct tree *tree, struct fingerprint *out)
{
    double starts[TREE_PARAMETERS], moved[TREE_PARAMETERS];
    struct tree renumbered;
    out->parameters = tree_parameter_count(tree);
    out->has_t = tree_contains(tree, OP_t);
    if (out->parameters) {
        renumbered = *tree;
        tree_renumber_parameters(&renumbered); /* p3*x has one parameter */
        tree = &renumbered;
        out->parameters = tree_parameter_count(tree);
        tree_parameter_starts(tree, starts);
        move_parameters(tree, out->has_t, out->parameters, starts, moved);
    }
    int unmoved = out->parameters ? FINGERPRINT_PROBES / 2 : FINGERPRINT_PROBES;
    for (int i = 0; i < FINGERPRINT_PROBES; i++)
        out->values[i] =
            (float)tree_value_at(tree, probe(i), surroundings_of(i, out->has_t, i < unmoved ? NULL : moved));
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

void fingerprint_label(const struct fingerprint *fingerprint, char label[FINGERPRINT_LABEL])
{
    uint64_t hash = HASH_START + (uint64_t)fingerprint->parameters;
    for (int i = 0; i < FINGERPRINT_PROBES; i++) {
        /* the offset keeps the common values 0 and 1 away from the edges of rounding */
        int64_t rounded = (int64_t)floor(flattened(fingerprint->values[i]) * 1000 + 0.3172);
        hash = hash_step(hash, (uint64_t)rounded);
        hash ^= hash >> 29;
    }
    snprintf(label, FINGERPRINT_LABEL, "%016llx", (unsigned long long)hash);
}

static void sums_of(const struct fingerprint *fingerprint, double sums[SUMS])
{
    memset(sums, 0, SUMS * sizeof *sums);
    for (int i = 0; i < FINGERPRINT_PROBES; i++) {
        double value = flattened(fingerprint->values[i]);
        sums[0] += value * (0.5 + 0.031 * i);
        sums[1] += value * (i % 3 == 0 ? 1.3 : -0.7);
        sums[2] += value * (i % 5 < 2 ? 1.1 : -0.9);
    }
}

static int64_t place_of(double sum)
{
    return (int64_t)floor(sum / CELL);
}

static int64_t cell_at(const int64_t places[SUMS], int parameters)
{
    uint64_t hash = (uint64_t)parameters;
    for (int k = 0; k < SUMS; k++) {
        hash = (hash ^ (uint64_t)places[k]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return (int64_t)hash;
}

static int64_t cell_of(const struct fingerprint *fingerprint)
{
    double sums[SUMS];
    int64_t places[SUMS];
    sums_of(fingerprint, sums);
    for (int k = 0; k < SUMS; k++)
        places[k] = place_of(sums[k]);
    return cell_at(places, fingerprint->parameters);
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

static int64_t find_in_cell(const struct fingerprint_index *index, int64_t cell, const struct fingerprint *fingerprint)
{
    int64_t first = -1;
    for (int64_t i = index->buckets[bucket_of(index, cell)]; i >= 0; i = index->entries[i].next)
        if (index->entries[i].cell == cell && fingerprint_equal(&index->entries[i].fingerprint, fingerprint))
            first = i; /* a chain runs from the newest to the oldest */
    return first;
}

int64_t fingerprint_index_find(const struct fingerprint_index *index, const struct fingerprint *fingerprint)
{
    double sums[SUMS];
    sums_of(fingerprint, sums);
    int64_t first = -1;
    for (int corner = 0; corner < 1 << SUMS; corner++) {
        int64_t places[SUMS];
        bool is_new = true; /* a corner that lies in the cell of an earlier one is skipped */
        for (int k = 0; k < SUMS; k++) {
            bool up = corner >> k & 1;
            places[k] = place_of(sums[k] + (up ? REACH : -REACH));
            is_new &= !up || places[k] != place_of(sums[k] - REACH);
        }
        int64_t found = is_new ? find_in_cell(index, cell_at(places, fingerprint->parameters), fingerprint) : -1;
        if (found >= 0 && (first < 0 || found < first))
            first = found;
    }
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
