#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/data_internal.h"

#include <math.h>
#include <string.h>

static const char *const formats[] = {[DATA_IDX] = "idx",
                                      [DATA_CSV] = "csv",
                                      [DATA_MADE_UP] = "made_up",
                                      [DATA_CIFAR10] = "cifar10",
                                      [DATA_NPY] = "npy",
                                      [DATA_TEXT] = "text",
                                      NULL};
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

/* Reads the path at `key`. */
static int read_file(const struct json *data, const char *key, const char *experiment_path, char **out,
                     struct error *err)
{
    const char *path = NULL;
    int status = json_string(json_member(data, key), &path, err);
    if (!status && !*path)
        status = json_fail(json_member(data, key), err, "name a file", "the path is empty");
    return status ? status : resolve(experiment_path, NULL, path, out, err);
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
        bool text = spec->format == DATA_TEXT;
        spec->train = text ? 0.8 : own_test ? 0.6 : 5 / 6.0;
        spec->validation = text ? 0.1 : own_test ? 0.2 : 1 / 6.0;
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

/* One of the single characters of `allowed`; a tab may be written as the escape that it is elsewhere. */
static int read_character(struct json value, const char *allowed, const char *expected, char *out, struct error *err)
{
    const char *character = NULL;
    if (!json_exists(value))
        return 0;
    int status = json_string(value, &character, err);
    if (!status && strcmp(character, "\\t") == 0)
        character = "\t";
    if (!status && (strlen(character) != 1 || !strchr(allowed, *character)))
        return json_fail(value, err, NULL, "expected %s, got \"%s\"", expected, EXCERPT(character, 20));
    *out = status ? *out : *character;
    return status;
}

static int read_characters(const struct json *data, struct data_spec *spec, struct error *err)
{
    struct json separator = json_member(data, "separator"), decimal = json_member(data, "decimal");
    spec->separator = ',';
    spec->decimal = '.';
    int status =
        read_character(separator, ",;\t |:", "\",\", \";\", \"\\t\", \" \", \"|\" or \":\"", &spec->separator, err);
    return status ? status : read_character(decimal, ".,", "\".\" or \",\"", &spec->decimal, err);
}

/* A list of columns, none of which is the one to predict. */
static int read_columns(struct json list, const char *predicted, char ***columns, int *length, struct error *err)
{
    if (!json_exists(list))
        return 0;
    int status = json_array(list, 0, 10000, err);
    if (status)
        return status;
    int count = json_length(list);
    *columns = memory_zeroed((size_t)count, sizeof **columns);
    if (!*columns)
        return memory_error(err, "the experiment");
    *length = count;
    for (int i = 0; !status && i < count; i++) {
        struct json item = json_item(&list, i);
        status = copy_string(item, &(*columns)[i], err);
        if (!status && predicted && strcmp((*columns)[i], predicted) == 0)
            status = json_fail(item, err, NULL, "the column to predict cannot be ignored or an input");
    }
    return status;
}

static int check_one_hot(const struct json *data, const struct data_spec *spec, struct error *err)
{
    struct json list = json_member(data, "one_hot");
    for (int i = 0; i < spec->one_hot_count; i++)
        for (int j = 0; j < spec->ignored_count; j++)
            if (strcmp(spec->one_hot[i], spec->ignored[j]) == 0)
                return json_fail(json_item(&list, i), err, "name it in one of the two",
                                 "column \"%s\" is in \"one_hot\" and in \"ignore\"", EXCERPT(spec->one_hot[i], 100));
    return 0;
}

/* Reads which of the `count` keys says what to predict: exactly one must be there. */
static int choose_target(const struct json *data, const char *const *keys, const char *cure, int *chosen,
                         struct error *err)
{
    *chosen = -1;
    for (int i = 0; keys[i]; i++) {
        struct json value = json_member(data, keys[i]);
        if (!json_exists(value))
            continue;
        if (*chosen >= 0)
            return json_fail(value, err, cure, "\"%s\" is given too: only one thing can be predicted", keys[*chosen]);
        *chosen = i;
    }
    if (*chosen < 0)
        return json_fail(json_member(data, keys[0]), err, cure, "missing; expected a string");
    return 0;
}

static int read_csv_target(const struct json *data, const char *experiment_path, struct data_spec *spec,
                           struct error *err)
{
    static const char *const keys[] = {"label", "target", "target_file", NULL};
    int chosen;
    int status =
        choose_target(data, keys,
                      "name the column of classes as \"label\", a column of numbers as \"target\", or a file of "
                      "numbers as \"target_file\"",
                      &chosen, err);
    if (status)
        return status;
    struct json value = json_member(data, keys[chosen]);
    spec->target = chosen == 0 ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    if (chosen == 2)
        return read_file(data, keys[chosen], experiment_path, &spec->files[DATA_FILE_TARGETS], err);
    status = copy_string(value, &spec->label, err);
    if (!status && !*spec->label)
        status = json_fail(value, err, NULL, "must not be empty");
    return status;
}

static int read_csv(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format",     "file",      "label",   "target", "target_file", "ignore",
                                       "one_hot",    "separator", "decimal", "header", "skip",        "train",
                                       "validation", "test",      "scale",   NULL};
    int64_t skip = 0;
    spec->header = true;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_file(&data, "file", experiment_path, &spec->files[DATA_FILE_TABLE], err);
    if (!status)
        status = read_csv_target(&data, experiment_path, spec, err);
    if (!status)
        status = read_columns(json_member(&data, "ignore"), spec->label, &spec->ignored, &spec->ignored_count, err);
    if (!status)
        status = read_columns(json_member(&data, "one_hot"), spec->label, &spec->one_hot, &spec->one_hot_count, err);
    if (!status)
        status = check_one_hot(&data, spec, err);
    if (!status)
        status = read_characters(&data, spec, err);
    if (!status)
        status = json_bool_or(json_member(&data, "header"), &spec->header, err);
    if (!status)
        status = json_integer_or(json_member(&data, "skip"), 0, 1000 * 1000, &skip, err);
    spec->skip = (int)skip;
    return status ? status : read_parts(&data, true, spec, err);
}

