/* Composed functions against MPFR, value and slope: f(g(x)) for all pairs of unary primitives, op(f(x), g(x)) for a
 * sample, and some that were seen to fail. In float by the kernels of every instruction level, in double by the
 * reference of expr and, for a sample, by exported C.
 *
 * Where the value is finite, a slope is held
 *   - within the bound of exact.h where g, g', f'(g), their product and so on are normal numbers;
 *   - within that or 2^-21 elsewhere.
 *   - in double only, where a factor is beyond its range (1/gauss(x) at 20), infinity tells it and will do;
 *     where moreover a g is subnormal, nothing is asked.
 * Values are held to the bound of exact.h where all g are normal.
 *
 * Prints a table, and at most MOST_LINES violations. ACTSEARCH_SWEEP=dense: many more points, some minutes.
 * Exits with 1 when there is a violation. */
#include "base/error.h"
#include "base/isa.h"
#include "base/memory.h"
#include "base/text.h"
#include "exact/exact.h"
#include "export/export.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "kernel/tape.h"

#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLOOR 0x1p-21

enum { MOST_POINTS = 4096, MOST_LINES = 40, CAUSES = 4, BLOCK_OF_CODE = 900 };

static double points[MOST_POINTS];
static int point_count;
static int lines_printed;

/* ---- points */

static void add_point(double x)
{
    for (int sign = -1; sign <= 1; sign += 2)
        if (point_count < MOST_POINTS)
            points[point_count++] = (double)(float)(sign * x);
}

static bool is_dense(void)
{
    const char *kind = getenv("ACTSEARCH_SWEEP");
    return kind && strcmp(kind, "dense") == 0;
}

static void fill_points(void)
{
    static const double few[] = {0,    0x1p-149, 0x1p-126, 1e-22, 1e-8, 0.3,  0.9, 1.7, 4.3, 9.7,      13.9,
                                 20.3, 41,       75,       88.5,  89.5, 94.7, 100, 700, 1e4, 0x1p+100, (double)FLT_MAX};
    static const double more[] = {0x1p-140, 0x1p-127, 1e-30, 1e-19, 1e-12, 1e-5, 1e-3, 0.03, 0.55,  0.7,   1,    2.4,
                                  3.1,      6.2,      7.3,   10.1,  11.5,  17,   30,   36.9, 52,    60,    66.6, 80,
                                  84.9,     87.2,     88.8,  92,    98,    120,  350,  372,  709.5, 711.3, 720,  746,
                                  1e3,      3e3,      1e6,   1e10,  1e17,  1e19, 2e19, 1e25, 1e30,  1e38};
    for (size_t i = 0; i < sizeof few / sizeof *few; i++)
        add_point(few[i]);
    if (!is_dense())
        return;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        add_point(more[i]);
    for (double x = 0.37; x < 100; x += 0.6180339887)
        add_point(x);
    for (double x = 137; x < 1e4; x *= 1.0371)
        add_point(x);
    for (int exponent = -149; exponent < 128; exponent += 2)
        add_point(ldexp(1.37, exponent));
}

/* ---- one way of computing */

static const char *const causes[CAUSES] = {"not a number (0 x inf)", "infinite", "left over where it is 0", "inexact"};

struct statistics {
    const char *name;
    const struct exact_format *format;
    int functions, red_values, red_slopes, red_by_cause[CAUSES];
    long points, relative, absolute, overflow, noise, infinite;
    double worst_value, worst_slope; /* in ulp, of what is not inherited */
    char value_place[96], slope_place[96];
};

/* Which causes one function showed. */
struct verdict {
    bool value, slope, cause[CAUSES];
};

static void note_worst(double ulps, double *worst, char *place, const char *text, double x)
{
    if (!(ulps > *worst))
        return;
    *worst = ulps;
    snprintf(place, 96, "%s at %.9g", text, x);
}

static void complain(const struct statistics *statistics, const char *what, const char *text, double x, double is,
                     double right, double bound)
{
    if (lines_printed++ < MOST_LINES)
        printf("  %s: %s of %s at %.9g: %.9g, MPFR %.9g, bound %.3g\n", statistics->name, what, text, x, is, right,
               bound);
}

