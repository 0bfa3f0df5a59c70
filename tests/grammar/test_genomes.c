/* Drawing, counting, mutating and crossing genomes. */
#include "support.h"

#include <math.h>

/* Small grammars of both kinds with everything in them, for complete enumeration. */
static const char *const small[] = {
    "{'name':'templates','unary':['tanh','scale','zero'],'binary':['add',{'name':'f','expression':'a*b+a'}],"
    "'ternary':['sum3'],'leaves':{'constants':{'values':[0,0.5]},'parameter':{}},"
    "'shapes':{'templates':['unary(leaf)','binary(x,unary(leaf))','add(leaf,constant)',"
    "'sum3(unary(x),p,constant)','binary(unary(x),unary(x))']}}",
    "{'name':'one','unary':['tanh','relu'],'shapes':{'grow':{'max_depth':4,'max_nodes':4,'min_nodes':1}}}",
    "{'name':'grow','unary':['tanh','scale'],'binary':['add','lerp'],'leaves':{'constants':{'values':[1,2]}},"
    "'shapes':{'grow':{'max_depth':3,'max_nodes':5,'min_nodes':2}}}",
    "{'name':'few','unary':['tanh','scale'],'binary':['add'],'leaves':{'parameter':{'start':2}},"
    "'shapes':{'grow':{'max_depth':4,'max_nodes':6,'min_nodes':1,'max_parameters':1}}}",
    "{'name':'three','unary':['tanh'],'ternary':['sum3','max3'],'leaves':{'constants':{'values':[1]}},"
    "'shapes':{'grow':{'max_depth':3,'max_nodes':7,'min_nodes':3}}}",
    "{'name':'progress','unary':['tanh'],'binary':['mul',{'name':'fade','expression':'(1-t)*a+t*b'}],"
    "'leaves':{'constants':{'values':[1]},'t':2},'shapes':{'grow':{'max_depth':3,'max_nodes':5}}}",
    "{'name':'stages','unary':['tanh','relu'],'binary':['mul','add'],'leaves':{'parameter':{},'t':1},"
    "'shapes':{'templates':['binary(t,unary(x))','add(binary(leaf,x),unary(leaf))']}}",
    "{'name':'binary','binary':['add','sub'],'shapes':{'grow':{'max_depth':5,'max_nodes':7,'min_nodes':3}}}",
};
enum { SMALL = sizeof small / sizeof *small };

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

START_TEST(enumeration_gives_every_genome_once)
{
    for (int i = 0; i < SMALL; i++) {
        struct error err;
        struct grammar *grammar = grammar_of(small[i]);
        int64_t total = 0;
        ASSERT_OK(grammar_total(grammar, &total, &err));
        ck_assert(total > 1 && total < 200000);
        char **names = memory_array((size_t)total, sizeof *names);
        for (int64_t k = 0; k < total; k++) {
            struct genome genome;
            ASSERT_OK(grammar_genome_at(grammar, k, &genome, &err));
            ck_assert(grammar_contains(grammar, &genome));
            names[k] = memory_copy_string(name_of(grammar, &genome));
        }
        qsort(names, (size_t)total, sizeof *names, compare_names);
        for (int64_t k = 0; k < total; k++) {
            ck_assert_msg(k == 0 || strcmp(names[k - 1], names[k]) != 0, "twice: %s", names[k]);
            if (k > 0)
                memory_free(names[k - 1]);
        }
        memory_free(names[total - 1]);
        memory_free(names);
        struct genome genome;
        ASSERT_FAILS(grammar_genome_at(grammar, total, &genome, &err), ERROR_INPUT, "is outside 0 to");
        ASSERT_FAILS(grammar_genome_at(grammar, -1, &genome, &err), ERROR_INPUT, "tree number -1 is outside");
        grammar_free(grammar);
    }
}
END_TEST

/* Steps through all rows of `count` genes below the given numbers of choices. */
static bool next_row(int *row, int count, int choices)
{
    for (int i = 0; i < count; i++) {
        if (++row[i] < choices)
            return true;
        row[i] = 0;
    }
    return false;
}

/* Counts by trying every sequence of genes against the independent check: the table of counts, the
   templates' product and the check must agree. Genes are numbered symbol by symbol, and each symbol
   is tried with each of `values`; all but the constants' are refused by the check. */
