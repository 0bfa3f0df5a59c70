/* actsearch merge: the databases of several searches in one. */
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/database.h"
#include "display/monitor.h"
#include "display/output.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>

static const struct option options[] = {
    {"quiet", 'q', OPTION_FLAG, .help = "print nothing but remarks and errors"},
    OPTION_FORMAT,
    OPTION_END,
};

/* ---- signals: blocked, and looked for between two tickets, so that a merge ends without a trace */

static void hold_signals(void)
{
    sigset_t set;
    monitor_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool signal_waits(void)
{
    sigset_t heard, waiting;
    monitor_signals(&heard);
    sigpending(&waiting);
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&heard, number) == 1 && sigismember(&waiting, number) == 1)
            return true;
    return false;
}

/* What came too late to stop anything is done with, or it would turn a merge that is complete into a failure. */
static void let_signals_go(void)
{
    sigset_t set;
    monitor_signals(&set);
    while (signal_waits()) {
        int number;
        sigwait(&set, &number);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- what was done */

static int print_parts(const struct store_merge *merge, char *const *inputs, enum output_format format,
                       struct error *err)
{
    static const char *const columns[] = {"input",       "experiment",      "seed",
                                          "tickets new", "evaluations new", "duplicates removed"};
    struct output *output = NULL;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        output_column(output, columns[i]);
    for (ptrdiff_t i = 0; i < merge->part_count; i++) {
        const struct store_merge_part *part = &merge->parts[i];
        output_text(output, inputs[part->input]);
        output_text(output, part->experiment);
        output_integer(output, part->seed);
        output_integer(output, part->tickets);
        output_integer(output, part->evaluations);
        output_integer(output, part->duplicates);
    }
    status = output_finish(output, err);
    output_free(output);
    return status;
}

static void add_count(int64_t count, const char *what, struct text *out)
{
    text_addf(out, "%lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

static int print_total(const struct store_merge *merge, const char *path, struct error *err)
{
    struct text out = TEXT_EMPTY;
    text_addf(&out, "%s: ", path);
    add_count(merge->tickets, "ticket", &out);
    text_add(&out, " of ");
    add_count(merge->runs, "run", &out);
    text_add(&out, ", ");
    add_count(merge->evaluations, "evaluation", &out);
    text_add_char(&out, '\n');
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

/* Not an error: both machines may be thousands of evaluations ahead of the one that is wrong. */
static void remark_contradiction(const struct store_merge *merge, const char *path, char *const *inputs)
{
    if (merge->contradictions == 0)
        return;
    output_remark("remark: %lld evaluation%s another score than the same one elsewhere, so a machine computes wrongly;"
                  " the first: %s has %.9g in ticket %lld of %s, but %.9g in ticket %lld of %s",
                  (long long)merge->contradictions, merge->contradictions == 1 ? " has" : "s have", merge->function,
                  merge->contradicting_score, (long long)merge->contradicting_ticket,
                  inputs[merge->contradicting_input], merge->merged_score, (long long)merge->merged_ticket, path);
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    enum output_format format = (enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE);
    const char *path = arguments->items[0];
    char *const *inputs = arguments->items + 1;
    struct store_merge merge;
    struct store_options how = {.stopped = signal_waits, .say = database_say};
    hold_signals();
    int status = store_merge(path, (const char *const *)inputs, arguments->count - 1, &how, &merge, err);
    let_signals_go();
    if (!status)
        remark_contradiction(&merge, path, inputs);
    if (!status && !arguments_flag(arguments, "quiet")) {
        status = print_parts(&merge, inputs, format, err);
        if (!status && format == OUTPUT_TABLE)
            status = print_total(&merge, path, err);
    }
    store_merge_release(&merge);
    return status;
}

const struct command command_merge = {
    .name = "merge",
    .summary = "join the databases of several searches into one",
    .usage = "actsearch merge [options] OUT.db IN.db...",
    .description = "Adds to OUT.db, a new file or one that was merged before, what the inputs hold:\n"
                   "runs of one experiment with several seeds, or of several experiments. Prints\n"
                   "what was new, for each run in each input, and what OUT.db holds now.\n"
                   "\n"
                   "A function that was measured twice in the same way (seed, protocol, network,\n"
                   "data, versions) keeps its first evaluation, and later tickets become duplicates\n"
                   "of that one; measured in two ways, it stays twice. Tickets get new numbers; the\n"
                   "table provenance has run and number of each. Parents are kept.\n"
                   "\n"
                   "The same command again changes nothing, or adds what the inputs have got since.\n"
                   "They may be in use by a search. OUT.db can be looked at with all commands, but\n"
                   "actsearch run does not go on with it. An error leaves OUT.db as it was.\n",
    .examples = "  actsearch merge all.db island-1.db island-2.db island-3.db\n"
                "  actsearch merge all.db results/*.db && actsearch top all.db\n"
                "  actsearch query all.db 'SELECT run, count(*) FROM provenance GROUP BY run'\n",
    .options = options,
    .min_arguments = 2,
    .max_arguments = ANY_NUMBER,
    .run = run,
};
