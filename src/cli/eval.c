/* eval: trains and scores given functions, without a database. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/expression.h"
#include "cli/output.h"
#include "cli/watch.h"
#include "cli/workbench.h"
#include "experiment/experiment.h"
#include "expr/activation.h"
#include "expr/catalogue.h"
#include "fitness/fitness.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct option options[] = {
    {"baselines", 'b', OPTION_FLAG, .help = "the known functions too"},
    {"seeds", 0, OPTION_INTEGER, "N", "trainings of each function (default: as the experiment says)", .min = 1,
     .max = 1000},
    {"per-seed", 0, OPTION_FLAG, .help = "print one row for each training"},
    {"curve", 0, OPTION_FLAG, .help = "print one row for each epoch of each training"},
    {"watch", 'w', OPTION_FLAG, .help = "print one row for each watched layer after each epoch (see actsearch watch)"},
    OPTION_THREADS,
    OPTION_ISA,
    OPTION_SET,
    {"quiet", 'q', OPTION_FLAG, .help = "show no progress and no remarks"},
    OPTION_FORMAT,
    OPTION_END,
};

/* A function to evaluate. */
struct job {
    const char *name; /* as it was given; borrowed */
    int order;        /* of the command line */
    struct activation activation;
    struct evaluation evaluation;
};

/* What the threads share. */
struct pool {
    const struct experiment *experiment;
    struct watch *watch;
    struct job *jobs; /* (count) */
    int count;

    pthread_mutex_t lock; /* of what follows */
    int next;
    struct progress progress;
    double began;
    int status; /* of the first thread that failed, and why */
    struct error err;
};

/* ---- the functions */

static void add_job(struct pool *pool, const char *name, const struct activation *activation)
{
    pool->jobs[pool->count] = (struct job){.name = name, .order = pool->count, .activation = *activation};
    pool->count++;
}

/* The names stay valid: the catalogue's strings are static. */
static int add_baselines(struct pool *pool, const struct catalogue *catalogue, struct error *err)
{
    int status = 0;
    for (int i = 0; !status && i < catalogue_count(catalogue); i++) {
        const struct known *known = catalogue_at(catalogue, i);
        struct activation activation;
        if (!known->baseline)
            continue;
        status = activation_of(&known->tree, &activation, err);
        if (!status)
            add_job(pool, known->name, &activation);
    }
    return status;
}

static int collect(struct call *call, struct pool *pool, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    int given = arguments->count - 1;
    struct catalogue *catalogue = NULL;
    int status = catalogue_new(&catalogue, err);
    if (status)
        return status;
    pool->jobs = memory_array((size_t)(given + catalogue_count(catalogue)), sizeof *pool->jobs);
    if (!pool->jobs)
        status = memory_error(err, "the functions");
    for (int i = 0; !status && i < given; i++) {
        struct activation activation;
        status = expression_read(call, arguments->items[i], &activation, err);
        if (!status)
            add_job(pool, arguments->items[i], &activation);
    }
    if (!status && arguments_flag(arguments, "baselines"))
        status = add_baselines(pool, catalogue, err);
    if (!status && pool->count == 0)
        status = error_set(err, ERROR_USAGE, "eval", "give expressions before the experiment, or --baselines",
                           "there is no function to evaluate");
    catalogue_free(catalogue);
    return status;
}

/* What was given may be trained in another form, and eval trains what a search turns away. */
static void remark(const struct pool *pool)
{
    for (int i = 0; i < pool->count; i++) {
        const struct job *job = &pool->jobs[i];
        struct judgement judgement = activation_judge(&job->activation);
        struct text line = TEXT_EMPTY;
        expression_remark(&job->activation);
        judgement_print(&judgement, &line);
        if (line.length)
            output_remark("actsearch: a search turns %s away: %s", job->name, text_string(&line));
        text_release(&line);
    }
}

/* ---- the threads */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Under the lock. */
static void show(struct pool *pool, const struct job *job)
{
    struct progress *progress = &pool->progress;
    if (job) {
        const struct evaluation *evaluation = &job->evaluation;
        progress->tickets = progress->trained = ++progress->trained_now;
        if (result_is_ok(&evaluation->result) &&
            (progress->best_ticket < 0 || result_score(&evaluation->result) > progress->best_score)) {
            progress->best_ticket = job - pool->jobs;
            progress->best_score = result_score(&evaluation->result);
            progress->best_deviation = result_score_deviation(&evaluation->result);
            progress->best_seeds = evaluation->trial_count;
        }
    }
    progress->seconds = seconds() - pool->began;
    progress->finished = progress->trained == pool->count;
    progress->best_formula = progress->best_ticket < 0 ? "" : pool->jobs[progress->best_ticket].name;
    watch_observe(pool->watch, progress);
}

