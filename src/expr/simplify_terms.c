/* The pool of terms: making them as they stand, comparing them, and what is known about their values. No rule is
 * applied here. */
#include "base/error.h"
#include "base/memory.h"
#include "expr/simplify_internal.h"

#include <math.h>

/* Enough for nearly every expression, so that simplifying allocates once. */
enum { FIRST_CAPACITY = 512 };

int terms_init(struct terms *terms, struct error *err)
{
    *terms = (struct terms){.capacity = FIRST_CAPACITY};
    terms->items = memory_array(FIRST_CAPACITY, sizeof *terms->items);
    if (!terms->items)
        return memory_error(err, "simplifying an expression");
    term_constant(terms, 0);
    return 0;
}

void terms_release(struct terms *terms)
{
    memory_free(terms->items);
    *terms = (struct terms){0};
}

static bool room(struct terms *terms)
{
    if (terms->failed)
        return false;
    if (terms->count < terms->capacity)
        return true;
    int capacity = 2 * terms->capacity;
    struct term *items = NULL;
    if (capacity <= TERM_COUNT_LIMIT)
        items = memory_resize(terms->items, (size_t)capacity, sizeof *items);
    terms->failed = !items;
    if (items) {
        terms->items = items;
        terms->capacity = capacity;
    }
    return items != NULL;
}

int term_leaf(struct terms *terms, struct node node)
{
    if (!room(terms))
        return 0;
    if (node.value == 0)
        node.value = 0; /* not -0: they are one real number */
    terms->items[terms->count] = (struct term){.op = node.op,
                                               .index = node.index,
                                               .size = 1,
                                               .value = node.value,
                                               .near = range_leaf(node.op, node.value, TERM_RADIUS),
                                               .everywhere = range_leaf(node.op, node.value, INFINITY)};
    return terms->count++;
}

int term_constant(struct terms *terms, double value)
{
    return term_leaf(terms, (struct node){.op = OP_const, .value = value});
}

int term_raw(struct terms *terms, enum op op, int a, int b)
{
    if (!room(terms))
        return 0;
    const struct term *first = &terms->items[a], *second = &terms->items[b];
    int size = first->size + 1 + (op_info(op)->arity == 2 ? second->size : 0);
    terms->items[terms->count] = (struct term){.op = (uint8_t)op,
                                               .size = size < TERM_HUGE ? size : TERM_HUGE,
                                               .a = a,
                                               .b = op_info(op)->arity == 2 ? b : 0,
                                               .near = range_apply(op, first->near, second->near),
                                               .everywhere = range_apply(op, first->everywhere, second->everywhere)};
    return terms->count++;
}

static int compare_leaves(const struct term *a, const struct term *b)
{
    if (a->index != b->index)
        return a->index - b->index;
    if (a->value < b->value || a->value > b->value)
        return a->value < b->value ? -1 : 1;
    return !!isnan(a->value) - !!isnan(b->value);
}

/* Root, then second argument, then first: the postfix array read backwards, like tree_compare. */
int term_compare(const struct terms *terms, int a, int b)
{
    while (a != b) {
        const struct term *first = &terms->items[a], *second = &terms->items[b];
        int arity = op_info(first->op)->arity;
        if (first->op != second->op)
            return first->op - second->op;
        if (arity == 0)
            return compare_leaves(first, second);
        int order = arity == 2 ? term_compare(terms, first->b, second->b) : 0;
        if (order)
            return order;
        a = first->a;
        b = second->a;
    }
    return 0;
}

bool term_is_constant(const struct terms *terms, int term)
{
    return terms->items[term].op == OP_const;
}

bool term_is(const struct terms *terms, int term, double value)
{
    return term_is_constant(terms, term) && terms->items[term].value == value;
}

bool term_is_finite(const struct terms *terms, int term)
{
    const struct range *near = &terms->items[term].near;
    return !near->nan && range_magnitude(*near) <= TERM_LIMIT;
}

bool term_is_divisor(const struct terms *terms, int term)
{
    const struct range *near = &terms->items[term].near, *everywhere = &terms->items[term].everywhere;
    return term_is_finite(terms, term) && (near->low >= 1 / TERM_LIMIT || near->high <= -1 / TERM_LIMIT) &&
           (everywhere->low > 0 || everywhere->high < 0);
}

static void write_postfix(const struct terms *terms, int term, struct tree *out)
{
    const struct term *t = &terms->items[term];
    int arity = op_info(t->op)->arity;
    if (arity > 0)
        write_postfix(terms, t->a, out);
    if (arity > 1)
        write_postfix(terms, t->b, out);
    out->nodes[out->count++] = (struct node){.op = t->op, .index = t->index, .value = t->value};
}

int term_to_tree(const struct terms *terms, int term, struct tree *out, struct error *err)
{
    out->count = 0;
    if (terms->failed)
        return memory_error(err, "simplifying an expression");
    if (terms->items[term].size > TREE_CAPACITY)
        return error_set(err, ERROR_INPUT, NULL, "write it with fewer operations",
                         "the expression needs more than %d nodes", TREE_CAPACITY);
    write_postfix(terms, term, out);
    return 0;
}
