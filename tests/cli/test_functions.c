/* The commands about one function: show, apply, export; run as main() runs them, on a small database. */
#include "commands.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static char folder[64], database[96];

/* ---- a database: relu; a child of it with a learned parameter; the same again; one that was rejected;
   a crossing of the first two */

static void append(struct store *store, struct store_ticket *ticket)
{
    static int64_t next;
    struct error err;
    next = store_count(store);
    ticket->proposal.ticket = next;
    ticket->proposal.fingerprint = ticket->proposal.reason ? NULL : "f";
    ticket->proposal.genome = ticket->proposal.expression;
    ticket->proposal.nodes = 3;
    ASSERT_OK(store_append(store, ticket, &err));
}

static struct store_proposal proposal(const char *operator, int64_t parent1, int64_t parent2, const char *expression,
                                      const char *simplified)
{
    return (struct store_proposal){.origin = STORE_SEARCH,
                                   .operator= operator,
                                   .parent1 = parent1,
                                   .parent2 = parent2,
                                   .expression = expression,
                                   .simplified = simplified,
                                   .outcome = STORE_EVALUATED,
                                   .same_as = STORE_NONE};
}

static void fill_database(struct store *store, const struct learned *parameters, int parameter_count)
{
    static struct trial trials[] = {{.seed_index = 0, .score = 0.75, .train_loss = 0.25, .epochs = 2},
                                    {.seed_index = 1, .score = 0.875, .train_loss = 0.25, .epochs = 2}};
    for (int i = 0; i < 2; i++) {
        trials[i].validation = measures_none();
        trials[i].validation.accuracy = trials[i].score;
        trials[i].validation.loss = 0.5;
    }
    struct evaluation good = {.result = result_of_score(0.8125),
                              .trials = trials,
                              .trial_count = 2,
                              .parameters = (struct learned *)parameters,
                              .parameter_count = parameter_count};
    good.result.objective[0].deviation = 0.0884;
    good.result.validation.accuracy = (struct figure){0.8125, 0.0884};
    good.result.validation.loss = (struct figure){0.5, 0};
    good.result.train_loss.mean = 0.25;
    good.result.learning_rate = 0;
    good.result.seeds = 2;
    good.result.epochs = 4;
    struct evaluation worse = {.result = result_of_score(0.5), .trials = trials, .trial_count = 1};
    worse.result.validation.accuracy.mean = 0.5;
    worse.result.validation.loss.mean = worse.result.train_loss.mean = 0.9;
    worse.result.learning_rate = 0;
    worse.result.seeds = 1;
    worse.result.epochs = 2;
    struct store_ticket first = {.proposal = proposal("random", STORE_NONE, STORE_NONE, "max(x, 0)", "relu(x)"),
                                 .evaluation = &worse};
    append(store, &first);
    struct store_ticket second = {.proposal =
                                      proposal("mutate:insert", 0, STORE_NONE, "sigmoid(p0*x)*x", "x*sigmoid(p0*x)"),
                                  .evaluation = &good};
    append(store, &second);
    struct store_ticket same = {.proposal = proposal("random", STORE_NONE, STORE_NONE, "x*sigmoid(p0*x)", "x")};
    same.proposal.outcome = STORE_DUPLICATE;
    same.proposal.same_as = 1;
    append(store, &same);
    struct store_ticket bad = {.proposal = proposal("random", STORE_NONE, STORE_NONE, "1/x", "reciprocal(x)")};
    bad.proposal.outcome = STORE_REJECTED;
    bad.proposal.reason = "not finite on [-8, 8]";
    append(store, &bad);
    struct store_ticket cross = {.proposal = proposal("cross", 1, 0, "tanh(x)*2", "2*tanh(x)"), .evaluation = &worse};
    append(store, &cross);
}

