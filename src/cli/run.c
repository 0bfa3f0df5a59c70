/* run: a search from its experiment to its end, or from where it was stopped. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/watch.h"
#include "cli/workbench.h"
#include "experiment/experiment.h"
#include "expr/catalogue.h"
#include "fitness/fitness.h"
#include "grammar/grammar.h"
#include "nn/blas.h"
#include "search/strategy.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"db", 'd', OPTION_TEXT, "FILE",
     .help = "the database (default: NAME.db in this folder, NAME as in the experiment)"},
    OPTION_WATCH,
    OPTION_THREADS,
    OPTION_SET,
    OPTION_ISA,
    {"quiet", 'q', OPTION_FLAG, .help = "show no progress and no leaderboard at the end"},
    OPTION_END,
};

/* What a run holds on to; everything is owned. */
struct job {
    struct experiment *experiment;
    struct text database; /* its path */
    enum isa isa;
    struct watch *watch;
    struct search *search;
    struct store *store;
};

/* ---- the instruction level */

/* A run that is resumed keeps the level of its database. A file that cannot be read as one is left
   to store_open(), which says what is wrong with it. */
static int stored_isa(const char *database, char name[32])
{
    struct store *store = NULL;
    *name = '\0';
    if (access(database, F_OK) != 0 || store_open_read(database, &store, NULL) != 0)
        return 0;
    snprintf(name, 32, "%s", store_run(store)->isa);
    return store_close(store, NULL);
}

static int choose_isa(const struct arguments *arguments, const char *database, enum isa *isa, struct error *err)
{
    const char *wanted = arguments_text(arguments, "isa", NULL);
    char stored[32];
    stored_isa(database, stored);
    if (wanted || !*stored)
        return isa_parse(wanted ? wanted : "best", isa, err);
    if (isa_parse(stored, isa, NULL) == 0)
        return 0;
    return error_set(
        err, ERROR_UNSUPPORTED, database, "go on with a machine that has it, or name another database and start anew",
        "it was begun at the instruction level %.30s, and this machine runs at most %s", stored, isa_name(isa_best()));
}

/* ---- the database */

static int open_store(struct job *job, struct error *err)
{
    const struct experiment *experiment = job->experiment;
    struct text text = TEXT_EMPTY, protocol = TEXT_EMPTY, description = TEXT_EMPTY;
    char digest[32], library[32], metric[40];
    experiment_normal_form(experiment, &text);
    protocol_normal_form(&experiment->protocol, &protocol);
    data_describe(experiment->set, &description);
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)data_digest(experiment->set));
    struct store_run run = {
        .name = experiment->name,
        .experiment = text_string(&text),
        .grammar = grammar_text(experiment->grammar),
        .protocol = text_string(&protocol),
        .seed = (int64_t)experiment->seed,
        .strategy = experiment->search.strategy->name,
        .window = experiment->search.window,
        .metric = metric_formula(experiment->protocol.metric, metric),
        .program_version = ACTSEARCH_VERSION,
        .isa = isa_name(job->isa),
        .library_version = blas_version(library),
        .data_digest = digest,
        .data_description = text_string(&description),
    };
    int status = text_failed(&text) || text_failed(&protocol) || text_failed(&description)
                     ? memory_error(err, "the experiment")
                     : store_open(text_string(&job->database), &run, &job->store, err);
    text_release(&text);
    text_release(&protocol);
    text_release(&description);
    return status;
}

/* ---- the search */

static int64_t baseline_count(void)
{
    struct catalogue *catalogue = NULL;
    int64_t count = 0;
    if (catalogue_new(&catalogue, NULL) != 0)
        return 0;
    for (int i = 0; i < catalogue_count(catalogue); i++)
        count += catalogue_at(catalogue, i)->baseline;
    catalogue_free(catalogue);
    return count;
}

/* Tickets of a search that goes through its whole space; -1 when nobody knows. For the progress only. */
static int64_t expected_tickets(const struct experiment *experiment)
{
    const struct search_spec *search = &experiment->search;
    int64_t total;
    if (!search->strategy->ends || grammar_total(experiment->grammar, &total, NULL) != 0)
        return -1;
    if (total > search->proposals)
        total = search->proposals;
    return total + (search->baselines ? baseline_count() : 0);
}

static const char *session_ending(int status)
{
    return status == 0 ? "finished" : status == ERROR_INTERRUPTED ? "interrupted" : "failed";
}

