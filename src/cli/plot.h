/* Plots for the terminal: a function as a curve, its derivative as dots. */
#ifndef ACTSEARCH_CLI_PLOT_H
#define ACTSEARCH_CLI_PLOT_H

#include <stdbool.h>

struct text;
struct tree;

struct plot_options {
    double left, right; /* range of x */
    int columns, rows;  /* of the canvas, without labels */
    bool utf8;          /* braille dots and box characters; otherwise plain ASCII */
};

/* Appends a plot of f and f' with axes, labels and a legend. parameters: (P), or NULL for where they
   start. The height covers all but the most extreme values; what is not finite leaves a gap. */
void plot_function(const struct tree *tree, const double *parameters, const struct plot_options *options,
                   struct text *out);

#endif
