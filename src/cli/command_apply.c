/* actsearch apply: f and f' at given points. */
#include "base/error.h"
#include "base/memory.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/expression.h"
#include "cli/workbench.h"
#include "display/output.h"
#include "expr/activation.h"
#include "kernel/tape.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64 };

static const struct option options[] = {
    {"float", 0, OPTION_FLAG, .help = "with the single-precision kernels that train networks (default: in double)"},
    {"parameters", 'p', OPTION_LIST, "p0=A,p1=B",
     .help = "values of learned parameters (default: where they start); may be repeated"},
    {"t", 't', OPTION_NUMBER, "T", .help = "the progress of training (default 1, its end)", .min = 0, .max = 1},
    OPTION_ISA,
    OPTION_FORMAT,
    OPTION_END,
};

/* What evaluates: a tree in double, or a tape in float. */
struct evaluation_at {
    struct activation activation;
    double parameters[TREE_PARAMETERS], t;
    bool single;
    enum isa isa;
    struct tape *tape;
    void *scratch;
};

static int read_number(const char *text, const char *where, double *value, struct error *err)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end || isspace((unsigned char)*text))
        return error_set(err, ERROR_INPUT, where, "give numbers such as -1.5 or 1e-3", "\"%s\" is no number",
                         EXCERPT(text, 40));
    return 0;
}

/* One of p0=A,p1=B; leaves *text behind it and its comma. */
static int read_parameter(const char **text, struct evaluation_at *at, struct error *err)
{
    const char *p = *text;
    size_t length = strcspn(p, ",");
    int count = tree_parameter_count(&at->activation.written), index = length > 1 ? p[1] - '0' : 0;
    if (length < 3 || p[0] != 'p' || index < 0 || index > 9 || p[2] != '=')
        return error_set(err, ERROR_USAGE, "--parameters", "write p0=0.5 or p0=0.5,p1=2", "cannot read \"%.*s\"",
                         length < 40 ? (int)length : 40, p);
    if (index >= count)
        return error_set(err, ERROR_USAGE, "--parameters", "write them into the expression as p0, p1, ...",
                         "there is no p%d, for the function has %d learned parameter%s", index, count,
                         count == 1 ? "" : "s");
    char number[WORD + 1];
    snprintf(number, sizeof number, "%.*s", length - 3 < WORD ? (int)length - 3 : WORD, p + 3);
    *text = p + length + (p[length] == ',');
    double value;
    int status = read_number(number, "--parameters", &value, err);
    int trained = at->activation.numbers[index]; /* people give them the numbers that they have written */
    if (!status && trained >= 0)
        at->parameters[trained] = value;
    return status;
}

static int read_parameters(const struct arguments *arguments, struct evaluation_at *at, struct error *err)
{
    int status = 0;
    const char *text;
    tree_parameter_starts(&at->activation.trained, at->parameters);
    for (int i = 0; (text = arguments_list(arguments, "parameters", i)); i++)
        do
            status = read_parameter(&text, at, err);
        while (!status && *text);
    return status;
}

static int prepare(struct call *call, struct evaluation_at *at, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    int status = expression_read(call, arguments->items[0], &at->activation, err);
    if (!status)
        status = read_parameters(arguments, at, err);
    if (!status)
        status = isa_parse(arguments_text(arguments, "isa", "best"), &at->isa, err);
    at->t = arguments_number(arguments, "t", 1);
    at->single = arguments_flag(arguments, "float");
    if (status || !at->single)
        return status;
    status = tape_new(&at->activation.trained, &at->tape, err);
    if (!status && !(at->scratch = memory_aligned(tape_scratch_bytes(at->tape))))
        status = memory_error(err, "scratch");
    return status;
}

static void add_point(const struct evaluation_at *at, double x, struct output *output)
{
    struct dual f;
    if (at->single) {
        float input = (float)x, value, slope, parameters[TREE_PARAMETERS];
        for (int i = 0; i < TREE_PARAMETERS; i++)
            parameters[i] = (float)at->parameters[i];
        tape_run(at->tape, at->isa, parameters, (float)at->t, 1, &input, &value, &slope, NULL, at->scratch);
        f = (struct dual){value, slope};
        x = input;
    } else {
        f = tree_eval_at(&at->activation.trained, x, (struct surroundings){at->parameters, at->t});
    }
    output_number(output, x, -1);
    output_number(output, f.value, -1);
    output_number(output, f.slope, -1);
}

