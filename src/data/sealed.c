#include "data/sealed.h"

#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"

struct data_sealed {
    struct data_set basis; /* shape, scaling and digest; its rows are given back after loading */
    struct data_rows rows;
};

static int load(const struct data_spec *spec, uint64_t seed, struct data_sealed *sealed, struct error *err)
{
    int status = data_load(spec, seed, &sealed->basis, &sealed->rows, err);
    if (status)
        return status;
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        data_rows_release(&sealed->basis.rows[split]);
    if (sealed->rows.count == 0)
        return error_set(err, ERROR_INPUT, sealed->basis.name, "lower train or validation, or raise test",
                         "train and validation leave no row for the test part");
    return 0;
}

int data_sealed_open(const struct data_spec *spec, uint64_t seed, struct data_sealed **sealed, struct error *err)
{
    *sealed = NULL;
    struct data_sealed *result = memory_zeroed(1, sizeof *result);
    if (!result)
        return memory_error(err, "the test data");
    int status = load(spec, seed, result, err);
    if (status)
        data_sealed_free(result);
    else
        *sealed = result;
    return status;
}

void data_sealed_free(struct data_sealed *sealed)
{
    if (sealed) {
        data_set_release(&sealed->basis);
        data_rows_release(&sealed->rows);
    }
    memory_free(sealed);
}

ptrdiff_t data_sealed_size(const struct data_sealed *sealed)
{
    return sealed->rows.count;
}

void data_sealed_gather(const struct data_sealed *sealed, ptrdiff_t first, ptrdiff_t B, float *x, struct data_targets y)
{
    const struct data_rows *rows = &sealed->rows;
    ALWAYS(first >= 0 && B >= 0 && first + B <= rows->count);
    for (ptrdiff_t i = 0; i < B; i++)
        data_rows_gather(&sealed->basis, rows, first + i, i, x, y);
}

const int32_t *data_sealed_labels(const struct data_sealed *sealed)
{
    return sealed->rows.labels;
}

struct data_number data_sealed_number(const struct data_sealed *sealed)
{
    return sealed->basis.number;
}

double data_sealed_target_variance(const struct data_sealed *sealed)
{
    return data_rows_variance(&sealed->rows);
}

int32_t data_sealed_index(const struct data_sealed *sealed, ptrdiff_t i)
{
    ALWAYS(i >= 0 && i < sealed->rows.count);
    return sealed->rows.source[i];
}

uint64_t data_sealed_basis(const struct data_sealed *sealed)
{
    return sealed->basis.digest;
}

uint64_t data_sealed_digest(const struct data_sealed *sealed)
{
    return sealed->rows.digest;
}
