#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <math.h>
#include <string.h>

static const char *const formats[] = {[DATA_IDX] = "idx", [DATA_CSV] = "csv", [DATA_MADE_UP] = "made_up", NULL};
static const char *const scales[] = {
    [DATA_SCALE_STANDARD] = "standard", [DATA_SCALE_UNIT] = "unit", [DATA_SCALE_NONE] = "none", NULL};

/* The four files of MNIST: their keys, and their names inside a "folder". */
static const struct {
    const char *key, *name;
} idx_files[] = {
    [DATA_FILE_TRAIN_IMAGES] = {"train_images", "train-images-idx3-ubyte"},
    [DATA_FILE_TRAIN_LABELS] = {"train_labels", "train-labels-idx1-ubyte"},
    [DATA_FILE_TEST_IMAGES] = {"test_images", "t10k-images-idx3-ubyte"},
    [DATA_FILE_TEST_LABELS] = {"test_labels", "t10k-labels-idx1-ubyte"},
};

/* Appends what the path `relative` means in the experiment; returns owned. */
static int resolve(const char *experiment_path, const char *folder, const char *relative, char **out, struct error *err)
{
    struct text path = TEXT_EMPTY;
    file_beside(experiment_path, folder ? folder : relative, &path);
    if (folder)
        text_addf(&path, "%s%s", path.length && path.data[path.length - 1] == '/' ? "" : "/", relative);
    *out = text_take(&path);
    return *out ? 0 : memory_error(err, relative);
}

static int copy_string(struct json value, char **out, struct error *err)
{
    const char *string;
    int status = json_string(value, &string, err);
    if (status)
        return status;
    *out = memory_copy_string(string);
    return *out ? 0 : memory_error(err, "the experiment");
}

/* A share of the rows below 1, or a number of rows. */
static int read_part(struct json value, double min, double *out, struct error *err)
{
    int status = json_number(value, min, 1e9, out, err);
    if (!status && *out >= 1 && *out != floor(*out))
        status = json_fail(value, err, "write a share below 1, or a whole number of rows", "%g rows cannot be", *out);
    return status;
}

/* Reads train, validation and, for a source without a test file, test. */
static int read_parts(const struct json *data, bool own_test, struct data_spec *spec, struct error *err)
{
    struct json train = json_member(data, "train"), validation = json_member(data, "validation");
    struct json test = json_member(data, "test");
    spec->test = own_test ? -1 : 0;
    if (!json_exists(train) && !json_exists(validation) && !json_exists(test)) {
        spec->train = own_test ? 0.6 : 5 / 6.0;
        spec->validation = own_test ? 0.2 : 1 / 6.0;
        return 0;
    }
    int status = read_part(train, 1e-9, &spec->train, err);
    if (!status)
        status = read_part(validation, 1e-9, &spec->validation, err);
    if (!status && own_test && json_exists(test))
        status = read_part(test, 0, &spec->test, err);
    if (status)
        return status;
    bool shares = spec->train < 1;
    if (shares != (spec->validation < 1) || (spec->test > 0 && shares != (spec->test < 1)))
        return json_fail(train, err, "write all of train, validation and test in the same way",
                         "shares below 1 and numbers of rows are mixed");
    double sum = spec->train + spec->validation + fmax(0, spec->test);
    if (shares && sum > 1 + 1e-9)
        return json_fail(train, err, "make them add up to 1 or less", "train, validation and test add up to %g", sum);
    return 0;
}

static int read_idx(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format",      "folder", "train_images", "train_labels", "test_images",
                                       "test_labels", "train",  "validation",   "scale",        NULL};
    const char *folder = NULL;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = json_string_or(json_member(&data, "folder"), &folder, err);
    for (int i = 0; !status && i <= DATA_FILE_TEST_LABELS; i++) {
        struct json file = json_member(&data, idx_files[i].key);
        const char *path = NULL;
        if (folder && !json_exists(file)) {
            status = resolve(experiment_path, folder, idx_files[i].name, &spec->files[i], err);
            continue;
        }
        status = json_string(file, &path, err);
        if (!status)
            status = resolve(experiment_path, NULL, path, &spec->files[i], err);
    }
    return status ? status : read_parts(&data, false, spec, err);
}

