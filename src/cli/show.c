/* actsearch show: what is known of a function. */
#include "base/error.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/leaderboard.h"
#include "cli/output.h"
#include "cli/plot.h"
#include "cli/subject.h"
#include "cli/terminal.h"
#include "expr/catalogue.h"
#include "expr/derive.h"
#include "expr/parse.h"
#include "expr/properties.h"
#include "expr/simplify.h"
#include "kernel/moments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"from", 0, OPTION_NUMBER, "X", .help = "left end of the plot (default -6)", .min = -1e6, .max = 1e6},
    {"to", 0, OPTION_NUMBER, "X", .help = "right end of the plot (default 6)", .min = -1e6, .max = 1e6},
    {"ascii", 0, OPTION_FLAG, .help = "plot with ASCII characters only"},
    {"no-plot", 0, OPTION_FLAG, .help = "leave the plot out"},
    OPTION_FORMAT,
    OPTION_END,
};

/* All that is said of a function itself, worked out once for every format. */
struct facts {
    struct text formula, simplified, derivative;
    struct properties properties;
    struct moments moments;
    enum rejection rejection;
    int parameters, cost;
};

static int print_tree(const struct tree *tree, struct text *out, struct error *err)
{
    tree_print(tree, out);
    return text_failed(out) ? memory_error(err, "a formula") : 0;
}

static int find_facts(const struct subject *subject, struct facts *facts, struct error *err)
{
    struct tree simplified, derivative;
    int status = tree_simplify(&subject->tree, &simplified, err);
    if (!status)
        status = print_tree(&subject->tree, &facts->formula, err);
    if (!status)
        status = print_tree(&simplified, &facts->simplified, err);
    if (!status) {
        struct error ignored = ERROR_EMPTY;
        if (tree_derivative(&subject->tree, &derivative, &ignored) == 0)
            status = print_tree(&derivative, &facts->derivative, err);
        else
            text_add(&facts->derivative, "(too long to be written down)");
    }
    if (status)
        return status;
    tree_properties(&subject->tree, &facts->properties);
    facts->moments = moments_normal(&subject->tree, NULL, 0, 1);
    facts->rejection = tree_screen(&subject->tree);
    facts->parameters = tree_parameter_count(&subject->tree);
    facts->cost = tree_cost(&simplified);
    return 0;
}

/* Gain of moment-matched initialisation: what unit-variance inputs must be multiplied by. */
static double gain(const struct moments *moments)
{
    return 1 / sqrt(moments->square);
}

static void add_shape(const struct facts *facts, struct text *out)
{
    const struct properties *p = &facts->properties;
    const char *separator = "";
    const struct {
        bool holds;
        const char *word;
    } words[] = {
        {p->increasing, "increasing"},
        {p->decreasing, "decreasing"},
        {p->odd, "odd"},
        {p->even, "even"},
        {p->smooth, "smooth"},
        {!p->smooth, "with kinks"},
        {p->bounded_left, "bounded on the left"},
        {p->bounded_right, "bounded on the right"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!words[i].holds)
            continue;
        text_addf(out, "%s%s", separator, words[i].word);
        separator = ", ";
    }
    text_add_char(out, '\n');
}

static void add_facts(const struct subject *subject, const struct facts *facts, struct text *out)
{
    const struct properties *p = &facts->properties;
    if (subject->name) {
        const struct known *known = catalogue_by_name(subject->catalogue, subject->name);
        text_addf(out, "this is %s: %s\n", known->name, known->remark);
    }
    text_addf(out, "f(x)   = %s\n", text_string(&facts->formula));
    if (strcmp(text_string(&facts->formula), text_string(&facts->simplified)) != 0)
        text_addf(out, "       = %s\n", text_string(&facts->simplified));
    text_addf(out, "f'(x)  = %s\n\n", text_string(&facts->derivative));
    if (facts->rejection != REJECT_NONE)
        text_addf(out, "a search would reject it: %s\n", rejection_reason(facts->rejection));
    if (!p->finite)
        return;
    text_add(out, "shape    ");
    add_shape(facts, out);
    text_addf(out, "on [-8, 8]: from %.6g at %.3g to %.6g at %.3g; slopes from %.3g to %.3g in size\n", p->min,
              p->min_at, p->max, p->max_at, p->flattest, p->steepest);
    text_addf(out, "at 0     f = %.6g, f' = %.6g; far out: %.4g and %.4g\n", p->at_zero, p->slope_at_zero,
              p->left_limit, p->right_limit);
    text_addf(out, "N(0,1)   mean %.6g, mean square %.6g, mean squared slope %.6g, gain %.6g\n", facts->moments.mean,
              facts->moments.square, facts->moments.slope_square, gain(&facts->moments));
    text_addf(out, "cost     about %d additions an element, %d learned parameter%s\n", facts->cost, facts->parameters,
              facts->parameters == 1 ? "" : "s");
}

