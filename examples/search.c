/* Runs a search with the library, as actsearch run does, and prints the best function. See README.md, "As a library".
   Build: cc search.c -o search $(pkg-config --cflags --libs actsearch); run: ./search EXPERIMENT.json DATABASE.db */
#include "base/error.h"
#include "runner/runner.h"

#include <stdio.h>

static void show(void *context, const struct progress *progress)
{
    const char *formula = progress->best.ticket < 0 ? "nothing yet" : progress->best.formula;
    if (progress->finished || progress->trained_now % 20 == 0)
        fprintf((FILE *)context, "%lld functions trained, first: %s\n", (long long)progress->trained, formula);
}

int main(int argc, char **argv)
{
    static const char *const settings[] = {"search.evaluations=40", NULL};
    const struct runner_options options = {.settings = settings, .observe = show, .context = stdout};
    struct error err = ERROR_EMPTY;
    struct runner *runner = NULL;
    if (argc != 3)
        return fprintf(stderr, "usage: %s EXPERIMENT.json DATABASE.db\n", argv[0]), 2;
    int status = runner_new(&options, &runner, &err);
    if (!status)
        status = runner_open(runner, argv[1], argv[2], &err);
    if (!status)
        status = runner_search(runner, &err);
    if (status)
        fprintf(stderr, "%s: %s\n", err.where, err.what);
    runner_free(runner);
    return status;
}
