/* The archive: what became of every function that was proposed. */
#include "base/error.h"
#include "base/memory.h"
#include "expr/activation.h"
#include "expr/catalogue.h"
#include "expr/fingerprint.h"
#include "search/search_internal.h"

#include <string.h>

/* What is trained: its functions by their numbers in the index, and the first ticket that has them. */
struct trained {
    int64_t function[CANDIDATE_FUNCTIONS]; /* -1 behind the last */
    int64_t ticket;
    const char *known_as;
};

/* `places` is a hash table of numbers in `trained`, -1 where nothing is; its size is a power of two. */
struct archive {
    struct catalogue *catalogue;
    struct fingerprint_index *index;
    struct trained *trained;
    int64_t *places;
    int64_t count, capacity, place_count;
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
    memory_free(archive->trained);
    memory_free(archive->places);
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

/* ---- which functions were trained together */

static uint64_t hash(const int64_t function[CANDIDATE_FUNCTIONS])
{
    uint64_t mixed = 0;
    for (int i = 0; i < CANDIDATE_FUNCTIONS; i++)
        mixed = (mixed ^ (uint64_t)function[i]) * 0x9e3779b97f4a7c15 + (mixed >> 29);
    return mixed ^ mixed >> 32;
}

/* Where these functions are in the table, or would be. */
static int64_t place_of(const struct archive *archive, const int64_t function[CANDIDATE_FUNCTIONS])
{
    int64_t mask = archive->place_count - 1, place = (int64_t)hash(function) & mask;
    while (archive->places[place] >= 0 &&
           memcmp(archive->trained[archive->places[place]].function, function, sizeof archive->trained->function) != 0)
        place = (place + 1) & mask;
    return place;
}

/* Makes room for one more; the table is at most half full. */
static int grow(struct archive *archive, struct error *err)
{
    if (archive->count < archive->capacity)
        return 0;
    int64_t capacity = archive->capacity ? 2 * archive->capacity : 64;
    struct trained *trained = memory_resize(archive->trained, (size_t)capacity, sizeof *trained);
    if (trained)
        archive->trained = trained;
    int64_t *places = memory_array((size_t)capacity * 2, sizeof *places);
    if (!trained || !places) {
        memory_free(places);
        return memory_error(err, "the archive of functions");
    }
    memory_free(archive->places);
    archive->places = places;
    archive->place_count = 2 * capacity;
    archive->capacity = capacity;
    memset(places, -1, (size_t)archive->place_count * sizeof *places);
    for (int64_t i = 0; i < archive->count; i++)
        places[place_of(archive, archive->trained[i].function)] = i;
    return 0;
}

/* ---- judging */

/* The functions of a new candidate, each with its fingerprint and its number in the index, -1 when it is new. */
struct judged {
    struct fingerprint fingerprint[CANDIDATE_FUNCTIONS];
    int64_t function[CANDIDATE_FUNCTIONS];
};

/* The canonical forms, up to the first function that cannot work. */
static int settle_forms(struct ticket *ticket, struct error *err)
{
    int status = 0;
    for (int i = 0; !status && i < ticket->expression.count; i++) {
        struct tree written = candidate_function(&ticket->expression, i);
        struct activation activation;
        status = activation_of(&written, &activation, err);
        if (!status)
            status = candidate_add(&ticket->assignment.candidate, &activation.trained, err);
        if (!status && ticket->judgement.rejection == REJECT_NONE) {
            ticket->judgement = activation_judge(&activation);
            ticket->judged = i;
        }
    }
    return status;
}

static void find_functions(const struct archive *archive, struct ticket *ticket, struct judged *judged)
{
    for (int i = 0; i < CANDIDATE_FUNCTIONS; i++)
        judged->function[i] = -1;
    for (int i = 0, length = 0; i < ticket->assignment.candidate.count; i++) {
        struct tree function = candidate_function(&ticket->assignment.candidate, i);
        fingerprint_of(&function, &judged->fingerprint[i]);
        if (i)
            ticket->fingerprint[length++] = ';';
        fingerprint_label(&judged->fingerprint[i], ticket->fingerprint + length);
        length += FINGERPRINT_LABEL - 1;
        judged->function[i] = fingerprint_index_find(archive->index, &judged->fingerprint[i]);
    }
}

/* The name of a candidate of one known function. */
static const char *name_of(const struct archive *archive, const struct ticket *ticket, const struct judged *judged)
{
    const struct known *known = NULL;
    if (ticket->assignment.candidate.count == 1)
        known = catalogue_of_fingerprint(archive->catalogue, &judged->fingerprint[0]);
    return known ? known->name : NULL;
}

/* What has not been trained before. */
static int remember(struct archive *archive, const struct ticket *ticket, struct judged *judged, struct error *err)
{
    int status = grow(archive, err);
    for (int i = 0; !status && i < ticket->assignment.candidate.count; i++) {
        if (judged->function[i] < 0) /* two of its functions may be the same */
            judged->function[i] = fingerprint_index_find(archive->index, &judged->fingerprint[i]);
        if (judged->function[i] < 0)
            status = fingerprint_index_add(archive->index, &judged->fingerprint[i], &judged->function[i], err);
    }
    if (status)
        return status;
    struct trained *trained = &archive->trained[archive->count];
    memcpy(trained->function, judged->function, sizeof trained->function);
    trained->ticket = ticket->assignment.ticket;
    trained->known_as = ticket->known_as;
    archive->places[place_of(archive, judged->function)] = archive->count++;
    return 0;
}

int archive_judge(struct archive *archive, struct ticket *ticket, struct error *err)
{
    struct judged judged;
    int status = settle_forms(ticket, err);
    if (status)
        return status;
    if (ticket->judgement.rejection != REJECT_NONE) {
        ticket->kind = TICKET_REJECTED;
        return 0;
    }
    find_functions(archive, ticket, &judged);
    bool all_known = archive->count > 0;
    for (int i = 0; i < ticket->assignment.candidate.count; i++)
        all_known = all_known && judged.function[i] >= 0;
    int64_t place = all_known ? place_of(archive, judged.function) : 0;
    if (all_known && archive->places[place] >= 0) {
        const struct trained *first = &archive->trained[archive->places[place]];
        ticket->kind = TICKET_DUPLICATE;
        ticket->same_as = first->ticket;
        ticket->known_as = first->known_as;
        return 0;
    }
    ticket->kind = TICKET_TRAIN;
    ticket->known_as = name_of(archive, ticket, &judged);
    return remember(archive, ticket, &judged, err);
}
