/* Who started this process, as the launchers' environments tell it. */
#include "testing.h"

#include "mpi/communicator.h"
#include "mpi/launch_internal.h"

static void forget(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static int size_with(const char *name, const char *value, const char *other)
{
    struct error err;
    int size = -1;
    forget();
    setenv(name, value, 1);
    if (other)
        setenv(other, "0", 1);
    ASSERT_OK(launch_size(&size, &err));
    return size;
}

START_TEST(every_launcher_is_known)
{
    struct error err;
    int size = -1;
    forget();
    ASSERT_OK(launch_size(&size, &err));
    ck_assert_int_eq(size, 1);
    ck_assert_int_eq(size_with("OMPI_COMM_WORLD_SIZE", "64", NULL), 64);
    ck_assert_int_eq(size_with("PMI_SIZE", "3", NULL), 3);
    ck_assert_int_eq(size_with("SLURM_STEP_NUM_TASKS", "4", "PMIX_RANK"), 4);
    ck_assert_int_eq(size_with("SLURM_STEP_NUM_TASKS", "1", NULL), 1);
    ck_assert_int_eq(size_with("OMPI_COMM_WORLD_SIZE", "rubbish", NULL), 1);
    forget();
    setenv("SLURM_STEP_NUM_TASKS", "4", 1);
    ASSERT_FAILS(launch_size(&size, &err), ERROR_USAGE, "4 processes that do not know each other; srun --mpi=pmix");
}
END_TEST

START_TEST(a_process_alone_has_no_team)
{
    struct error err;
    struct communicator *communicator = NULL;
    struct error mine = ERROR_EMPTY;
    char library[64];
    forget();
    ASSERT_OK(communicator_open(&communicator, &err));
    ck_assert_ptr_null(communicator);
    ck_assert(communicator_leads(communicator) && communicator_size(communicator) == 1);
    ck_assert_ptr_null(communicator_remote(communicator));
    ck_assert_int_eq(communicator_agree(communicator, ERROR_INPUT, &mine), ERROR_INPUT);
    ASSERT_OK(communicator_same(communicator, "text", "a", "hint", &err));
    ck_assert_int_eq(communicator_best_isa(communicator), isa_best());
    ck_assert_int_eq(communicator_sum_of_node(communicator, 5), 5);
    ASSERT_OK(communicator_begin(communicator, 1, NULL, &err));
    communicator_close(communicator);
    ck_assert_ptr_nonnull(strstr(communicator_library(library, sizeof library), "MPI"));
}
END_TEST

int main(void)
{
    return RUN_TESTS("launch", 10, every_launcher_is_known, a_process_alone_has_no_team);
}
