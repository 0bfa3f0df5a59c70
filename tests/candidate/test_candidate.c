/* Candidates of one and of several functions. */
#include "testing.h"

#include "base/error.h"
#include "base/text.h"
#include "candidate/candidate.h"
#include "expr/parse.h"

#include <string.h>

static struct candidate read(const char *text)
{
    struct candidate candidate;
    ck_assert_int_eq(candidate_parse(text, &candidate, NULL), 0);
    return candidate;
}

START_TEST(functions_stand_in_the_order_of_their_slots)
{
    struct candidate candidate = read("relu(x); tanh(x)*x;p0*x");
    struct text out = TEXT_EMPTY;
    ck_assert_int_eq(candidate.count, 3);
    ck_assert_int_eq(candidate_nodes(&candidate), 2 + 4 + 3);
    struct tree second = candidate_function(&candidate, 1), wanted;
    ck_assert_int_eq(tree_parse("tanh(x)*x", &wanted, NULL), 0);
    ck_assert(tree_equal(&second, &wanted));
    candidate_print(&candidate, &out);
    ck_assert_str_eq(text_string(&out), "relu(x); tanh(x)*x; p0*x");
    struct candidate again = read(text_string(&out));
    ck_assert(candidate_equal(&candidate, &again));
    text_release(&out);
}
END_TEST

START_TEST(equality_is_by_slot)
{
    struct candidate a = read("relu(x); tanh(x)"), b = read("tanh(x); relu(x)"), one = read("relu(x)");
    ck_assert(candidate_equal(&a, &a));
    ck_assert(!candidate_equal(&a, &b));
    ck_assert(!candidate_equal(&a, &one) && !candidate_equal(&one, &a));
    struct tree relu = candidate_function(&one, 0);
    struct candidate made = candidate_of(&relu);
    ck_assert(candidate_equal(&one, &made));
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct candidate candidate = CANDIDATE_EMPTY;
    struct error err = ERROR_EMPTY;
    struct tree x = tree_x(), large = {.count = TREE_CAPACITY};
    for (int i = 0; i < CANDIDATE_FUNCTIONS; i++)
        ck_assert_int_eq(candidate_add(&candidate, &x, &err), 0);
    ck_assert_int_eq(candidate_add(&candidate, &x, &err), ERROR_INPUT);
    ck_assert_int_eq(candidate.count, CANDIDATE_FUNCTIONS);
    candidate = CANDIDATE_EMPTY; /* there is room for the largest ones */
    large.nodes[0] = (struct node){.op = OP_x};
    for (int i = 1; i < large.count; i++)
        large.nodes[i] = (struct node){.op = OP_neg};
    for (int i = 0; i < CANDIDATE_FUNCTIONS; i++)
        ck_assert_int_eq(candidate_add(&candidate, &large, &err), 0);
    struct tree last = candidate_function(&candidate, CANDIDATE_FUNCTIONS - 1);
    ck_assert(tree_equal(&last, &large));
    ck_assert_int_eq(candidate_parse("relu(x); nonsense(x)", &candidate, &err), ERROR_INPUT);
    ck_assert_int_eq(candidate_parse("", &candidate, &err), ERROR_INPUT);
}
END_TEST

/* Every length but the right one, and every count that is none. */
START_TEST(bytes_are_read_back_or_refused)
{
    struct candidate candidate = read("relu(x); 0.5*x + tanh(p{0.25}*x)"), back;
    size_t size = candidate_bytes(&candidate), took = 0;
    ck_assert_uint_lt(size, sizeof candidate);
    ck_assert(candidate_unpack(&candidate, sizeof candidate, &back, &took));
    ck_assert_uint_eq(took, size);
    ck_assert(candidate_equal(&candidate, &back));
    for (size_t length = 0; length < size; length++)
        ck_assert(!candidate_unpack(&candidate, length, &back, &took));
    struct candidate bad = candidate;
    bad.count = CANDIDATE_FUNCTIONS + 1;
    ck_assert(!candidate_unpack(&bad, sizeof bad, &back, &took));
    bad.count = -1;
    ck_assert(!candidate_unpack(&bad, sizeof bad, &back, &took));
    bad = candidate;
    bad.end[1] = bad.end[0]; /* an empty function */
    ck_assert(!candidate_unpack(&bad, sizeof bad, &back, &took));
    bad = candidate;
    bad.end[1] = CANDIDATE_NODES + 1;
    ck_assert(!candidate_unpack(&bad, sizeof bad, &back, &took));
    bad = candidate;
    bad.nodes[0].op = OP_COUNT;
    ck_assert(!candidate_unpack(&bad, sizeof bad, &back, &took));
}
END_TEST

int main(void)
{
    return RUN_TESTS("candidate", 10, functions_stand_in_the_order_of_their_slots, equality_is_by_slot,
                     what_does_not_fit_is_refused, bytes_are_read_back_or_refused);
}
