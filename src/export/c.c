/* The file around the functions: comment, prototypes, helpers. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/export.h"
#include "export/export_internal.h"
#include "expr/parse.h"

#include <ctype.h>
#include <string.h>

static const struct precision precisions[] = {{"double", ""}, {"float", "f"}};

static const struct {
    const char *macro, *function, *body;
} helpers[] = {
#define HELPER(macro_, function_, ...) {#macro_, #function_, #__VA_ARGS__},
#include "expr/bessel.def"
#undef HELPER
};

static const char *const keywords[] = {
    "auto",   "break",  "case",     "char",     "const",    "continue", "default",  "do",     "double",
    "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",       "inline", "int",
    "long",   "main",   "register", "restrict", "return",   "short",    "signed",   "sizeof", "static",
    "struct", "switch", "typedef",  "union",    "unsigned", "void",     "volatile", "while",
};

static bool is_identifier(const char *name)
{
    if (!(isalpha((unsigned char)*name) || *name == '_'))
        return false;
    for (const char *p = name; *p; p++)
        if (!(isalnum((unsigned char)*p) || *p == '_'))
            return false;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(name, keywords[i]) == 0)
            return false;
    return strlen(name) < 64;
}

/* A line of the comment; what would end the comment is broken up. */
static void comment_line(const char *label, const char *line, struct text *out)
{
    text_addf(out, " * %s", label);
    for (const char *p = line; *p; p++) {
        text_add_char(out, *p == '\n' ? ' ' : *p);
        if ((p[0] == '*' && p[1] == '/') || (p[0] == '/' && p[1] == '*'))
            text_add_char(out, ' ');
    }
    text_add_char(out, '\n');
}

static void write_comment(const struct tree *tree, const struct export_options *options, struct text *out)
{
    struct text formula = TEXT_EMPTY;
    tree_print(tree, &formula);
    text_addf(out, "/* %s: an activation function, written by actsearch.\n *\n", options->name);
    comment_line("f(x) = ", text_string(&formula), out);
    for (const char *const *line = options->provenance; line && *line; line++)
        comment_line("", *line, out);
    text_add(out,
             " *\n * C99, needs <math.h> only. This file is free to use for any purpose, without conditions. */\n");
    out->failed |= text_failed(&formula);
    text_release(&formula);
}

/* One statement a line: the texts of bessel.def reach us as one long line. */
static void write_helper_body(const char *body, struct text *out)
{
    int depth = 0, brackets = 0;
    for (const char *p = body; *p; p++) {
        brackets += (*p == '(') - (*p == ')');
        if (*p == '}') {
            depth--;
            out->length -= 4; /* the indentation of the line that the brace begins */
        }
        text_add_char(out, *p);
        depth += *p == '{';
        bool ends = *p == '{' || (*p == '}' && depth > 0) || (*p == ';' && brackets == 0);
        if (!ends)
            continue;
        text_add_char(out, '\n');
        for (int i = 0; i < depth; i++)
            text_add(out, "    ");
        while (p[1] == ' ')
            p++;
    }
    text_add_char(out, '\n');
}

void write_helpers(const struct tree *tree, struct text *out)
{
    /* i0e' needs I1E and i1e' needs I0E: both or none. */
    if (!tree_contains(tree, OP_bessel_i0e) && !tree_contains(tree, OP_bessel_i1e))
        return;
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++) {
        text_addf(out, "\nstatic double %s(double x)\n", helpers[i].function);
        write_helper_body(helpers[i].body, out);
        text_addf(out, "\nstatic float %sf(float x)\n{\n    return (float)%s((double)x);\n}\n", helpers[i].function,
                  helpers[i].function);
    }
}

static void write_prototypes(const struct export_options *options, const struct export_set *set, struct text *out)
{
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        const struct precision *p = &precisions[i];
        text_addf(out, "%s %s%s%s(%s x);\n", p->type, options->name, set->suffix, p->suffix, p->type);
        text_addf(out, "%s %s%s%s_derivative(%s x);\n", p->type, options->name, set->suffix, p->suffix, p->type);
    }
}

static void write_functions(const struct tree *tree, const struct export_options *options, const struct export_set *set,
                            struct text *out)
{
    if (set->remark) {
        text_add(out, "\n/* ");
        text_add(out, set->remark);
        text_add(out, " */\n");
    }
    for (int i = 0; i < 4; i++) {
        const struct precision *p = &precisions[i / 2];
        text_addf(out, "%s%s%s %s%s%s%s(%s x)\n{\n", i == 0 && set->remark ? "" : "\n",
                  options->header ? "static inline " : "", p->type, options->name, set->suffix, p->suffix,
                  i % 2 ? "_derivative" : "", p->type);
        write_body(tree, set->values, i % 2, p, out);
        text_add(out, "}\n");
    }
}

int export_c(const struct tree *tree, const struct export_options *options, struct text *out, struct error *err)
{
    if (!is_identifier(options->name))
        return error_set(err, ERROR_USAGE, "--name", "use letters, digits and _, for example my_activation",
                         "\"%.80s\" is no name for a C function", options->name);
    struct export_set starts = {.suffix = ""};
    tree_parameter_starts(tree, starts.values);
    const struct export_set *sets = options->sets ? options->sets : &starts;
    int count = options->sets ? options->set_count : 1;
    write_comment(tree, options, out);
    if (options->header)
        text_addf(out, "#ifndef ACTSEARCH_EXPORT_%s_H\n#define ACTSEARCH_EXPORT_%s_H\n", options->name, options->name);
    text_add(out, "\n#include <math.h>\n");
    if (!options->header) {
        text_add(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
        for (int i = 0; i < count; i++)
            write_prototypes(options, &sets[i], out);
        text_add(out, "\n#ifdef __cplusplus\n}\n#endif\n");
    }
    write_helpers(tree, out);
    for (int i = 0; i < count; i++)
        write_functions(tree, options, &sets[i], out);
    if (options->header)
        text_add(out, "\n#endif\n");
    return text_failed(out) ? memory_error(err, "the exported code") : 0;
}