static int64_t brute_force(const struct grammar *grammar, int symbols, int shapes, int max_nodes)
{
    static const double values[] = {0, 0.5, 1, 2};
    const int per_symbol = 4;
    int64_t found = 0;
    for (int shape = -1; shape <= shapes; shape++)
        for (int n = 1; n <= max_nodes; n++) {
            int row[8] = {0};
            do {
                struct genome genome = {.count = (int16_t)n, .shape = (int16_t)shape};
                for (int i = 0; i < n; i++)
                    genome.genes[i] = (struct gene){(int16_t)(row[i] / per_symbol), values[row[i] % per_symbol]};
                found += grammar_contains(grammar, &genome);
            } while (next_row(row, n, symbols * per_symbol));
        }
    return found;
}

START_TEST(the_count_is_what_the_independent_check_accepts)
{
    static const struct {
        const char *json;
        int symbols, shapes, max_nodes;
    } cases[] = {
        {"{'name':'t','unary':['tanh','scale'],'binary':['add'],'leaves':{'constants':{'values':[0.5,2]}},"
         "'shapes':{'templates':['unary(leaf)','add(leaf,unary(x))']}}",
         5, 2, 4},
        {"{'name':'g','unary':['tanh'],'binary':['add'],'leaves':{'constants':{'values':[0,1]}},"
         "'shapes':{'grow':{'max_depth':3,'max_nodes':5,'min_nodes':2}}}",
         4, 0, 5},
        {"{'name':'p','unary':['scale'],'binary':['lerp'],"
         "'shapes':{'grow':{'max_depth':4,'max_nodes':6,'min_nodes':1,'max_parameters':2}}}",
         3, 0, 6},
        {"{'name':'q','unary':['tanh'],'binary':['add'],'leaves':{'constants':{'values':[2]},'t':1},"
         "'shapes':{'grow':{'max_depth':3,'max_nodes':5,'min_nodes':2}}}",
         5, 0, 5},
        {"{'name':'s','unary':['tanh'],'binary':['add'],'leaves':{'t':1},"
         "'shapes':{'templates':['tanh(t)','add(leaf,unary(leaf))','add(tanh(x),t)']}}",
         4, 3, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct grammar *grammar = grammar_of(cases[i].json);
        int64_t total = 0;
        ASSERT_OK(grammar_total(grammar, &total, &err));
        ck_assert_int_eq(total, brute_force(grammar, cases[i].symbols, cases[i].shapes, cases[i].max_nodes));
        grammar_free(grammar);
    }
}
END_TEST

START_TEST(large_counts_are_exact)
{
    /* unary chains of 1 to 40 nodes over 10 unaries, at depth 16: 10^1 + ... + 10^15 */
    struct grammar *grammar =
        grammar_of("{'name':'chains','unary':['tanh','relu','sin','cos','exp','abs','neg','erf','atan','gelu'],"
                   "'shapes':{'grow':{'max_depth':16,'max_nodes':40}}}");
    assert_count(grammar, "1111111111111110");
    grammar_free(grammar);
    /* complete template: 10^32 * 10^31 */
    struct text json = TEXT_EMPTY;
    text_add(&json, "{'name':'wide','unary':['tanh','relu','sin','cos','exp','abs','neg','erf','atan','gelu'],"
                    "'shapes':{'templates':['");
    for (int i = 0; i < 60; i++)
        text_add(&json, "unary(");
    text_add_char(&json, 'x');
    for (int i = 0; i < 60; i++)
        text_add_char(&json, ')');
    text_add(&json, "']}}");
    struct error err;
    ASSERT_OK(parse_grammar(text_string(&json), &grammar, &err));
    assert_count(grammar, "1000000000000000000000000000000000000000000000000000000000000");
    int64_t total;
    struct genome genome;
    ASSERT_FAILS(grammar_total(grammar, &total, &err), ERROR_INPUT, "more trees than can be numbered");
    ASSERT_FAILS(grammar_genome_at(grammar, 0, &genome, &err), ERROR_INPUT, "more trees than can be numbered");
    text_release(&json);
    grammar_free(grammar);
    /* one binary primitive over x: the Catalan numbers, when the depth is no limit */
    grammar = grammar_of("{'name':'catalan','binary':['add'],'shapes':{'grow':{'max_depth':6,'max_nodes':11,"
                         "'min_nodes':11}}}");
    assert_count(grammar, "42"); /* six leaves: the fifth Catalan number */
    grammar_free(grammar);
}
END_TEST

START_TEST(ranges_cannot_be_counted)
{
    struct error err;
    int64_t total;
    struct text text = TEXT_EMPTY;
    struct grammar *grammar = grammar_of("{'name':'r','unary':['tanh'],'binary':['add'],"
                                         "'leaves':{'constants':{'range':[-2,2]}},"
                                         "'shapes':{'templates':['add(x,constant)']}}");
    ASSERT_FAILS(grammar_count(grammar, &text, &err), ERROR_INPUT, "constants come from a range");
    ASSERT_FAILS(grammar_total(grammar, &total, &err), ERROR_INPUT, "constants come from a range");
    ck_assert_uint_eq(text.length, 0);
    grammar_free(grammar);
    /* a range that no template uses does not matter */
    grammar = grammar_of("{'name':'r','unary':['tanh','relu'],'leaves':{'constants':{'range':[-2,2]}},"
                         "'shapes':{'templates':['unary(x)']}}");
    ASSERT_OK(grammar_total(grammar, &total, &err));
    ck_assert_int_eq(total, 2);
    grammar_free(grammar);
}
END_TEST

/* ---- properties over many random genomes */

static void check_round_trip(const struct grammar *grammar, const struct genome *genome)
{
    struct genome again = genome_of(grammar, name_of(grammar, genome));
    ck_assert_msg(genome_equal(&again, genome), "%s", name_of(grammar, genome));
}

static void check_child(const struct grammar *grammar, const struct genome *parent, const struct genome *child)
{
    ck_assert_msg(grammar_contains(grammar, child), "%s: outside: %s", grammar_name(grammar), name_of(grammar, child));
    ck_assert(!genome_equal(parent, child));
    struct tree tree;
    genome_express(grammar, child, &tree);
    ck_assert(tree_is_valid(&tree) && tree_parameter_count(&tree) <= TREE_PARAMETERS);
}

struct tally {
    int kinds[MUTATION_COUNT];
    int crossings;
};

/* A long walk: each child is the next parent, and every kind is tried on each. */
static struct tally walk(const struct grammar *grammar, int steps)
{
    struct tally tally = {0};
    struct rng rng = rng_keyed(11, 0, RNG_TEST);
    struct genome parent, child, mate;
    enum mutation kind;
    grammar_sample(grammar, &rng, &parent);
    for (int step = 0; step < steps; step++) {
        grammar_sample(grammar, &rng, &mate);
        ck_assert(grammar_contains(grammar, &mate));
        for (int k = 0; k < MUTATION_COUNT; k++)
            if (grammar_mutate_as(grammar, (enum mutation)k, &parent, &rng, &child)) {
                tally.kinds[k]++;
                check_child(grammar, &parent, &child);
                if (k == MUTATE_INSERT || k == MUTATE_REMOVE)
                    ck_assert((child.count > parent.count) == (k == MUTATE_INSERT));
            }
        if (grammar_cross(grammar, &parent, &mate, &rng, &child)) {
            tally.crossings++;
            check_child(grammar, &parent, &child);
            check_child(grammar, &mate, &child);
        }
        grammar_mutate(grammar, &parent, &rng, &child, &kind);
        ck_assert(kind >= 0 && kind < MUTATION_COUNT);
        check_child(grammar, &parent, &child);
        if (step % 16 == 0)
            check_round_trip(grammar, &child);
        parent = child;
    }
    return tally;
}

START_TEST(children_of_the_shipped_grammars_stay_inside)
{
    /* which kinds are possible at all: insert and remove need a second shape, constant a constant */
    static const bool possible[SHIPPED][MUTATION_COUNT] = {
        {true, false, false, true, false}, {true, true, true, true, false}, {true, true, true, true, true},
        {true, true, true, true, true},    {true, true, true, true, false}, {true, true, true, true, false},
    };
    const int steps = testing_is_sparse() ? 1000 : 5000;
    for (int i = 0; i < SHIPPED; i++) {
        struct error err;
        struct grammar *grammar = NULL;
        ASSERT_OK(read_shipped(i, &grammar, &err));
        struct tally tally = walk(grammar, steps);
        for (int k = 0; k < MUTATION_COUNT; k++)
            ck_assert_msg((tally.kinds[k] > steps / 50) == possible[i][k], "%s: %s was possible %d times", shipped[i],
                          mutation_name((enum mutation)k), tally.kinds[k]);
        ck_assert_int_gt(tally.crossings, steps / 2);
        grammar_free(grammar);
    }
}
END_TEST

START_TEST(children_of_awkward_grammars_stay_inside)
{
    static const char *const awkward[] = {
        /* nothing to change, insert or remove: only a redraw of the whole helps */
        "{'name':'fixed','unary':['tanh','relu'],'shapes':{'templates':['tanh(x)','relu(relu(x))']}}",
        "{'name':'size','unary':['tanh'],'binary':['add'],"
        "'shapes':{'grow':{'max_depth':3,'max_nodes':3,'min_nodes':3}}}",
        /* a draw by weight would give the parent nearly for ever */
        "{'name':'skew','unary':[{'name':'tanh','weight':1000},{'name':'relu','weight':0.001}],"
        "'mutation':{'regrow':1},'shapes':{'templates':['unary(unary(x))']}}",
        "{'name':'only','unary':['tanh','relu'],'mutation':{'constant':1},'shapes':{'templates':['unary(x)']}}",
        /* constants from a range, at its ends too, and a range far from zero */
        "{'name':'range','unary':['tanh'],'binary':['add'],'leaves':{'constants':{'range':[999999,1000000]}},"
        "'mutation':{'constant':1,'change':1},'shapes':{'templates':['add(x,unary(constant))','add(x, leaf)']}}",
        "{'name':'tiny','binary':['add'],'leaves':{'constants':{'range':[0.5,0.500001]}},"
        "'mutation':{'constant':1},'shapes':{'templates':['add(x,constant)']}}",
        /* few parameters, which the limit has to ration */
        "{'name':'ration','unary':['scale','tanh'],'binary':['lerp','add'],'ternary':['sum3'],"
        "'leaves':{'parameter':{'weight':5}},"
        "'shapes':{'grow':{'max_depth':5,'max_nodes':12,'max_parameters':2}}}",
        /* every primitive costs a parameter: there is no insertion once they are used up */
        "{'name':'costly','unary':['scale'],'binary':[{'name':'mix','expression':'p*a+b'}],"
        "'shapes':{'grow':{'max_depth':8,'max_nodes':20}}}",
        "{'name':'only t','unary':['tanh'],'binary':['mul'],'leaves':{'x':0.001,'t':1000},"
        "'shapes':{'grow':{'max_depth':4,'max_nodes':6}}}",
        "{'name':'large','unary':['tanh'],'binary':['add'],'ternary':['sum3'],"
        "'shapes':{'grow':{'max_depth':16,'max_nodes':63,'min_nodes':60}}}",
    };
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        struct grammar *grammar = grammar_of(awkward[i]);
        walk(grammar, 300);
        grammar_free(grammar);
    }
    for (int i = 0; i < SMALL; i++) {
        struct grammar *grammar = grammar_of(small[i]);
        walk(grammar, 1000);
        grammar_free(grammar);
    }
}
END_TEST

