/* Reading grammar files, describing them, and the text of genomes. */
#include "support.h"

#include "grammar/grammar_internal.h"

START_TEST(shipped_grammars_are_read)
{
    for (int i = 0; i < SHIPPED; i++) {
        struct error err;
        struct grammar *grammar = NULL;
        ASSERT_OK(read_shipped(i, &grammar, &err));
        ck_assert_str_eq(grammar_name(grammar), shipped[i]);
        ck_assert(strstr(grammar_text(grammar), "\"shapes\":{"));
        grammar_free(grammar);
    }
}
END_TEST

START_TEST(published_spaces_have_their_published_sizes)
{
    struct error err;
    struct grammar *swish = NULL, *aquasurf = NULL;
    ASSERT_OK(read_shipped(0, &swish, &err));
    assert_count(swish, "6250");
    ASSERT_OK(read_shipped(1, &aquasurf, &err));
    assert_count(aquasurf, "126852");
    grammar_free(swish);
    grammar_free(aquasurf);
}
END_TEST

START_TEST(equal_files_have_equal_texts)
{
    struct grammar *a = grammar_of("{'name':'a', 'unary':['tanh','relu'],  'shapes':{'templates':['unary(x)']}}");
    struct grammar *b = grammar_of("{'name':'a','unary':['tanh','relu'],'shapes':{'templates':['unary(x)']}}");
    struct grammar *c = grammar_of("{'name':'a','unary':['tanh','elu'],'shapes':{'templates':['unary(x)']}}");
    ck_assert_str_eq(grammar_text(a), grammar_text(b));
    ck_assert_str_ne(grammar_text(a), grammar_text(c));
    grammar_free(a);
    grammar_free(b);
    grammar_free(c);
}
END_TEST

START_TEST(what_is_left_out_has_a_default)
{
    struct grammar *templates = grammar_of("{'name':'g','unary':['tanh',{'name':'relu','weight':2}],"
                                           "'leaves':{'constants':{'values':[1,2]},'parameter':{},'t':3},"
                                           "'shapes':{'templates':['unary(leaf)',{'template':'x','weight':4}]}}");
    static const double weights[] = {1, 2, 1, 1, 1, 3}, steps[MUTATION_COUNT] = {4, 2, 2, 1, 2};
    ck_assert_int_eq(templates->symbol_count, 6);
    for (int i = 0; i < templates->symbol_count; i++)
        ck_assert(templates->weights[i] == weights[i]);
    for (int i = 0; i < MUTATION_COUNT; i++)
        ck_assert(templates->mutation_weights[i] == steps[i]);
    ck_assert(templates->shape_weights[0] == 1 && templates->shape_weights[1] == 4);
    double start[TREE_PARAMETERS];
    tree_parameter_starts(&templates->symbols[templates->parameter].body, start);
    ck_assert(start[0] == 1);
    grammar_free(templates);

    struct grammar *large = grammar_of("{'name':'g','unary':['tanh','relu'],'mutation':{'regrow':3},"
                                       "'shapes':{'grow':{'max_depth':3,'max_nodes':5}}}");
    ck_assert(large->growth.min_nodes == 2 && large->max_parameters == TREE_PARAMETERS);
    ck_assert(large->mutation_weights[MUTATE_REGROW] == 3 && large->mutation_weights[MUTATE_CHANGE] == 0);
    struct grammar *small = grammar_of("{'name':'g','unary':['tanh'],'leaves':{'t':1},"
                                       "'shapes':{'grow':{'max_depth':1,'max_nodes':1,'max_parameters':0}}}");
    ck_assert(small->growth.min_nodes == 1 && small->max_parameters == 0);
    grammar_free(large);
    grammar_free(small);
}
END_TEST

#define SHAPES "'shapes':{'templates':['unary(x)']}"
#define UNARY "'name':'g','unary':['tanh','relu']"
#define BOTH "'name':'g','unary':['tanh','relu'],'binary':['add','mul']"

