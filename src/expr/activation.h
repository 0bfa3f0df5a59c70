/* Activations: what is trained for an expression.
 *
 * An expression is written in one way of many, and where it has a kink the ways differ in their slope: max(x, 0) has
 * 0.5 at 0, relu(x) has 0. What a search proposes, what an evaluation trains, what is shown, applied and exported is
 * the canonical form (simplify.h), and this is the one place that says so: whoever has an expression and wants the
 * function asks here. What a database holds as `simplified` is the trained form already and is taken as it stands.
 *
 * Learned parameters are numbered anew in the trained form, in the order in which they appear there.
 *
 * Pure functions; an activation is a value. */
#ifndef ACTSEARCH_EXPR_ACTIVATION_H
#define ACTSEARCH_EXPR_ACTIVATION_H

#include "expr/properties.h"
#include "expr/tree.h"

struct error;
struct text;

struct activation {
    struct tree written;
    struct tree trained;
    int numbers[TREE_PARAMETERS]; /* what a written parameter is called in the trained form, -1: it is not in it */
};

/* ERROR_MEMORY. */
int activation_of(const struct tree *written, struct activation *activation, struct error *err);

/* The activation whose trained form is `trained`, as a database has it. */
struct activation activation_stored(const struct tree *trained);

/* The trained form is another expression than the written one. */
bool activation_is_rewritten(const struct activation *activation);

/* Appends "max(x, 0) is trained as relu(x)"; nothing when they are the same. */
void activation_remark(const struct activation *activation, struct text *out);

/* Whether a search takes it, and why not. */
struct judgement activation_judge(const struct activation *activation);

/* What the training has made of it at t; at 1 it is what is deployed. See tree_settle(). */
int activation_at(const struct activation *activation, double t, struct tree *out, struct error *err);

#endif
