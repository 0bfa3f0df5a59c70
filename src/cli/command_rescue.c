/* actsearch rescue: what can be read of a damaged database. */
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "display/output.h"
#include "store/store.h"

static const struct option options[] = {OPTION_END};

static int run(struct call *call, struct error *err)
{
    char *const *files = call->arguments->items;
    struct text out = TEXT_EMPTY;
    int64_t saved = 0;
    int status = store_rescue(files[0], files[1], &saved, err);
    if (!status) {
        text_addf(&out, "%s: %lld ticket%s saved; actsearch run --db goes on with it\n", files[1], (long long)saved,
                  saved == 1 ? "" : "s");
        status = output_plain(&out, err);
    }
    text_release(&out);
    return status;
}

const struct command command_rescue = {
    .name = "rescue",
    .summary = "save what can be read of a damaged database",
    .usage = "actsearch rescue DAMAGED.db NEW.db",
    .description = "Copies the run and its tickets, up to the first that cannot be read, into a new\n"
                   "database. actsearch run goes on with that one: it makes the tickets that are\n"
                   "missing again, and they come out the same. The damaged file is not touched.\n"
                   "What SQLite itself cannot see, a digit that has changed, stays as it is.\n",
    .examples = "  actsearch rescue search.db saved.db\n"
                "  actsearch run experiments/spirals.json --db saved.db\n",
    .options = options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
