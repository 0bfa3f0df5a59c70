#include "cli/workbench.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/options.h"
#include "cli/output.h"
#include "experiment/experiment.h"
#include "fitness/fitness.h"

#include <stdio.h>
#include <string.h>

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

int workbench_threads(const struct arguments *arguments, int others, struct workbench_threads *threads,
                      struct error *err)
{
    int asked = (int)arguments_integer(arguments, "threads", 0);
    *threads = (struct workbench_threads){.asked = asked > 0};
    limits_cores("", &threads->cores);
    int most = threads->cores.most - others, own = threads->cores.count < most ? threads->cores.count : most;
    threads->count = asked > 0 ? asked : own > 1 ? own : 1;
    if (threads->count <= most)
        return 0;
    char cure[80];
    snprintf(cure, sizeof cure, "OMP_THREAD_LIMIT=%d, or without it%s", threads->count + others,
             asked > 1 && most > 0 ? ", or fewer --threads" : "");
    return error_set(err, ERROR_USAGE, asked > 0 ? "--threads" : NULL, cure,
                     "%d thread%s would be started%s, but OMP_THREAD_LIMIT=%d allows no more", threads->count + others,
                     threads->count + others == 1 ? "" : "s", others ? ", one of them for the other processes" : "",
                     threads->cores.most);
}

void workbench_remark_threads(const struct workbench_threads *threads)
{
    const struct limits_cores *cores = &threads->cores;
    if (*cores->remark)
        output_remark("actsearch: %s", cores->remark);
    if (!threads->asked && *cores->reason)
        fprintf(stderr, "actsearch: %d thread%s on a machine with %d cores because of %s; --threads asks for others\n",
                threads->count, threads->count == 1 ? "" : "s", cores->machine, cores->reason);
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

static int evaluate(const void *context, void *worker, const struct assignment *assignment, const atomic_int *abort,
                    struct evaluation *out, struct error *err)
{
    return fitness_evaluate(context, worker, assignment, abort, out, err);
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
