/* Rows and columns have their centres on round numbers: the axes go through the middle of a character,
   and tick marks stand at even distances. */
#include "display/plot.h"

#include "base/memory.h"
#include "base/text.h"
#include "expr/tree.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A character cell holds 2 x 4 dots of braille. */
enum { DOTS_X = 2, DOTS_Y = 4, SAMPLES = 481 };

struct canvas {
    const struct plot_options *options;
    int columns, rows; /* of characters */
    int margin;        /* columns of labels before it */
    int zero_row;      /* where 0 is; inside the canvas */
    int tick_rows;     /* rows from tick to tick */
    double row_height; /* in units of f */
    uint8_t *value;    /* dots of f, one byte of braille bits for each cell */
    uint8_t *slope;    /* dots of f' */
};

/* ---- scales */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* From the 4th to the 96th hundredth of all values, a little more on both sides, and 0 inside. */
static void find_range(const struct tree *tree, const double *parameters, const struct plot_options *options,
                       double *low, double *high)
{
    double values[2 * SAMPLES];
    int count = 0;
    for (int i = 0; i < SAMPLES; i++) {
        double x = options->left + (options->right - options->left) * i / (SAMPLES - 1);
        struct dual f = tree_eval(tree, x, parameters);
        if (fabs(f.value) < 1e300)
            values[count++] = f.value;
        if (fabs(f.slope) < 1e300)
            values[count++] = f.slope;
    }
    qsort(values, (size_t)count, sizeof *values, by_size);
    *low = *high = 0;
    if (count) {
        double from = values[count / 25], to = values[count - 1 - count / 25], margin = 0.2 * (to - from);
        *low = fmin(0, fmax(from - margin, values[0]));
        *high = fmax(0, fmin(to + margin, values[count - 1]));
    }
    if (*high - *low < 1e-290)
        *high = *low + 1;
}

static int rows_needed(double low, double high, double row_height)
{
    double rows = ceil(high / row_height - 0.3) + ceil(-low / row_height - 0.3) + 1;
    return rows < 1000 ? (int)rows : 1000;
}

/* Ticks at 1, 2 or 5 times a power of ten, 2 to 4 rows apart: the finest that fits. */
static void choose_scale(double low, double high, struct canvas *canvas)
{
    static const double steps[] = {1, 2, 5};
    double power = pow(10, floor(log10((high - low) / canvas->options->rows)));
    canvas->row_height = INFINITY;
    for (int i = 0; i < 9; i++)
        for (int k = 2; k <= 4; k++) {
            double height = steps[i % 3] * power * pow(10, i / 3) / k;
            if (height < canvas->row_height && rows_needed(low, high, height) <= canvas->options->rows) {
                canvas->row_height = height;
                canvas->tick_rows = k;
            }
        }
    canvas->rows = rows_needed(low, high, canvas->row_height);
    canvas->zero_row = (int)ceil(high / canvas->row_height - 0.3);
}

static double x_step(const struct plot_options *options)
{
    double range = options->right - options->left, step = pow(10, floor(log10(range / 8)));
    while (range / step > 14)
        step *= range / step > 28 ? 5 : 2;
    return step;
}

/* ---- drawing */

/* The row of dots of a value, possibly far outside. */
static double dot_row(const struct canvas *canvas, double value)
{
    return (canvas->zero_row + 0.5 - value / canvas->row_height) * DOTS_Y;
}

static void set_dot(const struct canvas *canvas, uint8_t *cells, int x, int y)
{
    static const uint8_t bits[DOTS_Y][DOTS_X] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    if (y >= 0 && y < canvas->rows * DOTS_Y)
        cells[y / DOTS_Y * canvas->columns + x / DOTS_X] |= bits[y % DOTS_Y][x % DOTS_X];
}

