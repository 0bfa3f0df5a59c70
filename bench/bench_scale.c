/* How many tickets rank 0 can serve: a search whose evaluations are made up, so that only proposing, handing out,
   taking back and writing are left. Alone, or under mpirun with as many ranks as there are.

   Usage: [mpirun -n RANKS] bench_scale [--tickets N] [--seconds S] [--threads T] [--leader-threads T] [--window W]
                                        [--strategy NAME] [--grammar FILE] [--db FILE] [--crash FORMULA]

   --seconds: what an evaluation takes (asleep); 0: nothing. --threads: of each rank; --leader-threads: of rank 0, when
   it is to be another number. --db: keeps the database. --crash: a formula whose evaluation kills its process, for
   tests. Before anything is timed, a short search with remote workers must leave the rows that one without it leaves.

   It prints tickets a second, the share of a core that rank 0 used, its memory, and the bytes of the database. */
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "executor/crash.h"
#include "executor/executor.h"
#include "expr/parse.h"
#include "grammar/grammar.h"
#include "mpi/communicator.h"
#include "rng/rng.h"
#include "runner/search_source.h"
#include "search/strategy.h"
#include "store/store.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    int64_t tickets, window;
    double seconds;
    int threads, leader_threads;
    const char *strategy, *grammar, *database, *crash;
};

static void fail(const struct error *err)
{
    char line[sizeof *err];
    error_line(err, line, sizeof line);
    fprintf(stderr, "bench_scale: %s\n", line);
    exit(1);
}

/* ---- a folder of this process, for the databases that nobody keeps */

static char folder[256];

static void remove_folder(void)
{
    static const char *const names[] = {"alone.db", "together.db", "scale.db"};
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock", ".crashed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            char path[sizeof folder + 32];
            snprintf(path, sizeof path, "%s/%s%s", folder, names[i], endings[k]);
            unlink(path);
        }
    rmdir(folder);
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.200s/actsearch-scale-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder)) {
        fprintf(stderr, "bench_scale: cannot make the folder %s\n", folder);
        exit(1);
    }
    atexit(remove_folder);
}

/* ---- the evaluator */

static int worker_new(const void *context, void **worker, struct error *err)
{
    (void)context, (void)err;
    *worker = NULL;
    return 0;
}

static void worker_free(void *worker)
{
    (void)worker;
}

/* As large as those of a usual experiment: 3 trials of 2 epochs. */
static int synthetic_evaluation(uint64_t hash, struct evaluation *out, struct error *err)
{
    enum { TRIALS = 3, EPOCHS = 2 };
    struct rng rng = rng_keyed(hash, 0, RNG_TEST);
    int status = evaluation_reserve(out, TRIALS, TRIALS * EPOCHS, 0, 0, err);
    for (int i = 0; !status && i < TRIALS; i++) {
        struct measures measured = measures_none();
        for (int number = 1; number <= EPOCHS; number++) {
            measured.loss = rng_uniform(&rng);
            measured.accuracy = rng_uniform(&rng);
            out->curve[out->epoch_count++] = (struct epoch){i, number, rng_uniform(&rng), measured, 0.001};
        }
        out->trials[out->trial_count++] =
            (struct trial){i, OUTCOME_ok, measured.accuracy, measured, rng_uniform(&rng), EPOCHS};
    }
    if (!status)
        evaluation_conclude(out);
    return status;
}

static int evaluate(const void *context, void *worker, const struct assignment *assignment, const atomic_int *abort,
                    struct evaluation *out, struct error *err)
{
    const struct settings *settings = context;
    struct text text = TEXT_EMPTY;
    (void)worker;
    double seconds = settings->seconds, began = clock_seconds();
    candidate_print(&assignment->candidate, &text);
    if (settings->crash && strcmp(text_string(&text), settings->crash) == 0)
        raise(SIGSEGV);
    for (double left = seconds; left > 0 && !atomic_load(abort); left = began + seconds - clock_seconds()) {
        clock_sleep(left < 0.1 ? left : 0.1);
    }
    int status = atomic_load(abort) ? evaluation_reserve(out, 0, 0, 0, 0, err)
                                    : synthetic_evaluation(hash_bytes(HASH_START, text.data, text.length), out, err);
    out->result.cost.wall_seconds = seconds;
    text_release(&text);
    return status;
}

/* ---- a run */

