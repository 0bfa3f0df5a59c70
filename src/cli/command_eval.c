/* eval: trains and scores given functions, without a database. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/expression.h"
#include "cli/workbench.h"
#include "display/monitor.h"
#include "display/output.h"
#include "experiment/experiment.h"
#include "expr/activation.h"
#include "expr/catalogue.h"
#include "runner/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"baselines", 'b', OPTION_FLAG, .help = "the known functions too"},
    {"seeds", 0, OPTION_INTEGER, "N", "trainings of each function (default: as the experiment says)", .min = 1,
     .max = 1000},
    {"per-seed", 0, OPTION_FLAG, .help = "print one row for each training"},
    {"curve", 0, OPTION_FLAG, .help = "print one row for each epoch of each training"},
    {"watch", 'w', OPTION_FLAG,
     .help = "print one row for each watched layer after each epoch (see actsearch monitor)"},
    OPTION_THREADS,
    OPTION_GRACE,
    OPTION_LIMIT,
    OPTION_ISA,
    OPTION_SET,
    {"quiet", 'q', OPTION_FLAG, .help = "show no progress and no remarks"},
    OPTION_FORMAT,
    OPTION_END,
};

/* The functions to evaluate, as they were given and in that order; and what became of them. */
struct list {
    int count;
    const char **names;             /* (count), borrowed each */
    struct activation *activations; /* (count) */
    struct candidate *candidates;   /* (count) */
    struct evaluation *evaluations; /* (count) */
};

/* ---- the functions */

static int list_new(struct list *list, int capacity, struct error *err)
{
    size_t size = (size_t)capacity;
    *list = (struct list){.names = memory_array(size, sizeof *list->names),
                          .activations = memory_array(size, sizeof *list->activations),
                          .candidates = memory_array(size, sizeof *list->candidates),
                          .evaluations = memory_zeroed(size, sizeof *list->evaluations)};
    bool made = list->names && list->activations && list->candidates && list->evaluations;
    return made ? 0 : memory_error(err, "the functions");
}

static void list_release(struct list *list)
{
    for (int i = 0; i < list->count; i++)
        evaluation_release(&list->evaluations[i]);
    memory_free(list->names);
    memory_free(list->activations);
    memory_free(list->candidates);
    memory_free(list->evaluations);
}

static void list_add(struct list *list, const char *name, const struct activation *activation)
{
    list->names[list->count] = name;
    list->activations[list->count] = *activation;
    list->candidates[list->count++] = candidate_of(&activation->trained);
}

/* The names stay valid: the catalogue's strings are static. */
static int add_baselines(struct list *list, const struct catalogue *catalogue, struct error *err)
{
    int status = 0;
    for (int i = 0; !status && i < catalogue_count(catalogue); i++) {
        const struct known *known = catalogue_at(catalogue, i);
        struct activation activation;
        if (!known->baseline)
            continue;
        status = activation_of(&known->tree, &activation, err);
        if (!status)
            list_add(list, known->name, &activation);
    }
    return status;
}

static int collect(struct call *call, struct list *list, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    int given = arguments->count - 1;
    struct catalogue *catalogue = NULL;
    int status = catalogue_new(&catalogue, err);
    if (status)
        return status;
    status = list_new(list, given + catalogue_count(catalogue), err);
    for (int i = 0; !status && i < given; i++) {
        struct activation activation;
        status = expression_read(call, arguments->items[i], &activation, err);
        if (!status)
            list_add(list, arguments->items[i], &activation);
    }
    if (!status && arguments_flag(arguments, "baselines"))
        status = add_baselines(list, catalogue, err);
    if (!status && list->count == 0)
        status = error_set(err, ERROR_USAGE, "eval", "give expressions before the experiment, or --baselines",
                           "there is no function to evaluate");
    catalogue_free(catalogue);
    return status;
}

/* What was given may be trained in another form, and eval trains what a search turns away. */
static void remark(const struct list *list)
{
    for (int i = 0; i < list->count; i++) {
        struct judgement judgement = activation_judge(&list->activations[i]);
        struct text line = TEXT_EMPTY;
        expression_remark(&list->activations[i]);
        judgement_print(&judgement, &line);
        if (line.length)
            output_remark("actsearch: a search turns %s away: %s", list->names[i], text_string(&line));
        text_release(&line);
    }
}

/* ---- printing */

/* A row, for sorting. */
struct job {
    const char *name;
    int order; /* of the command line */
    const struct evaluation *evaluation;
};

