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

/* The four functions of a set, in their order. */
enum { FUNCTIONS = 4 };
static const struct {
    int precision;
    bool derivative;
} functions[FUNCTIONS] = {{0, false}, {0, true}, {1, false}, {1, true}};

/* Names that the functions cannot have: words of C and C++, and what math.h declares. */
static const char *const taken[] = {
    "auto",     "break",    "case",     "char",    "class",     "const",     "continue",   "default", "delete",
    "do",       "double",   "else",     "enum",    "extern",    "float",     "for",        "goto",    "if",
    "inline",   "int",      "long",     "main",    "new",       "operator",  "private",    "public",  "register",
    "restrict", "return",   "short",    "signed",  "sizeof",    "static",    "struct",     "switch",  "this",
    "throw",    "try",      "typedef",  "union",   "unsigned",  "using",     "virtual",    "void",    "volatile",
    "while",    "acos",     "acosh",    "asin",    "asinh",     "atan",      "atan2",      "atanh",   "cbrt",
    "ceil",     "copysign", "cos",      "cosh",    "erf",       "erfc",      "exp",        "exp2",    "expm1",
    "fabs",     "fdim",     "floor",    "fma",     "fmax",      "fmin",      "fmod",       "frexp",   "gamma",
    "hypot",    "ilogb",    "isfinite", "isinf",   "isnan",     "isnormal",  "j0",         "j1",      "jn",
    "ldexp",    "lgamma",   "llrint",   "llround", "log",       "log10",     "log1p",      "log2",    "logb",
    "lrint",    "lround",   "modf",     "nan",     "nearbyint", "nextafter", "nexttoward", "pow",     "remainder",
    "remquo",   "rint",     "round",    "scalbln", "scalbn",    "signbit",   "sin",        "sinh",    "sqrt",
    "tan",      "tanh",     "tgamma",   "trunc",   "y0",        "y1",        "yn",
};

static bool is_identifier(const char *name)
{
    if (!(isalpha((unsigned char)*name) || *name == '_'))
        return false;
    for (const char *p = name; *p; p++)
        if (!(isalnum((unsigned char)*p) || *p == '_'))
            return false;
    return strlen(name) < 64;
}

static bool is_joined(const char *whole, const char *begin, char end)
{
    size_t length = strlen(begin);
    return strncmp(whole, begin, length) == 0 && whole[length] == end && !whole[length + 1];
}

/* math.h has tanh, tanhf and tanhl; "er" would make a second erf of its float version. */
bool export_name_is_taken(const char *name)
{
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0 || is_joined(name, taken[i], 'f') || is_joined(name, taken[i], 'l') ||
            is_joined(taken[i], name, 'f'))
            return true;
    return false;
}

static int check_name(const char *name, struct error *err)
{
    if (!is_identifier(name))
        return error_set(err, ERROR_USAGE, "--name", "use letters, digits and _, for example my_activation",
                         "\"%.80s\" is no name for a C function", name);
    if (export_name_is_taken(name))
        return error_set(err, ERROR_USAGE, "--name", "use another one, for example my_activation",
                         "\"%s\" is no name for a C function here: C, C++ or math.h have it already", name);
    return 0;
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
    const struct precision *precision = &precisions[functions[which].precision];
    text_addf(out, "%s %s%s%s%s(%s x", precision->type, name, suffix, precision->suffix,
              functions[which].derivative ? "_derivative" : "", precision->type);
    if (with_parameters)
        text_addf(out, ", const %s *p", precision->type);
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
        write_body(tree, with_parameters, functions[i].derivative, &precisions[functions[i].precision], out);
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
        const struct precision *precision = &precisions[functions[i].precision];
        text_add(out, options->header ? "\nstatic inline " : "\n");
        write_head(options->name, set->suffix, i, false, out);
        text_addf(out, "\n{\n    const %s p[%d] = {", precision->type, parameters);
        for (int j = 0; j < parameters; j++) {
            text_add(out, j ? ", " : "");
            write_literal(set->values[j], precision, out);
        }
        text_addf(out, "};\n    return %s_p%s%s(x, p);\n}\n", options->name, precision->suffix,
                  functions[i].derivative ? "_derivative" : "");
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
    int status = check_name(options->name, err);
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