static const struct store_run identity = {"scale", "{}",      "{}", "{}",  1,      "made up", 1,
                                          "score", "made up", "0",  "any", "none", "none",    "none"};

struct measured {
    double seconds; /* of the executor */
    int64_t evaluated;
};

static int run_search(struct search *search, struct store *store, const struct evaluator *evaluator,
                      const struct executor_options *options, struct error *err)
{
    struct search_source *source = memory_zeroed(1, sizeof *source);
    if (!source)
        return memory_error(err, "the search");
    int status = search_source_init(source, search, store, 1, err);
    struct source work = search_source_for_executor(source);
    if (!status)
        status = executor_run(&work, evaluator, options, err);
    search_source_release(source);
    memory_free(source);
    return status;
}

/* `path` is written. */
static struct measured run(const struct settings *settings, int64_t tickets, const struct remote_workers *remote,
                           int threads, const char *path)
{
    struct error err = ERROR_EMPTY;
    struct grammar *grammar = NULL;
    struct search *search = NULL;
    struct store *store = NULL;
    struct text note = TEXT_EMPTY;
    struct search_spec spec = search_spec_default(strategy_by_name(settings->strategy));
    spec.evaluations = spec.proposals = tickets;
    spec.window = settings->window;
    spec.baselines = false;
    struct evaluator evaluator = {settings, worker_new, worker_free, evaluate};
    struct executor_options options = {.threads = threads, .remote = remote};
    if (grammar_read(settings->grammar, &grammar, &err) ||
        search_new(&spec, &(struct space){grammar, 1}, 1, &search, &err) ||
        store_open(path, &identity, NULL, &store, &err))
        fail(&err);
    quarantine_path(path, &note);
    if (quarantine_collect(text_string(&note), store_is_new(store), store, &err) ||
        store_session_begin(store, 1, NULL, &err))
        fail(&err);
    double began = clock_seconds();
    if (run_search(search, store, &evaluator, &options, &err))
        fail(&err);
    struct measured result = {clock_seconds() - began, search_trained(search)};
    if (store_session_end(store, "finished", &err) || store_close(store, &err))
        fail(&err);
    text_release(&note);
    search_free(search);
    grammar_free(grammar);
    return result;
}

/* ---- the check */

static uint64_t digest(const char *path)
{
    static const char *const queries[] = {"SELECT * FROM proposal", "SELECT * FROM evaluation", "SELECT * FROM trial",
                                          "SELECT * FROM curve"};
    struct error err = ERROR_EMPTY;
    struct store *store = NULL;
    struct text all = TEXT_EMPTY;
    if (store_open_read(path, &store, &err))
        fail(&err);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct store_query *query = NULL;
        bool row = true;
        if (store_query_new(store, queries[i], &query, &err))
            fail(&err);
        while (!store_query_next(query, &row, &err) && row)
            for (int c = 0; c < store_query_columns(query); c++) {
                struct store_cell cell = store_query_cell(query, c);
                text_addf(&all, "%d %.17g %s\n", (int)cell.kind, cell.real, cell.text ? cell.text : "");
            }
        store_query_free(query);
    }
    if (all.length < 10000 || text_failed(&all) || store_close(store, &err)) {
        fprintf(stderr, "bench_scale: too few rows to compare\n");
        exit(1);
    }
    uint64_t hash = hash_bytes(HASH_START, all.data, all.length);
    text_release(&all);
    return hash;
}

static void check(const struct settings *settings, const struct remote_workers *remote)
{
    enum { TICKETS = 400 };
    char alone[sizeof folder + 16], together[sizeof folder + 16];
    struct settings instant = *settings;
    instant.seconds = 0;
    snprintf(alone, sizeof alone, "%s/alone.db", folder);
    snprintf(together, sizeof together, "%s/together.db", folder);
    run(&instant, TICKETS, NULL, 1, alone);
    run(settings, TICKETS, remote, settings->leader_threads, together);
    if (digest(alone) != digest(together)) {
        fprintf(stderr, "bench_scale: the rows with remote workers are not those of a run alone\n");
        exit(1);
    }
    printf("check: %d tickets with remote workers leave the rows of a run alone\n", TICKETS);
}

/* ---- the measurement */

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           1e-6 * ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec);
}

