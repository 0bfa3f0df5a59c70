/* The team of a program that was built without MPI: a process alone. */
#include "base/error.h"
#include "base/text.h"
#include "data/data.h"
#include "mpi/launch_internal.h"
#include "mpi/team.h"

#include <stdio.h>

int team_open(struct team **team, struct error *err)
{
    int size;
    *team = NULL;
    int status = launch_size(&size, err);
    if (!status && size > 1)
        status =
            error_set(err, ERROR_UNSUPPORTED, NULL,
                      "build it with one: ./build-with-mpi in the folder of a bundle; else install an MPI (Debian: "
                      "libopenmpi-dev openmpi-bin), configure and build again",
                      "this is one of %d processes, but the program was built without MPI", size);
    return status;
}

void team_close(struct team *team)
{
    (void)team;
}

const char *team_library(char *buffer, int size)
{
    snprintf(buffer, (size_t)size, "no MPI");
    return buffer;
}

bool team_is_possible(void)
{
    return false;
}

int team_size(const struct team *team)
{
    (void)team;
    return 1;
}

bool team_leads(const struct team *team)
{
    (void)team;
    return true;
}

int team_agree(struct team *team, int status, struct error *err)
{
    (void)team, (void)err;
    return status;
}

int team_text_of_leader(struct team *team, struct text *text, struct error *err)
{
    (void)team, (void)text, (void)err;
    return 0;
}

int team_same(struct team *team, const char *what, const char *text, const char *cure, struct error *err)
{
    (void)team, (void)what, (void)text, (void)cure, (void)err;
    return 0;
}

enum isa team_best_isa(struct team *team)
{
    (void)team;
    return isa_best();
}

int64_t team_sum_of_node(struct team *team, int64_t number)
{
    (void)team;
    return number;
}

int team_data(struct team *team, const struct data_spec *spec, uint64_t seed, struct data_set **set, struct error *err)
{
    (void)team;
    return data_set_open(spec, seed, set, err);
}

int team_begin(struct team *team, int threads, struct executor_stop *stop, struct error *err)
{
    (void)team, (void)threads, (void)stop, (void)err;
    return 0;
}

const struct crew *team_crew(struct team *team)
{
    (void)team;
    return NULL;
}

const struct chief *team_chief(struct team *team)
{
    (void)team;
    return NULL;
}
