/* The data of a machine, once for all its ranks. */
#include "data/data.h"
#include "base/error.h"
#include "base/memory.h"
#include "mpi/communicator_internal.h"

#include <stdint.h>

enum { ALIGNMENT = 64 };

static uint64_t of_node_leader(const struct communicator *communicator, uint64_t number)
{
    MPI_Request request;
    MPI_Ibcast(&number, 1, MPI_UINT64_T, 0, communicator->node, &request);
    communicator_wait(&request);
    return number;
}

static void wait_for_node(const struct communicator *communicator)
{
    MPI_Request request;
    MPI_Ibarrier(communicator->node, &request);
    communicator_wait(&request);
}

/* The image of the node's first rank, in memory that all of them see. `size` is that of the image. */
static const void *share(struct communicator *communicator, const struct data_set *own, uint64_t size)
{
    void *mine = NULL, *base = NULL;
    MPI_Aint bytes = 0;
    int unit = 1;
    bool leads = communicator->node_rank == 0;
    MPI_Win_allocate_shared(leads ? (MPI_Aint)size + ALIGNMENT : 0, 1, MPI_INFO_NULL, communicator->node, &mine,
                            &communicator->window);
    MPI_Win_shared_query(communicator->window, 0, &bytes, &unit, &base);
    /* The pages are the same, so an address is as far from a multiple of 64 everywhere. */
    uint64_t offset = (uint64_t) - (uintptr_t)base % ALIGNMENT;
    char *image = (char *)base + of_node_leader(communicator, offset);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, communicator->window);
    if (leads)
        data_image_write(own, image);
    MPI_Win_sync(communicator->window);
    wait_for_node(communicator);
    MPI_Win_sync(communicator->window);
    MPI_Win_unlock_all(communicator->window);
    return image;
}

int communicator_data(struct communicator *communicator, const struct data_spec *spec, uint64_t seed,
                      struct data_set **set, struct error *err)
{
    if (!communicator)
        return data_set_open(spec, seed, set, err);
    struct data_set *own = NULL;
    *set = NULL;
    int status = communicator->node_rank == 0 ? data_set_open(spec, seed, &own, err) : 0;
    status = communicator_agree(communicator, status, err);
    if (!status) {
        uint64_t size = of_node_leader(communicator, own ? data_image_size(own) : 0);
        const void *image = share(communicator, own, size);
        status = communicator_agree(communicator, data_image_open(image, set, err), err);
    }
    data_set_free(own);
    if (status) {
        data_set_free(*set);
        *set = NULL;
    }
    return status;
}
