/* Sets that are made from the seed, so that a search runs on a machine without any files. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"
#include "rng/rng.h"

#include <math.h>

struct settings {
    int made_up; /* which of the sets */
    ptrdiff_t samples;
    double noise;
    int classes;
    ptrdiff_t steps; /* symbols a sample, of a text */
};

static const double pi = 3.14159265358979323846;

/* A point of class k of K before noise is added; each set is about 2 wide. */
typedef void place_point(struct rng *rng, int k, int K, double *x, double *y);

/* K arms of one and a half turns each, from the middle outwards. */
static void place_spirals(struct rng *rng, int k, int K, double *x, double *y)
{
    /* The square root spreads the points evenly along the arm, which grows longer outwards. */
    double radius = sqrt(rng_uniform(rng));
    double angle = 3 * pi * radius + 2 * pi * k / K;
    *x = radius * cos(angle);
    *y = radius * sin(angle);
}

/* Two half circles that reach into each other. */
static void place_moons(struct rng *rng, int k, int K, double *x, double *y)
{
    (void)K;
    double angle = pi * rng_uniform(rng);
    *x = k == 0 ? cos(angle) - 0.5 : 0.5 - cos(angle);
    *y = k == 0 ? sin(angle) - 0.25 : 0.25 - sin(angle);
}

/* K circles around one centre. */
static void place_rings(struct rng *rng, int k, int K, double *x, double *y)
{
    double radius = (k + 1.0) / K, angle = 2 * pi * rng_uniform(rng);
    *x = radius * cos(angle);
    *y = radius * sin(angle);
}

/* Two pairs of opposite quadrants. */
static void place_xor(struct rng *rng, int k, int K, double *x, double *y)
{
    (void)K;
    double side = rng_below(rng, 2) ? 1 : -1;
    *x = side * rng_uniform(rng);
    *y = (k == 0 ? side : -side) * rng_uniform(rng);
}

/* K points on a circle, which the noise makes clouds of. */
static void place_blobs(struct rng *rng, int k, int K, double *x, double *y)
{
    (void)rng;
    *x = cos(2 * pi * k / K);
    *y = sin(2 * pi * k / K);
}

/* Anywhere, to predict value_waves(). */
static void place_waves(struct rng *rng, int k, int K, double *x, double *y)
{
    (void)k;
    (void)K;
    *x = 2 * rng_uniform(rng) - 1;
    *y = 2 * rng_uniform(rng) - 1;
}

static double value_waves(double x, double y)
{
    return sin(3 * x) * cos(2 * y);
}

/* A board of 4 x 4 squares, coloured along the diagonals with K colours. */
static void place_checkers(struct rng *rng, int k, int K, double *x, double *y)
{
    int column, row;
    do {
        column = (int)rng_below(rng, 4);
        row = (int)rng_below(rng, 4);
    } while ((column + row) % K != k);
    *x = (column + rng_uniform(rng)) / 2 - 1;
    *y = (row + rng_uniform(rng)) / 2 - 1;
}

/* A line of pixels through a square image: level, upright, falling or rising. */
enum { BARS_SIDE = 12, BARS_CLASSES = 4 };

static void draw_bars(struct rng *rng, int k, double *image)
{
    int place = 2 + (int)rng_below(rng, BARS_SIDE - 4);
    for (int row = 0; row < BARS_SIDE; row++)
        for (int column = 0; column < BARS_SIDE; column++) {
            const int off[BARS_CLASSES] = {row - place, column - place, row - column + BARS_SIDE / 2 - place,
                                           row + column - BARS_SIDE / 2 - place};
            image[row * BARS_SIDE + column] = off[k] == 0 ? 1 : 0;
        }
}

static const struct made_up {
    const char *name;
    enum data_target target;
    int min_classes, max_classes;
    place_point *place;
} sets[] = {
    {"spirals", DATA_TARGET_CLASS, 2, 10, place_spirals}, {"moons", DATA_TARGET_CLASS, 2, 2, place_moons},
    {"rings", DATA_TARGET_CLASS, 2, 10, place_rings},     {"xor", DATA_TARGET_CLASS, 2, 2, place_xor},
    {"blobs", DATA_TARGET_CLASS, 2, 20, place_blobs},     {"checkers", DATA_TARGET_CLASS, 2, 4, place_checkers},
    {"waves", DATA_TARGET_NUMBER, 0, 0, place_waves},     {"brackets", DATA_TARGET_NEXT, 0, 0, NULL},
    {"bars", DATA_TARGET_CLASS, 2, BARS_CLASSES, NULL},
};

enum { SETS = (int)(sizeof sets / sizeof sets[0]) };

const char *data_made_up_name(int i)
{
    return i >= 0 && i < SETS ? sets[i].name : NULL;
}

