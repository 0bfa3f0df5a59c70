/* Joining, agreeing, leaving. */
#include "base/error.h"
#include "base/memory.h"
#include "mpi/team_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void team_wait(MPI_Request *request)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000};
    int done = 0;
    while (MPI_Test(request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done)
        nanosleep(&pause, NULL);
}

int team_open(struct team **team, struct error *err)
{
    int size, provided;
    *team = NULL;
    int status = launch_size(&size, err);
    if (status || size <= 1)
        return status;
    struct team *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "the team");
    /* MPI says by itself what is wrong when it cannot start, and ends the process. */
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_dup(MPI_COMM_WORLD, &made->world);
    MPI_Comm_rank(made->world, &made->rank);
    MPI_Comm_size(made->world, &made->size);
    MPI_Comm_split_type(made->world, MPI_COMM_TYPE_SHARED, made->rank, MPI_INFO_NULL, &made->node);
    MPI_Comm_rank(made->node, &made->node_rank);
    MPI_Get_processor_name(made->host, &(int){0});
    made->window = MPI_WIN_NULL;
    *team = made;
    return 0;
}

void team_close(struct team *team)
{
    if (!team)
        return;
    if (team->begun && team->rank == 0)
        team_crew_dismiss(team);
    else if (team->begun)
        team_chief_leave(team);
    team_crew_release(team);
    if (team->window != MPI_WIN_NULL)
        MPI_Win_free(&team->window);
    MPI_Comm_free(&team->node);
    MPI_Comm_free(&team->world);
    MPI_Finalize();
    memory_free(team);
}

bool team_is_possible(void)
{
    return true;
}

const char *team_library(char *buffer, int size)
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

int team_size(const struct team *team)
{
    return team ? team->size : 1;
}

bool team_leads(const struct team *team)
{
    return !team || team->rank == 0;
}

/* ---- agreeing */

static void broadcast(const struct team *team, void *bytes, int size, int from)
{
    MPI_Request request;
    MPI_Ibcast(bytes, size, MPI_BYTE, from, team->world, &request);
    team_wait(&request);
}

static int smallest(MPI_Comm comm, int number)
{
    MPI_Request request;
    int least = number;
    MPI_Iallreduce(&number, &least, 1, MPI_INT, MPI_MIN, comm, &request);
    team_wait(&request);
    return least;
}

int team_agree(struct team *team, int status, struct error *err)
{
    if (!team)
        return status;
    int first = smallest(team->world, status ? team->rank : team->size);
    if (first == team->size)
        return 0;
    struct error shared = ERROR_EMPTY;
    if (first == team->rank) {
        char where[MPI_MAX_PROCESSOR_NAME + 32];
        shared = *err;
        snprintf(where, sizeof where, "rank %d on %s", team->rank, team->host);
        if (first != 0)
            error_prefix(&shared, where);
    }
    broadcast(team, &shared, sizeof shared, first);
    *err = shared;
    return (int)shared.code;
}

int team_text_of_leader(struct team *team, struct text *text, struct error *err)
{
    if (!team)
        return 0;
    int length = team->rank == 0 ? (int)text->length : 0;
    broadcast(team, &length, sizeof length, 0);
    char *bytes = memory_array((size_t)length + 1, 1);
    int status = team_agree(team, bytes ? 0 : memory_error(err, "a text of rank 0"), err);
    if (!status) {
        memcpy(bytes, team->rank == 0 ? text_string(text) : "", team->rank == 0 ? (size_t)length : 0);
        broadcast(team, bytes, length, 0);
        text_clear(text);
        text_add_bytes(text, bytes, (size_t)length);
    }
    memory_free(bytes);
    return status;
}

int team_same(struct team *team, const char *what, const char *text, const char *cure, struct error *err)
{
    if (!team)
        return 0;
    struct text leader = TEXT_EMPTY;
    text_add(&leader, text);
    int status = team_text_of_leader(team, &leader, err);
    if (status)
        return status;
    if (strcmp(text, text_string(&leader)) != 0)
        status = error_set(err, ERROR_CONFLICT, NULL, cure, "its %s is not that of rank 0", what);
    text_release(&leader);
    return team_agree(team, status, err);
}

enum isa team_best_isa(struct team *team)
{
    return team ? (enum isa)smallest(team->world, (int)isa_best()) : isa_best();
}

int64_t team_sum_of_node(struct team *team, int64_t number)
{
    if (!team)
        return number;
    MPI_Request request;
    int64_t sum = number;
    MPI_Iallreduce(&number, &sum, 1, MPI_INT64_T, MPI_SUM, team->node, &request);
    team_wait(&request);
    return sum;
}

int team_begin(struct team *team, int threads, struct executor_stop *stop, struct error *err)
{
    if (!team)
        return 0;
    MPI_Request request;
    int *all = team->rank == 0 ? memory_array((size_t)team->size, sizeof *all) : NULL;
    int status = team_agree(team, team->rank == 0 && !all ? memory_error(err, "the team") : 0, err);
    if (!status) {
        MPI_Igather(&threads, 1, MPI_INT, all, 1, MPI_INT, 0, team->world, &request);
        team_wait(&request);
        team->stop = stop;
        if (team->rank == 0)
            status = team_crew_reserve(team, all, err);
        status = team_agree(team, status, err);
    }
    memory_free(all);
    if (status)
        return status;
    team_crew_init(team);
    team_chief_init(team);
    team->begun = true;
    return 0;
}

const struct crew *team_crew(struct team *team)
{
    return team ? &team->crew : NULL;
}

const struct chief *team_chief(struct team *team)
{
    return team ? &team->chief : NULL;
}
