/* Exported code is compiled, loaded, and held against the reference. */
#include "testing.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/export.h"
#include "expr/catalogue.h"
#include "expr/parse.h"

#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST = 400 };

static struct tree trees[MOST];
static char *texts[MOST];
static int tree_count;

static void add_tree(const struct tree *tree)
{
    struct text text = TEXT_EMPTY;
    ck_assert_int_lt(tree_count, MOST);
    tree_print(tree, &text);
    trees[tree_count] = *tree;
    texts[tree_count++] = text_take(&text);
}

static void add(const char *text)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    add_tree(&tree);
}

/* Every primitive, every named function, every known function, and compositions. */
static void collect(void)
{
    static const char *const more[] = {
        "x",
        "3",
        "p0{0.3}",
        "-x",
        "0.1*x - 1e30",
        "x*x + x*x",
        "max(x, p{0.25}*x) - p{2}",
        "sin(x)*cos(x) - sin(x)",
        "1/(1+exp(-x)) + tanh(sin(x))^3",
        "bessel_i0e(x)*bessel_i1e(2*x)",
        "step(x)*sign(x-1)",
        "exp(x)*1e-40",
        "x^(-2.5) + pow(abs(x), x)",
        "sinc(3*x) - (x-(1-(x-2)))",
        "gelu(mish(silu(x)))",
        "min(max(x,-1),1)*1e30",
    };
    struct error err = ERROR_EMPTY;
    struct tree a, tree;
    ASSERT_OK(tree_parse("0.5*x+0.25", &a, &err));
    struct tree x = tree_x();
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        if (op < TREE_FIRST_BINARY)
            ASSERT_OK(tree_unary((enum op)op, &x, &tree, &err));
        else
            ASSERT_OK(tree_binary((enum op)op, &a, &x, &tree, &err));
        add_tree(&tree);
    }
    for (int i = 0; function_at(i); i++) {
        char call[128];
        static const char *const arguments[] = {"", "x", "x, 0.5*x+1", "x, -1, tanh(x)"};
        snprintf(call, sizeof call, "%s(%s)", function_at(i)->name, arguments[function_at(i)->arity]);
        add(call);
    }
    struct catalogue *catalogue;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    for (int i = 0; i < catalogue_count(catalogue); i++)
        add_tree(&catalogue_at(catalogue, i)->tree);
    catalogue_free(catalogue);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        add(more[i]);
}

