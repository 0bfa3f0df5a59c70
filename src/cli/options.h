/* Options: a command's table of long options with short letters, and what a person gave of them.
 *
 *   --limit 5   --limit=5   -n 5   -n5   --quiet   -q   -qv   --   -
 *
 * Options and arguments may be mixed; "--" ends the options. A number is never an option, so
 * "apply 'tanh(x)' -1.5 inf" needs no "--". An option that is given twice counts as given last, one
 * of kind OPTION_LIST collects. Errors are ERROR_USAGE; an unknown option gets the nearest known one.
 *
 * Tables are constant; what was parsed belongs to a `struct arguments`, whose strings are borrowed
 * from argv. */
#ifndef ACTSEARCH_CLI_OPTIONS_H
#define ACTSEARCH_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct text;

enum option_kind {
    OPTION_FLAG,
    OPTION_INTEGER,
    OPTION_NUMBER,
    OPTION_TEXT,
    OPTION_CHOICE,
    OPTION_LIST, /* text, may be given any number of times */
};

struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    const char *value;          /* what --help calls the value: "N", "FILE"; NULL for a flag */
    const char *help;           /* one or two sentences without a full stop */
    double min, max;            /* of a number, inclusive */
    const char *const *choices; /* of a choice, ended by NULL */
};

/* The last entry of every table. */
#define OPTION_END                                                                                                     \
    {                                                                                                                  \
        .name = 0                                                                                                      \
    }

struct given; /* an option as it was given */

struct arguments {
    int count;    /* what is left when the options are gone */
    char **items; /* (count) */
    bool help;    /* --help or -h was among the options; then nothing after it was looked at */
    const struct option *options;
    struct given *given;
    int given_count;
};

/* Reads the words behind the command's name. `options` may be NULL. Release in every case. */
int arguments_parse(const struct option *options, int word_count, char **words, struct arguments *arguments,
                    struct error *err);
void arguments_release(struct arguments *arguments);

/* The value of an option of the table (any other name stops the program), or `otherwise` when it was
   not given. A choice is its index. */
bool arguments_flag(const struct arguments *arguments, const char *name);
int64_t arguments_integer(const struct arguments *arguments, const char *name, int64_t otherwise);
double arguments_number(const struct arguments *arguments, const char *name, double otherwise);
const char *arguments_text(const struct arguments *arguments, const char *name, const char *otherwise);
int arguments_choice(const struct arguments *arguments, const char *name, int otherwise);

/* The i-th value of a list, NULL behind the last. */
const char *arguments_list(const struct arguments *arguments, const char *name, int i);

/* Appends the options for --help, at most 80 columns wide. */
void options_describe(const struct option *options, struct text *out);

/* The one of `names` (ended by NULL) that differs least from `word`; NULL when none is near. */
const char *nearest_name(const char *word, const char *const *names);

#endif
