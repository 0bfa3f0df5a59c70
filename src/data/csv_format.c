/* How a CSV file is described: which columns are what, and how it is written. Settings that came later are only in the
   normal form when they say something, so that older runs are resumed. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/csv_internal.h"
#include "data/format_internal.h"

#include <string.h>

static int check_not_predicted(const struct json *data, const char *key, const struct settings_strings *columns,
                               const char *predicted, struct error *err)
{
    struct json list = json_member(data, key);
    for (int i = 0; i < columns->count; i++)
        if (predicted && strcmp(columns->items[i], predicted) == 0)
            return json_fail(json_item(&list, i), err, NULL, "the column to predict cannot be ignored or an input");
    return 0;
}

static int check_one_hot(const struct json *data, const struct csv_settings *settings, struct error *err)
{
    const struct settings_strings *one_hot = &settings->one_hot, *ignored = &settings->ignored;
    struct json list = json_member(data, "one_hot");
    for (int i = 0; i < one_hot->count; i++)
        for (int j = 0; j < ignored->count; j++)
            if (strcmp(one_hot->items[i], ignored->items[j]) == 0)
                return json_fail(json_item(&list, i), err, "name it in one of the two",
                                 "column \"%s\" is in \"one_hot\" and in \"ignore\"", EXCERPT(one_hot->items[i], 100));
    return 0;
}

static int settle(const struct json *data, struct data_spec *spec, struct error *err)
{
    static const char *const keys[] = {"label", "target", "target_file", NULL};
    struct csv_settings *settings = spec->settings;
    int chosen = 0;
    int status =
        settings_alternative(data, keys, "only one thing can be predicted",
                             "name the column of classes as \"label\", a column of numbers as \"target\", or a file of "
                             "numbers as \"target_file\"",
                             &chosen, err);
    if (status)
        return status;
    spec->target = chosen == 0 ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    settings->predicted = settings->label ? settings->label : settings->target;
    if (settings->predicted && !*settings->predicted)
        return json_fail(json_member(data, keys[chosen]), err, NULL, "must not be empty");
    status = check_not_predicted(data, "ignore", &settings->ignored, settings->predicted, err);
    if (!status)
        status = check_not_predicted(data, "one_hot", &settings->one_hot, settings->predicted, err);
    return status ? status : check_one_hot(data, settings, err);
}

static const char *title(const struct data_spec *spec)
{
    const struct csv_settings *settings = spec->settings;
    return settings->file;
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    struct data_table table = {0};
    int status = csv_read(spec, &table, err);
    if (!status)
        status = data_table_load(spec, &table, title(spec), seed, set, test, err);
    data_table_release(&table);
    return status;
}

enum { MOST_COLUMNS = 10000, MOST_SKIPPED = 1000 * 1000 };

static const struct setting settings[] = {
    {"file", SETTING_PATH(struct csv_settings, file), .required = true},
    {"label", SETTING_STRING(struct csv_settings, label), .form = "a column", .by = "",
     .means = "of classes to predict; or:"},
    {"target", SETTING_STRING(struct csv_settings, target), .form = "a column", .by = "",
     .means = "of numbers to predict; or:"},
    {"target_file", SETTING_PATH(struct csv_settings, target_file), .mentioned = true, .by = "",
     .means = "of a file of such numbers"},
    {"separator", SETTING_CHARACTER(struct csv_settings, separator, ",;\t |:"), .usual = ',',
     .form = "\",\", \";\", \"\\t\", \" \", \"|\" or \":\""},
    {"ignore", SETTING_STRINGS(struct csv_settings, ignored, MOST_COLUMNS), .form = "an array of columns", .by = "none",
     .means = "that are not read; \"\" stands for all without a name"},
    {"one_hot", SETTING_STRINGS(struct csv_settings, one_hot, MOST_COLUMNS), .added = true,
     .form = "an array of columns", .by = "none", .means = "of words, which become a column of 0 and 1 for each word"},
    {"header", SETTING_BOOL(struct csv_settings, header), .usual = true, .added = true,
     .means = "the first line names the columns; else they are \"1\", \"2\", ..."},
    {"skip", SETTING_INTEGER(struct csv_settings, skip, 0, MOST_SKIPPED), .added = true,
     .means = "lines before anything is read"},
    {"decimal", SETTING_CHARACTER(struct csv_settings, decimal, ".,"), .usual = '.', .added = true,
     .form = "\".\" or \",\""},
    {0}};

const struct data_format data_format_csv = {
    .name = "csv",
    .summary = "A table.",
    .settings = settings,
    .size = sizeof(struct csv_settings),
    .train = 0.6,
    .validation = 0.2,
    .settle = settle,
    .title = title,
    .load = load,
};
