/* cluster: a batch script for the queue of a cluster, to be read, changed and submitted. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/cluster_script.h"
#include "cli/command.h"
#include "cli/workbench.h"
#include "display/output.h"
#include "experiment/experiment.h"
#include "mpi/communicator.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const launchers[] = {"srun", "mpirun", NULL};
static const char *const varied[] = {"search.seed", "seed", NULL};

static const struct option options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", .help = "write the script to a file (default, and -: standard output)"},
    {"db", 'd', OPTION_TEXT, "FILE",
     .help = "the database (default: NAME.db in this folder, NAME as in the experiment)"},
    {"nodes", 0, OPTION_INTEGER, "N", "machines (default 1)", .min = 1, .max = 1e5},
    {"tasks-per-node", 0, OPTION_INTEGER, "N", "processes on each of them (default 1)", .min = 1, .max = 4096},
    {"threads", 't', OPTION_INTEGER, "N", "threads that train in each process (default 1)", .min = 1, .max = 4096},
    {"time", 0, OPTION_TEXT, "LIMIT",
     .help = "of each life of the job, in Slurm's words: minutes, hours:minutes:seconds, days-hours (default: the "
             "partition's)"},
    {"partition", 0, OPTION_TEXT, "NAME", .help = "passed on to Slurm, like the next two"},
    {"account", 0, OPTION_TEXT, "NAME", .help = "who pays"},
    {"mem", 0, OPTION_TEXT, "SIZE", .help = "memory a node, for example 8G"},
    {"array", 0, OPTION_INTEGER, "N", "N searches side by side, with databases NAME-1.db to NAME-N.db", .min = 1,
     .max = 1e5},
    {"vary", 0, OPTION_CHOICE, "KEY", .choices = varied,
     .help = "what differs among them: search.seed (the default): they train alike and search differently, so that "
             "their results can be put together; seed: independent repetitions"},
    {"launcher", 0, OPTION_CHOICE, "NAME", .choices = launchers,
     .help = "srun (the default, with --mpi=pmix) or mpirun"},
    {"restarts", 0, OPTION_INTEGER, "N",
     "how often the search is started again within a life of the job when a process has died (default 3)", .min = 0,
     .max = 1000},
    {"grace", 0, OPTION_NUMBER, "SECONDS",
     "before the time limit: how long to wait for what is in training before it is dropped (default 90)", .min = 0,
     .max = 1e5},
    {"evaluation-limit", 0, OPTION_NUMBER, "SECONDS", "passed on to actsearch run", .min = 0, .max = 1e9},
    {"scratch", 0, OPTION_TEXT, "DIR",
     .help = "a folder on each node's own disk, for the files that MPI keeps while it runs; $NAME is left to the job"},
    OPTION_SET,
    OPTION_END,
};

/* ---- the command line */

/* A line break would end a comment or a line of #SBATCH. */
static int check_words(const struct call *call, struct error *err)
{
    for (int i = 0; i < call->word_count; i++)
        for (const char *p = call->words[i]; *p; p++)
            if (iscntrl((unsigned char)*p))
                return error_set(err, ERROR_USAGE, NULL, "leave it out",
                                 "a line break or another control character in the command line");
    return 0;
}

/* What stands in a line of #SBATCH. */
static int check_plain(const struct arguments *arguments, const char *name, struct error *err)
{
    const char *value = arguments_text(arguments, name, "x");
    char where[40];
    snprintf(where, sizeof where, "--%s", name);
    if (*value && !value[strcspn(value, " \"'\\#")])
        return 0;
    return error_set(err, ERROR_USAGE, where, NULL, "expected a word without blanks and quotes, got \"%s\"",
                     EXCERPT(value, 60));
}

/* Both the key of --vary and a --set of it would be given; nobody can want that. */
static int check_variation(const struct arguments *arguments, struct error *err)
{
    bool array = arguments_integer(arguments, "array", 0) > 0;
    int choice = arguments_choice(arguments, "vary", -1);
    if (!array && choice >= 0)
        return error_set(err, ERROR_USAGE, "--vary", "--array N",
                         "it says what differs in an array, and there is none");
    const char *key = varied[choice < 0 ? 0 : choice], *setting;
    for (int i = 0; array && (setting = arguments_list(arguments, "set", i)); i++)
        if (strncmp(setting, key, strlen(key)) == 0 && setting[strlen(key)] == '=')
            return error_set(err, ERROR_USAGE, "--set", "leave it out", "%s is what the array varies", key);
    return 0;
}