static const struct store_run example = {.name = "example",
                                         .experiment = "{}",
                                         .grammar = "{}",
                                         .protocol = "{}",
                                         .seed = 42,
                                         .strategy = "aging",
                                         .window = 8,
                                         .metric = "validation_accuracy",
                                         .program_version = "0.1.0",
                                         .isa = "portable",
                                         .library_version = "1",
                                         .arithmetic = "0",
                                         .data_digest = "00",
                                         .data_description = "made up */"};

static void make_database_with(const struct learned *parameters, int parameter_count)
{
    struct error err;
    struct store *store;
    snprintf(folder, sizeof folder, "/tmp/actsearch-functions-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/run.db", folder);
    ASSERT_OK(store_open(database, &example, NULL, &store, &err));
    fill_database(store, parameters, parameter_count);
    ASSERT_OK(store_close(store, &err));
}

static void make_database(void)
{
    static const struct learned parameters[] = {{0, 0, LEARNED_BY_ALL, 0, 2.0, 0},
                                                {0, 1, LEARNED_BY_ALL, 0, 6.0, 0},
                                                {1, 0, LEARNED_BY_ALL, 0, 4.0, 0},
                                                {1, 1, LEARNED_BY_ALL, 0, 8.0, 0}};
    make_database_with(parameters, 4);
}

static void remove_database(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void plain_terminal(void)
{
    unsetenv("COLUMNS");
    setenv("LC_ALL", "C.UTF-8", 1);
}

/* ---- show */

START_TEST(show_tells_what_is_known_of_a_function)
{
    struct error err;
    plain_terminal();
    ASSERT_OK(RUN(show, "x*sigmoid(x)"));
    must_have("this is silu: ");
    must_have("f(x)   = x*sigmoid(x)\n       = silu(x), which is what is trained\nf'(x)  = ");
    must_have("shape    not monotone, smooth, bounded on the left\n");
    must_have("range    from -0.278");
    must_have("N(0,1)   mean 0.206621, mean square 0.355776, mean squared slope 0.379482, gain 1.67653\n");
    ASSERT_OK(RUN(show, "1/x", "--no-plot"));
    must_have("a search turns it away: f is not finite on [-8, 8]: infinite at x = 0\n");
    must_lack("N(0,1)");
    must_lack("┤");
    ASSERT_OK(RUN(show, "max(x, p0{0.25}*x)", "--no-plot"));
    must_have("learned  p0 starts at 0.25\n");
    ASSERT_OK(RUN(show, "(1-t)*relu(x) + t*tanh(x)"));
    must_have("t = 0    relu(x)\nt = 1    tanh(x)\n");
    must_have("\n  at t = 1, as it is after training\n");
    must_have("\n  at t = 0, where training begins\n");
    must_have(", mean square 0.394294, ");
    must_lack("this is");
    ASSERT_OK(RUN(show, "t*x", "--format", "json"));
    must_have("\"at_start\": \"0\", \"at_end\": \"x\"");
}
END_TEST

/* Row and column of a character of the plot, in characters; what stands there, as one byte. */
static char plot_at(const char *plot, int row, int column)
{
    for (; row > 0; row--)
        plot = strchr(plot, '\n') + 1;
    return (int)strcspn(plot, "\n") > column ? plot[column] : ' ';
}

START_TEST(plots_show_the_function_where_it_is)
{
    struct error err;
    plain_terminal();
    ASSERT_OK(RUN(show, "relu", "--ascii", "--from", "-6", "--to", "6"));
    for (const char *p = output; *p; p++)
        ck_assert_msg((unsigned char)*p < 0x80, "not ASCII: %s", p);
    const char *plot = strstr(output, "6 +");
    ck_assert_ptr_nonnull(plot);
    /* 18 rows above the axis, three to a unit; 73 columns, six to a unit; three columns of labels */
    for (int x = -6; x <= 6; x++) {
        int column = 3 + 6 * (x + 6), row = 18 - 3 * (x > 0 ? x : 0);
        ck_assert_msg(plot_at(plot, row, column) == '*', "no curve at %d: row %d, column %d\n%s", x, row, column,
                      output);
        if (x > 1) {
            ck_assert_int_eq(plot_at(plot, 15, column), '.');
            ck_assert_int_eq(plot_at(plot, 18, column), '-');
        }
    }
    ck_assert_int_eq(plot_at(plot, 9, 3 + 36), '|');
    must_have("\n  ++-----+-----+-----+-----+-----+-----+-----+-----+-----+-----+-----+-----+\n"
              "  -6    -5    -4    -3    -2    -1     0     1     2     3     4     5     6\n");
    must_have("   *** f(x)    ... f'(x)\n");
}
END_TEST

START_TEST(plots_of_anything_fit_and_have_no_dots_where_nothing_is)
{
    static const char *const texts[] = {"nan",      "inf", "0",       "1e300*x",   "1/x",    "sqrt(x)",   "exp(exp(x))",
                                        "1e-300*x", "x^9", "step(x)", "sin(99*x)", "log(x)", "x*1e308*10"};
    struct error err;
    plain_terminal();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        setenv("COLUMNS", i % 2 ? "60" : "80", 1);
        ASSERT_OK(RUN(show, texts[i], "--ascii"));
        const char *p = strstr(output, "\n\n") + 2, *end = strstr(output, "*** f(x)");
        int width = 0, rows = 0;
        for (; p < end; p += strcspn(p, "\n") + 1, rows++)
            width = (int)strcspn(p, "\n") > width ? (int)strcspn(p, "\n") : width;
        ck_assert_msg(width <= (i % 2 ? 60 : 80) && rows <= 23, "%s: %d wide, %d high\n%s", texts[i], width, rows,
                      output);
    }
    unsetenv("COLUMNS");
    ASSERT_OK(RUN(show, "nan", "--ascii"));
    must_lack("**-");
    must_lack("..-");
    ASSERT_FAILS(RUN(show, "tanh", "--from", "3", "--to", "-3"), ERROR_USAGE, "there is nothing between 3 and -3");
}
END_TEST

