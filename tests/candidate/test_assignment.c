/* Rungs and references: when a candidate goes on; and the bytes of an assignment. */
#include "testing.h"

#include "candidate/assignment.h"

#include <math.h>
#include <string.h>

static struct assignment made(int rungs)
{
    struct candidate candidate;
    ck_assert_int_eq(candidate_parse("relu(x); p0*x", &candidate, NULL), 0);
    return assignment_of(17, &candidate, rungs);
}

START_TEST(nothing_stops_it_without_a_reference)
{
    struct assignment assignment = made(3);
    ck_assert(assignment_goes_on(&assignment, 0, -1e300) && assignment_goes_on(&assignment, 1, 0));
    ck_assert(!assignment_goes_on(&assignment, 2, 1e300)); /* there is no further rung */
    ck_assert(!assignment_goes_on(&assignment, 0, NAN));   /* nor one for what has failed */
    assignment = made(1);
    ck_assert(!assignment_goes_on(&assignment, 0, 1));
}
END_TEST

START_TEST(it_goes_on_from_the_reference_upwards)
{
    struct assignment assignment = made(3);
    assignment.references[0] = 0.5;
    ck_assert(!assignment_goes_on(&assignment, 0, nextafter(0.5, 0)));
    ck_assert(assignment_goes_on(&assignment, 0, 0.5));
    ck_assert(assignment_goes_on(&assignment, 1, 0.1)); /* each rung has its own */
}
END_TEST

START_TEST(bytes_are_read_back_or_refused)
{
    struct assignment assignment = made(3), back;
    assignment.references[1] = 1.0 / 3;
    size_t size = assignment_bytes(&assignment);
    ck_assert(assignment_unpack(&assignment, size, &back));
    ck_assert(assignment_equal(&assignment, &back));
    back.references[1] = 0.3;
    ck_assert(!assignment_equal(&assignment, &back));
    for (size_t length = 0; length < size; length++)
        ck_assert(!assignment_unpack(&assignment, length, &back));
    ck_assert(!assignment_unpack(&assignment, size + 1, &back)); /* something behind it */
    assignment.rungs = 0;
    ck_assert(!assignment_unpack(&assignment, size, &back));
    assignment.rungs = RESULT_RUNGS + 1;
    ck_assert(!assignment_unpack(&assignment, size, &back));
}
END_TEST

int main(void)
{
    return RUN_TESTS("assignment", 10, nothing_stops_it_without_a_reference, it_goes_on_from_the_reference_upwards,
                     bytes_are_read_back_or_refused);
}
