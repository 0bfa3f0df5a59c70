#include "executor/executor_internal.h"

#include <time.h>

void rest_after(struct rest *rest, bool something_happened)
{
    enum { SHORTEST = 20, LONGEST = 1000 };
    rest->microseconds = something_happened || rest->microseconds == 0 ? SHORTEST : 2 * rest->microseconds;
    if (rest->microseconds > LONGEST)
        rest->microseconds = LONGEST;
    nanosleep(&(struct timespec){.tv_nsec = rest->microseconds * 1000}, NULL);
}
