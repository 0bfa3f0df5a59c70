#include "expr/catalogue.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/parse.h"

#include <string.h>

static const struct {
    const char *name, *text, *remark;
    bool baseline;
} table[] = {
#define KNOWN(name_, text_, baseline_, remark_)                                                                        \
    {.name = #name_, .text = text_, .remark = remark_, .baseline = baseline_},
#include "expr/catalogue.def"
#undef KNOWN
};

enum { COUNT = sizeof table / sizeof *table };

struct catalogue {
    struct known known[COUNT];
    struct fingerprint_index *index;
};

static int add(struct catalogue *catalogue, int i, struct error *err)
{
    struct known *known = &catalogue->known[i];
    known->name = table[i].name;
    known->text = table[i].text;
    known->remark = table[i].remark;
    known->baseline = table[i].baseline;
    int status = tree_parse(known->text, &known->tree, err);
    if (status) {
        error_prefix(err, known->name);
        return status;
    }
    struct fingerprint fingerprint;
    fingerprint_of(&known->tree, &fingerprint);
    int64_t number;
    return fingerprint_index_add(catalogue->index, &fingerprint, &number, err);
}

int catalogue_new(struct catalogue **out, struct error *err)
{
    *out = NULL;
    struct catalogue *catalogue = memory_zeroed(1, sizeof *catalogue);
    if (!catalogue)
        return memory_error(err, "the catalogue");
    int status = fingerprint_index_new(&catalogue->index, err);
    for (int i = 0; i < COUNT && !status; i++)
        status = add(catalogue, i, err);
    if (status)
        catalogue_free(catalogue);
    else
        *out = catalogue;
    return status;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    fingerprint_index_free(catalogue->index);
    memory_free(catalogue);
}

int catalogue_count(const struct catalogue *catalogue)
{
    (void)catalogue;
    return COUNT;
}

const struct known *catalogue_at(const struct catalogue *catalogue, int i)
{
    return i >= 0 && i < COUNT ? &catalogue->known[i] : NULL;
}

const struct known *catalogue_by_name(const struct catalogue *catalogue, const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(catalogue->known[i].name, name) == 0)
            return &catalogue->known[i];
    return NULL;
}

const struct known *catalogue_of_fingerprint(const struct catalogue *catalogue, const struct fingerprint *fingerprint)
{
    int64_t i = fingerprint->has_t ? -1 : fingerprint_index_find(catalogue->index, fingerprint);
    return i < 0 ? NULL : &catalogue->known[i];
}

const struct known *catalogue_of(const struct catalogue *catalogue, const struct tree *tree)
{
    struct fingerprint fingerprint;
    fingerprint_of(tree, &fingerprint);
    return catalogue_of_fingerprint(catalogue, &fingerprint);
}
