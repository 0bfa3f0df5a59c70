/* run: a search from its experiment to its end, or from where it was stopped. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/heartbeat.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/watch.h"
#include "cli/workbench.h"
#include "executor/crash.h"
#include "experiment/experiment.h"
#include "expr/catalogue.h"
#include "fitness/fitness.h"
#include "grammar/grammar.h"
#include "mpi/team.h"
#include "nn/blas.h"
#include "search/strategy.h"
#include "store/store.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const journals[] = {
    [STORE_JOURNAL_AUTO] = "auto", [STORE_JOURNAL_WAL] = "wal", [STORE_JOURNAL_DELETE] = "delete", NULL};

static const struct option options[] = {
    {"db", 'd', OPTION_TEXT, "FILE",
     .help = "the database (default: NAME.db in this folder, NAME as in the experiment)"},
    OPTION_WATCH,
    OPTION_THREADS,
    OPTION_SET,
    OPTION_ISA,
    {"grace", 0, OPTION_NUMBER, "SECONDS",
     "after SIGTERM and its like: how long to wait for what is in training before it is dropped (default 20)", .min = 0,
     .max = 1e6},
    {"evaluation-limit", 0, OPTION_NUMBER, "SECONDS",
     "give up a candidate that trains longer than this, as \"timed_out\" (default: no limit; a safety net, since what "
     "is given up depends on the machine)",
     .min = 0, .max = 1e9},
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

/* What a run holds on to; everything is owned. */
struct job {
    struct team *team;                /* NULL: alone */
    struct workbench_threads threads; /* of this process */
    struct experiment *experiment;
    struct text database; /* its path */
    enum isa isa;
    struct watch *watch;
    struct search *search;
    struct store *store;
    struct heartbeat heartbeat;
};

/* ---- the instruction level */

/* A run that is resumed keeps the level of its database. A file that cannot be read as one is left
   to store_open(), which says what is wrong with it. */
static int stored_isa(const char *database, struct text *name)
{
    struct store *store = NULL;
    if (access(database, F_OK) != 0 || store_open_read(database, &store, NULL) != 0)
        return 0;
    text_add(name, store_run(store)->isa);
    return store_close(store, NULL);
}

static int cannot_go_on(const struct job *job, const char *stored, struct error *err)
{
    return error_set(err, ERROR_UNSUPPORTED, text_string(&job->database),
                     "go on with a machine that has it, or name another database and start anew",
                     "it was begun at the instruction level %.30s, and this machine runs at most %s", stored,
                     isa_name(isa_best()));
}

/* What rank 0 was asked for, or what the database has, or the best that every rank can run. */
static int choose_isa(struct job *job, const struct arguments *arguments, struct error *err)
{
    const char *wanted = arguments_text(arguments, "isa", NULL);
    struct text level = TEXT_EMPTY;
    int status = 0;
    if (wanted)
        text_add(&level, wanted);
    else if (team_leads(job->team))
        status = stored_isa(text_string(&job->database), &level);
    status = team_agree(job->team, status, err);
    if (!status)
        status = team_text_of_leader(job->team, &level, err);
    bool best = level.length == 0 || strcmp(text_string(&level), "best") == 0;
    if (status) {
        text_release(&level);
        return status;
    }
    if (!best && wanted)
        status = isa_parse(text_string(&level), &job->isa, err);
    else if (!best && isa_parse(text_string(&level), &job->isa, NULL) != 0)
        status = cannot_go_on(job, text_string(&level), err);
    status = team_agree(job->team, status, err);
    if (!status && best)
        job->isa = team_best_isa(job->team);
    text_release(&level);
    return status;
}

/* ---- the database */

/* The texts that say what a run is. */
struct identity {
    struct text experiment, protocol, data;
    char library[32], digest[32], arithmetic[FITNESS_DIGEST];
};

static int identity_init(const struct experiment *experiment, struct identity *identity, struct error *err)
{
    *identity = (struct identity){TEXT_EMPTY, TEXT_EMPTY, TEXT_EMPTY, "", "", ""};
    blas_version(identity->library);
    snprintf(identity->digest, sizeof identity->digest, "%016llx", (unsigned long long)data_digest(experiment->set));
    experiment_normal_form(experiment, &identity->experiment);
    protocol_normal_form(&experiment->protocol, &identity->protocol);
    data_describe(experiment->set, &identity->data);
    bool failed =
        text_failed(&identity->experiment) || text_failed(&identity->protocol) || text_failed(&identity->data);
    return failed ? memory_error(err, "the experiment")
                  : fitness_arithmetic(experiment->fitness, identity->arithmetic, err);
}

static void identity_release(struct identity *identity)
{
    text_release(&identity->experiment);
    text_release(&identity->protocol);
    text_release(&identity->data);
}

