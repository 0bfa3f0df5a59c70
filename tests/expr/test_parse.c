/* Reading and printing: cases, places of errors, and that what is printed reads back as the same tree. */
#include "testing.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "random_tree.h"

#include <stdio.h>

static struct tree parsed(const char *text)
{
    struct error err;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    ck_assert_msg(tree_is_valid(&tree), "invalid tree of %s", text);
    return tree;
}

static void assert_comes_back(const struct tree *tree)
{
    struct text text = TEXT_EMPTY;
    tree_print(tree, &text);
    struct tree again;
    struct error err = ERROR_EMPTY;
    int status = tree_parse(text_string(&text), &again, &err);
    ck_assert_msg(status == 0, "%s: %s: %s", text_string(&text), err.where, err.what);
    ck_assert_msg(tree_equal(tree, &again), "another tree: %s", text_string(&text));
    text_release(&text);
}

/* The text cases. */

static void check_error_case(const char *input, const char *expected)
{
    struct tree tree;
    struct error err;
    char where[32];
    int length = (int)strcspn(expected, ":");
    ck_assert(expected[length] == ':' && length < (int)sizeof where);
    snprintf(where, sizeof where, "%.*s", length, expected);
    ASSERT_FAILS(tree_parse(input, &tree, &err), ERROR_INPUT, expected + length + 2);
    ck_assert_msg(strcmp(err.where, where) == 0, "\"%s\" fails at %s, not %s", input, err.where, where);
    ck_assert_int_eq(tree.count, 0);
}

static void check_case(const char *input, const char *expected)
{
    if (strncmp(expected, "error ", 6) == 0) {
        check_error_case(input, expected + 6);
        return;
    }
    struct tree tree = parsed(input);
    struct text text = TEXT_EMPTY;
    tree_print(&tree, &text);
    ck_assert_msg(strcmp(text_string(&text), expected) == 0, "\"%s\" prints as \"%s\", not \"%s\"", input,
                  text_string(&text), expected);
    text_release(&text);
    assert_comes_back(&tree);
}

START_TEST(the_text_cases_hold)
{
    static const char arrow[] = " → ";
    struct error err;
    struct text file = TEXT_EMPTY;
    ASSERT_OK(file_read(SOURCE_DIR "/tests/expr/cases/parse.txt", 1 << 20, &file, &err));
    int cases = 0;
    for (char *line = strtok(file.data, "\n"); line; line = strtok(NULL, "\n")) {
        if (*line == '#')
            continue;
        char *middle = strstr(line, arrow);
        ck_assert_msg(middle != NULL, "no arrow in \"%s\"", line);
        *middle = '\0';
        check_case(line, middle + strlen(arrow));
        cases++;
    }
    ck_assert_int_gt(cases, 150);
    text_release(&file);
}
END_TEST

/* Names. */

START_TEST(every_primitive_can_be_called_by_its_name)
{
    struct error err;
    struct tree x = tree_x(), number = tree_constant(2.5), expected, tree;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        const struct op_info *info = op_info((enum op)op);
        char text[64];
        snprintf(text, sizeof text, info->arity == 1 ? "%s(x)" : "%s(x, 2.5)", info->name);
        if (info->arity == 1)
            ASSERT_OK(tree_unary((enum op)op, &x, &expected, &err));
        else
            ASSERT_OK(tree_binary((enum op)op, &x, &number, &expected, &err));
        tree = parsed(text);
        ck_assert_msg(tree_equal(&tree, &expected), "%s is another tree", text);
        snprintf(text, sizeof text, "%s()", info->name);
        ASSERT_FAILS(tree_parse(text, &tree, &err), ERROR_INPUT, info->name);
        snprintf(text, sizeof text, info->arity == 1 ? "%s(x, x)" : "%s(x)", info->name);
        ASSERT_FAILS(tree_parse(text, &tree, &err), ERROR_INPUT, info->arity == 1 ? "takes 1" : "takes 2");
    }
}
END_TEST