static int execute(struct job *job, int threads, struct error *err)
{
    const struct experiment *experiment = job->experiment;
    struct evaluator evaluator = workbench_evaluator(experiment);
    struct executor_options executor = {
        .threads = threads, .stop = watch_stop(job->watch), .observe = watch_observe, .observer = job->watch};
    char processor[128];
    int status = store_session_begin(job->store, threads, workbench_processor(processor, sizeof processor), err);
    if (status)
        return status;
    watch_expect_tickets(job->watch, expected_tickets(experiment));
    status = executor_run(job->search, experiment->grammar, &evaluator, job->store, &executor, err);
    int ended = store_session_end(job->store, session_ending(status), status ? NULL : err);
    return status ? status : ended;
}

/* Everything up to the first training; errors here leave no database behind. */
static int prepare(struct job *job, const struct arguments *arguments, int threads, struct error *err)
{
    int status =
        workbench_read(arguments, arguments->items[0], NULL, arguments_flag(arguments, "watch"), &job->experiment, err);
    if (status)
        return status;
    const char *database = arguments_text(arguments, "db", NULL);
    text_add(&job->database, database ? database : job->experiment->name);
    text_add(&job->database, database ? "" : ".db");
    status = text_failed(&job->database) ? memory_error(err, "a path") : 0;
    if (!status)
        status = choose_isa(arguments, text_string(&job->database), &job->isa, err);
    if (!status)
        status = watch_new(arguments_flag(arguments, "quiet"), &job->watch, err);
    if (!status)
        status = experiment_open(job->experiment, job->isa, err);
    if (!status)
        status = fitness_check_memory(job->experiment->fitness, threads, err);
    if (!status)
        status =
            search_new(&job->experiment->search, job->experiment->grammar, job->experiment->seed, &job->search, err);
    return status ? status : open_store(job, err);
}

/* The command line again, so that it can be typed again; words with other characters are quoted. */
static void add_command_line(const struct call *call, struct text *out)
{
    for (int i = 0; i < call->word_count; i++) {
        const char *word = call->words[i];
        size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%");
        text_add(out, i > 0 ? " " : "");
        if (*word && !word[plain])
            text_add(out, word);
        else {
            text_add_char(out, '\'');
            for (; *word; word++)
                text_addf(out, *word == '\'' ? "'\\''" : "%c", *word);
            text_add_char(out, '\'');
        }
    }
}

static int stopped(const struct call *call, const struct job *job, struct error *err)
{
    struct text cure = TEXT_EMPTY;
    text_add(&cure, "to go on: ");
    add_command_line(call, &cure);
    int status = error_set(err, ERROR_INTERRUPTED, text_string(&job->database), text_string(&cure),
                           "stopped, %lld tickets are stored", (long long)store_count(job->store));
    text_release(&cure);
    return status;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    struct job job = {.database = TEXT_EMPTY};
    int threads = workbench_threads(arguments);
    signal(SIGPIPE, SIG_IGN); /* a reader of the progress that has gone away is no reason to stop */
    int status = prepare(&job, arguments, threads, err);
    bool resumed = !status && store_count(job.store) > 0;
    if (!status)
        status = execute(&job, threads, err);
    watch_free(job.watch);
    if (status == ERROR_INTERRUPTED)
        status = stopped(call, &job, err);
    if (!status && !arguments_flag(arguments, "quiet"))
        status = report_print(job.store, text_string(&job.database), resumed, err);
    int closed = store_close(job.store, status ? NULL : err);
    search_free(job.search);
    experiment_free(job.experiment);
    text_release(&job.database);
    return status ? status : closed;
}

const struct command command_run = {
    .name = "run",
    .summary = "search as an experiment says, or go on with a search",
    .usage = "actsearch run [options] EXPERIMENT",
    .description = "Proposes functions, trains networks with them, and keeps every candidate and\n"
                   "every score in a database. Prints the leaderboard at the end. The same command\n"
                   "goes on where it was stopped or killed; a database of another experiment is\n"
                   "refused. The results depend on the experiment and the instruction level only,\n"
                   "not on the number of threads nor on interruptions.\n"
                   "\n"
                   "Ctrl-C or SIGTERM: finishes what is in training, then stops with exit status\n"
                   "75. A second one drops it. Nothing that is in the database is ever lost.\n",
    .examples = "  actsearch run experiments/spirals.json\n"
                "  actsearch run experiments/fashion-mlp.json --db results/first.db --threads 2\n"
                "  actsearch run experiments/spirals.json --set search.strategy=random \\\n"
                "      --set search.evaluations=50 --set seed=3 --db random-3.db\n"
                "  actsearch run --watch experiments/spirals.json --db watched.db\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
