/* Starting threads; see executor_internal.h. */
#include "base/error.h"
#include "executor/executor_internal.h"

#include <omp.h>

int threads_can_start(int threads, struct error *err)
{
    int most = omp_get_thread_limit();
    if (threads > most)
        return error_set(err, ERROR_USAGE, NULL, "raise OMP_THREAD_LIMIT, or ask for fewer threads",
                         "OMP_THREAD_LIMIT=%d is less than the %d threads that are needed", most, threads);
    omp_set_dynamic(0);
    if (omp_get_max_active_levels() < 1)
        omp_set_max_active_levels(1);
    return 0;
}
