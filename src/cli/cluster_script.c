/* A script in three parts: what Slurm reads, what is run, and the loop around it, which is always the same. */
#include "cli/cluster_script.h"

#include "cli/command.h"

#include <ctype.h>
#include <string.h>

/* ---- what Slurm reads */

/* For a place between double quotes, where $NAME and ${NAME} keep their meaning and nothing else does. */
static void add_escaped(const char *word, struct text *out)
{
    for (; *word; word++) {
        bool variable = *word == '$' && (isalpha((unsigned char)word[1]) || word[1] == '_' || word[1] == '{');
        if (strchr("\"\\`$", *word) && !variable)
            text_add_char(out, '\\');
        text_add_char(out, *word);
    }
}

static void add_words(const struct call *call, struct text *out)
{
    for (int i = 0; i < call->word_count; i++) {
        text_add(out, i == 0 ? "#   " : " ");
        text_add_shell(out, i == 0 ? "actsearch" : call->words[i]);
    }
    text_add(out, "\n");
}

static void add_given(const struct cluster_script *script, const char *name, struct text *out)
{
    const char *value = arguments_text(script->call->arguments, name, NULL);
    if (value)
        text_addf(out, "#SBATCH --%s=%s\n", name, value);
}

static void add_head(const struct cluster_script *script, struct text *out)
{
    text_addf(out, "#!/bin/bash\n# %s: a search of actsearch as a batch job of Slurm, written by\n", script->name);
    add_words(script->call, out);
    text_add(
        out,
        "# Read it, change it, and submit it with sbatch.\n"
        "#\n"
        "# The job may be stopped, preempted or killed at any moment: the database is whole at any instant, and\n"
        "# the same command goes on from there. What was found so far, also while it runs: actsearch top DATABASE.\n"
        "# To stop the job for good: scancel JOB. To continue after that: submit this script again.\n\n");
    text_addf(out, "#SBATCH --job-name=%s\n#SBATCH --nodes=%lld\n#SBATCH --ntasks-per-node=%lld\n", script->name,
              (long long)script->nodes, (long long)script->tasks);
    text_addf(out, "#SBATCH --cpus-per-task=%lld\n", (long long)script->threads);
    static const char *const names[] = {"time", "partition", "account", "mem"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_given(script, names[i], out);
    if (script->array > 0)
        text_addf(out, "#SBATCH --array=1-%lld\n", (long long)script->array);
    text_addf(out,
              "\n# One log for all lives of the job, in the folder of submission.\n"
              "#SBATCH --output=%s-%s.log\n#SBATCH --open-mode=append\n",
              script->name, script->array > 0 ? "%A_%a" : "%j");
    text_add(out, "\n# After a preemption, or when a node breaks, Slurm puts the job back into the queue.\n"
                  "#SBATCH --requeue\n");
    text_addf(out,
              "\n# %ld seconds before the time limit this shell (that is what B: says) is sent SIGUSR1.\n"
              "#SBATCH --signal=B:USR1@%ld\n",
              script->warning, script->warning);
}

/* ---- what is run */

static void add_assignment(const char *name, const struct text *path, const char *ending, struct text *out)
{
    text_addf(out, "%s=", name);
    text_add_shell(out, text_string(path));
    text_addf(out, "%s\n", ending);
}

static void add_number(const char *name, double value, const char *remark, struct text *out)
{
    enum { COLUMN = 14 };
    size_t begin = out->length;
    text_addf(out, "%s=", name);
    text_add_number(out, value);
    text_addf(out, "%*s# %s\n", begin + COLUMN > out->length ? (int)(begin + COLUMN - out->length) : 1, "", remark);
}

static void add_scratch(const struct cluster_script *script, struct text *out)
{
    const char *folder = arguments_text(script->call->arguments, "scratch", NULL);
    if (!folder)
        return;
    text_add(out, "\n# On each node's own disk: the files that MPI keeps while it runs.\nexport TMPDIR=\"");
    add_escaped(folder, out);
    text_add(out, "\"\nsrun --nodes=\"$SLURM_NNODES\" --ntasks=\"$SLURM_NNODES\" --ntasks-per-node=1 mkdir -p "
                  "\"$TMPDIR\"\n");
}

static void add_settings(const struct cluster_script *script, struct text *out)
{
    text_add(out, script->array > 0 ? "\nset -u\n# By both numbers: one task of an array has that of the whole array.\n"
                                      "job=${SLURM_ARRAY_JOB_ID:?submit this script with sbatch}_$SLURM_ARRAY_TASK_ID\n"
                                    : "\nset -u\njob=${SLURM_JOB_ID:?submit this script with sbatch}\n");
    text_add(out, "\n# Whatever your site needs before a program with MPI can start, for example:\n"
                  "#   module load openmpi\n"
                  "\n# These three must be on a file system that the nodes share.\n");
    add_assignment("program", &script->program, "", out);
    add_assignment("experiment", &script->experiment, "", out);
    add_assignment("database", &script->database, script->array > 0 ? "-$SLURM_ARRAY_TASK_ID.db" : ".db", out);
    text_add(out, "\n");
    add_number("threads", (double)script->threads, "that train in each task", out);
    add_number("grace", script->grace, "seconds for what is in training to finish, when it is time to stop", out);
    add_number("patience", 300, "seconds to wait for an earlier life of the job to let go of the database", out);
    add_number("restarts", (double)script->restarts, "within this life of the job, when a process has died", out);
    add_number("pause", 5, "seconds before each of them", out);
    add_number("requeues", 100, "of the job, after time limits and preemptions", out);
    add_scratch(script, out);
}

static void add_command(const struct cluster_script *script, struct text *out)
{
    const struct arguments *arguments = script->call->arguments;
    double limit = arguments_number(arguments, "evaluation-limit", 0);
    text_add(out, "\n# The same command begins the search and goes on with it.\nrun=(");
    text_add(out, script->mpirun ? "mpirun --bind-to none\n"
                                 : "srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task=\"$threads\"\n");
    text_add(out, "    \"$program\" run \"$experiment\" --db \"$database\" --threads \"$threads\" --grace \"$grace\"\n"
                  "    --wait \"$patience\"");
    if (limit > 0) {
        text_add(out, "\n    --evaluation-limit ");
        text_add_number(out, limit);
    }
    const char *setting;
    for (int i = 0; (setting = arguments_list(arguments, "set", i)); i++) {
        text_add(out, "\n    --set ");
        text_add_shell(out, setting);
    }
    if (script->array > 0)
        text_addf(out, "\n    --set %s=\"$SLURM_ARRAY_TASK_ID\"", script->vary);
    text_add(out, ")\n");
}

/* ---- the loop around it */

static const char loop[] =
    "\n"
    "say() {\n"
    "    echo \"$(date '+%F %T') job $job: $*\"\n"
    "}\n"
    "\n"
    "# A signal that Slurm sends to this shell goes on to the launcher and from there to all tasks, always as "
    "SIGUSR1:\n"
    "# the launchers themselves would kill the tasks at a SIGTERM. The tasks stop within the grace period.\n"
    "launcher= # its process, once it has been started\n"
    "heard=    # the signals so far\n"
    "pass_on() {\n"
    "    heard=\"$heard $1\"\n"
    "    say \"$1, passed on to the search\"\n"
    "    [ -z \"$launcher\" ] || kill -USR1 \"$launcher\" 2>/dev/null\n"
    "}\n"
    "trap 'pass_on SIGUSR1' USR1 # the time limit is near\n"
    "trap 'pass_on SIGTERM' TERM # preemption, scancel, or the time limit itself\n"
    "\n"
    "# Starts the launcher and leaves its exit status in $status. bash acts on a signal only while it is in `wait`, "
    "which\n"
    "# ends then; so the launcher runs in the background and is waited for again.\n"
    "search() {\n"
    "    local before=-\n"
    "    \"${run[@]}\" &\n"
    "    launcher=$!\n"
    "    [ -z \"$heard\" ] || kill -USR1 \"$launcher\"\n"
    "    until [ \"$before\" = \"$heard\" ]; do\n"
    "        before=$heard\n"
    "        wait \"$launcher\"\n"
    "        status=$?\n"
    "    done\n"
    "    launcher=\n"
    "}\n"
    "\n"
    "# Where Slurm believes the job to be: \"RUNNING HOST\" while that is here; nothing when it does not answer. A job "
    "that\n"
    "# was cancelled is no longer RUNNING, and one that lost its node has its next life on another.\n"
    "here=\"RUNNING $SLURMD_NODENAME\"\n"
    "place() {\n"
    "    squeue --noheader --jobs=\"$job\" --format='%T %B'\n"
    "}\n"
    "\n"
    "# Back into the queue, unless that has happened too often. A job that is being preempted already may be put back "
    "by\n"
    "# Slurm itself.\n"
    "go_on_later() {\n"
    "    local lives=${SLURM_RESTART_COUNT:-0}\n"
    "    if [ \"$(place)\" != \"$here\" ]; then\n"
    "        say \"stopped; the same command goes on from there\"\n"
    "    elif [ \"$lives\" -ge \"$requeues\" ]; then\n"
    "        say \"stopped, and requeued $lives times already; submit it again to go on\"\n"
    "    else\n"
    "        say \"stopped; requeued to go on later ($((lives + 1)) of at most $requeues)\"\n"
    "        scontrol requeue \"$job\"\n"
    "    fi\n"
    "    exit 75\n"
    "}\n"
    "\n"
    "# A launcher that has lost a node may end with 0, too. A search that was finished once is finished, whatever "
    "another\n"
    "# job does with its database now.\n"
    "is_finished() {\n"
    "    \"$program\" query \"$database\" 'SELECT ending FROM session' --format csv | grep -q finished\n"
    "}\n"
    "\n"
    "say \"life $((${SLURM_RESTART_COUNT:-0} + 1)) on $SLURM_JOB_NODELIST, database $database\"\n"
    "tries=0\n"
    "while [ -z \"$heard\" ]; do\n"
    "    search\n"
    "    case $status in # actsearch --help lists them\n"
    "    0)\n"
    "        if is_finished; then\n"
    "            say \"finished\"\n"
    "            exit 0\n"
    "        fi\n"
    "        say \"the launcher has ended as if all were well, but the search is not finished\"\n"
    "        status=1\n"
    "        ;;\n"
    "    75) break ;; # stopped by a signal\n"
    "    2 | 3 | 5 | 6 | 7)\n"
    "        say \"exit status $status: trying again would not help\"\n"
    "        exit \"$status\"\n"
    "        ;;\n"
    "    esac\n"
    "    [ -z \"$heard\" ] || break\n"
    "    # A process or a node has died, or a disk is full: that may pass.\n"
    "    tries=$((tries + 1))\n"
    "    if [ \"$tries\" -gt \"$restarts\" ]; then\n"
    "        say \"exit status $status, and restarted $restarts times already\"\n"
    "        exit \"$status\"\n"
    "    fi\n"
    "    case $(place) in\n"
    "    \"$here\" | '') ;;\n"
    "    *)\n"
    "        say \"exit status $status, and Slurm has the job no longer here: what follows is up to its next life\"\n"
    "        exit \"$status\"\n"
    "        ;;\n"
    "    esac\n"
    "    say \"exit status $status; restart $tries of at most $restarts in $pause s\"\n"
    "    sleep \"$pause\" &\n"
    "    wait $!\n"
    "done\n"
    "go_on_later\n";

void cluster_script_add(const struct cluster_script *script, struct text *out)
{
    add_head(script, out);
    add_settings(script, out);
    add_command(script, out);
    text_add(out, loop);
}