static struct job *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool stop = pool->status || atomic_load(&watch_stop(pool->watch)->drain) || pool->next == pool->count;
    struct job *job = stop ? NULL : &pool->jobs[pool->next++];
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void settle(struct pool *pool, const struct job *job, int status, const struct error *err)
{
    pthread_mutex_lock(&pool->lock);
    if (status && !pool->status) {
        pool->status = status;
        pool->err = *err;
    }
    if (!status && job)
        show(pool, job);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *context)
{
    struct pool *pool = context;
    const struct fitness *fitness = pool->experiment->fitness;
    struct error err = ERROR_EMPTY;
    struct fitness_worker *worker = NULL;
    struct job *job;
    int status = fitness_worker_new(fitness, &worker, &err);
    settle(pool, NULL, status, &err);
    while (!status && (job = take(pool))) {
        struct candidate candidate = candidate_of(&job->activation.trained);
        struct assignment assignment = assignment_of(job->order, &candidate, 1);
        status =
            fitness_evaluate(fitness, worker, &assignment, &watch_stop(pool->watch)->abort, &job->evaluation, &err);
        settle(pool, job, status, &err);
    }
    fitness_worker_free(worker);
    return NULL;
}

static int run_threads(struct pool *pool, int threads, struct error *err)
{
    if (threads > pool->count)
        threads = pool->count;
    pthread_t *ids = memory_array((size_t)threads, sizeof *ids);
    int started = 0;
    if (!ids)
        return memory_error(err, "the threads");
    while (started < threads && pthread_create(&ids[started], NULL, work, pool) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    memory_free(ids);
    if (started == 0)
        return memory_error(err, "a thread");
    if (pool->status)
        *err = pool->err;
    if (!pool->status && pool->progress.trained < pool->count)
        return error_set(err, ERROR_INTERRUPTED, NULL, "eval keeps nothing: the same command starts again",
                         "stopped after %lld of %d functions", (long long)pool->progress.trained, pool->count);
    return pool->status;
}

static int train(struct pool *pool, const struct arguments *arguments, struct error *err)
{
    struct workbench_threads threads;
    int status = workbench_threads(arguments, 0, &threads, err);
    if (!status)
        status = fitness_check_memory(pool->experiment->fitness, threads.count, err);
    if (status)
        return status;
    pool->began = seconds();
    pool->progress = (struct progress){.to_train = pool->count,
                                       .best_ticket = -1,
                                       .account = {.evaluations = SEARCH_UNLIMITED, .proposals = SEARCH_UNLIMITED}};
    show(pool, NULL);
    return run_threads(pool, threads.count, err);
}

/* ---- printing */

/* Highest score first; functions without a score last; otherwise as they were given. */
static int compare_jobs(const void *a, const void *b)
{
    const struct job *first = a, *second = b;
    double x = result_score(&first->evaluation.result), y = result_score(&second->evaluation.result);
    if (isnan(x) != isnan(y))
        return isnan(x) ? 1 : -1;
    if (x != y && !isnan(x))
        return x < y ? 1 : -1;
    return first->order - second->order;
}

static void add_columns(struct output *output, const char *const *names, enum data_target target)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], "validation") != 0) {
            output_column(output, names[i]);
            continue;
        }
        for (int m = 0; m < MEASURES; m++)
            if (metric_fits((enum metric)m, target))
                output_column(output, measure_table[m].name);
    }
}

static void print_measures(struct output *output, const struct measures *measures, enum data_target target)
{
    for (int m = 0; m < MEASURES; m++)
        if (metric_fits((enum metric)m, target))
            output_number(output, measure_value(measures, m), 4);
}

static void print_summary(struct output *output, const struct job *job, enum data_target target)
{
    const struct result *result = &job->evaluation.result;
    double trials = (double)result->seeds;
    output_text(output, outcome_name(result->outcome));
    output_number(output, result_score(result), 4);
    output_number(output, result_score_deviation(result), 4);
    for (int m = 0; m < MEASURES; m++)
        if (metric_fits((enum metric)m, target))
            output_number(output, measure_figure(&result->validation, m).mean, 4);
    output_number(output, result->train_loss.mean, 4);
    output_integer(output, result->seeds);
    output_number(output, result->cost.wall_seconds / trials, 3);
    output_number(output, result->cost.cpu_seconds / trials, 3);
    output_text(output, job->name);
}

static void print_trials(struct output *output, const struct job *job, enum data_target target)
{
    for (ptrdiff_t i = 0; i < job->evaluation.trial_count; i++) {
        const struct trial *trial = &job->evaluation.trials[i];
        output_integer(output, trial->seed_index);
        output_text(output, outcome_name(trial->outcome));
        output_number(output, trial->score, 4);
        print_measures(output, &trial->validation, target);
        output_number(output, trial->train_loss, 4);
        output_integer(output, trial->epochs);
        output_text(output, job->name);
    }
}

