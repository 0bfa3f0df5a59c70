/* A data set in one line, for people. */
#include "base/text.h"
#include "data/data_internal.h"

/* 12345 as "12,345". */
static void add_count(ptrdiff_t count, struct text *out)
{
    if (count >= 1000) {
        add_count(count / 1000, out);
        text_addf(out, ",%03d", (int)(count % 1000));
    } else {
        text_addf(out, "%d", (int)count);
    }
}

static void add_sample(const struct data_set *set, struct text *out)
{
    const struct data_shape *shape = &set->shape;
    if (shape->rank == 3) {
        text_addf(out, "%tdx%td", shape->size[0], shape->size[1]);
        if (shape->size[2] > 1)
            text_addf(out, "x%td", shape->size[2]);
        text_add(out, set->rows[DATA_TRAIN].bytes ? " uint8" : " float");
    } else if (shape->rank == 2) {
        text_addf(out, "text in samples of %td", shape->size[0]);
    } else {
        text_addf(out, "%td column%s", shape->features, shape->features == 1 ? "" : "s");
    }
}

void data_describe(const struct data_set *set, struct text *out)
{
    text_addf(out, "%s: ", set->name);
    add_sample(set, out);
    if (set->shape.target == DATA_TARGET_NUMBER)
        text_add(out, ", a number to predict, ");
    else
        text_addf(out, ", %d %s, ", set->shape.classes, set->shape.tokens ? "symbols" : "classes");
    add_count(set->rows[DATA_TRAIN].count, out);
    text_add(out, " train, ");
    add_count(set->rows[DATA_VALIDATION].count, out);
    text_add(out, " validation, test sealed");
}
