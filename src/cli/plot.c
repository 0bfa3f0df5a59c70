#include "cli/plot.h"

#include "base/memory.h"
#include "base/text.h"
#include "expr/tree.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A character cell holds 2 x 4 dots of braille. */
enum { DOTS_X = 2, DOTS_Y = 4, LABEL = 8, SAMPLES = 241 };

struct canvas {
    const struct plot_options *options;
    double low, high;
    uint8_t *dots;  /* of f, one byte of braille bits for each cell */
    uint8_t *slope; /* a dot of f' in the cell */
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* From the 3rd to the 97th hundredth of all values, a little more on both sides, and 0 inside. */
static void choose_range(const struct tree *tree, const double *parameters, struct canvas *canvas)
{
    double values[2 * SAMPLES];
    int count = 0;
    const struct plot_options *options = canvas->options;
    for (int i = 0; i < SAMPLES; i++) {
        double x = options->left + (options->right - options->left) * i / (SAMPLES - 1);
        struct dual f = tree_eval(tree, x, parameters);
        if (isfinite(f.value))
            values[count++] = f.value;
        if (isfinite(f.slope))
            values[count++] = f.slope;
    }
    qsort(values, (size_t)count, sizeof *values, by_size);
    double low = count ? values[count * 3 / 100] : 0, high = count ? values[count - 1 - count * 3 / 100] : 0;
    double margin = 0.15 * (high - low);
    if (count) {
        low = fmax(low - margin, values[0]);
        high = fmin(high + margin, values[count - 1]);
    }
    low = fmin(low, 0);
    high = fmax(high, 0);
    if (high - low < 1e-9)
        high = low + 1;
    margin = 0.04 * (high - low);
    canvas->low = low - margin;
    canvas->high = high + margin;
}

static double row_of(const struct canvas *canvas, double value, int rows)
{
    return (canvas->high - value) / (canvas->high - canvas->low) * rows;
}

static void set_dot(struct canvas *canvas, int x, int y)
{
    static const uint8_t bits[DOTS_Y][DOTS_X] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    int columns = canvas->options->columns, rows = canvas->options->rows;
    if (x >= 0 && y >= 0 && x < columns * DOTS_X && y < rows * DOTS_Y)
        canvas->dots[y / DOTS_Y * columns + x / DOTS_X] |= bits[y % DOTS_Y][x % DOTS_X];
}

static void draw(const struct tree *tree, const double *parameters, struct canvas *canvas)
{
    const struct plot_options *options = canvas->options;
    int width = options->columns * DOTS_X, height = options->rows * DOTS_Y;
    double before = NAN;
    for (int i = 0; i < width; i++) {
        double x = options->left + (options->right - options->left) * (i + 0.5) / width;
        struct dual f = tree_eval(tree, x, parameters);
        double y = row_of(canvas, f.value, height);
        if (isfinite(y) && y > -height && y < 2 * height) {
            /* a steep piece becomes a line, not a row of single dots */
            int from = (int)floor(y), to = isfinite(before) ? (int)floor(before) : from;
            int step = from < to ? 1 : -1;
            set_dot(canvas, i, from);
            for (int k = from + step; step * (to - k) > 0; k += step)
                set_dot(canvas, i, k);
        }
        before = isfinite(y) && y > -height && y < 2 * height ? y : NAN;
        double slope = row_of(canvas, f.slope, options->rows);
        if (isfinite(slope) && slope >= 0 && slope < options->rows)
            canvas->slope[(int)slope * options->columns + i / DOTS_X] = 1;
    }
}

/* 1, 2 or 5 times a power of ten: about `wanted` steps over the range. */
static double tick_step(double range, int wanted)
{
    double step = pow(10, floor(log10(range / wanted)));
    while (range / step > 2.5 * wanted)
        step *= 5;
    return range / step > 1.25 * wanted ? 2 * step : step;
}

static void add_braille(uint8_t bits, struct text *out)
{
    unsigned code = 0x2800u + bits;
    char bytes[3] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f))};
    text_add_bytes(out, bytes, sizeof bytes);
}

static void add_cell(const struct canvas *canvas, int row, int column, int zero_row, int zero_column, struct text *out)
{
    int place = row * canvas->options->columns + column;
    bool utf8 = canvas->options->utf8;
    if (canvas->dots[place] && utf8)
        add_braille(canvas->dots[place], out);
    else if (canvas->dots[place])
        text_add_char(out, '*');
    else if (canvas->slope[place])
        text_add(out, utf8 ? "∘" : "o");
    else if (row == zero_row && column == zero_column)
        text_add(out, utf8 ? "┼" : "+");
    else if (row == zero_row)
        text_add(out, utf8 ? "─" : "-");
    else if (column == zero_column)
        text_add(out, utf8 ? "│" : "|");
    else
        text_add_char(out, ' ');
}

/* The tick whose row this is: its label, or blanks. */
static void add_label(const struct canvas *canvas, int row, double step, struct text *out)
{
    for (double tick = ceil(canvas->low / step) * step; tick <= canvas->high; tick += step) {
        double value = fabs(tick) < step / 2 ? 0 : tick;
        if ((int)floor(row_of(canvas, value, canvas->options->rows)) == row) {
            text_addf(out, "%*.4g %s", LABEL - 2, value, canvas->options->utf8 ? "┤" : "+");
            return;
        }
    }
    text_addf(out, "%*s %s", LABEL - 2, "", canvas->options->utf8 ? "│" : "|");
}

static void add_x_labels(const struct plot_options *options, struct text *out)
{
    double step = tick_step(options->right - options->left, 6);
    int written = 0;
    text_addf(out, "%*s", LABEL - 1, "");
    for (double tick = ceil(options->left / step) * step; tick <= options->right; tick += step) {
        double value = fabs(tick) < step / 2 ? 0 : tick;
        char label[24];
        int length = snprintf(label, sizeof label, "%.4g", value);
        int column = 1 + (int)((value - options->left) / (options->right - options->left) * options->columns);
        int start = column - length / 2;
        if (start < written || start + length > options->columns + 4)
            continue;
        text_addf(out, "%*s%s", start - written, "", label);
        written = start + length;
    }
    text_add_char(out, '\n');
}

void plot_function(const struct tree *tree, const double *parameters, const struct plot_options *options,
                   struct text *out)
{
    size_t cells = (size_t)options->columns * (size_t)options->rows;
    struct canvas canvas = {.options = options};
    canvas.dots = memory_zeroed(cells, 1);
    canvas.slope = memory_zeroed(cells, 1);
    if (!canvas.dots || !canvas.slope) {
        out->failed = true;
    } else {
        choose_range(tree, parameters, &canvas);
        draw(tree, parameters, &canvas);
        double step = tick_step(canvas.high - canvas.low, options->rows / 3);
        int zero_row = (int)floor(row_of(&canvas, 0, options->rows));
        int zero_column = (int)floor(-options->left / (options->right - options->left) * options->columns);
        for (int row = 0; row < options->rows; row++) {
            add_label(&canvas, row, step, out);
            for (int column = 0; column < options->columns; column++)
                add_cell(&canvas, row, column, zero_row, zero_column, out);
            while (out->length && out->data[out->length - 1] == ' ')
                out->data[--out->length] = '\0';
            text_add_char(out, '\n');
        }
        add_x_labels(options, out);
        text_addf(out, "%*s%s f(x)   %s f'(x)\n", LABEL, "", options->utf8 ? "⠤⠤" : "**", options->utf8 ? "∘∘" : "oo");
    }
    memory_free(canvas.dots);
    memory_free(canvas.slope);
}
