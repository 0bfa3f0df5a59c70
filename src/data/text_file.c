/* A raw text: its bytes are the symbols, the samples are stretches of them. */
#include "base/error.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "data/stream_internal.h"

enum { TEXT }; /* data_spec.files */

struct settings {
    ptrdiff_t steps; /* symbols a sample */
};

static int read_spec(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    struct settings *settings = spec->settings;
    settings->steps = 64;
    spec->target = DATA_TARGET_NEXT;
    int status = data_read_path(&data, "file", experiment_path, &spec->files[TEXT], err);
    return status ? status : data_read_steps(&data, &settings->steps, err);
}

static void normal_form(const struct data_spec *spec, struct text *out)
{
    const struct settings *settings = spec->settings;
    text_addf(out, ",\"steps\":%td", settings->steps);
}

/* A text has an order of its own, so nothing is drawn. */
static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    (void)seed;
    struct text text = TEXT_EMPTY;
    const struct settings *settings = spec->settings;
    const char *path = spec->files[TEXT];
    int status = stream_read_all(path, &text, err);
    if (!status)
        status = data_symbols_load(spec, settings->steps, (const uint8_t *)text_string(&text), (ptrdiff_t)text.length,
                                   path, set, test, err);
    text_release(&text);
    return status;
}

static const char *const keys[] = {"file", "steps", NULL};

const struct data_format data_format_text = {
    .name = "text",
    .keys = keys,
    .unscaled = true,
    .train = 0.8,
    .validation = 0.1,
    .settings = sizeof(struct settings),
    .read = read_spec,
    .normal_form = normal_form,
    .load = load,
};