static const struct {
    const char *json, *fragment, *second;
} wrong[] = {
    {"[1]", "test.json: $: expected an object", ""},
    {"{" SHAPES "}", "$.name: missing", ""},
    {"{'name':''," SHAPES "}", "$.name: the name is empty", ""},
    {"{" UNARY "}", "$.shapes: missing", ""},
    {"{" UNARY ",'shape':{}}", "$.shape: unknown key", "shapes"},
    {"{'name':'g','unary':['tanhh',"
     "'relu']," SHAPES "}",
     "$.unary[0]: unknown primitive 'tanhh'", "'tanh'"},
    {"{'name':'g','unary':['relu','sofplus']," SHAPES "}", "$.unary[1]: unknown primitive", "'softplus'"},
    {"{'name':'g','unary':['relu','add']," SHAPES "}", "'add' takes 2 arguments, so it is not unary",
     "move it to \"binary\""},
    {"{'name':'g','binary':['sum3']," SHAPES "}", "'sum3' takes 3 arguments, so it is not binary",
     "move it to \"ternary\""},
    {"{'name':'g','ternary':['tanh']," SHAPES "}", "'tanh' takes 1 argument, so it is not ternary", "\"unary\""},
    {"{'name':'g','unary':['tanh',{'name':'tanh','weight':2}]," SHAPES "}", "$.unary[1]: 'tanh' is listed twice", ""},
    {"{'name':'g','unary':[{'name':'f','expression':'x'}],'binary':[{'name':'f','expression':'a+b'}]," SHAPES "}",
     "$.binary[0]: 'f' is listed twice", ""},
    {"{'name':'g','unary':[{'name':'relu','expression':'max(x,0)'}]," SHAPES "}", "cannot be defined again", ""},
    {"{'name':'g','unary':[{'name':'leaf','expression':'max(x,0)'}]," SHAPES "}", "is a word of templates", ""},
    {"{'name':'g','unary':[{'name':'my f','expression':'x'}]," SHAPES "}", "'my f' cannot be the name", ""},
    {"{'name':'g','unary':[{'name':'','expression':'x'}]," SHAPES "}", "cannot be the name", ""},
    {"{'name':'g','unary':[{'name':'f','expression':'max(x,'}]," SHAPES "}", "$.unary[0]: column ", ""},
    {"{'name':'g','unary':[{'name':'f','expression':'a+b'}]," SHAPES "}", "$.unary[0]: column 1", ""},
    {"{'name':'g','unary':[{'weight':1}]," SHAPES "}", "$.unary[0].name: missing", ""},
    {"{'name':'g','unary':[{'name':'tanh','wieght':1}]," SHAPES "}", "$.unary[0].wieght: unknown key", ""},
    {"{'name':'g','unary':[{'name':'tanh','weight':0}]," SHAPES "}", "$.unary[0].weight: expected a number", ""},
    {"{'name':'g','unary':[7]," SHAPES "}", "$.unary[0]: a primitive is a name or an object", ""},
    {"{'name':'g','unary':'tanh'," SHAPES "}", "$.unary: expected an array", ""},
    {"{" UNARY ",'leaves':{'y':1}," SHAPES "}", "$.leaves.y: unknown key", ""},
    {"{" UNARY ",'leaves':{'x':-1}," SHAPES "}", "$.leaves.x: expected a number", ""},
    {"{" UNARY ",'leaves':{'constants':{}}," SHAPES "}", "$.leaves.constants: constants have either", ""},
    {"{" UNARY ",'leaves':{'constants':{'values':[1],'range':[0,1]}}," SHAPES "}", "either a list", ""},
    {"{" UNARY ",'leaves':{'constants':{'values':[]}}," SHAPES "}", "constants.values: expected an array", ""},
    {"{" UNARY ",'leaves':{'constants':{'values':[1,2,1]}}," SHAPES "}", "values[2]: the constant 1 is listed twice",
     ""},
    {"{" UNARY ",'leaves':{'constants':{'values':[1e99]}}," SHAPES "}", "values[0]: expected a number", ""},
    {"{" UNARY ",'leaves':{'constants':{'range':[2,-2]}}," SHAPES "}", "range of constants is empty", ""},
    {"{" UNARY ",'leaves':{'constants':{'range':[2]}}," SHAPES "}", "constants.range: expected an array", ""},
    {"{" UNARY ",'leaves':{'t':0}," SHAPES "}", "$.leaves.t: expected a number", ""},
    {"{" UNARY ",'leaves':{'t':{}}," SHAPES "}", "$.leaves.t: expected a number", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(t)']}}", "'t', but the grammar's leaves have none", "leaves"},
    {"{'name':'g','unary':[{'name':'t','expression':'x'}]," SHAPES "}", "'t' is a word of templates", ""},
    {"{" UNARY ",'leaves':{'parameter':{'begin':1}}," SHAPES "}", "$.leaves.parameter.begin: unknown key", ""},
    {"{" UNARY ",'shapes':{}}", "$.shapes: shapes are either templates or free growth", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(x)'],'grow':{'max_depth':2,'max_nodes':3}}}", "either templates", ""},
    {"{" UNARY ",'shapes':{'templates':[]}}", "$.shapes.templates: expected an array", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(x']}}", "$.shapes.templates[0]: column 8: expected ')'", ""},
    {"{" UNARY ",'shapes':{'templates':['unary']}}", "column 6: expected '(' and its arguments", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(x,x)']}}", "column 8: expected ')' (unary takes 1 argument), got ','",
     ""},
    {"{" UNARY ",'shapes':{'templates':['binary(x,x)']}}", "column 1: 'binary', but the grammar lists no binary", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(constant)']}}", "'constant', but the grammar's leaves have none",
     "leaves"},
    {"{" UNARY ",'shapes':{'templates':['unary(p)']}}", "'p', but the grammar's leaves have none", ""},
    {"{" UNARY ",'leaves':{'constants':{'values':[1,2]}},'shapes':{'templates':['unary(1)']}}",
     "a template cannot hold the number 1", ""},
    {"{" UNARY ",'shapes':{'templates':['unray(x)']}}", "column 1: 'unray' is not in this grammar",
     "the nearest name is 'unary'"},
    {"{" UNARY ",'shapes':{'templates':['unary(x) x']}}", "column 10: expected the end, got 'x'", ""},
    {"{" UNARY ",'shapes':{'templates':['']}}", "column 1: expected a primitive or a leaf, but the text ends", ""},
    {"{" UNARY ",'shapes':{'templates':[3]}}", "$.shapes.templates[0]: expected a string", ""},
    {"{" UNARY ",'shapes':{'templates':[{'weight':3}]}}", "$.shapes.templates[0].template: missing", ""},
    {"{" UNARY ",'shapes':{'templates':['unary(x)','tanh(x)']}}",
     "$.shapes.templates[1]: it allows trees that template 0, \"unary(x)\"", "leave one of them out"},
    {"{" UNARY ",'shapes':{'templates':['tanh(leaf)','tanh(x)']}}", "it allows trees that template 0", ""},
    {"{" UNARY ",'shapes':{'templates':['tanh(x)']}}", "$: the grammar allows only one tree", ""},
    {"{" UNARY ",'shapes':{'grow':{'max_nodes':3}}}", "$.shapes.grow.max_depth: missing", ""},
    {"{" UNARY ",'shapes':{'grow':{'max_depth':99,'max_nodes':3}}}", "$.shapes.grow.max_depth: expected an integer",
     ""},
    {"{" UNARY ",'shapes':{'grow':{'max_depth':3,'max_nodes':64}}}", "$.shapes.grow.max_nodes: expected an integer",
     ""},
    {"{" UNARY ",'shapes':{'grow':{'max_depth':3,'max_nodes':3,'min_nodes':4}}}", "$.shapes.grow.min_nodes: expected",
     ""},
    {"{" UNARY ",'shapes':{'grow':{'max_depth':3,'max_nodes':9,'min_nodes':4}}}", "the grammar allows no tree at all",
     ""},
    {"{" UNARY ",'shapes':{'grow':{'max_depth':1,'max_nodes':3}}}", "no tree at all", ""},
    {"{'name':'g','unary':['hard_swish'],'shapes':{'grow':{'max_depth':9,'max_nodes':9}}}",
     "$.shapes.grow: an expression can have 311 nodes or more, but 255", "lower max_depth"},
    {"{" BOTH ",'mutation':{'swap':1}," SHAPES "}", "$.mutation.swap: unknown key", "change, insert"},
    {"{" BOTH ",'mutation':{'change':0}," SHAPES "}", "$.mutation: no kind of mutation has a weight", ""},
    {"{'name':'g','unary':['hard_swish'],'shapes':{'templates':['unary(unary(unary(unary(unary(x)))))']}}",
     "its largest expression has 311 nodes, but 255 is the limit", ""},
    {"{'name':'g','unary':['scale'],'binary':['lerp'],"
     "'shapes':{'templates':['binary(binary(unary(x),unary(x)),binary(unary(x),unary(unary(unary(x)))))']}}",
     "it can have 9 learned parameters, but 8 is the limit", ""},
};

START_TEST(wrong_grammars_name_the_place_and_the_cure)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err;
        struct grammar *grammar = NULL;
        char line[2200];
        ASSERT_FAILS(parse_grammar(wrong[i].json, &grammar, &err), ERROR_INPUT, wrong[i].fragment);
        error_line(&err, line, sizeof line);
        ck_assert_msg(strstr(line, wrong[i].second) != NULL, "message lacks \"%s\": %s", wrong[i].second, line);
        ck_assert_msg(strstr(line, "test.json:") != NULL, "no path: %s", line);
        ck_assert_ptr_null(grammar);
    }
}
END_TEST

