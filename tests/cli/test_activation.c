/* One activation: what a search trains for an expression is what show, apply and export speak of. */
#include "commands.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "expr/parse.h"
#include "expr/simplify.h"
#include "grammar/grammar.h"
#include "kernel/tape.h"
#include "search/search.h"
#include "search/strategy.h"

#include <dlfcn.h>
#include <math.h>

/* Written with kinks in all the ways that people have for them; and what has none. */
static const char *const texts[] = {
    "sqrt(x^2)",
    "max(x,0)",
    "max(0,x)",
    "relu(x)",
    "-min(-x,0)",
    "max(x,-x)",
    "abs(x)",
    "relu(x)-relu(-x)",
    "relu(x)+relu(-x)",
    "x*sigmoid(x)",
    "x/(1+exp(-x))",
    "exp(log(x))",
    "log(exp(x))",
    "min(max(x,-1),1)",
    "max(min(1,x),-1)",
    "hard_tanh(x)",
    "x*step(x)",
    "x*step(x)+(exp(min(x,0))-1)*step(-x)",
    "max(x,0)+min(exp(x)-1,0)",
    "max(x,0.01*x)",
    "max(0.5*x,x)+min(x,2*x)",
    "max(max(x,0),x)",
    "(x+abs(x))/2",
    "0.5*(x+sqrt(x*x))",
    "abs(x)*sign(x)",
    "x*sign(x)",
    "min(x,0)+max(x,0)",
    "max(x,x)",
    "max(x,x+0)",
    "relu(relu(x))",
    "relu(-relu(x))+x",
    "min(max(x,0),6)",
    "6-max(6-max(x,0),0)",
    "max(0,min(1,x/6+0.5))",
    "x*max(0,min(1,x/6+0.5))",
    "max(x-0.5,0)+min(x+0.5,0)",
    "x*step(abs(x)-0.5)",
    "max(x,3)-max(3,x)+x",
    "(x^2)^0.5",
    "abs(x)^2",
    "sqrt(x)^2",
    "x^3/x",
    "max(x,0)^2",
    "3",
    "2+3*0",
    "-(3)",
    "p0*max(x,0)",
    "p1{2}*x + p0{3}*max(x,0)",
    "max(x,p{0.25}*x)",
    "max(x,0)+p{0.25}*min(x,0)",
    "p0*0 + sqrt(x^2)*p1{2}",
    "t*max(x,0)+(1-t)*x",
    "max(x,1-t)",
    "min(x,t)-max(t*x,0)",
    "max(t*x,(1-t)*x)",
    "x^t + sqrt((t*x)^2)",
    "(1-t)*p0{2}*x + t*p1{3}*sqrt(x^2)",
};
enum { TEXTS = sizeof texts / sizeof *texts };

/* All of them are floats, so that a kink is at the same place in both precisions. */
static const char *const points[] = {"-8", "-6",  "-3", "-2",    "-1",  "-0.5", "-0.25", "-0.0078125", "-0",
                                     "0",  "0.5", "1",  "0.375", "1.5", "2",    "3",     "6",          "7.75"};
enum { POINTS = sizeof points / sizeof *points };

struct row {
    double value, slope;
};

struct functions {
    double (*f)(double), (*slope)(double);
    float (*single)(float), (*single_slope)(float);
};

static double number_after(const char **p)
{
    char *end;
    *p += strcspn(*p, ",") + 1;
    double value = strcspn(*p, ",\r\n") ? strtod(*p, &end) : NAN; /* what is not finite is empty */
    return value;
}

static void apply_rows(const char *text, bool single, struct row rows[POINTS])
{
    struct error err;
    const char *words[POINTS + 6] = {"--format", "csv", single ? "--float" : "--t=1", "--", text};
    memcpy(words + 5, points, sizeof points);
    ASSERT_OK(run(&command_apply, "", words, &err));
    const char *line = strchr(output, '\n') + 1;
    for (int k = 0; k < POINTS; k++, line = strchr(line, '\n') + 1) {
        const char *p = line;
        rows[k].value = number_after(&p);
        rows[k].slope = number_after(&p);
    }
}

