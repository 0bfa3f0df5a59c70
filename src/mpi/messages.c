/* Messages: sent without waiting, received when they have come. */
#include "base/error.h"
#include "base/memory.h"
#include "mpi/communicator_internal.h"

#include <limits.h>
#include <string.h>

int communicator_send(struct communicator *communicator, int rank, enum message kind, const void *head,
                      size_t head_size, const void *body, size_t body_size, struct error *err)
{
    size_t size = head_size + body_size;
    struct send_buffer *buffer = memory_array(sizeof *buffer + size, 1);
    ALWAYS(size <= INT_MAX);
    if (!buffer)
        return memory_error(err, "a message");
    if (head_size > 0)
        memcpy(buffer->bytes, head, head_size);
    if (body_size > 0)
        memcpy(buffer->bytes + head_size, body, body_size);
    MPI_Isend(buffer->bytes, (int)size, MPI_BYTE, rank, kind, communicator->world, &buffer->request);
    buffer->next = communicator->buffers;
    communicator->buffers = buffer;
    return 0;
}

bool communicator_sent(struct communicator *communicator)
{
    for (struct send_buffer **link = &communicator->buffers; *link;) {
        struct send_buffer *buffer = *link;
        int done = 0;
        MPI_Test(&buffer->request, &done, MPI_STATUS_IGNORE);
        if (done) {
            *link = buffer->next;
            memory_free(buffer);
        } else {
            link = &buffer->next;
        }
    }
    return !communicator->buffers;
}

int communicator_receive(struct communicator *communicator, struct text *bytes, int *rank, enum message *kind,
                         bool *got, struct error *err)
{
    MPI_Message message;
    MPI_Status envelope;
    int there = 0, size = 0;
    *got = false;
    text_clear(bytes);
    MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, communicator->world, &there, &message, &envelope);
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