static void add_scores(const struct subject *subject, struct text *out)
{
    const struct store_ticket *stored = subject->stored;
    const struct store_proposal *proposal = &stored->proposal;
    text_addf(out, "\nticket %lld of %s: %s by %s\n", (long long)proposal->ticket, subject->database, proposal->outcome,
              proposal->operator);
    if (proposal->reason)
        text_addf(out, "reason   %s\n", proposal->reason);
    const struct store_evaluation *evaluation = stored->evaluation;
    if (!evaluation)
        return;
    if (strcmp(evaluation->outcome, STORE_OK) == 0)
        text_addf(out, "%s %.6g, deviation %.2g over %lld seed%s\n", store_run(subject->store)->metric,
                  evaluation->score, evaluation->score_deviation, (long long)evaluation->seeds,
                  evaluation->seeds == 1 ? "" : "s");
    for (ptrdiff_t i = 0; i < stored->trial_count; i++) {
        const struct store_trial *trial = &stored->trials[i];
        text_addf(out, "  seed %lld: %s", (long long)trial->seed_index, trial->outcome);
        if (strcmp(trial->outcome, STORE_OK) == 0)
            text_addf(out, ", accuracy %.4f, validation loss %.4f, train loss %.4f", trial->validation_accuracy,
                      trial->validation_loss, trial->train_loss);
        text_add_char(out, '\n');
    }
    for (ptrdiff_t i = 0; i < stored->parameter_count; i++) {
        const struct store_parameter *p = &stored->parameters[i];
        text_addf(out, "  seed %lld, activation layer %lld: p%lld = %.6g\n", (long long)p->seed_index,
                  (long long)p->layer + 1, (long long)p->parameter_index, p->value);
    }
}

/* Ancestors, indented by generation. */
static int add_lineage(const struct subject *subject, struct text *out, struct error *err)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT generation, ancestor, operator, function, score FROM lineage WHERE ticket = %lld "
             "AND generation > 0 ORDER BY generation, ancestor LIMIT 40",
             (long long)subject->stored->proposal.ticket);
    struct store_query *query = NULL;
    int status = store_query_new(subject->store, sql, &query, err);
    bool row = false, first = true;
    while (!status && !(status = store_query_next(query, &row, err)) && row) {
        if (first)
            text_add(out, "\ndescends from\n");
        first = false;
        struct store_cell score = store_query_cell(query, 4), name = store_query_cell(query, 3);
        text_addf(out, "  %*s%lld  %s", (int)(2 * (store_query_cell(query, 0).integer - 1)), "",
                  (long long)store_query_cell(query, 1).integer, name.text ? name.text : "");
        if (score.kind == STORE_CELL_REAL)
            text_addf(out, "  %.4f", score.real);
        text_addf(out, "  (%s)\n", store_query_cell(query, 2).text);
    }
    store_query_free(query);
    return status;
}

