/* query: SQL that reads. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/database.h"
#include "display/leaderboard.h"
#include "store/store.h"

static const struct option options[] = {
    OPTION_FORMAT,
    OPTION_END,
};

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    enum output_format format = (enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE);
    struct store *store = NULL;
    int status = database_open(arguments->items[0], &store, err);
    if (!status)
        status = query_print(store, arguments->items[1], format, err);
    int closed = store_close(store, status ? NULL : err);
    return status ? status : closed;
}

const struct command command_query = {
    .name = "query",
    .summary = "ask a database in SQL; it only reads",
    .usage = "actsearch query [options] DATABASE SQL",
    .description = "Runs one SQL statement that only reads, and prints its rows. Works while a run\n"
                   "is going on. Made for people: the views leaderboard, lineage and outcomes. The\n"
                   "tables: run, session, proposal, evaluation, trial, curve, parameter, watch,\n"
                   "timing, provenance, crash; what their columns mean stands in sqlite_schema.\n",
    .examples = "  actsearch query spirals.db 'SELECT * FROM outcomes'\n"
                "  actsearch query spirals.db 'SELECT * FROM lineage WHERE ticket = 100'\n"
                "  actsearch query spirals.db 'SELECT sql FROM sqlite_schema' --format csv\n",
    .options = options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
