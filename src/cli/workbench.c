#include "cli/workbench.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/options.h"
#include "display/output.h"
#include "experiment/experiment.h"

#include <stdio.h>

int workbench_settings(const struct arguments *arguments, const char *extra, bool watch, const char ***settings,
                       struct error *err)
{
    int count = 0;
    while (arguments_list(arguments, "set", count))
        count++;
    const char **made = memory_zeroed((size_t)count + 3, sizeof *made);
    *settings = made;
    if (!made)
        return memory_error(err, "the command line");
    for (int i = 0; i < count; i++)
        made[i] = arguments_list(arguments, "set", i);
    if (extra)
        made[count++] = extra;
    if (watch)
        made[count++] = "training.watch=true";
    return 0;
}

int workbench_read(const struct arguments *arguments, const char *path, const char *extra, bool watch,
                   struct experiment **experiment, struct error *err)
{
    const char **settings = NULL;
    int status = workbench_settings(arguments, extra, watch, &settings, err);
    if (!status)
        status = experiment_read(path, settings, experiment, err);
    memory_free(settings);
    return status;
}

void workbench_remark_threads(const struct machine_threads *threads)
{
    const struct limits_cores *cores = &threads->cores;
    if (*cores->remark)
        output_remark("actsearch: %s", cores->remark);
    if (!threads->asked && *cores->reason)
        fprintf(stderr, "actsearch: %d thread%s on a machine with %d cores because of %s; --threads asks for others\n",
                threads->count, threads->count == 1 ? "" : "s", cores->machine, cores->reason);
}