static int print_text(const struct call *call, const struct subject *subject, const struct facts *facts,
                      struct error *err)
{
    const struct arguments *arguments = call->arguments;
    struct text out = TEXT_EMPTY;
    add_facts(subject, facts, &out);
    int width = terminal_width(STDOUT_FILENO);
    struct plot_options plot = {
        .left = arguments_number(arguments, "from", -6),
        .right = arguments_number(arguments, "to", 6),
        .columns = width && width < 80 ? (width > 30 ? width - 9 : 21) : 71,
        .rows = 18,
        .utf8 = !arguments_flag(arguments, "ascii") && terminal_is_utf8(),
    };
    int status = 0;
    if (plot.left >= plot.right)
        status =
            error_set(err, ERROR_USAGE, "--from", "swap them", "the left end of the plot is not left of the right one");
    if (!status && !arguments_flag(arguments, "no-plot")) {
        text_add_char(&out, '\n');
        plot_function(&subject->tree, NULL, &plot, &out);
    }
    if (!status && subject->stored) {
        add_scores(subject, &out);
        status = add_lineage(subject, &out, err);
    }
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

static int print_record(const struct subject *subject, const struct facts *facts, enum output_format format,
                        struct error *err)
{
    static const char *const columns[] = {
        "name",       "formula", "simplified", "derivative", "rejected", "min",         "max",
        "increasing", "odd",     "even",       "smooth",     "mean",     "mean_square", "mean_square_slope",
        "gain",       "cost",    "parameters", "ticket",     "outcome",  "score",       "score_deviation",
    };
    const struct properties *p = &facts->properties;
    const struct store_ticket *stored = subject->stored;
    struct output *output;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        output_column(output, columns[i]);
    output_text(output, subject->name);
    output_text(output, text_string(&facts->formula));
    output_text(output, text_string(&facts->simplified));
    output_text(output, text_string(&facts->derivative));
    output_text(output, facts->rejection == REJECT_NONE ? NULL : rejection_reason(facts->rejection));
    output_number(output, p->finite ? p->min : NAN, -1);
    output_number(output, p->finite ? p->max : NAN, -1);
    output_integer(output, p->increasing);
    output_integer(output, p->odd);
    output_integer(output, p->even);
    output_integer(output, p->smooth);
    output_number(output, facts->moments.mean, -1);
    output_number(output, facts->moments.square, -1);
    output_number(output, facts->moments.slope_square, -1);
    output_number(output, gain(&facts->moments), -1);
    output_integer(output, facts->cost);
    output_integer(output, facts->parameters);
    if (stored)
        output_integer(output, stored->proposal.ticket);
    else
        output_missing(output);
    output_text(output, stored ? stored->proposal.outcome : NULL);
    output_number(output, stored && stored->evaluation ? stored->evaluation->score : NAN, -1);
    output_number(output, stored && stored->evaluation ? stored->evaluation->score_deviation : NAN, -1);
    status = output_finish(output, err);
    output_free(output);
    return status;
}

static int run(struct call *call, struct error *err)
{
    enum output_format format = (enum output_format)arguments_choice(call->arguments, "format", OUTPUT_TABLE);
    struct subject subject;
    struct facts facts = {.formula = TEXT_EMPTY};
    int status = subject_open(call, &subject, err);
    if (!status)
        status = find_facts(&subject, &facts, err);
    if (!status)
        status = format == OUTPUT_TABLE ? print_text(call, &subject, &facts, err)
                                        : print_record(&subject, &facts, format, err);
    text_release(&facts.formula);
    text_release(&facts.simplified);
    text_release(&facts.derivative);
    subject_release(&subject);
    return status;
}

const struct command command_show = {
    .name = "show",
    .summary = "what is known of a function, with a plot",
    .usage = "actsearch show [options] DATABASE TICKET | EXPRESSION",
    .description = "Prints formula, simplified form, derivative, shape, moments under N(0,1), a plot\n"
                   "of f and f', and for a candidate of a database its scores, its learned\n"
                   "parameters and its ancestors. TICKET is a number of actsearch top, or best.\n"
                   "EXPRESSION may be the name of a known function.\n",
    .examples = "  actsearch show mish\n"
                "  actsearch show 'max(0, x) + 0.1*sin(x)' --from -10 --to 10\n"
                "  actsearch show spirals.db best\n"
                "  actsearch show --format json gelu\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run,
};
