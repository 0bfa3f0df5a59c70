/* The object `data` of an experiment: what all formats share, and between it the format's own settings. */
#include "base/error.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "data/format_internal.h"

#include <math.h>

static const char *format_name(int i)
{
    return data_formats[i] ? data_formats[i]->name : NULL;
}

/* ---- shares */

/* A share of the rows below 1, or a number of rows. */
static int read_share(struct json value, double min, double *out, struct error *err)
{
    int status = json_number(value, min, 1e9, out, err);
    if (!status && *out >= 1 && *out != floor(*out))
        status = json_fail(value, err, "write a share below 1, or a whole number of rows", "%g rows cannot be", *out);
    return status;
}

/* All are by the format, or none is. context: the object `data`. */
static bool any_share_given(const void *context)
{
    const struct json *data = context;
    return json_exists(json_member(data, "train")) || json_exists(json_member(data, "validation")) ||
           json_exists(json_member(data, "test"));
}

static int share_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    const struct data_spec *spec = object;
    double *share = setting_member(setting, object);
    if (any_share_given(context))
        return read_share(value, 1e-9, share, err);
    *share = share == &spec->train ? spec->format->train : spec->format->validation;
    return 0;
}

static int test_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct data_spec *spec = object;
    spec->test = spec->format->test_files ? 0 : -1;
    return json_exists(value) ? read_share(value, 0, &spec->test, err) : 0;
}

static void share_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    text_add_number(out, *(const double *)setting_member_of(setting, object));
}

static bool test_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)context;
    return ((const struct data_spec *)object)->test >= 0;
}

static const struct setting_type share_type = {
    .form = "a share of the rows below 1, or a number of rows", .read = share_read, .write = share_write};
static const struct setting_type test_type = {
    .form = "likewise", .read = test_read, .write = share_write, .says = test_says};

static int check_shares(const struct json *data, const struct data_spec *spec, struct error *err)
{
    struct json train = json_member(data, "train");
    bool shares = spec->train < 1;
    if (shares != (spec->validation < 1) || (spec->test > 0 && shares != (spec->test < 1)))
        return json_fail(train, err, "write all of train, validation and test in the same way",
                         "shares below 1 and numbers of rows are mixed");
    double sum = spec->train + spec->validation + fmax(0, spec->test);
    if (shares && sum > 1 + 1e-9)
        return json_fail(train, err, "make them add up to 1 or less", "train, validation and test add up to %g", sum);
    return 0;
}

/* ---- tables */

static const char *const scales[] = {
    [DATA_SCALE_STANDARD] = "standard", [DATA_SCALE_UNIT] = "unit", [DATA_SCALE_NONE] = "none", NULL};

static const struct setting head[] = {
    {"format", SETTING_DESCRIPTOR(struct data_spec, format), .name_at = format_name, .required = true}, {0}};
static const struct setting shares[] = {{"train", SETTING_OWN(struct data_spec, train, share_type),
                                         .by = "by the format", .means = "what networks learn from"},
                                        {"validation", SETTING_OWN(struct data_spec, validation, share_type),
                                         .by = "by the format", .means = "what the score is measured on"},
                                        {0}};
static const struct setting test[] = {
    {"test", SETTING_OWN(struct data_spec, test, test_type), .by = "all that is left", .means = "which no search sees"},
    {0}};
static const struct setting scale[] = {{"scale", SETTING_CHOICE(struct data_spec, scale), .names = scales,
                                        .usual = DATA_SCALE_STANDARD,
                                        .means = "inputs to mean 0 and variance 1, into [0, 1], or as they are"},
                                       {0}};

/* ---- reading and writing */

/* A test part with files of its own has no share, and symbols no scale. */
static int read_object(struct json data, struct data_spec *spec, struct error *err)
{
    const struct data_format *format = spec->format;
    const struct settings_part parts[] = {{head, spec, false},
                                          {format->settings, spec->settings, false},
                                          {shares, spec, false},
                                          {format->test_files ? NULL : test, spec, false},
                                          {format->unscaled ? NULL : scale, spec, true}};
    spec->scale = format->unscaled ? DATA_SCALE_NONE : DATA_SCALE_STANDARD;
    settings_reset(format->settings, spec->settings);
    int status = settings_read_object(data, parts, &data, err);
    if (!status && format->settle)
        status = format->settle(&data, spec, err);
    return status ? status : check_shares(&data, spec, err);
}

int data_spec_read_as(const struct data_format *format, struct json data, struct data_spec *spec, struct error *err)
{
    *spec = (struct data_spec){.format = format, .target = format->target};
    spec->settings = memory_zeroed(1, format->size);
    int status = spec->settings ? read_object(data, spec, err) : memory_error(err, "the experiment");
    if (status)
        data_spec_release(spec);
    return status;
}

int data_spec_read(struct json data, struct data_spec *spec, struct error *err)
{
    int format = 0;
    *spec = (struct data_spec){0};
    int status = json_object(data, err);
    if (!status)
        status = settings_choose(json_member(&data, "format"), format_name, &format, err);
    return status ? status : data_spec_read_as(data_formats[format], data, spec, err);
}

void data_spec_normal_form(const struct data_spec *spec, struct text *out)
{
    struct data_spec copy = *spec;
    const struct settings_part parts[] = {{head, &copy, false},
                                          {copy.format->settings, copy.settings, false},
                                          {shares, &copy, false},
                                          {test, &copy, false},
                                          {scale, &copy, true}};
    settings_write_object(parts, NULL, out);
}

void data_spec_release(struct data_spec *spec)
{
    if (spec->settings)
        settings_release(spec->format->settings, spec->settings);
    memory_free(spec->settings);
    *spec = (struct data_spec){0};
}

/* ---- help */

static bool format_topic(int i, struct settings_topic *out)
{
    const struct data_format *format = data_formats[i];
    if (format)
        *out = (struct settings_topic){
            .name = format->name,
            .about = format->summary,
            .settings = {format->settings, format->test_files ? NULL : test, format->unscaled ? NULL : scale}};
    return format != NULL;
}

const struct settings_topic data_topic = {
    .name = "data",
    .about = "What is learnt, and how it is divided. actsearch data EXPERIMENT shows what is read; src/data/data.h "
             "says more.",
    .settings = {head, shares},
    .part = format_topic,
};
