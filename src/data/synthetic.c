/* Sets that are made from the seed, so that a search runs on a machine without any files. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "data/synthetic_internal.h"
#include "rng/rng.h"

#include <math.h>

struct settings {
    const struct synthetic_set *from;
    ptrdiff_t samples;
    double noise;
    int classes;
    ptrdiff_t steps; /* symbols a sample, of a text */
};

static bool is_text(const struct settings *settings)
{
    return settings->from->target == DATA_TARGET_NEXT;
}

/* Libraries for sin, cos and log differ in the last bit between machines, and the same experiment
   must see the same points everywhere: so they lie on a grid far coarser than that, far finer than any noise. */
static double on_grid(double value)
{
    return round(value * 0x1p20) * 0x1p-20;
}

static int allocate(const struct data_spec *spec, struct data_table *table, struct error *err)
{
    const struct settings *settings = spec->settings;
    const struct synthetic_set *from = settings->from;
    table->shape =
        from->side > 0 ? data_shape_image(from->side, from->side, 1, from->target) : data_shape_table(2, from->target);
    ptrdiff_t features = table->shape.features;
    int status = data_check_memory(from->name, (double)settings->samples * ((double)features * (8 + 4) + 20), err);
    if (status)
        return status;
    size_t rows = (size_t)settings->samples;
    bool complete = (table->x = memory_array(rows * (size_t)features, sizeof *table->x));
    if (spec->target == DATA_TARGET_NUMBER) {
        complete &= (table->numbers = memory_array(rows, sizeof *table->numbers)) != NULL;
    } else {
        complete &= (table->y = memory_array(rows, sizeof *table->y)) != NULL;
        complete &= (table->class_names = data_number_names(0, settings->classes)) != NULL;
    }
    table->shape.classes = table->class_names ? settings->classes : 0;
    table->rows = settings->samples;
    return complete ? 0 : memory_error(err, "the made-up data set");
}

/* Noise moves points that have a class and blurs images; to a number to predict it is added. */
static int make_table(const struct data_spec *spec, uint64_t seed, struct data_table *table, struct error *err)
{
    const struct settings *settings = spec->settings;
    const struct synthetic_set *from = settings->from;
    int status = allocate(spec, table, err);
    if (status)
        return status;
    struct rng rng = rng_keyed(seed, 0, RNG_SYNTHETIC);
    ptrdiff_t features = table->shape.features;
    for (ptrdiff_t i = 0; i < settings->samples; i++) {
        double *x = table->x + i * features;
        int k = settings->classes > 0 ? (int)(i % settings->classes) : 0;
        from->draw(&rng, k, settings->classes, x);
        if (table->numbers)
            table->numbers[i] = on_grid(from->value(x) + settings->noise * rng_normal(&rng));
        else
            table->y[i] = k;
        for (ptrdiff_t j = 0; j < features; j++)
            x[j] = on_grid(x[j] + (table->numbers ? 0 : settings->noise * rng_normal(&rng)));
    }
    return 0;
}

/* ---- settings: some depend on the set, which is read first */

const char *data_synthetic_name(int i)
{
    const struct synthetic_set *set = synthetic_set(i);
    return set ? set->name : NULL;
}

static int name_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)context;
    struct settings *settings = object;
    int which = 0;
    int status = settings_choose(value, setting->name_at, &which, err);
    settings->from = synthetic_set(which);
    settings->classes = settings->from->min_classes;
    return status;
}

static void name_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    json_quote(((const struct settings *)object)->from->name, out);
}
static const struct setting_type name_type = {.read = name_read, .write = name_write};

/* Of a text it is a share of the symbols. */
static int check_noise(struct json value, void *object, struct error *err)
{
    struct settings *settings = object;
    return is_text(settings) ? json_number_or(value, 0, 1, &settings->noise, err) : 0;
}

