/* C99 as a language of export: its statements, and the file around the functions: comment, prototypes, helpers. */
#include "base/text.h"
#include "export/c_internal.h"
#include "expr/parse.h"

/* ---- expressions and statements */

static void write_choice(const char *condition, const char *yes, const char *no, struct text *out)
{
    text_addf(out, "%s ? %s : %s", condition, yes, no);
}

static void write_parameter(int index, const struct precision *precision, struct text *out)
{
    text_addf(out, "    const %s p%d = p[%d];\n", precision->type, index, index);
}

static void write_unused(const char *argument, struct text *out)
{
    text_addf(out, "    (void)%s;\n", argument);
}

static void write_assignment(const char *name, const char *value, const struct precision *precision, struct text *out)
{
    text_addf(out, "    const %s %s = %s;\n", precision->type, name, value);
}

static void write_result(const char *value, struct text *out)
{
    text_addf(out, "    return %s;\n", value);
}

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

static void write_comment(const struct exported *exported, struct text *out)
{
    struct text formula = TEXT_EMPTY, at_end = TEXT_EMPTY;
    tree_print(exported->written, &formula);
    tree_print(exported->tree, &at_end);
    text_addf(out, "/* %s: an activation function, written by actsearch.\n *\n", exported->options->name);
    comment_line("f(x) = ", text_string(&formula), out);
    if (tree_contains(exported->written, OP_t)) {
        text_add(out, " * t is the progress of training, from 0 to 1. The functions below are for inference,\n"
                      " * where t = 1:\n");
        comment_line("f(x) = ", text_string(&at_end), out);
    }
    for (const char *const *line = exported->options->provenance; line && *line; line++)
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
    const char *type = c_functions[which].precision->type;
    text_addf(out, "%s %s%s%s(%s x", type, name, suffix, c_functions[which].ending, type);
    if (with_parameters)
        text_addf(out, ", const %s *p", type);
    text_add_char(out, ')');
}

static void write_prototypes(const struct export_options *options, const char *suffix, bool with_parameters,
                             struct text *out)
{
    for (int i = 0; i < C_FUNCTIONS; i++) {
        write_head(options->name, suffix, i, with_parameters, out);
        text_add(out, ";\n");
    }
}

/* The functions themselves: of x alone, or of x and learned parameters. Returns the helpers that they call. */
static unsigned write_functions(const struct exported *exported, struct text *out)
{
    const struct export_options *options = exported->options;
    bool with_parameters = exported->parameters > 0;
    unsigned helpers = 0;
    if (with_parameters)
        text_addf(out, "\n/* With any values for the learned parameters. p: (%d) */", exported->parameters);
    for (int i = 0; i < C_FUNCTIONS; i++) {
        struct exported_function function = {.tree = exported->tree,
                                             .derivative = c_functions[i].derivative,
                                             .with_parameters = with_parameters,
                                             .precision = c_functions[i].precision};
        text_add(out, options->header ? "\nstatic inline " : "\n");
        write_head(options->name, with_parameters ? "_p" : "", i, with_parameters, out);
        text_add(out, "\n{\n");
        helpers |= export_body(&language_c, &function, out);
        text_add(out, "}\n");
    }
    return helpers;
}

/* The functions of x alone that hand over a set of values. */
static void write_set(const struct exported *exported, const struct export_set *set, struct text *out)
{
    const struct export_options *options = exported->options;
    if (set->remark) {
        text_add(out, "\n/* ");
        add_comment(set->remark, out);
        text_add(out, " */");
    }
    for (int i = 0; i < C_FUNCTIONS; i++) {
        const struct precision *precision = c_functions[i].precision;
        text_add(out, options->header ? "\nstatic inline " : "\n");
        write_head(options->name, set->suffix, i, false, out);
        text_addf(out, "\n{\n    const %s p[%d] = {", precision->type, exported->parameters);
        for (int j = 0; j < exported->parameters; j++) {
            text_add(out, j ? ", " : "");
            c_literal(set->values[j], precision, out);
        }
        text_addf(out, "};\n    return %s_p%s(x, p);\n}\n", options->name, c_functions[i].ending);
    }
}

static void write_all_prototypes(const struct exported *exported, struct text *out)
{
    text_add(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (int i = 0; i < exported->set_count; i++)
        write_prototypes(exported->options, exported->sets[i].suffix, false, out);
    if (exported->parameters > 0)
        write_prototypes(exported->options, "_p", true, out);
    text_add(out, "\n#ifdef __cplusplus\n}\n#endif\n");
}

static void write_file(const struct exported *exported, struct text *out)
{
    const struct export_options *options = exported->options;
    struct text code = TEXT_EMPTY;
    unsigned helpers = write_functions(exported, &code);
    for (int i = 0; i < exported->set_count && exported->parameters > 0; i++)
        write_set(exported, &exported->sets[i], &code);
    write_comment(exported, out);
    if (options->header)
        text_addf(out, "#ifndef ACTSEARCH_EXPORT_%s_H\n#define ACTSEARCH_EXPORT_%s_H\n", options->name, options->name);
    text_add(out, "\n#include <math.h>\n");
    if (!options->header)
        write_all_prototypes(exported, out);
    c_write_helpers(helpers, options->header, out);
    text_add(out, text_string(&code));
    if (options->header)
        text_add(out, "\n#endif\n");
    out->failed |= text_failed(&code);
    text_release(&code);
}

const struct language language_c = {
    .name = "c",
    .ending = ".c",
    .check_name = c_check_name,
    .file = write_file,
    .literal = c_literal,
    .number = c_number,
    .call = c_call,
    .choice = write_choice,
    .parameter = write_parameter,
    .unused = write_unused,
    .assign = write_assignment,
    .result = write_result,
};