/* The best first; otherwise as they were given. */
static int compare_jobs(const void *a, const void *b)
{
    const struct job *first = a, *second = b;
    int better = result_compare(&second->evaluation->result, &first->evaluation->result);
    return better ? better : first->order - second->order;
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
    const struct result *result = &job->evaluation->result;
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
    for (ptrdiff_t i = 0; i < job->evaluation->trial_count; i++) {
        const struct trial *trial = &job->evaluation->trials[i];
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
    for (ptrdiff_t i = 0; i < job->evaluation->epoch_count; i++) {
        const struct epoch *epoch = &job->evaluation->curve[i];
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
    for (ptrdiff_t i = 0; i < job->evaluation->snapshot_count; i++) {
        const struct snapshot *snapshot = &job->evaluation->snapshots[i];
        output_integer(output, snapshot->seed_index);
        output_integer(output, snapshot->epoch);
        output_text(output, snapshot->watched.layer);
#define WATCHED(name, meaning) output_number(output, snapshot->watched.name, -1);
#include "result/watched.def"
#undef WATCHED
        output_text(output, job->name);
    }
}

static int print_rows(const struct job *jobs, int count, enum data_target target, const struct arguments *arguments,
                      struct error *err)
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
    add_columns(output, views[view].columns, target);
    for (int i = 0; i < count; i++)
        views[view].print(output, &jobs[i], target);
    status = output_finish(output, err);
    output_free(output);
    return status;
}

static int print(const struct list *list, enum data_target target, const struct arguments *arguments, struct error *err)
{
    struct job *jobs = memory_array((size_t)list->count, sizeof *jobs);
    if (!jobs)
        return memory_error(err, "the functions");
    for (int i = 0; i < list->count; i++)
        jobs[i] = (struct job){list->names[i], i, &list->evaluations[i]};
    qsort(jobs, (size_t)list->count, sizeof *jobs, compare_jobs);
    int status = print_rows(jobs, list->count, target, arguments, err);
    memory_free(jobs);
    return status;
}

/* ---- the command */

static int evaluate(struct call *call, struct runner *runner, struct list *list, struct monitor *monitor,
                    struct error *err)
{
    const struct arguments *arguments = call->arguments;
    bool talks = !arguments_flag(arguments, "quiet") && runner_leads(runner);
    int status = runner_open_list(runner, arguments->items[arguments->count - 1], err);
    if (!status && talks)
        remark(list);
    if (!status)
        status = runner_evaluate(runner, list->candidates, list->names, list->count, list->evaluations, err);
    monitor_end(monitor);
    if (status == ERROR_INTERRUPTED)
        snprintf(err->hint, sizeof err->hint, "eval keeps nothing: the same command starts again");
    if (!status && runner_leads(runner))
        status = print(list, data_shape(runner_experiment(runner)->set).target, arguments, err);
    return status;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    int64_t seeds = arguments_integer(arguments, "seeds", 0);
    char setting[48];
    const char **settings = NULL;
    struct list list = {0};
    struct monitor *monitor = NULL;
    struct runner *runner = NULL;
    snprintf(setting, sizeof setting, "training.seeds=%lld", (long long)seeds);
    int status =
        workbench_settings(arguments, seeds ? setting : NULL, arguments_flag(arguments, "watch"), &settings, err);
    if (!status)
        status = monitor_new(arguments_flag(arguments, "quiet"),
                             arguments_number(arguments, "grace", MONITOR_GRACE_SECONDS), &monitor, err);
    if (!status) {
        struct runner_options how = {.settings = settings,
                                     .isa = arguments_text(arguments, "isa", NULL),
                                     .threads = (int)arguments_integer(arguments, "threads", 0),
                                     .evaluation_limit = arguments_number(arguments, "evaluation-limit", 0),
                                     .stop = monitor_stop(monitor),
                                     .observe = monitor_observe,
                                     .say = monitor_say,
                                     .context = monitor};
        status = runner_new(&how, &runner, err);
        call->silent = !runner_leads(runner);
        if (call->silent)
            monitor_mute(monitor);
    }
    if (!status)
        status = collect(call, &list, err);
    if (!status)
        status = evaluate(call, runner, &list, monitor, err);
    monitor_end(monitor);
    runner_free(runner);
    monitor_free(monitor);
    list_release(&list);
    memory_free(settings);
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
                   "the same functions. Started by mpirun or srun as several processes, they share\n"
                   "the work, as those of actsearch run do.\n",
    .examples = "  actsearch eval 'x*tanh(exp(x))' experiments/spirals.json\n"
                "  actsearch eval --baselines --seeds 10 experiments/fashion-mlp.json\n"
                "  actsearch eval relu mish --per-seed --format csv experiments/spirals.json\n"
                "  actsearch eval relu --set training.epochs=20 --curve experiments/spirals.json\n"
                "  actsearch eval relu mish --watch experiments/spirals.json\n"
                "  mpirun -n 4 actsearch eval --baselines --threads 1 experiments/spirals.json\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = ANY_NUMBER,
    .run = run,
};
