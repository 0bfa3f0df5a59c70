/* The shapes of a grammar: a list of templates, or free growth (which growth.c prepares). */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "base/memory.h"

static bool same_skeleton(const struct tree_shape *a, const struct tree_shape *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (a->slots[i].arity != b->slots[i].arity)
            return false;
    return true;
}

/* Is there a tree that fits both? Then it would be counted and enumerated twice. */
static bool overlap(const struct tree_shape *a, const struct tree_shape *b)
{
    if (!same_skeleton(a, b))
        return false;
    for (int i = 0; i < a->count; i++) {
        struct symbol_range ra = a->slots[i].range, rb = b->slots[i].range;
        if (ra.first >= rb.last || rb.first >= ra.last)
            return false;
    }
    return true;
}

/* The largest expression that a template can become. Sizes are doubles: they can outgrow an int. */
static int check_expansion(const struct grammar *grammar, const struct tree_shape *shape, struct json place,
                           struct error *err)
{
    double size[GENOME_CAPACITY] = {0};
    int top = 0, parameters = 0;
    for (int i = 0; i < shape->count; i++) {
        double largest = 0;
        int most = 0;
        top -= shape->slots[i].arity;
        for (int s = shape->slots[i].range.first; s < shape->slots[i].range.last; s++) {
            const struct symbol *symbol = &grammar->symbols[s];
            double nodes = symbol->nodes;
            for (int k = 0; k < symbol->arity; k++)
                nodes += symbol->uses[k] * size[top + k];
            largest = nodes > largest ? nodes : largest;
            most = symbol->parameters > most ? symbol->parameters : most;
        }
        size[top++] = largest;
        parameters += most;
    }
    if (size[0] > TREE_CAPACITY)
        return json_fail(place, err, "use a smaller template, or primitives that do not repeat their argument",
                         "its largest expression has %.0f nodes, but %d is the limit", size[0], TREE_CAPACITY);
    if (parameters > TREE_PARAMETERS)
        return json_fail(place, err, "use a smaller template, or primitives without learned parameters",
                         "it can have %d learned parameters, but %d is the limit", parameters, TREE_PARAMETERS);
    return 0;
}

static int parse_shape(struct grammar *grammar, const char *text, struct json place, struct error *err)
{
    struct tree_shape *shape = &grammar->shapes[grammar->shape_count];
    struct error inner = ERROR_EMPTY;
    int status = terms_parse(grammar, text, shape->slots, &shape->count, &inner);
    if (status)
        return json_fail(place, err, inner.hint, "%s: %s", inner.where, inner.what);
    for (int i = 0; i < shape->count; i++)
        if (shape->slots[i].is_number)
            return json_fail(place, err, "write 'constant', and list the number under leaves.constants.values",
                             "a template cannot hold the number %g", shape->slots[i].value);
    for (int i = 0; i < grammar->shape_count; i++)
        if (overlap(shape, &grammar->shapes[i]))
            return json_fail(place, err, "leave one of them out",
                             "it allows trees that template %d, \"%s\", allows already", i, grammar->shapes[i].text);
    status = check_expansion(grammar, shape, place, err);
    if (!status)
        status = memory_keep_string(text, "a grammar", &shape->text, err);
    if (!status)
        grammar->shape_count++;
    return status;
}

struct template_entry {
    double weight;
};

/* The text is read when the object is known to be right, or when it is no object. */
const struct setting template_settings[] = {
    {"template", SETTING_ELSEWHERE, .form = "a string", .required = true,
     .means =
         "such as \"binary(unary(x), leaf)\": the words unary, binary, ternary, leaf, x, constant, parameter, t, and "
         "names of primitives"},
    {"weight", GRAMMAR_WEIGHT(struct template_entry, weight), .means = "how often it is drawn"},
    {0}};

static int read_template(struct grammar *grammar, struct json item, struct error *err)
{
    struct json place = json_is_object(item) ? json_member(&item, "template") : item;
    struct template_entry entry;
    const char *text = NULL;
    settings_reset(template_settings, &entry);
    int status = json_is_object(item) ? settings_known(item, SETTINGS(template_settings, &entry), err) : 0;
    if (!status && json_is_object(item))
        status = settings_read(item, SETTINGS(template_settings, &entry), NULL, err);
    if (!status)
        status = json_string(place, &text, err);
    if (!status)
        status = parse_shape(grammar, text, place, err);
    if (!status)
        grammar->shape_weights[grammar->shape_count - 1] = entry.weight;
    return status;
}

static void count_trees(struct grammar *grammar)
{
    struct natural one;
    natural_set(&one, 1);
    for (int i = 0; i < grammar->shape_count; i++) {
        const struct tree_shape *shape = &grammar->shapes[i];
        struct natural product = one;
        for (int k = 0; k < shape->count; k++) {
            struct natural choices, next = {0};
            natural_set(&choices, (uint64_t)gene_choices(grammar, shape->slots[k].range));
            natural_add_product(&next, &product, &choices);
            product = next;
            if (grammar->constants.is_range && range_has(shape->slots[k].range, grammar->constant))
                grammar->countable = false;
        }
        grammar->shape_totals[i] = product;
        natural_add_product(&grammar->total, &product, &one);
    }
}

