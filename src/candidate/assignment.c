#include "candidate/assignment.h"

#include <math.h>
#include <string.h>

struct assignment assignment_of(int64_t ticket, const struct candidate *candidate, int rungs)
{
    struct assignment assignment = {.ticket = ticket, .rungs = rungs, .candidate = *candidate};
    for (int i = 0; i < RESULT_RUNGS - 1; i++)
        assignment.references[i] = NAN;
    return assignment;
}

bool assignment_goes_on(const struct assignment *assignment, int rung, double score)
{
    if (rung + 1 >= assignment->rungs || isnan(score))
        return false;
    double reference = assignment->references[rung];
    return isnan(reference) || score >= reference;
}

bool assignment_equal(const struct assignment *a, const struct assignment *b)
{
    bool equal = a->ticket == b->ticket && a->rungs == b->rungs && candidate_equal(&a->candidate, &b->candidate);
    for (int i = 0; equal && i + 1 < a->rungs; i++)
        equal = same_bits(a->references[i], b->references[i]);
    return equal;
}

size_t assignment_bytes(const struct assignment *assignment)
{
    return offsetof(struct assignment, candidate) + candidate_bytes(&assignment->candidate);
}

bool assignment_unpack(const void *bytes, size_t length, struct assignment *assignment)
{
    size_t head = offsetof(struct assignment, candidate), size;
    if (length < head)
        return false;
    memcpy(assignment, bytes, head);
    return assignment->rungs >= 1 && assignment->rungs <= RESULT_RUNGS &&
           candidate_unpack((const char *)bytes + head, length - head, &assignment->candidate, &size) &&
           size == length - head;
}
