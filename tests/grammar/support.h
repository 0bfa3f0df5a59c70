/* What the tests of grammars share: a grammar from text, a genome as text. */
#ifndef ACTSEARCH_TESTS_GRAMMAR_SUPPORT_H
#define ACTSEARCH_TESTS_GRAMMAR_SUPPORT_H

#include "testing.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "grammar/grammar.h"
#include "rng/rng.h"

#include <stdio.h>

static const char *const shipped[] = {"swish2017", "aquasurf", "cheap", "default", "lapid2022", "progress"};
enum { SHIPPED = sizeof shipped / sizeof *shipped };

static inline int read_shipped(int i, struct grammar **grammar, struct error *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s/grammars/%s.json", SOURCE_DIR, shipped[i]);
    return grammar_read(path, grammar, err);
}

/* Single quotes stand for double ones, so that JSON is readable in C. */
static inline int parse_grammar(const char *text, struct grammar **grammar, struct error *err)
{
    char json[4096];
    struct json_document *document = NULL;
    *grammar = NULL;
    ck_assert_uint_lt(strlen(text), sizeof json);
    strcpy(json, text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    int status = json_parse(json, "test.json", &document, err);
    if (!status)
        status = grammar_parse(json_root(document), grammar, err);
    json_document_free(document);
    return status;
}

static inline struct grammar *grammar_of(const char *text)
{
    struct error err;
    struct grammar *grammar = NULL;
    ASSERT_OK(parse_grammar(text, &grammar, &err));
    return grammar;
}

/* The genome's text and its expression; both borrowed until the next call. */
static inline const char *name_of(const struct grammar *grammar, const struct genome *genome)
{
    static char name[4096];
    struct text text = TEXT_EMPTY;
    genome_print(grammar, genome, &text);
    ck_assert(!text_failed(&text) && text.length < sizeof name);
    strcpy(name, text_string(&text));
    text_release(&text);
    return name;
}

static inline const char *expression_of(const struct grammar *grammar, const struct genome *genome)
{
    static char expression[16384];
    struct text text = TEXT_EMPTY;
    struct tree tree;
    genome_express(grammar, genome, &tree);
    ck_assert(tree_is_valid(&tree));
    tree_print(&tree, &text);
    ck_assert(!text_failed(&text) && text.length < sizeof expression);
    strcpy(expression, text_string(&text));
    text_release(&text);
    return expression;
}

static inline struct genome genome_of(const struct grammar *grammar, const char *text)
{
    struct error err;
    struct genome genome;
    ASSERT_OK(genome_parse(grammar, text, &genome, &err));
    return genome;
}

static inline void assert_count(const struct grammar *grammar, const char *digits)
{
    struct error err;
    struct text text = TEXT_EMPTY;
    ASSERT_OK(grammar_count(grammar, &text, &err));
    ck_assert_str_eq(text_string(&text), digits);
    text_release(&text);
}

#endif