START_TEST(the_check_rejects_what_no_template_allows)
{
    struct grammar *templates = grammar_of("{'name':'t','unary':['tanh','relu'],'binary':['add'],"
                                           "'leaves':{'constants':{'values':[0.5]}},"
                                           "'shapes':{'templates':['tanh(leaf)','add(x,unary(x))']}}");
    struct genome good = genome_of(templates, "add(x, relu(x))"), bad = good;
    int add = good.genes[3].symbol, relu = good.genes[2].symbol, x = good.genes[0].symbol;
    ck_assert(grammar_contains(templates, &good));
    bad.shape = 0;
    ck_assert(!grammar_contains(templates, &bad));
    bad.shape = -1;
    ck_assert(!grammar_contains(templates, &bad));
    bad.shape = 2;
    ck_assert(!grammar_contains(templates, &bad));
    bad = good;
    bad.count = 3; /* two trees, not one */
    ck_assert(!grammar_contains(templates, &bad));
    bad.count = 0;
    ck_assert(!grammar_contains(templates, &bad));
    bad = good;
    bad.genes[0].symbol = (int16_t)add; /* nothing stands before it */
    ck_assert(!grammar_contains(templates, &bad));
    bad = good;
    bad.genes[0].symbol = 1000;
    ck_assert(!grammar_contains(templates, &bad));
    bad.genes[0].symbol = -1;
    ck_assert(!grammar_contains(templates, &bad));
    bad = good;
    bad.genes[0].value = 1; /* x has no value */
    ck_assert(!grammar_contains(templates, &bad));
    bad = genome_of(templates, "tanh(0.5)");
    bad.genes[0].value = 0.25;
    ck_assert(!grammar_contains(templates, &bad));
    bad.genes[0].value = NAN;
    ck_assert(!grammar_contains(templates, &bad));
    bad = genome_of(templates, "tanh(x)");
    bad.genes[1].symbol = (int16_t)relu; /* the template says tanh */
    ck_assert(!grammar_contains(templates, &bad));
    ck_assert_int_eq(x, 3);
    grammar_free(templates);
}
END_TEST

