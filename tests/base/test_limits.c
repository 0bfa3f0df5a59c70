/* How many threads affinity, control groups and variables leave, on trees of files made up for it. */
#include "testing.h"

#include "base/limits.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

/* Writes a file below the root, and the folders on its way. */
static void put(const char *path, const char *contents)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    ck_assert_ptr_nonnull(file);
    fputs(contents, file);
    fclose(file);
}

/* A machine of its own for each case: nothing but what is put there. */
static void begin(void)
{
    static const char *const variables[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "SLURM_CPUS_PER_TASK"};
    for (int i = 0; i < 3; i++)
        unsetenv(variables[i]);
    snprintf(root, sizeof root, "/tmp/actsearch-limits-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static struct limits_cores found(void)
{
    struct limits_cores cores;
    limits_cores(root, &cores);
    return cores;
}

static int own_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void assert_cores(int count, const char *reason)
{
    struct limits_cores cores = found();
    ck_assert_msg(cores.count == count, "%d cores instead of %d (%s)", cores.count, count, cores.reason);
    ck_assert_str_eq(cores.reason, reason);
}

/* A file that is not there and one that says nothing limit nothing. */
START_TEST(nothing_limits_nothing)
{
    begin();
    struct limits_cores cores = found();
    ck_assert_int_eq(cores.count, own_cores());
    ck_assert_int_eq(cores.most, INT_MAX);
    ck_assert_str_eq(cores.remark, "");
    double memory = limits_memory(root);
    ck_assert_double_gt(memory, 1e7);
    put("/proc/self/cgroup", "");
    put("/proc/self/mountinfo", "rubbish\n - \n1 2 3 / /x - cgroup2\n");
    ck_assert_int_eq(found().count, own_cores());
    put("/proc/self/cgroup", "0::/a\n");
    put("/proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("/sys/fs/cgroup/a/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/a/memory.max", "max\n");
    ck_assert_int_eq(found().count, own_cores());
    ck_assert_double_eq(limits_memory(root), memory);
    end();
}
END_TEST

START_TEST(affinity_counts)
{
    cpu_set_t before, one;
    begin();
    ck_assert_int_eq(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (int i = 0; CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    assert_cores(1, sysconf(_SC_NPROCESSORS_ONLN) > 1 ? "the process's affinity" : "");
    ck_assert_int_eq(sched_setaffinity(0, sizeof before, &before), 0);
    end();
}
END_TEST

/* Quotas below one core, so that the cases hold on any machine: they are rounded up to it. */
START_TEST(quotas_of_both_versions_count)
{
    static const struct {
        const char *cgroup, *mountinfo, *file, *contents;
        const char *second_file, *second;
        const char *quota; /* NULL: none is found */
    } cases[] = {
        /* version 2: the group itself, one above it, the one that a container sees as the root */
        {"0::/a/b\n", "29 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
         "/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n", NULL, NULL, "0.5"},
        {"0::/a/b\n", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/a/cpu.max",
         "20000 100000\n", "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "0.2"},
        {"0::/\n", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/cpu.max", "90000 100000\n",
         NULL, NULL, "0.9"},
        {"0::/../../x\n", "29 23 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/cpu.max",
         "90000 100000\n", NULL, NULL, "0.9"},
        {"0::/docker/f00\n", "29 23 0:26 /docker/f00 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
         "/sys/fs/cgroup/cpu.max", "1000 4000\n", NULL, NULL, "0.25"},
        /* a neighbour's is not ours */
        {"0::/ab\n", "29 23 0:26 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/b/cpu.max",
         "1000 4000\n", NULL, NULL, NULL},
        {"0::/a\n", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/b/cpu.max", "1000 4000\n",
         NULL, NULL, NULL},
        /* version 1: among other hierarchies, mounted elsewhere, as a container sees it */
        {"5:memory:/m\n4:cpuset:/s\n3:cpu,cpuacct:/job/1\n1:name=systemd:/x\n",
         "30 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
         "31 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
         "32 25 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n",
         "/sys/fs/cgroup/cpu,cpuacct/job/1/cpu.cfs_quota_us", "75000\n",
         "/sys/fs/cgroup/cpu,cpuacct/job/1/cpu.cfs_period_us", "100000\n", "0.75"},
        {"3:cpuacct,cpu:/docker/1\n", "31 25 0:28 /docker/1 /cg/cpu rw - cgroup cgroup rw,cpuacct,cpu\n",
         "/cg/cpu/cpu.cfs_quota_us", "30000\n", "/cg/cpu/cpu.cfs_period_us", "100000\n", "0.3"},
        {"3:cpu:/a\n", "31 25 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu\n", "/cg/cpu/a/cpu.cfs_quota_us", "-1\n",
         "/cg/cpu/a/cpu.cfs_period_us", "100000\n", NULL},
        /* both at once: the second without the controller */
        {"3:cpu:/a\n0::/a\n",
         "31 25 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu\n33 25 0:30 / /cg/unified rw - cgroup2 cgroup2 rw\n",
         "/cg/cpu/a/cpu.cfs_quota_us", "60000\n", "/cg/cpu/a/cpu.cfs_period_us", "100000\n", "0.6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        put("/proc/self/cgroup", cases[i].cgroup);
        put("/proc/self/mountinfo", cases[i].mountinfo);
        put(cases[i].file, cases[i].contents);
        if (cases[i].second_file)
            put(cases[i].second_file, cases[i].second);
        char reason[80] = "";
        if (cases[i].quota)
            snprintf(reason, sizeof reason, "a control group's quota of %s cores", cases[i].quota);
        struct limits_cores cores = found();
        ck_assert_msg(strcmp(cores.reason, reason) == 0, "case %zu: \"%s\" instead of \"%s\"", i, cores.reason, reason);
        ck_assert_int_eq(cores.count, cases[i].quota ? 1 : own_cores());
        end();
    }
}
END_TEST

START_TEST(quotas_are_rounded_up)
{
    static const struct {
        const char *quota;
        int cores;
    } cases[] = {{"100000 100000\n", 1}, {"100001 100000\n", 2}, {"150000 100000\n", 2}, {"1 100000\n", 1}};
    begin();
    put("/proc/self/cgroup", "0::/a\n");
    put("/proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("/sys/fs/cgroup/a/cpu.max", cases[i].quota);
        int most = own_cores() < cases[i].cores ? own_cores() : cases[i].cores;
        ck_assert_int_eq(found().count, most);
    }
    end();
}
END_TEST

START_TEST(variables_count)
{
    static const char *const names[] = {"OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "SLURM_CPUS_PER_TASK"};
    static const char *const ones[] = {"1", "1,4,8", " 1 , 2 ", "\t1", "+1", "01"};
    static const char *const nonsense[] = {
        "0", "-1", "many", "1x", "1,", ",1", "1,,2", "1.5", "0x2", "1 2", "99999999999999999999"};
    for (int n = 0; n < 3; n++) {
        char reason[80];
        begin();
        snprintf(reason, sizeof reason, own_cores() > 1 ? "%s=1" : "%.0s", names[n]);
        for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) {
            setenv(names[n], ones[i], 1);
            assert_cores(1, reason);
            ck_assert_int_eq(found().most, n == 1 ? 1 : INT_MAX);
        }
        for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
            setenv(names[n], nonsense[i], 1);
            struct limits_cores cores = found();
            ck_assert_msg(cores.count == own_cores() && cores.most == INT_MAX, "%s=%s", names[n], nonsense[i]);
            ck_assert_msg(strstr(cores.remark, names[n]) && strstr(cores.remark, nonsense[i]), "%s", cores.remark);
        }
        setenv(names[n], "", 1);
        ck_assert_str_eq(found().remark, "");
        setenv(names[n], "4096", 1); /* more than there are */
        ck_assert_int_eq(found().count, own_cores());
        ck_assert_int_eq(found().most, n == 1 ? 4096 : INT_MAX);
        end();
    }
}
END_TEST

START_TEST(the_strictest_memory_counts)
{
    begin();
    put("/proc/self/cgroup", "5:memory:/m\n0::/a/b\n");
    put("/proc/self/mountinfo",
        "29 23 0:26 / /cg2 rw - cgroup2 cgroup2 rw\n30 25 0:27 / /cg1 rw - cgroup x rw,memory\n");
    put("/cg2/a/memory.max", "5000000\n");
    put("/cg2/a/b/memory.max", "max\n");
    ck_assert_double_eq(limits_memory(root), 5e6);
    put("/cg1/m/memory.limit_in_bytes", "4000000\n");
    ck_assert_double_eq(limits_memory(root), 4e6);
    put("/cg2/a/memory.max", "9223372036854771712\n"); /* no limit, in version 1's words */
    put("/cg1/m/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_double_lt(limits_memory(root), 9e18);
    end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("limits", 10, nothing_limits_nothing, affinity_counts, quotas_of_both_versions_count,
                     quotas_are_rounded_up, variables_count, the_strictest_memory_counts);
}
