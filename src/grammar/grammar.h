/* Grammars: which activation functions a search may propose.
 *
 * A grammar file names its primitives (entries of ops.def or functions.def, or own ones written as
 * expressions), each with a weight and a class by its arity (unary, binary, ternary), says which
 * leaves there are (x, constants, learned parameters, t) and what shapes a tree may have: templates
 * such as "binary(unary(x), unary(x))", or free growth under limits of levels and symbols.
 *
 *   {"name": "example", "description": "...", "source": "...",
 *    "unary": ["tanh", {"name": "relu", "weight": 2}, {"name": "bump", "expression": "p*exp(-x^2)"}],
 *    "binary": ["add", {"name": "mix", "expression": "p{0.5}*a + b"}], "ternary": ["max3"],
 *    "leaves": {"x": 4, "constants": {"values": [0.5, 1, 2]}, "parameter": {"start": 1, "weight": 0.5},
 *               "t": 0.5},
 *    "shapes": {"templates": ["mul(x, unary(x))", {"template": "binary(unary(leaf), x)", "weight": 2}]},
 *    "mutation": {"change": 4, "insert": 2, "remove": 2, "regrow": 1, "constant": 2}}
 *
 * Only name, shapes and what the shapes need are required; ranges and defaults stand in the tables of read.c,
 * primitives.c, shapes.c and growth.c. Weights count within a class; mutation kinds that are left out of "mutation"
 * are not used. Constants are "values" or a "range" [low, high]. The leaf t is the progress of training
 * (expr/tree.h); the expression of an own primitive may use it too, whether or not it is a leaf: "(1-t)*a + t*b". A
 * template is made of the words unary, binary, ternary, x, constant, parameter, t, leaf and of names of primitives;
 * two templates may not allow the same tree. Instead of templates: {"grow": {"max_depth": 4, "max_nodes": 9,
 * "min_nodes": 2, "max_parameters": 3}}. Growth draws the number of symbols first, each possible one equally likely,
 * and then a tree of that size with a probability proportional to the product of its symbols' weights. A grammar
 * whose trees could outgrow TREE_CAPACITY or TREE_PARAMETERS is refused when it is read.
 *
 * A *genome* is a tree over the grammar's own symbols; it is what mutation and crossover work on, so
 * that nothing can leave the grammar. genome_express() turns it into the expression tree that is
 * trained. A grammar is immutable after reading and thread-safe; random choices come from the
 * caller's stream only. */
#ifndef ACTSEARCH_GRAMMAR_GRAMMAR_H
#define ACTSEARCH_GRAMMAR_GRAMMAR_H

#include "base/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct rng;
struct text;
struct tree;
struct grammar;

enum { GENOME_CAPACITY = 63 };

/* One symbol of a genome in postfix order, as in expr/tree.h. */
struct gene {
    int16_t symbol; /* index into the grammar's symbols: primitives and leaves */
    double value;   /* of a constant; otherwise 0 */
};

struct genome {
    int16_t count;
    int16_t shape; /* the template it follows; -1 for free growth */
    struct gene genes[GENOME_CAPACITY];
};

/* Reads a grammar file. Errors name the JSON path; unknown primitives get the nearest known name. */
int grammar_read(const char *path, struct grammar **grammar, struct error *err);
int grammar_parse(struct json json, struct grammar **grammar, struct error *err);
void grammar_free(struct grammar *grammar);

/* Borrowed. The text is the normal form of the JSON: equal texts are equal grammars. */
const char *grammar_name(const struct grammar *grammar);
const char *grammar_text(const struct grammar *grammar);

/* What can be written, for people. */
extern const struct settings_topic grammar_topic;

/* Appends a description for people: primitives by class, leaves, shapes, limits, the exact count. */
void grammar_describe(const struct grammar *grammar, struct text *out);

/* The exact number of genomes as decimal digits (it can exceed 64 bits): appended to `out`. When a
   constant is drawn from a range the space is not countable and this is ERROR_INPUT. */
int grammar_count(const struct grammar *grammar, struct text *out, struct error *err);

/* Enumeration: *total is the count when it fits into 63 bits (ERROR_INPUT otherwise, or when not
   countable), and genome number `index` of [0, total) is made directly, without its predecessors. */
int grammar_total(const struct grammar *grammar, int64_t *total, struct error *err);
int grammar_genome_at(const struct grammar *grammar, int64_t index, struct genome *out, struct error *err);

/* Draws a genome: shapes and symbols by their weights. Always inside the grammar. Below 1 us for the
   shipped grammars. */
void grammar_sample(const struct grammar *grammar, struct rng *rng, struct genome *out);

/* How a child is made from a parent; the names are stored with it. */
enum mutation { MUTATE_CHANGE, MUTATE_INSERT, MUTATE_REMOVE, MUTATE_REGROW, MUTATE_CONSTANT, MUTATION_COUNT };
const char *mutation_name(enum mutation mutation);

/* Makes a child that differs from `parent` and is inside the grammar: a kind is drawn by weight and,
   where it is impossible for this parent, drawn again; *kind says which it became. When none that has
   a weight is possible it is a regrowth, which always is: a grammar has at least two trees. */
void grammar_mutate(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out,
                    enum mutation *kind);
/* One given kind; false when it is impossible for this parent in this grammar. Between templates, insert
   and remove lead to another template; regrow at the root redraws the whole, its shape included. */
bool grammar_mutate_as(const struct grammar *grammar, enum mutation kind, const struct genome *parent, struct rng *rng,
                       struct genome *out);

/* Exchanges a sub-tree of a, not all of it, for a compatible one of b; false when no exchange keeps the
   child inside the grammar and makes it differ from both. */
bool grammar_cross(const struct grammar *grammar, const struct genome *a, const struct genome *b, struct rng *rng,
                   struct genome *out);

/* Is the genome inside the grammar? An independent check of shape, symbols, constants and limits. */
bool grammar_contains(const struct grammar *grammar, const struct genome *genome);

bool genome_equal(const struct genome *a, const struct genome *b);

/* Writes the expression that the genome stands for. Cannot fail for a genome inside its grammar. */
void genome_express(const struct grammar *grammar, const struct genome *genome, struct tree *out);

/* Appends the genome in the grammar's own words, gate(tanh(x), scale(x)); genome_parse() reads that
   back and refuses what is not inside the grammar. */
void genome_print(const struct grammar *grammar, const struct genome *genome, struct text *out);
int genome_parse(const struct grammar *grammar, const char *text, struct genome *out, struct error *err);

#endif