/* What an evaluation runs, from the canonical form, as the search always had it. */
static void tape_rows(const char *text, struct row rows[POINTS])
{
    struct error err;
    struct tree tree;
    struct tape *tape;
    ASSERT_OK(tree_parse(text, &tree, &err));
    ASSERT_OK(tree_simplify(&tree, &tree, &err));
    ASSERT_OK(tape_new(&tree, &tape, &err));
    void *scratch = memory_aligned(tape_scratch_bytes(tape));
    for (int k = 0; k < POINTS; k++) {
        float x = strtof(points[k], NULL), value, slope;
        tape_run(tape, isa_best(), NULL, 1, 1, &x, &value, &slope, NULL, scratch);
        rows[k] = (struct row){value, slope};
    }
    memory_free(scratch);
    tape_free(tape);
}

static void export_all(const char *folder)
{
    struct error err;
    struct text all = TEXT_EMPTY, table = TEXT_EMPTY;
    for (int i = 0; i < TEXTS; i++) {
        char name[16], path[96];
        snprintf(name, sizeof name, "g%d", i);
        snprintf(path, sizeof path, "%s/g%d.h", folder, i);
        ASSERT_OK(RUN(export, "--header", "--name", name, "-o", path, "--", texts[i]));
        text_addf(&all, "#include \"%s.h\"\n", name);
        text_addf(&table, "{%s, %s_derivative, %sf, %sf_derivative},\n", name, name, name, name);
    }
    text_addf(&all,
              "struct functions { double (*f)(double), (*slope)(double); float (*single)(float), "
              "(*single_slope)(float); };\nconst struct functions functions[] = {\n%s};\n",
              text_string(&table));
    char path[96];
    snprintf(path, sizeof path, "%s/all.c", folder);
    ASSERT_OK(file_write(path, text_string(&all), all.length, &err));
    text_release(&all);
    text_release(&table);
}

