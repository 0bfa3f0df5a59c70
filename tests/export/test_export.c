/* Exported code is compiled, loaded, and held against the reference. */
#include "testing.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/export.h"
#include "expr/catalogue.h"
#include "expr/moderate_tree.h"
#include "expr/parse.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST = 400, RANDOM_TREES = 80 };

#define WARNINGS "-pedantic -Wall -Wextra -Werror -Wdouble-promotion -Wfloat-conversion"

struct sample {
    struct tree tree;
    char *text;
    bool random;
};
static struct sample samples[MOST];
static int sample_count;

static void add_tree(const struct tree *tree, bool random)
{
    struct text text = TEXT_EMPTY;
    ck_assert_int_lt(sample_count, MOST);
    tree_print(tree, &text);
    samples[sample_count++] = (struct sample){*tree, text_take(&text), random};
}

static struct tree parsed(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static void add(const char *text)
{
    struct tree tree = parsed(text);
    add_tree(&tree, false);
}

static const char *const compositions[] = {
    "x",
    "(1-t)*tanh(x) + t*p0{2}*relu(x)",
    "t^2 + x^t*p1{0.5}*(1-t) + sin(t*x)",
    "3",
    "-(3)",
    "p0{0.3}",
    "-x",
    "0*x",
    "x + inf",
    "min(x, nan)",
    "-inf*x",
    "x*1e-320 + 1e300",
    "0.1*x - 1e30",
    "x*x + x*x",
    "(2*x)*3 + x",
    "5 - (x - 3*x)",
    "max(x, p{0.25}*x) - p{2}",
    "p0*p1{0.5} + 0*x",
    "sin(x)*cos(x) - sin(x)",
    "1/(1+exp(-x)) + tanh(sin(x))^3",
    "bessel_i0e(x)*bessel_i1e(2*x)",
    "step(x)*sign(x-1)",
    "exp(x)*1e-40",
    "x*1e-50",
    "x^(-2.5) + pow(abs(x), x)",
    "sinc(3*x) - (x-(1-(x-2)))",
    "gelu(mish(silu(x)))",
    "min(max(x,-1),1)*1e30",
    "sqrt(relu(x))",
    "log(relu(x) + 1e-300)",
    "relu(x)^0.5",
    "1/relu(x)",
    "tanh(x)*exp(x)",
    "x*sigmoid(x)",
    "x^2*gauss(x)",
    "max(1, 2)*x + min(-1, 3)",
    "tanh(0.3)*x/(2-2.5)",
};

/* Every primitive, every named function, every known function, compositions, random trees. */
static void collect(void)
{
    struct error err = ERROR_EMPTY;
    struct tree a = parsed("0.5*x+0.25"), x = tree_x(), tree;
    sample_count = 0;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        if (op < TREE_FIRST_BINARY)
            ASSERT_OK(tree_unary((enum op)op, &x, &tree, &err));
        else
            ASSERT_OK(tree_binary((enum op)op, &a, &x, &tree, &err));
        add_tree(&tree, false);
    }
    for (int i = 0; function_at(i); i++) {
        static const char *const arguments[] = {"", "x", "x, 0.5*x+1", "x, -1, tanh(x)"};
        char call[128];
        snprintf(call, sizeof call, "%s(%s)", function_at(i)->name, arguments[function_at(i)->arity]);
        add(call);
    }
    struct catalogue *catalogue = NULL;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    for (int i = 0; i < catalogue_count(catalogue); i++)
        add_tree(&catalogue_at(catalogue, i)->tree, false);
    catalogue_free(catalogue);
    for (size_t i = 0; i < sizeof compositions / sizeof *compositions; i++)
        add(compositions[i]);
    struct random random = {20260101};
    for (int i = 0; i < RANDOM_TREES; i++) {
        tree = moderate_tree(&random, 2 + i % 24, true);
        add_tree(&tree, true);
    }
}

static void forget(void)
{
    for (int i = 0; i < sample_count; i++)
        memory_free(samples[i].text);
}

static void run(const char *command)
{
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static bool has_program(const char *name)
{
    char command[64];
    snprintf(command, sizeof command, "command -v %s >/dev/null", name);
    return system(command) == 0;
}

static void make_folder(char *folder)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    run(command);
}

static void write_file(const char *folder, const char *name, const struct text *text)
{
    char path[256];
    struct error err = ERROR_EMPTY;
    ck_assert(!text_failed(text));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ASSERT_OK(file_write(path, text_string(text), text->length, &err));
}

