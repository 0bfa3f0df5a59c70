/* Evaluations between processes. Both ends are the same program on the same kind of machine (mpi/communicator.h sees to
   that), so the arrays travel as they lie in memory:

     struct evaluation; trials; curve; parameters; snapshots; the layers' names, each terminated, in the order of the
   snapshots

   Pointers mean nothing elsewhere and are set anew. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "result/evaluation.h"

#include <string.h>

static void add(struct text *out, const void *items, ptrdiff_t count, size_t size)
{
    if (count > 0)
        text_add_bytes(out, items, (size_t)count * size);
}

void evaluation_pack(const struct evaluation *evaluation, struct text *out)
{
    add(out, evaluation, 1, sizeof *evaluation);
    add(out, evaluation->trials, evaluation->trial_count, sizeof *evaluation->trials);
    add(out, evaluation->curve, evaluation->epoch_count, sizeof *evaluation->curve);
    add(out, evaluation->parameters, evaluation->parameter_count, sizeof *evaluation->parameters);
    add(out, evaluation->snapshots, evaluation->snapshot_count, sizeof *evaluation->snapshots);
    for (ptrdiff_t i = 0; i < evaluation->snapshot_count; i++) {
        const char *name = evaluation->snapshots[i].watched.layer;
        text_add_bytes(out, name, strlen(name) + 1);
    }
}

/* The bytes that are left. */
struct unpacker {
    const char *bytes;
    size_t length;
    bool bad, short_of_memory;
};

/* An owned copy of the next `count` items; NULL for none. */
static void *take(struct unpacker *unpacker, ptrdiff_t count, size_t size)
{
    if (unpacker->bad || count == 0)
        return NULL;
    if (count < 0 || (size_t)count > unpacker->length / size) {
        unpacker->bad = true;
        return NULL;
    }
    void *items = memory_array((size_t)count, size);
    if (!items) {
        unpacker->bad = unpacker->short_of_memory = true;
        return NULL;
    }
    memcpy(items, unpacker->bytes, (size_t)count * size);
    unpacker->bytes += (size_t)count * size;
    unpacker->length -= (size_t)count * size;
    return items;
}

/* All that is left is names, one for each snapshot. */
static void take_names(struct unpacker *unpacker, struct evaluation *evaluation)
{
    size_t length = unpacker->length;
    evaluation->names = take(unpacker, (ptrdiff_t)length, 1);
    const char *name = evaluation->names, *end = name ? name + length : NULL;
    unpacker->bad = unpacker->bad || (length > 0 && end[-1] != '\0');
    for (ptrdiff_t i = 0; !unpacker->bad && i < evaluation->snapshot_count; i++) {
        unpacker->bad = name == end;
        evaluation->snapshots[i].watched.layer = name;
        name += unpacker->bad ? 0 : strlen(name) + 1;
    }
    unpacker->bad = unpacker->bad || name != end;
}

int evaluation_unpack(const char *bytes, size_t length, struct evaluation *evaluation, struct error *err)
{
    struct unpacker unpacker = {bytes, length, length < sizeof *evaluation, false};
    struct evaluation made = EVALUATION_EMPTY;
    if (!unpacker.bad) {
        memcpy(&made, bytes, sizeof made);
        unpacker.bytes += sizeof made;
        unpacker.length -= sizeof made;
    }
    made.names = NULL;
    made.trials = take(&unpacker, made.trial_count, sizeof *made.trials);
    made.curve = take(&unpacker, made.epoch_count, sizeof *made.curve);
    made.parameters = take(&unpacker, made.parameter_count, sizeof *made.parameters);
    made.snapshots = take(&unpacker, made.snapshot_count, sizeof *made.snapshots);
    made.trial_capacity = made.trial_count;
    made.epoch_capacity = made.epoch_count;
    made.parameter_capacity = made.parameter_count;
    made.snapshot_capacity = made.snapshot_count;
    if (!unpacker.bad)
        take_names(&unpacker, &made);
    if (!unpacker.bad && (unsigned)made.result.outcome < OUTCOME_COUNT) {
        *evaluation = made;
        return 0;
    }
    evaluation_release(&made);
    return unpacker.short_of_memory ? memory_error(err, "an evaluation")
                                    : error_set(err, ERROR_INTERNAL, NULL, NULL, "a message is no evaluation");
}
