/* Joining, agreeing, leaving. */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "mpi/communicator_internal.h"

#include <stdio.h>
#include <string.h>

void communicator_wait(MPI_Request *request)
{
    int done = 0;
    while (MPI_Test(request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done)
        clock_sleep(200e-6);
}

int communicator_open(struct communicator **communicator, struct error *err)
{
    int size, provided;
    *communicator = NULL;
    int status = launch_size(&size, err);
    if (status || size <= 1)
        return status;
    struct communicator *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "the ranks");
    /* MPI says by itself what is wrong when it cannot start, and ends the process. */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &made->world);
    MPI_Comm_rank(made->world, &made->rank);
    MPI_Comm_size(made->world, &made->size);
    MPI_Comm_split_type(made->world, MPI_COMM_TYPE_SHARED, made->rank, MPI_INFO_NULL, &made->node);
    MPI_Comm_rank(made->node, &made->node_rank);
    MPI_Get_processor_name(made->host, &(int){0});
    made->window = MPI_WIN_NULL;
    *communicator = made;
    return 0;
}

void communicator_close(struct communicator *communicator)
{
    if (!communicator)
        return;
    if (communicator->begun && communicator->rank == 0)
        remote_dismiss(communicator);
    else if (communicator->begun)
        coordinator_leave(communicator);
    remote_release(communicator);
    if (communicator->window != MPI_WIN_NULL)
        MPI_Win_free(&communicator->window);
    MPI_Comm_free(&communicator->node);
    MPI_Comm_free(&communicator->world);
    MPI_Finalize();
    memory_free(communicator);
}

bool communicator_is_possible(void)
{
    return true;
}

const char *communicator_library(char *buffer, int size)
{
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(version, &length); /* may be called before MPI_Init() */
    static const char *const heads[][2] = {{"Open MPI v", "Open MPI "}, {"MPICH Version:", "MPICH "}};
    const char *name = version, *family = "";
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(version, heads[i][0], strlen(heads[i][0])) == 0) {
            name = version + strlen(heads[i][0]);
            family = heads[i][1];
        }
    name += strspn(name, " \t");
    snprintf(buffer, (size_t)size, "%s%.*s", family, (int)strcspn(name, ",\n"), name);
    return buffer;
}

int communicator_size(const struct communicator *communicator)
{
    return communicator ? communicator->size : 1;
}

bool communicator_leads(const struct communicator *communicator)
{
    return !communicator || communicator->rank == 0;
}

/* ---- agreeing */

static void broadcast(const struct communicator *communicator, void *bytes, int size, int from)
{
    MPI_Request request;
    MPI_Ibcast(bytes, size, MPI_BYTE, from, communicator->world, &request);
    communicator_wait(&request);
}

static int smallest(MPI_Comm comm, int number)
{
    MPI_Request request;
    int least = number;
    MPI_Iallreduce(&number, &least, 1, MPI_INT, MPI_MIN, comm, &request);
    communicator_wait(&request);
    return least;
}

int communicator_agree(struct communicator *communicator, int status, struct error *err)
{
    if (!communicator)
        return status;
    int first = smallest(communicator->world, status ? communicator->rank : communicator->size);
    if (first == communicator->size)
        return 0;
    struct error shared = ERROR_EMPTY;
    if (first == communicator->rank) {
        char where[MPI_MAX_PROCESSOR_NAME + 32];
        shared = *err;
        snprintf(where, sizeof where, "rank %d on %s", communicator->rank, communicator->host);
        if (first != 0)
            error_prefix(&shared, where);
    }
    broadcast(communicator, &shared, sizeof shared, first);
    *err = shared;
    return (int)shared.code;
}

int communicator_text_of_leader(struct communicator *communicator, struct text *text, struct error *err)
{
    if (!communicator)
        return 0;
    int length = communicator->rank == 0 ? (int)text->length : 0;
    broadcast(communicator, &length, sizeof length, 0);
    char *bytes = memory_array((size_t)length + 1, 1);
    int status = communicator_agree(communicator, bytes ? 0 : memory_error(err, "a text of rank 0"), err);
    if (!status) {
        memcpy(bytes, communicator->rank == 0 ? text_string(text) : "", communicator->rank == 0 ? (size_t)length : 0);
        broadcast(communicator, bytes, length, 0);
        text_clear(text);
        text_add_bytes(text, bytes, (size_t)length);
    }
    memory_free(bytes);
    return status;
}

int communicator_same(struct communicator *communicator, const char *what, const char *text, const char *hint,
                      struct error *err)
{
    if (!communicator)
        return 0;
    struct text leader = TEXT_EMPTY;
    text_add(&leader, text);
    int status = communicator_text_of_leader(communicator, &leader, err);
    if (status)
        return status;
    if (strcmp(text, text_string(&leader)) != 0)
        status = error_set(err, ERROR_CONFLICT, NULL, hint, "its %s is not that of rank 0", what);
    text_release(&leader);
    return communicator_agree(communicator, status, err);
}

enum isa communicator_best_isa(struct communicator *communicator)
{
    return communicator ? (enum isa)smallest(communicator->world, (int)isa_best()) : isa_best();
}

int64_t communicator_sum_of_node(struct communicator *communicator, int64_t number)
{
    if (!communicator)
        return number;
    MPI_Request request;
    int64_t sum = number;
    MPI_Iallreduce(&number, &sum, 1, MPI_INT64_T, MPI_SUM, communicator->node, &request);
    communicator_wait(&request);
    return sum;
}

int communicator_begin(struct communicator *communicator, int threads, struct executor_stop *stop, struct error *err)
{
    if (!communicator)
        return 0;
    MPI_Request request;
    int *all = communicator->rank == 0 ? memory_array((size_t)communicator->size, sizeof *all) : NULL;
    int status =
        communicator_agree(communicator, communicator->rank == 0 && !all ? memory_error(err, "the ranks") : 0, err);
    if (!status) {
        MPI_Igather(&threads, 1, MPI_INT, all, 1, MPI_INT, 0, communicator->world, &request);
        communicator_wait(&request);
        communicator->stop = stop;
        if (communicator->rank == 0)
            status = remote_reserve(communicator, all, err);
        status = communicator_agree(communicator, status, err);
    }
    memory_free(all);
    if (status)
        return status;
    remote_init(communicator);
    coordinator_init(communicator);
    communicator->begun = true;
    return 0;
}

const struct remote_workers *communicator_remote(struct communicator *communicator)
{
    return communicator ? &communicator->remote : NULL;
}

const struct coordinator *communicator_coordinator(struct communicator *communicator)
{
    return communicator ? &communicator->coordinator : NULL;
}