START_TEST(the_check_rejects_what_has_outgrown_the_limits)
{
    struct error err;
    struct genome good, bad;
    struct grammar *growth = grammar_of("{'name':'g','unary':['tanh','scale'],'binary':['add'],"
                                        "'leaves':{'constants':{'range':[-1,1]}},'shapes':{'grow':"
                                        "{'max_depth':3,'max_nodes':4,'min_nodes':2,'max_parameters':1}}}");
    static const char *const outside[] = {"x",       "tanh(tanh(tanh(x)))", "add(add(x, x), x)", "scale(scale(x))",
                                          "tanh(2)", "tanh(-1.5)"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        ASSERT_FAILS(genome_parse(growth, outside[i], &good, &err), ERROR_INPUT, "is not one of its trees");
    static const char *const inside[] = {"tanh(tanh(x))", "add(x, scale(-1))", "add(tanh(x), x)", "tanh(0.123456)"};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        ASSERT_OK(genome_parse(growth, inside[i], &good, &err));
    bad = genome_of(growth, "tanh(x)");
    bad.shape = 0;
    ck_assert(!grammar_contains(growth, &bad));
    bad = genome_of(growth, "tanh(0.5)");
    bad.genes[0].value = INFINITY;
    ck_assert(!grammar_contains(growth, &bad));
    grammar_free(growth);
}
END_TEST

/* ---- distributions */

START_TEST(templates_are_drawn_by_weight)
{
    const int count = testing_is_sparse() ? 3000 : 30000;
    struct grammar *grammar = grammar_of("{'name':'w','unary':['tanh',{'name':'relu','weight':3}],'binary':['add'],"
                                         "'shapes':{'templates':['unary(x)',"
                                         "{'template':'add(x,unary(x))','weight':2}]}}");
    struct rng rng = rng_keyed(3, 0, RNG_TEST);
    int longer = 0, relus = 0;
    for (int i = 0; i < count; i++) {
        struct genome genome;
        grammar_sample(grammar, &rng, &genome);
        longer += genome.shape == 1;
        relus += strstr(name_of(grammar, &genome), "relu") != NULL;
    }
    ck_assert_double_lt(fabs(longer - count * 2 / 3.0), 5 * sqrt(count * 2 / 9.0));
    ck_assert_double_lt(fabs(relus - count * 3 / 4.0), 5 * sqrt(count * 3 / 16.0));
    grammar_free(grammar);
}
END_TEST

/* Sizes are equally likely, and within a size a tree as likely as the product of its weights. */
START_TEST(growth_is_drawn_by_weight)
{
    enum { TREES = 3 };
    const int count = testing_is_sparse() ? 4000 : 40000;
    static const char *const names[TREES] = {"tanh(x)", "add(x, x)", "tanh(tanh(x))"};
    static const double shares[TREES] = {0.5 * 0.75, 0.5 / (1 + 0.75 * 0.75 + 2 * 0.25 * 0.75 + 0.25 * 0.25),
                                         0.5 * 0.5625 / 2};
    struct grammar *grammar = grammar_of("{'name':'w','unary':[{'name':'tanh','weight':3},'relu'],'binary':['add'],"
                                         "'shapes':{'grow':{'max_depth':3,'max_nodes':3,'min_nodes':2}}}");
    struct rng rng = rng_keyed(4, 0, RNG_TEST);
    int seen[TREES] = {0};
    for (int i = 0; i < count; i++) {
        struct genome genome;
        grammar_sample(grammar, &rng, &genome);
        for (int k = 0; k < TREES; k++)
            seen[k] += strcmp(name_of(grammar, &genome), names[k]) == 0;
    }
    for (int k = 0; k < TREES; k++)
        ck_assert_double_lt(fabs(seen[k] - count * shares[k]), 5 * sqrt(count * shares[k] * (1 - shares[k])));
    grammar_free(grammar);
}
END_TEST

START_TEST(the_same_stream_gives_the_same_genomes)
{
    for (int i = 0; i < SHIPPED; i++) {
        struct error err;
        struct grammar *grammar = NULL, *again = NULL;
        ASSERT_OK(read_shipped(i, &grammar, &err));
        ASSERT_OK(read_shipped(i, &again, &err));
        int differing = 0;
        for (uint64_t k = 0; k < 200; k++) {
            struct rng one = rng_keyed(1, k, RNG_TEST), two = one, three = rng_keyed(2, k, RNG_TEST);
            struct genome a, b, c, child_a, child_b;
            enum mutation kind_a, kind_b;
            grammar_sample(grammar, &one, &a);
            grammar_sample(again, &two, &b);
            grammar_sample(again, &three, &c);
            ck_assert(genome_equal(&a, &b));
            differing += !genome_equal(&a, &c);
            grammar_mutate(grammar, &a, &one, &child_a, &kind_a);
            grammar_mutate(again, &b, &two, &child_b, &kind_b);
            ck_assert(genome_equal(&child_a, &child_b) && kind_a == kind_b);
        }
        ck_assert_int_gt(differing, 150);
        grammar_free(grammar);
        grammar_free(again);
    }
}
END_TEST

START_TEST(constants_of_a_range_are_short_and_move_in_steps)
{
    struct grammar *grammar = grammar_of("{'name':'r','binary':['add'],'leaves':{'constants':{'range':[-2,2]}},"
                                         "'shapes':{'templates':['add(x,constant)']}}");
    struct rng rng = rng_keyed(5, 0, RNG_TEST);
    double low = 9, high = -9, square = 0;
    enum { COUNT = 4000 };
    struct genome parent = genome_of(grammar, "add(x, 0)");
    for (int i = 0; i < COUNT; i++) {
        struct genome genome, child;
        grammar_sample(grammar, &rng, &genome);
        ck_assert_uint_le(strlen(name_of(grammar, &genome)), strlen("add(x, -1.234)"));
        low = fmin(low, genome.genes[1].value);
        high = fmax(high, genome.genes[1].value);
        ck_assert(grammar_mutate_as(grammar, MUTATE_CONSTANT, &parent, &rng, &child));
        square += child.genes[1].value * child.genes[1].value;
    }
    ck_assert(low < -1.98 && high > 1.98);
    ck_assert_double_lt(fabs(sqrt(square / COUNT) - 0.4), 0.03); /* a tenth of the width */
    grammar_free(grammar);
}
END_TEST

/* What a newcomer draws should mostly be worth training: finite, not constant, with a slope. */
START_TEST(most_trees_of_the_default_grammar_are_usable)
{
    enum { COUNT = 2000 };
    struct error err;
    struct grammar *grammar = NULL;
    ASSERT_OK(read_shipped(3, &grammar, &err));
    struct rng rng = rng_keyed(6, 0, RNG_TEST);
    int usable = 0;
    for (int i = 0; i < COUNT; i++) {
        struct genome genome;
        struct tree tree;
        grammar_sample(grammar, &rng, &genome);
        genome_express(grammar, &genome, &tree);
        bool finite = true, slopes = false;
        double low = INFINITY, high = -INFINITY;
        for (double x = -8; x <= 8; x += 0.5) {
            struct dual y = tree_eval(&tree, x, NULL);
            finite = finite && isfinite(y.value) && isfinite(y.slope);
            slopes = slopes || y.slope != 0;
            low = fmin(low, y.value);
            high = fmax(high, y.value);
        }
        usable += finite && slopes && high - low > 1e-3;
    }
    ck_assert_int_gt(usable, COUNT * 97 / 100);
    grammar_free(grammar);
}
END_TEST

int main(void)
{
    return RUN_TESTS("genomes", 60, enumeration_gives_every_genome_once,
                     the_count_is_what_the_independent_check_accepts, large_counts_are_exact, ranges_cannot_be_counted,
                     children_of_the_shipped_grammars_stay_inside, children_of_awkward_grammars_stay_inside,
                     the_check_rejects_what_no_template_allows, the_check_rejects_what_has_outgrown_the_limits,
                     templates_are_drawn_by_weight, growth_is_drawn_by_weight, the_same_stream_gives_the_same_genomes,
                     constants_of_a_range_are_short_and_move_in_steps, most_trees_of_the_default_grammar_are_usable);
}
