/* Limits: how much of the machine this process may use, as its environment says it.
 *
 * Cores are the fewest of: those of the process's affinity (taskset, a cpuset, a launcher that binds), OMP_NUM_THREADS
 * and OMP_THREAD_LIMIT, the CPU quota of its control groups (of both versions, those above it too; rounded up), and
 * SLURM_CPUS_PER_TASK. Nothing here is an error: what cannot be read or makes no sense limits nothing. */
#ifndef ACTSEARCH_BASE_LIMITS_H
#define ACTSEARCH_BASE_LIMITS_H

#include <stdint.h>

struct limits_cores {
    int count;        /* at least 1 */
    int machine;      /* cores that are online */
    char reason[80];  /* "OMP_NUM_THREADS=1": why there are fewer than the machine has; "" */
    int most;         /* OMP_THREAD_LIMIT: OpenMP starts no more, whoever asks; INT_MAX: none */
    char remark[120]; /* about a variable that makes no sense; "" */
};

/* `root` stands before /proc and /sys: "" but for tests. */
void limits_cores(const char *root, struct limits_cores *cores);

/* Bytes of memory: of the machine, or of the control groups if that is less; 0 when nobody knows. */
double limits_memory(const char *root);

#endif
