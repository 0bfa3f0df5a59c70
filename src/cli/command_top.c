/* top: the leaderboard. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/database.h"
#include "display/leaderboard.h"
#include "store/store.h"

static const struct option options[] = {
    {"limit", 'n', OPTION_INTEGER, "N", "rows to print (default 20)", .min = 1, .max = 1e9},
    {"all", 'a', OPTION_FLAG, .help = "print every row"},
    {"baselines", 'b', OPTION_FLAG, .help = "print the known functions only, all of them, with their ranks among all"},
    OPTION_FORMAT,
    OPTION_END,
};

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    bool baselines = arguments_flag(arguments, "baselines");
    bool all = arguments_flag(arguments, "all") || baselines;
    int64_t limit = arguments_integer(arguments, "limit", all ? -1 : 20);
    enum output_format format = (enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE);
    struct store *store = NULL;
    int status = database_open(arguments->items[0], &store, err);
    if (!status)
        status = leaderboard_print(store, baselines ? LEADERBOARD_BASELINES : LEADERBOARD_ALL, limit, format, err);
    int closed = store_close(store, status ? NULL : err);
    return status ? status : closed;
}

const struct command command_top = {
    .name = "top",
    .summary = "the leaderboard of a database",
    .usage = "actsearch top [options] DATABASE",
    .description = "Prints the leaderboard: rank, ticket (for actsearch show and export), score\n"
                   "(higher is better), its deviation over the seeds (none with one seed),\n"
                   "validation accuracy and loss, where the candidate comes from, and its name or\n"
                   "formula; of a merged database also the run and its experiment, and scores of\n"
                   "two experiments may mean different things. Works while a run is going on.\n"
                   "\n"
                   "Scores have noise: the first of many is a lucky one, too, and rows that differ\n"
                   "by less than their deviation have no order.\n",
    .examples = "  actsearch top spirals.db\n"
                "  actsearch top --baselines spirals.db\n"
                "  actsearch top --all --format csv spirals.db > leaderboard.csv\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
