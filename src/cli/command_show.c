/* actsearch show: what is known of a function. */
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/facts.h"
#include "cli/subject.h"
#include "display/json_writer.h"
#include "display/lineage.h"
#include "display/output.h"
#include "display/plot.h"
#include "display/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- for a person */

static void add_trials(const struct evaluation *evaluation, struct text *out)
{
    for (ptrdiff_t i = 0; i < evaluation->trial_count; i++) {
        const struct trial *trial = &evaluation->trials[i];
        text_addf(out, "  seed %d: %s", trial->seed_index, outcome_name(trial->outcome));
        for (int m = 0; m < MEASURES; m++) {
            char shown[64];
            double value = measure_value(&trial->validation, m);
            snprintf(shown, sizeof shown, measure_table[m].shown, value);
            text_addf(out, "%s%s", isfinite(value) ? ", " : "", isfinite(value) ? shown : "");
        }
        if (isfinite(trial->train_loss))
            text_addf(out, ", train loss %.4f", trial->train_loss);
        text_addf(out, ", %d epoch%s\n", trial->epochs, trial->epochs == 1 ? "" : "s");
    }
}

/* Behind who has them. Of channels there may be hundreds: their mean, and from where to where they go. */
static void add_parameters(const struct subject *subject, int64_t layer, struct text *out)
{
    int count = tree_parameter_count(&subject->activation.trained);
    bool seeds = subject->evaluation->trial_count > 1, channels = subject_parameter(subject, layer, 0).channels > 0;
    for (int j = 0; j < count; j++) {
        struct subject_parameter p = subject_parameter(subject, layer, j);
        text_addf(out, "%s p%d = %.6g", j ? "," : "", j, p.mean);
        if (channels)
            text_addf(out, " [%.4g to %.4g]", p.least, p.largest);
    }
    text_add(out, channels && seeds ? " (mean [range] over channels and seeds)\n"
                  : channels        ? " (mean [range] over the channels)\n"
                  : seeds           ? " (mean over the seeds)\n"
                                    : "\n");
}

/* Layers are counted from 1 for people. */
static void add_trained(const struct subject *subject, struct text *out)
{
    int64_t layers = subject_layers(subject);
    if (subject_is_shared(subject)) {
        text_add(out, "  all activation layers together:");
        add_parameters(subject, SUBJECT_ALL, out);
        return;
    }
    for (int64_t layer = 0; layer < layers; layer++) {
        if (subject_parameter(subject, layer, 0).count == 0)
            continue; /* it holds another function of the candidate */
        int64_t channels = subject_parameter(subject, layer, 0).channels;
        text_addf(out, "  activation layer %lld", (long long)layer + 1);
        if (channels)
            text_addf(out, ", %lld channels", (long long)channels);
        text_add_char(out, ':');
        add_parameters(subject, layer, out);
    }
}

/* Of a database of one run, there is nothing to say about where a ticket is from. */
static bool is_merged(const struct subject *subject)
{
    return subject->source.run != store_run(subject->store);
}

static void add_stored(const struct subject *subject, struct text *out)
{
    const struct store_proposal *proposal = &subject->stored->proposal;
    const struct evaluation *evaluation = subject->stored->evaluation;
    text_add_char(out, '\n');
    if (subject->asked != proposal->ticket)
        text_addf(out, "ticket %lld is the same function as an earlier one, which was trained:\n",
                  (long long)subject->asked);
    text_addf(out, "ticket %lld of %s: by %s", (long long)proposal->ticket, subject->database, proposal->operator);
    if (proposal->reason)
        text_addf(out, ", rejected: %s", proposal->reason);
    text_add_char(out, '\n');
    if (is_merged(subject))
        text_addf(out, "  ticket %lld of run %lld: %s, seed %lld\n", (long long)subject->source.ticket,
                  (long long)subject->source.number, subject->source.run->name, (long long)subject->source.run->seed);
    if (subject->functions > 1)
        text_addf(out, "  function %d of %d: %s\n", subject->function + 1, subject->functions, proposal->simplified);
    if (strcmp(proposal->expression, proposal->simplified) != 0)
        text_addf(out, "  proposed as %s\n", proposal->expression);
    if (!evaluation)
        return;
    const struct result *result = &evaluation->result;
    text_addf(out, "  %s", outcome_name(result->outcome));
    if (isfinite(result_score(result)))
        text_addf(out, ": score %.6g", result_score(result));
    if (isfinite(result_score_deviation(result)))
        text_addf(out, ", deviation %.2g", result_score_deviation(result));
    text_addf(out, ", %d seed%s, by %s (higher is better)\n", result->seeds, result->seeds == 1 ? "" : "s",
              subject->source.run->metric);
    add_trials(evaluation, out);
    add_trained(subject, out);
}