static void run(const char *command)
{
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/* All trees as files of their own, compiled into one library. */
static void *compiled(const char *folder)
{
    char path[256], command[1024];
    for (int i = 0; i < tree_count; i++) {
        struct error err = ERROR_EMPTY;
        char name[16];
        snprintf(name, sizeof name, "g%d", i);
        struct text code = TEXT_EMPTY;
        struct export_options options = {.name = name};
        ASSERT_OK(export_c(&trees[i], &options, &code, &err));
        snprintf(path, sizeof path, "%s/%s.c", folder, name);
        ASSERT_OK(file_write(path, text_string(&code), code.length, &err));
        text_release(&code);
    }
    snprintf(command, sizeof command,
             "cd %s && for f in g*.c; do echo cc -std=c99 -pedantic -O1 -Wall "
             "-Wextra -Werror -Wdouble-promotion -Wfloat-conversion -ffp-contract=off -fPIC -c $f; done | "
             "xargs -P 2 -I COMMAND sh -c COMMAND && cc -shared -o all.so g*.o -lm",
             folder);
    run(command);
    snprintf(path, sizeof path, "%s/all.so", folder);
    void *library = dlopen(path, RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    return library;
}

static void *symbol(void *library, int i, const char *rest)
{
    char name[64];
    snprintf(name, sizeof name, "g%d%s", i, rest);
    void *found = dlsym(library, name);
    ck_assert_msg(found != NULL, "%s is missing", name);
    return found;
}

static bool agrees(double value, double reference, double tolerance)
{
    if (isnan(reference) || isinf(reference))
        return isnan(reference) ? isnan(value) : value == reference;
    return fabs(value - reference) <= tolerance * (1 + fabs(reference));
}

/* A pointer to a function, out of the void pointer of dlsym(), as POSIX allows. */
#define FUNCTION(type, pointer)                                                                                        \
    ((union {                                                                                                          \
         void *p;                                                                                                      \
         type (*f)(type);                                                                                              \
     }){.p = pointer}                                                                                                  \
         .f)

static void compare(void *library, int i)
{
    static const double points[] = {0.0,  -0.0,   0.1,  -0.1,  0.5,      -0.5,      1,    -1,
                                    1.7,  -2.3,   4.25, -6.5,  11.0,     -13.0,     30.0, -45.0,
                                    90.0, -110.0, 1000, -1000, INFINITY, -INFINITY, NAN};
    double (*f)(double) = FUNCTION(double, symbol(library, i, ""));
    double (*slope)(double) = FUNCTION(double, symbol(library, i, "_derivative"));
    float (*single)(float) = FUNCTION(float, symbol(library, i, "f"));
    float (*single_slope)(float) = FUNCTION(float, symbol(library, i, "f_derivative"));
    for (size_t k = 0; k < sizeof points / sizeof *points; k++) {
        double x = points[k];
        struct dual exact = tree_eval(&trees[i], x, NULL);
        if (!agrees(f(x), exact.value, 1e-14))
            ck_abort_msg("%s at %g: %.17g, expected %.17g", texts[i], x, f(x), exact.value);
        /* 0 times infinity is left out of the sums of the code, so NaN may become a number */
        if (!isnan(exact.slope) && !agrees(slope(x), exact.slope, 1e-13))
            ck_abort_msg("d %s at %g: %.17g, expected %.17g", texts[i], x, slope(x), exact.slope);
        /* in float, where neither value nor any part of it can leave the range */
        if (fabs(x) > 5)
            continue;
        if (fabs(exact.value) < 1e6 &&
            !agrees((double)single((float)x), tree_eval(&trees[i], (double)(float)x, NULL).value, 1e-4))
            ck_abort_msg("%s in float at %g: %g, expected %g", texts[i], x, (double)single((float)x), exact.value);
        if (fabs(exact.slope) < 1e6 &&
            !agrees((double)single_slope((float)x), tree_eval(&trees[i], (double)(float)x, NULL).slope, 1e-3))
            ck_abort_msg("d %s in float at %g: %g, expected %g", texts[i], x, (double)single_slope((float)x),
                         exact.slope);
    }
}

START_TEST(exported_code_agrees_with_the_reference)
{
    char folder[] = "/tmp/actsearch-export-XXXXXX", command[128];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    tree_count = 0;
    collect();
    void *library = compiled(folder);
    for (int i = 0; i < tree_count; i++)
        compare(library, i);
    dlclose(library);
    snprintf(command, sizeof command, "rm -r %s", folder);
    run(command);
    for (int i = 0; i < tree_count; i++)
        memory_free(texts[i]);
}
END_TEST

START_TEST(headers_compile_as_c_and_as_cpp)
{
    struct error err = ERROR_EMPTY;
    char folder[] = "/tmp/actsearch-export-XXXXXX", path[128], command[512];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct tree tree;
    ASSERT_OK(tree_parse("p0*bessel_i0e(x) + p1{0.5}*sinc(x)", &tree, &err));
    const struct export_set sets[] = {{"", "layer act1", {1.25, -0.5}}, {"_act2", "layer act2", {2, 3}}};
    const char *const provenance[] = {"found in a/*b*/c", NULL};
    struct export_options options = {
        .name = "best", .provenance = provenance, .sets = sets, .set_count = 2, .header = true};
    struct text code = TEXT_EMPTY;
    ASSERT_OK(export_c(&tree, &options, &code, &err));
    ck_assert_ptr_nonnull(strstr(text_string(&code), "double best_act2_derivative(double x)"));
    ck_assert_ptr_nonnull(strstr(text_string(&code), "p0 = 1.25;"));
    snprintf(path, sizeof path, "%s/best.h", folder);
    ASSERT_OK(file_write(path, text_string(&code), code.length, &err));
    snprintf(
        command, sizeof command,
        "cd %s && printf '#include \"best.h\"\\n#include \"best.h\"\\nint main(void) { return best(0.5) + bestf(1) + "
        "best_act2(1) + best_derivative(0) > 100; }\\n' > main.c && cp main.c main.cc && "
        "cc -std=c99 -Wall -Wextra main.c -lm -o main && ./main && "
        "if command -v g++ >/dev/null; then g++ -Wall -Wextra main.cc -o main && ./main; fi; rm -r %s",
        folder, folder);
    run(command);
    text_release(&code);
}
END_TEST

START_TEST(the_code_is_what_a_person_would_write)
{
    struct error err = ERROR_EMPTY;
    struct tree tree;
    ASSERT_OK(tree_parse("x*sigmoid(2*x) + sigmoid(2*x)", &tree, &err));
    struct export_options options = {.name = "f"};
    struct text code = TEXT_EMPTY;
    ASSERT_OK(export_c(&tree, &options, &code, &err));
    const char *first = strstr(text_string(&code), "exp("), *second = first ? strstr(first + 1, "exp(") : NULL;
    const char *end = strstr(text_string(&code), "}\n\ndouble f_derivative");
    ck_assert(first && end && first < end && (!second || second > end)); /* the sigmoid once */
    text_release(&code);
}
END_TEST

START_TEST(bad_names_and_lack_of_memory_are_errors)
{
    static const char *const bad[] = {"", "2fast", "a-b", "double", "é"};
    struct error err = ERROR_EMPTY;
    struct tree tree = tree_x();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct export_options options = {.name = bad[i]};
        struct text code = TEXT_EMPTY;
        ASSERT_FAILS(export_c(&tree, &options, &code, &err), ERROR_USAGE, "no name for a C function");
        text_release(&code);
    }
    ASSERT_OK(tree_parse("p0*x + 0.1*tanh(x)", &tree, &err));
    struct export_options options = {.name = "f"};
    int status = ERROR_MEMORY, n;
    for (n = 1; status; n++) {
        struct text code = TEXT_EMPTY;
        memory_fail_at(n);
        status = export_c(&tree, &options, &code, &err);
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
    return RUN_TESTS("export", 120, exported_code_agrees_with_the_reference, headers_compile_as_c_and_as_cpp,
                     the_code_is_what_a_person_would_write, bad_names_and_lack_of_memory_are_errors,
                     the_comparison_rejects_wrong_values);
}
