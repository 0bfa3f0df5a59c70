/* Runs commands as main() runs them, within the test, and keeps what they print. */
#ifndef ACTSEARCH_TESTS_CLI_COMMANDS_H
#define ACTSEARCH_TESTS_CLI_COMMANDS_H

#include "testing.h"

#include "base/text.h"
#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_WORDS = 24, OUTPUT_SIZE = 1 << 16 };

static char output[OUTPUT_SIZE]; /* what the last command wrote to standard output */

static inline void fill_stream(FILE *file, const char *text)
{
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    rewind(file);
}

/* Runs a command on words (ended by NULL), with `input` as standard input; keeps its output. */
static inline int run(const struct command *command, const char *input, const char *const *words, struct error *err)
{
    char *copies[MOST_WORDS + 1];
    int count = 0;
    for (; words[count]; count++)
        copies[count] = strdup(words[count]);
    struct arguments arguments;
    struct call call = {.arguments = &arguments};
    FILE *out = tmpfile(), *in = tmpfile();
    fill_stream(in, input);
    fflush(stdout);
    int kept_out = dup(STDOUT_FILENO), kept_in = dup(STDIN_FILENO);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(in), STDIN_FILENO);
    clearerr(stdin);
    fseek(stdin, 0, SEEK_SET);
    int status = arguments_parse(command->options, count, copies, &arguments, err);
    if (!status)
        status = command->run(&call, err);
    fflush(stdout);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_in, STDIN_FILENO);
    close(kept_out);
    close(kept_in);
    rewind(out);
    output[fread(output, 1, sizeof output - 1, out)] = '\0';
    fclose(out);
    fclose(in);
    if (status && call.note.length) /* as main() prints it, behind the error */
        snprintf(output, sizeof output, "%s", text_string(&call.note));
    text_release(&call.note);
    arguments_release(&arguments);
    for (int i = 0; i < count; i++)
        free(copies[i]);
    return status;
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN(command, ...) run(&command_##command, "", WORDS(__VA_ARGS__), &err)

static inline void must_have(const char *fragment)
{
    ck_assert_msg(strstr(output, fragment) != NULL, "the output lacks \"%s\":\n%s", fragment, output);
}

static inline void must_lack(const char *fragment)
{
    ck_assert_msg(strstr(output, fragment) == NULL, "the output has \"%s\":\n%s", fragment, output);
}

#endif