static int find_plot(const struct arguments *arguments, struct plot_options *plot, struct error *err)
{
    *plot = (struct plot_options){
        .left = arguments_number(arguments, "from", -6),
        .right = arguments_number(arguments, "to", 6),
        .columns = terminal_plot_width(STDOUT_FILENO),
        .rows = 19,
        .utf8 = !arguments_flag(arguments, "ascii") && terminal_is_utf8(),
        .colour = terminal_has_colours(STDOUT_FILENO),
    };
    double width_of_x = plot->right - plot->left;
    if (width_of_x > 1e-9 * fmax(fabs(plot->left), fabs(plot->right)))
        return 0;
    return error_set(err, ERROR_USAGE, "--from, --to", "the left end comes first, as in --from -6 --to 6",
                     "there is nothing between %g and %g", plot->left, plot->right);
}

static void add_plots(const struct subject *subject, const struct plot_options *plot, struct text *out)
{
    struct tree first = tree_frozen(&subject->activation.trained, 0);
    bool has_t = tree_contains(&subject->activation.trained, OP_t);
    text_add_char(out, '\n');
    plot_function(&subject->activation.trained, subject->trained ? subject->parameters : NULL, plot, out);
    if (has_t)
        text_add(out, "  at t = 1, as it is after training\n");
    if (subject->trained)
        text_addf(out, "  with the learned parameters as they were trained, mean over %s\n", subject_average(subject));
    if (!has_t)
        return;
    text_add_char(out, '\n');
    plot_function(&first, NULL, plot, out);
    text_add(out, "  at t = 0, where training begins\n");
}