static int read_cifar10(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format", "folder", "train", "validation", "scale", NULL};
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_file(&data, "folder", experiment_path, &spec->files[DATA_FILE_FOLDER], err);
    return status ? status : read_parts(&data, false, spec, err);
}

static int read_npy(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format",     "inputs", "labels", "target", "train",
                                       "validation", "test",   "scale",  NULL};
    static const char *const targets[] = {"labels", "target", NULL};
    int chosen = 0;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_file(&data, "inputs", experiment_path, &spec->files[DATA_FILE_TABLE], err);
    if (!status)
        status = choose_target(&data, targets, "name a file of integers as \"labels\", or one of numbers as \"target\"",
                               &chosen, err);
    if (status)
        return status;
    spec->target = chosen == 0 ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    status = read_file(&data, targets[chosen], experiment_path, &spec->files[DATA_FILE_TARGETS], err);
    return status ? status : read_parts(&data, true, spec, err);
}

static int read_steps(const struct json *data, ptrdiff_t *steps, struct error *err)
{
    int64_t count = *steps;
    int status = json_integer_or(json_member(data, "steps"), 1, 65536, &count, err);
    *steps = (ptrdiff_t)count;
    return status;
}

static int read_text(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format", "file", "steps", "train", "validation", "test", NULL};
    spec->target = DATA_TARGET_NEXT;
    spec->scale = DATA_SCALE_NONE;
    spec->steps = 64;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_file(&data, "file", experiment_path, &spec->files[DATA_FILE_TABLE], err);
    if (!status)
        status = read_steps(&data, &spec->steps, err);
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

/* A key that means nothing for the chosen set is refused. */
static int check_made_up(const struct json *data, const struct data_spec *spec, struct error *err)
{
    const char *name = data_made_up_name(spec->made_up);
    struct json steps = json_member(data, "steps"), classes = json_member(data, "classes");
    struct json scale = json_member(data, "scale");
    if (spec->target != DATA_TARGET_NEXT && json_exists(steps))
        return json_fail(steps, err, "leave it out", "\"%s\" has no steps", name);
    if (spec->target != DATA_TARGET_CLASS && json_exists(classes))
        return json_fail(classes, err, "leave it out", "\"%s\" has no number of classes to choose", name);
    if (spec->target == DATA_TARGET_NEXT && json_exists(scale))
        return json_fail(scale, err, "leave it out", "the symbols of \"%s\" are not scaled", name);
    return 0;
}

static int read_made_up(struct json data, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"format", "name",       "samples", "noise", "classes", "steps",
                                       "train",  "validation", "test",    "scale", NULL};
    int64_t samples = 1000, classes;
    spec->noise = 0.05;
    int min, max;
    int status = json_only_keys(data, keys, err);
    if (!status)
        status = read_made_up_name(json_member(&data, "name"), &spec->made_up, err);
    if (status)
        return status;
    spec->target = data_made_up_target(spec->made_up);
    data_made_up_classes(spec->made_up, &min, &max);
    classes = min;
    status = check_made_up(&data, spec, err);
    if (!status)
        status = json_integer_or(json_member(&data, "samples"), 10, 100 * 1000 * 1000, &samples, err);
    if (!status)
        status = json_number_or(json_member(&data, "noise"), 0, spec->target == DATA_TARGET_NEXT ? 1 : 100,
                                &spec->noise, err);
    if (!status && max > 0)
        status = json_integer_or(json_member(&data, "classes"), min, max, &classes, err);
    if (spec->target == DATA_TARGET_NEXT) {
        spec->scale = DATA_SCALE_NONE;
        spec->steps = 32;
    }
    if (!status)
        status = read_steps(&data, &spec->steps, err);
    spec->samples = (ptrdiff_t)samples;
    spec->classes = (int)classes;
    return status ? status : read_parts(&data, true, spec, err);
}