/* One curve. `every`: 1 sets all dots along the line, 2 every other. */
static void draw(const struct canvas *canvas, const struct tree *tree, const double *parameters, bool slope, int every,
                 uint8_t *cells)
{
    const struct plot_options *options = canvas->options;
    double dot_width = (options->right - options->left) / (canvas->columns - 1) / DOTS_X;
    int height = canvas->rows * DOTS_Y, before = 0, drawn = 0;
    bool joined = false;
    for (int i = 0; i < canvas->columns * DOTS_X; i++) {
        struct dual f = tree_eval(tree, options->left + (i - 0.5) * dot_width, parameters);
        double row = dot_row(canvas, slope ? f.slope : f.value);
        bool finite = isfinite(row);
        int y = finite ? (int)floor(fmax(-1, fmin(row, height))) : 0; /* just outside at most */
        bool pole = abs(before - y) > height;
        /* a steep piece becomes a line, not a row of single dots */
        int step = before > y ? -1 : 1;
        for (int k = joined && !pole && before != y ? before + step : y; finite; k += step) {
            if (drawn++ % every == 0)
                set_dot(canvas, cells, i, k);
            if (k == y)
                break;
        }
        joined = finite;
        before = y;
    }
}

/* ---- writing */

enum cell { CELL_BLANK, CELL_AXIS, CELL_SLOPE, CELL_VALUE };

static enum cell cell_kind(const struct canvas *canvas, int row, int column, int zero_column)
{
    int place = row * canvas->columns + column;
    if (canvas->value[place])
        return CELL_VALUE;
    if (canvas->slope[place])
        return CELL_SLOPE;
    return row == canvas->zero_row || column == zero_column ? CELL_AXIS : CELL_BLANK;
}

static void add_braille(unsigned bits, struct text *out)
{
    unsigned code = 0x2800u + bits;
    char bytes[3] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f))};
    text_add_bytes(out, bytes, sizeof bytes);
}

static void add_cell(const struct canvas *canvas, int row, int column, int zero_column, enum cell kind,
                     struct text *out)
{
    int place = row * canvas->columns + column;
    bool utf8 = canvas->options->utf8;
    if (kind == CELL_BLANK)
        text_add_char(out, ' ');
    else if (kind == CELL_AXIS && row == canvas->zero_row)
        text_add(out, column == zero_column ? (utf8 ? "┼" : "+") : utf8 ? "┄" : "-");
    else if (kind == CELL_AXIS)
        text_add(out, utf8 ? "┊" : "|");
    else if (utf8)
        add_braille(canvas->value[place] | canvas->slope[place], out);
    else
        text_add_char(out, kind == CELL_VALUE ? '*' : '.');
}

static void set_colour(const struct canvas *canvas, enum cell kind, struct text *out)
{
    static const char *const colours[] = {
        [CELL_BLANK] = "\033[0m", [CELL_AXIS] = "\033[0;2m", [CELL_SLOPE] = "\033[0;36m", [CELL_VALUE] = "\033[0;1m"};
    if (canvas->options->colour)
        text_add(out, colours[kind]);
}

/* A row of the canvas, up to its last character that is not blank. */
static void add_row(const struct canvas *canvas, int row, int zero_column, struct text *out)
{
    enum cell last = CELL_BLANK;
    int blanks = 0;
    for (int column = 0; column < canvas->columns; column++) {
        enum cell kind = cell_kind(canvas, row, column, zero_column);
        if (kind == CELL_BLANK) {
            blanks++;
            continue;
        }
        text_addf(out, "%*s", blanks, "");
        blanks = 0;
        if (kind != last)
            set_colour(canvas, kind, out);
        last = kind;
        add_cell(canvas, row, column, zero_column, kind, out);
    }
    if (last != CELL_BLANK)
        set_colour(canvas, CELL_BLANK, out);
    text_add_char(out, '\n');
}

static bool is_tick_row(const struct canvas *canvas, int row)
{
    return (canvas->zero_row - row) % canvas->tick_rows == 0;
}

static int tick_label(const struct canvas *canvas, int row, char label[24])
{
    return snprintf(label, 24, "%.4g", (canvas->zero_row - row) * canvas->row_height);
}

