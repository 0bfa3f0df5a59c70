/* A reference of its own for values and slopes: every primitive in MPFR, in its own formulas and not in those of
 * ops.def, with 320 bits. A composed function gets its slope by the chain rule, and with it how far a computation in
 * float or double may be off, by a running error analysis:
 *
 *   g is known to e(g). Then f(g) is known to
 *     e(f) = max |f(g +- h) - f(g)| + K ulp(f),             h = e(g) + B ulp(g)
 *   since a sound f is within K ulp of the true f at an argument within B ulp of the given one. And its slope to
 *     e(f' g') = |f'(g)| e(g') + |g'| e(f') + e(g') e(f') + ulp(f' g'),
 *     e(f') = max |f'(g +- h) - f'(g)| + S ulp(f')
 *   and for two arguments to the sum of both.
 *
 * ulp() is never below the smallest subnormal number. What an ill-conditioned function loses is in the bound, what a
 * bad formula loses is not. */
#ifndef ACTSEARCH_TESTS_EXACT_H
#define ACTSEARCH_TESTS_EXACT_H

#include "expr/tree.h"

#include <stdbool.h>

/* What a computation is held to. */
struct exact_format {
    const char *name;
    int bits;           /* of the fraction: 24, 53 */
    int least_exponent; /* of the smallest normal number: -126, -1022 */
    double largest, smallest_normal;
    double value_ulp, slope_ulp, backward_ulp; /* K, S, B */
};
extern const struct exact_format exact_float, exact_double;

/* f(x) and f'(x), how far a computation may be off, and where it counts. */
struct exact {
    double value, slope; /* infinite beyond double */
    double value_error, slope_error;
    double value_inherited, slope_inherited; /* of those, what comes from the errors of arguments */
    bool normal;                             /* every g, g', f'(g) and product is a normal number of the format */
    bool values_normal;                      /* every g is */
    bool overflow; /* f'(g) or g' is beyond the format or nearly so, and their product need not be */
    bool tiny;     /* a g is subnormal */
    bool noise;    /* an argument is not a number, or one of sin, cos or sinc known to a tenth of a period at best */
};

/* The tree has neither learned parameters nor t. */
struct exact exact_eval(const struct tree *tree, double x, const struct exact_format *format);

/* One primitive: value and both slopes (slopes[1] is 0 for unary ones). */
void exact_primitive(enum op op, double a, double b, double *value, double slopes[2]);

void exact_release(void);

/* |a| in units of the last place of `at`. */
double exact_ulps(double distance, double at, const struct exact_format *format);

#endif