static int wrong_time(const char *text, struct error *err)
{
    return error_set(err, ERROR_USAGE, "--time", NULL,
                     "expected Slurm's minutes, minutes:seconds, hours:minutes:seconds, days-hours, "
                     "days-hours:minutes, days-hours:minutes:seconds or UNLIMITED, got \"%s\"",
                     EXCERPT(text, 60));
}

/* *seconds: 0 for UNLIMITED.
     limit = m | m:s | h:m:s | d-h | d-h:m | d-h:m:s | "UNLIMITED"      only the first number may be of any size */
static int read_time(const char *text, long *seconds, struct error *err)
{
    static const long units[] = {86400, 3600, 60, 1}, most[] = {0, 24, 60, 60};
    long numbers[4];
    int count = 0;
    bool days = false;
    *seconds = 0;
    if (strcasecmp(text, "UNLIMITED") == 0)
        return 0;
    for (const char *p = text;; p++) {
        char *end;
        if (count == 4 || !isdigit((unsigned char)*p))
            return wrong_time(text, err);
        numbers[count++] = strtol(p, &end, 10);
        p = end;
        days = days || (count == 1 && *p == '-');
        if (!*p)
            break;
        if (*p != (count == 1 && days ? '-' : ':'))
            return wrong_time(text, err);
    }
    int first = days ? 0 : count == 3 ? 1 : 2; /* the unit of the first number */
    if (first + count > 4 || (days && count == 1) || numbers[0] > 1000 * 1000)
        return wrong_time(text, err);
    for (int i = 0; i < count; i++) {
        if (i > 0 && numbers[i] >= most[first + i])
            return wrong_time(text, err);
        *seconds += numbers[i] * units[first + i];
    }
    return *seconds > 0 ? 0 : wrong_time(text, err);
}

static int check_options(const struct call *call, long *seconds, struct error *err)
{
    static const char *const plain[] = {"partition", "account", "mem"};
    const struct arguments *arguments = call->arguments;
    const char *time = arguments_text(arguments, "time", NULL);
    int status = check_words(call, err);
    if (!status && strcmp(arguments->items[0], "slurm") != 0)
        status = error_set(err, ERROR_USAGE, NULL, "actsearch cluster slurm EXPERIMENT",
                           "no cluster is known by the name \"%s\"", EXCERPT(arguments->items[0], 60));
    for (size_t i = 0; !status && i < sizeof plain / sizeof *plain; i++)
        status = check_plain(arguments, plain[i], err);
    if (!status)
        status = check_variation(arguments, err);
    return status || !time ? status : read_time(time, seconds, err);
}

/* ---- paths */

/* As seen from the folder in which the person believes to be: a link there may lead somewhere else on the nodes. */
static int add_absolute(const char *path, struct text *out, struct error *err)
{
    if (*path != '/') {
        char *here = get_current_dir_name();
        if (!here)
            return file_error(err, ".", "find the path of this folder", errno);
        text_addf(out, "%s/", here);
        free(here);
    }
    text_add(out, strncmp(path, "./", 2) == 0 ? path + 2 : path);
    return text_failed(out) ? memory_error(err, "a path") : 0;
}

static int add_program(struct text *out, struct error *err)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length < 0 || length == sizeof path)
        return file_error(err, "/proc/self/exe", "find the path of this program", length < 0 ? errno : ENAMETOOLONG);
    text_add_bytes(out, path, (size_t)length);
    return text_failed(out) ? memory_error(err, "a path") : 0;
}

/* Without the ending, which follows the number in an array. */
static int add_database(const struct arguments *arguments, const char *name, struct text *out, struct error *err)
{
    const char *given = arguments_text(arguments, "db", name);
    struct text stem = TEXT_EMPTY;
    size_t length = strlen(given);
    bool ending = length > 3 && strcmp(given + length - 3, ".db") == 0;
    text_add_bytes(&stem, given, ending && given != name ? length - 3 : length);
    int status = text_failed(&stem) ? memory_error(err, "a path") : add_absolute(text_string(&stem), out, err);
    text_release(&stem);
    return status;
}

/* ---- the script */

