/* Where libFuzzer, or tests/fuzz/mutate.c in its place, comes in. */
#include "fuzz.h"

#include "base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum input {
    AS_WORD,  /* a word of the command line, cut at its first 0 */
    AS_STDIN, /* what is read from standard input */
    AS_FILE,  /* input.bin, named on the command line */
    AS_DATA,  /* data.bin, named in an experiment */
};

struct kind {
    const char *name;
    enum input input;
    const char *commands[8]; /* ended by NULL */
};

static const struct kind kinds[] = {
#define KIND(name, input, ...) {#name, input, {__VA_ARGS__, NULL}},
#include "kinds.def"
#undef KIND
};

enum { WORDS = 12, WORD_LIMIT = 4096 };

static char folder[] = "/tmp/actsearch-fuzz-XXXXXX";

static const struct kind *this_kind(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, FUZZ_KIND) == 0)
            return &kinds[i];
    abort();
}

/* A failure of the machine, not a finding. */
static void must(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        _exit(2);
    }
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL, path);
    must(fwrite(bytes, 1, size, file) == size, path);
    must(fclose(file) == 0, path);
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (chdir("/") == 0 && system(command) != 0)
        fprintf(stderr, "fuzz: %s could not be removed\n", folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *files = getenv("FUZZ_FILES");
    char command[1024];
    must(files != NULL, "FUZZ_FILES: the folder that tests/fuzz/seeds.py has filled");
    must(mkdtemp(folder) != NULL, folder);
    snprintf(command, sizeof command, "cp -R '%s/.' %s", files, folder);
    must(system(command) == 0, command);
    return 0;
}

/* What main() says goes nowhere; sanitizers and libFuzzer report to standard error. Returned is what is to be put back
   by restore(). */
static int silence(int descriptor)
{
    int kept = dup(descriptor), nowhere = open("/dev/null", O_WRONLY);
    must(kept >= 0 && nowhere >= 0 && dup2(nowhere, descriptor) >= 0 && close(nowhere) == 0, "/dev/null");
    return kept;
}

static void restore(int descriptor, int kept)
{
    must(dup2(kept, descriptor) >= 0 && close(kept) == 0, "standard output");
}

/* Runs one command line; `input` stands for @. */
static void run_command(const char *command, char *input)
{
    char line[512], *words[WORDS + 1] = {(char *)"actsearch"};
    int count = 1;
    snprintf(line, sizeof line, "%s", command);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        must(count < WORDS, "too many words in a command of kinds.def");
        words[count++] = strcmp(word, "@") == 0 ? input : word;
    }
    fflush(stdout);
    int output = silence(1), errors = silence(2);
    int status = actsearch_main(count, words);
    fflush(stdout);
    restore(1, output);
    restore(2, errors);
    if (status == error_exit_status(ERROR_INTERNAL)) {
        fprintf(stderr, "fuzz: a defect is reported by: actsearch %s; the input: %s/%s\n", command, folder, input);
        _exit(1); /* the folder stays */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct kind *kind = this_kind();
    static int home = -1;
    char word[WORD_LIMIT] = "input.bin";
    if (home < 0) {
        home = 0;
        must(chdir(folder) == 0, folder); /* not before libFuzzer has read its corpus, whose path may be relative */
        atexit(remove_folder);
    }
    if (kind->input == AS_WORD) {
        size_t length = size < sizeof word - 1 ? size : sizeof word - 1;
        memcpy(word, bytes, length);
        word[length] = 0;
    } else {
        write_file(kind->input == AS_DATA ? "data.bin" : "input.bin", bytes, size);
    }
    for (int i = 0; kind->commands[i]; i++) {
        if (kind->input == AS_STDIN)
            must(freopen("input.bin", "rb", stdin) != NULL, "input.bin");
        run_command(kind->commands[i], word);
    }
    static const char *const left[] = {"merged.db",      "merged.db-wal",     "merged.db-shm",
                                       "merged.db.lock", "input.bin-journal", "input.bin-wal",
                                       "input.bin-shm",  "input.bin.lock",    "input.bin.crash"};
    for (size_t i = 0; kind->input == AS_FILE && i < sizeof left / sizeof *left; i++)
        unlink(left[i]);
    return 0;
}
