/* How rows are divided into train, validation and test: how many, and which. */
#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"
#include "rng/rng.h"

#include <math.h>
#include <stdio.h>

static const char *const hint = "change train, validation or test in the experiment's data";

/* Shares are cut at the rounded running total, so that they never need more rows than there are. */
static void count_shares(const struct data_spec *spec, ptrdiff_t rows, ptrdiff_t count[3])
{
    double train = spec->train, validation = train + spec->validation;
    double test = spec->test < 0 ? 1 : fmin(1, validation + spec->test);
    ptrdiff_t end[3] = {(ptrdiff_t)round(train * (double)rows), (ptrdiff_t)round(fmin(1, validation) * (double)rows),
                        (ptrdiff_t)round(test * (double)rows)};
    count[0] = end[0];
    count[1] = end[1] - end[0];
    count[2] = end[2] - end[1];
}

static int count_numbers(const struct data_spec *spec, const char *where, ptrdiff_t rows, ptrdiff_t count[3],
                         struct error *err)
{
    double asked = spec->train + spec->validation + fmax(0, spec->test);
    if (asked > (double)rows) {
        char test[48] = "";
        if (spec->test > 0)
            snprintf(test, sizeof test, " + test %.0f", spec->test);
        return error_set(err, ERROR_INPUT, where, hint,
                         "there are %td rows to divide, but train %.0f + validation %.0f%s are asked for", rows,
                         spec->train, spec->validation, test);
    }
    count[0] = (ptrdiff_t)spec->train;
    count[1] = (ptrdiff_t)spec->validation;
    count[2] = spec->test < 0 ? rows - count[0] - count[1] : (ptrdiff_t)spec->test;
    return 0;
}

int data_divide_count(const struct data_spec *spec, const char *where, ptrdiff_t rows, ptrdiff_t count[3],
                      struct error *err)
{
    int status = 0;
    if (spec->train < 1)
        count_shares(spec, rows, count);
    else
        status = count_numbers(spec, where, rows, count, err);
    if (status)
        return status;
    if (count[DATA_TRAIN] < 1 || count[DATA_VALIDATION] < 1)
        return error_set(err, ERROR_INPUT, where, hint,
                         "of %td rows, %td are for train and %td for validation: both need at least one", rows,
                         count[DATA_TRAIN], count[DATA_VALIDATION]);
    return 0;
}

int data_divide(const struct data_spec *spec, const char *where, ptrdiff_t rows, uint64_t seed,
                struct data_division *division, struct error *err)
{
    int status = data_divide_count(spec, where, rows, division->count, err);
    if (status)
        return status;
    division->order = memory_array((size_t)rows, sizeof *division->order);
    if (!division->order)
        return memory_error(err, where);
    for (ptrdiff_t i = 0; i < rows; i++)
        division->order[i] = (int32_t)i;
    struct rng rng = rng_keyed(seed, 0, RNG_SPLIT);
    rng_shuffle(&rng, division->order, rows);
    return 0;
}