START_TEST(own_primitives_and_named_ones_stand_in_templates)
{
    struct grammar *grammar = grammar_of("{'name':'own','unary':['tanh','sigmoid',"
                                         "{'name':'bump','expression':'exp(-x^2)*p','weight':2}],"
                                         "'binary':['mul',{'name':'mix','expression':'p{0.5}*a+b*b'}],"
                                         "'leaves':{'constants':{'values':[0.5,-2]},'parameter':{'start':3}},"
                                         "'shapes':{'templates':['mul(x, unary(x))','mix(unary(leaf),bump(p))']}}");
    assert_count(grammar, "15"); /* 3, and 3 * (1 + 2 + 1) */
    struct genome genome = genome_of(grammar, "mix(bump(x), bump(p))");
    ck_assert_str_eq(name_of(grammar, &genome), "mix(bump(x), bump(p))");
    /* each p is a parameter of its own; b, written twice, keeps its two */
    struct tree tree, expected;
    struct error err;
    genome_express(grammar, &genome, &tree);
    ASSERT_OK(tree_parse("p0{0.5}*(exp(-x^2)*p1{1})+(exp(-p2{3}^2)*p3{1})*(exp(-p2{3}^2)*p3{1})", &expected, &err));
    ck_assert_msg(tree_equal(&tree, &expected), "%s", expression_of(grammar, &genome));
    genome = genome_of(grammar, "mix( tanh( -2 ) , bump(p) )");
    ck_assert_str_eq(name_of(grammar, &genome), "mix(tanh(-2), bump(p))");
    grammar_free(grammar);
}
END_TEST

