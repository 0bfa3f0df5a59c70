#include "runner/runner.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "executor/crash.h"
#include "experiment/experiment.h"
#include "fitness/fitness.h"
#include "grammar/grammar.h"
#include "mpi/communicator.h"
#include "nn/network.h"
#include "runner/evaluator.h"
#include "runner/heartbeat.h"
#include "runner/identity.h"
#include "runner/list_source.h"
#include "runner/quarantine.h"
#include "runner/search_source.h"
#include "search/strategy.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct runner {
    struct runner_options options;
    struct executor_stop own_stop, *stop;
    struct communicator *communicator; /* NULL: alone */
    struct machine_threads threads;    /* of this process */
    enum isa isa;
    struct experiment *experiment;
    struct identity identity;
    struct text database, crash_note; /* their paths; empty: there is none */

    struct search *search; /* this and what follows: of the rank that leads */
    struct store *store;
    int64_t resumed;
    struct heartbeat *heartbeat;
};

int runner_new(const struct runner_options *options, struct runner **runner, struct error *err)
{
    struct runner *made = memory_zeroed(1, sizeof *made);
    *runner = made;
    if (!made)
        return memory_error(err, "a run");
    made->options = *options;
    made->stop = options->stop ? options->stop : &made->own_stop;
    int status = communicator_open(&made->communicator, err);
    if (!status)
        status = communicator_agree(
            made->communicator,
            machine_threads(options->threads, communicator_size(made->communicator) > 1, &made->threads, err), err);
    return status;
}

/* The database is closed before the others are sent home: who starts many processes also kills them, without much
   patience. */
int runner_close(struct runner *runner, struct error *err)
{
    int status = store_close(runner->store, err);
    runner->store = NULL;
    return status;
}

void runner_free(struct runner *runner)
{
    if (!runner)
        return;
    runner_close(runner, NULL);
    search_free(runner->search);
    identity_release(&runner->identity);
    experiment_free(runner->experiment);
    communicator_close(runner->communicator);
    text_release(&runner->database);
    text_release(&runner->crash_note);
    memory_free(runner);
}

bool runner_leads(const struct runner *runner)
{
    return !runner || communicator_leads(runner->communicator);
}

const struct machine_threads *runner_threads(const struct runner *runner)
{
    return &runner->threads;
}

const struct experiment *runner_experiment(const struct runner *runner)
{
    return runner->experiment;
}

const char *runner_database(const struct runner *runner)
{
    return text_string(&runner->database);
}

static void say(const struct runner *runner, const char *line)
{
    if (runner->options.say && runner_leads(runner))
        runner->options.say(runner->options.context, line);
}

/* ---- the instruction level */

/* A run that is resumed keeps the level of its database. A file that cannot be read as one is left
   to store_open(), which says what is wrong with it. */
static int stored_isa(const char *database, struct text *name)
{
    struct store *store = NULL;
    if (!*database || access(database, F_OK) != 0 || store_open_read(database, &store, NULL) != 0)
        return 0;
    text_add(name, store_run(store)->isa);
    return store_close(store, NULL);
}

static int cannot_go_on(const struct runner *runner, const char *stored, struct error *err)
{
    return error_set(err, ERROR_UNSUPPORTED, text_string(&runner->database),
                     "go on with a machine that has it, or name another database and start anew",
                     "it was begun at the instruction level %.30s, and this machine runs at most %s", stored,
                     isa_name(isa_best()));
}

/* What rank 0 was asked for, or what the database has, or the best that every rank can run. */
static int choose_isa(struct runner *runner, struct error *err)
{
    struct communicator *communicator = runner->communicator;
    const char *wanted = runner->options.isa;
    struct text level = TEXT_EMPTY;
    int status = 0;
    if (wanted)
        text_add(&level, wanted);
    else if (runner_leads(runner))
        status = stored_isa(text_string(&runner->database), &level);
    status = communicator_agree(communicator, status, err);
    if (!status)
        status = communicator_text_of_leader(communicator, &level, err);
    bool best = level.length == 0 || strcmp(text_string(&level), "best") == 0;
    if (!status && !best && wanted)
        status = isa_parse(text_string(&level), &runner->isa, err);
    else if (!status && !best && isa_parse(text_string(&level), &runner->isa, NULL) != 0)
        status = cannot_go_on(runner, text_string(&level), err);
    status = communicator_agree(communicator, status, err);
    if (!status && best)
        runner->isa = communicator_best_isa(communicator);
    text_release(&level);
    return status;
}

/* ---- opening */

/* Where the database is, and where crashes are noted. */
static int find_database(struct runner *runner, const char *database, struct error *err)
{
    text_add(&runner->database, database ? database : runner->experiment->name);
    text_add(&runner->database, database ? "" : ".db");
    quarantine_path(text_string(&runner->database), &runner->crash_note);
    bool failed = text_failed(&runner->database) || text_failed(&runner->crash_note);
    return failed ? memory_error(err, "a path") : crash_note_in(text_string(&runner->crash_note), err);
}

