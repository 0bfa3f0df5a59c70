/* What an experiment says about its data, whatever the format: shares, scaling, unknown keys, the normal form. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"

#include <math.h>

static const char *const scales[] = {
    [DATA_SCALE_STANDARD] = "standard", [DATA_SCALE_UNIT] = "unit", [DATA_SCALE_NONE] = "none", NULL};

enum { MOST_FORMATS = 32, MOST_KEYS = 32 };

/* A share of the rows below 1, or a number of rows. */
static int read_part(struct json value, double min, double *out, struct error *err)
{
    int status = json_number(value, min, 1e9, out, err);
    if (!status && *out >= 1 && *out != floor(*out))
        status = json_fail(value, err, "write a share below 1, or a whole number of rows", "%g rows cannot be", *out);
    return status;
}

/* Reads train, validation and, for a source without test files, test. */
static int read_parts(const struct json *data, struct data_spec *spec, struct error *err)
{
    bool divided = !spec->format->test_files;
    struct json train = json_member(data, "train"), validation = json_member(data, "validation");
    struct json test = json_member(data, "test");
    spec->test = divided ? -1 : 0;
    if (!json_exists(train) && !json_exists(validation) && !json_exists(test)) {
        spec->train = spec->format->train;
        spec->validation = spec->format->validation;
        return 0;
    }
    int status = read_part(train, 1e-9, &spec->train, err);
    if (!status)
        status = read_part(validation, 1e-9, &spec->validation, err);
    if (!status && divided && json_exists(test))
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

/* Its own keys between those of the frame. */
static int check_keys(const struct data_format *format, struct json data, struct error *err)
{
    const char *keys[MOST_KEYS + 1] = {"format"};
    const char *const shares[] = {"train", "validation", format->test_files ? NULL : "test"};
    int count = 1;
    for (int i = 0; format->keys[i]; i++) {
        ALWAYS(count < MOST_KEYS - 4);
        keys[count++] = format->keys[i];
    }
    for (int i = 0; i < 3 && shares[i]; i++)
        keys[count++] = shares[i];
    if (!format->unscaled)
        keys[count] = "scale";
    return json_only_keys(data, keys, err);
}

static int read_members(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    const struct data_format *format = spec->format;
    int scale = DATA_SCALE_STANDARD;
    struct json scale_value = json_member(&data, "scale");
    int status = json_exists(scale_value) ? json_choice(scale_value, scales, &scale, err) : 0;
    spec->scale = format->unscaled ? DATA_SCALE_NONE : (enum data_scale)scale;
    if (!status)
        status = check_keys(format, data, err);
    if (!status && format->settings > 0 && !(spec->settings = memory_zeroed(1, format->settings)))
        status = memory_error(err, "the experiment");
    if (!status)
        status = format->read(data, experiment_path, spec, err);
    return status ? status : read_parts(&data, spec, err);
}

int data_spec_read_as(const struct data_format *format, struct json data, const char *experiment_path,
                      struct data_spec *spec, struct error *err)
{
    *spec = (struct data_spec){.format = format};
    int status = read_members(data, experiment_path, spec, err);
    if (status)
        data_spec_release(spec);
    return status;
}

int data_spec_read(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    const char *names[MOST_FORMATS + 1] = {NULL};
    int format = 0;
    *spec = (struct data_spec){0};
    for (int i = 0; data_formats[i]; i++) {
        ALWAYS(i < MOST_FORMATS);
        names[i] = data_formats[i]->name;
    }
    int status = json_object(data, err);
    if (!status)
        status = json_choice(json_member(&data, "format"), names, &format, err);
    return status ? status : data_spec_read_as(data_formats[format], data, experiment_path, spec, err);
}

static void add_share(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

void data_spec_normal_form(const struct data_spec *spec, struct text *out)
{
    text_addf(out, "{\"format\":\"%s\"", spec->format->name);
    if (spec->format->normal_form)
        spec->format->normal_form(spec, out);
    add_share("train", spec->train, out);
    add_share("validation", spec->validation, out);
    if (spec->test >= 0)
        add_share("test", spec->test, out);
    text_addf(out, ",\"scale\":\"%s\"}", scales[spec->scale]);
}

void data_spec_release(struct data_spec *spec)
{
    for (int i = 0; i < DATA_FILES; i++)
        memory_free(spec->files[i]);
    if (spec->settings && spec->format->release)
        spec->format->release(spec->settings);
    memory_free(spec->settings);
    *spec = (struct data_spec){0};
}
