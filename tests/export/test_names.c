/* Names of exported functions: what is taken is refused or gets a suffix, and what is left compiles everywhere. */
#include "testing.h"

#include "base/file.h"
#include "base/text.h"
#include "export/export.h"
#include "expr/catalogue.h"
#include "expr/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

/* ---- the list against the headers of the compiler at hand */

static bool has_program(const char *name)
{
    char command[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null", name);
    return system(command) == 0;
}

/* What the compiler says, owned. */
static char *said(const char *command)
{
    struct text text = TEXT_EMPTY;
    char buffer[4096];
    size_t count;
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while ((count = fread(buffer, 1, sizeof buffer, pipe)) > 0)
        text_add_bytes(&text, buffer, count);
    pclose(pipe);
    return text_take(&text);
}

/* Counts what a header owns; prints what is not in the list. */
struct scan {
    const char *header;
    int names, missing;
    char last[64];
};

static bool is_keyword_of_old(const char *name)
{
    static const char *const parameters[] = {"x", "y", NULL}; /* of macros */
    for (int i = 0; parameters[i]; i++)
        if (strcmp(name, parameters[i]) == 0)
            return true;
    return false;
}

static void meet(struct scan *scan, const char *name)
{
    if (*name == '_' || is_keyword_of_old(name))
        return;
    scan->names++;
    if (export_name_owner(name))
        return;
    if (strcmp(scan->last, name) != 0)
        printf("%s has %s, which is not in reserved.def\n", scan->header, name);
    snprintf(scan->last, sizeof scan->last, "%.63s", name);
    scan->missing++;
}

static void meet_macros(struct scan *scan, const char *standard)
{
    char command[200], name[128];
    snprintf(command, sizeof command, "echo '#include <%s>' | gcc -std=%s -D_GNU_SOURCE -E -dM - 2>/dev/null",
             scan->header, standard);
    char *text = said(command);
    for (char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (sscanf(line, "#define %127[A-Za-z0-9_]", name) == 1)
            meet(scan, name);
    free(text);
}

/* Skips a literal or a number, in which letters name nothing. */
static const char *skip_other(const char *p)
{
    if (*p == '"') {
        p += strcspn(p + 1, "\"") + 2;
    } else if (isdigit((unsigned char)*p)) {
        while (isalnum((unsigned char)*p) || *p == '_' || *p == '.')
            p++;
    } else {
        p++;
    }
    return p;
}

/* Every identifier outside of the bodies of structures and functions: parameters have names with underscores in the
   headers of a library, so what is left are the words of C, and what the header declares. */
static void meet_declarations(struct scan *scan, const char *standard)
{
    char command[200], word[128];
    snprintf(command, sizeof command, "echo '#include <%s>' | gcc -std=%s -D_GNU_SOURCE -E -P - 2>/dev/null",
             scan->header, standard);
    char *text = said(command);
    int depth = 0, enumeration = -1; /* the depth inside of the constants of an enum */
    bool after_enum = false;
    for (const char *p = text; *p;) {
        size_t length = 0;
        while (isalnum((unsigned char)p[length]) || p[length] == '_')
            length++;
        if (length == 0 || isdigit((unsigned char)*p)) {
            depth += (*p == '{') - (*p == '}');
            if (*p == '{' && after_enum && depth == 1)
                enumeration = depth;
            if (*p == '{' || *p == ';')
                after_enum = false;
            if (depth == 0)
                enumeration = -1;
            p = skip_other(p);
            continue;
        }
        snprintf(word, sizeof word, "%.*s", length < 127 ? (int)length : 127, p);
        after_enum |= strcmp(word, "enum") == 0;
        if (depth == 0 || depth == enumeration)
            meet(scan, word);
        p += length;
    }
    free(text);
}

/* A library of another year may have a few more; that is printed, and many are a list that has rotted. In percent: */
#if defined __GLIBC__ && __GLIBC__ == 2 && __GLIBC_MINOR__ <= 36
enum { MAY_MISS = 0 };
#else
enum { MAY_MISS = 3 };
#endif

START_TEST(all_that_the_headers_own_is_in_the_list)
{
    static const char *const headers[] = {
        "assert.h",  "complex.h",     "ctype.h",  "errno.h",  "fenv.h",   "float.h",    "inttypes.h", "iso646.h",
        "limits.h",  "locale.h",      "math.h",   "setjmp.h", "signal.h", "stdalign.h", "stdarg.h",   "stdatomic.h",
        "stdbool.h", "stddef.h",      "stdint.h", "stdio.h",  "stdlib.h", "string.h",   "strings.h",  "tgmath.h",
        "threads.h", "stdnoreturn.h", "time.h",   "uchar.h",  "wchar.h",  "wctype.h",   "unistd.h"};
    static const char *const standards[] = {"gnu99", "gnu2x"};
    int names = 0;
    if (!has_program("gcc")) {
        printf("not tried, because it is not installed: gcc\n");
        return;
    }
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        for (size_t k = 0; k < sizeof standards / sizeof *standards; k++) {
            struct scan scan = {.header = headers[i]};
            meet_macros(&scan, standards[k]);
            meet_declarations(&scan, standards[k]);
            names += scan.names;
            ck_assert_msg(100 * scan.missing <= MAY_MISS * scan.names,
                          "%s in %s: %d of %d names are not in reserved.def", headers[i], standards[k], scan.missing,
                          scan.names);
        }
    ck_assert_int_gt(names, 5000);
}
END_TEST

/* ---- names that people give */

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static int export_as(const char *name, const char *expression, const struct export_set *sets, int count,
                     struct error *err)
{
    struct tree tree = parsed(expression);
    struct text code = TEXT_EMPTY;
    struct export_options options = {.name = name, .sets = sets, .set_count = count};
    int status = export_code(export_language("c"), &tree, &options, &code, err);
    text_release(&code);
    return status;
}

/* The hint's last word, which must do. */
static void follow_hint(const char *name, const struct error *refused)
{
    struct error err = ERROR_EMPTY;
    char hint[sizeof refused->hint];
    snprintf(hint, sizeof hint, "%s", refused->hint);
    const char *word = strrchr(hint, ' ');
    ck_assert_msg(word != NULL, "%s: no hint in \"%s\"", name, hint);
    ASSERT_OK(export_as(word + 1, "p0*x", NULL, 0, &err));
}

static const char *const taken[] = {"template",
                                    "bool",
                                    "NAN",
                                    "print",
                                    "abs",
                                    "main",
                                    "std",
                                    "and",
                                    "xor",
                                    "not_eq",
                                    "co_await",
                                    "typeof",
                                    "concept",
                                    "consteval",
                                    "char8_t",
                                    "nullptr",
                                    "static_assert",
                                    "thread_local",
                                    "_Bool",
                                    "_Generic",
                                    "__func__",
                                    "a__b",
                                    "x_",
                                    "_x",
                                    "errno",
                                    "assert",
                                    "printf",
                                    "scan",
                                    "er",
                                    "i",
                                    "y0",
                                    "j1f",
                                    "gamma",
                                    "lgammaf",
                                    "signgam",
                                    "exp10",
                                    "exp10l",
                                    "M_PI",
                                    "M_PIl",
                                    "isinf",
                                    "INFINITY",
                                    "HUGE_VAL",
                                    "HUGE_VALF",
                                    "SNAN",
                                    "FP_NAN",
                                    "FP_NEW_IN_FUTURE",
                                    "MATH_ERRNO",
                                    "sincos",
                                    "sinpi",
                                    "acospif",
                                    "roundeven",
                                    "fmaximum_num",
                                    "sinf32",
                                    "sinf64x",
                                    "cosd64",
                                    "cexp",
                                    "cexp2",
                                    "I",
                                    "complex",
                                    "div",
                                    "random",
                                    "system",
                                    "free",
                                    "exit",
                                    "EXIT_FAILURE",
                                    "NULL",
                                    "RAND_MAX",
                                    "INT_MAX",
                                    "int8_t",
                                    "uint_fast16_t",
                                    "size_t",
                                    "va_arg",
                                    "offsetof",
                                    "strict",
                                    "strfoo",
                                    "memx",
                                    "wcsx",
                                    "tower",
                                    "island",
                                    "atomic_x",
                                    "thrd_x",
                                    "linux",
                                    "unix",
                                    "min",
                                    "near",
                                    "EINVAL",
                                    "SIGINT",
                                    "SIG_DFL",
                                    "LC_ALL",
                                    "PRId64",
                                    "FLT_EPSILON",
                                    "read",
                                    "write",
                                    "time",
                                    "signal",
                                    "index",
                                    "beta",
                                    "expint",
                                    "lerp",
                                    "import",
                                    "module",
                                    "override",
                                    "final",
                                    "actsearch_i0e",
                                    "2fast",
                                    "a-b",
                                    "",
                                    "é",
                                    "a b",
                                    "x\n",
                                    "fabsf16",
                                    "nanf",
                                    "TRUE",
                                    "fortran",
                                    "wait"};

START_TEST(what_is_taken_is_refused_with_a_hint_that_works)
{
    struct error err;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        ASSERT_FAILS(export_as(taken[i], "p0*x", NULL, 0, &err), ERROR_USAGE, "no name for a C function");
        follow_hint(taken[i], &err);
        ck_assert(!export_name_is_free(taken[i]));
    }
}
END_TEST

START_TEST(what_is_free_is_accepted)
{
    static const char *const free_names[] = {"relu",     "my_activation",
                                             "SIGMOID",  "ELU",
                                             "RELU6",    "f",
                                             "g1",       "x",
                                             "p",        "t1",
                                             "d1",       "p0",
                                             "best",     "swish_2",
                                             "Softplus", "gain",
                                             "PRIME",    "i2",
                                             "Abs",      "abs_activation",
                                             "in",       "E",
                                             "Exp",      "mish",
                                             "cosine",   "sine",
                                             "expo"};
    struct error err;
    for (size_t i = 0; i < sizeof free_names / sizeof *free_names; i++)
        ASSERT_OK(export_as(free_names[i], "p0*x", NULL, 0, &err));
}
END_TEST

/* C tells 63 letters apart, and the longest name that is made of one has to keep within them. */
START_TEST(long_names_are_refused_by_what_is_made_of_them)
{
    static const struct export_set layers[] = {{"", NULL, {1}}, {"_layer12", NULL, {1}}};
    char name[80];
    struct error err;
    memset(name, 'a', sizeof name);
    name[49] = '\0';
    ASSERT_OK(export_as(name, "p0*x", NULL, 0, &err));
    ASSERT_FAILS(export_as(name, "p0*x", layers, 2, &err), ERROR_USAGE, "it may have 43 letters");
    follow_hint(name, &err);
    name[49] = 'a';
    name[79] = '\0';
    ASSERT_FAILS(export_as(name, "p0*x", NULL, 0, &err), ERROR_USAGE, "is too long for a C function");
    follow_hint(name, &err);
}
END_TEST

START_TEST(known_functions_get_a_suffix_where_their_name_is_taken)
{
    static const char *const cases[][2] = {
        {"abs", "abs_activation"}, {"tanh", "tanh_activation"},         {"erf", "erf_activation"},    {"relu", "relu"},
        {"swish", "swish"},        {"template", "template_activation"}, {"print", "print_activation"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[EXPORT_NAME_SIZE];
        export_name_for(cases[i][0], name);
        ck_assert_str_eq(name, cases[i][1]);
        ck_assert(export_name_is_free(name));
    }
}
END_TEST

/* ---- every name of the catalogue, compiled */

static void add_export(const char *name, const struct tree *tree, bool header, struct text *out)
{
    static const struct export_set sets[] = {{"", NULL, {1, 2}}, {"_layer1", NULL, {1, 2}}, {"_layer2", NULL, {3, 4}}};
    struct error err;
    struct export_options options = {.name = name, .header = header, .sets = sets, .set_count = 3};
    ASSERT_OK(export_code(export_language("c"), tree, &options, out, &err));
}

/* Two files, with headers and with sources, each behind the headers that a program may include as well. */
static void write_catalogue(const char *folder, bool header)
{
    static const char includes[] =
        "#include <assert.h>\n#include <ctype.h>\n#include <errno.h>\n#include <fenv.h>\n#include <float.h>\n"
        "#include <inttypes.h>\n#include <limits.h>\n#include <locale.h>\n#include <math.h>\n#include <setjmp.h>\n"
        "#include <signal.h>\n#include <stdarg.h>\n#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n"
        "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <strings.h>\n#include <time.h>\n"
        "#include <unistd.h>\n#include <wchar.h>\n#include <wctype.h>\n"
        "#ifdef __cplusplus\n#include <algorithm>\n#include <cmath>\n#include <cstdlib>\n#include <numeric>\n"
        "#else\n#include <complex.h>\n#endif\n";
    static const char *const locals[] = {"x", "p", "p0", "t1", "d1", "a", "b", "v", "y", "k", "sum", "term"};
    struct error err;
    struct text text = TEXT_EMPTY;
    struct catalogue *catalogue;
    char name[EXPORT_NAME_SIZE], path[96];
    text_add(&text, includes);
    ASSERT_OK(catalogue_new(&catalogue, &err));
    for (int i = 0; i < catalogue_count(catalogue); i++) {
        export_name_for(catalogue_at(catalogue, i)->name, name);
        add_export(name, &catalogue_at(catalogue, i)->tree, header, &text);
    }
    catalogue_free(catalogue);
    struct tree tree = parsed("p0*tanh(x)+p1*sigmoid(x)");
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        add_export(locals[i], &tree, header, &text);
    snprintf(path, sizeof path, "%s/%s", folder, header ? "all.h" : "sources.c");
    ASSERT_OK(file_write(path, text_string(&text), text.length, &err));
    text_release(&text);
}

START_TEST(every_name_of_the_catalogue_compiles_in_every_standard)
{
    static const struct {
        const char *compiler, *language, *standards[8];
    } compilers[] = {{"gcc", "c", {"c99", "c11", "c2x", "gnu17"}},
                     {"clang", "c", {"c99", "c11", "c2x", "gnu17"}},
                     {"g++", "c++", {"c++11", "c++14", "c++17", "c++20", "gnu++20"}},
                     {"clang++", "c++", {"c++11", "c++14", "c++17", "c++20", "gnu++20"}}};
    char folder[] = "/tmp/actsearch-names-XXXXXX", command[400];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_catalogue(folder, true);
    write_catalogue(folder, false);
    snprintf(command, sizeof command, "echo '#include \"all.h\"' >%s/headers.c", folder);
    ck_assert_int_eq(system(command), 0);
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        if (!has_program(compilers[i].compiler)) {
            printf("not tried, because it is not installed: %s\n", compilers[i].compiler);
            continue;
        }
        for (int k = 0; compilers[i].standards[k]; k++) {
            snprintf(command, sizeof command,
                     "cd %s && %s -x %s -std=%s -Wall -Wextra -Wpedantic -Werror -fsyntax-only headers.c sources.c",
                     folder, compilers[i].compiler, compilers[i].language, compilers[i].standards[k]);
            ck_assert_msg(system(command) == 0, "failed: %s", command);
        }
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "export names", 300, all_that_the_headers_own_is_in_the_list, what_is_taken_is_refused_with_a_hint_that_works,
        what_is_free_is_accepted, long_names_are_refused_by_what_is_made_of_them,
        known_functions_get_a_suffix_where_their_name_is_taken, every_name_of_the_catalogue_compiles_in_every_standard);
}
