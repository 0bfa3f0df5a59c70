/* Sparks: small plots for the terminal, one line of text for each series, all on one scale.
 *
 *   { sparks_line, sparks_value, ... }, ... -> sparks_draw -> sparks_release
 *
 * A series with more values than columns shows means of neighbours. What is not finite leaves a gap. The first
 * failure of memory is kept: sparks_failed(). */
#ifndef ACTSEARCH_DISPLAY_SPARKS_H
#define ACTSEARCH_DISPLAY_SPARKS_H

#include <stdbool.h>
#include <stddef.h>

struct text;

struct spark {
    const char *name; /* borrowed */
    double value;     /* a name's first value follows it */
};

struct sparks {
    int columns;      /* how wide it may be, with names and numbers */
    bool utf8;        /* block characters; otherwise plain ASCII */
    bool logarithmic; /* what is not above 0 is at the bottom */
    double low, high; /* of the scale; equal: those of the values */

    struct spark *items; /* owned: all series, one after the other; a name where one begins */
    ptrdiff_t count, capacity;
    bool failed;
};

void sparks_clear(struct sparks *sparks);
void sparks_release(struct sparks *sparks);
bool sparks_failed(const struct sparks *sparks);

/* Begins a series; its name must live until it is drawn. */
void sparks_line(struct sparks *sparks, const char *name);
void sparks_value(struct sparks *sparks, double value);

/* Appends the lines: name, plot, first and last value. */
void sparks_draw(const struct sparks *sparks, struct text *out);

#endif
