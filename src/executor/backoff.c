/* Looking ever more seldom; see executor_internal.h. */
#include "base/clock.h"
#include "executor/executor_internal.h"

void backoff_after(struct backoff *backoff, bool something_happened)
{
    enum { SHORTEST = 20, LONGEST = 1000 };
    backoff->microseconds = something_happened || backoff->microseconds == 0 ? SHORTEST : 2 * backoff->microseconds;
    if (backoff->microseconds > LONGEST)
        backoff->microseconds = LONGEST;
    clock_sleep(1e-6 * (double)backoff->microseconds);
}