START_TEST(every_function_is_its_text)
{
    static const char *const calls[] = {"%s(x)", "%s(x, 2.5)", "%s(x, 2.5, -1)"};
    struct error err;
    struct tree args[] = {tree_x(), tree_constant(2.5), tree_constant(-1)};
    int count = 0;
    for (const struct function_info *function; (function = function_at(count)); count++) {
        struct tree body, expected, tree;
        ASSERT_OK(tree_parse_template(function->text, function->arity, &body, &err));
        ck_assert(tree_is_valid(&body) && !tree_contains(&body, OP_x));
        ASSERT_OK(tree_substitute(&body, args, function->arity, &expected, &err));
        char text[64];
        snprintf(text, sizeof text, calls[function->arity - 1], function->name);
        tree = parsed(text);
        ck_assert_msg(tree_equal(&tree, &expected), "%s is another tree", text);
        ck_assert_ptr_eq(function_by_name(function->name), function);
        ck_assert_int_eq(op_by_name(function->name), OP_COUNT);
    }
    ck_assert_int_gt(count, 30);
    ck_assert_ptr_null(function_at(-1));
    ck_assert_ptr_null(function_by_name("tanh"));
}
END_TEST

START_TEST(templates_take_their_arguments)
{
    struct error err;
    struct tree tree;
    ASSERT_OK(tree_parse_template("x*tanh(x)", 1, &tree, &err));
    ck_assert(tree.count == 4 && tree.nodes[0].op == OP_arg && tree.nodes[1].op == OP_arg);
    ASSERT_OK(tree_parse_template("c - swish(a)*b", 3, &tree, &err));
    struct text text = TEXT_EMPTY;
    tree_print(&tree, &text);
    ck_assert_str_eq(text_string(&text), "c - a*sigmoid(p0*a)*b");
    text_release(&text);
    ASSERT_FAILS(tree_parse_template("a", 1, &tree, &err), ERROR_INPUT, "unknown name \"a\"");
    ASSERT_FAILS(tree_parse_template("a+x", 2, &tree, &err), ERROR_INPUT, "the arguments are called a and b");
    ASSERT_FAILS(tree_parse_template("a+c", 2, &tree, &err), ERROR_INPUT, "column 3: unknown name \"c\"");
    ASSERT_FAILS(tree_parse_template("a+d", 3, &tree, &err), ERROR_INPUT, "called a, b and c");
    ASSERT_FAILS(tree_parse_template("a+", 3, &tree, &err), ERROR_INPUT, "an argument, a function name");
}
END_TEST

/* The texts in the table say the same as its C expressions. */
START_TEST(the_symbolic_derivatives_parse_and_agree)
{
    struct error err;
    struct tree args[] = {tree_x(), tree_constant(1.7)}, symbolic, tree;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++)
        for (int by = 0; by < op_info((enum op)op)->arity; by++) {
            const struct op_info *info = op_info((enum op)op);
            ASSERT_OK(tree_parse_template(info->symbolic[by], info->arity, &symbolic, &err));
            ASSERT_OK(tree_substitute(&symbolic, args, info->arity, &tree, &err));
            for (double x = op == OP_pow || op == OP_log || op == OP_sqrt ? 0.3 : -5.7; x < 6; x += 0.41) {
                double expected = op_slope((enum op)op, x, 1.7, by);
                ck_assert_msg(isfinite(expected), "%s at %g", info->name, x);
                double difference = fabs(tree_eval(&tree, x, NULL).value - expected);
                ck_assert_msg(difference <= 1e-10 * fabs(expected) + 1e-14, "%s, %s at %g: off by %g", info->name,
                              info->symbolic[by], x, difference);
            }
        }
}
END_TEST

/* Round trips. */