static int open_fitness(struct runner *runner, struct error *err)
{
    const struct runner_options *options = &runner->options;
    struct experiment *experiment = runner->experiment;
    struct data_part part;
    if (runner->database.length > 0 || !options->measured)
        return experiment_open(experiment, NULL, runner->isa, err);
    int status = options->measured(options->context, experiment, &part, err);
    return status ? status : experiment_open(experiment, &part, runner->isa, err);
}

/* What trains: data, network, memory for all threads of this machine. */
static int open_training(struct runner *runner, struct error *err)
{
    struct communicator *communicator = runner->communicator;
    struct experiment *experiment = runner->experiment;
    struct data_set *set = NULL;
    int status = communicator_data(communicator, &experiment->data, experiment->seed, &set, err);
    if (status)
        return status;
    status = experiment_use_data(experiment, set, err);
    if (!status)
        status = open_fitness(runner, err);
    status = communicator_agree(communicator, status, err);
    if (status)
        return status;
    int threads = (int)communicator_sum_of_node(communicator, runner->threads.count);
    return communicator_agree(communicator, fitness_check_memory(experiment->fitness, threads, err), err);
}

static int open_all(struct runner *runner, const char *path, bool has_database, const char *database, struct error *err)
{
    struct communicator *communicator = runner->communicator;
    int status = experiment_read(path, runner->options.settings, &runner->experiment, err);
    if (!status && has_database)
        status = find_database(runner, database, err);
    status = communicator_agree(communicator, status, err);
    if (!status)
        status = choose_isa(runner, err);
    if (!status)
        status = open_training(runner, err);
    if (!status)
        status = communicator_agree(communicator,
                                    identity_init(runner->experiment, runner->isa, &runner->identity, err), err);
    return status ? status : identity_agree(&runner->identity, communicator, err);
}

int runner_open(struct runner *runner, const char *path, const char *database, struct error *err)
{
    return open_all(runner, path, true, database, err);
}

int runner_open_list(struct runner *runner, const char *path, struct error *err)
{
    return open_all(runner, path, false, NULL, err);
}

/* ---- running */

static struct executor_options executor_options(const struct runner *runner)
{
    return (struct executor_options){.threads = runner->threads.count,
                                     .limit_seconds = runner->options.evaluation_limit,
                                     .remote = communicator_remote(runner->communicator),
                                     .stop = runner->stop};
}

static int64_t all_workers(const struct runner *runner)
{
    const struct remote_workers *remote = communicator_remote(runner->communicator);
    return runner->threads.count + (remote ? remote->count : 0);
}

/* Another rank than the first. */
static int serve(struct runner *runner, struct error *err)
{
    struct evaluator evaluator = evaluator_of(runner->experiment->fitness);
    struct executor_options options = executor_options(runner);
    return executor_serve(&evaluator, communicator_coordinator(runner->communicator), &options, err);
}

static void observe(void *context, const struct progress *progress)
{
    struct runner *runner = context;
    if (runner->heartbeat)
        heartbeat_observe(runner->heartbeat, progress);
    if (runner->options.observe)
        runner->options.observe(runner->options.context, progress);
}

/* ---- a search */

static void say_who_is_waited_for(const struct runner *runner)
{
    struct store_lock_info info;
    char line[512];
    if (store_lock_info(text_string(&runner->database), &info, NULL) != 0 || !info.readable || !info.alive)
        return;
    snprintf(line, sizeof line, "%.200s: waiting for process %lld on %.200s, which is writing it",
             text_string(&runner->database), (long long)info.pid, info.host);
    say(runner, line);
}

static int open_store(struct runner *runner, struct error *err)
{
    struct store_options how = {
        .journal = runner->options.journal,
        .wait_seconds = runner->options.wait_seconds,
        .busy_seconds = runner->options.busy_seconds,
        .stop = &runner->stop->drain,
        .drop = &runner->stop->abort,
        .say = runner->options.say,
        .say_context = runner->options.context,
    };
    if (how.wait_seconds > 0 && !runner->options.quiet)
        say_who_is_waited_for(runner);
    return store_open(text_string(&runner->database), &runner->identity.run, &how, &runner->store, err);
}

/* Only rank 0 searches and writes. Errors up to here leave no database behind. */
static int open_search(struct runner *runner, struct error *err)
{
    const struct experiment *experiment = runner->experiment;
    struct space space = {experiment->grammar, network_functions(experiment->network)};
    int status = 0;
    if (runner_leads(runner)) {
        status = search_new(&experiment->search, &space, experiment->search.seed, &runner->search, err);
        if (!status)
            status = open_store(runner, err);
    }
    return communicator_agree(runner->communicator, status, err);
}