static void check_value(struct statistics *statistics, struct verdict *verdict, const char *text, double x,
                        double value, const struct exact *exact)
{
    const struct exact_format *format = statistics->format;
    if (!exact->values_normal || fabs(exact->value) > format->largest * (1 - 0x1p-20))
        return;
    double distance = fabs(value - exact->value);
    if (!(distance <= exact->value_error)) {
        verdict->value = true;
        complain(statistics, "value", text, x, value, exact->value, exact->value_error);
    }
    double own = exact_ulps(fmax(distance - exact->value_inherited, 0), exact->value, format);
    note_worst(own, &statistics->worst_value, statistics->value_place, text, x);
}

static int cause_of(double slope, const struct exact *exact)
{
    return isnan(slope) ? 0 : isinf(slope) ? 1 : fabs(exact->slope) < FLOOR ? 2 : 3;
}

static void check_slope(struct statistics *statistics, struct verdict *verdict, const char *text, double x,
                        double slope, const struct exact *exact)
{
    const struct exact_format *format = statistics->format;
    if (!(fabs(exact->slope) <= format->largest * (1 - 0x1p-20))) {
        statistics->infinite++;
        return;
    }
    if (format == &exact_double && exact->overflow && (isinf(slope) || exact->tiny)) {
        statistics->overflow++;
        return;
    }
    double distance = fabs(slope - exact->slope);
    double bound = exact->normal ? exact->slope_error : fmax(FLOOR, exact->slope_error);
    if (isnan(exact->slope_error))
        bound = INFINITY;
    statistics->relative += exact->normal;
    statistics->absolute += !exact->normal;
    if (!(distance <= bound) && !(isinf(bound) && !isnan(slope))) {
        verdict->slope = verdict->cause[cause_of(slope, exact)] = true;
        complain(statistics, "slope", text, x, slope, exact->slope, bound);
    }
    if (exact->normal)
        note_worst(exact_ulps(fmax(distance - exact->slope_inherited, 0), exact->slope, format),
                   &statistics->worst_slope, statistics->slope_place, text, x);
}

static void check_point(struct statistics *statistics, struct verdict *verdict, const char *text, double x,
                        double value, double slope, const struct exact *exact)
{
    statistics->points++;
    if (exact->noise) {
        statistics->noise++;
        return;
    }
    check_value(statistics, verdict, text, x, value, exact);
    if (isfinite(value) && isfinite(exact->value))
        check_slope(statistics, verdict, text, x, slope, exact);
    else
        statistics->infinite++;
}

static void close_verdict(struct statistics *statistics, const struct verdict *verdict)
{
    statistics->functions++;
    statistics->red_values += verdict->value;
    statistics->red_slopes += verdict->slope;
    for (int i = 0; i < CAUSES; i++)
        statistics->red_by_cause[i] += verdict->cause[i];
}

/* ---- functions */

enum { LEVELS = 4, DOUBLE = LEVELS, EXPORTED, TALLIES };
static struct statistics tallies[TALLIES];

static struct exact exact_in_float[MOST_POINTS], exact_in_double[MOST_POINTS];

static void fail(const char *what)
{
    fprintf(stderr, "sweep_pairs: %s\n", what);
    exit(70);
}

static void check_kernels(const struct tree *tree, const char *text)
{
    static float x[MOST_POINTS], y[MOST_POINTS], dy[MOST_POINTS];
    struct error err = ERROR_EMPTY;
    struct tape *tape;
    if (tape_new(tree, &tape, &err))
        fail("no memory");
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    if (!scratch)
        fail("no memory");
    for (int i = 0; i < point_count; i++)
        x[i] = (float)points[i];
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        struct verdict verdict = {false};
        tape_run(tape, (enum isa)isa, NULL, 1, point_count, x, y, dy, NULL, scratch);
        for (int i = 0; i < point_count; i++)
            check_point(&tallies[isa], &verdict, text, points[i], (double)y[i], (double)dy[i], &exact_in_float[i]);
        close_verdict(&tallies[isa], &verdict);
    }
    memory_free(scratch);
    tape_free(tape);
}

static void check_reference(const struct tree *tree, const char *text)
{
    struct verdict verdict = {false};
    for (int i = 0; i < point_count; i++) {
        struct dual f = tree_eval(tree, points[i], NULL);
        check_point(&tallies[DOUBLE], &verdict, text, points[i], f.value, f.slope, &exact_in_double[i]);
    }
    close_verdict(&tallies[DOUBLE], &verdict);
}

