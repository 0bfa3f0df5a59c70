/* Expressions as people give them on the command line. */
#ifndef ACTSEARCH_CLI_EXPRESSION_H
#define ACTSEARCH_CLI_EXPRESSION_H

struct call;
struct error;
struct tree;

/* Reads an expression, or a bare name: one of the catalogue ("mish"), or of any other function of
   one argument. When it cannot be read, the caret lines go into call->note for main() to print under
   the error. */
int expression_read(struct call *call, const char *text, struct tree *tree, struct error *err);

#endif