static void say_who_is_waited_for(const char *database)
{
    struct store_peek peek;
    if (store_peek(database, &peek, NULL) == 0 && peek.readable && peek.alive)
        output_remark("actsearch: %s: waiting for process %lld on %s, which is writing it", database,
                      (long long)peek.pid, peek.host);
}

static int open_store(struct job *job, const struct arguments *arguments, const struct identity *identity,
                      struct error *err)
{
    struct store_options how = {
        .journal = (enum store_journal)arguments_choice(arguments, "journal", STORE_JOURNAL_AUTO),
        .wait_seconds = arguments_number(arguments, "wait", 0),
        .busy_seconds = arguments_number(arguments, "wait", STORE_BUSY_SECONDS),
        .stop = &watch_stop(job->watch)->drain,
        .drop = &watch_stop(job->watch)->abort,
        .say = watch_say,
        .say_context = job->watch,
    };
    if (how.busy_seconds <= 0)
        how.busy_seconds = -1;
    if (how.wait_seconds > 0 && !arguments_flag(arguments, "quiet"))
        say_who_is_waited_for(text_string(&job->database));
    const struct experiment *experiment = job->experiment;
    char metric[40];
    struct store_run run = {
        .name = experiment->name,
        .experiment = text_string(&identity->experiment),
        .grammar = grammar_text(experiment->grammar),
        .protocol = text_string(&identity->protocol),
        .seed = (int64_t)experiment->seed,
        .strategy = experiment->search.strategy->name,
        .window = experiment->search.window,
        .metric = metric_formula(experiment->protocol.metric, metric),
        .program_version = ACTSEARCH_VERSION,
        .isa = isa_name(job->isa),
        .library_version = identity->library,
        .arithmetic = identity->arithmetic,
        .data_digest = identity->digest,
        .data_description = text_string(&identity->data),
    };
    return store_open(text_string(&job->database), &run, &how, &job->store, err);
}

