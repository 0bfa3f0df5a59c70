/* Messages: sent without waiting, received when they have come. */
#include "base/error.h"
#include "base/memory.h"
#include "mpi/team_internal.h"

#include <limits.h>
#include <string.h>

int team_send(struct team *team, int rank, enum message kind, const void *head, size_t head_size, const void *body,
              size_t body_size, struct error *err)
{
    size_t size = head_size + body_size;
    struct parcel *parcel = memory_array(sizeof *parcel + size, 1);
    ALWAYS(size <= INT_MAX);
    if (!parcel)
        return memory_error(err, "a message");
    if (head_size > 0)
        memcpy(parcel->bytes, head, head_size);
    if (body_size > 0)
        memcpy(parcel->bytes + head_size, body, body_size);
    MPI_Isend(parcel->bytes, (int)size, MPI_BYTE, rank, kind, team->world, &parcel->request);
    parcel->next = team->parcels;
    team->parcels = parcel;
    return 0;
}

bool team_sent(struct team *team)
{
    for (struct parcel **link = &team->parcels; *link;) {
        struct parcel *parcel = *link;
        int done = 0;
        MPI_Test(&parcel->request, &done, MPI_STATUS_IGNORE);
        if (done) {
            *link = parcel->next;
            memory_free(parcel);
        } else {
            link = &parcel->next;
        }
    }
    return !team->parcels;
}

int team_receive(struct team *team, struct text *bytes, int *rank, enum message *kind, bool *got, struct error *err)
{
    MPI_Message message;
    MPI_Status envelope;
    int there = 0, size = 0;
    *got = false;
    text_clear(bytes);
    MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, team->world, &there, &message, &envelope);
    if (!there)
        return 0;
    MPI_Get_count(&envelope, MPI_BYTE, &size);
    char *buffer = memory_array((size_t)size + 1, 1);
    if (!buffer)
        return memory_error(err, "a message");
    MPI_Mrecv(buffer, size, MPI_BYTE, &message, &envelope);
    text_add_bytes(bytes, buffer, (size_t)size);
    memory_free(buffer);
    *rank = envelope.MPI_SOURCE;
    *kind = (enum message)envelope.MPI_TAG;
    *got = true;
    return text_failed(bytes) ? memory_error(err, "a message") : 0;
}
