#include "expr/candidate.h"

#include "base/error.h"
#include "base/text.h"
#include "expr/parse.h"
#include "expr/simplify.h"

int candidate_of(const struct tree *written, struct candidate *candidate, struct error *err)
{
    candidate->written = *written;
    return tree_simplify_numbering(written, &candidate->trained, candidate->numbers, err);
}

struct candidate candidate_stored(const struct tree *trained)
{
    struct candidate candidate = {.written = *trained, .trained = *trained};
    for (int i = 0; i < TREE_PARAMETERS; i++)
        candidate.numbers[i] = i;
    return candidate;
}

bool candidate_is_rewritten(const struct candidate *candidate)
{
    return !tree_equal(&candidate->written, &candidate->trained);
}

void candidate_remark(const struct candidate *candidate, struct text *out)
{
    if (!candidate_is_rewritten(candidate))
        return;
    tree_print(&candidate->written, out);
    text_add(out, " is trained as ");
    tree_print(&candidate->trained, out);
}

struct judgement candidate_judge(const struct candidate *candidate)
{
    return tree_judge(&candidate->trained);
}

int candidate_at(const struct candidate *candidate, double t, struct tree *out, struct error *err)
{
    return tree_settle(&candidate->trained, t, out, err);
}
