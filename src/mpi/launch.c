/* Who started this process, and as one of how many: from what launchers put into the environment. */
#include "mpi/launch_internal.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdlib.h>

static int number_in(const char *name)
{
    const char *value = getenv(name);
    return value ? atoi(value) : 0;
}

int launch_size(int *size, struct error *err)
{
    /* Open MPI's mpirun; the process managers of MPICH and of Slurm's pmi2 */
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    *size = 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (number_in(sizes[i]) > 0) {
            *size = number_in(sizes[i]);
            return 0;
        }
    int tasks = number_in("SLURM_STEP_NUM_TASKS");
    if (tasks <= 1)
        return 0;
    if (!getenv("PMIX_RANK"))
        return error_set(err, ERROR_USAGE, "srun",
                         "srun --mpi=pmix ... (srun --mpi=list names what there is), or mpirun ...",
                         "it started %d processes that do not know each other", tasks);
    *size = tasks;
    return 0;
}
