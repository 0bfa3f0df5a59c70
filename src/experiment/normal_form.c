/* The normal form of an experiment: what two runs must share to be one. Paths stay out: the same
   experiment gives the same text wherever its files are, and the digest vouches for the data. */
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "experiment/experiment.h"
#include "nn/network.h"
#include "search/strategy.h"

#include <string.h>

static void add_number(const char *key, double value, struct text *out)
{
    text_addf(out, ",\"%s\":", key);
    text_add_number(out, value);
}

static void add_made_up(const struct data_spec *data, struct text *out)
{
    text_addf(out, ",\"name\":\"%s\",\"samples\":%td", data_made_up_name(data->made_up), data->samples);
    add_number("noise", data->noise, out);
    text_addf(out, ",\"classes\":%d", data->classes);
}

static void add_table(const struct data_spec *data, struct text *out)
{
    const char separator[] = {data->separator, '\0'};
    text_add(out, ",\"label\":");
    json_quote(data->label, out);
    text_add(out, ",\"separator\":");
    json_quote(separator, out);
    text_add(out, ",\"ignore\":[");
    for (int i = 0; i < data->ignored_count; i++) {
        text_add(out, i > 0 ? "," : "");
        json_quote(data->ignored[i], out);
    }
    text_add_char(out, ']');
}

static void add_data(const struct data_spec *data, struct text *out)
{
    static const char *const formats[] = {[DATA_IDX] = "idx", [DATA_CSV] = "csv", [DATA_MADE_UP] = "made_up"};
    static const char *const scales[] = {
        [DATA_SCALE_STANDARD] = "standard", [DATA_SCALE_UNIT] = "unit", [DATA_SCALE_NONE] = "none"};
    text_addf(out, "{\"format\":\"%s\"", formats[data->format]);
    if (data->format == DATA_MADE_UP)
        add_made_up(data, out);
    if (data->format == DATA_CSV)
        add_table(data, out);
    add_number("train", data->train, out);
    add_number("validation", data->validation, out);
    if (data->test >= 0)
        add_number("test", data->test, out);
    text_addf(out, ",\"scale\":\"%s\"}", scales[data->scale]);
}

/* The strategy's own options, by the names in its table. */
static void add_option(const struct search_spec *search, const char *key, struct text *out)
{
    const struct {
        const char *key;
        double value;
    } values[] = {{"population", (double)search->population},
                  {"tournament", (double)search->tournament},
                  {"crossover", search->crossover}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].key, key) == 0) {
            add_number(key, values[i].value, out);
            return;
        }
    ALWAYS(!"an option of a strategy that the normal form does not know");
}

static void add_limit(const char *key, int64_t value, struct text *out)
{
    if (value == SEARCH_UNLIMITED)
        text_addf(out, ",\"%s\":null", key);
    else
        text_addf(out, ",\"%s\":%lld", key, (long long)value);
}

static void add_search(const struct search_spec *search, struct text *out)
{
    text_addf(out, "{\"strategy\":\"%s\"", search->strategy->name);
    add_limit("evaluations", search->evaluations, out);
    add_limit("proposals", search->proposals, out);
    text_addf(out, ",\"window\":%lld,\"baselines\":%s", (long long)search->window,
              search->baselines ? "true" : "false");
    for (int i = 0; i < STRATEGY_OPTIONS && search->strategy->options[i]; i++)
        add_option(search, search->strategy->options[i], out);
    text_add_char(out, '}');
}

void experiment_normal_form(const struct experiment *experiment, struct text *out)
{
    text_add(out, "{\"data\":");
    add_data(&experiment->data, out);
    text_add(out, ",\"network\":");
    network_normal_form(experiment->network, out);
    text_add(out, ",\"search\":");
    add_search(&experiment->search, out);
    text_addf(out, ",\"seed\":%llu}", (unsigned long long)experiment->seed);
}