START_TEST(show_tells_scores_parameters_and_lineage_of_a_candidate)
{
    struct error err;
    plain_terminal();
    make_database();
    ASSERT_OK(RUN(show, database, "best", "--no-plot"));
    must_have("this is swish");
    must_have("ticket 1 of ");
    must_have("  proposed as sigmoid(p0*x)*x\n");
    must_have("  ok: score 0.8125, deviation 0.088, 2 seeds, by validation_accuracy (higher is better)\n"
              "  seed 0: ok, accuracy 0.7500, validation loss 0.5000, train loss 0.2500, 2 epochs\n"
              "  seed 1: ok, accuracy 0.8750");
    must_have("  activation layer 1: p0 = 3 (mean over the seeds)\n"
              "  activation layer 2: p0 = 7 (mean over the seeds)\n");
    must_have("lineage\n  1  x*sigmoid(p0*x)  0.8125  by mutate:insert\n  └─ 0  relu(x)  0.5000  by random\n");
    ASSERT_OK(RUN(show, database, "4", "--ascii"));
    must_have("lineage\n"
              "  4  2*tanh(x)  0.5000  by cross\n"
              "  |- 1  x*sigmoid(p0*x)  0.8125  by mutate:insert\n"
              "  |  `- 0  relu(x)  0.5000  by random\n"
              "  `- 0  relu(x)  (see above)\n");
    ASSERT_OK(RUN(show, database, "2"));
    must_have("with the learned parameters as they were trained");
    must_have("ticket 2 is the same function as an earlier one, which was trained:\nticket 1 of ");
    ASSERT_OK(RUN(show, database, "3", "--no-plot"));
    must_have("by random, rejected: not finite on [-8, 8]\n");
    ASSERT_FAILS(RUN(show, database, "5"), ERROR_INPUT, "there is no ticket 5, only 0 to 4");
    ASSERT_FAILS(RUN(show, database, "x"), ERROR_USAGE, "\"x\" is no ticket");
    ASSERT_FAILS(RUN(show, database), ERROR_USAGE, "which of its candidates?");
    ASSERT_FAILS(RUN(show, "/nowhere/run.db", "1"), ERROR_IO, "/nowhere/run.db: cannot open");
    remove_database();
}
END_TEST