static int read_members(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    switch (spec->format) {
    case DATA_IDX:
        return read_idx(data, experiment_path, spec, err);
    case DATA_CSV:
        return read_csv(data, experiment_path, spec, err);
    case DATA_MADE_UP:
        return read_made_up(data, spec, err);
    case DATA_CIFAR10:
        return read_cifar10(data, experiment_path, spec, err);
    case DATA_NPY:
        return read_npy(data, experiment_path, spec, err);
    case DATA_TEXT:
        return read_text(data, experiment_path, spec, err);
    }
    return 0;
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
    status = read_members(data, experiment_path, spec, err);
    if (status)
        data_spec_release(spec);
    return status;
}

static void add_number(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

static void add_columns(const char *key, char *const *columns, int count, struct text *out)
{
    text_addf(out, ",\"%s\":[", key);
    for (int i = 0; i < count; i++) {
        text_add(out, i > 0 ? "," : "");
        json_quote(columns[i], out);
    }
    text_add_char(out, ']');
}

/* Keys that came later are only written when they say something, so that older runs are resumed. */
static void add_csv(const struct data_spec *spec, struct text *out)
{
    const char separator[] = {spec->separator, '\0'};
    text_addf(out, ",\"%s\":", !spec->label ? "target_file" : spec->target == DATA_TARGET_CLASS ? "label" : "target");
    if (spec->label)
        json_quote(spec->label, out);
    else
        text_add(out, "true");
    text_add(out, ",\"separator\":");
    json_quote(separator, out);
    add_columns("ignore", spec->ignored, spec->ignored_count, out);
    if (spec->one_hot_count > 0)
        add_columns("one_hot", spec->one_hot, spec->one_hot_count, out);
    text_add(out, spec->header ? "" : ",\"header\":false");
    if (spec->skip > 0)
        text_addf(out, ",\"skip\":%d", spec->skip);
    text_add(out, spec->decimal == ',' ? ",\"decimal\":\",\"" : "");
}

static void add_made_up(const struct data_spec *spec, struct text *out)
{
    text_addf(out, ",\"name\":\"%s\",\"samples\":%td", data_made_up_name(spec->made_up), spec->samples);
    add_number("noise", spec->noise, out);
    if (spec->target == DATA_TARGET_CLASS)
        text_addf(out, ",\"classes\":%d", spec->classes);
}

void data_spec_normal_form(const struct data_spec *spec, struct text *out)
{
    text_addf(out, "{\"format\":\"%s\"", formats[spec->format]);
    if (spec->format == DATA_MADE_UP)
        add_made_up(spec, out);
    if (spec->format == DATA_CSV)
        add_csv(spec, out);
    if (spec->format == DATA_NPY)
        text_addf(out, ",\"%s\":true", spec->target == DATA_TARGET_CLASS ? "labels" : "target");
    if (spec->target == DATA_TARGET_NEXT)
        text_addf(out, ",\"steps\":%td", spec->steps);
    add_number("train", spec->train, out);
    add_number("validation", spec->validation, out);
    if (spec->test >= 0)
        add_number("test", spec->test, out);
    text_addf(out, ",\"scale\":\"%s\"}", scales[spec->scale]);
}

void data_spec_release(struct data_spec *spec)
{
    for (int i = 0; i < DATA_FILE_COUNT; i++)
        memory_free(spec->files[i]);
    data_names_free(spec->ignored, spec->ignored_count);
    data_names_free(spec->one_hot, spec->one_hot_count);
    memory_free(spec->label);
    *spec = (struct data_spec){0};
}