static bool is_move(const struct grammar *grammar, const struct move *move)
{
    const struct tree_shape *large = &grammar->shapes[move->large], *small = &grammar->shapes[move->small];
    if (move->small_at[2] + move->length[2] != small->count)
        return false;
    for (int run = 0; run < 3; run++)
        for (int i = 0; i < move->length[run]; i++)
            if (large->slots[move->large_at[run] + i].arity != small->slots[move->small_at[run] + i].arity)
                return false;
    return true;
}

/* The sub-tree at `root` gives way to a sub-tree of its own. */
static struct move hoist(int large, int small, const struct tree_shape *from, const struct layout *layout, int root,
                         int kept)
{
    int before = layout->start[root], inside = kept - layout->start[kept] + 1;
    return (struct move){.large = large,
                         .small = small,
                         .large_at = {0, layout->start[kept], root + 1},
                         .small_at = {0, before, before + inside},
                         .length = {before, inside, from->count - root - 1}};
}

/* The node above `lost` becomes one with an argument less: ternary(u, v, w) and binary(u, w). */
static struct move drop(int large, int small, const struct tree_shape *from, const struct layout *layout, int lost)
{
    int before = layout->start[lost], root = layout->parent[lost], inside = root - lost - 1;
    return (struct move){.large = large,
                         .small = small,
                         .large_at = {0, lost + 1, root + 1},
                         .small_at = {0, before, before + inside + 1},
                         .length = {before, inside, from->count - root - 1}};
}

/* Keeps the move if it leads from one template to the other. */
static int try_move(struct grammar *grammar, struct move move, int *capacity, struct error *err)
{
    if (!is_move(grammar, &move))
        return 0;
    if (grammar->move_count == *capacity) {
        int larger = *capacity ? *capacity * 2 : 16;
        struct move *moves = memory_resize(grammar->moves, (size_t)larger, sizeof *moves);
        if (!moves)
            return memory_error(err, "the shapes of a grammar");
        grammar->moves = moves;
        *capacity = larger;
    }
    grammar->moves[grammar->move_count++] = move;
    return 0;
}

static int moves_between(struct grammar *grammar, int large, int small, int *capacity, struct error *err)
{
    const struct tree_shape *from = &grammar->shapes[large];
    struct layout layout;
    layout_slots(from->slots, from->count, &layout);
    int status = 0;
    for (int root = 0; root < from->count; root++)
        for (int kept = layout.start[root]; !status && kept < root; kept++)
            status = try_move(grammar, hoist(large, small, from, &layout, root, kept), capacity, err);
    for (int lost = 0; !status && lost < from->count - 1; lost++)
        if (from->slots[layout.parent[lost]].arity > 1)
            status = try_move(grammar, drop(large, small, from, &layout, lost), capacity, err);
    return status;
}

static int find_moves(struct grammar *grammar, struct error *err)
{
    int capacity = 0, status = 0;
    for (int large = 0; large < grammar->shape_count; large++)
        for (int small = 0; !status && small < grammar->shape_count; small++)
            if (grammar->shapes[small].count < grammar->shapes[large].count)
                status = moves_between(grammar, large, small, &capacity, err);
    return status;
}

static int read_templates(struct grammar *grammar, struct json list, struct error *err)
{
    int status = json_array(list, 1, GRAMMAR_MAX_TEMPLATES, err);
    if (status)
        return status;
    size_t count = (size_t)json_length(list);
    grammar->shapes = memory_zeroed(count, sizeof *grammar->shapes);
    grammar->shape_weights = memory_zeroed(count, sizeof *grammar->shape_weights);
    grammar->shape_totals = memory_zeroed(count, sizeof *grammar->shape_totals);
    if (!grammar->shapes || !grammar->shape_weights || !grammar->shape_totals)
        return memory_error(err, "the shapes of a grammar");
    for (int i = 0; !status && i < (int)count; i++)
        status = read_template(grammar, json_item(&list, i), err);
    if (!status)
        status = find_moves(grammar, err);
    if (!status)
        count_trees(grammar);
    return status;
}

const struct setting shapes_settings[] = {
    {"templates", SETTING_ELSEWHERE, .form = "an array of templates: strings, or objects", .by = "",
     .object = template_settings},
    {"grow", SETTING_ELSEWHERE, .form = "an object", .by = "",
     .means = "instead of templates: any tree within limits. The number of symbols is drawn first, each possible one "
              "equally likely",
     .object = growth_settings},
    {0}};

int shapes_read(struct grammar *grammar, struct json json, struct error *err)
{
    struct json shapes = json_member(&json, "shapes");
    int status = settings_known(shapes, SETTINGS(shapes_settings, NULL), err);
    if (status)
        return status;
    struct json templates = json_member(&shapes, "templates"), grow = json_member(&shapes, "grow");
    if (json_exists(templates) == json_exists(grow))
        return json_fail(shapes, err,
                         "such as {\"templates\": [\"binary(unary(x), unary(x))\"]} or "
                         "{\"grow\": {\"max_depth\": 4, \"max_nodes\": 9}}",
                         "shapes are either templates or free growth");
    grammar->countable = true;
    grammar->max_parameters = TREE_PARAMETERS;
    return json_exists(templates) ? read_templates(grammar, templates, err) : growth_prepare(grammar, grow, err);
}
