/* Drawing genomes, counting them, and turning a number into its genome. */
#include "grammar/grammar_internal.h"

#include "base/error.h"
#include "base/text.h"
#include "rng/rng.h"

#include <inttypes.h>

void shape_draw(const struct grammar *grammar, const struct tree_shape *shape, int start, int end, struct rng *rng,
                struct genome *out)
{
    for (int i = start; i < end; i++)
        out->genes[i] = gene_draw(grammar, shape->slots[i].range, rng);
}

void grammar_sample(const struct grammar *grammar, struct rng *rng, struct genome *out)
{
    out->count = 0;
    out->shape = -1;
    if (grammar->shape_count == 0) {
        const struct growth *growth = &grammar->growth;
        ALWAYS(growth_draw(grammar, growth->max_depth, growth->min_nodes, growth->max_nodes, grammar->max_parameters,
                           rng, out));
        return;
    }
    if (grammar->shape_count > 1)
        out->shape = (int16_t)rng_weighted(rng, grammar->shape_weights, grammar->shape_count);
    else
        out->shape = 0;
    const struct tree_shape *shape = &grammar->shapes[out->shape];
    out->count = (int16_t)shape->count;
    shape_draw(grammar, shape, 0, shape->count, rng, out);
}

static int require_countable(const struct grammar *grammar, struct error *err)
{
    if (grammar->countable)
        return 0;
    return error_set(err, ERROR_INPUT, grammar->name, "list the constants under leaves.constants.values",
                     "the trees cannot be counted, because constants come from a range");
}

int grammar_count(const struct grammar *grammar, struct text *out, struct error *err)
{
    int status = require_countable(grammar, err);
    if (!status)
        natural_print(&grammar->total, "", out);
    return status;
}

int grammar_total(const struct grammar *grammar, int64_t *total, struct error *err)
{
    int status = require_countable(grammar, err);
    if (status)
        return status;
    if (!natural_fits(&grammar->total))
        return error_set(err, ERROR_INPUT, grammar->name, "use a smaller grammar, or a search that samples",
                         "the grammar has more trees than can be numbered (2^63)");
    *total = natural_value(&grammar->total);
    return 0;
}

/* The places of a template are the digits of a number, the first place counting most. */
static void shape_at(const struct grammar *grammar, int shape_index, int64_t index, struct genome *out)
{
    const struct tree_shape *shape = &grammar->shapes[shape_index];
    out->shape = (int16_t)shape_index;
    out->count = (int16_t)shape->count;
    for (int i = shape->count; i-- > 0;) {
        int64_t choices = gene_choices(grammar, shape->slots[i].range);
        out->genes[i] = gene_at(grammar, shape->slots[i].range, index % choices);
        index /= choices;
    }
}

int grammar_genome_at(const struct grammar *grammar, int64_t index, struct genome *out, struct error *err)
{
    int64_t total = 0;
    int status = grammar_total(grammar, &total, err);
    if (status)
        return status;
    if (index < 0 || index >= total)
        return error_set(err, ERROR_INPUT, grammar->name, NULL, "tree number %" PRId64 " is outside 0 to %" PRId64,
                         index, total - 1);
    out->count = 0;
    out->shape = -1;
    if (grammar->shape_count == 0) {
        growth_at(grammar, index, out);
        return 0;
    }
    int shape = 0;
    while (index >= natural_value(&grammar->shape_totals[shape]))
        index -= natural_value(&grammar->shape_totals[shape++]);
    shape_at(grammar, shape, index, out);
    return 0;
}
