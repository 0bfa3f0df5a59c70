#include "base/error.h"
#include "base/memory.h"
#include "data/data_internal.h"
#include "rng/rng.h"

#include <math.h>

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

static const struct made_up {
    const char *name;
    int min_classes, max_classes;
    place_point *place;
} sets[] = {
    {"spirals", 2, 10, place_spirals}, {"moons", 2, 2, place_moons},  {"rings", 2, 10, place_rings},
    {"xor", 2, 2, place_xor},          {"blobs", 2, 20, place_blobs}, {"checkers", 2, 4, place_checkers},
};

enum { SETS = (int)(sizeof sets / sizeof sets[0]) };

const char *data_made_up_name(int i)
{
    return i >= 0 && i < SETS ? sets[i].name : NULL;
}

void data_made_up_classes(int i, int *min, int *max)
{
    ALWAYS(i >= 0 && i < SETS);
    *min = sets[i].min_classes;
    *max = sets[i].max_classes;
}

/* Libraries for sin, cos and log differ in the last bit between machines, and the same experiment
   must see the same points everywhere: so they lie on a grid far coarser than that, far finer than any noise. */
static double on_grid(double value)
{
    return round(value * 0x1p20) * 0x1p-20;
}

int data_made_up(const struct data_spec *spec, uint64_t seed, struct data_table *table, struct error *err)
{
    const struct made_up *made = &sets[spec->made_up];
    const int features = 2;
    int status = data_check_memory(made->name, (double)spec->samples * (features * (8 + 4) + 20), err);
    if (status)
        return status;
    table->rows = spec->samples;
    table->features = features;
    table->x = memory_array((size_t)spec->samples * (size_t)features, sizeof *table->x);
    table->y = memory_array((size_t)spec->samples, sizeof *table->y);
    table->class_names = data_number_names(spec->classes);
    table->classes = table->class_names ? spec->classes : 0;
    if (!table->x || !table->y || !table->class_names)
        return memory_error(err, "the made-up data set");
    struct rng rng = rng_keyed(seed, 0, RNG_MADE_UP);
    for (ptrdiff_t i = 0; i < spec->samples; i++) {
        double x, y;
        table->y[i] = (int32_t)(i % spec->classes);
        made->place(&rng, table->y[i], spec->classes, &x, &y);
        x += spec->noise * rng_normal(&rng);
        y += spec->noise * rng_normal(&rng);
        table->x[i * features] = on_grid(x);
        table->x[i * features + 1] = on_grid(y);
    }
    return 0;
}
