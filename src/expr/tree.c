#include "expr/tree.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static struct tree leaf(enum op op, int index, double value)
{
    struct tree tree;
    tree.count = 1;
    tree.nodes[0] = (struct node){.op = (uint8_t)op, .index = (uint8_t)index, .value = value};
    return tree;
}

struct tree tree_x(void)
{
    return leaf(OP_x, 0, 0);
}

struct tree tree_constant(double value)
{
    return leaf(OP_const, 0, value);
}

struct tree tree_parameter(int index, double start)
{
    ALWAYS(index >= 0 && index < TREE_PARAMETERS);
    return leaf(OP_param, index, start);
}

struct tree tree_progress(void)
{
    return leaf(OP_t, 0, 0);
}

struct tree tree_argument(int index)
{
    ALWAYS(index >= 0 && index < TREE_ARGUMENTS);
    return leaf(OP_arg, index, 0);
}

struct tree tree_frozen(const struct tree *tree, double t)
{
    struct tree result = *tree;
    for (int i = 0; i < result.count; i++)
        if (result.nodes[i].op == OP_t)
            result.nodes[i] = (struct node){.op = OP_const, .value = t};
    return result;
}

static int too_large(struct tree *out, struct error *err)
{
    out->count = 0;
    return error_set(err, ERROR_INPUT, NULL, "write it with fewer operations",
                     "the expression needs more than %d nodes", TREE_CAPACITY);
}

static void append(struct tree *out, const struct node *nodes, int count)
{
    memmove(out->nodes + out->count, nodes, (size_t)count * sizeof *nodes);
    out->count += count;
}

int tree_unary(enum op op, const struct tree *a, struct tree *out, struct error *err)
{
    ALWAYS(op_info(op)->arity == 1);
    if (a->count + 1 > TREE_CAPACITY)
        return too_large(out, err);
    if (out != a)
        *out = *a;
    out->nodes[out->count++] = (struct node){.op = (uint8_t)op};
    return 0;
}

int tree_binary(enum op op, const struct tree *a, const struct tree *b, struct tree *out, struct error *err)
{
    ALWAYS(op_info(op)->arity == 2);
    if (a->count + b->count + 1 > TREE_CAPACITY)
        return too_large(out, err);
    struct tree result = *a;
    append(&result, b->nodes, b->count);
    result.nodes[result.count++] = (struct node){.op = (uint8_t)op};
    *out = result;
    return 0;
}

int tree_substitute(const struct tree *templ, const struct tree *args, int arity, struct tree *out, struct error *err)
{
    int first_fresh = 0;
    for (int i = 0; i < arity; i++) {
        int used = tree_parameter_count(&args[i]);
        first_fresh = used > first_fresh ? used : first_fresh;
    }
    struct tree result = {.count = 0};
    for (int i = 0; i < templ->count; i++) {
        struct node node = templ->nodes[i];
        const struct node *nodes = &node;
        int count = 1;
        if (node.op == OP_arg) {
            ALWAYS(node.index < arity);
            nodes = args[node.index].nodes;
            count = args[node.index].count;
        } else if (node.op == OP_param) {
            if (node.index + first_fresh >= TREE_PARAMETERS) {
                out->count = 0;
                return error_set(err, ERROR_INPUT, NULL, "use fewer of them",
                                 "more than %d learned parameters in one expression", TREE_PARAMETERS);
            }
            node.index = (uint8_t)(node.index + first_fresh);
        }
        if (result.count + count > TREE_CAPACITY)
            return too_large(out, err);
        append(&result, nodes, count);
    }
    *out = result;
    return 0;
}

int tree_start(const struct tree *tree, int root)
{
    int missing = 1;
    int i = root + 1;
    while (missing > 0) {
        i--;
        missing += op_info(tree->nodes[i].op)->arity - 1;
    }
    return i;
}

void tree_children(const struct tree *tree, int root, int *a, int *b)
{
    int arity = op_info(tree->nodes[root].op)->arity;
    if (arity == 2) {
        *b = root - 1;
        *a = tree_start(tree, *b) - 1;
    } else if (arity == 1) {
        *a = root - 1;
    }
}

