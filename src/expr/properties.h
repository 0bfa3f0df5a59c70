/* Properties of an activation function, found by looking at its values on a fine grid.
 *
 * They describe what was seen at the grid points, not what was proven. Pure functions. */
#ifndef ACTSEARCH_EXPR_PROPERTIES_H
#define ACTSEARCH_EXPR_PROPERTIES_H

#include <stdbool.h>

struct text;
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

/* What is not finite: f itself, at a point or at a pole between two of them; its slope; that by a learned parameter. */
enum not_finite { NOT_FINITE_VALUE, NOT_FINITE_POLE, NOT_FINITE_SLOPE, NOT_FINITE_PARAMETER_SLOPE };

struct judgement {
    enum rejection rejection;
    /* of REJECT_NOT_FINITE */
    enum not_finite what;
    int parameter; /* of a NOT_FINITE_PARAMETER_SLOPE */
    double x, t;   /* the first place where it was seen; the left one of the two points beside a pole */
    double found;  /* what was there: NaN, infinite, or more than a float holds */
    bool has_t;    /* t is written in the function */
};

/* Appends the whole reason, "f' is not finite on [-8, 8]: infinite at x = -8". There are only a few different texts
   before the colon, so reasons can be counted by them. Nothing for REJECT_NONE. */
void judgement_print(const struct judgement *judgement, struct text *out);

/* Looks at the value at 257 points of [-8, 8] and at the slopes at 65 of them, 0 among them because
   inputs of exactly 0 are common; parameters stand where they start. What a float cannot hold counts
   as not finite, and so does a pole between two points (1/(x-0.3)), if it is not narrower than their
   distance of 1/16. Some 10 to 30 microseconds, and half as much again for each learned parameter.

   A function with t is looked at for t = 0, 0.5 and 1, in three times that: it must be finite at all
   of them, and let a gradient through at one of them at least; it may begin as a constant. */
struct judgement tree_judge(const struct tree *tree);
enum rejection tree_screen(const struct tree *tree); /* the short answer */

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
