#include "expr/activation.h"

#include "base/error.h"
#include "base/text.h"
#include "expr/parse.h"
#include "expr/simplify.h"

int activation_of(const struct tree *written, struct activation *activation, struct error *err)
{
    activation->written = *written;
    return tree_simplify_numbering(written, &activation->trained, activation->numbers, err);
}

struct activation activation_stored(const struct tree *trained)
{
    struct activation activation = {.written = *trained, .trained = *trained};
    for (int i = 0; i < TREE_PARAMETERS; i++)
        activation.numbers[i] = i;
    return activation;
}

bool activation_is_rewritten(const struct activation *activation)
{
    return !tree_equal(&activation->written, &activation->trained);
}

void activation_remark(const struct activation *activation, struct text *out)
{
    if (!activation_is_rewritten(activation))
        return;
    tree_print(&activation->written, out);
    text_add(out, " is trained as ");
    tree_print(&activation->trained, out);
}

struct judgement activation_judge(const struct activation *activation)
{
    return tree_judge(&activation->trained);
}

int activation_at(const struct activation *activation, double t, struct tree *out, struct error *err)
{
    return tree_settle(&activation->trained, t, out, err);
}