START_TEST(sibling_parameters_are_different_ones)
{
    struct error err;
    struct grammar *grammar = NULL;
    ASSERT_OK(read_shipped(0, &grammar, &err));
    struct genome genome = genome_of(grammar, "lerp(scale(x), shift(x))");
    struct tree tree, expected;
    genome_express(grammar, &genome, &tree);
    ASSERT_OK(tree_parse("(x+p0{0})+p1{0.5}*(p2*x-(x+p0{0}))", &expected, &err));
    ck_assert_msg(tree_equal(&tree, &expected), "%s", expression_of(grammar, &genome));
    ck_assert_int_eq(tree_parameter_count(&tree), 3);
    /* zero drops its argument, and the parameters in it; the rest is numbered without a hole */
    grammar_free(grammar);
    grammar = grammar_of("{'name':'z','unary':['zero','scale'],'binary':['add'],"
                         "'shapes':{'templates':['add(unary(unary(x)),unary(x))']}}");
    genome = genome_of(grammar, "add(zero(scale(x)), scale(x))");
    genome_express(grammar, &genome, &tree);
    ASSERT_OK(tree_parse("0+p0*x", &expected, &err));
    ck_assert_msg(tree_equal(&tree, &expected), "%s", expression_of(grammar, &genome));
    grammar_free(grammar);
}
END_TEST

