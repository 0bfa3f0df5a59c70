#include "cli/expression.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "expr/activation.h"
#include "expr/catalogue.h"
#include "expr/parse.h"
#include "expr/tree.h"

#include <stdio.h>
#include <string.h>

static bool is_unary(const char *name)
{
    const struct function_info *function = function_by_name(name);
    enum op op = op_by_name(name);
    return (function && function->arity == 1) || (op != OP_COUNT && op_info(op)->arity == 1);
}

/* A bare name; *found is false when it is none. */
static int read_name(const char *name, struct tree *tree, bool *found, struct error *err)
{
    char applied[64];
    struct catalogue *catalogue = NULL;
    *found = false;
    if (strlen(name) + 4 > sizeof applied || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") < strlen(name))
        return 0;
    int status = catalogue_new(&catalogue, err);
    const struct known *known = status ? NULL : catalogue_by_name(catalogue, name);
    if (known) {
        *found = true;
        *tree = known->tree;
    } else if (!status && is_unary(name)) {
        *found = true;
        snprintf(applied, sizeof applied, "%s(x)", name);
        status = tree_parse(applied, tree, err);
    }
    catalogue_free(catalogue);
    return status;
}

int expression_read(struct call *call, const char *text, struct activation *activation, struct error *err)
{
    bool found;
    struct tree tree;
    int status = read_name(text, &tree, &found, err);
    if (!status && !found) {
        status = tree_parse(text, &tree, err);
        if (status) {
            parse_caret(text, err, &call->note);
            error_prefix(err, "expression");
        }
    }
    return status ? status : activation_of(&tree, activation, err);
}

void expression_remark(const struct activation *activation)
{
    struct text line = TEXT_EMPTY;
    activation_remark(activation, &line);
    if (line.length)
        fprintf(stderr, "actsearch: %s\n", text_string(&line));
    text_release(&line);
}