struct tree tree_subtree(const struct tree *tree, int root)
{
    struct tree result = {.count = 0};
    int start = tree_start(tree, root);
    append(&result, tree->nodes + start, root - start + 1);
    return result;
}

int tree_replace(const struct tree *tree, int root, const struct tree *with, struct tree *out, struct error *err)
{
    int start = tree_start(tree, root);
    if (start + with->count + tree->count - root - 1 > TREE_CAPACITY)
        return too_large(out, err);
    struct tree result = {.count = 0};
    append(&result, tree->nodes, start);
    append(&result, with->nodes, with->count);
    append(&result, tree->nodes + root + 1, tree->count - root - 1);
    *out = result;
    return 0;
}

static int compare_values(double a, double b)
{
    if (a < b || a > b)
        return a < b ? -1 : 1;
    if (isnan(a) || isnan(b))
        return !!isnan(a) - !!isnan(b);
    return !!signbit(b) - !!signbit(a);
}

static int compare_nodes(const struct node *a, const struct node *b)
{
    if (a->op != b->op)
        return a->op - b->op;
    if (a->index != b->index)
        return a->index - b->index;
    return compare_values(a->value, b->value);
}

/* Root first: trees with the same outermost primitive stand together. */
int tree_compare(const struct tree *a, const struct tree *b)
{
    int common = a->count < b->count ? a->count : b->count;
    for (int i = 1; i <= common; i++) {
        int order = compare_nodes(&a->nodes[a->count - i], &b->nodes[b->count - i]);
        if (order)
            return order;
    }
    return a->count - b->count;
}

bool tree_equal(const struct tree *a, const struct tree *b)
{
    return tree_compare(a, b) == 0;
}

static bool node_is_valid(const struct node *node)
{
    if (node->op >= OP_COUNT)
        return false;
    int indices = node->op == OP_param ? TREE_PARAMETERS : node->op == OP_arg ? TREE_ARGUMENTS : 1;
    bool has_value = node->op == OP_const || node->op == OP_param;
    return node->index < indices && (has_value || compare_values(node->value, 0) == 0);
}

bool tree_is_valid(const struct tree *tree)
{
    if (tree->count < 1 || tree->count > TREE_CAPACITY)
        return false;
    int height = 0;
    const struct node *parameters[TREE_PARAMETERS] = {NULL};
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        if (!node_is_valid(node))
            return false;
        if (node->op == OP_param) {
            const struct node **first = &parameters[node->index];
            *first = *first ? *first : node;
            if (compare_nodes(*first, node) != 0)
                return false;
        }
        int arity = op_info(node->op)->arity;
        if (height < arity)
            return false;
        height += 1 - arity;
    }
    return height == 1;
}

int tree_depth(const struct tree *tree)
{
    int depth[TREE_CAPACITY];
    for (int i = 0; i < tree->count; i++) {
        int a = -1, b = -1;
        tree_children(tree, i, &a, &b);
        int below = a >= 0 ? depth[a] : 0;
        if (b >= 0 && depth[b] > below)
            below = depth[b];
        depth[i] = below + 1;
    }
    return tree->count ? depth[tree->count - 1] : 0;
}

int tree_cost(const struct tree *tree)
{
    int cost = 0;
    for (int i = 0; i < tree->count; i++)
        cost += op_info(tree->nodes[i].op)->cost;
    return cost;
}

bool tree_contains(const struct tree *tree, enum op op)
{
    for (int i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == op)
            return true;
    return false;
}

int tree_parameter_count(const struct tree *tree)
{
    int count = 0;
    for (int i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == OP_param && tree->nodes[i].index >= count)
            count = tree->nodes[i].index + 1;
    return count;
}

void tree_parameter_starts(const struct tree *tree, double values[TREE_PARAMETERS])
{
    memset(values, 0, TREE_PARAMETERS * sizeof *values);
    for (int i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == OP_param)
            values[tree->nodes[i].index] = tree->nodes[i].value;
}

void tree_renumber(struct tree *tree, int numbers[TREE_PARAMETERS])
{
    int next = 0;
    for (int i = 0; i < TREE_PARAMETERS; i++)
        numbers[i] = -1;
    for (int i = 0; i < tree->count; i++) {
        struct node *node = &tree->nodes[i];
        if (node->op != OP_param)
            continue;
        if (numbers[node->index] < 0)
            numbers[node->index] = next++;
        node->index = (uint8_t)numbers[node->index];
    }
}

