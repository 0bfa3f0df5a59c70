/* Reading and writing expressions as people write them.
 *
 *   sum      = product { ("+" | "-") product }
 *   product  = signed { ("*" | "/") signed }
 *   signed   = { "-" | "+" } power
 *   power    = atom [ "^" signed ]                     right-associative, -x^2 is -(x^2)
 *   atom     = number | "x" | "t" | parameter | name "(" sum { "," sum } ")" | "(" sum ")" | constant
 *   number   = 12, 0.5, .5, 1e-3
 *   constant = "pi" | "e" | "inf" | "nan"
 *   parameter= "p" [ digit ] [ "{" ["-"] ( number | constant ) "}" ]
 *
 * A minus directly before a number or a constant makes a negative number: -2 is a leaf, -(2) the
 * primitive neg of one, -2^2 is -(2^2).
 *
 * Names are the primitives of ops.def (as functions: mul(x, tanh(x)) and x*tanh(x) are the same), the
 * functions of functions.def, which are replaced by their text, and the aliases of aliases.def. max,
 * min, add and mul take two or more arguments. e^2 and e^3 give the primitives square and cube;
 * pow(e, 2) is the primitive pow.
 *
 * p0 to p7 are learned parameters. The braces say where one starts, 1 if they are nowhere; saying it
 * once in a text is enough, and saying two different things is an error. p alone is a fresh parameter
 * at every use, as is every one that a function brings along: swish(x) + swish(p0*x) has three.
 *
 * t is the progress of training, from 0 to 1 (see tree.h); it may stand in templates too.
 *
 * An error names the column and what was expected there, and parse_caret() shows the place. Brackets
 * may be nested TREE_CAPACITY deep, which is as deep as a printed tree can go; longer nesting and
 * larger expressions are errors, whatever the length of the text. Nothing here allocates but `out`. */
#ifndef ACTSEARCH_EXPR_PARSE_H
#define ACTSEARCH_EXPR_PARSE_H

struct error;
struct text;
struct tree;

/* Reads an activation function of x. The error's `where` is "column N", counted in bytes from 1; the
   tree is then empty. */
int tree_parse(const char *text, struct tree *tree, struct error *err);

/* Reads a template of `arity` arguments: x when arity is 1; a, b when 2; a, b, c when 3. They become
   OP_arg leaves for tree_substitute(). arity 1..TREE_ARGUMENTS. */
int tree_parse_template(const char *text, int arity, struct tree *tree, struct error *err);

/* After a failed parse of `text`: appends the text, and under it a caret at the column of the error
   (long texts are cut around it, to 76 columns). Two lines, each ended by a newline; nothing when the
   error names no column. */
void parse_caret(const char *text, const struct error *err, struct text *out);

/* Appends an expression that parses back to the same tree, with as few brackets as that allows. The
   arguments of a template are written a, b, c. */
void tree_print(const struct tree *tree, struct text *out);

/* The entries of functions.def. */
struct function_info {
    const char *name;
    int arity;
    const char *text;
};
/* The function of that name, NULL if there is none. */
const struct function_info *function_by_name(const char *name);
/* The i-th function, NULL behind the last. */
const struct function_info *function_at(int i);

#endif