static int print_text(const struct call *call, const struct subject *subject, const struct facts *facts,
                      const struct lineage *lineage, struct error *err)
{
    struct plot_options plot;
    int status = find_plot(call->arguments, &plot, err);
    if (status)
        return status;
    struct text out = TEXT_EMPTY, plots = TEXT_EMPTY;
    facts_add_formulas(facts, subject, &out);
    status = output_plain(&out, err);
    text_clear(&out);
    if (!arguments_flag(call->arguments, "no-plot"))
        add_plots(subject, &plot, &plots);
    if (!status)
        status = output_exact(&plots, err); /* its colours are control characters */
    text_release(&plots);
    text_add_char(&out, '\n');
    facts_add_lines(facts, &out);
    if (subject->stored)
        add_stored(subject, &out);
    lineage_add_tree(lineage, plot.utf8, &out);
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

/* ---- for a program */

static void add_trial_json(const struct trial *trial, struct text *out)
{
    member_separator(out);
    text_add(out, "{");
    member_integer(out, "seed", trial->seed_index);
    member_text(out, "outcome", outcome_name(trial->outcome));
    member_number(out, "score", trial->score);
    for (int m = 0; m < MEASURES; m++) {
        char key[40];
        snprintf(key, sizeof key, "validation_%s", measure_table[m].name);
        member_number(out, key, measure_value(&trial->validation, m));
    }
    member_number(out, "train_loss", trial->train_loss);
    member_integer(out, "epochs", trial->epochs);
    text_add(out, "}");
}

/* null: all of them together */
static void add_number_or_all(const char *key, int64_t number, struct text *out)
{
    if (number == LEARNED_BY_ALL)
        member_text(out, key, NULL);
    else
        member_integer(out, key, number);
}

static void add_parameters_json(const struct subject *subject, struct text *out)
{
    const struct evaluation *evaluation = subject->evaluation;
    member_key(out, "parameters");
    text_add(out, "[");
    for (ptrdiff_t i = 0; i < evaluation->parameter_count; i++) {
        const struct learned *p = &evaluation->parameters[i];
        member_separator(out);
        text_add(out, "{");
        member_integer(out, "seed", p->seed_index);
        if (subject->functions > 1)
            member_integer(out, "function", p->function + 1);
        add_number_or_all("layer", p->layer, out);
        add_number_or_all("channel", p->channel, out);
        member_integer(out, "index", p->index);
        member_number(out, "value", p->value);
        text_add(out, "}");
    }
    text_add(out, "]");
}

static void add_stored_members(const struct subject *subject, const struct lineage *lineage, struct text *out)
{
    const struct store_ticket *stored = subject->stored;
    const struct evaluation *evaluation = subject->evaluation;
    member_text(out, "database", subject->database);
    member_text(out, "experiment", subject->source.run->name);
    member_integer(out, "ticket", stored->proposal.ticket);
    member_integer(out, "asked", subject->asked);
    if (subject->functions > 1)
        member_integer(out, "function", subject->function + 1);
    member_integer(out, "run", subject->source.number);
    member_integer(out, "run_ticket", subject->source.ticket);
    member_integer(out, "seed", subject->source.run->seed);
    member_text(out, "operator", stored->proposal.operator);
    member_text(out, "proposed_as", stored->proposal.expression);
    member_text(out, "outcome",
                stored->evaluation ? outcome_name(evaluation->result.outcome) : stored->proposal.outcome);
    member_text(out, "reason", stored->proposal.reason);
    member_text(out, "metric", subject->source.run->metric);
    member_number(out, "score", result_score(&evaluation->result));
    member_number(out, "score_deviation", result_score_deviation(&evaluation->result));
    member_key(out, "trials");
    text_add(out, "[");
    for (ptrdiff_t i = 0; i < evaluation->trial_count; i++)
        add_trial_json(&evaluation->trials[i], out);
    text_add(out, "]");
    add_parameters_json(subject, out);
    member_key(out, "lineage");
    lineage_add_json(lineage, out);
}

static int print_json(const struct subject *subject, const struct facts *facts, const struct lineage *lineage,
                      struct error *err)
{
    struct text out = TEXT_EMPTY;
    text_add(&out, "{");
    facts_add_members(facts, subject, &out);
    if (subject->stored)
        add_stored_members(subject, lineage, &out);
    text_add(&out, "}\n");
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

struct text_cell {
    const char *column, *text; /* NULL: none */
};
struct number_cell {
    const char *column;
    double value; /* NaN: none */
};

static int print_row(const struct text_cell *texts, int text_count, const struct number_cell *numbers, int number_count,
                     struct error *err)
{
    struct output *output;
    int status = output_new(OUTPUT_CSV, &output, err);
    if (status)
        return status;
    for (int i = 0; i < text_count; i++)
        output_column(output, texts[i].column);
    for (int i = 0; i < number_count; i++)
        output_column(output, numbers[i].column);
    for (int i = 0; i < text_count; i++)
        output_text(output, texts[i].text);
    for (int i = 0; i < number_count; i++)
        output_number(output, numbers[i].value, -1);
    status = output_finish(output, err);
    output_free(output);
    return status;
}

/* The facts that fit into one row. */
static int print_csv(const struct subject *subject, const struct facts *facts, struct error *err)
{
    const struct properties *p = &facts->properties;
    const struct store_ticket *stored = subject->stored;
    const struct text_cell texts[] = {
        {"name", subject->name},
        {"formula", text_string(&facts->formula)},
        {"simplified", text_string(&facts->simplified)},
        {"derivative", facts->derivative.length ? text_string(&facts->derivative) : NULL},
        {"rejected", facts_rejection(facts)},
        {"outcome", stored ? stored->proposal.outcome : NULL},
    };
    const struct number_cell numbers[] = {
        {"min", p->finite ? p->min : NAN},
        {"max", p->finite ? p->max : NAN},
        {"mean", facts->moments.mean},
        {"mean_square", facts->moments.square},
        {"mean_square_slope", facts->moments.slope_square},
        {"gain", facts->gain},
        {"cost", facts->cost},
        {"parameters", facts->parameters},
        {"ticket", stored ? (double)stored->proposal.ticket : NAN},
        {"score", result_score(&subject->evaluation->result)},
        {"score_deviation", result_score_deviation(&subject->evaluation->result)},
    };
    enum { TEXTS = sizeof texts / sizeof *texts, NUMBERS = sizeof numbers / sizeof *numbers };
    return print_row(texts, TEXTS, numbers, NUMBERS, err);
}

static int run(struct call *call, struct error *err)
{
    enum output_format format = (enum output_format)arguments_choice(call->arguments, "format", OUTPUT_TABLE);
    struct subject subject;
    struct facts facts = FACTS_EMPTY;
    struct lineage lineage = LINEAGE_EMPTY;
    int status = subject_open(call, &subject, err);
    if (!status)
        status = subject_check_chosen(&subject, err);
    if (!status)
        status = facts_find(&subject.activation, &facts, err);
    if (!status && subject.stored)
        status = lineage_read(subject.store, subject.stored->proposal.ticket, &lineage, err);
    if (!status && format == OUTPUT_TABLE)
        status = print_text(call, &subject, &facts, &lineage, err);
    else if (!status && format == OUTPUT_JSON)
        status = print_json(&subject, &facts, &lineage, err);
    else if (!status)
        status = print_csv(&subject, &facts, err);
    lineage_release(&lineage);
    facts_release(&facts);
    subject_release(&subject);
    return status;
}

const struct command command_show = {
    .name = "show",
    .summary = "what is known of a function, with a plot",
    .usage = "actsearch show [options] DATABASE TICKET | EXPRESSION",
    .description = "Prints formula, the form that is trained, derivative, a plot of f and f', shape,\n"
                   "moments under N(0,1) with the gain for moment-matched weights, and for a\n"
                   "candidate of a database its scores, its learned parameters and its ancestors.\n"
                   "JSON has all of it but the plot, CSV what fits into a row. TICKET is a number of\n"
                   "actsearch top, or best, which means its first row. EXPRESSION may be the name\n"
                   "of a known function.\n"
                   "All is said of the form that a search trains, which may not be the one written.\n",
    .examples = "  actsearch show mish\n"
                "  actsearch show 'max(0, x) + 0.1*sin(x)' --from -10 --to 10\n"
                "  actsearch show spirals.db best\n"
                "  actsearch show --format json gelu\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run,
};