static void write_export(const char *folder, const char *file, const struct tree *tree,
                         const struct export_options *options)
{
    struct error err = ERROR_EMPTY;
    struct text code = TEXT_EMPTY;
    ASSERT_OK(export_code(export_language("c"), tree, options, &code, &err));
    write_file(folder, file, &code);
    text_release(&code);
}

struct functions {
    double (*f)(double), (*slope)(double);
    float (*single)(float), (*single_slope)(float);
};

/* All trees as headers in one translation unit, which is a table of them. */
static void write_all(const char *folder)
{
    struct text all = TEXT_EMPTY, table = TEXT_EMPTY;
    for (int i = 0; i < sample_count; i++) {
        char name[16], file[24];
        snprintf(name, sizeof name, "g%d", i);
        snprintf(file, sizeof file, "%s.h", name);
        write_export(folder, file, &samples[i].tree, &(struct export_options){.name = name, .header = true});
        text_addf(&all, "#include \"%s\"\n", file);
        text_addf(&table, "    {%s, %s_derivative, %sf, %sf_derivative},\n", name, name, name, name);
    }
    text_addf(&all,
              "struct functions {\n    double (*f)(double), (*slope)(double);\n"
              "    float (*single)(float), (*single_slope)(float);\n};\n"
              "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
              "extern const struct functions functions[];\nconst struct functions functions[] = {\n%s};\n"
              "#ifdef __cplusplus\n}\n#endif\n",
              text_string(&table));
    write_file(folder, "all.c", &all);
    text_release(&all);
    text_release(&table);
}

static bool agrees(double value, double reference, double tolerance)
{
    if (isnan(reference) || isinf(reference))
        return isnan(reference) ? isnan(value) : value == reference;
    return fabs(value - reference) <= tolerance * (1 + fabs(reference));
}

static const double points[] = {0.0,  -0.0, 0.1,   -0.1, 0.5,  -0.5,  1,     -1,     1.7,    -2.3,     3.14159,   4.25,
                                -6.5, 11.0, -13.0, 30.0, -45,  90.0,  -110., 750.,   -800,   1000.,    -1000.,    1e6,
                                -1e6, 1e20, -1e20, 1e40, 1e-9, 1e-40, 1e200, -1e200, 1e-310, INFINITY, -INFINITY, NAN};
enum { POINTS = sizeof points / sizeof *points };

/* Where the value is not finite, 0 times infinity may be the code's slope; where the reference has no slope, because
   infinities cancel, the code, which leaves out what is multiplied by 0, may have one. */
static bool slope_agrees(double slope, struct dual exact, double tolerance)
{
    if (isnan(exact.slope) || (!isfinite(exact.value) && isnan(slope)))
        return true;
    return agrees(slope, exact.slope, tolerance);
}

static void compare_double(const struct sample *sample, const struct functions *functions, double x)
{
    struct dual exact = tree_eval(&sample->tree, x, NULL);
    double value = functions->f(x), slope = functions->slope(x);
    if (!agrees(value, exact.value, 1e-14))
        ck_abort_msg("%s at %g: %.17g, expected %.17g", sample->text, x, value, exact.value);
    if (!slope_agrees(slope, exact, 1e-14))
        ck_abort_msg("slope of %s at %g: %.17g, expected %.17g", sample->text, x, slope, exact.slope);
}

/* The reference with every result disturbed as rounding to float would, and a little more. *inside stays
   true while everything is well within the range of float. */
static struct dual disturbed(const struct tree *tree, double x, struct random *random, bool *inside)
{
    struct dual stack[TREE_CAPACITY];
    int top = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        int arity = op_info(node->op)->arity;
        double noise = 0x1p-22 * (random_below(random, 2001) - 1000) / 1000;
        struct dual result = {node->op == OP_x ? x : node->value, node->op == OP_x};
        top -= arity;
        const struct dual *a = &stack[top], *b = &stack[top + 1];
        if (arity > 0) {
            double second = arity == 2 ? b->value : 0;
            result.value = op_value(node->op, a->value, second);
            result.slope = chain_product(op_slope(node->op, a->value, second, 0), a->slope);
            if (arity == 2)
                result.slope += chain_product(op_slope(node->op, a->value, second, 1), b->slope);
        }
        result.value *= 1 + noise;
        result.slope *= 1 - noise;
        double size = fmax(fabs(result.value), fabs(result.slope));
        *inside &= isfinite(result.value) && isfinite(result.slope) && size < 1e15;
        *inside &= result.value == 0 || fabs(result.value) > 1e-15;
        stack[top++] = result;
    }
    return stack[0];
}