START_TEST(printed_trees_parse_back)
{
    struct random r = {20240229};
    for (int i = 0; i < 20000; i++) {
        int size = i % 100 == 0 ? TREE_CAPACITY - random_below(&r, 9) : 1 + random_below(&r, 3 + i % 40);
        struct tree tree = random_tree(&r, size);
        ck_assert(tree_is_valid(&tree) && tree.count == size);
        assert_comes_back(&tree);
    }
}
END_TEST

START_TEST(the_deepest_trees_parse_back)
{
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        bool is_unary = op < TREE_FIRST_BINARY;
        struct tree right = {.count = TREE_CAPACITY}, left = right;
        for (int i = 0; i < TREE_CAPACITY; i++) {
            bool is_leaf_right = is_unary ? i == 0 : i <= TREE_CAPACITY / 2;
            bool is_leaf_left = i == 0 || (!is_unary && i % 2);
            struct node leaf = {.op = OP_const, .value = -0.5};
            right.nodes[i] = is_leaf_right ? leaf : (struct node){.op = (uint8_t)op};
            left.nodes[i] = is_leaf_left ? leaf : (struct node){.op = (uint8_t)op};
        }
        assert_comes_back(&right);
        assert_comes_back(&left);
    }
    /* Two brackets a level: square(neg(square(neg(... 2)))) */
    struct tree mixed = {.count = TREE_CAPACITY, .nodes = {{.op = OP_const, .value = 2}}};
    for (int i = 1; i < TREE_CAPACITY; i++)
        mixed.nodes[i] = (struct node){.op = i % 2 ? OP_neg : OP_square};
    assert_comes_back(&mixed);
}
END_TEST

/* Removing any pair of brackets that group must change the tree or break the text. */
static void assert_brackets_needed(const struct tree *tree)
{
    struct text text = TEXT_EMPTY;
    tree_print(tree, &text);
    for (size_t open = 0; open < text.length; open++) {
        bool is_call = open > 0 && (strchr("_0123456789", text.data[open - 1]) ||
                                    (text.data[open - 1] >= 'a' && text.data[open - 1] <= 'z'));
        if (text.data[open] != '(' || is_call)
            continue;
        int depth = 1;
        size_t close = open + 1;
        for (; depth > 0; close++)
            depth += text.data[close] == '(' ? 1 : text.data[close] == ')' ? -1 : 0;
        text.data[open] = text.data[--close] = ' ';
        struct tree other;
        bool same = tree_parse(text.data, &other, NULL) == 0 && tree_equal(tree, &other);
        text.data[open] = '(';
        text.data[close] = ')';
        ck_assert_msg(!same, "brackets at %zu are not needed: %s", open, text.data);
    }
    text_release(&text);
}

START_TEST(no_bracket_is_printed_in_vain)
{
    struct random r = {77};
    for (int i = 0; i < 3000; i++) {
        struct tree tree = random_tree(&r, 1 + random_below(&r, 20));
        assert_brackets_needed(&tree);
    }
}
END_TEST

START_TEST(printing_survives_a_lack_of_memory)
{
    struct random r = {5};
    struct tree tree = random_tree(&r, 200);
    for (long n = 1;; n++) {
        struct text text = TEXT_EMPTY;
        memory_fail_at(n);
        tree_print(&tree, &text);
        memory_fail_never();
        bool failed = text_failed(&text);
        text_release(&text);
        if (!failed) {
            ck_assert_int_gt(n, 2);
            break;
        }
    }
}
END_TEST

/* Limits. */

static char *repeated(const char *part, int times, const char *end)
{
    struct text text = TEXT_EMPTY;
    for (int i = 0; i < times; i++)
        text_add(&text, part);
    text_add(&text, end);
    return text_take(&text);
}

static void assert_refused(const char *part, int times, const char *end, const char *fragment)
{
    struct error err;
    struct tree tree;
    char *text = repeated(part, times, end);
    ASSERT_FAILS(tree_parse(text, &tree, &err), ERROR_INPUT, fragment);
    ck_assert_int_eq(tree.count, 0);
    memory_free(text);
}

