/* The program: finds the command, reads its options, runs it, and turns an error into one line on
   standard error and an exit status. */
#include "base/error.h"
#include "base/memory.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/help.h"
#include "display/output.h"
#include "mpi/communicator.h"
#include "nn/blas.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Libraries may take SIGHUP before main() begins: UCX does, which comes with Debian 13's Open MPI, and nohup would be
   in vain. What stands in .preinit_array is called before the constructors of libraries, and before sanitizers are
   ready: hence the system call, which begins its answer with the handler. */
static bool hangup_was_ignored;

__attribute__((no_sanitize("address", "thread", "undefined"))) static void look_at_hangup(void)
{
    struct {
        void (*handler)(int);
        unsigned long rest[31];
    } action = {0};
    hangup_was_ignored = syscall(SYS_rt_sigaction, SIGHUP, NULL, &action, _NSIG / 8) == 0 && action.handler == SIG_IGN;
}
__attribute__((section(".preinit_array"), used)) static void (*before_libraries)(void) = look_at_hangup;

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name, struct error *err)
{
    const char *names[COMMANDS + 3] = {0};
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i]->name;
    names[COMMANDS] = "--help";
    names[COMMANDS + 1] = "--version";
    const char *near = nearest_name(name, names);
    char hint[80];
    snprintf(hint, sizeof hint, near ? "did you mean \"%s\"?" : "actsearch --help lists them%.0s", near);
    return error_set(err, ERROR_USAGE, NULL, hint, *name == '-' ? "unknown option %s" : "unknown command \"%s\"",
                     EXCERPT(name, 60));
}

/* ---- help */

static int print_overview(struct error *err)
{
    struct text out = TEXT_EMPTY;
    text_add(&out, "actsearch " ACTSEARCH_VERSION ": an activation-function search engine\n\n"
                   "usage: actsearch COMMAND [options] [arguments]\n\ncommands:\n");
    for (int i = 0; i < COMMANDS; i++)
        text_addf(&out, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
    text_add(&out, "\n  actsearch COMMAND --help   what it does, its options, examples\n");
    help_list(&out);
    text_add(&out, "  actsearch --version        the version of the program\n"
                   "\nexamples:\n"
                   "  actsearch run experiments/spirals.json       search for a few seconds\n"
                   "  actsearch top spirals.db                     what was found\n"
                   "  actsearch show 'x*sigmoid(x)'                what is known of a function\n"
                   "\nexit status:\n");
    for (int code = 0; code < ERROR_COUNT; code++)
        text_addf(&out, "  %3d  %s\n", error_exit_status((enum error_code)code), error_meaning((enum error_code)code));
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

static void describe_command(const struct command *command, struct text *out)
{
    text_addf(out, "actsearch %s: %s\n\nusage: %s\n\n%s\noptions:\n", command->name, command->summary, command->usage,
              command->description);
    options_describe(command->options, out);
    text_addf(out, "\nexamples:\n%s", command->examples);
}

static int print_help(const struct command *command, struct error *err)
{
    struct text out = TEXT_EMPTY;
    describe_command(command, &out);
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

/* A command of the same name comes first: what `grammar` does, and then how a grammar is written. */
static int print_topic(const char *name, const char *part, struct error *err)
{
    struct text out = TEXT_EMPTY, topic = TEXT_EMPTY;
    const struct command *command = find_command(name);
    int status = help_describe(name, part, &topic, err);
    if (command && !part) {
        describe_command(command, &out);
        text_add_char(&out, '\n');
    }
    text_add(&out, text_string(&topic));
    out.failed |= text_failed(&topic);
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    text_release(&topic);
    return status;
}

static int print_version(struct error *err)
{
    struct text out = TEXT_EMPTY;
    char library[32], mpi[64];
    text_addf(&out, "actsearch %s (%s, %s, %s)\n", ACTSEARCH_VERSION, isa_name(isa_best()), blas_version(library),
              communicator_library(mpi, sizeof mpi));
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

static int help_about(int count, char **words, struct error *err)
{
    if (count == 0)
        return print_overview(err);
    if (help_knows(words[0]))
        return print_topic(words[0], count > 1 ? words[1] : NULL, err);
    const struct command *command = find_command(words[0]);
    return command ? print_help(command, err) : unknown_command(words[0], err);
}

/* ---- running */

static int check_count(const struct command *command, int count, struct error *err)
{
    if (count >= command->min_arguments && count <= command->max_arguments)
        return 0;
    char hint[200];
    snprintf(hint, sizeof hint, "usage: %s", command->usage);
    return error_set(err, ERROR_USAGE, NULL, hint,
                     count < command->min_arguments ? "an argument is missing" : "too many arguments");
}

/* A single dash stands for a stream, and for most things no stream will do: a file of that name is ./- here. */
static int check_dashes(const struct command *command, const struct arguments *arguments, struct error *err)
{
    bool named = false;
    for (int i = 0; i < arguments->count; i++)
        named |= strcmp(arguments->items[i], "-") == 0;
    for (const struct option *option = command->options; option && option->name; option++)
        named |= strcmp(option->name, "db") == 0 && strcmp(arguments_text(arguments, "db", ""), "-") == 0;
    if (!named || command == &command_apply || command == &command_grammar)
        return 0;
    return error_set(err, ERROR_USAGE, NULL, "give it a name, or ./- for a file that is called so",
                     "\"-\" is no file here: no stream will do for it");
}

static int run_command(const struct command *command, int word_count, char **words, struct text *note,
                       struct error *err)
{
    struct arguments arguments;
    struct call call = {.arguments = &arguments, .word_count = word_count, .words = words};
    int status = arguments_parse(command->options, word_count - 2, words + 2, &arguments, err);
    if (!status && arguments.help) {
        status = print_help(command, err);
    } else {
        if (!status)
            status = check_count(command, arguments.count, err);
        if (!status)
            status = check_dashes(command, &arguments, err);
        if (status && status == ERROR_USAGE)
            error_prefix(err, command->name);
        if (!status)
            status = command->run(&call, err);
    }
    arguments_release(&arguments);
    *note = call.note;
    return call.silent ? 0 : status;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int dispatch(int argc, char **argv, struct text *note, struct error *err)
{
    if (argc < 2)
        return error_set(err, ERROR_USAGE, NULL, "actsearch --help lists them", "name a command");
    if (is_one_of(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0)
        return help_about(argc - 2, argv + 2, err);
    if (is_one_of(argv[1], "--version", "-V"))
        return print_version(err);
    const struct command *command = find_command(argv[1]);
    return command ? run_command(command, argc, argv, note, err) : unknown_command(argv[1], err);
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    struct text note = TEXT_EMPTY;
    signal(SIGXFSZ, SIG_IGN); /* then the write that is too large fails, as on a full disk */
    if (hangup_was_ignored)
        signal(SIGHUP, SIG_IGN);
    int status = dispatch(argc, argv, &note, &err);
    if (status) {
        char line[sizeof err];
        error_line(&err, line, sizeof line);
        fprintf(stderr, "actsearch: %s\n%s", line, text_string(&note));
    }
    text_release(&note);
    return error_exit_status((enum error_code)status);
}
