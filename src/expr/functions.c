/* The names that the parser knows: primitives, named functions, aliases, constants. */
#include "expr/parse_internal.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct function_info functions[] = {
#define FUNCTION(name_, arity_, text_) {.name = #name_, .arity = arity_, .text = text_},
#include "expr/functions.def"
#undef FUNCTION
};
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

static const struct {
    const char *name, *target;
} aliases[] = {
#define ALIAS(name_, target_) {#name_, #target_},
#include "expr/aliases.def"
#undef ALIAS
};
enum { ALIAS_COUNT = sizeof aliases / sizeof *aliases };

static const struct {
    const char *name;
    double value;
} constants[] = {{"pi", 3.141592653589793}, {"e", 2.718281828459045}, {"inf", INFINITY}, {"nan", NAN}};
enum { CONSTANT_COUNT = sizeof constants / sizeof *constants };

const struct function_info *function_at(int i)
{
    return i >= 0 && i < FUNCTION_COUNT ? &functions[i] : NULL;
}

const struct function_info *function_by_name(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

static const char *without_alias(const char *name)
{
    for (int i = 0; i < ALIAS_COUNT; i++)
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].target;
    return name;
}

bool callee_by_name(const char *name, struct callee *callee)
{
    name = without_alias(name);
    *callee = (struct callee){.op = op_by_name(name), .function = function_by_name(name)};
    if (callee->op != OP_COUNT) {
        bool takes_more = callee->op == OP_add || callee->op == OP_mul || callee->op == OP_max || callee->op == OP_min;
        callee->name = op_info(callee->op)->name;
        callee->function = NULL;
        callee->min_arguments = op_info(callee->op)->arity;
        callee->max_arguments = takes_more ? INT_MAX : callee->min_arguments;
    } else if (callee->function) {
        callee->name = callee->function->name;
        callee->min_arguments = callee->max_arguments = callee->function->arity;
    }
    return callee->name != NULL;
}

bool constant_by_name(const char *name, double *value)
{
    for (int i = 0; i < CONSTANT_COUNT; i++)
        if (strcmp(constants[i].name, name) == 0) {
            *value = constants[i].value;
            return true;
        }
    return false;
}

/* Edit distance (insert, remove, change, each 1), one row of the table at a time. */
static int distance(const char *a, const char *b)
{
    int row[NAME_SIZE];
    int width = (int)strlen(b);
    for (int j = 0; j <= width; j++)
        row[j] = j;
    for (int i = 1; *a; i++, a++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= width; j++) {
            int best = diagonal + (tolower((unsigned char)*a) != tolower((unsigned char)b[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[width];
}

struct search {
    const char *name, *best;
    int distance;
};

static void consider(struct search *search, const char *candidate)
{
    int d = distance(search->name, candidate);
    if (d < search->distance) {
        search->distance = d;
        search->best = candidate;
    }
}

const char *name_nearest(const char *name)
{
    int length = (int)strlen(name);
    if (length < 2 || length >= NAME_SIZE)
        return NULL;
    /* One slip in three letters may be a slip; more is another word. */
    struct search search = {.name = name, .distance = 2 + (length - 1) / 3};
    if (search.distance > 4)
        search.distance = 4;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++)
        consider(&search, op_info((enum op)op)->name);
    for (int i = 0; i < FUNCTION_COUNT; i++)
        consider(&search, functions[i].name);
    for (int i = 0; i < ALIAS_COUNT; i++)
        consider(&search, aliases[i].name);
    return search.best;
}
