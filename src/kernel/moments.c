#include "kernel/moments.h"

#include <math.h>

enum { POINTS = 16 };

/* Nodes and weights of Gauss-Legendre quadrature on [-1, 1], by Newton's method on the Legendre
   polynomial (Abramowitz and Stegun 25.4.29). */
struct rule {
    double node[POINTS], weight[POINTS];
};

static void legendre_rule(struct rule *rule)
{
    for (int i = 0; i < POINTS; i++) {
        double x = cos(M_PI * (i + 0.75) / (POINTS + 0.5)), slope = 1;
        for (int step = 0; step < 8; step++) {
            double before = 1, value = x;
            for (int k = 2; k <= POINTS; k++) {
                double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
                before = value;
                value = next;
            }
            slope = POINTS * (x * value - before) / (x * x - 1);
            x -= value / slope;
        }
        rule->node[i] = x;
        rule->weight[i] = 2 / ((1 - x * x) * slope * slope);
    }
}

static void add_panel(const struct rule *rule, const struct tree *tree, struct surroundings at, double mean,
                      double deviation, double from, double to, struct moments *sum)
{
    double half = (to - from) / 2, middle = (to + from) / 2;
    for (int i = 0; i < POINTS; i++) {
        double x = middle + half * rule->node[i];
        double z = (x - mean) / deviation;
        double weight = half * rule->weight[i] * exp(-0.5 * z * z) / (deviation * sqrt(2 * M_PI));
        struct dual f = tree_eval_at(tree, x, at);
        sum->mean += weight * f.value;
        sum->square += weight * f.value * f.value;
        sum->slope_square += weight * f.slope * f.slope;
    }
}

struct moments moments_normal(const struct tree *tree, const double *parameters, double t, double mean, double variance)
{
    struct surroundings at = {.parameters = parameters, .t = t};
    struct rule rule;
    legendre_rule(&rule);
    double deviation = sqrt(variance);
    double grid = 0.5; /* kinks stand at such multiples; coarser for very wide inputs */
    while (grid < deviation / 16)
        grid *= 2;
    struct moments sum = {0, 0, 0};
    double end = mean + 12 * deviation;
    for (double from = mean - 12 * deviation; from < end;) {
        double to = fmin(grid * (floor(from / grid) + 1), from + deviation / 2);
        to = fmin(to, end);
        if (!(to > from)) /* a deviation too small for the mean's precision, or NaN */
            return (struct moments){NAN, NAN, NAN};
        add_panel(&rule, tree, at, mean, deviation, from, to, &sum);
        from = to;
    }
    return sum;
}
