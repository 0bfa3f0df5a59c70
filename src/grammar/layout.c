/* Where the sub-trees of a postfix array are, and cutting and joining them. */
#include "grammar/grammar_internal.h"

#include "base/error.h"

#include <string.h>

static void layout_arities(const int8_t *arity, int count, struct layout *layout)
{
    int16_t stack[GENOME_CAPACITY];
    int top = 0;
    for (int i = 0; i < count; i++) {
        layout->start[i] = (int16_t)i;
        layout->height[i] = 1;
        for (int k = 0; k < arity[i]; k++) {
            int16_t child = stack[--top];
            layout->parent[child] = (int16_t)i;
            layout->start[i] = layout->start[child];
            if (layout->height[child] >= layout->height[i])
                layout->height[i] = (int16_t)(layout->height[child] + 1);
        }
        stack[top++] = (int16_t)i;
    }
    ALWAYS(top == 1);
    layout->parent[count - 1] = -1;
    layout->level[count - 1] = 1;
    for (int i = count - 1; i-- > 0;)
        layout->level[i] = (int16_t)(layout->level[layout->parent[i]] + 1);
}

void layout_genome(const struct grammar *grammar, const struct genome *genome, struct layout *layout)
{
    int8_t arity[GENOME_CAPACITY];
    for (int i = 0; i < genome->count; i++)
        arity[i] = (int8_t)grammar->symbols[genome->genes[i].symbol].arity;
    layout_arities(arity, genome->count, layout);
}

void layout_slots(const struct slot *slots, int count, struct layout *layout)
{
    int8_t arity[GENOME_CAPACITY];
    for (int i = 0; i < count; i++)
        arity[i] = (int8_t)slots[i].arity;
    layout_arities(arity, count, layout);
}

int genome_parameters(const struct grammar *grammar, const struct genome *genome, int start, int end)
{
    int parameters = 0;
    for (int i = start; i < end; i++)
        parameters += grammar->symbols[genome->genes[i].symbol].parameters;
    return parameters;
}

struct symbol_range range_at(const struct grammar *grammar, const struct genome *genome, int at)
{
    if (grammar->shape_count)
        return grammar->shapes[genome->shape].slots[at].range;
    return grammar->classes[grammar->symbols[genome->genes[at].symbol].arity];
}

void genome_append(struct genome *genome, struct gene gene)
{
    ALWAYS(genome->count < GENOME_CAPACITY);
    genome->genes[genome->count++] = gene;
}

void genome_splice(const struct genome *a, int start, int end, const struct gene *genes, int count, struct genome *out)
{
    ALWAYS(a->count - (end - start) + count <= GENOME_CAPACITY);
    out->shape = a->shape;
    out->count = (int16_t)(a->count - (end - start) + count);
    memcpy(out->genes, a->genes, (size_t)start * sizeof *genes);
    memcpy(out->genes + start, genes, (size_t)count * sizeof *genes);
    memcpy(out->genes + start + count, a->genes + end, (size_t)(a->count - end) * sizeof *genes);
}

bool genome_equal(const struct genome *a, const struct genome *b)
{
    if (a->count != b->count || a->shape != b->shape)
        return false;
    for (int i = 0; i < a->count; i++)
        if (a->genes[i].symbol != b->genes[i].symbol || a->genes[i].value != b->genes[i].value)
            return false;
    return true;
}