static int classes_read(struct json value, const struct setting *setting, void *object, void *context,
                        struct error *err)
{
    (void)setting, (void)context;
    struct settings *settings = object;
    const struct synthetic_set *from = settings->from;
    int64_t classes = settings->classes;
    if (json_exists(value) && from->max_classes == 0)
        return json_fail(value, err, "leave it out", "\"%s\" has no number of classes to choose", from->name);
    int status = json_integer_or(value, from->min_classes, from->max_classes, &classes, err);
    settings->classes = (int)classes;
    return status;
}

static void classes_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    text_addf(out, "%d", ((const struct settings *)object)->classes);
}

static bool classes_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)context;
    return ((const struct settings *)object)->from->target == DATA_TARGET_CLASS;
}
static const struct setting_type classes_type = {
    .form = "an integer", .read = classes_read, .write = classes_write, .says = classes_says};

static int steps_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct settings *settings = object;
    int64_t steps = 32;
    if (json_exists(value) && !is_text(settings))
        return json_fail(value, err, "leave it out", "\"%s\" has no steps", settings->from->name);
    int status = json_integer_or(value, 1, DATA_MOST_STEPS, &steps, err);
    settings->steps = (ptrdiff_t)steps;
    return status;
}

static void steps_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    text_addf(out, "%td", ((const struct settings *)object)->steps);
}

static bool steps_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)context;
    return is_text(object);
}
static const struct setting_type steps_type = {
    .form = "an integer", .read = steps_read, .write = steps_write, .says = steps_says};

static const struct setting lines[] = {
    {"name", SETTING_OWN(struct settings, from, name_type), .name_at = data_synthetic_name, .required = true},
    {"samples", SETTING_INTEGER(struct settings, samples, 10, 100 * 1000 * 1000), .usual = 1000},
    {"noise", SETTING_NUMBER(struct settings, noise, 0, 100), .usual = 0.05, .check = check_noise,
     .means = "the deviation of what is added; of sequences the share of symbols that is replaced"},
    {"classes", SETTING_OWN(struct settings, classes, classes_type), .by = "the fewest that the set can have"},
    {"steps", SETTING_OWN(struct settings, steps, steps_type), .least = 1, .most = DATA_MOST_STEPS, .by = "32",
     .means = "of sequences alone"},
    {0}};

static int settle(const struct json *data, struct data_spec *spec, struct error *err)
{
    const struct settings *settings = spec->settings;
    struct json scale = json_member(data, "scale");
    spec->target = settings->from->target;
    if (!is_text(settings))
        return 0;
    if (json_exists(scale))
        return json_fail(scale, err, "leave it out", "the symbols of \"%s\" are not scaled", settings->from->name);
    spec->scale = DATA_SCALE_NONE;
    return 0;
}

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return settings->from->name;
}

static int load_table(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                      struct error *err)
{
    struct data_table table = {0};
    int status = make_table(spec, seed, &table, err);
    if (!status)
        status = data_table_load(spec, &table, title(spec), seed, set, test, err);
    data_table_release(&table);
    return status;
}

/* As many symbols as the samples need, with one more behind each part. */
static int load_symbols(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                        struct error *err)
{
    const struct settings *settings = spec->settings;
    const char *name = title(spec);
    int status = data_check_memory(name, 3.0 * (double)settings->samples * (double)settings->steps, err);
    if (status)
        return status;
    ptrdiff_t length = settings->samples * settings->steps + 3;
    uint8_t *symbols = memory_array((size_t)length, 1);
    if (!symbols)
        return memory_error(err, name);
    struct rng rng = rng_keyed(seed, 0, RNG_SYNTHETIC);
    settings->from->write(&rng, settings->noise, symbols, length);
    status = data_symbols_load(spec, settings->steps, symbols, length, name, set, test, err);
    memory_free(symbols);
    return status;
}

static int load(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err)
{
    return spec->target == DATA_TARGET_NEXT ? load_symbols(spec, seed, set, test, err)
                                            : load_table(spec, seed, set, test, err);
}

const struct data_format data_format_synthetic = {
    .name = "made_up",
    .summary = "A set that is made from the seed and needs no files.",
    .settings = lines,
    .size = sizeof(struct settings),
    .train = 0.6,
    .validation = 0.2,
    .settle = settle,
    .title = title,
    .load = load,
};
