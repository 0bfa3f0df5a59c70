/* Shapes of samples, channels last; shape_internal.h. */
#include "nn/shape_internal.h"

#include <stdio.h>

ptrdiff_t shape_elements(const struct shape *shape)
{
    ptrdiff_t elements = 1;
    for (int i = 0; i < shape->rank; i++)
        elements *= shape->size[i];
    return elements;
}

ptrdiff_t shape_channels(const struct shape *shape)
{
    return shape->size[shape->rank - 1];
}

ptrdiff_t shape_positions(const struct shape *shape)
{
    return shape_elements(shape) / shape_channels(shape);
}

const char *shape_text(const struct shape *shape, char buffer[SHAPE_TEXT])
{
    int used = 0;
    for (int i = 0; i < shape->rank; i++)
        used += snprintf(buffer + used, SHAPE_TEXT - (size_t)used, "%s%td", i ? "x" : "", shape->size[i]);
    return buffer;
}

bool shape_equal(const struct shape *a, const struct shape *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++)
        same = a->size[i] == b->size[i];
    return same;
}
