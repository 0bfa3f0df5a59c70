/* The table of languages, and what is done before one of them writes. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "export/language.h"
#include "expr/simplify.h"

#include <string.h>

static const struct language *const languages[] = {
#define LANGUAGE(name) &language_##name,
#include "export/languages.def"
#undef LANGUAGE
};

const struct language *export_language_at(int i)
{
    return i >= 0 && i < (int)(sizeof languages / sizeof *languages) ? languages[i] : NULL;
}

const struct language *export_language(const char *name)
{
    for (int i = 0; export_language_at(i); i++)
        if (strcmp(export_language_at(i)->name, name) == 0)
            return export_language_at(i);
    return NULL;
}

int export_code(const struct language *language, const struct tree *tree, const struct export_options *options,
                struct text *out, struct error *err)
{
    struct export_set starts = {.suffix = ""};
    struct tree now = *tree;
    tree_parameter_starts(tree, starts.values);
    int status = language->check_name(options, err);
    if (!status && tree_contains(tree, OP_t))
        status = tree_settle(tree, 1, &now, err);
    if (status)
        return status;
    language->file(&(struct exported){.written = tree,
                                      .tree = &now,
                                      .parameters = tree_parameter_count(tree),
                                      .options = options,
                                      .sets = options->sets ? options->sets : &starts,
                                      .set_count = options->sets ? options->set_count : 1},
                   out);
    return text_failed(out) ? memory_error(err, "the exported code") : 0;
}
