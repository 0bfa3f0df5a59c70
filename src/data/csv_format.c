/* How a CSV file is described: which columns are what, and how it is written. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"
#include "data/csv_internal.h"
#include "data/format_internal.h"

#include <string.h>

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

static int read_characters(const struct json *data, struct csv_settings *settings, struct error *err)
{
    struct json separator = json_member(data, "separator"), decimal = json_member(data, "decimal");
    settings->separator = ',';
    settings->decimal = '.';
    int status =
        read_character(separator, ",;\t |:", "\",\", \";\", \"\\t\", \" \", \"|\" or \":\"", &settings->separator, err);
    return status ? status : read_character(decimal, ".,", "\".\" or \",\"", &settings->decimal, err);
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
        status = data_read_string(item, &(*columns)[i], err);
        if (!status && predicted && strcmp((*columns)[i], predicted) == 0)
            status = json_fail(item, err, NULL, "the column to predict cannot be ignored or an input");
    }
    return status;
}

static int check_one_hot(const struct json *data, const struct csv_settings *settings, struct error *err)
{
    struct json list = json_member(data, "one_hot");
    for (int i = 0; i < settings->one_hot_count; i++)
        for (int j = 0; j < settings->ignored_count; j++)
            if (strcmp(settings->one_hot[i], settings->ignored[j]) == 0)
                return json_fail(json_item(&list, i), err, "name it in one of the two",
                                 "column \"%s\" is in \"one_hot\" and in \"ignore\"",
                                 EXCERPT(settings->one_hot[i], 100));
    return 0;
}

static int read_csv_target(const struct json *data, const char *experiment_path, struct data_spec *spec,
                           struct error *err)
{
    static const char *const keys[] = {"label", "target", "target_file", NULL};
    struct csv_settings *settings = spec->settings;
    int chosen;
    int status =
        data_choose_target(data, keys,
                           "name the column of classes as \"label\", a column of numbers as \"target\", or a file of "
                           "numbers as \"target_file\"",
                           &chosen, err);
    if (status)
        return status;
    struct json value = json_member(data, keys[chosen]);
    spec->target = chosen == 0 ? DATA_TARGET_CLASS : DATA_TARGET_NUMBER;
    if (chosen == 2)
        return data_read_path(data, keys[chosen], experiment_path, &spec->files[CSV_TARGETS], err);
    status = data_read_string(value, &settings->label, err);
    if (!status && !*settings->label)
        status = json_fail(value, err, NULL, "must not be empty");
    return status;
}

static int read_spec(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    struct csv_settings *settings = spec->settings;
    int64_t skip = 0;
    settings->header = true;
    int status = data_read_path(&data, "file", experiment_path, &spec->files[CSV_TABLE], err);
    if (!status)
        status = read_csv_target(&data, experiment_path, spec, err);
    if (!status)
        status = read_columns(json_member(&data, "ignore"), settings->label, &settings->ignored,
                              &settings->ignored_count, err);
    if (!status)
        status = read_columns(json_member(&data, "one_hot"), settings->label, &settings->one_hot,
                              &settings->one_hot_count, err);
    if (!status)
        status = check_one_hot(&data, settings, err);
    if (!status)
        status = read_characters(&data, settings, err);
    if (!status)
        status = json_bool_or(json_member(&data, "header"), &settings->header, err);
    if (!status)
        status = json_integer_or(json_member(&data, "skip"), 0, 1000 * 1000, &skip, err);
    settings->skip = (int)skip;
    return status;
}

static void release(void *pointer)
{
    struct csv_settings *settings = pointer;
    data_names_free(settings->ignored, settings->ignored_count);
    data_names_free(settings->one_hot, settings->one_hot_count);
    memory_free(settings->label);
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
static void normal_form(const struct data_spec *spec, struct text *out)
{
    const struct csv_settings *settings = spec->settings;
    const char separator[] = {settings->separator, '\0'};
    text_addf(out, ",\"%s\":",
              !settings->label                    ? "target_file"
              : spec->target == DATA_TARGET_CLASS ? "label"
                                                  : "target");
    if (settings->label)
        json_quote(settings->label, out);
    else
        text_add(out, "true");
    text_add(out, ",\"separator\":");
    json_quote(separator, out);
    add_columns("ignore", settings->ignored, settings->ignored_count, out);
    if (settings->one_hot_count > 0)
        add_columns("one_hot", settings->one_hot, settings->one_hot_count, out);
    text_add(out, settings->header ? "" : ",\"header\":false");
    if (settings->skip > 0)
        text_addf(out, ",\"skip\":%d", settings->skip);
    text_add(out, settings->decimal == ',' ? ",\"decimal\":\",\"" : "");
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    struct data_table table = {0};
    int status = csv_read(spec, &table, err);
    if (!status)
        status = data_table_load(spec, &table, spec->files[CSV_TABLE], seed, set, test, err);
    data_table_release(&table);
    return status;
}

static const char *const keys[] = {"file",      "label",   "target", "target_file", "ignore", "one_hot",
                                   "separator", "decimal", "header", "skip",        NULL};

const struct data_format data_format_csv = {
    .name = "csv",
    .keys = keys,
    .train = 0.6,
    .validation = 0.2,
    .settings = sizeof(struct csv_settings),
    .read = read_spec,
    .release = release,
    .normal_form = normal_form,
    .load = load,
};