/* Float results are as near as an evaluation in float can be expected to come: within some multiples of
   how far the disturbed references go. Returns whether there was something to compare. */
static bool compare_float(const struct sample *sample, const struct functions *functions, float x)
{
    enum { TRIES = 12 };
    struct random random = {99};
    struct dual exact = tree_eval(&sample->tree, (double)x, NULL);
    double value_error = 1e-6 * (1 + fabs(exact.value)), slope_error = 1e-6 * (1 + fabs(exact.slope));
    bool inside = isfinite(exact.value) && isfinite(exact.slope);
    for (int i = 0; i < TRIES; i++) {
        struct dual other = disturbed(&sample->tree, (double)x, &random, &inside);
        value_error = fmax(value_error, 8 * fabs(other.value - exact.value));
        slope_error = fmax(slope_error, 8 * fabs(other.slope - exact.slope));
    }
    if (!inside)
        return false;
    double value = (double)functions->single(x), slope = (double)functions->single_slope(x);
    if (!(fabs(value - exact.value) <= value_error))
        ck_abort_msg("%s in float at %g: %.9g, expected %.9g", sample->text, (double)x, value, exact.value);
    if (!(fabs(slope - exact.slope) <= slope_error))
        ck_abort_msg("slope of %s in float at %g: %.9g, expected %.9g", sample->text, (double)x, slope, exact.slope);
    return true;
}