static void *compile(const char *folder)
{
    char command[256], path[96];
    snprintf(command, sizeof command, "cd %s && cc -std=c99 -O1 -ffp-contract=off -shared -fPIC -o all.so all.c -lm",
             folder);
    ck_assert_int_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/all.so", folder);
    void *library = dlopen(path, RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    return library;
}

static bool near(double a, double b, double tolerance)
{
    if (!isfinite(a) || !isfinite(b))
        return !isfinite(a) && !isfinite(b);
    return fabs(a - b) <= tolerance * (1 + fabs(a) + fabs(b));
}

static void must_agree(const char *text, const char *point, const char *who, struct row row, const char *other,
                       struct row than, double tolerance)
{
    if (!near(row.value, than.value, tolerance) || !near(row.slope, than.slope, tolerance))
        ck_abort_msg("%s at %s: %s has %.17g with slope %.17g, %s %.17g with slope %.17g", text, point, who, row.value,
                     row.slope, other, than.value, than.slope);
}

static void compare(const char *text, const struct functions *functions)
{
    struct row exact[POINTS], single[POINTS], trained[POINTS];
    apply_rows(text, false, exact);
    apply_rows(text, true, single);
    tape_rows(text, trained);
    for (int k = 0; k < POINTS; k++) {
        double x = strtod(points[k], NULL);
        struct row code = {functions->f(x), functions->slope(x)};
        struct row short_code = {functions->single((float)x), functions->single_slope((float)x)};
        must_agree(text, points[k], "apply --float", single[k], "training", trained[k], 0);
        must_agree(text, points[k], "apply", exact[k], "training", trained[k], 2e-6);
        must_agree(text, points[k], "export", code, "apply", exact[k], 1e-14);
        must_agree(text, points[k], "export in float", short_code, "training", trained[k], 4e-6);
    }
}

START_TEST(apply_and_export_are_what_is_trained)
{
    char folder[] = "/tmp/actsearch-candidate-XXXXXX", command[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    export_all(folder);
    void *library = compile(folder);
    const struct functions *functions = dlsym(library, "functions");
    ck_assert_ptr_nonnull(functions);
    for (int i = 0; i < TEXTS; i++)
        compare(texts[i], &functions[i]);
    dlclose(library);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(the_comparison_can_say_no)
{
    ck_assert(!near(0.5, 0, 2e-6));
    ck_assert(!near(0, INFINITY, 2e-6));
    ck_assert(!near(1, 1.001, 2e-6));
    ck_assert(near(NAN, NAN, 0));
}
END_TEST

/* ---- the judgement of a search */

/* Compares what show says with what the search has done. */
static void check_ticket(const struct ticket *ticket)
{
    struct error err;
    struct text expression = TEXT_EMPTY, trained = TEXT_EMPTY, reason = TEXT_EMPTY;
    candidate_print(&ticket->expression, &expression);
    candidate_print(&ticket->assignment.candidate, &trained);
    judgement_print(&ticket->judgement, &reason);
    ASSERT_OK(RUN(show, "--format", "json", "--", text_string(&expression)));
    struct json_document *document;
    ASSERT_OK(json_parse(output, "show", &document, &err));
    struct json root = json_root(document), rejected = json_member(&root, "rejected");
    const char *shown = NULL, *said = NULL;
    ASSERT_OK(json_string(json_member(&root, "simplified"), &shown, &err));
    ck_assert_str_eq(shown, text_string(&trained));
    ck_assert_msg(json_is_string(rejected) == (ticket->kind == TICKET_REJECTED), "%s: show and search differ",
                  text_string(&expression));
    if (json_is_string(rejected)) {
        ASSERT_OK(json_string(rejected, &said, &err));
        ck_assert_str_eq(said, text_string(&reason));
    }
    json_document_free(document);
    text_release(&expression);
    text_release(&trained);
    text_release(&reason);
}

/* Returns how many were turned away. */
static int check_grammar(const struct grammar *grammar, int count)
{
    struct error err;
    struct search_spec spec = {
        .strategy = strategy_by_name("random"), .evaluations = count, .proposals = count, .window = count + 1};
    struct search *search;
    static struct ticket ticket;
    enum search_state state = SEARCH_TICKET;
    int rejected = 0;
    ASSERT_OK(search_new(&spec, &(struct space){grammar, 1}, 7, &search, &err));
    for (;;) {
        ASSERT_OK(search_next(search, &ticket, &state, &err));
        if (state != SEARCH_TICKET)
            break;
        check_ticket(&ticket);
        rejected += ticket.kind == TICKET_REJECTED;
    }
    search_free(search);
    return rejected;
}

static int check_shipped(const char *name, int count)
{
    struct error err;
    struct grammar *grammar;
    char path[256];
    snprintf(path, sizeof path, SOURCE_DIR "/grammars/%s.json", name);
    ASSERT_OK(grammar_read(path, &grammar, &err));
    int rejected = check_grammar(grammar, count);
    grammar_free(grammar);
    return rejected;
}

/* In it, what is written is often not finite where what is trained is. */
static int check_roots(int count)
{
    static const char text[] =
        "{\"name\": \"roots\", \"unary\": [\"sqrt\", \"square\", \"log\", \"exp\", \"identity\"],"
        " \"binary\": [\"add\", \"mul\", \"div\", \"max\"],"
        " \"shapes\": {\"grow\": {\"max_depth\": 6, \"max_nodes\": 9}}}";
    struct error err;
    struct json_document *document;
    struct grammar *grammar;
    ASSERT_OK(json_parse(text, "roots", &document, &err));
    ASSERT_OK(grammar_parse(json_root(document), &grammar, &err));
    json_document_free(document);
    int rejected = check_grammar(grammar, count);
    grammar_free(grammar);
    return rejected;
}

START_TEST(show_judges_as_a_search_does)
{
    static const char *const grammars[] = {"aquasurf", "cheap", "default", "lapid2022", "progress", "swish2017"};
    int count = testing_is_sparse() ? 10 : 80, rejected = 0;
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++)
        rejected += check_shipped(grammars[i], count);
    rejected += check_roots(4 * count);
    ck_assert_int_gt(rejected, count / 4);
    ck_assert_int_lt(rejected, 9 * count);
}
END_TEST

/* Which of value and slopes it is, and where. */
START_TEST(a_reason_says_what_is_not_finite_and_where)
{
    static const char *const cases[][2] = {
        {"1/x", "f is not finite on [-8, 8]: infinite at x = 0"},
        {"log(x)", "f is not finite on [-8, 8]: not a number at x = -8"},
        {"log(x+8)", "f is not finite on [-8, 8]: infinite at x = -8"},
        {"sqrt(x+2.5)", "f is not finite on [-8, 8]: not a number at x = -8"},
        {"exp(exp(x))", "f is not finite on [-8, 8]: 1.24e+39 at x = 4.5, more than a float holds"},
        {"1/(x-0.3)", "f is not finite on [-8, 8]: a pole between x = 0.25 and x = 0.3125"},
        {"sqrt(x+8)", "f' is not finite on [-8, 8]: infinite at x = -8"},
        {"sqrt(8-x)", "f' is not finite on [-8, 8]: infinite at x = 8"},
        {"(x+8)^0.25", "f' is not finite on [-8, 8]: infinite at x = -8"},
        {"x^p0", "df/dp0 is not finite on [-8, 8]: not a number at x = -8"},
        {"x+sqrt(p{0})", "df/dp0 is not finite on [-8, 8]: infinite at x = -8"},
        {"tanh(p0*x)+x*sqrt(p1{0})", "df/dp1 is not finite on [-8, 8]: infinite at x = -8"},
        {"tanh(x)/t", "f is not finite on [-8, 8]: infinite at x = -8 and t = 0"},
        {"(1+t)*sqrt(x+8)", "f' is not finite on [-8, 8]: infinite at x = -8 and t = 0"},
        {"t*tanh(x)+(1-t)/(x-0.3)", "f is not finite on [-8, 8]: a pole between x = 0.25 and x = 0.3125, at t = 0"},
        {"3", "constant"},
        {"step(x)", "lets no gradient through"},
        {"sqrt(x^2)", NULL},
        {"relu(x)", NULL},
        {"p0*x", NULL},
    };
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[200];
        ASSERT_OK(RUN(show, cases[i][0], "--no-plot"));
        snprintf(line, sizeof line, "\na search turns it away: %s\n", cases[i][1] ? cases[i][1] : "");
        if (cases[i][1])
            must_have(line);
        else
            must_lack("turns it away");
    }
}
END_TEST

/* ---- numbers of learned parameters, and names */

START_TEST(parameters_keep_the_numbers_that_were_written)
{
    struct error err;
    ASSERT_OK(RUN(apply, "p1*x+p0", "3", "-p", "p0=10,p1=2", "--format", "csv"));
    must_have("3,16,2");
    ASSERT_OK(RUN(apply, "x*p3{2}+p1{5}*max(x,0)+0*p0", "3", "-p", "p3=1,p1=4,p0=7", "--format", "csv"));
    must_have("3,15,5");
    ASSERT_OK(RUN(apply, "p2*sqrt(x^2)+sin(p0*x)", "-2", "-p", "p0=0,p2=3", "--float", "--format", "csv"));
    must_have("-2,6,-3");
    ASSERT_FAILS(RUN(apply, "p1*x", "3", "-p", "p2=1"), ERROR_USAGE, "there is no p2");
}
END_TEST

START_TEST(what_is_trained_is_what_has_the_name)
{
    struct error err;
    ASSERT_OK(RUN(show, "sqrt(x^2)", "--no-plot"));
    must_have("this is abs: ");
    must_have("f(x)   = sqrt(x^2)\n       = abs(x), which is what is trained\n");
    ASSERT_OK(RUN(show, "t*0 + max(x,0)", "--no-plot"));
    must_have("this is relu: ");
    ASSERT_OK(RUN(export, "sqrt(x^2)"));
    must_have(" * f(x) = abs(x)\n * known as abs\n * written as sqrt(x^2); what a search trains is this\n");
    must_have("    return fabs(x);\n");
    ASSERT_OK(RUN(export, "relu"));
    must_lack("written as");
}
END_TEST

int main(void)
{
    return RUN_TESTS("candidate", 120, apply_and_export_are_what_is_trained, the_comparison_can_say_no,
                     show_judges_as_a_search_does, a_reason_says_what_is_not_finite_and_where,
                     parameters_keep_the_numbers_that_were_written, what_is_trained_is_what_has_the_name);
}
