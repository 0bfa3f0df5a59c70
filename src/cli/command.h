/* Commands: one file each, one constant descriptor each, gathered in the table of main.c.
 *
 * The program's only place that prints and exits. A command reads its options from the call
 * (cli/options.h), writes results to standard output with display/output.h, progress and remarks to
 * standard error, and returns 0 or an error code; main() turns that into one line on standard error
 * and the exit status of base/errors.def. */
#ifndef ACTSEARCH_CLI_COMMAND_H
#define ACTSEARCH_CLI_COMMAND_H

#include "base/text.h"
#include "cli/options.h"

#include <stdbool.h>

struct error;

/* One run of a command. */
struct call {
    const struct arguments *arguments; /* borrowed; main() has checked their number */
    int word_count;                    /* the command line as it was typed, the program's name first */
    char **words;
    /* What main() prints as it stands under the line of an error: the caret lines of an expression. */
    struct text note;
    bool silent; /* another process of the same run says what is to be said, also how it ended */
};

enum { ANY_NUMBER = 1 << 20 };

struct command {
    const char *name;
    const char *summary;          /* one line for the list of commands */
    const char *usage;            /* "actsearch top [options] DATABASE" */
    const char *description;      /* paragraphs for --help, at most 80 columns wide; says what is printed */
    const char *examples;         /* lines that work as they stand */
    const struct option *options; /* ended by OPTION_END; may be NULL */
    int min_arguments, max_arguments;
    int (*run)(struct call *call, struct error *err);
};

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

#endif