/* Libraries for sin, cos and log differ in the last bit between machines, and the same experiment
   must see the same points everywhere: so they lie on a grid far coarser than that, far finer than any noise. */
static double on_grid(double value)
{
    return round(value * 0x1p20) * 0x1p-20;
}

/* A point in the plane, or an image where there is no place for one. */
static struct data_shape shape_of(const struct made_up *made, enum data_target target)
{
    struct data_shape shape = data_shape_table(made->place ? 2 : BARS_SIDE * BARS_SIDE, target);
    if (!made->place) {
        shape.rank = 3;
        shape.size[0] = shape.size[1] = BARS_SIDE;
        shape.size[2] = 1;
    }
    return shape;
}

static int allocate(const struct data_spec *spec, struct data_table *table, struct error *err)
{
    const struct settings *settings = spec->settings;
    table->shape = shape_of(&sets[settings->made_up], spec->target);
    ptrdiff_t features = table->shape.features;
    int status = data_check_memory(sets[settings->made_up].name,
                                   (double)settings->samples * ((double)features * (8 + 4) + 20), err);
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
    const struct made_up *made = &sets[settings->made_up];
    int status = allocate(spec, table, err);
    if (status)
        return status;
    struct rng rng = rng_keyed(seed, 0, RNG_MADE_UP);
    ptrdiff_t features = table->shape.features;
    for (ptrdiff_t i = 0; i < settings->samples; i++) {
        double *x = table->x + i * features;
        int k = settings->classes > 0 ? (int)(i % settings->classes) : 0;
        if (made->place)
            made->place(&rng, k, settings->classes, &x[0], &x[1]);
        else
            draw_bars(&rng, k, x);
        if (table->numbers)
            table->numbers[i] = on_grid(value_waves(x[0], x[1]) + settings->noise * rng_normal(&rng));
        else
            table->y[i] = k;
        for (ptrdiff_t j = 0; j < features; j++)
            x[j] = on_grid(x[j] + (table->numbers ? 0 : settings->noise * rng_normal(&rng)));
    }
    return 0;
}

/* Random words with brackets of three kinds nested inside each other: which bracket closes is only to be
   known by what was opened, so a network without memory cannot do it. */
static void write_symbols(uint64_t seed, double noise, uint8_t *symbols, ptrdiff_t length)
{
    enum { KINDS = 3, DEPTH = 8 };
    static const char open[KINDS + 1] = "([{", close[KINDS + 1] = ")]}", all[] = "([{)]} ";
    int stack[DEPTH], depth = 0;
    struct rng rng = rng_keyed(seed, 0, RNG_MADE_UP);
    for (ptrdiff_t i = 0; i < length; i++) {
        bool opens = depth == 0 || (depth < DEPTH && rng_below(&rng, 2) == 0);
        if (depth == 0 && i > 0 && symbols[i - 1] != ' ') {
            symbols[i] = ' ';
        } else if (opens) {
            stack[depth] = (int)rng_below(&rng, KINDS);
            symbols[i] = (uint8_t)open[stack[depth++]];
        } else {
            symbols[i] = (uint8_t)close[stack[--depth]];
        }
        if (rng_uniform(&rng) < noise)
            symbols[i] = (uint8_t)all[rng_below(&rng, sizeof all - 1)];
    }
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
    const struct settings *settings = spec->settings;
    const char *name = data_made_up_name(settings->made_up);
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
    int status = read_made_up_name(json_member(&data, "name"), &settings->made_up, err);
    if (status)
        return status;
    const struct made_up *made = &sets[settings->made_up];
    spec->target = made->target;
    classes = made->min_classes;
    status = check_made_up(&data, spec, err);
    if (!status)
        status = json_integer_or(json_member(&data, "samples"), 10, 100 * 1000 * 1000, &samples, err);
    if (!status)
        status = json_number_or(json_member(&data, "noise"), 0, spec->target == DATA_TARGET_NEXT ? 1 : 100,
                                &settings->noise, err);
    if (!status && made->max_classes > 0)
        status = json_integer_or(json_member(&data, "classes"), made->min_classes, made->max_classes, &classes, err);
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
    text_addf(out, ",\"name\":\"%s\",\"samples\":%td,\"noise\":", sets[settings->made_up].name, settings->samples);
    text_add_number(out, settings->noise);
    if (spec->target == DATA_TARGET_CLASS)
        text_addf(out, ",\"classes\":%d", settings->classes);
    if (spec->target == DATA_TARGET_NEXT)
        text_addf(out, ",\"steps\":%td", settings->steps);
}

static const char *title(const struct data_spec *spec)
{
    const struct settings *settings = spec->settings;
    return sets[settings->made_up].name;
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
    write_symbols(seed, settings->noise, symbols, length);
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

const struct data_format data_format_made_up = {
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