START_TEST(huge_texts_are_refused_in_one_line)
{
    assert_refused("(", 10000, "x", "column 256: brackets nested deeper than 255 levels");
    assert_refused("(", 1000000, "", "brackets nested deeper than 255 levels");
    assert_refused("sin(", 10000, "x", "brackets nested deeper than 255 levels");
    assert_refused("swish(", 10000, "x", "brackets nested deeper than 255 levels");
    assert_refused("max(x,", 10000, "x", "brackets nested deeper than 255 levels");
    assert_refused("x^", 10000, "x", "more than 255 nodes");
    assert_refused("x+", 10000, "x", "more than 255 nodes");
    assert_refused("x,", 10000, "x", "outside of a function's brackets");
    assert_refused("-", 10000, "x", "column 1: the expression needs more than 255 nodes");
    assert_refused("a", 100000, "", "unknown name");
    assert_refused("9", 100000, "", "out of range");
    assert_refused("$", 100000, "", "got \"$\"");
    assert_refused("p", 100000, "", "unknown name");
    char *text = repeated("+", 100000, "x");
    struct tree tree = parsed(text);
    ck_assert_int_eq(tree.count, 1);
    memory_free(text);
}
END_TEST

START_TEST(brackets_up_to_the_limit_are_read)
{
    struct text text = TEXT_EMPTY;
    for (int i = 0; i < 255; i++)
        text_add_char(&text, '(');
    text_add_char(&text, 'x');
    for (int i = 0; i < 255; i++)
        text_add_char(&text, ')');
    struct tree tree = parsed(text_string(&text));
    ck_assert_int_eq(tree.count, 1);
    /* The count goes down again where brackets close. */
    text_clear(&text);
    for (int i = 0; i < 60; i++)
        text_add(&text, i ? "+((((x^((2))))))" : "((x))");
    tree = parsed(text_string(&text));
    ck_assert_int_eq(tree.count, 60 + 59 + 59);
    text_release(&text);
}
END_TEST

/* The caret. */

static void check_caret(const char *input, const char *expected)
{
    struct tree tree;
    struct error err = ERROR_EMPTY;
    struct text text = TEXT_EMPTY;
    ck_assert_int_eq(tree_parse(input, &tree, &err), ERROR_INPUT);
    error_prefix(&err, "column 7 of \"file.csv\"");
    parse_caret(input, &err, &text);
    ck_assert_str_eq(text_string(&text), expected);
    text_release(&text);
}

