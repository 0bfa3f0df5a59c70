/* The archive: what became of every function that was proposed. */
#include "base/error.h"
#include "base/memory.h"
#include "expr/activation.h"
#include "expr/catalogue.h"
#include "expr/fingerprint.h"
#include "search/search_internal.h"

#include <string.h>

_Static_assert(sizeof((struct ticket *)0)->fingerprint == FINGERPRINT_LABEL, "a ticket holds a label");

/* A function that is trained, by its number in the index. */
struct function {
    int64_t ticket; /* the first that has it */
    const char *known_as;
};

struct archive {
    struct catalogue *catalogue;
    struct fingerprint_index *index;
    struct function *functions;
    int64_t function_capacity;
};

int archive_new(struct archive **archive, struct error *err)
{
    struct archive *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "the search");
    int status = catalogue_new(&made->catalogue, err);
    if (!status)
        status = fingerprint_index_new(&made->index, err);
    if (status)
        archive_free(made);
    else
        *archive = made;
    return status;
}

void archive_free(struct archive *archive)
{
    if (!archive)
        return;
    fingerprint_index_free(archive->index);
    catalogue_free(archive->catalogue);
    memory_free(archive->functions);
    memory_free(archive);
}

const struct tree *archive_baseline(const struct archive *archive, int i)
{
    for (int k = 0; k < catalogue_count(archive->catalogue); k++)
        if (catalogue_at(archive->catalogue, k)->baseline && i-- == 0)
            return &catalogue_at(archive->catalogue, k)->tree;
    return NULL;
}

int archive_baselines(const struct archive *archive)
{
    int count = 0;
    while (archive_baseline(archive, count))
        count++;
    return count;
}

/* A new function, whose number in the index is `number`. */
static int remember(struct archive *archive, int64_t number, const struct ticket *ticket, struct error *err)
{
    if (number == archive->function_capacity) {
        int64_t capacity = number ? 2 * number : 64;
        struct function *functions = memory_resize(archive->functions, (size_t)capacity, sizeof *functions);
        if (!functions)
            return memory_error(err, "the archive of functions");
        archive->functions = functions;
        archive->function_capacity = capacity;
    }
    archive->functions[number] = (struct function){ticket->number, ticket->known_as};
    return 0;
}

int archive_judge(struct archive *archive, struct ticket *ticket, struct error *err)
{
    struct activation activation;
    int status = activation_of(&ticket->expression, &activation, err);
    if (status)
        return status;
    ticket->simplified = activation.trained;
    ticket->judgement = activation_judge(&activation);
    if (ticket->judgement.rejection != REJECT_NONE) {
        ticket->kind = TICKET_REJECTED;
        return 0;
    }
    struct fingerprint fingerprint;
    fingerprint_of(&ticket->simplified, &fingerprint);
    fingerprint_label(&fingerprint, ticket->fingerprint);
    int64_t number = fingerprint_index_find(archive->index, &fingerprint);
    if (number >= 0) {
        ticket->kind = TICKET_DUPLICATE;
        ticket->same_as = archive->functions[number].ticket;
        ticket->known_as = archive->functions[number].known_as;
        return 0;
    }
    ticket->kind = TICKET_TRAIN;
    const struct known *known = catalogue_of_fingerprint(archive->catalogue, &fingerprint);
    ticket->known_as = known ? known->name : NULL;
    status = fingerprint_index_add(archive->index, &fingerprint, &number, err);
    return status ? status : remember(archive, number, ticket, err);
}
