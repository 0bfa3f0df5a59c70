#include "candidate/candidate.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/parse.h"

#include <string.h>

int candidate_nodes(const struct candidate *candidate)
{
    return candidate->count ? candidate->end[candidate->count - 1] : 0;
}

int candidate_add(struct candidate *candidate, const struct tree *function, struct error *err)
{
    int used = candidate_nodes(candidate);
    if (candidate->count == CANDIDATE_FUNCTIONS)
        return error_set(err, ERROR_INPUT, NULL, "give fewer", "a candidate has at most %d functions",
                         CANDIDATE_FUNCTIONS);
    memcpy(candidate->nodes + used, function->nodes, (size_t)function->count * sizeof *function->nodes);
    candidate->end[candidate->count++] = used + function->count;
    return 0;
}

struct candidate candidate_of(const struct tree *function)
{
    struct candidate candidate = CANDIDATE_EMPTY;
    candidate_add(&candidate, function, NULL); /* one function always has room */
    return candidate;
}

struct tree candidate_function(const struct candidate *candidate, int slot)
{
    ALWAYS(slot >= 0 && slot < candidate->count);
    int first = slot ? candidate->end[slot - 1] : 0;
    struct tree function = {.count = candidate->end[slot] - first};
    memcpy(function.nodes, candidate->nodes + first, (size_t)function.count * sizeof *function.nodes);
    return function;
}

bool candidate_equal(const struct candidate *a, const struct candidate *b)
{
    bool equal = a->count == b->count;
    for (int i = 0; equal && i < a->count; i++) {
        struct tree one = candidate_function(a, i), other = candidate_function(b, i);
        equal = tree_equal(&one, &other);
    }
    return equal;
}

void candidate_print(const struct candidate *candidate, struct text *out)
{
    for (int i = 0; i < candidate->count; i++) {
        struct tree function = candidate_function(candidate, i);
        text_add(out, i ? "; " : "");
        tree_print(&function, out);
    }
}

int candidate_parse(const char *text, struct candidate *candidate, struct error *err)
{
    int status = 0;
    *candidate = CANDIDATE_EMPTY;
    for (const char *p = text; !status && p;) {
        const char *end = strchr(p, ';');
        struct text one = TEXT_EMPTY;
        struct tree function;
        text_add_bytes(&one, p, end ? (size_t)(end - p) : strlen(p));
        status = text_failed(&one) ? memory_error(err, "a candidate") : tree_parse(text_string(&one), &function, err);
        if (!status)
            status = candidate_add(candidate, &function, err);
        text_release(&one);
        p = end ? end + 1 : NULL;
    }
    return status;
}

size_t candidate_bytes(const struct candidate *candidate)
{
    return offsetof(struct candidate, nodes) + (size_t)candidate_nodes(candidate) * sizeof *candidate->nodes;
}

bool candidate_unpack(const void *bytes, size_t length, struct candidate *candidate, size_t *size)
{
    size_t head = offsetof(struct candidate, nodes);
    if (length < head)
        return false;
    memcpy(candidate, bytes, head);
    bool good = candidate->count >= 0 && candidate->count <= CANDIDATE_FUNCTIONS;
    for (int i = 0, before = 0; good && i < candidate->count; i++) {
        good = candidate->end[i] > before && candidate->end[i] <= CANDIDATE_NODES;
        before = candidate->end[i];
    }
    if (!good || length < candidate_bytes(candidate))
        return false;
    *size = candidate_bytes(candidate);
    memcpy(candidate->nodes, (const char *)bytes + head, *size - head);
    for (int i = 0; good && i < candidate->count; i++) {
        struct tree function = candidate_function(candidate, i);
        good = function.count <= TREE_CAPACITY && tree_is_valid(&function);
    }
    return good;
}