START_TEST(genome_texts_outside_the_grammar_are_refused)
{
    struct error err;
    struct genome genome;
    struct grammar *grammar = grammar_of("{'name':'small','unary':['tanh','relu'],'binary':['add'],"
                                         "'leaves':{'constants':{'values':[0.5,1]}},"
                                         "'shapes':{'templates':['unary(x)','add(x, unary(leaf))']}}");
    ASSERT_OK(genome_parse(grammar, "add(x, tanh(0.5))", &genome, &err));
    ASSERT_FAILS(genome_parse(grammar, "add(x, tanh(0.25))", &genome, &err), ERROR_INPUT, "is not one of its trees");
    ASSERT_FAILS(genome_parse(grammar, "tanh(1)", &genome, &err), ERROR_INPUT, "is not one of its trees");
    ASSERT_FAILS(genome_parse(grammar, "add(tanh(x), x)", &genome, &err), ERROR_INPUT, "is not one of its trees");
    ASSERT_FAILS(genome_parse(grammar, "unary(x)", &genome, &err), ERROR_INPUT, "stands for a whole class");
    ASSERT_FAILS(genome_parse(grammar, "sin(x)", &genome, &err), ERROR_INPUT, "column 1: 'sin' is not in this grammar");
    ASSERT_FAILS(genome_parse(grammar, "tanh(p)", &genome, &err), ERROR_INPUT, "column 6");
    ASSERT_FAILS(genome_parse(grammar, "tanh(inf)", &genome, &err), ERROR_INPUT, "column 6");
    ASSERT_FAILS(genome_parse(grammar, "tanh(\xc3\xa9)", &genome, &err), ERROR_INPUT, "column 6");
    grammar_free(grammar);
}
END_TEST

START_TEST(deep_and_long_genome_texts_are_refused)
{
    enum { DEPTH = 10000 };
    struct error err;
    struct genome genome;
    struct grammar *grammar = grammar_of("{" BOTH ",'shapes':{'grow':{'max_depth':16,'max_nodes':63}}}");
    struct text text = TEXT_EMPTY;
    for (int i = 0; i < DEPTH; i++)
        text_add(&text, "tanh(");
    ASSERT_FAILS(genome_parse(grammar, text_string(&text), &genome, &err), ERROR_INPUT, "brackets in each other");
    text_clear(&text);
    for (int i = 0; i < 40; i++)
        text_add(&text, "add(x, ");
    text_add_char(&text, 'x');
    for (int i = 0; i < 40; i++)
        text_add_char(&text, ')');
    ASSERT_FAILS(genome_parse(grammar, text_string(&text), &genome, &err), ERROR_INPUT, "more than 63 symbols");
    text_clear(&text);
    for (int i = 0; i < 300; i++)
        text_add_char(&text, 'x');
    ASSERT_FAILS(genome_parse(grammar, text_string(&text), &genome, &err), ERROR_INPUT, "a name of more than");
    text_release(&text);
    grammar_free(grammar);
}
END_TEST

START_TEST(descriptions_say_what_matters)
{
    for (int i = 0; i < SHIPPED; i++) {
        struct error err;
        struct grammar *grammar = NULL;
        struct text page = TEXT_EMPTY;
        ASSERT_OK(read_shipped(i, &grammar, &err));
        grammar_describe(grammar, &page);
        ck_assert(!text_failed(&page));
        ck_assert(strstr(text_string(&page), shipped[i]));
        ck_assert(strstr(text_string(&page), " unary "));
        ck_assert(strstr(text_string(&page), "\ntrees "));
        ck_assert(!strstr(text_string(&page), "insert") == (i == 0)); /* one template: nothing to insert into */
        if (i == 0)
            ck_assert(strstr(text_string(&page), "6,250") && strstr(text_string(&page), "scale(x)"));
        if (i == 1)
            ck_assert(strstr(text_string(&page), "126,852"));
        text_release(&page);
        grammar_free(grammar);
    }
}
END_TEST

