/* run: a search from its experiment to its end, or from where it was stopped. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/workbench.h"
#include "display/monitor.h"
#include "display/report.h"
#include "runner/runner.h"

#include <signal.h>
#include <stdio.h>

static const char *const journals[] = {
    [STORE_JOURNAL_AUTO] = "auto", [STORE_JOURNAL_WAL] = "wal", [STORE_JOURNAL_DELETE] = "delete", NULL};

static const struct option options[] = {
    {"db", 'd', OPTION_TEXT, "FILE",
     .help = "the database (default: NAME.db in this folder, NAME as in the experiment)"},
    OPTION_WATCH,
    OPTION_THREADS,
    OPTION_SET,
    OPTION_ISA,
    OPTION_GRACE,
    OPTION_LIMIT,
    {"journal", .kind = OPTION_CHOICE, .value = "MODE", .choices = journals,
     .help = "how the database is written: wal on a local disk, delete where several hosts share it, or auto (the "
             "default), which tells the two apart"},
    {"wait", .kind = OPTION_NUMBER, .value = "SECONDS", .min = 0, .max = 1e9,
     .help =
         "how long to wait while another process writes the database (default: not at all for another run, a minute "
         "for a program like sqlite3 that has locked it)"},
    {"quiet", 'q', OPTION_FLAG, .help = "show no progress and no leaderboard at the end"},
    OPTION_END,
};

static struct runner_options runner_options(const struct arguments *arguments, const char *const *settings,
                                            struct monitor *monitor)
{
    double busy = arguments_number(arguments, "wait", STORE_BUSY_SECONDS);
    return (struct runner_options){
        .settings = settings,
        .isa = arguments_text(arguments, "isa", NULL),
        .threads = (int)arguments_integer(arguments, "threads", 0),
        .evaluation_limit = arguments_number(arguments, "evaluation-limit", 0),
        .journal = (enum store_journal)arguments_choice(arguments, "journal", STORE_JOURNAL_AUTO),
        .wait_seconds = arguments_number(arguments, "wait", 0),
        .busy_seconds = busy > 0 ? busy : -1,
        .quiet = arguments_flag(arguments, "quiet"),
        .stop = monitor_stop(monitor),
        .observe = monitor_observe,
        .say = monitor_say,
        .context = monitor,
    };
}

/* The command line again, so that it can be typed again. */
static int stopped(const struct call *call, const struct runner *runner, struct error *err)
{
    struct text hint = TEXT_EMPTY;
    char what[sizeof err->what];
    text_add(&hint, "to go on:");
    for (int i = 0; i < call->word_count; i++) {
        text_add_char(&hint, ' ');
        text_add_shell(&hint, call->words[i]);
    }
    snprintf(what, sizeof what, "%s", err->what);
    int status = error_set(err, ERROR_INTERRUPTED, runner_database(runner), text_string(&hint), "%s", what);
    text_release(&hint);
    return status;
}

static int search(struct call *call, struct runner *runner, struct monitor *monitor, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    bool quiet = arguments_flag(arguments, "quiet");
    int64_t resumed;
    int status = runner_open(runner, arguments->items[0], arguments_text(arguments, "db", NULL), err);
    if (!status && !quiet && runner_leads(runner))
        workbench_remark_threads(runner_threads(runner));
    if (!status)
        status = runner_search(runner, err);
    monitor_end(monitor);
    struct store *store = runner_store(runner, &resumed);
    if (status == ERROR_INTERRUPTED && store)
        status = stopped(call, runner, err);
    if (!status && store && !quiet)
        status = report_print(store, runner_database(runner), resumed > 0, err);
    int closed = runner_close(runner, status ? NULL : err);
    return status ? status : closed;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    const char **settings = NULL;
    struct monitor *monitor = NULL;
    struct runner *runner = NULL;
    signal(SIGPIPE, SIG_IGN); /* a reader of the progress that has gone away is no reason to stop */
    int status = monitor_new(arguments_flag(arguments, "quiet"),
                             arguments_number(arguments, "grace", MONITOR_GRACE_SECONDS), &monitor, err);
    if (!status)
        status = workbench_settings(arguments, NULL, arguments_flag(arguments, "watch"), &settings, err);
    if (!status) {
        struct runner_options how = runner_options(arguments, settings, monitor);
        status = runner_new(&how, &runner, err);
        call->silent = !runner_leads(runner);
        if (call->silent)
            monitor_mute(monitor);
    }
    if (!status)
        status = search(call, runner, monitor, err);
    monitor_end(monitor);
    runner_free(runner);
    monitor_free(monitor);
    memory_free(settings);
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "search as an experiment says, or go on with a search",
    .usage = "actsearch run [options] EXPERIMENT",
    .description = "Proposes functions, trains networks with them, and keeps every candidate and\n"
                   "every score in a database. Prints the leaderboard at the end. The same command\n"
                   "goes on where it was stopped or killed; a database of another experiment is\n"
                   "refused. The results depend on the experiment and the instruction level only,\n"
                   "not on the number of threads or processes nor on interruptions. A processor that\n"
                   "rounds otherwise than the one that began the run is refused, too.\n"
                   "How an experiment is written: actsearch help experiment.\n"
                   "\n"
                   "Started by mpirun or srun --mpi=pmix as several processes, they share the work:\n"
                   "the first one searches and writes the database, and all of them train.\n"
                   "\n"
                   "Ctrl-C: finishes what is in training, then stops with exit status 75. A second\n"
                   "one drops it, and Ctrl-\\ (SIGQUIT) does so at once. SIGTERM, SIGHUP, SIGUSR1,\n"
                   "SIGUSR2, SIGXCPU, SIGALRM and SIGPWR stop it, too, but wait no longer than the\n"
                   "grace period; under nohup SIGHUP does nothing. Exit status 75 means: go on later\n"
                   "with the same command. Nothing that is in the database is ever lost.\n"
                   "\n"
                   "While another program has locked the database, the run waits for it (--wait).\n"
                   "A database that is moved or removed meanwhile ends the run with exit status 4.\n"
                   "\n"
                   "A candidate whose training has crashed the process twice is not tried again.\n"
                   "\n"
                   "One process writes a database, also when several hosts share it over a network\n"
                   "file system. There a process that shows no sign of life for 30 seconds has\n"
                   "lost it to the next one. actsearch status tells how a run is going.\n",
    .examples = "  actsearch run experiments/spirals.json\n"
                "  actsearch run experiments/fashion-mlp.json --db results/first.db --threads 2\n"
                "  actsearch run experiments/fashion-mlp.json --set search.strategy=random \\\n"
                "      --set search.evaluations=50 --set seed=3 --db random-3.db\n"
                "  actsearch run --watch experiments/spirals.json --db watched.db\n"
                "  actsearch run experiments/spirals.json --wait 600   # after the one that runs\n"
                "  mpirun -n 4 actsearch run experiments/fashion-mlp.json --threads 1\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
