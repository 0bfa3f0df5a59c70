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

const char *data_synthetic_name(int i)
{
    const struct synthetic_set *set = synthetic_set(i);
    return set ? set->name : NULL;
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

static int read_name(struct json value, const struct synthetic_set **from, struct error *err)
{
    enum { MOST = 32 };
    const char *names[MOST + 1] = {0};
    int index = 0;
    for (int i = 0; synthetic_set(i); i++) {
        ALWAYS(i < MOST);
        names[i] = synthetic_set(i)->name;
    }
    int status = json_choice(value, names, &index, err);
    *from = synthetic_set(index);
    return status;
}

/* A key that means nothing for the chosen set is refused. */
static int check_keys(const struct json *data, const struct data_spec *spec, struct error *err)
{
    const struct settings *settings = spec->settings;
    const char *name = settings->from->name;
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

static int read_spec(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err)
{
    (void)experiment_path;
    struct settings *settings = spec->settings;
    int64_t samples = 1000, classes;
    settings->noise = 0.05;
    int status = read_name(json_member(&data, "name"), &settings->from, err);
    if (status)
        return status;
    const struct synthetic_set *from = settings->from;
    spec->target = from->target;
    classes = from->min_classes;
    status = check_keys(&data, spec, err);
    if (!status)
        status = json_integer_or(json_member(&data, "samples"), 10, 100 * 1000 * 1000, &samples, err);
    if (!status)
        status = json_number_or(json_member(&data, "noise"), 0, spec->target == DATA_TARGET_NEXT ? 1 : 100,
                                &settings->noise, err);
    if (!status && from->max_classes > 0)
        status = json_integer_or(json_member(&data, "classes"), from->min_classes, from->max_classes, &classes, err);
    if (spec->target == DATA_TARGET_NEXT) {
        spec->scale = DATA_SCALE_NONE;
        settings->steps = 32;
    }
    if (!status)
        status = data_read_steps(&data, &settings->steps, err);
    settings->samples = (ptrdiff_t)samples;
    settings->classes = (int)classes;
    return status;
}

static void normal_form(const struct data_spec *spec, struct text *out)
{
    const struct settings *settings = spec->settings;
    text_addf(out, ",\"name\":\"%s\",\"samples\":%td,\"noise\":", settings->from->name, settings->samples);
    text_add_number(out, settings->noise);
    if (spec->target == DATA_TARGET_CLASS)
        text_addf(out, ",\"classes\":%d", settings->classes);
    if (spec->target == DATA_TARGET_NEXT)
        text_addf(out, ",\"steps\":%td", settings->steps);
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

static const char *const keys[] = {"name", "samples", "noise", "classes", "steps", NULL};

const struct data_format data_format_synthetic = {
    .name = "made_up",
    .keys = keys,
    .train = 0.6,
    .validation = 0.2,
    .settings = sizeof(struct settings),
    .read = read_spec,
    .normal_form = normal_form,
    .title = title,
    .load = load,
};
