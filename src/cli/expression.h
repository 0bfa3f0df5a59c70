/* Expressions as people give them on the command line. */
#ifndef ACTSEARCH_CLI_EXPRESSION_H
#define ACTSEARCH_CLI_EXPRESSION_H

struct call;
struct activation;
struct error;

/* Reads an expression, or a bare name: one of the catalogue ("mish"), or of any other function of
   one argument; and finds what is trained for it. When it cannot be read, the caret lines go into
   call->note for main() to print under the error. */
int expression_read(struct call *call, const char *text, struct activation *activation, struct error *err);

/* Says on standard error what the expression is trained as, if that is another one. */
void expression_remark(const struct activation *activation);

#endif
