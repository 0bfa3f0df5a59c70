#include "cli/facts.h"

#include "base/error.h"
#include "base/memory.h"
#include "cli/subject.h"
#include "display/json_writer.h"
#include "expr/catalogue.h"
#include "expr/derive.h"
#include "expr/parse.h"

#include <math.h>
#include <string.h>

/* A derivative too large for a tree is left out; a shortage of memory is an error. */
static int find_derivative(const struct tree *tree, struct text *out, struct error *err)
{
    struct tree derivative;
    struct error too_large = ERROR_EMPTY;
    int status = tree_derivative(tree, &derivative, &too_large);
    if (status == ERROR_MEMORY)
        *err = too_large;
    else if (status == 0)
        tree_print(&derivative, out);
    return status == ERROR_MEMORY ? status : 0;
}

static int find_stage(const struct activation *activation, double t, struct text *out, struct error *err)
{
    struct tree stage;
    int status = activation_at(activation, t, &stage, err);
    if (!status)
        tree_print(&stage, out);
    return !status && text_failed(out) ? memory_error(err, "a formula") : status;
}

static int find_formulas(const struct activation *activation, struct facts *facts, struct error *err)
{
    int status = 0;
    facts->has_t = tree_contains(&activation->trained, OP_t);
    if (facts->has_t)
        status = find_stage(activation, 0, &facts->first, err);
    if (!status && facts->has_t)
        status = find_stage(activation, 1, &facts->last, err);
    if (!status)
        status = find_derivative(&activation->trained, &facts->derivative, err);
    if (status)
        return status;
    struct judgement judgement = activation_judge(activation);
    tree_print(&activation->written, &facts->formula);
    tree_print(&activation->trained, &facts->simplified);
    judgement_print(&judgement, &facts->rejection);
    if (text_failed(&facts->formula) || text_failed(&facts->simplified) || text_failed(&facts->derivative) ||
        text_failed(&facts->rejection))
        return memory_error(err, "a formula");
    return 0;
}

int facts_find(const struct activation *activation, struct facts *facts, struct error *err)
{
    const struct tree *tree = &activation->trained;
    *facts = FACTS_EMPTY;
    int status = find_formulas(activation, facts, err);
    if (status)
        return status;
    tree_properties(tree, &facts->properties);
    facts->moments = moments_normal(tree, NULL, 1, 0, 1);
    facts->gain = 1 / sqrt(facts->moments.square);
    facts->cost = tree_cost(tree);
    facts->parameters = tree_parameter_count(tree);
    tree_parameter_starts(tree, facts->starts);
    return 0;
}

void facts_release(struct facts *facts)
{
    text_release(&facts->formula);
    text_release(&facts->simplified);
    text_release(&facts->derivative);
    text_release(&facts->first);
    text_release(&facts->last);
    text_release(&facts->rejection);
}

/* ---- for a person */

const char *facts_rejection(const struct facts *facts)
{
    return facts->rejection.length ? text_string(&facts->rejection) : NULL;
}

static bool is_simple_already(const struct facts *facts)
{
    return strcmp(text_string(&facts->formula), text_string(&facts->simplified)) == 0;
}

void facts_add_formulas(const struct facts *facts, const struct subject *subject, struct text *out)
{
    const struct known *known = subject->name ? catalogue_by_name(subject->catalogue, subject->name) : NULL;
    if (known)
        text_addf(out, "this is %s: %s\n\n", known->name, known->remark);
    text_addf(out, "f(x)   = %s\n", text_string(&facts->formula));
    if (!is_simple_already(facts))
        text_addf(out, "       = %s, which is what is trained\n", text_string(&facts->simplified));
    text_addf(out, "f'(x)  = %s\n",
              facts->derivative.length ? text_string(&facts->derivative) : "(too long to be written down)");
    if (facts->has_t)
        text_addf(out,
                  "\nf changes in training, where t goes from 0 to 1:\nt = 0    %s\n"
                  "t = 1    %s\nWhat follows is for t = 1, unless it says otherwise.\n",
                  text_string(&facts->first), text_string(&facts->last));
}

