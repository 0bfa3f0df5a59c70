/* Straight-line programs: what is the same, what moves, what a result needs. That the values are right is tested where
   programs are run: tests/kernel and tests/export. */
#include "testing.h"

#include "expr/parse.h"
#include "expr/program.h"
#include "random_tree.h"

#include <math.h>

static struct tree parsed(const char *text)
{
    struct error err;
    struct tree tree;
    ASSERT_OK(tree_parse(text, &tree, &err));
    return tree;
}

static struct program made(const char *text)
{
    struct tree tree = parsed(text);
    struct program program = {.count = 0};
    program_of(&tree, &program);
    return program;
}

static bool is_at(struct operand operand, enum place place, int index)
{
    return operand.place == place && operand.index == index;
}

START_TEST(equal_operations_are_one_line)
{
    struct program program = made("x*sigmoid(2*x) + sigmoid(2*x)*p0");
    ck_assert_int_eq(program.count, 5);
    ck_assert_int_eq(program.constants, 1);
    ck_assert_int_eq(program.lines[0].op, OP_mul);
    ck_assert(is_at(program.lines[0].a, PLACE_CONSTANT, 0) && is_at(program.lines[0].b, PLACE_X, 0));
    ck_assert(program.lines[1].op == OP_sigmoid && is_at(program.lines[1].a, PLACE_LINE, 0));
    ck_assert(is_at(program.lines[2].a, PLACE_X, 0) && is_at(program.lines[2].b, PLACE_LINE, 1));
    ck_assert(is_at(program.lines[3].a, PLACE_LINE, 1) && is_at(program.lines[3].b, PLACE_PARAMETER, 0));
    ck_assert(is_at(program.result, PLACE_LINE, 4));
    ck_assert_int_eq(program.lines[2].moves, MOVES_WITH_X);
    ck_assert_int_eq(program.lines[3].moves, MOVES_WITH_X | 2);
    ck_assert_int_eq(program.lines[4].reaches.value, REACH_LINEAR);
    program = made("t");
    ck_assert(program.count == 0 && is_at(program.result, PLACE_T, 0));
}
END_TEST

static double whole(double number)
{
    return floor(number);
}

static int lines_of(const char *text, double (*rounded)(double), bool as_written)
{
    struct tree tree = parsed(text);
    struct program program = {.rounded = rounded, .as_written = as_written};
    program_of(&tree, &program);
    return program.count;
}

START_TEST(the_user_says_which_numbers_and_spellings_are_the_same)
{
    ck_assert_int_eq(lines_of("sin(2.5*x) + sin(2.75*x)", NULL, false), 5);
    ck_assert_int_eq(lines_of("sin(2.5*x) + sin(2.75*x)", whole, false), 3);
    ck_assert_int_eq(lines_of("square(sin(x)) + sin(x)*sin(x)", NULL, false), 4);
    ck_assert_int_eq(lines_of("square(sin(x)) + sin(x)*sin(x)", NULL, true), 3);
    ck_assert_int_eq(lines_of("1/sin(x) + reciprocal(sin(x))", NULL, false), 4);
    ck_assert_int_eq(lines_of("1/sin(x) + reciprocal(sin(x))", NULL, true), 3);
    ck_assert_int_eq(lines_of("1.5/sin(x) + reciprocal(sin(x))", NULL, true), 4);
    ck_assert_int_eq(lines_of("1.5/sin(x) + reciprocal(sin(x))", whole, true), 3);
    ck_assert_int_eq(lines_of("2/sin(x) + reciprocal(sin(x))", whole, true), 4);
    ck_assert_int_eq(lines_of("square(x) + x*sin(x)", NULL, true), 4);
}
END_TEST

START_TEST(slopes_are_numbers_or_products)
{
    struct slope slopes[TREE_CAPACITY];
    struct program program = made("3*(x - 0.1) + sign(x)");
    program_slopes(&program, slopes);
    ck_assert(slopes[0].kind == SLOPE_NUMBER && slopes[0].number == 1);
    ck_assert(slopes[1].kind == SLOPE_NUMBER && slopes[1].number == 3);
    ck_assert(slopes[2].kind == SLOPE_ZERO);
    ck_assert(slopes[3].kind == SLOPE_NUMBER && slopes[3].number == 3);
    program = made("2*x - tanh(x)");
    program_slopes(&program, slopes);
    ck_assert(slopes[1].kind == SLOPE_PRODUCTS && slopes[1].products == 1 && !slopes[1].product[0].scaled);
    ck_assert(slopes[2].kind == SLOPE_PRODUCTS && slopes[2].products == 1 && slopes[2].number == 2);
    ck_assert(slopes[2].product[0].by == 1 && slopes[2].product[0].scaled && slopes[2].product[0].factor == -1);
    program = made("sqrt(relu(sin(x)))");
    program_slopes(&program, slopes);
    ck_assert(!slopes[0].product[0].careful && !slopes[1].product[0].careful && slopes[2].product[0].careful);
}
END_TEST

START_TEST(what_a_result_does_not_need_is_known)
{
    struct slope slopes[TREE_CAPACITY];
    struct program program = made("sin(x) + exp(p0*x)*0 + p1");
    struct program_needs needs = program_needs(&program, NULL);
    ck_assert(needs.x && needs.parameters[0] && needs.parameters[1] && !needs.slope[0]);
    for (int i = 0; i < program.count; i++)
        ck_assert(needs.value[i]);
    program = made("sin(x) + p1*exp(2*x)"); /* sin, p1 exp and the sum itself are not in the derivative */
    program_slopes(&program, slopes);
    needs = program_needs(&program, slopes);
    ck_assert(needs.x && !needs.parameters[0] && needs.parameters[1]);
    static const bool values[] = {false, true, true, false, false}, all[] = {true, false, true, true, true};
    for (int i = 0; i < program.count; i++)
        ck_assert(needs.value[i] == values[i] && needs.slope[i] == all[i]);
    program = made("2*x + p0");
    program_slopes(&program, slopes);
    needs = program_needs(&program, slopes);
    ck_assert(!needs.x && !needs.parameters[0] && !needs.slope[0] && !needs.slope[1]);
}
END_TEST

START_TEST(arguments_stand_before_what_uses_them)
{
    struct random random = {9};
    for (int i = 0; i < 2000; i++) {
        struct tree tree = random_tree(&random, 1 + random_below(&random, 60));
        struct program program = {.as_written = i % 2};
        program_of(&tree, &program);
        ck_assert_int_le(program.count + (tree.count == 1), tree.count);
        for (int k = 0; k < program.count; k++) {
            const struct line *line = &program.lines[k];
            if ((line->a.place == PLACE_LINE && line->a.index >= k) ||
                (line->b.place == PLACE_LINE && line->b.index >= k))
                ck_abort_msg("line %d of %d uses a later one", k, program.count);
        }
        if (program.count > 0 && !is_at(program.result, PLACE_LINE, program.count - 1))
            ck_abort_msg("the last line is not the result");
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("program", 60, equal_operations_are_one_line,
                     the_user_says_which_numbers_and_spellings_are_the_same, slopes_are_numbers_or_products,
                     what_a_result_does_not_need_is_known, arguments_stand_before_what_uses_them);
}