START_TEST(the_caret_stands_under_the_column)
{
    check_caret("x + * 2", "x + * 2\n    ^\n");
    check_caret("(x", "(x\n  ^\n");
    check_caret("", "\n^\n");
    check_caret("x\n\t$", "x  $\n   ^\n");
    check_caret("x*\xcf\x83(x)", "x*\xcf\x83(x)\n  ^\n");
    check_caret("\x1b[2J\xe9$", " [2J?$\n^\n");
    check_caret("x+\xc2\x9b", "x+?\n  ^\n");
    check_caret("x+\xe2\x80\xae$", "x+?$\n  ^\n");
    char long_text[300], expected[300];
    memset(long_text, '+', sizeof long_text);
    long_text[150] = '*';
    long_text[299] = '\0';
    snprintf(expected, sizeof expected, "...%.34s*%.35s...\n%37s^\n", long_text, long_text, "");
    check_caret(long_text, expected);
    long_text[150] = '+';
    snprintf(expected, sizeof expected, "...%.72s\n%75s^\n", long_text, "");
    check_caret(long_text, expected);
    struct error without_column = {.code = ERROR_INPUT, .where = "somewhere"};
    struct text text = TEXT_EMPTY;
    parse_caret("x", &without_column, &text);
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

/* Anything at all: a valid tree that comes back, or one clean error whose caret fits. */

static void check_anything(const char *bytes, int length, int *trees)
{
    char *text = memory_array((size_t)length + 1, 1); /* exact, so that a sanitizer sees a step too far */
    ck_assert_ptr_nonnull(text);
    memcpy(text, bytes, (size_t)length);
    text[length] = '\0';
    struct tree tree;
    struct error err = ERROR_EMPTY;
    struct text caret = TEXT_EMPTY;
    if (tree_parse(text, &tree, &err) == 0) {
        ck_assert(tree_is_valid(&tree));
        assert_comes_back(&tree);
        ++*trees;
    } else {
        int column = 0;
        ck_assert_int_eq(sscanf(err.where, "column %d", &column), 1);
        ck_assert(err.code == ERROR_INPUT && column >= 1 && column <= (int)strlen(text) + 1);
        ck_assert(err.what[0] && !strpbrk(err.what, "\n\r") && tree.count == 0);
        parse_caret(text, &err, &caret);
        size_t first = strcspn(text_string(&caret), "\n");
        ck_assert(first <= 76 && caret.length <= 2 * 77 + 1 && caret.data[caret.length - 2] == '^');
    }
    text_release(&caret);
    memory_free(text);
}

START_TEST(random_tokens_are_read_or_refused)
{
    static const char *const tokens[] = {
        "x",    "x",    "x",     "(",    "(",   "(",       ")",      ")",     ")",      "+",    "-",
        "-",    "*",    "/",     "^",    ",",   "2",       "3",      "0.5",   "1e-3",   "pi",   "e",
        "p",    "p0",   "p1{2}", "tanh", "max", "sigmoid", "swish(", "(x)",   "neg(x)", " ",    "{",
        "}",    "1e",   "inf",   "nan",  "sub", "clamp(",  "pow(x,", "sin(x", "^2",     "^-2",  "-(",
        "exp(", "x)+(", "max(x", ",x)",  "p7",  "*(",      "a",      "lerp(", "p{nan}", "1e999"};
    struct random r = {4711};
    int trees = 0;
    for (int i = 0; i < 30000; i++) {
        char text[256] = "";
        int length = 0;
        for (int n = 1 + random_below(&r, 1 + i % 14); n > 0; n--)
            length += snprintf(text + length, sizeof text - (size_t)length, "%s",
                               tokens[random_below(&r, (int)(sizeof tokens / sizeof *tokens))]);
        check_anything(text, length, &trees);
    }
    ck_assert_int_gt(trees, 500);
}
END_TEST

START_TEST(random_bytes_are_read_or_refused)
{
    static const char usual[] = "x()+-*/^,.0123e p{}\n";
    struct random r = {99};
    int trees = 0;
    for (int i = 0; i < 30000; i++) {
        char text[128];
        int length = random_below(&r, (int)sizeof text) >> random_below(&r, 7);
        for (int j = 0; j < length; j++)
            text[j] = (char)(random_below(&r, 4) < i % 4 ? usual[random_below(&r, (int)sizeof usual - 1)]
                                                         : random_below(&r, 256));
        check_anything(text, length, &trees);
    }
    ck_assert_int_gt(trees, 20);
}
END_TEST

int main(void)
{
    return RUN_TESTS(
        "expr/parse", 60, the_text_cases_hold, every_primitive_can_be_called_by_its_name, every_function_is_its_text,
        templates_take_their_arguments, the_symbolic_derivatives_parse_and_agree, printed_trees_parse_back,
        the_deepest_trees_parse_back, no_bracket_is_printed_in_vain, printing_survives_a_lack_of_memory,
        huge_texts_are_refused_in_one_line, brackets_up_to_the_limit_are_read, the_caret_stands_under_the_column,
        random_tokens_are_read_or_refused, random_bytes_are_read_or_refused);
}
