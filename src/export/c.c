/* The file around the functions: comment, prototypes, helpers. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/export.h"
#include "export/export_internal.h"
#include "expr/parse.h"
#include "expr/simplify.h"

#include <ctype.h>
#include <string.h>

static const struct precision precisions[] = {{"double", ""}, {"float", "f"}};

/* ---- comments */

/* What would end the comment, or begin another, is broken up; so is a line. */
static void add_comment(const char *line, struct text *out)
{
    for (const char *p = line; *p; p++) {
        text_add_char(out, (unsigned char)*p < ' ' ? ' ' : *p);
        if ((p[0] == '*' && p[1] == '/') || (p[0] == '/' && p[1] == '*'))
            text_add_char(out, ' ');
    }
}

static void comment_line(const char *label, const char *line, struct text *out)
{
    text_addf(out, " * %s", label);
    add_comment(line, out);
    text_add_char(out, '\n');
}

/* now: what the tree is at t = 1 */
static void write_comment(const struct tree *tree, const struct tree *now, const struct export_options *options,
                          struct text *out)
{
    struct text formula = TEXT_EMPTY, at_end = TEXT_EMPTY;
    tree_print(tree, &formula);
    tree_print(now, &at_end);
    text_addf(out, "/* %s: an activation function, written by actsearch.\n *\n", options->name);
    comment_line("f(x) = ", text_string(&formula), out);
    if (tree_contains(tree, OP_t)) {
        text_add(out, " * t is the progress of training, from 0 to 1. The functions below are for inference,\n"
                      " * where t = 1:\n");
        comment_line("f(x) = ", text_string(&at_end), out);
    }
    for (const char *const *line = options->provenance; line && *line; line++)
        comment_line("", *line, out);
    text_add(out, " *\n * C99, needs <math.h> only. This file is free to use for any purpose, without\n"
                  " * conditions. */\n");
    out->failed |= text_failed(&formula) || text_failed(&at_end);
    text_release(&formula);
    text_release(&at_end);
}

/* ---- functions */

/* double NAME_layer2_derivative(double x, const double *p) */
static void write_head(const char *name, const char *suffix, int which, bool with_parameters, struct text *out)
{
    const char *type = precisions[functions_of_a_set[which].single].type;
    text_addf(out, "%s %s%s%s(%s x", type, name, suffix, functions_of_a_set[which].ending, type);
    if (with_parameters)
        text_addf(out, ", const %s *p", type);
    text_add_char(out, ')');
}

static void write_prototypes(const struct export_options *options, const char *suffix, bool with_parameters,
                             struct text *out)
{
    for (int i = 0; i < FUNCTIONS; i++) {
        write_head(options->name, suffix, i, with_parameters, out);
        text_add(out, ";\n");
    }
}

/* The functions themselves: of x alone, or of x and learned parameters. */
static void write_functions(const struct tree *tree, int parameters, const struct export_options *options,
                            struct text *out)
{
    bool with_parameters = parameters > 0;
    if (with_parameters)
        text_addf(out, "\n/* With any values for the learned parameters. p: (%d) */", parameters);
    for (int i = 0; i < FUNCTIONS; i++) {
        text_add(out, options->header ? "\nstatic inline " : "\n");
        write_head(options->name, with_parameters ? "_p" : "", i, with_parameters, out);
        text_add(out, "\n{\n");
        write_body(tree, with_parameters, functions_of_a_set[i].derivative, &precisions[functions_of_a_set[i].single],
                   out);
        text_add(out, "}\n");
    }
}

/* The functions of x alone that hand over a set of values. */
static void write_set(int parameters, const struct export_options *options, const struct export_set *set,
                      struct text *out)
{
    if (set->remark) {
        text_add(out, "\n/* ");
        add_comment(set->remark, out);
        text_add(out, " */");
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        const struct precision *precision = &precisions[functions_of_a_set[i].single];
        text_add(out, options->header ? "\nstatic inline " : "\n");
        write_head(options->name, set->suffix, i, false, out);
        text_addf(out, "\n{\n    const %s p[%d] = {", precision->type, parameters);
        for (int j = 0; j < parameters; j++) {
            text_add(out, j ? ", " : "");
            write_literal(set->values[j], precision, out);
        }
        text_addf(out, "};\n    return %s_p%s(x, p);\n}\n", options->name, functions_of_a_set[i].ending);
    }
}

/* The tree is without t; what it is computed from may have more learned parameters than are left in it. */
static void write_code(const struct tree *tree, int parameters, const struct export_options *options,
                       const struct export_set *sets, int set_count, struct text *out)
{
    struct text code = TEXT_EMPTY;
    bool with_parameters = parameters > 0;
    write_functions(tree, parameters, options, &code);
    for (int i = 0; i < set_count && with_parameters; i++)
        write_set(parameters, options, &sets[i], &code);
    if (!options->header) {
        text_add(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
        for (int i = 0; i < set_count; i++)
            write_prototypes(options, sets[i].suffix, false, out);
        if (with_parameters)
            write_prototypes(options, "_p", true, out);
        text_add(out, "\n#ifdef __cplusplus\n}\n#endif\n");
    }
    write_helpers(text_string(&code), options->header, out);
    text_add(out, text_string(&code));
    out->failed |= text_failed(&code);
    text_release(&code);
}

int export_c(const struct tree *tree, const struct export_options *options, struct text *out, struct error *err)
{
    struct export_set starts = {.suffix = ""};
    struct tree code = *tree;
    tree_parameter_starts(tree, starts.values);
    const struct export_set *sets = options->sets ? options->sets : &starts;
    int status = names_check(options, err);
    if (!status && tree_contains(tree, OP_t))
        status = tree_settle(tree, 1, &code, err);
    if (status)
        return status;
    write_comment(tree, &code, options, out);
    if (options->header)
        text_addf(out, "#ifndef ACTSEARCH_EXPORT_%s_H\n#define ACTSEARCH_EXPORT_%s_H\n", options->name, options->name);
    text_add(out, "\n#include <math.h>\n");
    write_code(&code, tree_parameter_count(tree), options, sets, options->sets ? options->set_count : 1, out);
    if (options->header)
        text_add(out, "\n#endif\n");
    return text_failed(out) ? memory_error(err, "the exported code") : 0;
}
