#include "display/sparks.h"

#include "base/memory.h"
#include "base/text.h"
#include "display/terminal.h"

#include <math.h>

enum { LEVELS = 8, NUMBERS = 24 }; /* columns behind the plot */

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

void sparks_clear(struct sparks *sparks)
{
    sparks->count = 0;
}

void sparks_release(struct sparks *sparks)
{
    memory_free(sparks->items);
    sparks->items = NULL;
    sparks->count = sparks->capacity = 0;
}

bool sparks_failed(const struct sparks *sparks)
{
    return sparks->failed;
}

static void add(struct sparks *sparks, struct spark spark)
{
    if (sparks->count == sparks->capacity) {
        ptrdiff_t capacity = sparks->capacity ? 2 * sparks->capacity : 64;
        void *grown = memory_resize(sparks->items, (size_t)capacity, sizeof *sparks->items);
        sparks->failed |= !grown;
        if (!grown)
            return;
        sparks->items = grown;
        sparks->capacity = capacity;
    }
    sparks->items[sparks->count++] = spark;
}

void sparks_line(struct sparks *sparks, const char *name)
{
    add(sparks, (struct spark){name, NAN});
}

void sparks_value(struct sparks *sparks, double value)
{
    add(sparks, (struct spark){NULL, value});
}

/* ---- drawing */

struct scale {
    double low, high;
    bool logarithmic;
};

/* Where a value is on the scale, before it is stretched from 0 to 1. */
static double position(const struct scale *scale, double value)
{
    return scale->logarithmic ? log(value) : value;
}

static struct scale find_scale(const struct sparks *sparks)
{
    struct scale scale = {position(&(struct scale){.logarithmic = sparks->logarithmic}, sparks->low),
                          position(&(struct scale){.logarithmic = sparks->logarithmic}, sparks->high),
                          sparks->logarithmic};
    if (sparks->low < sparks->high)
        return scale;
    scale.low = INFINITY;
    scale.high = -INFINITY;
    for (ptrdiff_t i = 0; i < sparks->count; i++) {
        double at = position(&scale, sparks->items[i].value);
        if (!sparks->items[i].name && isfinite(at)) {
            scale.low = fmin(scale.low, at);
            scale.high = fmax(scale.high, at);
        }
    }
    return scale;
}

/* Mean of `count` values; NaN when one is missing. */
static double mean(const struct spark *items, ptrdiff_t count)
{
    double sum = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        sum += items[i].value;
    return sum / (double)count;
}

static const char *mark(const struct sparks *sparks, const struct scale *scale, double value)
{
    if (!isfinite(value))
        return " ";
    double share = (position(scale, value) - scale->low) / (scale->high - scale->low);
    int level = share > 0 ? (int)fmin(share * LEVELS, LEVELS - 1) : 0; /* also for a scale without width */
    return sparks->utf8 ? blocks[level] : ascii[level];
}

static int widest_name(const struct sparks *sparks)
{
    int widest = 0;
    for (ptrdiff_t i = 0; i < sparks->count; i++)
        if (sparks->items[i].name && characters(sparks->items[i].name) > widest)
            widest = characters(sparks->items[i].name);
    return widest;
}

static void draw_line(const struct sparks *sparks, const struct scale *scale, const struct spark *values,
                      ptrdiff_t count, ptrdiff_t columns, struct text *out)
{
    if (columns > count)
        columns = count;
    for (ptrdiff_t c = 0; c < columns; c++) {
        ptrdiff_t from = c * count / columns, to = (c + 1) * count / columns;
        text_add(out, mark(sparks, scale, mean(values + from, to - from)));
    }
    const double ends[] = {values[0].value, values[count - 1].value};
    for (int i = 0; i < 2; i++) {
        text_add(out, i ? " .. " : "  ");
        if (isfinite(ends[i]))
            text_addf(out, "%.3g", ends[i]);
        else
            text_add_char(out, '-');
    }
    text_add_char(out, '\n');
}

void sparks_draw(const struct sparks *sparks, struct text *out)
{
    struct scale scale = find_scale(sparks);
    int names = widest_name(sparks);
    ptrdiff_t columns = sparks->columns - names - 4 - NUMBERS;
    for (ptrdiff_t i = 0, next; i < sparks->count; i = next) {
        const char *name = sparks->items[i].name;
        for (next = i + 1; next < sparks->count && !sparks->items[next].name; next++)
            ;
        text_addf(out, "  %s%*s  ", name, names - characters(name), "");
        if (next > i + 1)
            draw_line(sparks, &scale, sparks->items + i + 1, next - i - 1, columns < 8 ? 8 : columns, out);
        else
            text_add_char(out, '\n');
    }
}