static void measure(const struct settings *settings, const struct remote_workers *remote, const char *path)
{
    struct rusage usage;
    struct stat file;
    double cpu = cpu_seconds();
    struct measured result = run(settings, settings->tickets, remote, settings->leader_threads, path);
    double seconds = result.seconds;
    cpu = cpu_seconds() - cpu;
    getrusage(RUSAGE_SELF, &usage);
    if (stat(path, &file) != 0)
        file.st_size = 0;
    printf("%lld tickets (%lld evaluated), %lld workers, %.3g s an evaluation, window %lld: %.2f s, %.0f tickets/s, "
           "%.1f evaluations/s\n",
           (long long)settings->tickets, (long long)result.evaluated,
           (long long)(settings->leader_threads + (remote ? remote->count : 0)), settings->seconds,
           (long long)settings->window, seconds, (double)settings->tickets / seconds,
           (double)result.evaluated / seconds);
    printf("rank 0: %.0f us of a core a ticket, %.0f %% of a core, %.0f MiB at most; database %.0f bytes a ticket\n",
           1e6 * cpu / (double)settings->tickets, 100 * cpu / seconds, (double)usage.ru_maxrss / 1024,
           (double)file.st_size / (double)settings->tickets);
}

static void lead(const struct settings *settings, const struct remote_workers *remote)
{
    char path[sizeof folder + 16];
    if (!settings->crash)
        check(settings, remote);
    snprintf(path, sizeof path, "%s/scale.db", folder);
    measure(settings, remote, settings->database ? settings->database : path);
}

static void serve(const struct settings *settings, struct communicator *communicator)
{
    struct error err = ERROR_EMPTY;
    struct evaluator evaluator = {settings, worker_new, worker_free, evaluate};
    struct executor_options options = {.threads = settings->threads};
    if (executor_serve(&evaluator, communicator_coordinator(communicator), &options, &err))
        fail(&err);
}

static struct settings read_settings(int argc, char **argv)
{
    static const struct option options[] = {{"tickets", 1, NULL, 'n'}, {"seconds", 1, NULL, 's'},
                                            {"threads", 1, NULL, 't'}, {"leader-threads", 1, NULL, 'l'},
                                            {"window", 1, NULL, 'w'},  {"strategy", 1, NULL, 'y'},
                                            {"grammar", 1, NULL, 'g'}, {"db", 1, NULL, 'd'},
                                            {"crash", 1, NULL, 'c'},   {NULL, 0, NULL, 0}};
    struct settings settings = {.tickets = 20000,
                                .window = 1024,
                                .threads = 1,
                                .leader_threads = -1,
                                .strategy = "aging",
                                .grammar = "grammars/default.json"};
    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (letter == 'n')
            settings.tickets = atoll(optarg);
        else if (letter == 's')
            settings.seconds = atof(optarg);
        else if (letter == 't')
            settings.threads = atoi(optarg);
        else if (letter == 'l')
            settings.leader_threads = atoi(optarg);
        else if (letter == 'w')
            settings.window = atoll(optarg);
        else if (letter == 'y')
            settings.strategy = optarg;
        else if (letter == 'g')
            settings.grammar = optarg;
        else if (letter == 'd')
            settings.database = optarg;
        else if (letter == 'c')
            settings.crash = optarg;
        else
            exit(2);
    }
    if (settings.leader_threads < 0)
        settings.leader_threads = settings.threads;
    if (!strategy_by_name(settings.strategy) || settings.threads < 1 || settings.leader_threads < 1) {
        fprintf(stderr, "bench_scale: no such strategy, or no threads\n");
        exit(2);
    }
    return settings;
}

int main(int argc, char **argv)
{
    struct settings settings = read_settings(argc, argv);
    struct executor_stop stop = {0};
    struct communicator *communicator = NULL;
    struct text note = TEXT_EMPTY, database = TEXT_EMPTY;
    struct error err = ERROR_EMPTY;
    make_folder();
    text_addf(&database, "%s/scale.db", folder);
    quarantine_path(settings.database ? settings.database : text_string(&database), &note);
    if (crash_note_in(text_string(&note), &err) || communicator_open(&communicator, &err) ||
        communicator_begin(communicator, settings.threads, &stop, &err))
        fail(&err);
    if (communicator_leads(communicator))
        lead(&settings, communicator_remote(communicator));
    else
        serve(&settings, communicator);
    text_release(&note);
    text_release(&database);
    communicator_close(communicator);
    return 0;
}