static void add_shape(const struct properties *p, struct text *out)
{
    const struct {
        bool holds;
        const char *word;
    } words[] = {
        {p->increasing, "increasing"},
        {p->decreasing, "decreasing"},
        {!p->increasing && !p->decreasing, "not monotone"},
        {p->odd, "odd"},
        {p->even, "even"},
        {p->smooth, "smooth"},
        {!p->smooth, "with kinks or jumps"},
        {p->bounded_left && p->bounded_right, "bounded"},
        {p->bounded_left && !p->bounded_right, "bounded on the left"},
        {p->bounded_right && !p->bounded_left, "bounded on the right"},
    };
    const char *separator = "shape    ";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!words[i].holds)
            continue;
        text_addf(out, "%s%s", separator, words[i].word);
        separator = ", ";
    }
    text_add_char(out, '\n');
}

/* Adding 0 makes 0 of -0. */
static void add_properties(const struct properties *p, struct text *out)
{
    add_shape(p, out);
    text_addf(out, "range    from %.6g at x = %.3g to %.6g at x = %.3g, looking at [-8, 8]\n", p->min + 0, p->min_at,
              p->max + 0, p->max_at);
    text_addf(out, "slope    from %.3g to %.3g in size there\n", p->flattest, p->steepest);
    text_addf(out, "at 0     f = %.6g, f' = %.6g\n", p->at_zero + 0, p->slope_at_zero + 0);
    text_addf(out, "far out  f(-10000) = %.6g, f(10000) = %.6g\n", p->left_limit + 0, p->right_limit + 0);
}

void facts_add_lines(const struct facts *facts, struct text *out)
{
    if (facts->properties.finite) {
        add_properties(&facts->properties, out);
        text_addf(out, "N(0,1)   mean %.6g, mean square %.6g, mean squared slope %.6g, gain %.6g\n",
                  facts->moments.mean + 0, facts->moments.square, facts->moments.slope_square, facts->gain);
    }
    text_addf(out, "cost     about %d addition%s an element\n", facts->cost, facts->cost == 1 ? "" : "s");
    if (facts->parameters > 0) {
        text_add(out, "learned ");
        for (int i = 0; i < facts->parameters; i++)
            text_addf(out, "%s p%d starts at %.6g", i ? "," : "", i, facts->starts[i]);
        text_add_char(out, '\n');
    }
    if (facts_rejection(facts))
        text_addf(out, "a search turns it away: %s\n", facts_rejection(facts));
}

/* ---- for a program */

static void add_property_members(const struct properties *p, struct text *out)
{
    member_key(out, "properties");
    text_add(out, "{");
    member_bool(out, "finite", p->finite);
    if (p->finite) {
        member_number(out, "min", p->min);
        member_number(out, "min_at", p->min_at);
        member_number(out, "max", p->max);
        member_number(out, "max_at", p->max_at);
        member_number(out, "steepest", p->steepest);
        member_number(out, "flattest", p->flattest);
        member_number(out, "left_limit", p->left_limit);
        member_number(out, "right_limit", p->right_limit);
        member_bool(out, "bounded_left", p->bounded_left);
        member_bool(out, "bounded_right", p->bounded_right);
        member_bool(out, "increasing", p->increasing);
        member_bool(out, "decreasing", p->decreasing);
        member_bool(out, "odd", p->odd);
        member_bool(out, "even", p->even);
        member_bool(out, "smooth", p->smooth);
        member_number(out, "at_zero", p->at_zero);
        member_number(out, "slope_at_zero", p->slope_at_zero);
    }
    text_add(out, "}");
}

void facts_add_members(const struct facts *facts, const struct subject *subject, struct text *out)
{
    member_text(out, "name", subject->name);
    member_text(out, "formula", text_string(&facts->formula));
    member_text(out, "simplified", text_string(&facts->simplified));
    member_text(out, "derivative", facts->derivative.length ? text_string(&facts->derivative) : NULL);
    member_text(out, "at_start", facts->has_t ? text_string(&facts->first) : NULL);
    member_text(out, "at_end", facts->has_t ? text_string(&facts->last) : NULL);
    member_text(out, "rejected", facts_rejection(facts));
    add_property_members(&facts->properties, out);
    member_key(out, "moments");
    text_add(out, "{");
    member_number(out, "mean", facts->moments.mean);
    member_number(out, "mean_square", facts->moments.square);
    member_number(out, "mean_square_slope", facts->moments.slope_square);
    member_number(out, "gain", facts->gain);
    text_add(out, "}");
    member_integer(out, "cost", facts->cost);
    member_key(out, "parameter_starts");
    text_add(out, "[");
    for (int i = 0; i < facts->parameters; i++) {
        member_separator(out);
        text_add_number(out, facts->starts[i]);
    }
    text_add(out, "]");
}