/* All ranks must train the same thing, or the rows would depend on who made them. */
static int check_team(struct job *job, const struct identity *identity, struct error *err)
{
    static const char files[] =
        "give all of them the same program and the same files, on a file system that they share";
    static const char nodes[] = "its processor rounds differently: take nodes of one kind (sbatch --constraint)";
    const struct {
        const char *what, *text, *cure;
    } same[] = {
        {"program version", ACTSEARCH_VERSION, files},
        {"numerical library", identity->library, files},
        {"experiment", text_string(&identity->experiment), files},
        {"grammar", grammar_text(job->experiment->grammar), files},
        {"training protocol", text_string(&identity->protocol), files},
        {"data", identity->digest, files},
        {"arithmetic", identity->arithmetic, nodes},
    };
    int status = 0;
    for (size_t i = 0; !status && i < sizeof same / sizeof *same; i++)
        status = team_same(job->team, same[i].what, same[i].text, same[i].cure, err);
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

/* Crashes of earlier processes are known before anything is trained. */
static int begin_session(struct job *job, int64_t workers, struct error *err)
{
    char processor[128];
    struct text note = TEXT_EMPTY;
    crash_path(text_string(&job->database), &note);
    bool fresh = store_count(job->store) == 0 && store_is_new(job->store);
    int status =
        text_failed(&note) ? memory_error(err, "a path") : crash_collect(text_string(&note), fresh, job->store, err);
    text_release(&note);
    return status ? status
                  : store_session_begin(job->store, workers, workbench_processor(processor, sizeof processor), err);
}

static struct executor_options executor_options(const struct job *job, const struct arguments *arguments)
{
    return (struct executor_options){.threads = job->threads.count,
                                     .limit_seconds = arguments_number(arguments, "evaluation-limit", 0),
                                     .crew = team_crew(job->team),
                                     .stop = watch_stop(job->watch),
                                     .observe = watch_observe,
                                     .observer = job->watch};
}

/* Rank 0, or a process alone. */
static int lead(struct job *job, const struct arguments *arguments, struct error *err)
{
    const struct experiment *experiment = job->experiment;
    struct evaluator evaluator = workbench_evaluator(experiment);
    struct executor_options executor = executor_options(job, arguments);
    int64_t workers = job->threads.count + (executor.crew ? executor.crew->workers : 0);
    heartbeat_start(&job->heartbeat, job->watch, job->store, workers, team_size(job->team));
    int status = begin_session(job, workers, err);
    if (status)
        return status;
    if (!arguments_flag(arguments, "quiet"))
        workbench_remark_threads(&job->threads);
    if (!arguments_flag(arguments, "quiet"))
        workbench_remark_window(experiment, workers);
    watch_expect_tickets(job->watch, expected_tickets(experiment));
    status = executor_run(job->search, &evaluator, job->store, &executor, err);
    int ended = store_session_end(job->store, session_ending(status), status ? NULL : err);
    return status ? status : ended;
}

static int serve(struct job *job, const struct arguments *arguments, struct error *err)
{
    struct evaluator evaluator = workbench_evaluator(job->experiment);
    struct executor_options executor = executor_options(job, arguments);
    return executor_serve(&evaluator, team_chief(job->team), &executor, err);
}

static int read_experiment(struct job *job, const struct arguments *arguments, struct error *err)
{
    const char *database = arguments_text(arguments, "db", NULL);
    struct text note = TEXT_EMPTY;
    int status =
        workbench_read(arguments, arguments->items[0], NULL, arguments_flag(arguments, "watch"), &job->experiment, err);
    if (status)
        return status;
    text_add(&job->database, database ? database : job->experiment->name);
    text_add(&job->database, database ? "" : ".db");
    crash_path(text_string(&job->database), &note);
    status = text_failed(&job->database) || text_failed(&note) ? memory_error(err, "a path")
                                                               : crash_note_in(text_string(&note), err);
    text_release(&note);
    return status;
}

/* What trains: data, network, memory for all threads of this machine. */
static int open_experiment(struct job *job, struct error *err)
{
    struct experiment *experiment = job->experiment;
    struct data_set *set = NULL;
    int status = team_data(job->team, &experiment->data, experiment->seed, &set, err);
    if (status)
        return status;
    status = experiment_use_data(experiment, set, err);
    if (!status)
        status = experiment_open(experiment, job->isa, err);
    status = team_agree(job->team, status, err);
    if (status)
        return status;
    int threads = (int)team_sum_of_node(job->team, job->threads.count);
    return team_agree(job->team, fitness_check_memory(experiment->fitness, threads, err), err);
}

/* Only rank 0 searches and writes. */
static int open_search(struct job *job, const struct arguments *arguments, struct error *err)
{
    const struct experiment *experiment = job->experiment;
    struct identity identity;
    int status = team_agree(job->team, identity_init(experiment, &identity, err), err);
    if (!status)
        status = check_team(job, &identity, err);
    if (!status && team_leads(job->team)) {
        struct space space = {experiment->grammar, 1};
        status = search_new(&experiment->search, &space, experiment->search.seed, &job->search, err);
        if (!status)
            status = open_store(job, arguments, &identity, err);
    }
    identity_release(&identity);
    return team_agree(job->team, status, err);
}

/* Everything up to the first training; errors here leave no database behind. */
static int prepare(struct job *job, const struct arguments *arguments, struct error *err)
{
    int status = team_agree(job->team, read_experiment(job, arguments, err), err);
    if (!status)
        status = choose_isa(job, arguments, err);
    if (!status)
        status = open_experiment(job, err);
    if (!status)
        status = open_search(job, arguments, err);
    return status ? status : team_begin(job->team, job->threads.count, watch_stop(job->watch), err);
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

/* The database is closed before the others are sent home: who starts many processes also kills them, without much
   patience. */
static void close_job(struct job *job)
{
    search_free(job->search);
    experiment_free(job->experiment);
    team_close(job->team);
    watch_free(job->watch);
    text_release(&job->database);
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    struct job job = {.database = TEXT_EMPTY};
    bool quiet = arguments_flag(arguments, "quiet");
    signal(SIGPIPE, SIG_IGN); /* a reader of the progress that has gone away is no reason to stop */
    int status = watch_new(quiet, arguments_number(arguments, "grace", WATCH_GRACE_SECONDS), &job.watch, err);
    if (!status)
        status = team_open(&job.team, err);
    call->silent = !team_leads(job.team);
    if (call->silent)
        watch_mute(job.watch);
    if (!status)
        status = team_agree(job.team, workbench_threads(arguments, team_size(job.team) > 1, &job.threads, err), err);
    if (!status)
        status = prepare(&job, arguments, err);
    if (!status && !team_leads(job.team))
        status = serve(&job, arguments, err);
    bool resumed = job.store && store_count(job.store) > 0;
    if (!status && job.store)
        status = lead(&job, arguments, err);
    watch_end(job.watch);
    if (job.store && !store_is_in_place(job.store)) { /* which is why it failed, or will */
        status = store_check_place(job.store, err);
    } else if (status && job.heartbeat.status) { /* which is why it stopped */
        status = job.heartbeat.status;
        *err = job.heartbeat.err;
    } else if (status == ERROR_INTERRUPTED && job.store) {
        status = stopped(call, &job, err);
    }
    if (!status && job.store && !quiet)
        status = report_print(job.store, text_string(&job.database), resumed, err);
    int closed = store_close(job.store, status ? NULL : err);
    close_job(&job);
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
                   "not on the number of threads or processes nor on interruptions. A processor that\n"
                   "rounds otherwise than the one that began the run is refused, too.\n"
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