/* Hundreds of channels would be hundreds of numbers: their mean and range are told. */
START_TEST(show_sums_up_channels_and_names_what_is_shared)
{
    struct error err;
    static const struct learned channels[] = {
        {0, 0, 0, 0, 1.0, 0}, {0, 0, 1, 0, 3.0, 0}, {0, 0, 2, 0, 2.0, 0}, {0, 1, 0, 0, 7.0, 0}, {0, 1, 1, 0, 5.0, 0},
        {1, 0, 0, 0, 0.5, 0}, {1, 0, 1, 0, 2.5, 0}, {1, 0, 2, 0, 3.0, 0}, {1, 1, 0, 0, 6.0, 0}, {1, 1, 1, 0, 6.0, 0}};
    /* and a fixed function with a parameter of its own */
    static const struct learned shared[] = {{0, LEARNED_BY_ALL, LEARNED_BY_ALL, 0, 2.0, 0},
                                            {0, 1, LEARNED_BY_ALL, 0, 9.0, 0},
                                            {1, LEARNED_BY_ALL, LEARNED_BY_ALL, 0, 4.0, 0}};
    make_database_with(channels, 10);
    ASSERT_OK(RUN(show, database, "best"));
    must_have("  activation layer 1, 3 channels: p0 = 2 [0.5 to 3] (mean [range] over channels and seeds)\n"
              "  activation layer 2, 2 channels: p0 = 6 [5 to 7] (mean [range] over channels and seeds)\n");
    must_have("as they were trained, mean over the seeds, the layers and their channels\n");
    ASSERT_OK(RUN(show, database, "1", "--format", "json"));
    must_have("{\"seed\": 0, \"layer\": 0, \"channel\": 2, \"index\": 0, \"value\": 2}");
    ASSERT_OK(RUN(export, database, "best"));
    must_have("as they were trained, mean over the seeds, the layers and their channels. */\n");
    must_have("double swish(double x)\n{\n    const double p[1] = {3.6");
    must_have("activation layer 2, mean over the seeds and its channels. */\n");
    must_have("double swish_layer2(double x)\n{\n    const double p[1] = {6.0};\n");
    remove_database();
    make_database_with(shared, 3);
    ASSERT_OK(RUN(show, database, "best", "--no-plot"));
    must_have("  all activation layers together: p0 = 3 (mean over the seeds)\n");
    must_lack("activation layer 1");
    ASSERT_OK(RUN(show, database, "1", "--format", "json"));
    must_have("{\"seed\": 1, \"layer\": null, \"channel\": null, \"index\": 0, \"value\": 4}");
    ASSERT_OK(RUN(export, database, "best"));
    must_have("double swish(double x)\n{\n    const double p[1] = {3.0};\n");
    must_have("as they were trained, mean over the seeds. */\n");
    must_lack("layer");
    remove_database();
}
END_TEST

/* A ticket with two functions, each with a learned parameter. */
static void append_two_functions(void)
{
    static struct trial trial = {.seed_index = 0, .score = 0.9, .train_loss = 0.25, .epochs = 2};
    static struct learned learned[] = {{0, 0, LEARNED_BY_ALL, 0, 2.0, 0},
                                       {0, 2, LEARNED_BY_ALL, 0, 4.0, 0},
                                       {0, 1, LEARNED_BY_ALL, 0, 7.0, 1},
                                       {0, 3, LEARNED_BY_ALL, 0, 9.0, 1}};
    struct evaluation both = {.result = result_of_score(0.9),
                              .trials = &trial,
                              .trial_count = 1,
                              .parameters = learned,
                              .parameter_count = 4};
    struct store_ticket ticket = {.proposal = proposal("sample", STORE_NONE, STORE_NONE, "sigmoid(p0*x)*x; tanh(p0*x)",
                                                       "x*sigmoid(p0*x); tanh(p0*x)"),
                                  .evaluation = &both};
    struct error err;
    struct store *store;
    trial.validation = measures_none();
    both.result.seeds = 1;
    ASSERT_OK(store_open(database, &example, NULL, &store, &err));
    append(store, &ticket);
    ASSERT_OK(store_close(store, &err));
}

