/* grammar: what a grammar allows, how much that is, and samples of it. */
#include "grammar/grammar.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "display/output.h"
#include "expr/activation.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "rng/rng.h"

#include <string.h>

enum { MOST_LISTED = 1000000 };

static const struct option options[] = {
    {"count", 'c', OPTION_FLAG, .help = "print nothing but the exact number of trees"},
    {"sample", 'n', OPTION_INTEGER, "N", "print N random functions instead", .min = 1, .max = MOST_LISTED},
    {"seed", 0, OPTION_INTEGER, "N", "of --sample (default 1)", .min = 0, .max = 9e15},
    {"list", 'l', OPTION_FLAG, .help = "print every function instead; at most a million"},
    OPTION_FORMAT,
    OPTION_END,
};

static int print_genome(struct output *output, const struct grammar *grammar, int64_t number,
                        const struct genome *genome, struct error *err)
{
    struct tree tree;
    struct activation activation;
    genome_express(grammar, genome, &tree);
    int status = activation_of(&tree, &activation, err);
    if (status)
        return status;
    struct text words = TEXT_EMPTY, formula = TEXT_EMPTY;
    genome_print(grammar, genome, &words);
    tree_print(&activation.trained, &formula);
    if (text_failed(&words) || text_failed(&formula))
        status = memory_error(err, "a function");
    output_integer(output, number);
    output_text(output, text_string(&words));
    output_text(output, text_string(&formula));
    text_release(&words);
    text_release(&formula);
    return status;
}

static int print_all(struct output *output, const struct grammar *grammar, struct error *err)
{
    int64_t total;
    int status = grammar_total(grammar, &total, err);
    if (!status && total > MOST_LISTED)
        status = error_set(err, ERROR_INPUT, "--list", "take some of them by --sample",
                           "%lld functions are too many to list", (long long)total);
    for (int64_t i = 0; !status && i < total; i++) {
        struct genome genome;
        status = grammar_genome_at(grammar, i, &genome, err);
        if (!status)
            status = print_genome(output, grammar, i, &genome, err);
    }
    return status;
}

static int print_sample(struct output *output, const struct grammar *grammar, int64_t count, uint64_t seed,
                        struct error *err)
{
    int status = 0;
    for (int64_t i = 0; !status && i < count; i++) {
        struct rng rng = rng_keyed(seed, (uint64_t)i, RNG_PROPOSAL);
        struct genome genome;
        grammar_sample(grammar, &rng, &genome);
        status = print_genome(output, grammar, i, &genome, err);
    }
    return status;
}

static int print_functions(const struct grammar *grammar, const struct arguments *arguments, struct error *err)
{
    struct output *output = NULL;
    int64_t count = arguments_integer(arguments, "sample", 0);
    enum output_format format = (enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE);
    int status = output_new(format, &output, err);
    if (status)
        return status;
    output_column(output, "number");
    output_column(output, "genome");
    output_column(output, "function");
    if (arguments_flag(arguments, "list"))
        status = print_all(output, grammar, err);
    else
        status = print_sample(output, grammar, count, (uint64_t)arguments_integer(arguments, "seed", 1), err);
    if (!status)
        status = output_finish(output, err);
    output_free(output);
    return status;
}

static int describe(const struct grammar *grammar, bool only_count, struct error *err)
{
    struct text out = TEXT_EMPTY;
    int status = 0;
    if (only_count) {
        status = grammar_count(grammar, &out, err);
        text_add_char(&out, '\n');
    } else {
        grammar_describe(grammar, &out);
    }
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    struct grammar *grammar = NULL;
    const char *path = arguments->items[0];
    int status = grammar_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &grammar, err);
    if (status)
        return status;
    if (arguments_flag(arguments, "list") || arguments_integer(arguments, "sample", 0) > 0)
        status = print_functions(grammar, arguments, err);
    else
        status = describe(grammar, arguments_flag(arguments, "count"), err);
    grammar_free(grammar);
    return status;
}

const struct command command_grammar = {
    .name = "grammar",
    .summary = "describe a search space, count it, draw from it",
    .usage = "actsearch grammar [options] GRAMMAR",
    .description = "Prints what a grammar allows: its primitives and leaves with their weights,\n"
                   "the shapes of its trees, and their exact number. With --sample or --list it\n"
                   "prints functions: in the words of the grammar, and as they are trained.\n"
                   "A GRAMMAR that is - is read from standard input.\n"
                   "How a grammar is written: actsearch help grammar.\n",
    .examples = "  actsearch grammar grammars/swish2017.json\n"
                "  actsearch grammar --sample 10 grammars/default.json\n"
                "  actsearch grammar --list --format csv grammars/swish2017.json | head\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
