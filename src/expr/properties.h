/* Properties of an activation function, found by looking at its values on a fine grid.
 *
 * They describe what was seen at the grid points, not what was proven. Pure functions. */
#ifndef ACTSEARCH_EXPR_PROPERTIES_H
#define ACTSEARCH_EXPR_PROPERTIES_H

#include <stdbool.h>

struct tree;

/* Why a function is turned away before training. REJECTION(name, reason) */
#define REJECTIONS(REJECTION)                                                                                          \
    REJECTION(NONE, "none")                                                                                            \
    REJECTION(NOT_FINITE, "not finite on [-8, 8]")                                                                     \
    REJECTION(CONSTANT, "constant")                                                                                    \
    REJECTION(NO_GRADIENT, "lets no gradient through")

enum rejection {
#define REJECTION(name, reason) REJECT_##name,
    REJECTIONS(REJECTION)
#undef REJECTION
};
const char *rejection_reason(enum rejection rejection);

/* Looks at the value at 257 points of [-8, 8] and at the slope at 65 of them, 0 among them because
   inputs of exactly 0 are common; parameters stand where they start. What a float cannot hold counts
   as not finite, and so does a pole between two points (1/(x-0.3)), if it is not narrower than their
   distance of 1/16. Some 10 to 30 microseconds.

   A function with t is looked at for t = 0, 0.5 and 1, in three times that: it must be finite at all
   of them, and let a gradient through at one of them at least; it may begin as a constant. */
enum rejection tree_screen(const struct tree *tree);

struct properties {
    bool finite;                      /* on [-8, 8], at all stages; when false, only that is known */
    double min, min_at, max, max_at;  /* on [-8, 8] */
    double steepest, flattest;        /* largest and smallest |slope| there */
    double left_limit, right_limit;   /* values at -1e4 and 1e4; may be infinite or NaN */
    bool bounded_left, bounded_right; /* hardly moves any more from -1e3 to -1e4, and to the right */
    bool increasing, decreasing, odd, even;
    bool smooth; /* the slope has no jumps on [-8, 8] */
    double at_zero, slope_at_zero;
};
/* Of the function at t = 1, but for `finite`. */
void tree_properties(const struct tree *tree, struct properties *out);

#endif