/* ---- exported code: collected, compiled together at the end */

struct exported {
    struct tree tree;
    char text[96];
};
static struct exported sample[BLOCK_OF_CODE];
static int sample_count;

static void check_function(const struct tree *tree, const char *text, bool exported)
{
    for (int i = 0; i < point_count; i++) {
        exact_in_float[i] = exact_eval(tree, points[i], &exact_float);
        exact_in_double[i] = exact_eval(tree, points[i], &exact_double);
    }
    check_kernels(tree, text);
    check_reference(tree, text);
    if (!exported || sample_count == BLOCK_OF_CODE)
        return;
    sample[sample_count].tree = *tree;
    snprintf(sample[sample_count++].text, sizeof sample->text, "%s", text);
}

static void write_code(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        fail("cannot write the exported code");
    for (int i = 0; i < sample_count; i++) {
        char name[32];
        struct error err = ERROR_EMPTY;
        struct text code = TEXT_EMPTY;
        snprintf(name, sizeof name, "f%d", i);
        if (export_code(export_language("c"), &sample[i].tree, &(struct export_options){.name = name, .header = true},
                        &code, &err))
            fail("cannot export");
        fputs(text_string(&code), file);
        text_release(&code);
    }
    fputs("typedef double function(double);\nfunction *const functions[][2] = {\n", file);
    for (int i = 0; i < sample_count; i++)
        fprintf(file, "{f%d, f%d_derivative},\n", i, i);
    fputs("};\n", file);
    fclose(file);
}

static void check_exported(void)
{
    char folder[] = "/tmp/actsearch-sweep-XXXXXX", path[64], command[256];
    typedef double function(double);
    if (!mkdtemp(folder))
        fail("cannot make a folder");
    snprintf(path, sizeof path, "%s/all.c", folder);
    write_code(path);
    snprintf(command, sizeof command, "cd %s && cc -std=c99 -O1 -w -ffp-contract=off -shared -fPIC -o all.so all.c -lm",
             folder);
    if (system(command) != 0)
        fail("the exported code does not compile");
    snprintf(path, sizeof path, "%s/all.so", folder);
    void *library = dlopen(path, RTLD_NOW);
    function *const(*functions)[2] = library ? dlsym(library, "functions") : NULL;
    for (int k = 0; functions && k < sample_count; k++) {
        struct verdict verdict = {false};
        for (int i = 0; i < point_count; i++) {
            struct exact exact = exact_eval(&sample[k].tree, points[i], &exact_double);
            check_point(&tallies[EXPORTED], &verdict, sample[k].text, points[i], functions[k][0](points[i]),
                        functions[k][1](points[i]), &exact);
        }
        close_verdict(&tallies[EXPORTED], &verdict);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (!functions || system(command) != 0)
        fail("cannot load the exported code");
    dlclose(library);
}

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    if (tree_parse(text, &tree, &err))
        fail(err.what);
    return tree;
}

static void check_text(const char *text, bool exported)
{
    struct tree tree = parsed(text);
    check_function(&tree, text, exported);
}

static bool among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Whose slopes leave the range of a format. */
static const char *const steep[] = {"exp", "sinh", "reciprocal", "square", "relu", "sqrt", "cosh", NULL};

static void check_compositions(void)
{
    char text[96];
    for (int f = TREE_FIRST_UNARY; f < TREE_FIRST_BINARY; f++) {
        snprintf(text, sizeof text, "%s(x)", op_info((enum op)f)->name);
        check_text(text, true);
        for (int g = TREE_FIRST_UNARY; g < TREE_FIRST_BINARY; g++) {
            const char *inner = op_info((enum op)g)->name;
            snprintf(text, sizeof text, "%s(%s(x))", op_info((enum op)f)->name, inner);
            check_text(text, among(inner, steep));
        }
    }
}