void tree_renumber_parameters(struct tree *tree)
{
    int numbers[TREE_PARAMETERS];
    tree_renumber(tree, numbers);
}

struct moving {
    struct dual dual;
    bool moves; /* depends on what is differentiated by; not the same as slope != 0 */
};

static struct moving eval_leaf(const struct node *node, double x, const struct surroundings *at, int by_parameter)
{
    struct moving leaf = {.dual.value = node->value};
    if (node->op == OP_x) {
        leaf.dual.value = x;
        leaf.moves = by_parameter < 0;
    } else if (node->op == OP_param) {
        leaf.dual.value = at->parameters ? at->parameters[node->index] : node->value;
        leaf.moves = by_parameter == node->index;
    } else if (node->op == OP_t) {
        leaf.dual.value = at->t;
    }
    leaf.dual.slope = leaf.moves;
    return leaf;
}

/* The chain rule's product. What does not move has no slope, even where the outer derivative is infinite or undefined:
   sqrt(relu(x)) left of 0. And an exact zero of the outer derivative wins where the inner slope has left the range of
   numbers: tanh(exp(x)) far out. (The custom elsewhere is NaN.) */
double chain_product(double outer, double inner)
{
    return inner == 0 || (outer == 0 && isinf(inner)) ? 0 : outer * inner;
}

static double multiply(double outer, double inner, bool *pole)
{
    if (pole && inner == 0 && !isfinite(outer))
        *pole = true;
    return chain_product(outer, inner);
}

/* Forward-mode differentiation with a stack of duals. A partial derivative is only asked for where
   the argument moves, so that 0 * Inf cannot make a NaN of a constant; the kernels do the same. */
static struct dual eval(const struct tree *tree, double x, const struct surroundings *at, int by_parameter, bool *pole)
{
    struct moving stack[TREE_CAPACITY];
    int top = 0;
    for (int i = 0; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];
        enum op op = node->op;
        int arity = op_info(op)->arity;
        if (arity == 0) {
            stack[top++] = eval_leaf(node, x, at, by_parameter);
            continue;
        }
        top -= arity - 1;
        struct moving *a = &stack[top - 1], *b = &stack[top];
        double second = arity == 2 ? b->dual.value : 0, slope = 0;
        double value = op_value(op, a->dual.value, second);
        if (a->moves)
            slope = multiply(op_slope_at(op, a->dual.value, second, value, 0), a->dual.slope, pole);
        if (arity == 2 && b->moves) {
            double by_b = multiply(op_slope_at(op, a->dual.value, second, value, 1), b->dual.slope, pole);
            slope = a->moves ? slope + by_b : by_b;
            a->moves = true;
        }
        a->dual = (struct dual){.value = value, .slope = slope};
    }
    ALWAYS(top == 1);
    return stack[0].dual;
}

double tree_stage(int i)
{
    return i / (TREE_STAGES - 1.0);
}

struct dual tree_eval_at(const struct tree *tree, double x, struct surroundings at)
{
    return eval(tree, x, &at, -1, NULL);
}

struct dual tree_eval_poles_at(const struct tree *tree, double x, struct surroundings at, bool *pole)
{
    *pole = false;
    return eval(tree, x, &at, -1, pole);
}

double tree_value_at(const struct tree *tree, double x, struct surroundings at)
{
    return eval(tree, x, &at, TREE_PARAMETERS, NULL).value; /* by a parameter that no tree has */
}

struct dual tree_eval_parameter_at(const struct tree *tree, double x, struct surroundings at, int p)
{
    return eval(tree, x, &at, p, NULL);
}

struct dual tree_eval(const struct tree *tree, double x, const double *parameters)
{
    return tree_eval_at(tree, x, (struct surroundings){parameters, 1});
}

double tree_value(const struct tree *tree, double x, const double *parameters)
{
    return tree_value_at(tree, x, (struct surroundings){parameters, 1});
}

struct dual tree_eval_parameter(const struct tree *tree, double x, const double *parameters, int p)
{
    return tree_eval_parameter_at(tree, x, (struct surroundings){parameters, 1}, p);
}