/* Crashes of earlier processes are known before anything is trained. */
static int begin_session(struct runner *runner, struct error *err)
{
    char processor[128];
    bool fresh = store_count(runner->store) == 0 && store_is_new(runner->store);
    int status = quarantine_collect(text_string(&runner->crash_note), fresh, runner->store, err);
    return status ? status
                  : store_session_begin(runner->store, all_workers(runner),
                                        machine_processor(processor, sizeof processor), err);
}

static void say_that_the_window_is_narrow(const struct runner *runner)
{
    struct text line = TEXT_EMPTY;
    search_window_remark(runner->experiment->search.window, all_workers(runner), &line);
    if (line.length && !runner->options.quiet)
        say(runner, text_string(&line));
    text_release(&line);
}

/* Tickets of a search that goes through its whole space; -1 when nobody knows. */
static int64_t expected_tickets(const struct runner *runner)
{
    const struct search_spec *spec = &runner->experiment->search;
    int64_t total;
    if (!spec->strategy->ends || space_total(search_space(runner->search), &total, NULL) != 0)
        return -1;
    return (total < spec->proposals ? total : spec->proposals) + search_baselines(runner->search);
}

static int run_search(struct runner *runner, struct error *err)
{
    struct evaluator evaluator = evaluator_of(runner->experiment->fitness);
    struct executor_options options = executor_options(runner);
    struct search_source *source = memory_zeroed(1, sizeof *source);
    if (!source)
        return memory_error(err, "the search");
    int status = search_source_init(source, runner->search, runner->store, all_workers(runner), err);
    source->statistics.progress.tickets_expected = expected_tickets(runner);
    source->observe = observe;
    source->observer = runner;
    struct source work = search_source_for_executor(source);
    if (!status)
        status = executor_run(&work, &evaluator, &options, err);
    search_source_release(source);
    memory_free(source);
    return status;
}

static const char *ending_of(int status)
{
    return status == 0 ? "finished" : status == ERROR_INTERRUPTED ? "interrupted" : "failed";
}

static int run_session(struct runner *runner, struct error *err)
{
    int status = begin_session(runner, err);
    if (status)
        return status;
    say_that_the_window_is_narrow(runner);
    status = run_search(runner, err);
    int ended = store_session_end(runner->store, ending_of(status), status ? NULL : err);
    return status ? status : ended;
}

/* Rank 0, or a process alone. What the heart has missed is why it stopped, or failed, or will. */
static int lead(struct runner *runner, struct error *err)
{
    struct error stopped = ERROR_EMPTY;
    runner->resumed = store_count(runner->store);
    int status = heartbeat_new(runner->store, all_workers(runner), communicator_size(runner->communicator),
                               runner->stop, &runner->heartbeat, err);
    if (!status)
        status = run_session(runner, err);
    int beaten = heartbeat_end(runner->heartbeat, &stopped);
    runner->heartbeat = NULL;
    if (!store_is_in_place(runner->store))
        return store_check_place(runner->store, err);
    if (status && beaten) {
        *err = stopped;
        return beaten;
    }
    if (status == ERROR_INTERRUPTED)
        return error_set(err, ERROR_INTERRUPTED, text_string(&runner->database), "the same command goes on from there",
                         "stopped, %lld tickets are stored", (long long)store_count(runner->store));
    return status;
}

int runner_search(struct runner *runner, struct error *err)
{
    int status = open_search(runner, err);
    if (!status)
        status = communicator_begin(runner->communicator, runner->threads.count, runner->stop, err);
    if (status)
        return status;
    return runner_leads(runner) ? lead(runner, err) : serve(runner, err);
}

struct store *runner_store(const struct runner *runner, int64_t *resumed)
{
    *resumed = runner ? runner->resumed : 0;
    return runner ? runner->store : NULL;
}

/* ---- a list */

static int run_list(struct runner *runner, const struct candidate *candidates, const char *const *names, int64_t count,
                    struct evaluation *evaluations, struct error *err)
{
    struct evaluator evaluator = evaluator_of(runner->experiment->fitness);
    struct executor_options options = executor_options(runner);
    struct list_source source;
    list_source_init(&source, candidates, names, evaluations, count, all_workers(runner));
    source.observe = observe;
    source.observer = runner;
    struct source work = list_source_for_executor(&source);
    if (options.threads > count)
        options.threads = (int)count;
    int status = executor_run(&work, &evaluator, &options, err);
    if (status == ERROR_INTERRUPTED)
        status = error_set(err, ERROR_INTERRUPTED, NULL, "nothing was stored: the same call starts again",
                           "stopped after %lld of %lld functions", (long long)source.settled, (long long)count);
    list_source_release(&source);
    return status;
}

int runner_evaluate(struct runner *runner, const struct candidate *candidates, const char *const *names, int64_t count,
                    struct evaluation *evaluations, struct error *err)
{
    ALWAYS(count > 0);
    crash_tell(names, count);
    int status = communicator_begin(runner->communicator, runner->threads.count, runner->stop, err);
    if (status)
        return status;
    return runner_leads(runner) ? run_list(runner, candidates, names, count, evaluations, err) : serve(runner, err);
}
