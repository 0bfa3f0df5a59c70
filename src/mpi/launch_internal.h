/* How this process was started, as the launchers tell in the environment. MPI itself could only say it after it was
   initialised, which takes its time and starts daemons. */
#ifndef ACTSEARCH_MPI_LAUNCH_INTERNAL_H
#define ACTSEARCH_MPI_LAUNCH_INTERNAL_H

struct error;

/* How many processes were started together, 1 when nobody says so. ERROR_USAGE when srun started several that cannot
   find each other. */
int launch_size(int *size, struct error *err);

#endif