START_TEST(unused_primitives_are_pointed_out)
{
    struct grammar *grammar = grammar_of("{" BOTH ",'leaves':{'constants':{'range':[-2,2]}}," SHAPES "}");
    struct text page = TEXT_EMPTY;
    grammar_describe(grammar, &page);
    ck_assert(strstr(text_string(&page), "add, mul - but no template uses them"));
    ck_assert(strstr(text_string(&page), "a constant from -2 to 2 - but no template uses it"));
    ck_assert(strstr(text_string(&page), "tanh, relu\n"));
    text_release(&page);
    grammar_free(grammar);
}
END_TEST

/* Every allocation of reading and describing fails once. */
START_TEST(memory_can_run_out_anywhere)
{
    static const int which[] = {0, 1, 2};
    for (int k = 0; k < 3; k++) {
        struct error err;
        struct grammar *grammar = NULL;
        int status = ERROR_MEMORY;
        for (long n = 1; status; n++) {
            err = ERROR_EMPTY;
            memory_fail_at(n);
            status = read_shipped(which[k], &grammar, &err);
            memory_fail_never();
            ck_assert_msg(!status || status == ERROR_MEMORY, "allocation %ld gave %d: %s", n, status, err.what);
            ck_assert(!status == !!grammar);
            ck_assert_int_lt(n, 10000);
        }
        struct text page = TEXT_EMPTY;
        memory_fail_at(2);
        grammar_describe(grammar, &page);
        memory_fail_never();
        text_release(&page);
        grammar_free(grammar);
    }
}
END_TEST

/* As a leaf, in an own primitive, and through the whole way from text to expression. */
START_TEST(the_progress_of_training_is_a_leaf)
{
    struct grammar *grammar =
        grammar_of("{'name':'g','unary':['tanh'],'binary':['mul',{'name':'fade','expression':'(1-t)*a + t*b'}],"
                   "'leaves':{'constants':{'values':[2]},'parameter':{},'t':3},"
                   "'shapes':{'templates':['mul(t,unary(leaf))','fade(x,unary(x))']}}");
    assert_count(grammar, "5"); /* four leaves; one */
    struct genome genome = genome_of(grammar, "mul(t, tanh(t))");
    ck_assert_str_eq(expression_of(grammar, &genome), "t*tanh(t)");
    ck_assert_str_eq(name_of(grammar, &genome), "mul(t, tanh(t))");
    genome = genome_of(grammar, "fade(x, tanh(x))");
    ck_assert_str_eq(expression_of(grammar, &genome), "(1 - t)*x + t*tanh(x)");
    struct error err;
    ASSERT_FAILS(genome_parse(grammar, "mul(x, tanh(x))", &genome, &err), ERROR_INPUT, "is not one of its trees");
    struct text page = TEXT_EMPTY;
    grammar_describe(grammar, &page);
    ck_assert_ptr_nonnull(strstr(text_string(&page), "; t, the progress"));
    text_release(&page);
    grammar_free(grammar);
}
END_TEST

int main(void)
{
    return RUN_TESTS("grammar reading", 30, the_progress_of_training_is_a_leaf, shipped_grammars_are_read,
                     published_spaces_have_their_published_sizes, equal_files_have_equal_texts,
                     what_is_left_out_has_a_default, wrong_grammars_name_the_place_and_the_cure,
                     own_primitives_and_named_ones_stand_in_templates, sibling_parameters_are_different_ones,
                     genome_texts_outside_the_grammar_are_refused, deep_and_long_genome_texts_are_refused,
                     descriptions_say_what_matters, unused_primitives_are_pointed_out, memory_can_run_out_anywhere);
}