static void print_epochs(struct output *output, const struct job *job, enum data_target target)
{
    for (ptrdiff_t i = 0; i < job->evaluation.epoch_count; i++) {
        const struct epoch *epoch = &job->evaluation.curve[i];
        output_integer(output, epoch->seed_index);
        output_integer(output, epoch->number);
        output_number(output, epoch->train_loss, 4);
        print_measures(output, &epoch->validation, target);
        output_number(output, epoch->learning_rate, -1);
        output_text(output, job->name);
    }
}

static void print_snapshots(struct output *output, const struct job *job, enum data_target target)
{
    (void)target;
    for (ptrdiff_t i = 0; i < job->evaluation.snapshot_count; i++) {
        const struct snapshot *snapshot = &job->evaluation.snapshots[i];
        output_integer(output, snapshot->seed_index);
        output_integer(output, snapshot->epoch);
        output_text(output, snapshot->watched.layer);
#define WATCHED(name, meaning) output_number(output, snapshot->watched.name, -1);
#include "result/watched.def"
#undef WATCHED
        output_text(output, job->name);
    }
}

static int print(struct pool *pool, const struct arguments *arguments, struct error *err)
{
    static const struct {
        const char *columns[16];
        void (*print)(struct output *output, const struct job *job, enum data_target target);
    } views[] = {
        {{"outcome", "score", "deviation", "validation", "train_loss", "seeds", "wall_s", "cpu_s", "function"},
         print_summary},
        {{"seed", "outcome", "score", "validation", "train_loss", "epochs", "function"}, print_trials},
        {{"seed", "epoch", "train_loss", "validation", "learning_rate", "function"}, print_epochs},
        {{"seed", "epoch", "layer",
#define WATCHED(name, meaning) #name,
#include "result/watched.def"
#undef WATCHED
          "function"},
         print_snapshots},
    };
    int view = arguments_flag(arguments, "watch")      ? 3
               : arguments_flag(arguments, "curve")    ? 2
               : arguments_flag(arguments, "per-seed") ? 1
                                                       : 0;
    struct output *output = NULL;
    int status = output_new((enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE), &output, err);
    if (status)
        return status;
    qsort(pool->jobs, (size_t)pool->count, sizeof *pool->jobs, compare_jobs);
    enum data_target target = data_shape(pool->experiment->set).target;
    add_columns(output, views[view].columns, target);
    for (int i = 0; i < pool->count; i++)
        views[view].print(output, &pool->jobs[i], target);
    status = output_finish(output, err);
    output_free(output);
    return status;
}

/* ---- the command */

static void pool_release(struct pool *pool)
{
    for (int i = 0; i < pool->count; i++)
        evaluation_release(&pool->jobs[i].evaluation);
    memory_free(pool->jobs);
    pthread_mutex_destroy(&pool->lock);
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    const char *path = arguments->items[arguments->count - 1];
    int64_t seeds = arguments_integer(arguments, "seeds", 0);
    char setting[48];
    struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct experiment *experiment = NULL;
    enum isa isa;

    snprintf(setting, sizeof setting, "training.seeds=%lld", (long long)seeds);
    int status = isa_parse(arguments_text(arguments, "isa", "best"), &isa, err);
    if (!status)
        status = collect(call, &pool, err);
    if (!status)
        status = workbench_read(arguments, path, seeds ? setting : NULL, arguments_flag(arguments, "watch"),
                                &experiment, err);
    if (!status)
        status = watch_new(arguments_flag(arguments, "quiet"), WATCH_GRACE_SECONDS, &pool.watch, err);
    if (!status)
        status = experiment_open(experiment, isa, err);
    if (!status) {
        pool.experiment = experiment;
        if (!arguments_flag(arguments, "quiet"))
            remark(&pool);
        status = train(&pool, arguments, err);
    }
    watch_free(pool.watch);
    if (!status)
        status = print(&pool, arguments, err);
    pool_release(&pool);
    experiment_free(experiment);
    return status;
}

const struct command command_eval = {
    .name = "eval",
    .summary = "train and score given functions as an experiment would",
    .usage = "actsearch eval [options] [EXPRESSION...] EXPERIMENT",
    .description = "Trains networks with the given functions under the protocol of an experiment\n"
                   "and prints for each, the highest score first: outcome, score (higher is better)\n"
                   "with its deviation over the seeds, validation accuracy, validation and training\n"
                   "loss, number of trainings, and the seconds that one training took on the clock\n"
                   "and of a processor. A function is an expression or a name: relu, mish,\n"
                   "'x*sigmoid(x)'. Nothing is stored. The scores are those that a search gives\n"
                   "the same functions.\n",
    .examples = "  actsearch eval 'x*tanh(exp(x))' experiments/spirals.json\n"
                "  actsearch eval --baselines --seeds 10 experiments/fashion-mlp.json\n"
                "  actsearch eval relu mish --per-seed --format csv experiments/spirals.json\n"
                "  actsearch eval relu --set training.epochs=20 --curve experiments/spirals.json\n"
                "  actsearch eval relu mish --watch experiments/spirals.json\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = ANY_NUMBER,
    .run = run,
};
