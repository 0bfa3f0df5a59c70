/* actsearch export: a function as C code. */
#include "export/export.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/subject.h"
#include "expr/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SETS = 64, LINE = 400, LINES = 8 };

static const struct option options[] = {
    {"c", 'c', OPTION_FLAG, .help = "as C99 code (the default, and so far the only language)"},
    {"name", 'n', OPTION_TEXT, "NAME",
     .help = "what the functions are called (default: the known name, or activation)"},
    {"output", 'o', OPTION_TEXT, "FILE", .help = "write to a file (default: standard output)"},
    {"header", 'H', OPTION_FLAG, .help = "a header with static inline functions"},
    OPTION_END,
};

/* Lines for the comment at the top, and a set of values for each layer. */
struct material {
    char lines[LINES][LINE];
    const char *provenance[LINES + 1];
    struct export_set sets[SETS];
    char suffixes[SETS][24], remarks[SETS][80];
    int line_count, set_count;
};

__attribute__((format(printf, 2, 3))) static void add_line(struct material *material, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(material->lines[material->line_count], LINE, format, args);
    va_end(args);
    material->provenance[material->line_count] = material->lines[material->line_count];
    material->line_count++;
}

/* The trained values, averaged over the seeds, layer by layer. */
static void collect_sets(const struct store_ticket *stored, struct material *material)
{
    double count[SETS][TREE_PARAMETERS] = {{0}};
    for (ptrdiff_t i = 0; i < stored->parameter_count; i++) {
        const struct store_parameter *p = &stored->parameters[i];
        if (p->layer < 0 || p->layer >= SETS || p->parameter_index >= TREE_PARAMETERS)
            continue;
        struct export_set *set = &material->sets[p->layer];
        double n = ++count[p->layer][p->parameter_index];
        set->values[p->parameter_index] += (p->value - set->values[p->parameter_index]) / n;
        if (p->layer >= material->set_count)
            material->set_count = (int)p->layer + 1;
    }
    for (int i = 0; i < material->set_count; i++) {
        snprintf(material->suffixes[i], sizeof material->suffixes[i], i ? "_layer%d" : "", i + 1);
        snprintf(material->remarks[i], sizeof material->remarks[i],
                 "Activation layer %d: its learned parameters, mean over the seeds.", i + 1);
        material->sets[i].suffix = material->suffixes[i];
        material->sets[i].remark = material->remarks[i];
    }
}

static void collect(const struct subject *subject, struct material *material)
{
    if (subject->name)
        add_line(material, "known as %s", subject->name);
    if (subject->stored) {
        const struct store_run *run = store_run(subject->store);
        const struct store_ticket *stored = subject->stored;
        add_line(material, "proposed as %.300s", stored->proposal.expression);
        add_line(material, "experiment %s, seed %lld, ticket %lld (%s)", run->name, (long long)run->seed,
                 (long long)stored->proposal.ticket, stored->proposal.operator);
        if (stored->evaluation)
            add_line(material, "%s %.6g over %lld seeds, deviation %.2g, validation data", run->metric,
                     stored->evaluation->score, (long long)stored->evaluation->seeds,
                     stored->evaluation->score_deviation);
        add_line(material, "data: %.300s", run->data_description);
        add_line(material, "actsearch %s, %s", run->program_version, run->isa);
        collect_sets(stored, material);
    } else {
        add_line(material, "actsearch %s", ACTSEARCH_VERSION);
    }
}

static int write_code(const struct arguments *arguments, const struct text *code, struct error *err)
{
    const char *path = arguments_text(arguments, "output", NULL);
    if (!path)
        return output_plain(code, err);
    return file_write(path, text_string(code), code->length, err);
}

static int run(struct call *call, struct error *err)
{
    struct subject subject;
    struct text code = TEXT_EMPTY;
    struct material *material = memory_zeroed(1, sizeof *material);
    int status = subject_open(call, &subject, err);
    if (!status && !material)
        status = memory_error(err, "the exported code");
    if (!status) {
        collect(&subject, material);
        struct export_options export = {
            .name = arguments_text(call->arguments, "name", subject.name ? subject.name : "activation"),
            .provenance = material->provenance,
            .sets = material->set_count ? material->sets : NULL,
            .set_count = material->set_count,
            .header = arguments_flag(call->arguments, "header"),
        };
        status = export_c(&subject.tree, &export, &code, err);
    }
    if (!status)
        status = write_code(call->arguments, &code, err);
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
                   "that needs nothing but math.h. TICKET is a number of actsearch top, or best.\n"
                   "Learned parameters become constants: as they were trained (mean over the\n"
                   "seeds, one set of functions for each layer), or where they start.\n",
    .examples = "  actsearch export --c spirals.db best --output activation.c\n"
                "  actsearch export --c --name swish2 'x*sigmoid(2*x)'\n"
                "  actsearch export --c --header mish > mish.h\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run,
};
