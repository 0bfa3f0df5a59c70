/* Plots for the terminal: a function as a solid line, its derivative as a dotted one. */
#ifndef ACTSEARCH_DISPLAY_PLOT_H
#define ACTSEARCH_DISPLAY_PLOT_H

#include <stdbool.h>

struct text;
struct tree;

struct plot_options {
    double left, right; /* range of x, left < right */
    int columns, rows;  /* how wide it may be, with labels, at least 20; how high the canvas may be */
    bool utf8;          /* braille dots and box characters; otherwise plain ASCII */
    bool colour;        /* with the escape sequences of terminals */
};

/* Appends a plot of f and f' with axes, labels and a legend. parameters: (P), or NULL for where they
   start. The height covers all but the most extreme values; what is not finite leaves a gap. */
void plot_function(const struct tree *tree, const double *parameters, const struct plot_options *options,
                   struct text *out);

#endif
