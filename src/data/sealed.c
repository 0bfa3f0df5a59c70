/* Loads a set with its test rows, and keeps those and what serves them; see sealed.h. */
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

struct data_part data_sealed_part(const struct data_sealed *sealed)
{
    return (struct data_part){&sealed->basis, &sealed->rows};
}