static int read_separator(struct json value, char *out, struct error *err)
{
    const char *separator = ",";
    int status = json_string_or(value, &separator, err);
    if (!status && (strlen(separator) != 1 || !strchr(",;\t", *separator)))
        status = json_fail(value, err, NULL, "expected \",\", \";\" or \"\\t\", got \"%.20s\"", separator);
    *out = *separator;
    return status;
}

static int read_ignored(struct json list, struct data_spec *spec, struct error *err)
{
    if (!json_exists(list))
        return 0;
    int status = json_array(list, 0, 10000, err);
    if (status)
        return status;
    int count = json_length(list);
    spec->ignored = memory_zeroed((size_t)count, sizeof *spec->ignored);
    if (!spec->ignored)
        return memory_error(err, "the experiment");
    spec->ignored_count = count;
    for (int i = 0; !status && i < count; i++) {
        struct json item = json_item(&list, i);
        status = copy_string(item, &spec->ignored[i], err);
        if (!status && strcmp(spec->ignored[i], spec->label) == 0)
            status = json_fail(item, err, NULL, "the label column cannot be ignored");
    }
    return status;
}

static int read_csv(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format", "file",       "label", "ignore", "separator",
                                       "train",  "validation", "test",  "scale",  NULL};
    const char *path = NULL;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = json_string(json_member(&data, "file"), &path, err);
    if (!status)
        status = resolve(experiment_path, NULL, path, &spec->files[DATA_FILE_TABLE], err);
    if (!status)
        status = copy_string(json_member(&data, "label"), &spec->label, err);
    if (!status && !*spec->label)
        status = json_fail(json_member(&data, "label"), err, NULL, "must not be empty");
    if (!status)
        status = read_ignored(json_member(&data, "ignore"), spec, err);
    if (!status)
        status = read_separator(json_member(&data, "separator"), &spec->separator, err);
    return status ? status : read_parts(&data, true, spec, err);
}

static int read_made_up_name(struct json value, int *index, struct error *err)
{
    enum { MOST = 32 };
    const char *names[MOST + 1] = {0};
    for (int i = 0; i < MOST && data_made_up_name(i); i++)
        names[i] = data_made_up_name(i);
    return json_choice(value, names, index, err);
}

static int read_made_up(struct json data, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format", "name",       "samples", "noise", "classes",
                                       "train",  "validation", "test",    "scale", NULL};
    int64_t samples = 1000, classes;
    spec->noise = 0.05;
    int min, max;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_made_up_name(json_member(&data, "name"), &spec->made_up, err);
    if (status)
        return status;
    data_made_up_classes(spec->made_up, &min, &max);
    classes = min;
    status = json_integer_or(json_member(&data, "samples"), 10, 100 * 1000 * 1000, &samples, err);
    if (!status)
        status = json_number_or(json_member(&data, "noise"), 0, 100, &spec->noise, err);
    if (!status)
        status = json_integer_or(json_member(&data, "classes"), min, max, &classes, err);
    spec->samples = (ptrdiff_t)samples;
    spec->classes = (int)classes;
    return status ? status : read_parts(&data, true, spec, err);
}

int data_spec_read(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    *spec = (struct data_spec){0};
    int format = DATA_IDX, scale = DATA_SCALE_STANDARD;
    int status = json_object(data, err);
    if (!status)
        status = json_choice(json_member(&data, "format"), formats, &format, err);
    struct json scale_value = json_member(&data, "scale");
    if (!status && json_exists(scale_value))
        status = json_choice(scale_value, scales, &scale, err);
    if (status)
        return status;
    spec->format = (enum data_format)format;
    spec->scale = (enum data_scale)scale;
    if (format == DATA_IDX)
        status = read_idx(data, experiment_path, spec, err);
    else if (format == DATA_CSV)
        status = read_csv(data, experiment_path, spec, err);
    else
        status = read_made_up(data, spec, err);
    if (status)
        data_spec_release(spec);
    return status;
}

void data_spec_release(struct data_spec *spec)
{
    for (int i = 0; i < DATA_FILE_COUNT; i++)
        memory_free(spec->files[i]);
    for (int i = 0; i < spec->ignored_count; i++)
        memory_free(spec->ignored[i]);
    memory_free(spec->ignored);
    memory_free(spec->label);
    *spec = (struct data_spec){0};
}
