/* A raw text: its bytes are the symbols, the samples are stretches of them. */
#include "base/error.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "data/stream_internal.h"

struct settings {
    char *file;
    ptrdiff_t steps; /* symbols a sample */
};

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return settings->file;
}

/* A text has an order of its own, so nothing is drawn. */
static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    (void)seed;
    struct text text = TEXT_EMPTY;
    const struct settings *settings = spec->settings;
    const char *path = settings->file;
    int status = stream_read_all(path, &text, err);
    if (!status)
        status = data_symbols_load(spec, settings->steps, (const uint8_t *)text_string(&text), (ptrdiff_t)text.length,
                                   path, set, test, err);
    text_release(&text);
    return status;
}

static const struct setting settings[] = {
    {"file", SETTING_PATH(struct settings, file), .required = true, .means = "whose bytes are the symbols"},
    {"steps", SETTING_INTEGER(struct settings, steps, 1, DATA_MOST_STEPS), .usual = 64, .means = "symbols of a sample"},
    {0}};

const struct data_format data_format_text = {
    .name = "text",
    .summary = "A text, whose next symbol is to be predicted.",
    .settings = settings,
    .size = sizeof(struct settings),
    .unscaled = true,
    .train = 0.8,
    .validation = 0.1,
    .target = DATA_TARGET_NEXT,
    .title = title,
    .load = load,
};