START_TEST(exported_code_agrees_with_the_reference)
{
    char folder[] = "/tmp/actsearch-export-XXXXXX", command[400], path[64];
    make_folder(folder);
    collect();
    write_all(folder);
    snprintf(command, sizeof command,
             "cd %s && cc -std=c99 " WARNINGS " -ffp-contract=off -shared -fPIC -o all.so all.c -lm", folder);
    run(command);
    snprintf(path, sizeof path, "%s/all.so", folder);
    void *library = dlopen(path, RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    const struct functions *functions = dlsym(library, "functions");
    ck_assert_ptr_nonnull(functions);
    int compared = 0;
    for (int i = 0; i < sample_count; i++) {
        for (int k = 0; k < POINTS; k++)
            compare_double(&samples[i], &functions[i], points[k]);
        for (int k = -30; k <= 30; k++)
            compared += compare_float(&samples[i], &functions[i], (float)k * 0.21f + 0.013f);
    }
    ck_assert_int_gt(compared, sample_count * 61 * 3 / 4);
    dlclose(library);
    remove_folder(folder);
    forget();
}
END_TEST

/* At the ends of the range float must not do what double does not. */
START_TEST(known_functions_in_float_hold_far_out)
{
    static const char *const texts[] = {"silu(x)",      "gelu(x)", "mish(x)", "softplus(x)",  "sigmoid(x)",
                                        "x*sigmoid(x)", "tanh(x)", "elu(x)",  "selu(x)",      "softsign(x)",
                                        "gauss(x)",     "erf(x)",  "sinc(x)", "bessel_i0e(x)"};
    static const float far[] = {20, -20, 95, -95, 1000, -1000, 1e20f, -1e20f, INFINITY, -INFINITY};
    char folder[] = "/tmp/actsearch-export-XXXXXX", command[400], path[64];
    make_folder(folder);
    sample_count = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add(texts[i]);
    write_all(folder);
    snprintf(command, sizeof command, "cd %s && cc -std=c99 -O2 -shared -fPIC -o all.so all.c -lm", folder);
    run(command);
    snprintf(path, sizeof path, "%s/all.so", folder);
    void *library = dlopen(path, RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    const struct functions *functions = dlsym(library, "functions");
    for (int i = 0; i < sample_count; i++)
        for (size_t k = 0; k < sizeof far / sizeof *far; k++) {
            struct dual exact = tree_eval(&samples[i].tree, (double)far[k], NULL);
            double value = (double)functions[i].single(far[k]), slope = (double)functions[i].single_slope(far[k]);
            bool same = (isnan(exact.value) || agrees(value, exact.value, 1e-6)) && slope_agrees(slope, exact, 1e-6);
            if (!same)
                ck_abort_msg("%s in float at %g: %g and %g, expected %g and %g", samples[i].text, (double)far[k], value,
                             slope, exact.value, exact.slope);
        }
    dlclose(library);
    remove_folder(folder);
    forget();
}
END_TEST

/* The same headers by other compilers, where they are installed; says so when they are not. */
START_TEST(headers_compile_elsewhere_and_as_cpp)
{
    static const char *const compilers[][2] = {
        {"clang", "clang -std=c99 " WARNINGS},
        {"g++", "g++ -x c++ -std=c++11 -Wall -Wextra -Werror -Wdouble-promotion"},
        {"clang++", "clang++ -x c++ -std=c++11 -Wall -Wextra -Werror"},
    };
    char folder[] = "/tmp/actsearch-export-XXXXXX", command[512];
    make_folder(folder);
    collect();
    write_all(folder);
    for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
        if (!has_program(compilers[i][0])) {
            printf("not tried, because it is not installed: %s\n", compilers[i][0]);
            continue;
        }
        snprintf(command, sizeof command, "cd %s && %s -fsyntax-only all.c", folder, compilers[i][1]);
        run(command);
    }
    remove_folder(folder);
    forget();
}
END_TEST

START_TEST(learned_parameters_become_arguments_and_sets)
{
    char folder[] = "/tmp/actsearch-export-XXXXXX", command[512];
    make_folder(folder);
    struct tree tree = parsed("p0*bessel_i0e(x) + p1{0.5}*sinc(x)");
    const struct export_set sets[] = {{"", "layer act1", {1.25, -0.5}}, {"_act2", "layer */ act2", {2, 3}}};
    const char *const provenance[] = {"found in a/*b*/c\nd", NULL};
    struct export_options options = {.name = "best", .provenance = provenance, .sets = sets, .set_count = 2};
    write_export(folder, "best.c", &tree, &options);
    options.header = true;
    options.name = "best2";
    write_export(folder, "best2.h", &tree, &options);
    double values[] = {2, 3};
    struct text main = TEXT_EMPTY;
    text_addf(&main,
              "#include \"best2.h\"\n#include \"best2.h\"\n"
              "#ifdef __cplusplus\nextern \"C\" {\n#endif\n%s#ifdef __cplusplus\n}\n#endif\n"
              "int main(void) {\n    double p[2] = {2, 3};\n    float pf[2] = {2, 3};\n"
              "    return !(best_act2(0.5) == best_p(0.5, p) && best2_act2f(0.5f) == best_pf(0.5f, pf) &&\n"
              "        best_act2_derivative(0.5) == best2_p_derivative(0.5, p) &&\n"
              "        best_pf_derivative(1.0f, pf) == best_act2f_derivative(1.0f) && best(0.5) != best_act2(0.5) &&\n"
              "        fabs(best_p(0.5, p) - %.17g) < 1e-14 && fabs(best_act2_derivative(0.5) - %.17g) < 1e-14);\n}\n",
              "double best(double x);\ndouble best_act2(double x);\ndouble best_act2_derivative(double x);\n"
              "float best_act2f_derivative(float x);\ndouble best_p(double x, const double *p);\n"
              "float best_pf(float x, const float *p);\nfloat best_pf_derivative(float x, const float *p);\n",
              tree_eval(&tree, 0.5, values).value, tree_eval(&tree, 0.5, values).slope);
    write_file(folder, "main.c", &main);
    text_release(&main);
    snprintf(command, sizeof command, "cd %s && cc -std=c99 " WARNINGS " main.c best.c -lm -o main && ./main", folder);
    run(command);
    if (has_program("g++")) {
        snprintf(command, sizeof command, "cd %s && g++ -x c++ -Wall -Wextra -Werror main.c best.c -o main && ./main",
                 folder);
        run(command);
    } else {
        printf("not tried, because it is not installed: g++\n");
    }
    remove_folder(folder);
}
END_TEST

static void check_code(const char *expression, const char *expected)
{
    struct error err = ERROR_EMPTY;
    struct text code = TEXT_EMPTY;
    struct tree tree = parsed(expression);
    ASSERT_OK(export_code(export_language("c"), &tree, &(struct export_options){.name = "f"}, &code, &err));
    ck_assert_msg(strstr(text_string(&code), expected) != NULL, "the code of %s lacks\n%s\nand is\n%s", expression,
                  expected, text_string(&code));
    text_release(&code);
}

START_TEST(the_code_is_what_a_person_would_write)
{
    check_code("x*sigmoid(2*x) + sigmoid(2*x)", "double f(double x)\n{\n"
                                                "    const double t1 = 2.0 * x;\n"
                                                "    const double t2 = 1.0 / (1.0 + exp(-t1));\n"
                                                "    const double t3 = x * t2;\n"
                                                "    return t3 + t2;\n}\n");
    check_code("x*sigmoid(2*x)", "float ff_derivative(float x)\n{\n"
                                 "    const float t1 = 2.0f * x;\n"
                                 "    const float t2 = 1.0f / (1.0f + expf(-t1));\n"
                                 "    const float d2 = (t2 * (1.0f / (1.0f + expf(t1)))) * 2.0f;\n"
                                 "    return t2 + x * d2;\n}\n");
    check_code("3*(x - 0.1)", "double f_derivative(double x)\n{\n    (void)x;\n    return 3.0;\n}\n");
    check_code("x - 0.1", "float ff(float x)\n{\n    return x - 0.1f;\n}\n");
    check_code("tanh(x) + 2*x", "    return d1 + 2.0;\n");
    check_code("0.5*x/(1+exp(-x))", " * f(x) = 0.5*x/(1 + exp(-x))\n");
}
END_TEST

/* The code is the function at t = 1. */
START_TEST(the_code_is_for_inference)
{
    check_code("(1-t)*tanh(x) + t*relu(x)", " * f(x) = (1 - t)*tanh(x) + t*relu(x)\n"
                                            " * t is the progress of training, from 0 to 1. The functions below are "
                                            "for inference,\n * where t = 1:\n * f(x) = relu(x)\n");
    check_code("(1-t)*tanh(x) + t*relu(x)", "double f(double x)\n{\n    return x < 0 ? 0.0 : x;\n}\n");
    check_code("t", "double f(double x)\n{\n    (void)x;\n    return 1.0;\n}\n");
    /* the learned parameters of the beginning stay arguments, with their numbers */
    check_code("(1-t)*p0*x + t*p1{3}*sin(x)", "double f_p(double x, const double *p)\n{\n    const double p1 = p[1];\n"
                                              "    const double t1 = sin(x);\n    return p1 * t1;\n}\n");
    check_code("(1-t)*p0*x + t*p1{3}*sin(x)", "    const double p[2] = {1.0, 3.0};\n    return f_p(x, p);\n");
    check_code("(1-t)*p0{2}*sin(x) + t*x",
               "double f_p(double x, const double *p)\n{\n    (void)p;\n    return x;\n}\n");
}
END_TEST

START_TEST(bad_names_and_lack_of_memory_are_errors)
{
    static const char *const bad[] = {"", "2fast", "a-b", "é", "double", "tanh", "tanhf", "er", "class"};
    struct error err = ERROR_EMPTY;
    struct tree tree = tree_x();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct export_options options = {.name = bad[i]};
        struct text code = TEXT_EMPTY;
        ASSERT_FAILS(export_code(export_language("c"), &tree, &options, &code, &err), ERROR_USAGE,
                     "no name for a C function");
        text_release(&code);
    }
    tree = parsed("p0*bessel_i0e(x) + 0.1*t*sqrt(relu(x))");
    struct export_options options = {.name = "f", .header = true};
    int status = ERROR_MEMORY, n;
    for (n = 1; status; n++) {
        struct text code = TEXT_EMPTY;
        memory_fail_at(n);
        status = export_code(export_language("c"), &tree, &options, &code, &err);
        memory_fail_never();
        ck_assert(status == 0 || status == ERROR_MEMORY);
        text_release(&code);
    }
    ck_assert_int_gt(n, 5);
}
END_TEST

START_TEST(the_comparison_rejects_wrong_values)
{
    ck_assert(!agrees(1.1, 1, 1e-3));
    ck_assert(!agrees(1, NAN, 1e-3));
    ck_assert(!agrees(NAN, 1, 1e-3));
    ck_assert(!agrees(INFINITY, -INFINITY, 1e-3));
}
END_TEST

int main(void)
{
    return RUN_TESTS("export", 120, exported_code_agrees_with_the_reference, known_functions_in_float_hold_far_out,
                     headers_compile_elsewhere_and_as_cpp, learned_parameters_become_arguments_and_sets,
                     the_code_is_what_a_person_would_write, the_code_is_for_inference,
                     bad_names_and_lack_of_memory_are_errors, the_comparison_rejects_wrong_values);
}
