/* Lines of small bars. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "display/sparks.h"

#include <math.h>

static void add_series(struct sparks *sparks, const char *name, int count, const double *values)
{
    sparks_line(sparks, name);
    for (int i = 0; i < count; i++)
        sparks_value(sparks, values[i]);
}

static void assert_drawn(const struct sparks *sparks, const char *wanted)
{
    struct text out = TEXT_EMPTY;
    sparks_draw(sparks, &out);
    ck_assert_str_eq(text_string(&out), wanted);
    text_release(&out);
}

START_TEST(lines_share_one_scale)
{
    struct sparks sparks = {.columns = 80, .high = 1};
    add_series(&sparks, "act1", 4, (const double[]){0, 0.5, 1, NAN});
    add_series(&sparks, "a", 4, (const double[]){0.25, 2, -1, 0.124});
    assert_drawn(&sparks, "  act1  _=#   0 .. -\n  a     :#__  0.25 .. 0.124\n");
    sparks.utf8 = true;
    assert_drawn(&sparks, "  act1  ▁▅█   0 .. -\n  a     ▃█▁▁  0.25 .. 0.124\n");
    sparks_release(&sparks);
    struct sparks powers = {.columns = 80, .logarithmic = true};
    add_series(&powers, "x", 5, (const double[]){1, 10, 100, 0, 1e4});
    assert_drawn(&powers, "  x  _:=_#  1 .. 1e+04\n");
    sparks_clear(&powers);
    add_series(&powers, "same", 2, (const double[]){3, 3}); /* no width at all */
    add_series(&powers, "none", 0, NULL);
    assert_drawn(&powers, "  same  __  3 .. 3\n  none  \n");
    sparks_release(&powers);
}
END_TEST

/* 100 values on 40 columns: 10 are left for the plot, each the mean of ten. */
START_TEST(long_lines_are_means)
{
    struct sparks sparks = {.columns = 40, .high = 1};
    sparks_line(&sparks, "xy");
    for (int i = 0; i < 100; i++)
        sparks_value(&sparks, i % 2 && i >= 50 ? 1 : 0);
    assert_drawn(&sparks, "  xy  _____=====  0 .. 1\n");
    sparks_release(&sparks);
}
END_TEST

START_TEST(short_memory_is_remembered)
{
    struct sparks sparks = {.columns = 40};
    memory_fail_at(1);
    sparks_line(&sparks, "x");
    memory_fail_never();
    ck_assert(sparks_failed(&sparks));
    sparks_release(&sparks);
}
END_TEST

int main(void)
{
    return RUN_TESTS("sparks", 60, lines_share_one_scale, long_lines_are_means, short_memory_is_remembered);
}
