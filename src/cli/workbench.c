#include "cli/workbench.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/options.h"
#include "experiment/experiment.h"
#include "fitness/fitness.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int workbench_read(const struct arguments *arguments, const char *path, const char *extra, bool watch,
                   struct experiment **experiment, struct error *err)
{
    int count = 0;
    while (arguments_list(arguments, "set", count))
        count++;
    const char **settings = memory_zeroed((size_t)count + 3, sizeof *settings);
    if (!settings)
        return memory_error(err, "the command line");
    for (int i = 0; i < count; i++)
        settings[i] = arguments_list(arguments, "set", i);
    if (extra)
        settings[count++] = extra;
    if (watch)
        settings[count++] = "training.watch=true";
    int status = experiment_read(path, settings, experiment, err);
    memory_free(settings);
    return status;
}

int workbench_threads(const struct arguments *arguments)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    long count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : sysconf(_SC_NPROCESSORS_ONLN);
    return (int)arguments_integer(arguments, "threads", count > 0 ? count : 1);
}

/* The ticket that is waited for, and those that the window lets past it. */
void workbench_remark_window(const struct experiment *experiment, int64_t workers)
{
    long long window = experiment->search.window;
    if (workers > window + 1)
        fprintf(stderr,
                "actsearch: a window of %lld keeps at most %lld of the %lld workers busy; a new search could have a "
                "wider one (--set search.window=%lld)\n",
                window, window + 1, (long long)workers, 2 * (long long)workers);
}

/* ---- the evaluator */

static int new_worker(const void *context, void **worker, struct error *err)
{
    struct fitness_worker *made = NULL;
    int status = fitness_worker_new(context, &made, err);
    *worker = made;
    return status;
}

static void free_worker(void *worker)
{
    fitness_worker_free(worker);
}

static int evaluate(const void *context, void *worker, const struct tree *tree, const atomic_int *abort,
                    struct evaluation *out, struct error *err)
{
    return fitness_evaluate(context, worker, tree, abort, out, err);
}

struct evaluator workbench_evaluator(const struct experiment *experiment)
{
    return (struct evaluator){experiment->fitness, new_worker, free_worker, evaluate};
}

/* ---- the machine */

const char *workbench_processor(char *buffer, int size)
{
    snprintf(buffer, (size_t)size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(buffer, (size_t)size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
    return buffer;
}
