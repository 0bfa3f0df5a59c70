/* The synthetic sets: points in the plane, images, a text. */
#include "data/synthetic_internal.h"

#include "rng/rng.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* K arms of one and a half turns each, from the middle outwards. */
static void draw_spirals(struct rng *rng, int k, int K, double *x)
{
    /* The square root spreads the points evenly along the arm, which grows longer outwards. */
    double radius = sqrt(rng_uniform(rng));
    double angle = 3 * pi * radius + 2 * pi * k / K;
    x[0] = radius * cos(angle);
    x[1] = radius * sin(angle);
}

/* Two half circles that reach into each other. */
static void draw_moons(struct rng *rng, int k, int K, double *x)
{
    (void)K;
    double angle = pi * rng_uniform(rng);
    x[0] = k == 0 ? cos(angle) - 0.5 : 0.5 - cos(angle);
    x[1] = k == 0 ? sin(angle) - 0.25 : 0.25 - sin(angle);
}

/* K circles around one centre. */
static void draw_rings(struct rng *rng, int k, int K, double *x)
{
    double radius = (k + 1.0) / K, angle = 2 * pi * rng_uniform(rng);
    x[0] = radius * cos(angle);
    x[1] = radius * sin(angle);
}

/* Two pairs of opposite quadrants. */
static void draw_xor(struct rng *rng, int k, int K, double *x)
{
    (void)K;
    double side = rng_below(rng, 2) ? 1 : -1;
    x[0] = side * rng_uniform(rng);
    x[1] = (k == 0 ? side : -side) * rng_uniform(rng);
}

/* K points on a circle, which the noise makes clouds of. */
static void draw_blobs(struct rng *rng, int k, int K, double *x)
{
    (void)rng;
    x[0] = cos(2 * pi * k / K);
    x[1] = sin(2 * pi * k / K);
}

/* Anywhere, to predict value_waves(). */
static void draw_waves(struct rng *rng, int k, int K, double *x)
{
    (void)k;
    (void)K;
    x[0] = 2 * rng_uniform(rng) - 1;
    x[1] = 2 * rng_uniform(rng) - 1;
}

static double value_waves(const double *x)
{
    return sin(3 * x[0]) * cos(2 * x[1]);
}

/* A board of 4 x 4 squares, coloured along the diagonals with K colours. */
static void draw_checkers(struct rng *rng, int k, int K, double *x)
{
    int column, row;
    do {
        column = (int)rng_below(rng, 4);
        row = (int)rng_below(rng, 4);
    } while ((column + row) % K != k);
    x[0] = (column + rng_uniform(rng)) / 2 - 1;
    x[1] = (row + rng_uniform(rng)) / 2 - 1;
}

/* A line of pixels through a square image: level, upright, falling or rising. */
enum { BARS_SIDE = 12, BARS_CLASSES = 4 };

static void draw_bars(struct rng *rng, int k, int K, double *image)
{
    (void)K;
    int place = 2 + (int)rng_below(rng, BARS_SIDE - 4);
    for (int row = 0; row < BARS_SIDE; row++)
        for (int column = 0; column < BARS_SIDE; column++) {
            const int off[BARS_CLASSES] = {row - place, column - place, row - column + BARS_SIDE / 2 - place,
                                           row + column - BARS_SIDE / 2 - place};
            image[row * BARS_SIDE + column] = off[k] == 0 ? 1 : 0;
        }
}

/* Random words with brackets of three kinds nested inside each other: which bracket closes is only to be
   known by what was opened, so a network without memory cannot do it. */
static void write_brackets(struct rng *rng, double noise, uint8_t *symbols, ptrdiff_t length)
{
    enum { KINDS = 3, DEPTH = 8 };
    static const char open[KINDS + 1] = "([{", close[KINDS + 1] = ")]}", all[] = "([{)]} ";
    int stack[DEPTH], depth = 0;
    for (ptrdiff_t i = 0; i < length; i++) {
        bool opens = depth == 0 || (depth < DEPTH && rng_below(rng, 2) == 0);
        if (depth == 0 && i > 0 && symbols[i - 1] != ' ') {
            symbols[i] = ' ';
        } else if (opens) {
            stack[depth] = (int)rng_below(rng, KINDS);
            symbols[i] = (uint8_t)open[stack[depth++]];
        } else {
            symbols[i] = (uint8_t)close[stack[--depth]];
        }
        if (rng_uniform(rng) < noise)
            symbols[i] = (uint8_t)all[rng_below(rng, sizeof all - 1)];
    }
}

static const struct synthetic_set sets[] = {
    {"spirals", DATA_TARGET_CLASS, 2, 10, .draw = draw_spirals},
    {"moons", DATA_TARGET_CLASS, 2, 2, .draw = draw_moons},
    {"rings", DATA_TARGET_CLASS, 2, 10, .draw = draw_rings},
    {"xor", DATA_TARGET_CLASS, 2, 2, .draw = draw_xor},
    {"blobs", DATA_TARGET_CLASS, 2, 20, .draw = draw_blobs},
    {"checkers", DATA_TARGET_CLASS, 2, 4, .draw = draw_checkers},
    {"waves", DATA_TARGET_NUMBER, .draw = draw_waves, .value = value_waves},
    {"brackets", DATA_TARGET_NEXT, .write = write_brackets},
    {"bars", DATA_TARGET_CLASS, 2, BARS_CLASSES, .side = BARS_SIDE, .draw = draw_bars},
};

const struct synthetic_set *synthetic_set(int i)
{
    return i >= 0 && i < (int)(sizeof sets / sizeof *sets) ? &sets[i] : NULL;
}