/* The next word of standard input, its beginning if it is longer than WORD; *zero: it holds a zero byte, behind which a
   string would end. False at the end. */
static bool read_word(char word[WORD + 1], bool *zero)
{
    int length = 0, c = getchar();
    while (c != EOF && isspace(c))
        c = getchar();
    *zero = false;
    for (; c != EOF && !isspace(c); c = getchar()) {
        *zero = *zero || c == 0;
        if (length < WORD)
            word[length++] = (char)c;
    }
    word[length] = '\0';
    return length > 0;
}

/* Numbers separated by white space; an error names the place. */
static int add_input(const struct evaluation_at *at, struct output *output, struct error *err)
{
    char word[WORD + 1];
    bool zero;
    for (int64_t place = 1; read_word(word, &zero); place++) {
        char where[48];
        snprintf(where, sizeof where, "standard input, number %lld", (long long)place);
        if (zero)
            return error_set(err, ERROR_INPUT, where, "take it away, as by tr '\\0' ' '", "it holds a zero byte");
        double x;
        int status = strlen(word) < WORD ? read_number(word, where, &x, err)
                                         : error_set(err, ERROR_INPUT, where, "separate numbers by blanks or new lines",
                                                     "\"%s\" is too long for a number", EXCERPT(word, 40));
        if (status)
            return status;
        add_point(at, x, output);
    }
    return ferror(stdin) ? error_set(err, ERROR_IO, "standard input", NULL, "cannot read: %s", strerror(errno)) : 0;
}

static int add_all(const struct arguments *arguments, const struct evaluation_at *at, struct output *output,
                   struct error *err)
{
    int status = 0;
    if (arguments->count == 1)
        return add_input(at, output, err);
    for (int i = 1; i < arguments->count && !status; i++) {
        char where[32];
        double x;
        snprintf(where, sizeof where, "point %d", i);
        status = read_number(arguments->items[i], where, &x, err);
        if (!status)
            add_point(at, x, output);
    }
    return status;
}

static int run(struct call *call, struct error *err)
{
    struct evaluation_at at = {.tape = NULL};
    struct output *output = NULL;
    enum output_format format = (enum output_format)arguments_choice(call->arguments, "format", OUTPUT_TABLE);
    int status = prepare(call, &at, err);
    if (!status)
        status = output_new(format, &output, err);
    if (!status) {
        output_column(output, "x");
        output_column(output, "f");
        output_column(output, "slope");
        status = add_all(call->arguments, &at, output, err);
    }
    if (!status)
        status = output_finish(output, err);
    if (!status)
        expression_remark(&at.activation);
    output_free(output);
    memory_free(at.scratch);
    tape_free(at.tape);
    return status;
}

const struct command command_apply = {
    .name = "apply",
    .summary = "a function's value and slope at given points",
    .usage = "actsearch apply [options] EXPRESSION [X ...]",
    .description = "Prints x, f(x) and the slope f'(x) for each X, or for the numbers on standard\n"
                   "input, separated by blanks or new lines; inf and nan are numbers too. A table\n"
                   "shows six digits, CSV and JSON all of them; there, what is not finite is empty\n"
                   "or null. With --float, x is rounded to single precision first. What is evaluated\n"
                   "is the form that a search trains; if that is not the one written, a line on\n"
                   "standard error says so (max(x, 0) is trained as relu(x)).\n",
    .examples = "  actsearch apply 'x*sigmoid(x)' -1 0 1.5\n"
                "  seq -3 0.5 3 | actsearch apply gelu --format csv\n"
                "  actsearch apply --t 0.5 '(1-t)*tanh(x) + t*relu(x)' -1 1\n"
                "  actsearch apply --float --parameters p0=2 'x*sigmoid(p0*x)' 1\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = ANY_NUMBER,
    .run = run,
};