START_TEST(of_several_functions_one_is_named_behind_the_ticket)
{
    struct error err;
    plain_terminal();
    make_database();
    append_two_functions();
    ASSERT_FAILS(RUN(show, database, "5"), ERROR_USAGE,
                 "ticket 5 has 2 functions: which of them?; write its number behind the ticket, from .1 on");
    ASSERT_FAILS(RUN(export, database, "best"), ERROR_USAGE, "ticket 5 has 2 functions");
    ASSERT_FAILS(RUN(show, database, "5.3"), ERROR_USAGE, "ticket 5 has 2 functions; leave the point");
    ASSERT_FAILS(RUN(show, database, "4.2"), ERROR_USAGE, "ticket 4 has 1 function; leave the point");
    static const char *const wrong[] = {"5.", "5.0", "5.x", "5.10", ".1", "best.", "b.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_FAILS(RUN(show, database, wrong[i]), ERROR_USAGE, "is no ticket");
    ASSERT_OK(RUN(show, database, "best.2", "--no-plot"));
    must_have("f(x)   = tanh(p0*x)\n");
    must_have("  function 2 of 2: x*sigmoid(p0*x); tanh(p0*x)\n");
    must_have("  activation layer 2: p0 = 7\n  activation layer 4: p0 = 9\n");
    must_lack("activation layer 1");
    ASSERT_OK(RUN(show, database, "4.1", "--no-plot"));
    must_have("2*tanh(x)");
    must_lack("function 1 of 1");
    ASSERT_OK(RUN(show, database, "5.1", "--format", "json"));
    must_have("\"function\": 1, ");
    must_have("{\"seed\": 0, \"function\": 2, \"layer\": 3, \"channel\": null, \"index\": 0, \"value\": 9}");
    ASSERT_OK(RUN(export, database, "5.1"));
    must_have("function 1 of 2: x*sigmoid(p0*x); tanh(p0*x)");
    must_have("double swish(double x)\n{\n    const double p[1] = {3.0};\n");
    must_have("double swish_layer3(double x)\n{\n    const double p[1] = {4.0};\n");
    must_lack("layer2");
    remove_database();
}
END_TEST

START_TEST(json_has_all_facts_and_csv_a_row)
{
    struct error err;
    struct json_document *document;
    make_database();
    ASSERT_OK(RUN(show, database, "1", "--format", "json"));
    ASSERT_OK(json_parse(output, "output", &document, &err));
    struct json root = json_root(document), parameters = json_member(&root, "parameters");
    struct json trials = json_member(&root, "trials"), lineage = json_member(&root, "lineage");
    struct json moments = json_member(&root, "moments"), properties = json_member(&root, "properties");
    double gain = 0, min = 0;
    ASSERT_OK(json_number(json_member(&moments, "gain"), 1, 2, &gain, &err));
    ASSERT_OK(json_number(json_member(&properties, "min"), -1, 0, &min, &err));
    ck_assert(fabs(min - -0.27846) < 1e-3);
    ck_assert_int_eq(json_length(parameters), 4);
    ck_assert_int_eq(json_length(trials), 2);
    ck_assert_int_eq(json_length(lineage), 2);
    json_document_free(document);
    ASSERT_OK(RUN(show, "1/x", "--format", "json"));
    ASSERT_OK(json_parse(output, "output", &document, &err));
    json_document_free(document);
    ASSERT_OK(RUN(show, "gelu", "--format", "csv"));
    must_have("name,formula,simplified,derivative,");
    must_have("\ngelu,gelu(x),gelu(x),");
    remove_database();
}
END_TEST

/* ---- apply */

START_TEST(apply_prints_value_and_slope)
{
    struct error err;
    ASSERT_OK(RUN(apply, "x^2", "3", "-1.5", "1e3", "--format", "csv"));
    ck_assert_str_eq(output, "x,f,slope\n3,9,6\n-1.5,2.25,-3\n1000,1000000,2000\n");
    ASSERT_OK(run(&command_apply, " 1\n\t2  3\r\n4", WORDS("x^3", "--format", "csv"), &err));
    ck_assert_str_eq(output, "x,f,slope\n1,1,3\n2,8,12\n3,27,27\n4,64,48\n");
    ASSERT_OK(RUN(apply, "relu", "2", "--format", "json"));
    must_have("{\"x\": 2, \"f\": 2, \"slope\": 1}");
    ASSERT_OK(RUN(apply, "p0*x + p1", "3", "--parameters", "p0=2,p1=0.5", "--format", "csv"));
    must_have("3,6.5,2");
    ASSERT_OK(RUN(apply, "p0*x + p1", "3", "-p", "p0=2", "-p", "p1=-1", "--float", "--isa", "portable", "-f", "csv"));
    must_have("3,5,2");
    ASSERT_OK(RUN(apply, "x", "0.1", "--float", "--format", "csv"));
    must_have("0.10000000149011612,0.10000000149011612,1");
    ASSERT_OK(RUN(apply, "(1-t)*x + t*x^2", "3", "--format", "csv"));
    must_have("3,9,6\n");
    ASSERT_OK(RUN(apply, "(1-t)*x + t*x^2", "3", "--t", "0.5", "--format", "csv"));
    must_have("3,6,3.5\n");
    ASSERT_OK(RUN(apply, "(1-t)*x + t*x^2", "3", "-t", "0.25", "--float", "--format", "csv"));
    must_have("3,4.5,2.25\n");
    ASSERT_FAILS(RUN(apply, "x", "3", "--t", "1.5"), ERROR_USAGE, "--t: expected a number from 0 to 1");
}
END_TEST

START_TEST(apply_names_the_place_of_what_it_cannot_read)
{
    struct error err;
    ASSERT_FAILS(RUN(apply, "x", "1", "2", "3x"), ERROR_INPUT, "point 3: \"3x\" is no number");
    ASSERT_FAILS(run(&command_apply, "1 2\nthree", WORDS("x"), &err), ERROR_INPUT,
                 "standard input, number 3: \"three\" is no number");
    ASSERT_FAILS(run(&command_apply,
                     "1.00000000000000000000000000000000000000000000000000000000000000000000000000000000001",
                     WORDS("x"), &err),
                 ERROR_INPUT, "standard input, number 1: ");
    ASSERT_FAILS(RUN(apply, "x", "1", "--parameters", "p0=2"), ERROR_USAGE, "there is no p0");
    ASSERT_FAILS(RUN(apply, "p0*x", "1", "--parameters", "0.5"), ERROR_USAGE, "cannot read \"0.5\"");
    ASSERT_FAILS(RUN(apply, "p0*x", "1", "--parameters", "p0=a"), ERROR_INPUT, "\"a\" is no number");
    ASSERT_FAILS(RUN(apply, "x*(2", "1"), ERROR_INPUT, "column 5");
    ck_assert_str_eq(output, "x*(2\n    ^\n");
    ASSERT_FAILS(RUN(apply, "x", "1", "--float", "--isa", "x86-64-v9"), ERROR_USAGE, "x86-64-v9");
}
END_TEST

/* ---- export */

START_TEST(export_says_where_the_function_comes_from)
{
    struct error err;
    make_database();
    ASSERT_OK(RUN(export, "--c", database, "best"));
    must_have("/* swish: an activation function");
    must_have(" * f(x) = x*sigmoid(p0*x)\n");
    must_have(" * known as swish\n * proposed as sigmoid(p0*x)*x\n * experiment example, seed 42, ticket 1 (by "
              "mutate:insert)\n * score 0.8125 by validation_accuracy (higher is better), deviation 0.088 over 2 "
              "seeds\n");
    must_have("data made up * /\n"); /* nothing ends the comment early */
    must_have("double swish(double x)\n{\n    const double p[1] = {5.0};\n");
    must_have("double swish_layer1(double x)\n{\n    const double p[1] = {3.0};\n");
    must_have("float swish_layer2f(float x)\n{\n    const float p[1] = {7.0f};\n");
    char path[128];
    struct text code = TEXT_EMPTY;
    snprintf(path, sizeof path, "%s/mine.h", folder);
    ASSERT_OK(RUN(export, "x*p0{0.5}", "--name", "mine", "--header", "--output", path));
    ck_assert_str_eq(output, "");
    ASSERT_OK(file_read(path, 1 << 16, &code, &err));
    ck_assert_ptr_nonnull(strstr(text_string(&code), "static inline double mine(double x)\n{\n    const double p[1] = "
                                                     "{0.5};\n"));
    text_release(&code);
    remove_database();
}
END_TEST

START_TEST(export_finds_a_name)
{
    struct error err;
    ASSERT_OK(RUN(export, "tanh"));
    must_have("double tanh_activation(double x)\n{\n    return tanh(x);\n}\n");
    ASSERT_OK(RUN(export, "tanh(x) + x"));
    must_have("double activation(double x)");
    ASSERT_FAILS(RUN(export, "tanh", "--name", "my-f"), ERROR_USAGE, "--name: \"my-f\" is no name");
    ASSERT_FAILS(RUN(export, "tanh", "--name", "tanh"), ERROR_USAGE, "is taken: <math.h>");
    ASSERT_FAILS(RUN(export, "tanh", "-o", "/nowhere/f.c"), ERROR_IO, "/nowhere/f.c: cannot create");
}
END_TEST

/* ---- */

START_TEST(lack_of_memory_is_an_error)
{
    make_database();
    const struct {
        const struct command *command;
        const char *const *words;
    } cases[] = {{&command_show, WORDS(database, "4")},
                 {&command_show, WORDS(database, "4", "--format", "json")},
                 {&command_apply, WORDS("x*tanh(x)", "1", "2", "--float")},
                 {&command_export, WORDS(database, "1")}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long before = memory_allocations();
        struct error err = ERROR_EMPTY;
        ASSERT_OK(run(cases[i].command, "", cases[i].words, &err));
        long needed = memory_allocations() - before;
        /* all of the first ones, then here and there: opening a catalogue alone takes thousands */
        for (long n = 1; n <= needed; n += n < 40 ? 1 : needed / 40 + 1) {
            memory_fail_at(n);
            int status = run(cases[i].command, "", cases[i].words, &err);
            memory_fail_never();
            ck_assert_msg(status == ERROR_MEMORY, "case %zu, allocation %ld of %ld: status %d", i, n, needed, status);
        }
    }
    remove_database();
}
END_TEST

int main(void)
{
    return RUN_TESTS("functions", 60, show_tells_what_is_known_of_a_function, plots_show_the_function_where_it_is,
                     plots_of_anything_fit_and_have_no_dots_where_nothing_is,
                     show_tells_scores_parameters_and_lineage_of_a_candidate,
                     show_sums_up_channels_and_names_what_is_shared,
                     of_several_functions_one_is_named_behind_the_ticket, json_has_all_facts_and_csv_a_row,
                     apply_prints_value_and_slope, apply_names_the_place_of_what_it_cannot_read,
                     export_says_where_the_function_comes_from, export_finds_a_name, lack_of_memory_is_an_error);
}