static int label_width(const struct canvas *canvas)
{
    char label[24];
    int widest = 0;
    for (int row = 0; row < canvas->rows; row++) {
        int width = is_tick_row(canvas, row) ? tick_label(canvas, row, label) : 0;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static int column_of(const struct canvas *canvas, double x)
{
    const struct plot_options *options = canvas->options;
    return (int)lround((x - options->left) / (options->right - options->left) * (canvas->columns - 1));
}

/* The lower edge with its ticks, and under it their labels. */
static void add_x_axis(const struct canvas *canvas, struct text *out)
{
    const struct plot_options *options = canvas->options;
    double step = x_step(options);
    int written = 0;
    struct text labels = TEXT_EMPTY;
    text_addf(out, "%*s%s", canvas->margin - 1, "", options->utf8 ? "└" : "+");
    int column = 0, label_end = 0;
    for (double k = ceil(options->left / step - 1e-9); k * step <= options->right + 1e-9 * step; k++) {
        char label[24];
        int length = snprintf(label, sizeof label, "%.4g", k * step + 0.0), tick = column_of(canvas, k * step);
        int start = canvas->margin + tick - (k < 0 ? length : length - 1) / 2;
        if (start < label_end + (label_end > 0))
            continue;
        for (; column < tick; column++)
            text_add(out, options->utf8 ? "─" : "-");
        text_add(out, options->utf8 ? "┬" : "+");
        column++;
        text_addf(&labels, "%*s%s", start - written, "", label);
        written = label_end = start + length;
    }
    for (; column < canvas->columns; column++)
        text_add(out, options->utf8 ? "─" : "-");
    text_addf(out, "\n%s\n", text_string(&labels));
    out->failed |= text_failed(&labels);
    text_release(&labels);
}

static void add_legend(const struct canvas *canvas, struct text *out)
{
    bool utf8 = canvas->options->utf8;
    text_addf(out, "%*s", canvas->margin, "");
    set_colour(canvas, CELL_VALUE, out);
    text_add(out, utf8 ? "⠤⠤⠤" : "***");
    set_colour(canvas, CELL_BLANK, out);
    text_add(out, " f(x)    ");
    set_colour(canvas, CELL_SLOPE, out);
    text_add(out, utf8 ? "⠄⠄⠄" : "...");
    set_colour(canvas, CELL_BLANK, out);
    text_add(out, " f'(x)\n");
}

static void write_canvas(const struct canvas *canvas, struct text *out)
{
    const struct plot_options *options = canvas->options;
    int zero_column = options->left <= 0 && options->right >= 0 ? column_of(canvas, 0) : -1;
    for (int row = 0; row < canvas->rows; row++) {
        char label[24] = "";
        bool tick = is_tick_row(canvas, row);
        if (tick)
            tick_label(canvas, row, label);
        const char *edge = tick ? (options->utf8 ? "┤" : "+") : options->utf8 ? "│" : "|";
        text_addf(out, "%*s %s", canvas->margin - 2, label, edge);
        add_row(canvas, row, zero_column, out);
    }
    add_x_axis(canvas, out);
    add_legend(canvas, out);
}

/* As many as there is room for, but so that ticks stand at even distances where they can. */
static void choose_columns(struct canvas *canvas)
{
    const struct plot_options *options = canvas->options;
    canvas->margin = label_width(canvas) + 2;
    canvas->columns = options->columns - canvas->margin;
    double ticks = (options->right - options->left) / x_step(options);
    int even = (int)lround(ticks);
    if (fabs(ticks - even) < 1e-9 && canvas->columns > 2 * even)
        canvas->columns = (canvas->columns - 1) / even * even + 1;
}

void plot_function(const struct tree *tree, const double *parameters, const struct plot_options *options,
                   struct text *out)
{
    struct canvas canvas = {.options = options};
    double low, high;
    find_range(tree, parameters, options, &low, &high);
    choose_scale(low, high, &canvas);
    choose_columns(&canvas);
    size_t cells = (size_t)canvas.columns * (size_t)canvas.rows;
    canvas.value = memory_zeroed(cells, 1);
    canvas.slope = memory_zeroed(cells, 1);
    if (canvas.value && canvas.slope) {
        draw(&canvas, tree, parameters, true, options->utf8 ? 2 : 1, canvas.slope);
        draw(&canvas, tree, parameters, false, 1, canvas.value);
        write_canvas(&canvas, out);
    } else {
        out->failed = true;
    }
    memory_free(canvas.value);
    memory_free(canvas.slope);
}
