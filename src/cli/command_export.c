/* actsearch export: a function as C code. */
#include "export/export.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/subject.h"
#include "display/output.h"
#include "expr/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SETS = 64, LINE = 400, LINES = 8 };

static const struct option options[] = {
    {"c", 'c', OPTION_FLAG, .help = "as C99 code (the default, and so far the only language)"},
    {"name", 'n', OPTION_TEXT, "NAME",
     .help = "what the functions are called (default: the known name, or activation)"},
    {"output", 'o', OPTION_TEXT, "FILE", .help = "write to a file (default, and -: standard output)"},
    {"header", 'H', OPTION_FLAG, .help = "a header with static inline functions"},
    OPTION_END,
};

/* Lines for the comment at the top, and sets of values for the learned parameters. */
struct material {
    char name[EXPORT_NAME_SIZE];
    char lines[LINES][LINE];
    const char *provenance[LINES + 1];
    struct export_set sets[SETS + 1]; /* the mean over the layers, then each layer */
    char suffixes[SETS + 1][32], remarks[SETS + 1][120];
    int line_count, set_count;
};

__attribute__((format(printf, 2, 3))) static void add_line(struct material *material, const char *format, ...)
{
    /* It goes into a comment, so it must be one line of text. */
    struct text line = TEXT_EMPTY;
    va_list args;
    va_start(args, format);
    text_add_line(&line, format, args);
    va_end(args);
    unicode_excerpt(text_string(&line), LINE - 4, material->lines[material->line_count]);
    text_release(&line);
    material->provenance[material->line_count] = material->lines[material->line_count];
    material->line_count++;
}

/* The trained values, averaged over the seeds and, since one function has one set, over the channels;
   SUBJECT_ALL: over the layers too. */
static void add_set(const struct subject *subject, int64_t layer, struct material *material)
{
    int k = material->set_count++, count = tree_parameter_count(&subject->activation.trained);
    struct export_set *set = &material->sets[k];
    for (int j = 0; j < count; j++)
        set->values[j] = subject_parameter(subject, layer, j).mean;
    if (layer != SUBJECT_ALL) {
        snprintf(material->suffixes[k], sizeof material->suffixes[k], "_layer%lld", (long long)layer + 1);
        snprintf(material->remarks[k], sizeof material->remarks[k],
                 "With the learned parameters of activation layer %lld, mean over the seeds%s.", (long long)layer + 1,
                 subject_parameter(subject, layer, 0).channels ? " and its channels" : "");
    } else {
        snprintf(material->remarks[k], sizeof material->remarks[k],
                 "With the learned parameters as they were trained, mean over %s.", subject_average(subject));
    }
    set->suffix = material->suffixes[k];
    set->remark = material->remarks[k];
}

static void collect_sets(const struct subject *subject, struct material *material)
{
    int64_t layers = subject_layers(subject);
    if (!subject->trained)
        return;
    add_set(subject, SUBJECT_ALL, material);
    for (int64_t layer = 0; layer < layers && layers > 1 && layer < SETS && !subject_is_shared(subject); layer++)
        if (subject_parameter(subject, layer, 0).count > 0)
            add_set(subject, layer, material);
}

static void collect_provenance(const struct subject *subject, struct material *material)
{
    const struct store_run *run = subject->source.run;
    const struct store_proposal *proposal = &subject->stored->proposal;
    const struct result *result = &subject->evaluation->result;
    if (subject->functions > 1)
        add_line(material, "function %d of %d: %.300s", subject->function + 1, subject->functions,
                 proposal->simplified);
    if (strcmp(proposal->expression, proposal->simplified) != 0)
        add_line(material, "proposed as %.300s", proposal->expression);
    add_line(material, "experiment %.200s, seed %lld, ticket %lld (by %.60s)", run->name, (long long)run->seed,
             (long long)proposal->ticket, proposal->operator);
    if (isfinite(result_score_deviation(result)))
        add_line(material, "score %.6g by %s (higher is better), deviation %.2g over %d seeds", result_score(result),
                 run->metric, result_score_deviation(result), result->seeds);
    else if (isfinite(result_score(result)))
        add_line(material, "score %.6g by %s (higher is better), one seed", result_score(result), run->metric);
    add_line(material, "database %.200s, data %.150s", subject->database, run->data_description);
    add_line(material, "actsearch %s, %s", run->program_version, run->isa);
}

static void collect(const struct subject *subject, struct material *material)
{
    export_name_for(subject->name ? subject->name : "activation", material->name);
    if (subject->name)
        add_line(material, "known as %s", subject->name);
    if (activation_is_rewritten(&subject->activation)) {
        struct text written = TEXT_EMPTY;
        tree_print(&subject->activation.written, &written);
        add_line(material, "written as %.300s; what a search trains is this", text_string(&written));
        text_release(&written);
    }
    if (subject->stored)
        collect_provenance(subject, material);
    else
        add_line(material, "actsearch %s", ACTSEARCH_VERSION);
    if (subject->stored)
        collect_sets(subject, material);
}

static int run(struct call *call, struct error *err)
{
    struct subject subject;
    struct text code = TEXT_EMPTY;
    bool is_file;
    struct material *material = memory_zeroed(1, sizeof *material);
    int status = subject_open(call, &subject, err);
    if (!status)
        status = subject_check_chosen(&subject, err);
    if (!status && !material)
        status = memory_error(err, "the exported code");
    if (!status) {
        collect(&subject, material);
        struct export_options export = {
            .name = arguments_text(call->arguments, "name", material->name),
            .provenance = material->provenance,
            .sets = material->set_count ? material->sets : NULL,
            .set_count = material->set_count,
            .header = arguments_flag(call->arguments, "header"),
        };
        status = export_code(export_language("c"), &subject.activation.trained, &export, &code, err);
    }
    if (!status)
        status = output_file(arguments_text(call->arguments, "output", NULL), &code, &is_file, err);
    text_release(&code);
    memory_free(material);
    subject_release(&subject);
    return status;
}

const struct command command_export = {
    .name = "export",
    .summary = "a function as C code",
    .usage = "actsearch export [options] DATABASE TICKET | EXPRESSION",
    .description = "Prints C99 code for the function and its derivative, in double and in float,\n"
                   "that needs nothing but math.h. TICKET is a number of actsearch top, or best,\n"
                   "which means its first row.\n"
                   "Learned parameters become constants: where they start, or as they were trained,\n"
                   "mean over seeds, layers and channels, and once more for each layer\n"
                   "(NAME_layer1, ...); NAME_p() takes any values for them.\n",
    .examples = "  actsearch export --c spirals.db best --output activation.c\n"
                "  actsearch export --c --name swish2 'x*sigmoid(2*x)'\n"
                "  actsearch export --c --header mish > mish.h\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run,
};