/* What is worth knowing before the script is submitted. */
static void remark(const struct cluster_script *script, long seconds, const struct experiment *experiment)
{
    struct text remark = TEXT_EMPTY;
    search_window_remark(experiment->search.window, script->nodes * script->tasks * script->threads, &remark);
    if (remark.length)
        output_remark("actsearch: %s", text_string(&remark));
    text_release(&remark);
    if (script->nodes * script->tasks > 1 && !communicator_is_possible())
        fprintf(stderr, "actsearch: this program was built without MPI, so that one task is all that the job can have; "
                        "build it with your site's MPI (./build-with-mpi in the folder of a bundle), or use --array\n");
    if (seconds > 0 && seconds <= script->warning)
        fprintf(stderr,
                "actsearch: the job is told to stop %ld s before its time limit, which is only %ld s; a smaller "
                "--grace, or more --time, leaves more for the search\n",
                script->warning, seconds);
}

/* Time for what is in training, and then for MPI and the database to be closed. */
static long warning_seconds(double grace)
{
    enum { TO_CLOSE = 30 };
    return (long)(grace + 0.5) + TO_CLOSE;
}

static struct cluster_script script_of(const struct call *call, const struct experiment *experiment)
{
    const struct arguments *arguments = call->arguments;
    double grace = arguments_number(arguments, "grace", 90);
    return (struct cluster_script){
        .call = call,
        .name = experiment->name,
        .nodes = arguments_integer(arguments, "nodes", 1),
        .tasks = arguments_integer(arguments, "tasks-per-node", 1),
        .threads = arguments_integer(arguments, "threads", 1),
        .array = arguments_integer(arguments, "array", 0),
        .vary = varied[arguments_choice(arguments, "vary", 0)],
        .mpirun = arguments_choice(arguments, "launcher", 0) == 1,
        .restarts = arguments_integer(arguments, "restarts", 3),
        .grace = grace,
        .warning = warning_seconds(grace),
    };
}

static int add_paths(struct cluster_script *script, const struct arguments *arguments, struct error *err)
{
    int status = add_program(&script->program, err);
    if (!status)
        status = add_absolute(arguments->items[1], &script->experiment, err);
    return status ? status : add_database(arguments, script->name, &script->database, err);
}

static int write_script(const struct arguments *arguments, const struct text *text, struct error *err)
{
    const char *path = arguments_text(arguments, "output", NULL);
    bool is_file;
    int status = output_file(path, text, &is_file, err);
    mode_t mask = umask(0);
    umask(mask);
    if (!status && is_file && chmod(path, 0777 & ~mask) != 0)
        status = file_error(err, path, "make it executable", errno);
    return status;
}

/* Read with the first of the varied seeds, so that a setting that does not fit is refused now and not by the job. */
static int read_experiment(const struct arguments *arguments, struct experiment **experiment, struct error *err)
{
    char first[40];
    snprintf(first, sizeof first, "%s=1", varied[arguments_choice(arguments, "vary", 0)]);
    bool array = arguments_integer(arguments, "array", 0) > 0;
    return workbench_read(arguments, arguments->items[1], array ? first : NULL, false, experiment, err);
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    struct experiment *experiment = NULL;
    struct text text = TEXT_EMPTY;
    long seconds = 0;
    int status = check_options(call, &seconds, err);
    if (!status)
        status = read_experiment(arguments, &experiment, err);
    if (status)
        return status;
    struct cluster_script script = script_of(call, experiment);
    status = add_paths(&script, arguments, err);
    if (!status) {
        cluster_script_add(&script, &text);
        status = write_script(arguments, &text, err);
    }
    if (!status)
        remark(&script, seconds, experiment);
    text_release(&script.program);
    text_release(&script.experiment);
    text_release(&script.database);
    text_release(&text);
    experiment_free(experiment);
    return status;
}

const struct command command_cluster = {
    .name = "cluster",
    .summary = "a batch script for the queue of a cluster",
    .usage = "actsearch cluster slurm [options] EXPERIMENT",
    .description = "Writes a batch script for Slurm that runs the search on many processes and goes\n"
                   "on with it after time limits, preemptions, broken nodes and processes that died.\n"
                   "The script says what each part is for; read it, change it, and submit it with\n"
                   "sbatch. The program, the experiment and the database must be on a file system\n"
                   "that the nodes share.\n",
    .examples = "  actsearch cluster slurm experiments/fashion-mlp.json --nodes 4 \\\n"
                "      --tasks-per-node 32 --time 12:00:00 --set search.window=256 -o job.sh\n"
                "  sbatch job.sh\n"
                "  actsearch cluster slurm experiments/spirals.json --array 8 --threads 4\n",
    .options = options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