static void check_pairs_of_arguments(void)
{
    static const char *const arguments[] = {"x",       "exp(x)",  "tanh(x)",       "1/x",       "relu(x)",
                                            "sqrt(x)", "log(x)",  "gauss(x)",      "silu(x)",   "sinh(x)",
                                            "step(x)", "sign(x)", "bessel_i1e(x)", "square(x)", "abs(x)"};
    enum { ARGUMENTS = sizeof arguments / sizeof *arguments };
    char text[96];
    for (int op = TREE_FIRST_BINARY; op < OP_COUNT; op++)
        for (int i = 0; i < ARGUMENTS; i++)
            for (int j = 0; j < ARGUMENTS; j++) {
                const struct op_info *info = op_info((enum op)op);
                if (!is_dense() && (op + i + j) % 3)
                    continue;
                if (info->infix)
                    snprintf(text, sizeof text, "(%s)%s(%s)", arguments[i], info->infix, arguments[j]);
                else
                    snprintf(text, sizeof text, "%s(%s, %s)", info->name, arguments[i], arguments[j]);
                check_text(text, i % 3 == 0 && j % 2 == 0);
            }
}

/* Longer ones: an exact zero meets an overflow more than one step away. */
static const char *const longer[] = {
    "x*tanh(exp(x))",
    "x*erf(exp(x))",
    "exp(x)*gauss(exp(x))",
    "tanh(exp(x))/(1+exp(-x))",
    "tanh(sinh(cube(x)))",
    "relu(tanh(exp(x))-2)",
    "max(tanh(exp(x)), 0.5)",
    "min(exp(x), 3)*x",
    "min(cosh(x), 3)",
    "max(-1, min(1, sinh(x)))",
    "sqrt(relu(x))*x",
    "sqrt(max(x, 0))",
    "sqrt(square(x))",
    "abs(x)^1.5*sign(x)",
    "relu(x)^0.5",
    "1/(1+exp(exp(x)))",
    "x/(1+exp(exp(x)))",
    "x*sigmoid(exp(x))",
    "atan(exp(square(x)))",
    "sigmoid(cube(x)*exp(x))",
    "exp(-exp(x))",
    "exp(-exp(-x))*x",
    "softsign(exp(x))*x",
    "bessel_i0e(exp(x))*x",
    "bessel_i1e(cube(x))+x",
    "tanh(exp(x))*sigmoid(x)+silu(x)",
    "step(x)*exp(x)*tanh(exp(-x))",
    "log(1+exp(-x^2))",
    "reciprocal(1+reciprocal(x)^2)",
};

/* ---- the table */

static void print_tally(const struct statistics *statistics)
{
    if (!statistics->functions)
        return;
    printf("%-18s %9d %9ld %9ld %9ld %8ld %7ld %9ld %8d %8d   %8.2f %8.2f\n", statistics->name, statistics->functions,
           statistics->points, statistics->relative, statistics->absolute, statistics->overflow, statistics->noise,
           statistics->infinite, statistics->red_values, statistics->red_slopes, statistics->worst_value,
           statistics->worst_slope);
    printf("%-18s worst value: %s; worst slope: %s\n", "", statistics->value_place, statistics->slope_place);
    for (int i = 0; i < CAUSES; i++)
        if (statistics->red_by_cause[i])
            printf("%-18s red slopes, %s: %d functions\n", "", causes[i], statistics->red_by_cause[i]);
}

static bool print_table(void)
{
    bool red = false;
    printf("%d points\n%-18s %9s %9s %9s %9s %8s %7s %9s %8s %8s   %8s %8s\n", point_count, "", "functions", "points",
           "relative", "absolute", "overflow", "noise", "infinite", "red f", "red f'", "ulp f", "ulp f'");
    for (int i = 0; i < TALLIES; i++) {
        print_tally(&tallies[i]);
        red |= tallies[i].red_values || tallies[i].red_slopes;
    }
    return red;
}

int main(void)
{
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        tallies[isa] = (struct statistics){.name = isa_name((enum isa)isa), .format = &exact_float};
    tallies[DOUBLE] = (struct statistics){.name = "reference", .format = &exact_double};
    tallies[EXPORTED] = (struct statistics){.name = "exported C", .format = &exact_double};
    fill_points();
    check_compositions();
    check_pairs_of_arguments();
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        check_text(longer[i], true);
    check_exported();
    if (lines_printed > MOST_LINES)
        printf("  ... and %d more\n", lines_printed - MOST_LINES);
    bool red = print_table();
    exact_release();
    return red;
}
