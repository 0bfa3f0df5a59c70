#include "base/limits.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- control groups */

enum { PATH = 4096, LINE = 8192 };

/* Two numbers of a small file; "max" and "-1" are no limit. False when the file is not there or says so. */
static bool read_numbers(const char *root, const char *folder, const char *name, double numbers[2])
{
    char path[PATH + 64], line[128] = "";
    snprintf(path, sizeof path, "%s%.4000s/%s", root, folder, name);
    FILE *file = fopen(path, "r");
    bool some = file && fgets(line, sizeof line, file);
    if (file)
        fclose(file);
    numbers[1] = 0;
    return some && sscanf(line, "%lf %lf", &numbers[0], &numbers[1]) >= 1 && numbers[0] > 0;
}

/* What a group's folder says of one thing; INFINITY: no limit. */
typedef double limit_of_folder(const char *root, const char *folder);

static double cores_of_folder(const char *root, const char *folder)
{
    double quota[2], period[2];
    if (read_numbers(root, folder, "cpu.max", quota) && quota[1] > 0)
        return quota[0] / quota[1];
    if (read_numbers(root, folder, "cpu.cfs_quota_us", quota) &&
        read_numbers(root, folder, "cpu.cfs_period_us", period))
        return quota[0] / period[0];
    return INFINITY;
}

static double memory_of_folder(const char *root, const char *folder)
{
    double bytes[2];
    bool some =
        read_numbers(root, folder, "memory.max", bytes) || read_numbers(root, folder, "memory.limit_in_bytes", bytes);
    return some ? bytes[0] : INFINITY;
}

/* Is `word` one of the words of a list with commas? */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (strncmp(p, word, length) == 0 && (p[length] == ',' || p[length] == '\0'))
            return true;
    return false;
}

/* The folder of the process's group in a hierarchy that is mounted: `part` of the hierarchy is what the mount shows. */
static void group_folder(const char *mount, const char *part, const char *group, char folder[PATH])
{
    size_t length = strcmp(part, "/") == 0 ? 0 : strlen(part);
    bool below = strncmp(group, part, length) == 0 && (group[length] == '/' || group[length] == '\0');
    snprintf(folder, PATH, "%.2000s%.2000s", mount, below && !strstr(group, "..") ? group + length : "");
    for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/'; end--)
        folder[end - 1] = '\0';
}

/* The process's group in the hierarchy of `controller`, or in the one of version 2 (NULL), as /proc/self/cgroup has it:
   "4:cpu,cpuacct:/path", "0::/path". */
static bool find_group(const char *root, const char *controller, char group[PATH])
{
    char path[PATH], line[LINE];
    snprintf(path, sizeof path, "%.4000s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *name = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!name)
            continue;
        *name++ = '\0';
        controllers++;
        found = controller ? lists(controllers, controller) : !*controllers;
        if (found)
            snprintf(group, PATH, "%.4000s", name);
    }
    if (file)
        fclose(file);
    return found;
}

/* The least limit of a group and of those above it, in one mounted hierarchy. */
static double limit_of_groups(const char *root, const char *mount, const char *part, const char *group,
                              limit_of_folder *limit)
{
    char folder[PATH];
    group_folder(mount, part, group, folder);
    double least = limit(root, folder);
    for (char *slash; strlen(folder) > strlen(mount) && (slash = strrchr(folder, '/')) != NULL;) {
        *slash = '\0';
        least = fmin(least, limit(root, folder));
    }
    return least;
}

/* Goes through what is mounted: "36 25 0:31 /part /mount options - type source options". */
static double limit_of_process(const char *root, const char *controller, limit_of_folder *limit)
{
    char path[PATH], line[LINE], group[PATH];
    double least = INFINITY;
    snprintf(path, sizeof path, "%.4000s/proc/self/mountinfo", root);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        char part[2001], mount[2001], type[32], options[2001];
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %2000s %2000s", part, mount) != 2 ||
            sscanf(rest, " - %31s %*s %2000s", type, options) != 2)
            continue;
        bool second = strcmp(type, "cgroup2") == 0, first = strcmp(type, "cgroup") == 0 && lists(options, controller);
        if ((first || second) && find_group(root, second ? NULL : controller, group))
            least = fmin(least, limit_of_groups(root, mount, part, group, limit));
    }
    if (file)
        fclose(file);
    return least;
}

/* ---- cores */

/* Cores of the affinity; 0: not known. The set grows with the machine. */
static int affinity(void)
{
    int count = 0;
    for (int cores = 1024; count == 0 && cores <= 1 << 20; cores *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)cores);
        size_t size = CPU_ALLOC_SIZE((size_t)cores);
        if (!set)
            return 0;
        CPU_ZERO_S(size, set);
        bool answered = sched_getaffinity(0, size, set) == 0, small = !answered && errno == EINVAL;
        if (answered)
            count = CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (!answered && !small)
            return 0;
    }
    return count;
}

/* The first of a list of positive numbers, 0 when it is none.
     list = number { "," number }        blanks around a number mean nothing */
static int first_number(const char *list)
{
    int first = 0;
    for (const char *p = list;; p++) {
        char *end;
        errno = 0;
        long number = strtol(p, &end, 10);
        if (end == p || errno || number < 1)
            return 0;
        if (p == list)
            first = number < INT_MAX ? (int)number : INT_MAX;
        p = end + strspn(end, " \t");
        if (!*p)
            return first;
        if (*p != ',')
            return 0;
    }
}

/* A variable's number; INT_MAX when it has none. */
static int number_of_variable(const char *name, struct limits_cores *cores)
{
    const char *value = getenv(name);
    if (!value || !value[strspn(value, " \t")])
        return INT_MAX;
    int number = first_number(value);
    if (number > 0)
        return number;
    snprintf(cores->remark, sizeof cores->remark, "%s=%.40s is no number of threads, and so it limits nothing", name,
             value);
    return INT_MAX;
}

static void limit(struct limits_cores *cores, int count, const char *reason)
{
    if (count >= cores->count)
        return;
    cores->count = count;
    snprintf(cores->reason, sizeof cores->reason, "%s", reason);
}

static void limit_by_variable(struct limits_cores *cores, const char *name)
{
    char reason[80];
    int number = number_of_variable(name, cores);
    snprintf(reason, sizeof reason, "%s=%d", name, number);
    limit(cores, number, reason);
}

void limits_cores(const char *root, struct limits_cores *cores)
{
    char reason[80];
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int bound = affinity(), machine = online > 0 ? (int)online : bound > 0 ? bound : 1;
    *cores = (struct limits_cores){.count = machine, .machine = machine};
    if (bound > 0)
        limit(cores, bound, "the process's affinity");
    double quota = limit_of_process(root, "cpu", cores_of_folder);
    snprintf(reason, sizeof reason, "a control group's quota of %.4g cores", quota);
    if (quota < machine)
        limit(cores, (int)fmax(1, ceil(quota - 1e-9)), reason);
    limit_by_variable(cores, "SLURM_CPUS_PER_TASK");
    limit_by_variable(cores, "OMP_NUM_THREADS");
    limit_by_variable(cores, "OMP_THREAD_LIMIT");
    cores->most = number_of_variable("OMP_THREAD_LIMIT", cores);
}

/* ---- memory */

double limits_memory(const char *root)
{
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    double groups = limit_of_process(root, "memory", memory_of_folder);
    return machine > 0 ? fmin(machine, groups) : isfinite(groups) ? groups : 0;
}
