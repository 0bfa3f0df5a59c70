/* The communicator of a program that was built without MPI: a process alone. */
#include "base/error.h"
#include "base/text.h"
#include "data/data.h"
#include "mpi/communicator.h"
#include "mpi/launch_internal.h"

#include <stdio.h>

int communicator_open(struct communicator **communicator, struct error *err)
{
    int size;
    *communicator = NULL;
    int status = launch_size(&size, err);
    if (!status && size > 1)
        status =
            error_set(err, ERROR_UNSUPPORTED, NULL,
                      "build it with one: ./build-with-mpi in the folder of a bundle; else install an MPI (Debian: "
                      "libopenmpi-dev openmpi-bin), configure and build again",
                      "this is one of %d processes, but the program was built without MPI", size);
    return status;
}

void communicator_close(struct communicator *communicator)
{
    (void)communicator;
}

const char *communicator_library(char *buffer, int size)
{
    snprintf(buffer, (size_t)size, "no MPI");
    return buffer;
}

bool communicator_is_possible(void)
{
    return false;
}

int communicator_size(const struct communicator *communicator)
{
    (void)communicator;
    return 1;
}

bool communicator_leads(const struct communicator *communicator)
{
    (void)communicator;
    return true;
}

int communicator_agree(struct communicator *communicator, int status, struct error *err)
{
    (void)communicator, (void)err;
    return status;
}

int communicator_text_of_leader(struct communicator *communicator, struct text *text, struct error *err)
{
    (void)communicator, (void)text, (void)err;
    return 0;
}

int communicator_same(struct communicator *communicator, const char *what, const char *text, const char *hint,
                      struct error *err)
{
    (void)communicator, (void)what, (void)text, (void)hint, (void)err;
    return 0;
}

enum isa communicator_best_isa(struct communicator *communicator)
{
    (void)communicator;
    return isa_best();
}

int64_t communicator_sum_of_node(struct communicator *communicator, int64_t number)
{
    (void)communicator;
    return number;
}

int communicator_data(struct communicator *communicator, const struct data_spec *spec, uint64_t seed,
                      struct data_set **set, struct error *err)
{
    (void)communicator;
    return data_set_open(spec, seed, set, err);
}

int communicator_begin(struct communicator *communicator, int threads, struct executor_stop *stop, struct error *err)
{
    (void)communicator, (void)threads, (void)stop, (void)err;
    return 0;
}

const struct remote_workers *communicator_remote(struct communicator *communicator)
{
    (void)communicator;
    return NULL;
}

const struct coordinator *communicator_coordinator(struct communicator *communicator)
{
    (void)communicator;
    return NULL;
}
